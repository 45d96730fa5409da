# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Measure tasks of bigv_fleet beside loops of bigv_vm and of ansible.builtin.ping.

Usage: fleet.py [--rounds N] [--quick] [--check] [COUNT...]

The same VMs are created, and then found to be as desired, in each of three ways, at 0 and 20 ms of latency of the API.
A fleet also creates them several at a time, instead of one by one.
A loop's time per item is what the items between the two smallest counts cost. VMs are built at once.

Loops of more than 200 items are run once, and as ordinary modules only without latency, as they take minutes; --quick
leaves out every loop that starts a process for each item.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench import Cost, Summary, control, machine, run, seed, take_turns
from simulated_cloud import simulated_cloud
from workspace import environment, sync

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
LATENCIES = (0, 20)
LONG = 200
CONCURRENCY = 8
FLEET, IN_PROCESS, MODULES, PINGS = "bigv_fleet", "loop in-process", "loop of modules", "loop of ping"
AT_ONCE = f"fleet {CONCURRENCY} at once"
SINGLE, DOWNLOAD = "a single ping", "the download"
# What a goal is measured by, at most.
GOALS = {"in-process / ping": 0.15, "module / ping": 1.3, "no-op fleet / (ping + download)": 2.0}

Case = Callable[[], Cost]


class Point(NamedTuple):
    """A row of the tables. The latency is in ms."""

    action: str
    count: int
    latency: int
    way: str


