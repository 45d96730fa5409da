#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_disc
short_description: Manage the discs of Bytemark Cloud servers
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Adds, grows, changes, renames, moves and deletes the discs of VMs in Bytemark Cloud (once called BigV).
  - An option that is not given is left as it is on the disc.
  - The guest of a VM that is on sees a change after a restart.
  - A run that finds everything as desired costs one GET; with O(new_vm) one more.
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.writes
options:
  vm:
    description:
      - The name of the VM that the disc belongs to, also in the dotted form V(vm.group.account); or its id.
      - One of O(vm) and O(id) is required.
    type: str
  group:
    description:
      - The name of the group that the VM is in.
      - Where neither this option nor a dotted O(vm) says it, the environment variables E(BIGV_GROUP) and E(BM_GROUP)
        do, and else the group is V(default).
    type: str
  label:
    description:
      - The label of the disc, or its id. Required with O(vm).
      - A new disc cannot be called like a Unix device (V(vda), V(sdb), ...); old discs that are can be managed.
    type: str
  id:
    description:
      - The id of an existing disc, instead of O(vm) and O(label).
    type: int
  size:
    description:
      - The size, in MiB as a whole number (V(25600)) or with a binary unit (V(25GiB), V(1.5TiB)).
      - Required for a disc that does not exist yet. A disc that is larger is refused, as discs only grow.
    type: str
  storage_grade:
    description:
      - The storage grade, such as V(sata) or V(ssd). The API's default is V(sata).
    type: str
  iops_limit:
    description:
      - The limit of operations in a second. Only cluster administrators may set it.
    type: int
  backup_schedules:
    description:
      - When backups are made of the disc. This is the exact set. A schedule that is not listed is deleted, and an
        empty list means none. If omitted, schedules are left as they are.
      - One that differs is a new one, which is made before the old one is deleted. How a beginning is spelled makes
        no difference, and one that is listed twice counts once.
    type: list
    elements: dict
    suboptions:
      start_at:
        description:
          - When the first backup is made, in quotes. It is a time of day (V(03:00)) or a moment in ISO 8601
            (V(2027-02-24T03:00:00Z)), in UTC if it does not say otherwise.
          - A time of day is the same as a moment at that time of day, as the API may make one of it.
        type: str
        required: true
      interval:
        description:
          - How long after a backup the next one is made, such as V(6h), V(1d) or V(1w), or as a number of seconds.
        type: str
        required: true
      capacity:
        description:
          - How many backups of this schedule are kept.
        type: int
        default: 1
  new_label:
    description:
      - The label that the disc shall have.
      - Nothing is done where the VM has a disc of this label and none called O(label); where it has neither, the disc
        is created under the new label; where it has both, the task fails.
    type: str
  new_vm:
    description:
      - The VM that the disc shall move to, as O(vm). Both VMs have to be off, and a root disc cannot move.
      - Nothing is done where the disc is there already; where neither VM has it, it is created on this one; where both
        have one of the label, the task fails.
    type: str
  state:
    description:
      - V(present) makes sure that the disc exists.
      - V(absent) makes sure that it does not, which is for good and so needs O(purge=true).
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Has to be V(true) for O(state=absent), as the API cannot get a deleted disc back.
    type: bool
    default: false
  backup_before:
    description:
      - Back the disc up before O(state=absent) deletes it. It is deleted only when the backup is complete.
      - Whether the backups of a disc outlive it is not known, and a warning says so.
      - A move to another VM loses nothing, so no backup is made then.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait for the backup of O(backup_before) to be complete, in seconds. When it ends the task fails, and
        the disc stays. The backup goes on.
    type: int
    default: 600
seealso:
  - module: bytemark.cloud.bigv_backup
  - module: bytemark.cloud.bigv_disc_info
  - module: bytemark.cloud.bigv_vm
"""

EXAMPLES = r"""
- name: Make sure that a VM has a data disc of at least this size
  bytemark.cloud.bigv_disc:
    vm: db1.staging.acme
    label: data
    size: 100GiB
    storage_grade: ssd

- name: Make a backup of it every night, and keep a week of them
  bytemark.cloud.bigv_disc:
    vm: db1.staging.acme
    label: data
    backup_schedules:
      - start_at: "03:00"
        interval: 1d
        capacity: 7

- name: Rename it
  bytemark.cloud.bigv_disc:
    vm: db1.staging.acme
    label: data
    new_label: postgresql

- name: Move it to another VM (both are off)
  bytemark.cloud.bigv_disc:
    vm: db1.staging.acme
    label: postgresql
    new_vm: db2.staging.acme

- name: Delete it for good
  bytemark.cloud.bigv_disc:
    vm: db2.staging.acme
    label: postgresql
    state: absent
    purge: true

- name: Delete another one for good, once there is a backup of it
  bytemark.cloud.bigv_disc:
    vm: db2.staging.acme
    label: archive
    state: absent
    purge: true
    backup_before: true
"""

RETURN = r"""
backups:
  description:
    - The backup that was made before the disc was deleted, as M(bytemark.cloud.bigv_backup) returns it; empty where
      nothing was to be deleted.
  returned: when O(backup_before=true)
  type: list
  elements: dict
  sample:
    - id: 7001
      label: archive-backup-20261124030000
      vm: db2.staging.acme
      disc: archive
      done: true
# BEGIN GENERATED by scripts/generate.py
disc:
  description:
    - The disc as the API describes it. In check mode the disc as it would be, where what only the server
      can choose is V(none).
    - V(none) where the disc is absent.
  returned: success
  type: dict
  contains:
    id:
      description: The id of the disc.
      type: int
      sample: 4321
    label:
      description: The label of the disc.
      type: str
      sample: data
    size:
      description: The size, in MiB.
      type: int
      sample: 51200
    storage_grade:
      description: The storage grade.
      type: str
      sample: sata
    storage_pool:
      description: The pool that the disc is stored in.
      type: str
      sample: tail01-sata1
    backup_schedules:
      description: When backups are made of the disc, and how many of them are kept, the C(capacity).
      type: list
      elements: dict
      sample:
        - id: 7
          start_at: 2026-11-24 03:00:00 UTC
          interval_seconds: 86400
          capacity: 7
    virtual_machine_id:
      description: The id of the VM that the disc belongs to.
      type: int
      sample: 1234
actions:
  description: What was sent, or would be in check mode, one line for each write.
  returned: always
  type: list
  elements: str
  sample:
    - add disc data of 100 GiB to VM db1.staging.acme
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
from ..module_utils._resources.disc.kind import DiscKind

MODULE = Module(DiscKind())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
