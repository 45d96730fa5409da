# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The URLs of backups."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from typing_extensions import TypedDict

from ..core import rules
from ..core.attributes import Attribute
from ..core.cloud import pick_device
from ..core.http import Authenticated, Call
from ..core.openapi import described
from ..core.people import Level
from ..core.problem import Errors, not_found, read_attributes
from ..core.resource import show
from . import backup_lifecycle as lifecycle
from . import disc as discs
from .disc import DISC
from .disc_model import Backup, Disc

router = APIRouter(tags=["Backups"])
_BACKUP = DISC + "/backups/{backup}"
_MADE_200 = {200: "Made, and a setting has it said so (assumed)."}
_DELETED_200 = {200: "Deleted, and a setting has it said so (assumed)."}
_NOT_PURGED = {500: "There was no `purge` (assumed)."}


class BackupChanges(TypedDict, total=False):
    restore: Annotated[bool, Attribute("True writes it over its disc (observed); false does nothing (assumed).", True)]


def find(call: Call, path: tuple[str, str, str], disc: str, segment: str) -> Backup:
    """Return the backup that a path names, or 404."""
    backup = call.cloud.with_winning_id(call.identity, segment, Backup)
    if backup is None:
        backup = pick_device(segment, discs.find(call, path, disc, True).children(Backup))
    if backup is None:
        raise not_found()
    return backup


def _shown(call: Call, backup: Backup) -> dict[str, Any]:
    """Return what the writes answer: the backup (observed), or as a setting has it its disc (assumed)."""
    return show(backup.disc if call.cloud.settings.backups_answer_disc else backup)


@router.get(DISC + "/backups")
@described(list[Backup], query=("include_deleted",))
async def list_backups(call: Authenticated, account: str, group: str, virtual_machine: str, disc: str) -> Response:
    """Observed."""
    found = discs.find(call, (account, group, virtual_machine), disc, call.include_deleted)
    return call.answer(list(map(show, found.children(Backup))))


@router.post(DISC + "/backups")
@described(Backup | Disc, 201, alike=_MADE_200)
async def create_backup(call: Authenticated, account: str, group: str, virtual_machine: str, disc: str) -> Response:
    """Back a disc up, without a body (observed). It takes time, and is done when it is `iceberg` (observed).

    The VM may be on, and any number may be made at once (assumed).
    """
    found = discs.find(call, (account, group, virtual_machine), disc, True)
    call.require(Level.VM_ADMIN, found)
    if call.raw:
        call.body()
    return call.created(_shown(call, lifecycle.create(call.cloud, found)))


@router.put(_BACKUP)
@described(Backup | Disc, takes=BackupChanges)
async def restore_backup(
    call: Authenticated, account: str, group: str, virtual_machine: str, disc: str, backup: str
) -> Response:
    """Write it over its disc (observed), which is `iceberg` meanwhile, and its own grade its new one (observed).

    The VM has to be off and stay so, the backup done, and no other one of the disc may be under way (assumed).
    """
    found = find(call, (account, group, virtual_machine), disc, backup)
    call.require(Level.VM_ADMIN, found)
    errors = Errors()
    values = read_attributes(call.body(), {"restore": rules.boolean}, errors)
    errors.raise_any()
    if values.get("restore"):
        lifecycle.restore(call.cloud, found)
    return call.answer(_shown(call, found))


@router.delete(_BACKUP)
@described(status=204, query=("purge",), also=_NOT_PURGED | _DELETED_200)
async def delete_backup(
    call: Authenticated, account: str, group: str, virtual_machine: str, disc: str, backup: str
) -> Response:
    """Delete it (observed), always for good (assumed)."""
    found = find(call, (account, group, virtual_machine), disc, backup)
    call.require(Level.VM_ADMIN, found)
    lifecycle.delete(call.cloud, found, call.flag("purge"))
    return Response(status_code=200 if call.cloud.settings.backup_deleted_is_200 else 204)