def listed(count: int) -> list[dict[str, Any]]:
    """Return the VMs of a seed, as a fleet lists them."""
    groups = seed(count)["accounts"][0]["groups"]
    return [
        {"group": group["name"], "memory": str(vm["memory"]), **{key: vm[key] for key in ("name", "cores", "discs")}}
        for group in groups
        for vm in group["virtual_machines"]
    ]


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

    def cases(self, action: str, count: int, latency: int) -> dict[str, Case]:
        """Each way to do the same. What it finds is put in place before each run."""
        vms = listed(count)
        existing = seed(count if action == "no-op" else 0)
        existing["settings"] = {"build_time": 0, "shutdown_time": 0, "boot_time": 0, "latency": latency / 1000}
        vm = {option: f"{{{{ item.{option} }}}}" for option in vms[0]}
        loop = {"bytemark.cloud.bigv_vm": vm, "loop": "{{ vms }}", "loop_control": {"label": "{{ item.name }}"}}
        options = {"vms": vms, "concurrency": CONCURRENCY}
        fleet = {"bytemark.cloud.bigv_fleet": options}
        at_once = {"bytemark.cloud.bigv_fleet": {**options, "concurrent_creations": CONCURRENCY}}
        ping: dict[str, Any] = {"ansible.builtin.ping": {}}
        return {
            FLEET: self._play(fleet, existing),
            AT_ONCE: self._play(at_once, existing),
            IN_PROCESS: self._play(loop, existing, vms),
            MODULES: self._play(loop, existing, vms, BIGV_RUN_IN_CONTROLLER="false"),
            PINGS: self._play({**ping, "loop": "{{ vms }}", "loop_control": loop["loop_control"]}, existing, vms),
            SINGLE: self._play(ping, existing),
            DOWNLOAD: lambda: self._download(existing),
        }

    def _play(self, task: dict[str, Any], existing: dict[str, Any], vms: Sequence[Any] = (), **env: str) -> Case:
        """Return a play of this one task. A loop's list is a variable: one in the task is sent along with each item."""
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"vms": vms},
            "tasks": [task],
        }

        def case() -> Cost:
            path = self.folder / "play.json"
            path.write_text(json.dumps([play]), encoding="utf-8")
            control(self.cloud, "POST", "seed", existing)
            # A fleet says on standard error what becomes of each VM.
            quietly = ["sh", "-c", 'exec "$0" "$@" 2>"$ERRORS"', PLAYBOOK, path]
            return run(quietly, self.env | env | {"ERRORS": str(self.folder / "errors")}, self.cloud)

        return case

    def _download(self, existing: dict[str, Any]) -> Cost:
        """Measure a read of the whole account, as a fleet reads it."""
        control(self.cloud, "POST", "seed", existing)
        request = urllib.request.Request(
            f"{self.cloud['api_url']}/accounts/acme?view=overview&include_deleted=true",
            headers={"Authorization": f"Bearer {self.cloud['token']}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        started, cpu = time.monotonic(), time.process_time()
        with opener.open(request, timeout=120) as response:
            json.load(response)
        return Cost(time.monotonic() - started, time.process_time() - cpu, 0, 1, 1)


def ways(action: str, count: int, latency: int, quick: bool) -> Iterator[str]:
    """Yield what is compared. No latency changes a ping."""
    yield from (FLEET, AT_ONCE, IN_PROCESS) if action == "create" else (FLEET, IN_PROCESS)
    if not quick and (latency == 0 or count <= LONG):
        yield MODULES
    if action == "no-op" and latency == 0:
        yield from (SINGLE, DOWNLOAD) if quick else (PINGS, SINGLE, DOWNLOAD)


def measure(bench: Bench, counts: list[int], rounds: int, quick: bool) -> dict[Point, Summary]:
    found: dict[Point, Summary] = {}
    for action in ("no-op", "create"):
        print(f"\n| {action:6} | latency | play            | seconds (least to most)    | of ping's ", end="")
        print("| CPU seconds | peak memory | requests | connections |")
        print(f"| -----: | ------: | {'-' * 15} | {'-' * 26} | --------: ", end="")
        print("| ----------: | ----------: | -------: | ----------: |")
        for latency in LATENCIES:
            for count in counts:
                cases = bench.cases(action, count, latency)
                wanted = list(ways(action, count, latency, quick))
                long = [way for way in wanted if way in (IN_PROCESS, MODULES, PINGS) and count > LONG]
                summaries = take_turns({way: cases[way] for way in wanted if way not in long}, rounds)
                summaries |= take_turns({way: cases[way] for way in long}, 1)
                found |= {Point(action, count, latency, way): summaries[way] for way in wanted}
                for way in wanted:
                    show(Point(action, count, latency, way), found)
    return found


def show(point: Point, found: dict[Point, Summary]) -> None:
    """Print a row; its time is also shown as a part of what a loop of as many pings takes."""
    summary, pings = found[point], found.get(Point("no-op", point.count, 0, PINGS))
    cells = [
        f"{point.count:6}",
        f"{point.latency:4} ms",
        f"{point.way:15}",
        f"{f'{summary.seconds:.2f} ({summary.spread[0]:.2f} to {summary.spread[1]:.2f})':26}",
        f"{f'{summary.seconds / pings.seconds:.3f}' if pings else '':>9}",
        f"{summary.cpu:11.2f}",
        f"{f'{summary.megabytes:.0f} MB' if summary.megabytes else '':>11}",
        f"{summary.requests:8}",
        f"{summary.connections:11}",
    ]
    print("| " + " | ".join(cells) + " |", flush=True)


def ratios(found: dict[Point, Summary], counts: list[int]) -> dict[str, tuple[float, float]]:
    """Return the ratios that the goals are about, by the clock and of the CPU."""

    def both(way: str, count: int) -> tuple[float, float]:
        summary = found[Point("no-op", count, 0, way)]
        return summary.seconds, summary.cpu

    def per_item(way: str) -> tuple[float, float]:
        few, many = counts[:2]
        (a, b), (c, d) = both(way, few), both(way, many)
        return (c - a) / (many - few), (d - b) / (many - few)

    largest = counts[-1]
    (single, single_cpu), (download, download_cpu) = both(SINGLE, largest), both(DOWNLOAD, largest)
    seconds, cpu = both(FLEET, largest)
    answer = {"no-op fleet / (ping + download)": (seconds / (single + download), cpu / (single_cpu + download_cpu))}
    if len(counts) > 1 and Point("no-op", counts[1], 0, PINGS) in found:
        ping, ping_cpu = per_item(PINGS)
        print(f"An item of a {PINGS}: {ping * 1000:.1f} ms by the clock, {ping_cpu * 1000:.1f} ms of the CPU")
        for name, way in (("in-process / ping", IN_PROCESS), ("module / ping", MODULES)):
            seconds, cpu = per_item(way)
            print(f"An item of a {way}: {seconds * 1000:.1f} ms by the clock, {cpu * 1000:.1f} ms of the CPU")
            answer[name] = (seconds / ping, cpu / ping_cpu)
    return answer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("counts", nargs="*", type=int, default=[20, 200, 1000], metavar="COUNT")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="leave out what starts a process for each item of a loop")
    parser.add_argument("--check", action="store_true", help="fail where a goal is missed")
    arguments = parser.parse_args()
    counts = sorted(arguments.counts)
    sync()
    print(f"Medians of {arguments.rounds} alternating runs; {machine()}; load {os.getloadavg()[0]:.1f} at the start")
    with simulated_cloud() as cloud, tempfile.TemporaryDirectory() as folder:
        found = measure(Bench(cloud, Path(folder)), counts, arguments.rounds, arguments.quick)
    print()
    measured = ratios(found, counts)
    for name, (clock, cpu) in measured.items():
        print(f"{name}: {clock:.2f} by the clock, {cpu:.2f} of the CPU (goal: at most {GOALS[name]})")
    for (action, count, latency, way), summary in found.items():
        if action == "create" and way in (FLEET, AT_ONCE) and latency:
            at_once = 1 if way == FLEET else CONCURRENCY
            bound = summary.requests * latency / 1000 / at_once
            print(f"{way}, creating {count} at {latency} ms: latency x requests / {at_once} is {bound:.2f} s")
    missed = [name for name, (clock, _cpu) in measured.items() if clock > GOALS[name]]
    print("Goals: " + (f"MISSED: {', '.join(missed)}" if missed else "all met"))
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
