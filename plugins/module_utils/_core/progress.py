# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Where a task says what is going on. Private to bytemark.cloud."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager

Status = Callable[[], str]


class Progress:
    """A place for what is going on; this one shows nothing, as an ordinary module has nowhere to."""

    def __call__(self, line: str) -> None:
        """Say a line that stays."""

    def showing(self, status: Status) -> AbstractContextManager[None]:
        """Return the context within which ``status`` is asked, now and then, how things stand."""
        return contextlib.nullcontext()


class Redacted(Progress):
    """A place for what is going on, without what is secret of it. A function that takes lines is such a place, too."""

    def __init__(self, progress: Callable[[str], None], redact: Callable[[str], str]) -> None:
        self._progress = progress
        self._redact = redact

    def __call__(self, line: str) -> None:
        """Say a line that stays."""
        self._progress(self._redact(line))

    def showing(self, status: Status) -> AbstractContextManager[None]:
        """Return the context within which ``status`` is asked, now and then, how things stand."""
        if isinstance(self._progress, Progress):
            return self._progress.showing(lambda: self._redact(status()))
        return super().showing(status)
