# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The attributes of a disc. Sizes are MiB. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from typing import Any

from ..._core.attributes import Attribute, Schema, identifier
from ..._core.validation import as_number, respell


def _schedules(value: Any) -> Any:
    """Return the schedules of a disc's backups, as far as they can be put into shape."""
    return [_schedule(entry) for entry in value] if isinstance(value, list) else value


def _schedule(schedule: Any) -> Any:
    if not isinstance(schedule, dict):
        return schedule
    respell(schedule, {"start_date": "start_at"})
    numbers = ("id", "capacity", "interval_seconds")
    return {name: as_number(value) if name in numbers else value for name, value in schedule.items()}


SCHEDULES = "backup_schedules"
# When backups are made of a disc. They have calls of their own, and so are no option of the attribute.
SCHEDULE_OPTIONS: dict[str, Any] = {
    SCHEDULES: {
        "type": "list",
        "elements": "dict",
        "options": {
            "start_at": {"type": "str", "required": True},
            "interval": {"type": "str", "required": True},
            "capacity": {"type": "int", "default": 1},
        },
    },
}
DISC = Schema(
    "disc",
    identifier("disc", 4321),
    Attribute("label", "text", "The label of the disc.", "data", compared=True),
    Attribute("size", "size", "The size, in MiB.", 51200, option="size"),
    Attribute(
        "storage_grade", "text", "The storage grade.", "sata", option="storage_grade", definition="storage_grades"
    ),
    Attribute("new_storage_grade", "optional text"),
    Attribute("storage_pool", "text", "The pool that the disc is stored in.", "tail01-sata1"),
    Attribute("iops_limit", "int", option="iops_limit", least=0),
    Attribute("backup_count", "loose int", convert=as_number),
    Attribute(
        SCHEDULES,
        "list of dict",
        "When the disc is backed up, and how many backups are kept (C(capacity)).",
        [{"id": 7, "start_at": "2026-11-24 03:00:00 UTC", "interval_seconds": 86400, "capacity": 7}],
        convert=_schedules,
    ),
    Attribute("virtual_machine_id", "int", "The id of the VM that the disc belongs to.", 1234, compared=True),
)
# A disc that is read by its id has to say which VM it belongs to. Its own id is known.
DISC_BY_ID = Schema("disc", *DISC.attributes.values(), key="virtual_machine_id")
