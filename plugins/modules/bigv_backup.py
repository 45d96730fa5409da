#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_backup
short_description: Create, restore and delete backups of discs of Bytemark Cloud servers
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Creates backups of a disc of a VM in Bytemark Cloud (once called BigV), restores the disc from one, and deletes
    backups.
  - The time of a backup is the time in its label, which is taken to be UTC.
  - To create backups on a schedule, use the option C(backup_schedules) of M(bytemark.cloud.bigv_vm) or
    M(bytemark.cloud.bigv_disc).
  - A task that finds a backup that is recent enough sends two GET requests.
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.writes
options:
  vm:
    description:
      - The VM. A name, which may have the dotted form V(vm.group.account), or an id.
    type: str
    required: true
  group:
    description:
      - The name of the group that the VM is in.
      - If neither this option nor a dotted O(vm) sets it, the environment variables E(BIGV_GROUP) and E(BM_GROUP) are
        used, and otherwise the group V(default).
    type: str
  disc:
    description:
      - The label or the id of the disc.
    type: str
    required: true
  state:
    description:
      - V(present) ensures that there is a backup that is no older than O(max_age). Without O(max_age), each run creates
        one.
      - V(restored) overwrites the disc with the O(backup). Everything on the disc is replaced, in every run of the
        task. The VM must be off; with O(allow_restart=true) it is shut down first and started again afterwards. A disc
        of a VM or group that O(protect) matches is refused.
      - V(absent) deletes the O(backup). If there is no such backup, disc or VM, nothing is changed. The deletion is
        permanent, so it requires O(purge=true).
    type: str
    choices: [present, restored, absent]
    default: present
  backup:
    description:
      - The label or the id of the backup to restore or delete.
      - With O(state=restored), V(latest) is the latest complete backup.
    type: str
  max_age:
    description:
      - How old the latest backup may be, as a duration such as V(90s), V(24h) or V(7d), or in seconds. If there is a
        newer one, none is created. It may have been created by a schedule, and it may still be incomplete.
    type: str
  keep:
    description:
      - How many manual backups of the disc to keep, at least 1. Older ones are deleted permanently, the oldest first,
        so O(purge=true) is required, too.
      - The new backup counts, and it is complete before any other is deleted, even with O(wait=false). Backups that a
        schedule has created neither count nor are deleted. If none of the backups to keep is complete, the latest
        complete one is kept as well.
    type: int
  purge:
    description:
      - Confirms that backups may be deleted permanently. Must be V(true) for O(keep) and for O(state=absent).
    type: bool
    default: false
  allow_restart:
    description:
      - With O(state=restored), whether a VM that is on may be shut down first. It is started again afterwards, with
        autoreboot as it was, even if the restore is refused or fails, but never before a restore in progress has
        ended.
    type: bool
    default: false
  shutdown_timeout:
    description:
      - How long to wait for the clean shutdown, in seconds.
    type: int
    default: 60
  force_stop:
    description:
      - Whether to power off a VM forcibly if it has not shut down within O(shutdown_timeout). If V(false), the task
        fails instead and leaves the VM on, with autoreboot as it was.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the backup is complete, even if an earlier run created it, or until the disc is restored
        and the VM is on again.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait in total, in seconds. After that the task fails and reports what it was waiting for. A backup
        that is being created continues.
    type: int
    default: 600
attributes:
  idempotent:
    description:
      - With O(state=present), the module is idempotent only with O(max_age).
      - O(state=restored) acts in every run.
    support: partial
seealso:
  - module: bytemark.cloud.bigv_backup_info
  - module: bytemark.cloud.bigv_disc
  - ref: ansible_collections.bytemark.cloud.docsite.guide_backups
    description: Nightly backups, a backup before a risky change, and how to restore one.
"""

EXAMPLES = r"""
- name: Ensure that there is a backup of last night, and keep seven
  bytemark.cloud.bigv_backup:
    vm: db1.live.acme
    disc: data
    max_age: 20h
    keep: 7
    purge: true

- name: Create a backup before a change
  bytemark.cloud.bigv_backup:
    vm: db1.live.acme
    disc: data
  register: before

- name: Restore it
  bytemark.cloud.bigv_backup:
    vm: db1.live.acme
    disc: data
    state: restored
    backup: "{{ before.backup.label }}"
    allow_restart: true

- name: Restore the latest backup
  bytemark.cloud.bigv_backup:
    vm: db1.live.acme
    disc: data
    state: restored
    backup: latest
    allow_restart: true

- name: Delete a backup permanently
  bytemark.cloud.bigv_backup:
    vm: db1.live.acme
    disc: data
    state: absent
    backup: data-backup-20261124030000
    purge: true
"""

RETURN = r"""
deleted:
  description: The labels of the backups that were deleted. A backup without a label is listed by its id.
  returned: success
  type: list
  elements: str
  sample: [data-backup-20261117030000]
# BEGIN GENERATED by scripts/generate.py
backup:
  description:
    - The backup as the API describes it. In check mode, the backup as it would be, with V(none) for values
      that only the server can choose.
    - V(none) if the backup is absent.
  returned: success
  type: dict
  contains:
    id:
      description: The id of the backup.
      type: int
      sample: 7001
    label:
      description: The label of the backup.
      type: str
      sample: root-backup-20261124030000
    manual:
      description: Whether the backup is manual; otherwise a schedule created it.
      type: bool
      sample: true
    parent_disc_id:
      description: The id of the disc that was backed up.
      type: int
      sample: 4321
    size:
      description: The size, in MiB.
      type: int
      sample: 25600
    storage_grade:
      description: The storage grade, which is V(iceberg) when the backup is complete.
      type: str
      sample: iceberg
    storage_pool:
      description: The pool that the backup is stored in.
      type: str
      sample: tail01-iceberg1
    virtual_machine_id:
      description: The id of the VM that the disc belongs to.
      type: int
      sample: 1234
    vm:
      description: The VM, as C(<vm>.<group>.<account>).
      type: str
      sample: web1.default.acme
    disc:
      description: The label of the disc, or its id if it has no label.
      type: str
      sample: root
    done:
      description: Whether the backup is complete.
      type: bool
      sample: true
actions:
  description: What was sent, or would be sent in check mode, one line for each write.
  returned: always
  type: list
  elements: str
  sample:
    - back up disc root of VM db1.live.acme
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
from ..module_utils._resources.backup.kind import BackupKind

MODULE = Module(BackupKind())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
