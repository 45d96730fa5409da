# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Moments: the forms that they are taken in, and the two that they are answered in."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from .problem import Invalid
from .rules import text

_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"([T ](?P<time>\d{2}:\d{2})(:(?P<seconds>\d{2}))?([.,](?P<fraction>\d{1,9}))?)?"
    r" ?(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?",
    re.ASCII | re.IGNORECASE,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
LAST = (datetime(9999, 1, 1, tzinfo=timezone.utc) - _EPOCH).total_seconds()
_AMERICA = timezone(timedelta(hours=-7))


def moment(value: Any) -> float:
    """Return the seconds since 1970 of a day or a moment, which is UTC unless it says otherwise (assumed)."""
    parts = _MOMENT.fullmatch(text(value))
    if parts is None:
        raise Invalid("is not a date and time")
    zone = "+0000" if (parts["zone"] or "Z").upper() in ("Z", "UTC") else parts["zone"].replace(":", "")
    spelled = f"{parts['day']} {parts['time'] or '00:00'}:{parts['seconds'] or '00'} {zone}"
    try:
        found = (datetime.strptime(spelled, "%Y-%m-%d %H:%M:%S %z") - _EPOCH).total_seconds()
    except ValueError:
        raise Invalid("is not a date and time") from None
    if not 0 <= found <= LAST:
        raise Invalid("is not a time from 1970 to 9998")
    return found + round(float(f"0.{parts['fraction'] or 0}"), 4)


def stamp(seconds: float) -> str:
    """Return `20190321002445`, a moment as labels have it (observed)."""
    return f"{_EPOCH + timedelta(seconds=seconds):%Y%m%d%H%M%S}"


def shown(seconds: float, with_offset: bool) -> str:
    """Return `2019-03-21T00:24:45.0312Z`, or the same moment as `2019-03-20T17:24:45.0312-0700` (both observed)."""
    when = _EPOCH + timedelta(seconds=min(max(seconds, 0), LAST))
    local = when.astimezone(_AMERICA) if with_offset else when
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 100:04d}{'-0700' if with_offset else 'Z'}"
