# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The backup schedules of discs, and the moments that they name."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated, Any

from typing_extensions import NotRequired, TypedDict

from ..core import moments, rules
from ..core.attributes import Attribute, Id
from ..core.cloud import Cloud
from ..core.document import only_known, refuse
from ..core.problem import Errors, Invalid, read_attributes

_MAX = 10**9
_MISSING_INTERVAL = "Missing interval_seconds parameter"
_DAY = 24 * 60 * 60
_TIME_OF_DAY = re.compile(r"\d\d:", re.ASCII)
_AT_ONCE = 100
"""So many of the moments that the clock has leapt over count, however many are kept."""

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
    next_at: float

    def go_on(self, now: float) -> None:
        """Pass to the next moment; of those that are over by now, leave out what would not be kept."""
        over = math.floor((now - self.next_at) / self.interval_seconds)
        left_out = max(0, over - min(self.capacity, _AT_ONCE))
        self.next_at += (left_out + 1) * self.interval_seconds


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
    start_at = rules.text(value)
    try:
        _anchor(start_at)
    except Invalid:
        raise Invalid("is not a time") from None
    return start_at


def _anchor(start_at: str) -> tuple[float, bool]:
    """Return a moment that a schedule goes by, and whether it is just one for its time of day."""
    is_daily = _TIME_OF_DAY.match(start_at) is not None
    return moments.moment(f"1970-01-02 {start_at}" if is_daily else start_at), is_daily


def _first_after(now: float, start_at: str, interval: int) -> float:
    """Return when a schedule that is made now begins.

    Assumed: at the moment that it says, or if that is over, at the next that is so many intervals after it; of a time
    of day, at the next one.
    """
    anchor, is_daily = _anchor(start_at)
    period = _DAY if is_daily else interval
    return max(anchor, anchor + (math.floor((now - anchor) / period) + 1) * period)


def add(cloud: Cloud, values: dict[str, Any]) -> BackupSchedule:
    next_at = _first_after(cloud.clock.now(), values["start_at"], values["interval_seconds"])
    new_id = values.get("id") or cloud.new_id("backup_schedules")
    return BackupSchedule(**values | {"id": new_id, "next_at": next_at})


def read_stored(path: str, item: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a schedule in a seed."""
    only_known(item, {"id", "start_at", "interval_seconds", "capacity"}, path)
    errors = Errors()
    values = read_one(item, errors) | read_attributes(item, {"id": rules.stored_id}, errors)
    refuse(errors, path)
    return values
