# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Backups. The calls about them are not simulated."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from ..core.attributes import Id
from ..core.openapi import LABEL_OR_ID
from ..core.resource import Resource
from ..core.unimplemented import unimplemented, unimplemented_routes
from .disc import DISC

router = unimplemented_routes()
_BACKUP = DISC + "/backups/{backup}"


class Backup(TypedDict):
    id: Id
    label: str


class Restore(TypedDict):
    restore: Literal[True]


class Backups(Resource):
    path_parameters = (("backup", LABEL_OR_ID, "disc-1-backup"),)
    routers = (router,)


unimplemented(router, "GET", DISC + "/backups", "Observed.", answer=list[Backup])
unimplemented(router, "POST", DISC + "/backups", "Observed.", answer=Backup, status=201)
unimplemented(router, "PUT", _BACKUP, "Puts the disc back to it (observed).", answer=Backup, takes=Restore)
unimplemented(router, "DELETE", _BACKUP, "Observed.", status=204, query=("purge",))
