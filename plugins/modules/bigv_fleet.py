#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_fleet
short_description: Converge many Bytemark Cloud servers in one task
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Converges the groups and VMs of an account, many at once. Each VM is managed as M(bytemark.cloud.bigv_vm) manages
    it.
  - Everything is read with one request, or two or three if the API does not nest VMs, and everything is planned before
    anything is written. If any part is impossible, nothing is written, and the failure lists every reason.
  - Missing groups are created first, then the VMs are converged. If all of that has succeeded, groups with V(absent)
    and pruned VMs are deleted last.
  - If a VM fails, the others continue (see O(on_error)), and the task fails at the end, with all results.
  - A VM or group whose name differs only in case from an existing one is refused. If the API itself spells the name of
    a new one differently, a warning reports its spelling.
  - A task that runs on the controller reports its progress on standard error, in a line that is updated on a terminal,
    and every ten seconds elsewhere. It reports immediately why a VM failed, each reason only once, and a summary at the
    end.
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.writes
  - bytemark.cloud.bigv_vm.fleet
options:
  groups:
    description:
      - The groups of the fleet. Each is a name, or a dictionary with C(name) and C(state), which is V(present) or
        V(absent). A whole number is a name.
      - A group that contains VMs can be V(absent) only with O(purge=true), which deletes them permanently.
    type: list
    elements: raw
  prune:
    description:
      - What to do with VMs that are not listed, in the groups that the task names in O(groups), O(vms) or O(defaults).
        A group that is only implied, by an omission or by O(vms[].id), is ignored.
      - V(none) does not look for them. V(report) returns them as RV(unmanaged), which is not a change. V(delete)
        deletes them, permanently only with O(purge=true), and no more than O(max_deletions) of them, after everything
        that is listed has succeeded. With an empty list in O(vms) it deletes nothing and fails.
    type: str
    choices: [none, report, delete]
    default: none
  purge:
    description:
      - Whether to permanently delete what O(prune=delete) deletes, and the VMs in groups with V(absent).
      - For a VM that is listed, see O(vms[].purge).
      - The backups of a VM are purged with it, so V(true) is refused with O(prune=delete) if
        O(defaults.backup_before=true), and for a group that contains a VM for which O(vms[].backup_before) or
        O(defaults.backup_before) is V(true).
    type: bool
    default: false
  max_deletions:
    description:
      - How many VMs may be deleted at once, as a number or as a percentage of the VMs in the fleet's groups, rounded
        down, but at least 1. More deletions are refused before anything is sent, in check mode, too.
      - If omitted, the limit is C(10%) for what O(prune=delete) deletes, and there is no limit for VMs that are listed
        with V(absent). If set, it limits everything that the task deletes.
      - Soft-deleted VMs do not count.
    type: str
  save_plan:
    description:
      - The file to save the plan to, as JSON, in check mode, too. Only its owner can read it. It is written before
        anything is sent, unless the task is refused.
      - For each group and VM, the plan contains the current state, each write that would be sent, and the state after
        all of them. Two plans can be compared line by line.
      - The plan contains no secrets, only the names of the secrets in a write. Credentials in a URL are left out.
      - If the task runs on the controller, a relative path starts in the folder where Ansible was started. A folder
        that does not exist or is not writable is an error, and nothing is sent.
    type: path
  require_plan:
    description:
      - The file with the only plan that may be applied, as O(save_plan) wrote it. If the current plan differs, nothing
        is sent, and the failure reports the differences, with old and new values. Check mode does the same.
      - Two plans are the same if every VM and group is in the same state as when the plan was saved, as far as a task
        can set it, and all writes are the same, including their values. VMs and groups that need no write are compared,
        too. The order of lists, the time, and anything that only the provider changes, such as the head that a VM runs
        on, are not compared.
      - If part of the plan has already been applied, for example by a task that was interrupted, the rest is applied.
        Each VM and group must be either in its original state or on the way to the state that the plan leads to, with
        only the last of its writes still to be sent. If everything has already reached that state, nothing is sent, and
        the task succeeds.
      - The values of secrets are not in a plan, so they may differ now. If a secret is set that was not set then, or
        the other way round, the plan differs.
      - A file that was changed after it was saved, or that is for another account or from another release of this
        collection, is refused. The checksum in it protects against accidental changes. A forged plan is refused because
        it must match the current plan.
      - O(protect), O(prune) and O(max_deletions) apply as they do without a plan.
      - It cannot be the file of O(save_plan). If both are set, the current plan is saved even if it is refused, so that
        the two files can be compared.
    type: path
  on_error:
    description:
      - What to do if a VM fails. V(continue) continues with the others. V(stop) starts no others; VMs that were not
        started have C(skipped) in RV(vms).
    type: str
    choices: [continue, stop]
    default: continue
  concurrency:
    description:
      - How many requests may be in progress at once.
    type: int
    default: 8
  concurrent_creations:
    description:
      - How many VMs may be created at once. Only the request that creates a VM counts. The VMs are still built in
        parallel.
      - Simultaneous creations have deadlocked the service (observed), so one at a time is the safe choice.
    type: int
    default: 1
  max_unavailable:
    description:
      - How many VMs that were on may be down at once because of this task, as a number, or as a percentage of the
        listed VMs that are on, rounded down, but at least 1. V(0) is refused.
      - The limit applies to restarts, for a change or a reimage, regardless of O(concurrency). VMs with V(stopped) or
        V(absent) are meant to be down and do not count.
      - The next VM, in the order of O(vms), is restarted when one is back, that is, when it is on again, with an
        address, and answers on O(vms[].ready_port). Waiting for a turn does not count towards O(wait_timeout).
      - A VM that does not come back, or that has not shut down in time, continues to count as down. When the limit is
        used up, the VMs that were not started have C(skipped) in RV(vms), and the task fails.
    type: str
    default: 25%
