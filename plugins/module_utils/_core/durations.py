# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Durations as users write them. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import re

from .errors import BigvError

SECONDS = {"": 1, "s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60, "w": 7 * 24 * 60 * 60}
DURATION = re.compile(r"([0-9]{1,9}) ?([smhdw]?)", re.ASCII)
# Some 19 years. What waits for longer, threads refuse.
MAX_SECONDS = 1000 * SECONDS["w"]


def parse_duration(option: str, text: str) -> int:
    """Return a duration in seconds: ``90s``, ``15m``, ``24h``, ``7d``, ``12w``, or a number of seconds.

    >>> parse_duration("ready_timeout", "15m"), parse_duration("ready_timeout", "90")
    (900, 90)
    """
    match = DURATION.fullmatch(text.strip())
    if match is None:
        raise BigvError(
            f"{option}: {text[:40]!r} is not a duration; specify a whole number of seconds, or a whole number with "
            "the unit s, m, h, d or w, such as 90s or 15m"
        )
    seconds = int(match[1]) * SECONDS[match[2]]
    if seconds > MAX_SECONDS:
        raise BigvError(f"{option}: must be at most 1000w, got {text!r}")
    return seconds


def show_duration(seconds: int) -> str:
    """Return a duration as a user would write it.

    >>> show_duration(604800), show_duration(5400)
    ('1w', '90m')
    """
    factor, unit = max((factor, unit) for unit, factor in SECONDS.items() if unit and seconds % factor == 0)
    return f"{seconds // factor}{unit}"
