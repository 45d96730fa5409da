# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A reader who has the collection and an empty directory, and follows a guide from its first line to its last."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import blocks_of
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, Run, run_command

GETTING_STARTED = "guide_getting_started"
# A reader installs these; the tests have them already.
INSTALLED = ("pip install ", "ansible-galaxy collection install ")
ELLIPSIS = "…"
# What differs from one run to the next.
VARIES = {
    r" \*{3,}$": "",
    r"127\.0\.0\.1:\d+": "127.0.0.1:PORT",
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?": "TIME",
    r"-backup-\d{14}": "-backup-TIME",
    r"\d{8}t\d{4}": "TIME",
}


class Shell:
    """A shell in a directory: what one line exports, later lines have."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        exported = folder.with_name(f"{folder.name}.exported")
        exported.touch()
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._folder = folder
        self._environment = {**environment, "EXPORTED": str(exported), "PATH": path}

    def run(self, line: str) -> Run:
        """Run a line of shell."""
        script = '. "$EXPORTED"; eval "$1"; export -p >"$EXPORTED"'
        return run_command("bash", "-ec", script, "bash", line, env=self._environment, cwd=self._folder)


class Reader:
    """Writes the files that a guide shows, runs its commands, and compares what they print with what it shows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "BIGV_"))
        } | {
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_NOCOLOR": "true",
            "PYTHONUTF8": "1",
        }
        self.run = Shell(folder, environment).run
        # The requirements of the practice cloud are there already, and are not installed again.
        self.write("group_vars/all.yml", yaml.safe_dump({"simulator_python": sys.executable}))
        self._write_files(GETTING_STARTED, "ansible.cfg", "start.yml", "stop.yml")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")

    def _write_files(self, guide: str, *names: str) -> None:
        for block in blocks_of(f"docs/docsite/rst/{guide}.rst"):
            if block.file_name in names:
                self.write(block.file_name, block.text)

    def follow(self, guide: str, typed: Mapping[str, str] | None = None) -> dict[str, list[Run]]:
        """Do what a guide says, in its order. Returns the runs of each command.

        A ``text`` block right after a ``shell`` block is what its commands print; a line ``…`` in it stands for any
        lines, and one at the end of a line for the rest of it. A command may fail only where that shows the failure.
        ``typed`` is added to a command, for what a terminal would prompt for.
        """
        runs: dict[str, list[Run]] = {}
        blocks = blocks_of(f"docs/docsite/rst/{guide}.rst")
        for block, following in zip(blocks, [*blocks[1:], None], strict=True):
            if block.file_name:
                self.write(block.file_name, block.text)
            if block.kind != "shell":
                continue
            shown = following.text if following and following.kind == "text" else ""
            may_fail = bool(re.search(r"^\s*(fatal:|\[ERROR\]|ERROR)|\bfailed=[1-9]", shown, re.MULTILINE))
            output = ""
            for line in block.commands:
                if not line.startswith(INSTALLED):
                    run = self.run(line + (typed or {}).get(line, ""))
                    assert run.status == 0 or may_fail, f"{line}\n{run.output}"
                    runs.setdefault(line, []).append(run)
                    output += run.output
            missing = self.missing_line(shown, output)
            assert not missing, f"{guide}, line {block.line}: {missing!r} is not printed (there) by\n{output}"
        return runs

    def missing_line(self, shown: str, output: str) -> str:
        """Return the first line of what is shown that the output does not have at that place, or an empty string."""
        printed = self._lines(output)
        place, anywhere = 0, True
        for line in self._lines(shown):
            if line.strip() == ELLIPSIS:
                anywhere = True
                continue
            found = next((at for at in range(place, len(printed)) if _matches(line, printed[at])), None)
            if found is None or not (anywhere or found == place):
                return line
            place, anywhere = found + 1, False
        return ""

    def _lines(self, text: str) -> list[str]:
        text = text.replace(str(self.folder), "/home/alice/practice")
        for pattern, replacement in VARIES.items():
            text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
        return [line.rstrip() for line in text.splitlines() if line.strip()]

    @property
    def cloud(self) -> Cloud:
        """The practice cloud that the guide has started."""
        words = self._ready.read_text(encoding="utf-8").split()
        facts = dict(word.split("=", 1) for word in words if "=" in word)
        return Cloud(facts | {"control_url": f"{facts['api_url']}/_simulator"})

    @property
    def _ready(self) -> Path:
        return self.folder / "simulator" / "ready"

    def leave(self) -> None:
        """Stop the practice cloud as the guides say, unless the guide has done so."""
        if self._ready.exists():
            stopped = self.run("ansible-playbook stop.yml")
            assert (stopped.status, self._ready.exists()) == (0, False), stopped.output


def _matches(shown: str, printed: str) -> bool:
    """Return True if a line is printed as it is shown, or begins as what is shown of it."""
    if shown.endswith(ELLIPSIS):
        return printed.startswith(shown.removesuffix(ELLIPSIS).rstrip())
    return shown == printed


def changes(runs: Mapping[str, list[Run]]) -> list[int]:
    """Return how many tasks each run of a playbook changed, those of a practice cloud left out."""
    return [
        run.changed
        for line, each in runs.items()
        for run in each
        if line.startswith("ansible-playbook ") and {"start.yml", "stop.yml"}.isdisjoint(line.split())
    ]
