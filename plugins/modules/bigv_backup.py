#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
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
  - The time of a backup is the one in its label, which is taken to be UTC.
  - Schedules, which create backups by themselves, are an option of M(bytemark.cloud.bigv_vm) and
    M(bytemark.cloud.bigv_disc), C(backup_schedules).
  - A task that finds a backup that is recent enough makes two GET requests.
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.writes
options:
  vm:
    description:
      - The VM, by its name, also in the dotted form V(vm.group.account), or by its id.
    type: str
    required: true
  group:
    description:
      - The name of the group that the VM is in.
      - Where neither this option nor a dotted O(vm) says it, the environment variables E(BIGV_GROUP) and E(BM_GROUP)
        do, and else the group is V(default).
    type: str
  disc:
    description:
      - The disc of the VM, by its label or its id.
    type: str
    required: true
  state:
    description:
      - V(present) makes sure that there is a backup which is no older than O(max_age). Without O(max_age), each run
        creates one.
      - V(restored) writes the O(backup) over the disc. Everything on the disc is replaced, each time that the task
        runs. The VM has to be off, or O(allow_restart=true) has it shut down first and started again afterwards.
        A disc of a VM or a group that O(protect) names is refused.
      - V(absent) deletes the O(backup), and is done where there is no such backup, disc or VM. That is for good, so it
        needs O(purge=true).
    type: str
    choices: [present, restored, absent]
    default: present
  backup:
    description:
      - The backup to restore or to delete, by its label or its id.
      - With O(state=restored), V(latest) is the latest one that is complete.
    type: str
  max_age:
    description:
      - How old the latest backup may be, as a duration such as V(90s), V(24h) or V(7d), or in seconds. Where there is
        one that is younger, none is created. It may be one that a schedule has created, or one that is not complete
        yet.
    type: str
  keep:
    description:
      - How many manual backups of the disc to keep, at least 1. Older ones are deleted for good, the oldest first, so
        O(purge=true) is needed, too.
      - The new one counts, and is complete before any other is deleted, also with O(wait=false). Backups that a
        schedule has created neither count nor are deleted. Where no backup that is kept is complete, the latest that is
        complete stays as well.
    type: int
  purge:
    description:
      - Says that backups may be deleted for good. Has to be V(true) for O(keep) and for O(state=absent).
    type: bool
    default: false
  allow_restart:
    description:
      - With O(state=restored), whether a VM that is on may be shut down first. It is started again afterwards, with
        autoreboot as it was, also where the restore is refused or fails; but never before a restore that is under way
        has ended.
    type: bool
    default: false
  shutdown_timeout:
    description:
      - How long to wait for the clean shutdown, in seconds.
    type: int
    default: 60
  force_stop:
    description:
      - Whether to pull the plug of a VM that has not shut down within O(shutdown_timeout). If V(false), the task fails
        instead, and leaves the VM on, with autoreboot as it was.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the backup is complete, also where an earlier run has created it; or until the disc is
        restored, and the VM is on again.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait, in seconds, for everything that the task waits for. When it ends the task fails, and says what
        it waited for. A backup that is being created goes on.
    type: int
    default: 600
attributes:
  idempotent:
    description:
      - With O(state=present), O(max_age) makes it so.
      - O(state=restored) acts in every run.
    support: partial
seealso:
  - module: bytemark.cloud.bigv_backup_info
  - module: bytemark.cloud.bigv_disc
  - ref: ansible_collections.bytemark.cloud.docsite.guide_backups
    description: Nightly backups, one before a risky change, and restoring one.
"""

EXAMPLES = r"""
- name: Make sure that there is a backup of tonight, and keep seven
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

- name: Put it back
  bytemark.cloud.bigv_backup:
    vm: db1.live.acme
    disc: data
    state: restored
    backup: "{{ before.backup.label }}"
    allow_restart: true

- name: Put the latest one back
  bytemark.cloud.bigv_backup:
    vm: db1.live.acme
    disc: data
    state: restored
    backup: latest
    allow_restart: true

- name: Delete a backup for good
  bytemark.cloud.bigv_backup:
    vm: db1.live.acme
    disc: data
    state: absent
    backup: data-backup-20261124030000
    purge: true
"""

RETURN = r"""
deleted:
  description: The labels of the backups that were deleted; an id where one has no label.
  returned: success
  type: list
  elements: str
  sample: [data-backup-20261117030000]
# BEGIN GENERATED by scripts/generate.py
backup:
  description:
    - The backup as the API describes it. In check mode the backup as it would be, where what only the
      server can choose is V(none).
    - V(none) where the backup is absent.
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
      description: Whether somebody asked for it; otherwise a schedule did.
      type: bool
      sample: true
    parent_disc_id:
      description: The id of the disc that it is a backup of.
      type: int
      sample: 4321
    size:
      description: The size, in MiB.
      type: int
      sample: 25600
    storage_grade:
      description: The storage grade, which is V(iceberg) when the backup is done.
      type: str
      sample: iceberg
    storage_pool:
      description: The pool that the backup is stored in.
      type: str
      sample: tail01-iceberg1
    virtual_machine_id:
      description: The id of the VM whose disc it is of.
      type: int
      sample: 1234
    vm:
      description: The VM, as C(<vm>.<group>.<account>).
      type: str
      sample: web1.default.acme
    disc:
      description: The label of the disc, or its id where it has no label.
      type: str
      sample: root
    done:
      description: Whether the backup is complete.
      type: bool
      sample: true
actions:
  description: What was sent, or would be in check mode, one line for each write.
  returned: always
  type: list
  elements: str
  sample:
    - back up disc root of VM db1.live.acme
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
from ..module_utils._resources.backup.kind import BackupKind

MODULE = Module(BackupKind())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
