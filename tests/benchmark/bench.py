# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What the benchmarks share: a cloud of any size, runs that take turns, and what they cost."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

CLONE = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(CLONE / "scripts")]

GRADES = ("sata", "ssd", "archive")
Case = TypeVar("Case", bound=Hashable)
IMAGES = ("stretch", "jessie", "xenial", "centos7")


def seed(count: int, account: str = "acme", groups: int = 20) -> dict[str, Any]:
    """Return a simulator's seed: VMs in groups, each with two discs and a NIC, nine in ten of them running."""
    machines: dict[str, list[dict[str, Any]]] = {f"group{number}": [] for number in range(groups)}
    for number in range(count):
        machines[f"group{number % groups}"].append(
            {
                "name": f"vm{number}",
                "cores": 1 + number % 4,
                "memory": 1024 << number % 4,
                "power_on": number % 10 != 0,
                "zone_name": ("york", "manchester")[number % 2],
                "last_imaged_with": IMAGES[number % len(IMAGES)],
                "discs": [
                    {"label": "root", "size": 25600, "storage_grade": GRADES[number % 2]},
                    {"label": "data", "size": 102400, "storage_grade": GRADES[number % 3]},
                ],
            }
        )
    return {
        "accounts": [{"name": account, "groups": [{"name": k, "virtual_machines": v} for k, v in machines.items()]}]
    }


def control(cloud: Mapping[str, str], method: str, part: str, body: Any = None) -> Any:
    """Make a request to the simulator's control interface."""
    request = urllib.request.Request(
        f"{cloud['control_url']}/{part}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=120) as response:
        return json.load(response) if response.status != 204 else None


class Cost(NamedTuple):
    """What a run took: seconds by the clock and of the CPU, its peak memory, and what the API had to do with it."""

    seconds: float
    cpu: float
    megabytes: float
    requests: int
    connections: int


def run(command: Sequence[str | Path], env: Mapping[str, str], cloud: Mapping[str, str]) -> Cost:
    """Run a command to its good end; answers with what it took: time, memory, requests and connections."""
    control(cloud, "DELETE", "requests")
    started = time.monotonic()
    process = subprocess.Popen(
        [str(word) for word in command], env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    _pid, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with exit code {process.returncode}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    asked = control(cloud, "GET", "requests")["counters"]
    cpu, megabytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit
    return Cost(seconds, cpu, megabytes, asked["total"], asked["connections"])


class Summary(NamedTuple):
    seconds: float
    cpu: float
    spread: tuple[float, float]
    megabytes: float
    requests: int
    connections: int


def take_turns(cases: Mapping[Case, Callable[[], Cost]], rounds: int) -> dict[Case, Summary]:
    """Run each case once a round, so that what else the machine does meets them all alike. Return the medians."""
    costs: dict[Case, list[Cost]] = {name: [] for name in cases}
    for _round in range(rounds):
        for name, case in cases.items():
            costs[name].append(case())
    return {
        name: Summary(
            statistics.median(cost.seconds for cost in found),
            statistics.median(cost.cpu for cost in found),
            (min(cost.seconds for cost in found), max(cost.seconds for cost in found)),
            max(cost.megabytes for cost in found),
            max(cost.requests for cost in found),
            max(cost.connections for cost in found),
        )
        for name, found in costs.items()
    }


def machine() -> str:
    """Where it was measured."""
    from ansible.release import __version__

    return f"{os.cpu_count()} cores, Python {platform.python_version()}, ansible-core {__version__}"
