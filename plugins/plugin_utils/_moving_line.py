# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""One line of a terminal that moves: by the library rich where there is one, and in plain text otherwise.

Private to bytemark.cloud.
"""

from __future__ import annotations

import os
from typing import IO

from ansible.utils.color import ANSIBLE_COLOR

try:
    from rich.console import Console
    from rich.text import Text
except ImportError:
    HAS_RICH = False
else:
    HAS_RICH = True

# To the beginning of the line, with nothing from there on; and from the line below to where Ansible writes next.
ERASE = "\r\033[J"
BACK = "\r\033[A"
USUAL_COLUMNS = 80
FAILED = r"[1-9]\d* failed"


def make_line(terminal: int, encoding: str) -> PlainLine:
    """Return a line of the terminal that is open as this file."""
    stream = os.fdopen(os.dup(terminal), "w", encoding=encoding, errors="replace")
    return RichLine(stream) if HAS_RICH else PlainLine(stream)


class PlainLine:
    """A line that moves, in plain text.

    It is the one below the cursor, so that what is written meanwhile, as by Ansible after Ctrl-C, has a line of its
    own.
    """

    def __init__(self, terminal: IO[str]) -> None:
        self._terminal = terminal
        self._status = ""

    def show(self, status: str) -> None:
        """Show this in the place of what was shown before."""
        self._status = status
        self._write(self._drawn())

    def say(self, line: str) -> None:
        """Say a line that stays, above."""
        self._write(f"{ERASE}{line}\n{self._drawn()}")

    def hide(self) -> None:
        """Leave nothing of it."""
        self._write(ERASE)

    def _drawn(self) -> str:
        return f"{ERASE}\n{self._fitted(self._status, self._columns())}{BACK}"

    def _fitted(self, status: str, columns: int) -> str:
        return status[:columns]

    def _columns(self) -> int:
        """Return how many columns to use: the last one stays empty, or some terminals would begin another line."""
        try:
            return (os.get_terminal_size(self._terminal.fileno()).columns or USUAL_COLUMNS) - 1
        except OSError:
            return USUAL_COLUMNS - 1

    def _write(self, text: str) -> None:
        self._terminal.write(text)
        self._terminal.flush()


class RichLine(PlainLine):
    """A line that moves, cut off where the library says, with failures in red where Ansible shows colours."""

    def __init__(self, terminal: IO[str]) -> None:
        super().__init__(terminal)
        self._console = Console(file=terminal, force_terminal=True, no_color=not ANSIBLE_COLOR, legacy_windows=False)

    def _fitted(self, status: str, columns: int) -> str:
        text = Text(status)
        text.highlight_regex(FAILED, "red")
        with self._console.capture() as captured:
            self._console.print(text, width=columns, no_wrap=True, overflow="ellipsis", end="")
        return str(captured.get())
