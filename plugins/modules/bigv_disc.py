#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
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
  - Properties of the disc whose options are omitted are left unchanged.
  - The guest of a VM that is on sees a change after a restart.
  - A run that finds the desired state sends one GET request, or two with O(new_vm).
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.writes
options:
  vm:
    description:
      - The VM that the disc belongs to. A name, which may have the dotted form V(vm.group.account), or an id.
      - One of O(vm) and O(id) is required.
    type: str
  group:
    description:
      - The name of the group that the VM is in.
      - If neither this option nor a dotted O(vm) sets it, the environment variables E(BIGV_GROUP) and E(BM_GROUP) are
        used, and otherwise the group V(default).
    type: str
  label:
    description:
      - The label of the disc, or its id. Required with O(vm).
      - A new disc cannot have the name of a Unix device (V(vda), V(sdb), ...). Existing discs that have one can be
        managed.
    type: str
  id:
    description:
      - The id of an existing disc, instead of O(vm) and O(label).
    type: int
  size:
    description:
      - The size, in MiB as a whole number (V(25600)) or with a binary unit (V(25GiB), V(1.5TiB)).
      - Required for a disc that does not exist yet. A size below that of an existing disc is refused, because discs can
        only grow.
    type: str
  storage_grade:
    description:
      - The storage grade, such as V(sata) or V(ssd). The API's default is V(sata).
    type: str
  iops_limit:
    description:
      - The maximum number of operations per second. Only cluster administrators can set it.
    type: int
  backup_schedules:
    description:
      - When the disc is backed up. This is the exact set. A schedule that is not listed is deleted, and an empty list
        deletes all of them. If omitted, schedules are left unchanged.
      - A schedule that differs is created as a new one before the old one is deleted. Different spellings of the same
        start make no difference, and a schedule that is listed twice counts once.
    type: list
    elements: dict
    suboptions:
      start_at:
        description:
          - When the first backup is created, in quotes. Either a time of day (V(03:00)) or a date and time in ISO 8601
            (V(2027-02-24T03:00:00Z)), in UTC unless it has a time zone.
          - A time of day equals a date and time with that time of day, because the API may turn the one into the
            other.
        type: str
        required: true
      interval:
        description:
          - The time between two backups, such as V(6h), V(1d) or V(1w), or a number of seconds.
        type: str
        required: true
      capacity:
        description:
          - How many backups of this schedule are kept.
        type: int
        default: 1
  new_label:
    description:
      - The new label of the disc.
      - If the VM has a disc with this label and none called O(label), nothing is changed. If it has neither, the disc
        is created with the new label. If it has both, the task fails.
    type: str
  new_vm:
    description:
      - The VM to move the disc to, in the same form as O(vm). Both VMs must be off, and a root disc cannot be moved.
      - If that VM already has the disc, nothing is changed. If neither VM has it, the disc is created on this one. If
        both have a disc with the label, the task fails.
    type: str
  state:
    description:
      - V(present) ensures that the disc exists.
      - V(absent) ensures that it does not exist. The deletion is permanent, so it requires O(purge=true).
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Must be V(true) for O(state=absent), because the API cannot restore a deleted disc.
    type: bool
    default: false
  backup_before:
    description:
      - Whether to back up the disc before O(state=absent) deletes it. It is deleted only when the backup is complete.
      - It is not known whether the backups of a disc outlive it, and a warning reports that.
      - Moving the disc to another VM loses nothing, so no backup is created then.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait for the backup of O(backup_before) to complete, in seconds. After that the task fails, and the
        disc is kept. The backup continues.
    type: int
    default: 600
seealso:
  - module: bytemark.cloud.bigv_backup
  - module: bytemark.cloud.bigv_disc_info
  - module: bytemark.cloud.bigv_vm
"""

EXAMPLES = r"""
- name: Ensure that a VM has a data disc of at least 100 GiB
  bytemark.cloud.bigv_disc:
    vm: db1.staging.acme
    label: data
    size: 100GiB
    storage_grade: ssd

- name: Back it up every night and keep the backups of a week
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

- name: Delete it permanently
  bytemark.cloud.bigv_disc:
    vm: db2.staging.acme
    label: postgresql
    state: absent
    purge: true

- name: Back up another disc, then delete it permanently
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
    - The backup that was created before the disc was deleted, as M(bytemark.cloud.bigv_backup) returns it. Empty if
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
    - The disc as the API describes it. In check mode, the disc as it would be, with V(none) for values
      that only the server can choose.
    - V(none) if the disc is absent.
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
      description: When the disc is backed up, and how many backups are kept (C(capacity)).
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
  description: What was sent, or would be sent in check mode, one line for each write.
  returned: always
  type: list
  elements: str
  sample:
    - add disc data of 100 GiB to VM db1.staging.acme
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
from ..module_utils._resources.disc.kind import DiscKind

MODULE = Module(DiscKind())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
