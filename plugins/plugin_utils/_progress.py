# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""What is going on, on standard error: in a line that moves on a terminal, every ten seconds elsewhere.

Private to bytemark.cloud.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from ..module_utils._core.errors import MAX_MESSAGE, one_line
from ..module_utils._core.progress import Progress, Status
from ._background import start_in_background

# Ansible loads this before it forks: a worker of ansible-core 2.19 or newer has no other way to the terminal, nor to
# standard error once its parent no longer reads what it displays.
STDERR = os.dup(2)
ENCODING = getattr(sys.stderr, "encoding", None) or "ascii"
# How many seconds lie between two lines, and between two states of the line that moves.
INTERVAL = 10.0
REDRAW_INTERVAL = 0.5
# Terminals that cannot move a line, and the variables of what records everything that a terminal is shown.
CANNOT_MOVE = ("", "dumb", "unknown")
RECORDERS = ("CI", "AWX_ISOLATED_DATA_DIR")


def progress_of(display: Any, environment: Mapping[str, str], host: str, hosts: int) -> Progress:
    """Return where the task of a host reports its progress.

    Where other hosts have the task too, each line says whose it is, and none moves: Ansible may say at any time what
    became of the others.
    """
    if hosts > 1:
        return Lines(display, f"[{host}] ")
    moves = environment.get("TERM", "") not in CANNOT_MOVE and not any(map(environment.get, RECORDERS))
    return Terminal(display) if moves and os.isatty(STDERR) else Lines(display)


class Lines(Progress):
    """Says everything in lines, through Ansible's display."""

    interval = INTERVAL

    def __init__(self, display: Any, prefix: str = "") -> None:
        self._display = display
        self._prefix = prefix
        self._drawing = threading.Lock()

    def __call__(self, line: str) -> None:
        """Say a line that stays."""
        self._display.display(self._prefix + shown(line), stderr=True)

    @contextlib.contextmanager
    def showing(self, status: Status) -> Iterator[None]:
        """Show the status time and again, for as long as the block takes."""
        over = threading.Event()

        def keep_showing() -> None:
            while not over.wait(self.interval):
                with self._drawing:
                    if not over.is_set():
                        self._show(shown(status()))

        start_in_background(threading.Thread(target=keep_showing))
        try:
            yield
        finally:
            with self._drawing:
                over.set()
                self._hide()

    def _show(self, status: str) -> None:
        self(status)

    def _hide(self) -> None:
        """Take away what is not to stay."""


class Terminal(Lines):
    """Shows the status in one line that is updated, below the lines that stay."""

    interval = REDRAW_INTERVAL

    def __init__(self, display: Any) -> None:
        super().__init__(display)
        self._line: Any = None

    def __call__(self, line: str) -> None:
        """Say a line that stays."""
        with self._drawing:
            if self._line is None:
                super().__call__(line)
                return
            with contextlib.suppress(OSError):
                self._line.say(shown(line))
            self._display.display(shown(line), log_only=True)

    def _show(self, status: str) -> None:
        if self._line is None:
            # Only here: what takes less time than that is never shown.
            from ._moving_line import make_line

            self._line = make_line(STDERR, ENCODING)
        with contextlib.suppress(OSError):
            self._line.show(status)

    def _hide(self) -> None:
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.hide()
            self._line = None


def shown(text: str) -> str:
    """Return the text as it can be shown, in one line, whatever the API calls things.

    >>> shown("web\\x1b[2J1 · off")
    'web [2J1 · off'
    """
    text = one_line(text, MAX_MESSAGE)
    try:
        "·".encode(ENCODING)
    except (LookupError, UnicodeEncodeError):
        return text.replace(" · ", ", ")
    return text
