# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The backup schedules that a disc is made with. Nothing is ever backed up by them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import rules
from .model import BackupSchedule
from .problem import Errors, Invalid, read_attributes

if TYPE_CHECKING:
    from .cloud import Cloud

_MOST = 10**9
_MISSING_INTERVAL = "Missing interval_seconds parameter"
_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?( ?UTC|Z|[+-]\d{2}:?\d{2})?"
_START = re.compile(rf"{_DAY}|({_DAY}[T ])?{_TIME}", re.ASCII)


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
    """Observed: an interval that is missing or negative is said in a string. Assumed: midnight, and one is kept."""
    given = {key: value for key, value in body.items() if value is not None}
    values: dict[str, Any] = {"start_at": "00:00", "capacity": 1}
    values |= read_attributes(
        given,
        {
            "start_at": _start,
            "interval_seconds": rules.number(-_MOST, _MOST),
            "capacity": rules.number(1, _MOST),
        },
        errors,
    )
    if "interval_seconds" not in errors and values.get("interval_seconds", 0) < 1:
        errors["interval_seconds"] = _MISSING_INTERVAL
    return values


def _start(value: Any) -> str:
    """`00:00`, an ISO moment, or `2026-11-24 00:00:00 UTC` (observed)."""
    if not _START.fullmatch(rules.text(value)):
        raise Invalid("is not a time")
    return str(value)


def add(cloud: Cloud, values: dict[str, Any]) -> BackupSchedule:
    return BackupSchedule(
        values.get("id") or cloud.new_id("backup_schedules"),
        values["start_at"],
        values["interval_seconds"],
        values["capacity"],
    )
