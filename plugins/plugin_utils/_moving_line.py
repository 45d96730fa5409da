# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors

"""One line of a terminal that moves: by the library rich where there is one, and in plain text otherwise.

Private to bytemark.cloud.
"""

from __future__ import annotations

import os
from typing import IO

from ansible.utils.color import ANSIBLE_COLOR

try:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text
except ImportError:
    Console = None

ERASE = "\r\033[K"
USUAL_COLUMNS = 80
FAILED = r"[1-9]\d* failed"


def make_line(terminal: int, encoding: str) -> PlainLine | RichLine:
    """Return a line of the terminal that is open as this file."""
    stream = os.fdopen(os.dup(terminal), "w", encoding=encoding, errors="replace")
    return RichLine(stream) if Console else PlainLine(stream)


def columns(terminal: IO[str]) -> int:
    """Return how many columns to use: the last one stays empty, or some terminals would begin the next line."""
    try:
        return (os.get_terminal_size(terminal.fileno()).columns or USUAL_COLUMNS) - 1
    except OSError:
        return USUAL_COLUMNS - 1


class PlainLine:
    """A line that moves, in plain text."""

    def __init__(self, terminal: IO[str]) -> None:
        self._terminal = terminal
        self._status = ""

    def show(self, status: str) -> None:
        """Show this in the place of what was shown before."""
        self._status = status
        self._write(ERASE + self._shown())

    def say(self, line: str) -> None:
        """Say a line that stays, above."""
        self._write(f"{ERASE}{line}\n{self._shown()}")

    def hide(self) -> None:
        """Leave nothing of it."""
        self._write(ERASE)

    def _shown(self) -> str:
        return self._status[: columns(self._terminal)]

    def _write(self, text: str) -> None:
        self._terminal.write(text)
        self._terminal.flush()


class RichLine:
    """A line that moves, with failures in red where Ansible shows colours."""

    def __init__(self, terminal: IO[str]) -> None:
        self._terminal = terminal
        self._console = Console(file=terminal, force_terminal=True, no_color=not ANSIBLE_COLOR, legacy_windows=False)
        self._live = Live(
            console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._live.start()
        # It would stay hidden if this process was killed.
        self._console.show_cursor()

    def show(self, status: str) -> None:
        """Show this in the place of what was shown before."""
        self._console.width = columns(self._terminal)
        text = Text(status, no_wrap=True, overflow="ellipsis")
        text.highlight_regex(FAILED, "red")
        self._live.update(text, refresh=True)

    def say(self, line: str) -> None:
        """Say a line that stays, above."""
        self._console.print(Text(line), soft_wrap=True)

    def hide(self) -> None:
        """Leave nothing of it."""
        self._live.stop()
