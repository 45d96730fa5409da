# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A terminal to run commands in, of which every state of the screen can be looked at."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyte

CTRL_C = b"\x03"


class Shown(NamedTuple):
    """What a terminal showed of a command: the text of each screen in turn, and all that was sent to it."""

    status: int
    screens: list[str]
    sent: str
    hides_cursor: bool

    @property
    def last(self) -> str:
        """Return what is left on the terminal."""
        return self.screens[-1]

    def showed(self, text: str) -> bool:
        """Tell whether a line began so at any time."""
        return any(line.startswith(text) for screen in self.screens for line in screen.splitlines())


def run_in_terminal(
    *command: str | Path,
    env: dict[str, str],
    cwd: Path,
    columns: int = 120,
    lines: int = 200,
    is_to_end: Callable[[str], bool] = lambda screen: False,
) -> Shown:
    """Run a command in a terminal to its end. Ctrl-C is pressed once, if ever a screen shows that it is to end."""
    screen = pyte.Screen(columns, lines)
    stream = pyte.ByteStream(screen)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def take_terminal() -> None:
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(slave)
    sent, screens, is_ended = b"", [""], False
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:  # Whoever had it open has ended.
            break
        if not data:
            break
        sent += data
        stream.feed(data)
        screens.append("\n".join(line.rstrip() for line in screen.display).rstrip())
        if not is_ended and is_to_end(screens[-1]):
            os.write(master, CTRL_C)
            is_ended = True
    os.close(master)
    return Shown(process.wait(), screens, sent.decode(errors="replace"), screen.cursor.hidden)
