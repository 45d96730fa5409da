# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Reading backups. Private to bytemark.cloud."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import NamedTuple

from ..._core.client import Client
from ..._core.moments import read_moment
from ..._core.names import api_path
from ..._core.plan import Reader, Resource
from ..disc.steps import label_of
from ..names import VmName
from .attributes import BACKUP, is_done, newest_first


class DiscPlace(NamedTuple):
    """A disc, and the VM that has it."""

    vm: VmName
    disc: Resource

    def __str__(self) -> str:
        """Return what messages call the disc."""
        return f"disc {label_of(self.disc)} of VM {self.vm}"

    @property
    def path(self) -> str:
        """Return the path of the disc, by its id: its label may change meanwhile."""
        return f"{self.vm.path}{api_path('discs', self.disc['id'])}"

    @property
    def backups_path(self) -> str:
        """Return the path of the list of the disc's backups."""
        return f"{self.path}/backups"

    def backup_path(self, backup: Resource) -> str:
        """Return the path of a backup."""
        return f"{self.backups_path}{api_path(backup['id'])}"


def clock(client: Client) -> datetime:
    """Return the time by the API's clock or, where its latest answer told none, by this machine's."""
    return read_moment(client.api_date) or datetime.now(timezone.utc)


def list_backups(reader: Reader, place: DiscPlace, what: str = "") -> list[Resource]:
    """Return the backups of a disc as modules return them, the newest first."""
    listed = reader.get_list(place.backups_path, what or f"the backups of {place}", BACKUP)
    return [shown_backup(place, backup) for backup in newest_first(listed)]


def shown_backup(place: DiscPlace, backup: Resource) -> Resource:
    """Return a backup with what it is of, and whether it is done."""
    return {**backup, "vm": str(place.vm), "disc": label_of(place.disc), "done": is_done(backup)}
