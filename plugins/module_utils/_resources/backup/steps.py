# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The writes that make, restore and delete backups. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..._core.errors import BigvError
from ..._core.plan import FULL_VIEW, Reader, Resource, Step, WaitCondition
from ..disc.attributes import DISC
from ..disc.steps import disc_target, label_of
from ..vm.attributes import VM
from ..vm.steps import start_again
from .attributes import BACKUP, is_done, is_new, is_restoring
from .read import DiscPlace, list_backups


class Creation:
    """The creation of a backup. Which one it is, those tell that were there right before.

    ``is_fresh`` tells of a backup that it will do, if somebody else has created it meanwhile: then none is created.
    ``created`` is the new backup as it was last seen. A call looks for it.
    """

    def __init__(self, place: DiscPlace, is_fresh: Callable[[Resource], bool] = lambda _backup: False) -> None:
        self.place = place
        self._is_fresh = is_fresh
        self._known: set[int] = set()
        self._fresh: Resource | None = None
        self.created: Resource | None = None

    def step(self, wait: bool = True) -> Step:
        """Return the write, after which the backup is done, if that is waited for."""
        return Step(
            f"back up {self.place}",
            "POST",
            self._path,
            BACKUP,
            {},
            verify=self,
            is_done=lambda seen: seen is not None,
            is_idempotent=False,
            wait_for=self.done() if wait else None,
        )

    def done(self) -> WaitCondition:
        """Return the condition that the backup is done."""
        return backup_done(self.place, self)

    def _path(self, reader: Reader, _seen: Resource) -> str | None:
        there = list_backups(reader, self.place)
        self._known = {backup["id"] for backup in there}
        self._fresh = next(filter(self._is_fresh, there), None)
        return None if self._fresh else self.place.backups_path

    def __call__(self, reader: Reader, what: str) -> Resource | None:
        """Return the backup that has appeared since, which no schedule has created, or the one that will do."""
        if self._fresh:
            return find_backup(self.place, self._fresh["id"], reader, what)
        there = list_backups(reader, self.place, what)
        new = (backup for backup in there if backup["id"] not in self._known and backup.get("manual") is not False)
        self.created = next(new, None)
        return self.created


def backup_done(place: DiscPlace, find: Callable[[Reader, str], Resource | None]) -> WaitCondition:
    """Return the condition that a backup is done."""
    return WaitCondition(
        place.backups_path,
        f"the backup of {place} to be done",
        BACKUP,
        lambda seen: seen is not None and is_done(seen),
        state=lambda seen: f"its storage grade is {seen.get('storage_grade')}",
        read=find,
    )


def find_backup(place: DiscPlace, backup_id: Any, reader: Reader, what: str) -> Resource | None:
    """Return the backup of an id, or None where there is none."""
    return next((backup for backup in list_backups(reader, place, what) if backup["id"] == backup_id), None)


def backup_name(backup: Resource) -> str:
    """Return what messages call a backup: in a check run, a new one has no label yet."""
    return "the new backup" if is_new(backup) else f"backup {label_of(backup)}"


def deletion(place: DiscPlace, backup: Resource) -> Step:
    """Return the write that deletes a backup, if it is still there."""
    name = backup_name(backup)

    def path(reader: Reader, _seen: Resource) -> str | None:
        now = find_backup(place, backup["id"], reader, f"{name} before it is deleted")
        if now is not None and any(now.get(key) != backup.get(key) for key in ("label", "manual")):
            raise BigvError(f"Could not delete {name} of {place}: it is another one by now. Run the task again.")
        return place.backup_path(backup) if now is not None else None

    return Step(
        f"purge {name} of {place}",
        "DELETE",
        path,
        BACKUP,
        query={"purge": "true"},
        verify=partial(find_backup, place, backup["id"]),
        resource_id=backup["id"],
        effect="purge",
        note="for good",
    )


def restoration(place: DiscPlace, vm: Resource, backup: Resource) -> Step:
    """Return the write that puts a backup back. The VM is off by then, and started by nobody before that has ended."""
    name = backup_name(backup)

    def path(reader: Reader, _seen: Resource) -> str:
        doing = f"restore {name} to {place}"
        now = find_backup(place, backup["id"], reader, f"{name} before it is restored")
        if now is None or now.get("label") != backup.get("label"):
            raise BigvError(f"Could not {doing}: the backup has gone. Run the task again.")
        machine = reader.find(place.vm.path, f"VM {place.vm} before a backup is restored", VM, **FULL_VIEW)
        if machine is not None and machine.get("id") == vm["id"] and machine.get("power_on"):
            raise BigvError(f"Could not {doing}: the VM is on by now. Run the task again.")
        return ""

    target = disc_target(place.vm, place.disc)
    return Step(
        f"restore {name} to {place}",
        "PUT",
        path,
        DISC,
        {"restore": True},
        verify=partial(_find_disc, place),
        is_done=lambda seen: seen is not None and is_restoring(seen),
        wait_for=restored(place)._replace(was_so=True),
        effect="wipe",
        note="writes over the disc",
        target=target._replace(sent_to=place.backup_path(backup)),
    )


def restored(place: DiscPlace) -> WaitCondition:
    """Return the condition that no backup is being written over a disc."""
    return WaitCondition(
        place.path,
        f"the restore of {place} to end",
        DISC,
        lambda seen: seen is not None and not is_restoring(seen),
        state=lambda seen: "it is under way" if is_restoring(seen) else "it has ended",
    )


def _find_disc(place: DiscPlace, reader: Reader, what: str) -> Resource | None:
    return reader.find(place.path, what, DISC)


def start_unless_restoring(place: DiscPlace, autoreboot: bool | None) -> Step:
    """Return what starts a VM again after a failure, but not while a backup is being written over its disc."""
    step = start_again(place.vm, autoreboot)

    def path(reader: Reader, _seen: Resource) -> str:
        disc = _find_disc(place, reader, f"{place} before the VM is started again")
        if disc is not None and is_restoring(disc):
            raise BigvError(
                f"VM {place.vm} was left off, because the restore of {place} is under way. When that has ended, start "
                "it with bigv_vm, state: running."
            )
        return str(step.path)

    return step._replace(path=path, verify=lambda reader, what: reader.find(place.vm.path, what, VM, **FULL_VIEW))
