# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Backups in seeds, snapshots and the control interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from ..core import rules
from ..core.attributes import required, stored_rules
from ..core.cloud import Cloud
from ..core.document import DocumentError, items_of, point_in_time, read, read_complete, refuse_used
from ..core.openapi import LABEL_OR_ID
from ..core.redaction import Redactor
from ..core.resource import ObjectResource
from . import backup_lifecycle as lifecycle
from .backup_faults import FAULTS
from .backup_routes import router
from .backup_schedule import BackupSchedule
from .disc_model import Backup, Disc, Transfer

T = TypeVar("T")
_TRANSFER = {"id": rules.stored_id, "since": point_in_time, "until": point_in_time}


class Backups(ObjectResource[Backup]):
    model = Backup
    collection = "backups"
    parent = Disc
    parent_field = "disc"
    in_overviews = False
    first_ids = (("backups", 8000),)
    path_parameters = (("backup", LABEL_OR_ID, "disc-1-backup-20261124000000"),)
    runtime_keys = ("backups", "restores", "backup_schedules")
    faults = FAULTS
    routers = (router,)

    def read(self, cloud: Cloud, parent: Any, path: str, item: dict[str, Any]) -> dict[str, Any]:
        """Return the values of a backup that is done; one without a schedule was asked for unless the seed says so."""
        known = stored_rules(Backup, cloud.definitions) | {"schedule_id": rules.nullable(rules.stored_id)}
        values = read(item, path, known, required=required(Backup))
        refuse_used(values["label"], {backup.label: backup for backup in parent.children(Backup)}, f"{path}.label")
        return {"size": parent.size, "manual": values.get("schedule_id") is None} | values

    def dump(self, item: Backup) -> dict[str, Any]:
        return super().dump(item) | {"schedule_id": item.schedule_id}

    def state(self, item: Backup, redactor: Redactor) -> dict[str, Any]:
        return super().state(item, redactor) | {"schedule_id": item.schedule_id}

    def take_runtime_state(self, cloud: Cloud) -> dict[str, Any]:
        """Return the backups and restores that are under way, and when the schedules go on."""
        return {
            "backups": [
                _taken(backup.id, backup.transfer) | {"storage_grade": backup.transfer.grade}
                for backup in cloud.objects(Backup).values()
                if backup.transfer
            ],
            "restores": [_taken(disc.id, disc.restoring) for disc in cloud.objects(Disc).values() if disc.restoring],
            "backup_schedules": [
                {"id": schedule.id, "next_at": schedule.next_at} for _disc, schedule in _schedules(cloud)
            ],
        }

    def restore_runtime_state(self, cloud: Cloud, path: str, state: Mapping[str, Any]) -> None:
        schedules = {schedule.id: (disc, schedule) for disc, schedule in _schedules(cloud)}
        for item_path, item in items_of(state, "backups", path):
            values = read_complete(item, item_path, _TRANSFER | {"storage_grade": rules.text})
            backup = _named(cloud.objects(Backup), values["id"], item_path)
            transfer = Transfer(cloud.clock, values["since"], values["until"], values["storage_grade"])
            lifecycle.back_up_until(cloud, backup, transfer)
        for item_path, item in items_of(state, "restores", path):
            values = read_complete(item, item_path, _TRANSFER)
            disc = _named(cloud.objects(Disc), values["id"], item_path)
            transfer = Transfer(cloud.clock, values["since"], values["until"], disc.storage_grade)
            lifecycle.restore_until(cloud, disc, transfer)
        for item_path, item in items_of(state, "backup_schedules", path):
            values = read_complete(item, item_path, {"id": rules.stored_id, "next_at": point_in_time})
            disc, schedule = _named(schedules, values["id"], item_path)
            schedule.next_at = values["next_at"]
            lifecycle.wait_for(cloud, disc, schedule)


def _schedules(cloud: Cloud) -> Iterator[tuple[Disc, BackupSchedule]]:
    return ((disc, schedule) for disc in cloud.objects(Disc).values() for schedule in disc.schedules)


def _taken(number: int, transfer: Transfer) -> dict[str, Any]:
    return {"id": number, "since": transfer.since, "until": transfer.until}


def _named(known: Mapping[int, T], number: int, path: str) -> T:
    if number not in known:
        raise DocumentError(f"{path}.id: nothing has the id {number}")
    return known[number]
