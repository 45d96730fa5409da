# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Ctrl-C and SIGTERM: a play ends at once, and leaves no VM off that was only to be restarted."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

# What would be waited for if nothing interrupted it, in seconds: far more than the end takes on any machine.
LONG = 60
CHANGE = {"memory": "2GiB", "allow_restart": True}
TASKS = {
    "bigv_vm": {"bytemark.cloud.bigv_vm": {"name": "web1", **CHANGE}},
    "bigv_fleet": {
        "bytemark.cloud.bigv_fleet": {
            "vms": [{"name": name, **CHANGE} for name in ("web1", "web2")],
            "max_unavailable": 2,
        }
    },
}


def until(holds: Callable[[], Any]) -> float:
    """Wait until it holds; answers with how many seconds that took."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() < started + LONG
        time.sleep(0.05)
    return time.monotonic() - started


@pytest.fixture
def interrupt(cloud, environment, write, tmp_path):
    """Run a task that restarts VMs, and send the signal while it waits for them to be off."""

    def run(
        task: dict[str, Any], number: int, meanwhile: Callable[[], Any], to_all: bool = True, **env: str
    ) -> tuple[float, str]:
        vms = [{"name": name, "discs": [{"label": "root", "size": 25600}]} for name in ("web1", "web2")]
        cloud.seed(*vms, shutdown_time=LONG)
        shutdowns = 2 if "bytemark.cloud.bigv_fleet" in task else 1
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}
        path: Path = write("play.yml", [play])
        process = subprocess.Popen(
            ["ansible-playbook", path],
            env=environment | env | {"ANSIBLE_LOCAL_TEMP": str(tmp_path), "ANSIBLE_REMOTE_TEMP": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            until(lambda: sum("/signal" in call for call in cloud.calls()) == shutdowns)
            meanwhile()
            (os.killpg if to_all else os.kill)(process.pid, number)
            seconds = until(lambda: process.poll() is not None and not _processes_with(str(tmp_path)))
            return seconds, process.stderr.read()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stderr.close()

    return run


def _processes_with(text: str) -> list[str]:
    """Return the processes, zombies aside, with the text in their command line."""
    listed = subprocess.run(["ps", "-e", "-o", "stat,args"], check=True, capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if text in line and not line.startswith("Z")]


def check_what_is_said(said: str, task: dict[str, Any], number: int) -> None:
    """One line says what was interrupted, what had been accepted until then, and what to do next."""
    (name,) = (module.rpartition(".")[2] for module in task)
    (line,) = (line for line in said.splitlines() if line.startswith(f"{name}: "))
    assert f"Interrupted by {signal.Signals(number).name}. Nothing more was done; run the task again" in line
    for vm in ("web1", "web2") if name == "bigv_fleet" else ("web1",):
        assert f"VM {vm}.default.acme" in line.partition("Accepted writes (")[2]
    assert ("0 of 2 groups and VMs were finished." in line) is (name == "bigv_fleet")


@pytest.mark.parametrize("here", ["true", "false"], ids=["in the controller", "as a module"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_restart_that_is_interrupted_leaves_the_vms_on(cloud, interrupt, task, number, here):
    seconds, said = interrupt(task, number, lambda: None, BIGV_RUN_IN_CONTROLLER=here)
    assert seconds < LONG / 4
    check_what_is_said(said, task, number)
    check_that_all_are_on(cloud, task)


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_main_process_that_is_terminated_ends_its_workers(cloud, interrupt, task):
    """Whether ansible-core passes the signal on, as it does since 2.19, or not."""
    seconds, said = interrupt(task, signal.SIGTERM, lambda: None, to_all=False)
    assert seconds < LONG / 4
    check_what_is_said(said, task, signal.SIGTERM)
    check_that_all_are_on(cloud, task)


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_main_process_that_is_killed_ends_its_workers(cloud, interrupt, task):
    seconds, said = interrupt(task, signal.SIGKILL, lambda: None, to_all=False)
    assert seconds < LONG / 4
    check_what_is_said(said, task, signal.SIGTERM)
    check_that_all_are_on(cloud, task)


def check_that_all_are_on(cloud: Cloud, task: dict[str, Any]) -> None:
    back_on = {"power_on": True, "autoreboot_on": True}
    restored = [write["path"] for write in cloud.writes() if write["body"] == back_on]
    assert len(restored) == (2 if "bytemark.cloud.bigv_fleet" in task else 1)
    assert all(vm["autoreboot_on"] for vm in cloud.vms().values())


@pytest.mark.parametrize("here", ["true", "false"], ids=["in the controller", "as a module"])
@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_an_api_that_hangs_does_not_keep_a_play_from_ending(cloud, interrupt, task, here):
    def hang() -> None:
        cloud.faults({"fault": "hang", "seconds": LONG})
        time.sleep(1)

    seconds, _said = interrupt(task, signal.SIGINT, hang, BIGV_RUN_IN_CONTROLLER=here, BIGV_API_TIMEOUT=str(2 * LONG))
    # What hangs goes on, and is not in the log of a later test.
    cloud.control("DELETE", "faults")
    assert seconds < LONG / 4
