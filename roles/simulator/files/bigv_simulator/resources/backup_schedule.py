# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The backup schedules of discs. Nothing is ever backed up by them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from typing_extensions import NotRequired, TypedDict

from ..core import rules
from ..core.attributes import Attribute, Id
from ..core.cloud import Cloud
from ..core.document import only_known, refuse
from ..core.problem import Errors, Invalid, read_attributes

_MAX = 10**9
_MISSING_INTERVAL = "Missing interval_seconds parameter"
_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?( ?UTC|Z|[+-]\d{2}:?\d{2})?"
_START = re.compile(rf"{_DAY}|({_DAY}[T ])?{_TIME}", re.ASCII)

StartAt = Annotated[
    str,
    Attribute("`00:00`, an ISO moment, or as here (observed); midnight without (assumed).", "2026-11-24 00:00:00 UTC"),
]
Interval = Annotated[int, Attribute("Missing or negative, it is a 400 (observed).", 604800, minimum=1, maximum=_MAX)]
Capacity = Annotated[
    int, Attribute("How many backups are kept (observed); 1 without (assumed).", 1, minimum=1, maximum=_MAX)
]


@dataclass(slots=True, kw_only=True)
class BackupSchedule:
    id: Id
    start_at: StartAt
    interval_seconds: Interval
    capacity: Capacity


class NewBackupSchedule(TypedDict):
    start_at: NotRequired[StartAt]
    interval_seconds: Interval
    capacity: NotRequired[Capacity]


def read_all(wanted: Any, errors: Errors) -> list[dict[str, Any]]:
    """Return the values of new schedules; their errors are an array like that of the discs (assumed)."""
    if wanted is None:
        return []
    if not isinstance(wanted, list):
        errors.add("backup_schedules", "is not an array")
        return []
    values = []
    problems = []
    for body in wanted:
        found = Errors()
        if isinstance(body, dict):
            values.append(read_one(body, found))
        else:
            found.add("backup_schedule", "is not a hash")
        problems.append(dict(found))
    if any(problems):
        errors["backup_schedules"] = problems
    return values


def read_one(body: dict[str, Any], errors: Errors) -> dict[str, Any]:
    """Return the values of a new schedule.

    Observed: an interval that is missing or negative is said in a string. Assumed: midnight, and one is kept.
    """
    given = {key: value for key, value in body.items() if value is not None}
    values: dict[str, Any] = {"start_at": "00:00", "capacity": 1}
    values |= read_attributes(
        given,
        {
            "start_at": _start,
            "interval_seconds": rules.number(-_MAX, _MAX),
            "capacity": rules.number(1, _MAX),
        },
        errors,
    )
    if "interval_seconds" not in errors and values.get("interval_seconds", 0) < 1:
        errors["interval_seconds"] = _MISSING_INTERVAL
    return values


def _start(value: Any) -> str:
    """Take `00:00`, an ISO moment, or `2026-11-24 00:00:00 UTC` (observed)."""
    if not _START.fullmatch(rules.text(value)):
        raise Invalid("is not a time")
    return str(value)


def add(cloud: Cloud, values: dict[str, Any]) -> BackupSchedule:
    return BackupSchedule(**values | {"id": values.get("id") or cloud.new_id("backup_schedules")})


def read_stored(path: str, item: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a schedule in a seed."""
    only_known(item, {"id", "start_at", "interval_seconds", "capacity"}, path)
    errors = Errors()
    values = read_one(item, errors) | read_attributes(item, {"id": rules.stored_id}, errors)
    refuse(errors, path)
    return values
