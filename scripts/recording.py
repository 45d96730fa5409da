# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Record the demo as it looks on a terminal, and draw such a recording (asciicast, version 2) as an animation.

Usage: recording.py    (writes docs/pictures/demo.cast)
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pyte

SCRIPTS = Path(__file__).parent
DEMO_CAST = SCRIPTS.parent / "docs" / "pictures" / "demo.cast"
WIDTH, HEIGHT = 118, 30
HEADER = {
    "version": 2,
    "width": WIDTH,
    "height": HEIGHT,
    "title": "The demo: the collection at work on a practice cloud",
    "description": (
        "A terminal runs make demo. It previews a playbook in check mode, runs it, which builds a fleet of four"
        " servers, and runs it again, which changes nothing. It reads the fleet back as an inventory, changes"
        " three things behind Ansible's back, detects that drift with a check run, repairs it, and checks that no drift"
        " is left."
    ),
}
HEADING = re.compile(r"(?:\x1b\[1m)?(\d+)\. ")
# In seconds: nobody wants to wait as long as a build takes, nor reads as fast as a computer prints.
LONGEST_PAUSE, PAUSE_BEFORE_HEADING, PAUSE_AT_END = 0.4, 2.0, 6.0
# Viewers that show no animation see the terminal as it is when the demo has detected the drift.
STILL = 6
# In pixels.
LINE, CHARACTER, PADDING = 18, 8.43, 14


def record() -> Iterator[tuple[float, str]]:
    """Run the demo on a terminal, and yield its lines, each with the time."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    command = [sys.executable, SCRIPTS / "demo.py"]
    demo = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    # At its end, a terminal raises an error.
    with os.fdopen(master, encoding="utf-8", newline="") as output, contextlib.suppress(OSError):
        for line in output:
            yield time.monotonic(), line
    if demo.wait():
        raise RuntimeError("The demo failed, so it was not recorded.")


def paced(lines: Iterable[tuple[float, str]]) -> Iterator[tuple[float, str, str]]:
    """Begin with the command, shorten the pauses, and leave time to read."""
    yield 0.0, "o", "$ make demo\r\n"
    now, before = 1.0, None
    for when, line in lines:
        now += min(when - (before or when), LONGEST_PAUSE) + (PAUSE_BEFORE_HEADING if HEADING.match(line) else 0)
        before = when
        yield round(now, 2), "o", line


def drawn(source: Path) -> tuple[str, str, str]:
    """Return the title and the description of a recording, and the recording as an SVG.

    It is one long column of text. The animation moves the text up and a cover down, line by line.
    """
    header, *events = map(json.loads, source.read_text(encoding="utf-8").splitlines())
    screen = pyte.Screen(header["width"], 1000)
    stream = pyte.Stream(screen)
    rows, still = {}, 0
    for when, _kind, line in events:
        if (heading := HEADING.match(line)) and int(heading[1]) == STILL:
            still = screen.cursor.y
        stream.feed(line)
        rows[when] = screen.cursor.y
    end = events[-1][0] + PAUSE_AT_END
    page = header["height"]
    style = (
        keyframes("scroll", end, {when: -LINE * max(0, row - page) for when, row in rows.items()}, -LINE * still)
        + keyframes("cover", end, {when: LINE * row for when, row in rows.items()}, LINE * screen.cursor.y)
        + "@media (prefers-reduced-motion: reduce) { .scroll, .cover { animation: none; } }"
    )
    text = "".join(line_of(screen, row) for row in range(screen.cursor.y))
    width, height = round(header["width"] * CHARACTER), header["height"] * LINE
    size = f"{width + 2 * PADDING} {height + 2 * PADDING}"
    svg = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" class="terminal">
<style>{style}</style>
<svg x="{PADDING}" y="{PADDING}" width="{width}" height="{height}"><g class="scroll">{text}
<rect class="cover" width="100%" height="{LINE * screen.cursor.y}"/></g></svg></svg>"""
    return header["title"], header["description"], svg


def keyframes(name: str, end: float, shifts: dict[float, int], still: int) -> str:
    """Return an animation: the vertical shift of a class from each time on, and without animation."""
    steps, latest = [], None
    for when, shift in shifts.items():
        if shift != latest:
            steps.append(f"{100 * when / end:.2f}% {{ transform: translateY({shift}px); }}")
        latest = shift
    return (
        f"@keyframes {name} {{ {' '.join(steps)} }}\n"
        f".{name} {{ animation: {name} {end}s step-end infinite; transform: translateY({still}px); }}\n"
    )


def line_of(screen: pyte.Screen, row: int) -> str:
    """Return a line as text with a span for each run of characters that look the same."""
    characters = [screen.buffer[row][column] for column in range(screen.columns)]
    spans = []
    for (colour, bold), run in itertools.groupby(characters, lambda character: (character.fg, character.bold)):
        text = escape("".join(character.data for character in run))
        classes = " ".join(([] if colour == "default" else [colour]) + (["bold"] if bold else []))
        spans.append(f'<tspan class="{classes}">{text}</tspan>' if classes else text)
    line = "".join(spans).rstrip()
    return f'<text y="{LINE * row + 14}">{line}</text>' if line else ""


if __name__ == "__main__":
    entries = [json.dumps(entry, ensure_ascii=False) for entry in itertools.chain([HEADER], paced(record()))]
    DEMO_CAST.write_text("\n".join(entries) + "\n", encoding="utf-8")
