# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Reading backups. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..._core.errors import BigvError
from ..._core.names import api_path
from ..._core.plan import Reader, Resource
from ..disc.steps import disc_path, label_of
from ..names import VmName
from .attributes import BACKUP, is_done, newest_first


class DiscPlace(NamedTuple):
    """A disc, and the VM that has it. It goes by its id, unless that is the label of another."""

    vm: VmName
    disc: Resource
    goes_by_label: bool = False

    def __str__(self) -> str:
        """Return what messages call the disc."""
        return f"disc {label_of(self.disc)} of VM {self.vm}"

    @property
    def path(self) -> str:
        """Return the path of the disc. Its label may change meanwhile."""
        if self.goes_by_label:
            return disc_path(self.vm.path, self.disc)
        return f"{self.vm.path}{api_path('discs', self.disc['id'])}"

    @property
    def backups_path(self) -> str:
        """Return the path of the list of the disc's backups."""
        return f"{self.path}/backups"

    def backup_path(self, backup: Resource) -> str:
        """Return the path of a backup."""
        return f"{self.backups_path}{api_path(backup['id'])}"


def place_of(vm: VmName, disc: Resource, discs: Iterable[Resource]) -> DiscPlace:
    """Return the place of a disc, one of the ``discs`` of a VM."""
    return DiscPlace(vm, disc, any(other.get("label") == str(disc["id"]) for other in discs))


def places_in(vm: VmName, discs: Sequence[Resource]) -> list[DiscPlace]:
    """Return the places of the discs of a VM."""
    return [place_of(vm, disc, discs) for disc in discs]


def list_backups(reader: Reader, place: DiscPlace, what: str = "") -> list[Resource]:
    """Return the backups of a disc as modules return them, the newest first."""
    listed = reader.get_list(place.backups_path, what or f"the backups of {place}", BACKUP)
    if any(backup.get("parent_disc_id") not in (None, place.disc["id"]) for backup in listed):
        raise BigvError(f"The API lists the backups of another disc for {place}; rename the disc that has its number.")
    return [shown_backup(place, backup) for backup in newest_first(listed)]


def shown_backup(place: DiscPlace, backup: Resource) -> Resource:
    """Return a backup with what it is of, and whether it is done."""
    return {**backup, "vm": str(place.vm), "disc": label_of(place.disc), "done": is_done(backup)}
