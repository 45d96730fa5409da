# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Backups as ``bigv_backup_info`` lists them. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from ..._core.client import Client
from ..._core.errors import NotFound
from ..._core.kind import InfoKind
from ..._core.plan import Resource
from ..disc.steps import find_disc
from ..names import NAME_VARIABLES
from ..vm.reference import find_vms
from .attributes import BACKUP, newest_first
from .read import DiscPlace, list_backups, places_in

# How many requests are made at once for the backups, which the API lists of one disc at a time (observed).
CONCURRENCY = 8
INFO_OPTIONS: dict[str, Any] = {"vm": {"type": "str"}, "disc": {"type": "str"}, "group": {"type": "str"}}
INFO_CONSTRAINTS: dict[str, Any] = {"required_by": {"disc": ("vm",)}}


class BackupInfo(InfoKind):
    """The backups of a disc, of all discs of a VM, or of those of many VMs."""

    noun = "backups"
    schema = BACKUP
    options = INFO_OPTIONS
    constraints = INFO_CONSTRAINTS
    name_variables = NAME_VARIABLES

    def prepare(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return the options with how many connections the client needs."""
        return {**params, "concurrency": CONCURRENCY}

    def find(self, client: Client, params: dict[str, Any]) -> Iterable[Resource]:
        """Return the backups of what is named, the newest first."""
        # Only here: a list of backups is rarely asked for.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(CONCURRENCY) as pool:
            listed = pool.map(partial(_backups_of, client), _find_discs(client, params))
            return newest_first(backup for backups in listed for backup in backups)


def _backups_of(client: Client, place: DiscPlace) -> list[Resource]:
    try:
        return list_backups(client, place)
    except NotFound:
        # The disc, or the VM, has been deleted meanwhile.
        return []


def _find_discs(client: Client, params: dict[str, Any]) -> Iterator[DiscPlace]:
    for location, vm in find_vms(client, params):
        discs = vm.get("discs") or ()
        wanted = None if params["disc"] is None else find_disc(discs, params["disc"], "disc")
        for place in places_in(location, discs) if location else ():
            if params["disc"] is None or place.disc is wanted:
                yield place
