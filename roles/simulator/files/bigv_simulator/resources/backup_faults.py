# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The faults of backups: those that are never done, and restores that never end."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from ..core.cloud import Cloud
from ..core.faults.kinds import Afterwards, FaultKind
from ..core.faults.plan import Asked, FaultRule, Plan
from . import backup_lifecycle as lifecycle
from .disc_model import Backup, Disc
from .vm.power import NEVER

_BACKUPS = re.compile(r".*/discs/[^/]+/backups")
_BACKUP = re.compile(r".*/discs/[^/]+/backups/[^/]+")


def _is_backup(_rule: FaultRule, _cloud: Cloud, asked: Asked) -> bool:
    return asked.method == "POST" and _BACKUPS.fullmatch(asked.path) is not None


def _is_restore(_rule: FaultRule, _cloud: Cloud, asked: Asked) -> bool:
    return asked.method == "PUT" and _BACKUP.fullmatch(asked.path) is not None and asked.says("restore", True)


def _never_back_up(_plan: Plan, _rule: FaultRule, cloud: Cloud, _asked: Asked) -> Afterwards:
    def hold_up(body: bytes) -> None:
        backup = _backup(cloud, body) or list(_disc(cloud, body).children(Backup))[-1]
        if backup.transfer:
            lifecycle.back_up_until(cloud, backup, replace(backup.transfer, until=NEVER))

    return hold_up


def _never_restore(_plan: Plan, _rule: FaultRule, cloud: Cloud, _asked: Asked) -> Afterwards:
    def hold_up(body: bytes) -> None:
        backup = _backup(cloud, body)
        disc = backup.disc if backup else _disc(cloud, body)
        if disc.restoring:
            lifecycle.restore_until(cloud, disc, replace(disc.restoring, until=NEVER))

    return hold_up


def _backup(cloud: Cloud, body: bytes) -> Backup | None:
    """Return the backup that an answer shows, None if a setting has it show the disc."""
    answer = json.loads(body)
    return cloud.objects(Backup)[int(answer["id"])] if "parent_disc_id" in answer else None


def _disc(cloud: Cloud, body: bytes) -> Disc:
    return cloud.objects(Disc)[int(json.loads(body)["id"])]


FAULTS = {
    "backup_never_finishes": FaultKind(carried_out=True, applies=_is_backup, prepare=_never_back_up),
    "restore_never_finishes": FaultKind(carried_out=True, applies=_is_restore, prepare=_never_restore),
}