seealso:
  - ref: ansible_collections.bytemark.cloud.docsite.guide_large_fleets
    description: Concurrency, progress and loops.
  - ref: ansible_collections.bytemark.cloud.docsite.guide_provisioning
    description: A fleet in a file, with the playbooks and the role that converge it.
  - ref: ansible_collections.bytemark.cloud.docsite.guide_addresses
    description: Reverse DNS, additional addresses, and how to move addresses from one VM to another.
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

- name: Increase the memory of the web servers one by one, and stop if one does not come back
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

- name: Report the VMs in the group that are not listed
  bytemark.cloud.bigv_fleet:
    account: acme
    groups: [staging]
    vms:
      - name: web1.staging
      - name: web2.staging
    prune: report
  register: fleet
  check_mode: true

- name: Save the plan for review
  bytemark.cloud.bigv_fleet:
    account: acme
    vms:
      - name: web1.staging
        cores: 2
    save_plan: fleet.plan.json
  check_mode: true

- name: Apply that plan and no other
  bytemark.cloud.bigv_fleet:
    account: acme
    vms:
      - name: web1.staging
        cores: 2
    require_plan: fleet.plan.json

- name: Delete everything permanently
  bytemark.cloud.bigv_fleet:
    account: acme
    groups:
      - name: staging
        state: absent
    purge: true
"""

RETURN = r"""
vms:
  description: The result of each VM, in the order of the list. VMs that were pruned come last.
  returned: success, and failure once anything was attempted
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
      description: Whether a change was made that takes effect only at the next start.
      type: bool
      sample: false
    backups:
      description: The backups that were created before discs were wiped, as M(bytemark.cloud.bigv_vm) returns them.
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
        - Why the VM failed; C(msg), and the other details that M(bytemark.cloud.bigv_vm) returns for an error. V(none)
          if it did not fail.
        - Once anything was attempted, errors are here and in RV(groups), and RV(error) is not returned.
      type: dict
      sample: null
    skipped:
      description:
        - Whether the VM was not started, because something else had failed, or VMs had not come back (see
          O(max_unavailable)). The task then fails.
      type: bool
      sample: false
    reason:
      description: Why the VM was not started. V(none) if it was.
      type: str
      sample: null
groups:
  description:
    - The result of each group; C(name), C(changed), C(actions), C(error), C(skipped) and C(reason) as in RV(vms).
  returned: success, and failure once anything was attempted
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
  returned: success, and failure once anything was attempted
  type: list
  elements: dict
  sample:
    - name: web1.staging.acme
      actions: ["create VM web1.staging.acme from stretch"]
unmanaged:
  description: The VMs that are not listed, if O(prune) looks for them.
  returned: success, and failure once anything was attempted
  type: list
  elements: str
  sample: ["old1.staging.acme"]
summary:
  description:
    - How many VMs there are, and how many of them changed, did not change, failed, and were skipped.
    - C(text) summarizes in words what was done, or would be done in check mode. A task that runs on the controller
      prints this line to standard error at the end.
  returned: success, and failure once anything was attempted
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
  description: What was sent, or would be sent in check mode, one line for each write.
  returned: always
  type: list
  elements: str
  sample:
    - create VM web1.staging.acme from stretch
error:
  description: The answer of the API, if it refused a request.
  returned: failure
  type: dict
  contains:
    status:
      description: The HTTP status, if there was an answer.
      returned: failure
      type: int
      sample: 403
    problems:
      description: The messages of the API for each attribute; C(base) stands for no particular attribute.
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
