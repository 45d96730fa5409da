# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Measure loops of bigv_vm and tasks of bigv_fleet beside ansible.builtin.ping.

Usage: fleet.py [--rounds N] [--check]

A loop's time per item is what 100 items more cost. Nothing is to be done in the no-op cases. VMs are built at once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bench import Cost, Summary, control, machine, run, seed, take_turns
from simulated_cloud import simulated_cloud
from workspace import environment, sync

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
FEW, MANY = 20, 120
FLEET = 1000
CONCURRENCY = 8
# What a goal is measured by, at most.
GOALS = {"in-process / ping": 0.15, "module / ping": 1.4, "no-op fleet / (ping + download)": 2.0}


class Bench:
    """A simulated cloud, and plays against it."""

    def __init__(self, cloud: dict[str, str], folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        self.env = environment() | {
            "BIGV_ACCOUNT": "acme",
            "BIGV_API_URL": cloud["api_url"],
            "BIGV_AUTH_URL": cloud["auth_url"],
            "BIGV_TOKEN": cloud["token"],
        }

    def play(self, name: str, task: dict[str, Any], before: Callable[[], Any] | None = None, **env: str) -> Any:
        """A case: a play of this one task."""
        path = self.folder / f"{name.replace(' ', '-')}.json"
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [{"name": name, **task}]}
        path.write_text(json.dumps([play]), encoding="utf-8")

        def case() -> Cost:
            if before:
                before()
            # A fleet says on standard error what becomes of each VM.
            quietly = ["sh", "-c", 'exec "$0" "$@" 2>"$ERRORS"', PLAYBOOK, path]
            return run(quietly, self.env | env | {"ERRORS": str(self.folder / "errors")}, self.cloud)

        return case

    def download(self) -> Cost:
        """The account with all that is in it, as a fleet reads it."""
        request = urllib.request.Request(
            f"{self.cloud['api_url']}/accounts/acme?view=overview&include_deleted=true",
            headers={"Authorization": f"Bearer {self.cloud['token']}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        started, cpu = time.monotonic(), time.process_time()
        with opener.open(request, timeout=120) as response:
            json.load(response)
        return Cost(time.monotonic() - started, time.process_time() - cpu, 0, 1)


def listed(count: int) -> list[dict[str, Any]]:
    """The VMs of a seed, as a fleet lists them."""
    groups = seed(count)["accounts"][0]["groups"]
    return [
        {"group": group["name"], "memory": str(vm["memory"]), **{key: vm[key] for key in ("name", "cores", "discs")}}
        for group in groups
        for vm in group["virtual_machines"]
    ]


def loop(items: Iterable[dict[str, Any]], options: Iterable[str]) -> dict[str, Any]:
    return {
        "bytemark.cloud.bigv_vm": {option: f"{{{{ item.{option} }}}}" for option in options},
        "loop": list(items),
        "loop_control": {"label": "{{ item.name }}"},
    }


def loops(bench: Bench, rounds: int) -> dict[str, float]:
    control(bench.cloud, "POST", "seed", seed(MANY))
    options = ("name", "group", "cores", "memory", "discs")
    cases = {}
    for count in (FEW, MANY):
        task = loop(listed(MANY)[:count], options)
        ping = {"ansible.builtin.ping": {}, "loop": list(range(count))}
        cases[f"ping {count}"] = bench.play(f"ping {count}", ping)
        cases[f"in-process {count}"] = bench.play(f"in-process {count}", task)
        cases[f"module {count}"] = bench.play(f"module {count}", task, BIGV_RUN_IN_CONTROLLER="false")
    found = take_turns(cases, rounds)
    report("no-op loops", found)
    per_item = {}
    for way in ("ping", "in-process", "module"):
        few, many = found[f"{way} {FEW}"], found[f"{way} {MANY}"]
        per_item[way] = (many.seconds - few.seconds) / (MANY - FEW)
        cpu = (many.cpu - few.cpu) / (MANY - FEW)
        print(f"{way}: {per_item[way] * 1000:.1f} ms an item by the clock, {cpu * 1000:.1f} ms of the CPU")
    return {f"{way} / ping": per_item[way] / per_item["ping"] for way in ("in-process", "module")}


def nothing_to_do(bench: Bench, rounds: int) -> dict[str, float]:
    control(bench.cloud, "POST", "seed", seed(FLEET))
    cases = {
        "single ping": bench.play("single ping", {"ansible.builtin.ping": {}}),
        "download": bench.download,
        f"fleet of {FLEET}": bench.play("fleet", {"bytemark.cloud.bigv_fleet": {"vms": listed(FLEET)}}),
    }
    found = take_turns(cases, rounds)
    report("no-op fleet", found)
    single = found["single ping"].seconds + found["download"].seconds
    return {"no-op fleet / (ping + download)": found[f"fleet of {FLEET}"].seconds / single}


def creation(bench: Bench, rounds: int) -> dict[str, float]:
    ratios = {}
    for latency in (0, 0.02):
        for count in (20, 200):
            vms = [{"name": f"new{number}", "group": "default", "memory": "1024"} for number in range(count)]

            def begin(latency: float = latency) -> None:
                accounts = [{"name": "acme", "groups": [{"name": "default"}]}]
                instantly = {"build_time": 0, "shutdown_time": 0, "boot_time": 0, "latency": latency}
                control(bench.cloud, "POST", "seed", {"accounts": accounts, "settings": instantly})

            fleet = {"bytemark.cloud.bigv_fleet": {"vms": vms, "concurrency": CONCURRENCY}}
            found = take_turns(
                {
                    "fleet": bench.play("fleet", fleet, begin),
                    "loop in-process": bench.play("loop", loop(vms, ("name", "group", "memory")), begin),
                },
                rounds,
            )
            what = f"creating {count} at {latency * 1000:.0f} ms"
            report(what, found)
            bound = found["fleet"].requests * latency / CONCURRENCY
            print(f"latency x requests / concurrency of the fleet: {bound:.2f} s")
            ratios[f"{what}, loop / fleet"] = found["loop in-process"].seconds / found["fleet"].seconds
    return ratios


def report(what: str, found: dict[str, Summary]) -> None:
    print(f"\n| {what:27} | seconds (least to most) | CPU seconds | peak memory | requests |")
    print(f"| {'-' * 27} | ----------------------- | ----------: | ----------: | -------: |")
    for name, summary in found.items():
        seconds = f"{summary.seconds:.2f} ({summary.spread[0]:.2f} to {summary.spread[1]:.2f})"
        memory = f"{summary.megabytes:.0f} MB"
        print(f"| {name:27} | {seconds:23} | {summary.cpu:11.2f} | {memory:>11} | {summary.requests:8} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="fail where a goal is missed")
    arguments = parser.parse_args()
    sync()
    print(f"Medians of {arguments.rounds} alternating runs; {machine()}; load {os.getloadavg()[0]:.1f} at the start")
    ratios: dict[str, float] = {}
    with simulated_cloud() as cloud, tempfile.TemporaryDirectory() as folder:
        bench = Bench(cloud, Path(folder))
        for part in (nothing_to_do, creation, loops):
            ratios |= part(bench, arguments.rounds)
    print()
    for name, ratio in ratios.items():
        goal = f" (goal: at most {GOALS[name]})" if name in GOALS else ""
        print(f"{name}: {ratio:.2f}{goal}")
    missed = [name for name, goal in GOALS.items() if ratios[name] > goal]
    print("Goals: " + (f"MISSED: {', '.join(missed)}" if missed else "all met"))
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
