# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The writes that create and delete backups. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..._core.errors import BigvError
from ..._core.plan import Reader, Resource, Step, WaitCondition
from ..disc.steps import label_of
from .attributes import BACKUP, is_done, is_new
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
            raise BigvError(f"Could not delete {name} of {place}: it is a different one now. Run the task again.")
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
        note="permanently",
    )
