# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""When a request that failed is made again. Private to bytemark.cloud."""

from __future__ import annotations

import random
import time
from threading import Event

from .errors import Interrupted, RequestError

FIRST_PAUSE = 0.2
MAX_PAUSE = 30.0


class Retries:
    """The tries after the first: ``most`` of them, each after a longer pause, all within so many ``seconds``.

    A pause is what the API asks for (``Retry-After``), or else a random one around one that doubles each time, so that
    many clients do not come back at once. Who pauses gives up when ``stopping`` is set.
    """

    def __init__(self, most: int, seconds: float, stopping: Event) -> None:
        self.end = time.monotonic() + seconds
        self._left = most
        self._pause = FIRST_PAUSE
        self._stopping = stopping

    def pause(self, error: RequestError) -> None:
        """Pause before the next try; raise the error where there is to be none."""
        pause = error.retry_after
        if pause is None:
            pause = random.SystemRandom().uniform(0.5, 1.5) * self._pause
            self._pause = min(self._pause * 2, MAX_PAUSE)
        if not error.is_transient or self._left <= 0 or time.monotonic() + pause > self.end:
            raise error.final() from None
        self._left -= 1
        if self._stopping.wait(pause):
            raise Interrupted from error


def seconds_to_wait(header: str | None) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, as a number or a date; None if it says neither."""
    if header is None:
        return None
    from urllib3.exceptions import InvalidHeader
    from urllib3.util.retry import Retry

    try:
        return float(Retry().parse_retry_after(header))
    except (InvalidHeader, ValueError, OverflowError):
        return None
