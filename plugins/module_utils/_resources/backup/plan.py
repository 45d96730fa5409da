# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The plan for the backups of a disc. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from ..._core.errors import BigvError
from ..._core.names import find_by_name_or_id
from ..._core.plan import Plan, Prediction, Resource, with_compensation
from ..disc.steps import label_of
from ..vm.draft import VmDraft
from .attributes import BACKUP, ICEBERG, is_done, is_manual, made_at
from .desired import LATEST, DesiredBackup
from .read import DiscPlace, shown_backup
from .restoration import Restoration
from .steps import Creation, backup_done, deletion, find_backup

# By how much the time in a label may be ahead of the API's clock, such as where it is not in UTC.
SKEW = timedelta(days=1)


class ObservedBackups(NamedTuple):
    """The backups of a disc, the newest first, and the one that the task names; ``now`` is the API's clock.

    Without a ``place`` there is no such disc.
    """

    vm: Resource
    place: DiscPlace | None
    backups: Sequence[Resource]
    named: Resource | None
    now: datetime


def plan_backups(observed: ObservedBackups, desired: DesiredBackup) -> Plan:
    """Return the plan that converges the backups."""
    place, named = observed.place, observed.named
    if place is not None and desired.state == "present":
        return _plan_present(place, observed, desired)
    if place is None or named is None:
        return Plan(None, None)
    if desired.state == "absent":
        return Plan(named, None, (deletion(place, named),))
    return _plan_restored(place, observed.vm, named, desired.params)


def _plan_present(place: DiscPlace, observed: ObservedBackups, desired: DesiredBackup) -> Plan:
    def is_fresh(backup: Resource) -> bool:
        return _is_fresh(backup, observed.now, desired.max_age)

    fresh = next(filter(is_fresh, observed.backups), None)
    deletions = tuple(deletion(place, backup) for backup in surplus(observed.backups, desired.keep, fresh is None))
    if fresh is not None:
        if is_done(fresh) or not desired.params["wait"]:
            return Plan(fresh, fresh, deletions)
        done = backup_done(place, partial(find_backup, place, fresh["id"]))
        return Plan(fresh, completed(fresh), deletions, wait_for=done)
    # What is deleted makes way for a manual one.
    creation = Creation(place, (lambda backup: is_manual(backup) and is_fresh(backup)) if deletions else is_fresh)
    # No backup goes before the new one is complete.
    step = creation.step(wait=bool(deletions))
    return Plan(None, new_backup(place, desired.params["wait"]), (step, *deletions), wait_for=creation.done())


def _is_fresh(backup: Resource, now: datetime, max_age: int | None) -> bool:
    """Tell whether a backup is young enough. One of a time to come is, if clocks may differ by that much."""
    time = made_at(backup)
    return bool(max_age and time and now - timedelta(seconds=max_age) < time < now + SKEW)


def surplus(backups: Sequence[Resource], keep: int | None, makes_one: bool) -> list[Resource]:
    """Return the backups that are too many, the oldest first: manual ones of a known time, never the last good one.

    ``makes_one``: a new one is made, which counts.
    """
    if keep is None:
        return []
    manual = [backup for backup in backups if is_manual(backup) and made_at(backup) is not None]
    number = keep - 1 if makes_one else keep
    kept, more = manual[:number], manual[number:]
    if not makes_one and not any(map(is_done, kept)):
        spared = next(filter(is_done, more), None)
        more = [backup for backup in more if backup is not spared]
    return more[::-1]


def new_backup(place: DiscPlace, is_awaited: bool) -> Resource:
    """Return the backup that is made, as far as it can be predicted."""
    disc = place.disc
    backup = {
        **dict.fromkeys(BACKUP.attributes),
        "manual": True,
        "parent_disc_id": disc["id"],
        "size": disc.get("size"),
        "storage_grade": ICEBERG if is_awaited else disc.get("storage_grade"),
        "virtual_machine_id": disc.get("virtual_machine_id"),
    }
    return shown_backup(place, backup)


def with_more_backups(disc: Resource, number: int) -> Resource:
    """Return a disc with so many more backups, if the API says how many it has."""
    count = disc.get("backup_count")
    return disc if count is None else {**disc, "backup_count": count + number}


def completed(backup: Resource) -> Resource:
    """Return a backup as it will be when it has been moved to its place, as far as that can be predicted."""
    while_moving = ("new_storage_grade", "migration_progress", "storage_pool")
    return {**backup, **dict.fromkeys(backup.keys() & while_moving), "storage_grade": ICEBERG, "done": True}


def predicted_backup(place: DiscPlace, backup: Resource, now: datetime) -> Prediction:
    """Return that a backup is made about now, as its label says."""
    label = f"{label_of(place.disc)}-backup-{now:%Y%m%d%H%M%S}"
    return Prediction(None, f"{place.backups_path}/", None, {**backup, "label": label})


def _plan_restored(place: DiscPlace, vm: Resource, backup: Resource, options: Mapping[str, Any]) -> Plan:
    draft, autoreboot = VmDraft(place.vm, vm), vm.get("autoreboot_on")
    restoration = Restoration(place, vm, backup)
    step = restoration.step()
    if draft.is_on and not options["allow_restart"]:
        raise BigvError(
            f"allow_restart: VM {place.vm} is on, and a backup can be restored only while the VM is off, because that "
            "overwrites the disc; set allow_restart: true to shut the VM down first and start it again afterwards"
        )
    if not (draft.is_on or (autoreboot and options["allow_restart"])):
        return Plan(backup, backup, (step,), warnings=_warnings(place, options))
    compensation = restoration.compensation(autoreboot)
    if draft.is_on:
        draft.shut_down(options["shutdown_timeout"], options["force_stop"], compensation, restarts=True)
    else:
        # With autoreboot on, it may be starting.
        draft.keep_off()
    draft.append(step)
    steps = with_compensation(draft.steps, compensation)
    return Plan(backup, backup, (*steps, restoration.start_again(autoreboot)), wait_for=draft.powered_on())


def _warnings(place: DiscPlace, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Warn of a VM that is off, which an earlier run may have left so."""
    if not options["allow_restart"]:
        return ()
    return (
        f"VM {place.vm}, whose disc is restored, was already off and stays off. If an earlier run of this task was "
        "killed, start the VM with bigv_vm and state: running.",
    )


def restorable(place: DiscPlace, backups: Sequence[Resource], name: str) -> Resource | None:
    """Return the backup that is to be restored, if it is there. Refuse one that is not complete."""
    if name == LATEST:
        return next(filter(is_done, backups), None)
    backup = named(backups, name)
    if backup is not None and not is_done(backup):
        raise BigvError(f"backup: {label_of(backup)} of {place} is not complete yet; wait until it is")
    return backup


def named(backups: Sequence[Resource], name: str) -> Resource | None:
    """Return the backup of that label, or else of that id."""
    found: Resource | None = find_by_name_or_id("backup", name, backups, "backup", name_key="label")
    return found


def missing_backup(place: DiscPlace, name: str) -> BigvError:
    """Return the error of a backup that is to be restored and is not there."""
    if name == LATEST:
        return BigvError(f"backup: {place} has no complete backup", status=404)
    return BigvError(f"backup: {place} has no backup {name!r}. bigv_backup_info lists the existing ones.", status=404)
