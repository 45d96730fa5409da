#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_fleet
short_description: Converge many Bytemark Cloud servers in one task
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Makes the groups and VMs of an account as desired, many at once. What is done to each VM is what
    M(bytemark.cloud.bigv_vm) does.
  - Everything is read with one request, or two or three where the API does not nest VMs, and everything is planned
    before anything is written. If something cannot be done, nothing is, and the failure names every reason.
  - Groups that are missing are created first, then the VMs are converged. If all of that has succeeded, groups that are
    to be absent and VMs that are pruned go last.
  - When a VM fails, the others go on (see O(on_error)), and the task fails at the end, with all results.
  - A VM or group whose name differs in case only from one that is there is refused. Where the API itself spells the
    name of a new one otherwise, a warning says how.
  - A task that runs on the controller says on standard error how far it is, in a line that moves on a terminal, and
    every ten seconds elsewhere. It says at once why a VM failed, the same reason only once, and in the end what it all
    came to.
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.writes
  - bytemark.cloud.bigv_vm.fleet
options:
  groups:
    description:
      - The groups of the fleet. Each is a name, or a dictionary of C(name) and C(state), which is V(present) or
        V(absent). A whole number is a name.
      - A group that holds VMs can be absent only with O(purge=true), which destroys them.
    type: list
    elements: raw
  prune:
    description:
      - What to do about VMs that are not listed, in the groups that the task names in O(groups), in O(vms) or in
        O(defaults). A group that is only implied, by an omission or by O(vms[].id), is left alone.
      - V(none) does not look for them. V(report) returns them as RV(unmanaged), which is not a change. V(delete)
        deletes them, for good only with O(purge=true), and no more than O(max_deletions) of them, once all that is
        listed has succeeded. With an empty list in O(vms) it deletes nothing and fails.
    type: str
    choices: [none, report, delete]
    default: none
  purge:
    description:
      - Delete for good what O(prune=delete) deletes, and the VMs in groups that are to be absent.
      - For a VM that is listed see O(vms[].purge).
      - The backups of a VM are purged with it, so this is refused with O(prune=delete) where
        O(defaults.backup_before=true), and for a group that holds a VM for which O(vms[].backup_before) or
        O(defaults.backup_before) is V(true).
    type: bool
    default: false
  max_deletions:
    description:
      - How many VMs may be deleted at once, as a number or as a percentage of the VMs in the fleet's groups, rounded
        down, but at least 1. More than that is refused before anything is sent, in check mode too.
      - Where it is omitted, C(10%) holds for what O(prune=delete) deletes, and there is no limit for what is listed
        with V(absent). Where it is given, it counts whatever the task deletes.
      - Soft-deleted VMs do not count.
    type: str
  save_plan:
    description:
      - The file to save the plan to, as JSON, in check mode too. Only its owner can read it. It is written before
        anything is sent, unless the task is refused.
      - For each group and VM it says what is there now, each write that is to be sent, and what is there when all of
        them were sent. Two plans can be compared line by line.
      - No secret is in it, only the names of those that a write has. Credentials in a URL are left out.
      - A relative path begins where Ansible was started, if the task runs on the controller. A folder that is not there
        or cannot be written to is an error, and nothing is sent.
    type: path
  require_plan:
    description:
      - The file with the only plan that may be carried out, as O(save_plan) wrote it. If the plan that is made now is
        another one, nothing is sent, and the failure says what differs, with old and new values. Check mode says the
        same.
      - Plans are the same if every VM and group is as it was when the plan was made, as far as a task can set it, and
        all writes are the same, values included. VMs and groups that need no write count, too. The order of lists, the
        time, and what only the provider changes, such as the head that a VM runs on, do not.
      - Where a part of the plan was carried out already, by a task that was interrupted for example, the rest is. Each
        VM and group has to be as it was, or else on the way to what the plan leaves, with only the last of its writes
        still to be sent. Where everything is as the plan leaves it, nothing is sent, and that is a success.
      - The values of secrets are in no plan, so they may be others now. If one is given that was not given then, or the
        other way round, the plan is another one.
      - A file that was changed since, or that is for another account or of another release of this collection, is
        refused. The checksum in it guards against slips; against somebody who forges a whole plan guards that it has to
        be the one that is made now.
      - O(protect), O(prune) and O(max_deletions) hold as they do without a plan.
      - It cannot be the file of O(save_plan). Where both are given, the plan that is made now is saved even if it is
        refused, so that the two files can be compared.
    type: path
  on_error:
    description:
      - What to do when a VM fails. V(continue) goes on with the others. V(stop) begins no other; those that were not
        begun say C(skipped) in RV(vms).
    type: str
    choices: [continue, stop]
    default: continue
  concurrency:
    description:
      - How many requests may be under way at once.
    type: int
    default: 8
  concurrent_creations:
    description:
      - How many VMs may be created at once. Only the request that creates a VM counts. What follows it, such as the
        time in which the VM is built, overlaps.
      - Creations at the same time have deadlocked the service (observed), so one at a time is the safe choice.
    type: int
    default: 1
  max_unavailable:
    description:
      - How many VMs that were on may be down at once because of this task, as a number, or as a percentage of the
        listed VMs that are on, rounded down, but at least 1. V(0) is refused.
      - It holds for restarts, with a change or a reimage, whatever O(concurrency) says. VMs that are to be V(stopped)
        or V(absent) are meant to be down, and do not count.
      - The next VM has its turn, in the order of O(vms), when one is back. That is when it is on again, with an
        address, and answers at O(vms[].ready_port). The wait for a turn is no part of O(wait_timeout).
      - A VM that does not come back, or that has not shut down in time, keeps its place. When no place is left, the
        VMs that were not begun say C(skipped) in RV(vms), and the task fails.
    type: str
    default: 25%
