# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide to events is followed from nothing, in two terminals, with the real ansible-rulebook."""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import blocks_of
from ansible_collections.bytemark.cloud.tests.unit.docs.reader import INSTALLED, Reader

GUIDE = "docs/docsite/rst/guide_events.rst"
PATIENCE = 120


@contextlib.contextmanager
def running(command: str, reader: Reader) -> Iterator[Path]:
    """Run a rulebook in a terminal of its own for as long as the block does, and yield the file with what it prints."""
    environment = dict(line.split("=", 1) for line in reader.run("env --null").output.split("\0") if line)
    reader.cloud.clear()
    output = reader.folder / f"{re.sub(r'[^a-z]+', '-', command)}.log"
    with output.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            command.split(), cwd=reader.folder, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: "GET /virtual_machines" in reader.cloud.calls(), output)
        yield output
    finally:
        process.terminate()
        process.wait()


def wait_until(happened: Callable[[], bool], output: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, output.read_text(encoding="utf-8")
        time.sleep(0.2)


def test_the_guide(reader: Reader) -> None:
    assert shutil.which("java"), "ansible-rulebook needs Java: install Debian's default-jre-headless, or another"
    blocks = blocks_of(GUIDE)
    with contextlib.ExitStack() as terminal:
        for block in blocks:
            if block.file_name:
                reader.write(block.file_name, block.text)
            elif block.kind == "console":
                terminal.close()
                output = terminal.enter_context(running(*block.commands, reader=reader))
            elif block.kind == "shell":
                for line in block.commands:
                    assert line.startswith(INSTALLED) or reader.run(line).status == 0, line
            elif block.kind == "text":
                shows = functools.partial(reader.missing_line, block.text)
                wait_until(lambda shows=shows, output=output: not shows(output.read_text(encoding="utf-8")), output)
        assert reader.cloud.vms("web")["web1"]["power_on"]

        # The event that is explained is the one that was printed.
        printed = re.search(r"\[event\] \*+\n(.*?)\n\*{9}", output.read_text(encoding="utf-8"), re.DOTALL)
        event = ast.literal_eval(printed[1])
        assert event.pop("meta")["source"]["name"] == "web servers"
        assert event == next(json.loads(block.text) for block in blocks if block.kind == "json")
