# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The URLs of backups, and backups in seeds. Changing the schedules of a disc is not simulated."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from typing_extensions import TypedDict

from ..core import rules
from ..core.attributes import Attribute, required, stored_rules
from ..core.cloud import Cloud, pick_device
from ..core.document import read, refuse_used
from ..core.http import Authenticated, Call
from ..core.openapi import ID, LABEL_OR_ID, described
from ..core.people import Level
from ..core.problem import Errors, not_found, read_attributes
from ..core.resource import ObjectResource, show
from ..core.unimplemented import unimplemented, unimplemented_routes
from . import backup_lifecycle as lifecycle
from . import disc as discs
from .backup_schedule import BackupSchedule, NewBackupSchedule
from .disc import DISC
from .disc_model import Backup, Disc

router = APIRouter(tags=["Backups"])
not_simulated = unimplemented_routes()
_BACKUP = DISC + "/backups/{backup}"
_SCHEDULES = DISC + "/backup_schedules"
_MADE_200 = {200: "Made, and a setting has it said so (assumed)."}
_DELETED_200 = {200: "Deleted, and a setting has it said so (assumed)."}
_NOT_PURGED = {500: "There was no `purge` (assumed)."}


class BackupChanges(TypedDict, total=False):
    restore: Annotated[bool, Attribute("True writes it over its disc (observed); false does nothing (assumed).", True)]


class Backups(ObjectResource[Backup]):
    model = Backup
    collection = "backups"
    parent = Disc
    parent_field = "disc"
    in_overviews = False
    first_ids = (("backups", 8000),)
    path_parameters = (("backup", LABEL_OR_ID, "disc-1-backup-20261124000000"), ("schedule", ID, "1"))
    routers = (router, not_simulated)

    def read(self, cloud: Cloud, parent: Any, path: str, item: dict[str, Any]) -> dict[str, Any]:
        """Return the values of a backup that is done; one without a schedule was asked for unless the seed says so."""
        known = stored_rules(Backup, cloud.definitions) | {"schedule_id": rules.nullable(rules.stored_id)}
        values = read(item, path, known, required=required(Backup))
        refuse_used(values["label"], {backup.label: backup for backup in parent.children(Backup)}, f"{path}.label")
        return {"size": parent.size, "manual": values.get("schedule_id") is None} | values

    def dump(self, item: Backup) -> dict[str, Any]:
        return super().dump(item) | {"schedule_id": item.schedule_id}


unimplemented(
    not_simulated, "POST", _SCHEDULES, "Observed.", answer=BackupSchedule, status=201, takes=NewBackupSchedule
)
unimplemented(not_simulated, "DELETE", _SCHEDULES + "/{schedule}", "Observed.", status=204)


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