seealso:
  - ref: ansible_collections.bytemark.cloud.docsite.guide_large_fleets
    description: How many at once, progress, and loops.
  - ref: ansible_collections.bytemark.cloud.docsite.guide_provisioning
    description: A fleet in a file, with the playbooks and the role that keep it so.
  - ref: ansible_collections.bytemark.cloud.docsite.guide_addresses
    description: Reverse DNS, additional addresses, and how addresses move from one VM to another.
  - module: bytemark.cloud.bigv_vm
  - module: bytemark.cloud.bigv_group
"""

EXAMPLES = r"""
- name: Converge a small fleet
  bytemark.cloud.bigv_fleet:
    account: acme
    groups: [staging]
    defaults:
      group: staging
      image: stretch
      memory: 2GiB
      discs:
        - size: 25GiB
      state: running
    vms:
      - name: web1
      - name: web2
      - name: db1
        memory: 8GiB
        discs:
          - size: 25GiB
          - label: data
            size: 200GiB
            storage_grade: ssd

- name: Give the web servers more memory, one after the other, and stop where one does not come back
  bytemark.cloud.bigv_fleet:
    account: acme
    defaults:
      group: staging
      memory: 4GiB
      allow_restart: true
      ready_port: 443
    vms:
      - name: web1
      - name: web2
    max_unavailable: 1

- name: Say which VMs of the group nobody has listed
  bytemark.cloud.bigv_fleet:
    account: acme
    groups: [staging]
    vms:
      - name: web1.staging
      - name: web2.staging
    prune: report
  register: fleet
  check_mode: true

- name: Save the plan, for others to look at
  bytemark.cloud.bigv_fleet:
    account: acme
    vms:
      - name: web1.staging
        cores: 2
    save_plan: fleet.plan.json
  check_mode: true

- name: Carry out that plan, and no other
  bytemark.cloud.bigv_fleet:
    account: acme
    vms:
      - name: web1.staging
        cores: 2
    require_plan: fleet.plan.json

- name: Take everything down, for good
  bytemark.cloud.bigv_fleet:
    account: acme
    groups:
      - name: staging
        state: absent
    purge: true
