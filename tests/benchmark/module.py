# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Measure one more item of a loop of bigv_vm, as an ordinary module with nothing to change, beside one more ping.

Usage: module.py [--rounds N] [--items N] [--check]

An item costs what a loop with so many items more costs more.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from bench import machine, take_turns
from fleet import GOALS, MODULES, PINGS, Bench
from simulated_cloud import simulated_cloud
from workspace import sync

FEW = 2
GOAL = GOALS["module / ping"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--items", type=int, default=20)
    parser.add_argument("--check", action="store_true", help="fail where the goal is missed by the CPU's time")
    arguments = parser.parse_args()
    sync()
    print(f"Medians of {arguments.rounds} alternating runs; {machine()}; load {os.getloadavg()[0]:.1f} at the start")
    with simulated_cloud() as cloud, tempfile.TemporaryDirectory() as folder:
        bench = Bench(cloud, Path(folder))
        loops = {count: bench.cases("no-op", count, latency=0) for count in (FEW, FEW + arguments.items)}
        cases = {(way, count): cases[way] for count, cases in loops.items() for way in (MODULES, PINGS)}
        found = take_turns(cases, arguments.rounds)

    def per_item(way: str) -> tuple[float, float]:
        few, many = found[way, FEW], found[way, FEW + arguments.items]
        return (many.seconds - few.seconds) / arguments.items, (many.cpu - few.cpu) / arguments.items

    (module, module_cpu), (ping, ping_cpu) = per_item(MODULES), per_item(PINGS)
    for name, seconds, cpu in (("bigv_vm", module, module_cpu), ("ping", ping, ping_cpu)):
        print(f"An item of {name}: {seconds * 1000:.0f} ms by the clock, {cpu * 1000:.0f} ms of the CPU")
    ratio = module_cpu / ping_cpu
    print(f"module / ping: {module / ping:.2f} by the clock, {ratio:.2f} of the CPU (goal: at most {GOAL})")
    return 1 if ratio > GOAL and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
