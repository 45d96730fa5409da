# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Moments, as the API and users spell them. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, timezone
from typing import Any

from .errors import BigvError

# ISO 8601, with a T or a blank, any number of decimals, and a zone: Z, UTC, +01:00 or -0700. All were observed.
MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<time>(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)(?:\.(?P<decimals>\d+))?)?"
    r" ?(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


def read_moment(text: Any) -> datetime | None:
    """Return the moment that a text spells, or None if it spells none. Without a zone it is UTC (assumed).

    >>> read_moment("2019-03-21T00:24:45.0312Z") == read_moment("2019-03-20 17:24:45.0312-0700")
    True
    """
    match = MOMENT.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        return None
    zone = match["zone"] or "Z"
    offset = timedelta()
    if zone not in ("Z", "UTC"):
        digits = zone[1:].replace(":", "")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) * (-1 if zone[0] == "-" else 1)
    try:
        moment = datetime.fromisoformat(f"{match['day']}T{match['time'] or '00:00'}")
        decimals = timedelta(seconds=float(f"0.{match['decimals'] or 0}"))
        return (moment + decimals - offset).replace(tzinfo=timezone.utc)
    except (ValueError, OverflowError):
        return None


def read_time(text: Any) -> time | None:
    """Return the time of day, in UTC and to the second, that a text spells, or None if it spells none.

    >>> read_time("01:30") == read_time("03:30:00 +0200"), read_time("2019-03-21")
    (True, None)
    """
    moment = read_moment(f"2000-01-01T{text.strip()}") if isinstance(text, str) else None
    return moment.time().replace(microsecond=0) if moment else None


def is_same_moment(one: Any, other: Any) -> bool:
    """Tell whether two texts spell the same moment, to the second; null is never."""
    first, second = read_moment(one), read_moment(other)
    if first is None or second is None:
        return one is other or bool(one == other)
    return abs((first - second).total_seconds()) < 1


def parse_moment(option: str, text: str) -> datetime:
    """Return the moment that an option gives."""
    moment = read_moment(text)
    if moment is None:
        raise BigvError(f"{option}: {text[:40]!r} is not a date and time; use ISO 8601, such as 2027-02-24T12:00:00Z")
    return moment


def show_moment(moment: datetime) -> str:
    """Return a moment in ISO 8601, in UTC, to the second."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