"""

RETURN = r"""
vms:
  description: What became of each VM, in the order of the list; VMs that were pruned come last.
  returned: success, and failure once anything was tried
  type: list
  elements: dict
  contains:
    name:
      description: The dotted name of the VM.
      type: str
      sample: web1.staging.acme
    changed:
      description: Whether anything was sent for the VM, or would be in check mode.
      type: bool
      sample: true
    actions:
      description: What was sent for the VM, or would be in check mode.
      type: list
      elements: str
      sample: ["create VM web1.staging.acme from stretch"]
    vm:
      description: The VM, as M(bytemark.cloud.bigv_vm) returns it.
      type: dict
      sample:
        id: 1234
        name: web1
    restart_required:
      description: Whether a change was made that takes effect at the next start only.
      type: bool
      sample: false
    backups:
      description: The backups that were made before discs were wiped, as M(bytemark.cloud.bigv_vm) returns them.
      returned: when O(vms[].backup_before=true)
      type: list
      elements: dict
      sample:
        - id: 7001
          label: root-backup-20261124030000
          vm: web1.staging.acme
          disc: root
          done: true
    root_password:
      description: The password of C(root) that was generated for an image.
      returned: when an image was installed, and O(vms[].return_root_password=true)
      type: str
      sample: 8s7dfk2hGd3Lw0xQp1ZbR4Yt
    error:
      description:
        - Why the VM failed; C(msg), and what else M(bytemark.cloud.bigv_vm) says of an error. V(none) if it did not.
        - Once anything was tried, errors are here and in RV(groups), and RV(error) is not returned.
      type: dict
      sample: null
    skipped:
      description:
        - Whether the VM was not begun, because something else had failed, or VMs had not come back (see
          O(max_unavailable)). The task then fails.
      type: bool
      sample: false
    reason:
      description: Why the VM was not begun. V(none) if it was.
      type: str
      sample: null
groups:
  description:
    - What became of each group; C(name), C(changed), C(actions), C(error), C(skipped) and C(reason) as in RV(vms).
  returned: success, and failure once anything was tried
  type: list
  elements: dict
  sample:
    - name: staging.acme
      changed: true
      actions: ["create group staging.acme"]
      error: null
      skipped: false
      reason: null
plan:
  description: The planned actions, in order, of each group and each VM.
  returned: success, and failure once anything was tried
  type: list
  elements: dict
  sample:
    - name: web1.staging.acme
      actions: ["create VM web1.staging.acme from stretch"]
unmanaged:
  description: The VMs that are not listed, if O(prune) looks for them.
  returned: success, and failure once anything was tried
  type: list
  elements: str
  sample: ["old1.staging.acme"]
summary:
  description:
    - How many VMs there are, and how many of them changed, did not change, failed, and were skipped.
    - C(text) says in words what was done, or would be in check mode. A task that runs on the controller ends with this
      line on standard error.
  returned: success, and failure once anything was tried
  type: dict
  sample:
    total: 3
    changed: 1
    unchanged: 2
    failed: 0
    skipped: 0
    text: 1 changed (1 restart)
# BEGIN GENERATED by scripts/generate.py
actions:
  description: What was sent, or would be in check mode, one line for each write.
  returned: always
  type: list
  elements: str
  sample:
    - create VM web1.staging.acme from stretch
error:
  description: What the API answered, if it refused.
  returned: failure
  type: dict
  contains:
    status:
      description: The HTTP status, if there was an answer.
      returned: failure
      type: int
      sample: 403
    problems:
      description: What the API said of each attribute; C(base) stands for none in particular.
      returned: failure
      type: dict
      sample:
        base:
          - You do not have permission
    method:
      description: The method of the request that failed.
      returned: failure
      type: str
      sample: GET
    url:
      description: The URL of the request that failed.
      returned: failure
      type: str
      sample: https://uk0.bigv.io/accounts/acme/groups
# END GENERATED
"""

from ..module_utils._core.module import Module
from ..module_utils._resources.fleet.kind import FleetKind

MODULE = Module(FleetKind())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
