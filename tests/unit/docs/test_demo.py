# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The demo on a terminal, and however it is ended: nothing that it has started is left."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE
from ansible_collections.bytemark.cloud.tests.unit.playbooks.terminal import Shown, run_in_terminal
from ansible_collections.bytemark.cloud.tests.unit.support import run_command
from demo import COLOUR

# Here, the collection lies where Ansible's tools accept it already.
DEMO = [sys.executable, "-c", "import demo; demo.sync = lambda: None; demo.main()"]
PYTHONPATH = os.pathsep.join([str(TREE / "scripts"), str(TREE / "tests")])
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("KEEP", "NO_COLOR")} | {
    "PYTHONPATH": PYTHONPATH
}
RECORDING = TREE / "docs" / "pictures" / "demo.cast"


def descendants(pid: int) -> dict[int, str]:
    """Return the command lines of the processes below one."""
    listed = subprocess.run(
        ["ps", "-e", "-ww", "-o", "pid=,ppid=,args="], check=True, capture_output=True, text=True
    ).stdout
    processes = [line.split(maxsplit=2) for line in listed.splitlines()]
    found = {pid: ""}
    for _generation in range(6):
        found |= {int(child): args for child, parent, args in processes if int(parent) in found}
    del found[pid]
    return found


def alive(processes: dict[int, str]) -> list[str]:
    """Return which of these processes have not ended. Zombies have, and so have those whose id is another's now."""
    listed = subprocess.run(["ps", "-e", "-ww", "-o", "pid=,args="], check=True, capture_output=True, text=True).stdout
    now = dict(line.split(maxsplit=1) for line in listed.splitlines())
    return [args for pid, args in processes.items() if now.get(str(pid)) == args]


@pytest.fixture
def demo() -> Iterator[subprocess.Popen[str]]:
    """Start the demo, its output a pipe, and wait until Ansible is at work."""
    process = subprocess.Popen(
        DEMO,
        cwd=TREE,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        for line in process.stdout:
            if "PLAY [" in line:
                break
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        process.stderr.close()


def check_that_all_end(processes: dict[int, str]) -> None:
    for program in ("bigv_simulator", "ansible-playbook"):
        assert any(program in args for args in processes.values()), processes
    end = time.monotonic() + 60
    while left := alive(processes):
        assert time.monotonic() < end, left
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_demo_that_is_interrupted_or_killed_leaves_no_process(demo: subprocess.Popen[str], number: int) -> None:
    processes = descendants(demo.pid)
    demo.send_signal(number)
    check_that_all_end(processes)
    said = demo.stderr.read()
    assert said == ("" if number == signal.SIGKILL else "\nStopped, and the practice cloud with it.\n")


def test_a_demo_whose_output_nobody_reads_ends_quietly(demo: subprocess.Popen[str]) -> None:
    processes = descendants(demo.pid)
    demo.stdout.close()
    check_that_all_end(processes)
    assert demo.stderr.read() == ""
    assert demo.wait() == 0


def run_on_terminal(is_to_end: Callable[[str], bool], **env: str) -> Shown:
    return run_in_terminal(*DEMO, env=ENVIRONMENT | env, cwd=TREE, lines=300, is_to_end=is_to_end)


def outline(text: str) -> list[str]:
    """Return the headings, the commands, the plays and the tasks of what the demo prints on a terminal."""
    return re.findall(r"^(?:\d+\. |\$ | *(?:PLAY|TASK) \[)[^\r\n]*", COLOUR.sub("", text), re.MULTILINE)


def test_on_a_terminal_the_demo_is_in_colour_and_keeps_the_cloud_if_asked() -> None:
    page, playbook = [], []

    def use_the_cloud(screen: str) -> bool:
        """Look at the status page, and follow what the demo says at its end."""
        lines = screen.partition("in this folder:\n")[2]
        if not lines.endswith("--check"):
            return False
        url = re.search(r"Watch it at (\S+) in a browser", screen)[1]
        page.append(requests.get(url, headers={"Accept": "text/html"}, timeout=30))
        playbook.append(run_command("bash", "-ec", lines, env=dict(os.environ), cwd=TREE))
        return True

    shown = run_on_terminal(use_the_cloud, KEEP="1")
    assert shown.status == 0, shown.last
    assert page[0].headers["Content-Type"].startswith("text/html")
    assert "changed=0" in playbook[0].output
    assert shown.last.endswith("The practice cloud has stopped.")
    for coloured in ("\x1b[1m1. ", "\x1b[36m$ ansible-playbook", "\x1b[0;33mchanged: [localhost]"):
        assert coloured in shown.sent
    _header, *events = map(json.loads, RECORDING.read_text(encoding="utf-8").splitlines())
    recorded = "".join(text for _when, _kind, text in events)
    assert outline(recorded) == ["$ make demo", *outline(shown.sent)], "record the demo again: scripts/recording.py"


def test_a_terminal_without_colour_is_left_so() -> None:
    shown = run_on_terminal(lambda screen: "changed: [localhost]" in screen, NO_COLOR="1")
    assert "changed: [localhost]" in shown.last
    assert "\x1b[" not in shown.sent
