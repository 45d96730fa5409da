# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Making, restoring and deleting backups, some of it by schedules.

What takes time is a transfer, which the cloud ends when it is due.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

from ..core import moments
from ..core.cloud import Cloud
from ..core.problem import TAKEN, Errors, Problem
from . import backup_schedule
from .backup_schedule import BackupSchedule
from .disc_model import ICEBERG, Backup, Disc, Transfer, refuse_restoring
from .vm.model import refuse_deleted


def create(cloud: Cloud, disc: Disc) -> Backup:
    """Begin the backup that somebody asks for."""
    refuse_deleted(disc.virtual_machine)
    refuse_restoring(disc)
    now = cloud.clock.now()
    if cloud.settings.one_backup_a_second and next(_labels(disc, now)) in _taken(disc):
        raise Problem(400, {"label": [TAKEN]})
    return make(cloud, disc, now)


def make(cloud: Cloud, disc: Disc, at: float, schedule_id: int | None = None) -> Backup:
    """Begin a backup at this time. If a label has been taken, the next second that is free is in it (assumed)."""
    taken = _taken(disc)
    backup = Backup(
        id=cloud.new_id("backups"),
        disc=disc,
        label=next(label for label in _labels(disc, at) if label not in taken),
        manual=schedule_id is None,
        size=disc.size,
        schedule_id=schedule_id,
    )
    cloud.add(backup, disc)
    back_up_until(cloud, backup, Transfer(cloud.clock, at, at + cloud.settings.backup_time, disc.storage_grade))
    return backup


def _taken(disc: Disc) -> set[str]:
    return {backup.label for backup in disc.children(Backup)}


def _labels(disc: Disc, at: float) -> Iterator[str]:
    """Yield the labels of backups made in this second, and in those after it."""
    for second in itertools.count(int(min(at, moments.LAST))):
        yield f"{disc.label}-backup-{moments.stamp(second)}"


def back_up_until(cloud: Cloud, backup: Backup, transfer: Transfer) -> None:
    backup.transfer = transfer
    cloud.schedule(transfer.until, partial(_end_backup, backup, transfer))


def _end_backup(backup: Backup, transfer: Transfer, _at: float) -> None:
    if backup.transfer is transfer:
        backup.transfer = None


def restore(cloud: Cloud, backup: Backup) -> None:
    """Begin to write a backup over its disc; all that it is refused for is assumed."""
    disc, machine = backup.disc, backup.disc.virtual_machine
    refuse_deleted(machine)
    errors = Errors()
    if machine.power_on or machine.due is not None:
        errors.add("restore", "cannot be done unless the virtual machine is powered off")
    if disc.restoring:
        errors.add("restore", "cannot be done while a backup is restored to the disc")
    if backup.transfer:
        errors.add("restore", "cannot be done before the backup is done")
    elif any(other.transfer for other in disc.children(Backup)):
        errors.add("restore", "cannot be done while another backup of the disc is made")
    errors.raise_any()
    now = cloud.clock.now()
    restore_until(cloud, disc, Transfer(cloud.clock, now, now + cloud.settings.restore_time, disc.storage_grade))


def restore_until(cloud: Cloud, disc: Disc, transfer: Transfer) -> None:
    disc.storage_grade, disc.restoring = ICEBERG, transfer
    cloud.schedule(transfer.until, partial(_end_restore, disc, transfer))


def _end_restore(disc: Disc, transfer: Transfer, _at: float) -> None:
    if disc.restoring is transfer:
        disc.storage_grade, disc.restoring = transfer.grade, None


def delete(cloud: Cloud, backup: Backup, purge: bool) -> None:
    """Delete it for good; that it is a 500 without purge, as for discs, is assumed."""
    refuse_deleted(backup.disc.virtual_machine)
    refuse_restoring(backup.disc)
    if not purge:
        raise Problem(500, "Backups can only be purged")
    cloud.remove(backup, backup.disc)


def add_schedule(cloud: Cloud, disc: Disc, values: dict[str, Any]) -> BackupSchedule:
    """Give a disc a schedule of these good values, by which backups are made from now on."""
    schedule = backup_schedule.add(cloud, values)
    disc.schedules.append(schedule)
    wait_for(cloud, disc, schedule)
    return schedule


def wait_for(cloud: Cloud, disc: Disc, schedule: BackupSchedule) -> None:
    """Have the next backup of a schedule made once its time has come."""
    cloud.schedule(schedule.next_at, partial(_fire, cloud, disc, schedule))


def _fire(cloud: Cloud, disc: Disc, schedule: BackupSchedule, at: float) -> None:
    """Make the backup that is due at this time, and let the oldest of the schedule go (assumed: at once).

    Assumed: none is made of a VM that is deleted, or while a backup is restored to the disc.
    """
    is_there = cloud.objects(Disc).get(disc.id) is disc and schedule in disc.schedules
    if not is_there or schedule.next_at != at:
        return
    schedule.go_on(cloud.clock.now())
    wait_for(cloud, disc, schedule)
    if disc.deleted or disc.restoring:
        return
    make(cloud, disc, at, schedule.id)
    made = [backup for backup in disc.children(Backup) if backup.schedule_id == schedule.id]
    for backup in made[: -schedule.capacity]:
        cloud.remove(backup, disc)
