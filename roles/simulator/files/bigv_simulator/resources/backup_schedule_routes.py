# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Adding backup schedules to discs, and taking them away. There is no call that changes one."""

from __future__ import annotations

from fastapi import APIRouter, Response

from ..core.attributes import view
from ..core.http import Authenticated, Call
from ..core.openapi import CREATED_200, ID, described
from ..core.people import Level
from ..core.problem import Errors, not_found
from ..core.resource import Resource
from . import backup_lifecycle, backup_schedule
from . import disc as discs
from .backup_schedule import BackupSchedule, NewBackupSchedule
from .disc import DISC
from .disc_model import Disc
from .vm.model import refuse_deleted

SCHEDULES = DISC + "/backup_schedules"
router = APIRouter(tags=["Backups"])


class BackupSchedules(Resource):
    path_parameters = (("schedule", ID, "1"),)
    routers = (router,)


def _find_to_write(call: Call, *path: str) -> Disc:
    """Return the disc that a path names; who may change it may change its schedules (assumed)."""
    account, group, machine, segment = path
    found = discs.find(call, (account, group, machine), segment, True)
    call.require(Level.VM_ADMIN, found)
    return found


@router.post(SCHEDULES)
@described(BackupSchedule, 201, NewBackupSchedule, alike=CREATED_200)
async def create_backup_schedule(
    call: Authenticated, account: str, group: str, virtual_machine: str, disc: str
) -> Response:
    """Observed."""
    found = _find_to_write(call, account, group, virtual_machine, disc)
    body = call.body()
    refuse_deleted(found.virtual_machine)
    errors = Errors()
    values = backup_schedule.read_one(body, errors)
    errors.raise_any()
    return call.created(view(backup_lifecycle.add_schedule(call.cloud, found, values)))


@router.delete(SCHEDULES + "/{schedule}")
@described(status=204)
async def delete_backup_schedule(
    call: Authenticated, account: str, group: str, virtual_machine: str, disc: str, schedule: str
) -> Response:
    """Observed."""
    found = _find_to_write(call, account, group, virtual_machine, disc)
    refuse_deleted(found.virtual_machine)
    kept = [other for other in found.schedules if str(other.id) != schedule]
    if kept == found.schedules:
        raise not_found()
    found.schedules = kept
    return Response(status_code=204)
