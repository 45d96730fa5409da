# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Measure the inventory plugin side by side with an inventory script that prints ready-made JSON.

Usage: inventory.py [--rounds N] [--check] [COUNT...]

Each round runs `ansible-inventory --list` once with each of them, over the same hosts with the same variables.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import Summary, control, machine, run, seed, take_turns
from simulated_cloud import simulated_cloud
from workspace import environment, sync

PLUGIN = "plugin: bytemark.cloud.bigv\n"
COMPOSED = (
    PLUGIN
    + """\
keyed_groups:
  - {prefix: image, key: bigv_last_imaged_with}
  - {prefix: zone, key: bigv_zone_name}
compose:
  location: bigv_zone_name
"""
)
ANSIBLE_INVENTORY = Path(sys.executable).with_name("ansible-inventory")
# At the largest size: of the script's time, of our own without groups and variables on top, of the script's memory.
GOALS = {"plugin / script": 0.6, "with groups / plugin": 1.3, "memory / script": 1.0}


def measure(count: int, rounds: int, cloud: dict[str, str], folder: Path) -> dict[str, Summary]:
    control(cloud, "POST", "seed", seed(count))
    env = environment() | {
        "BIGV_API_URL": cloud["api_url"],
        "BIGV_AUTH_URL": cloud["auth_url"],
        "BIGV_TOKEN": cloud["token"],
    }
    plugin, composed, script = folder / "plain.bigv.yml", folder / "groups.bigv.yml", folder / "script.sh"
    plugin.write_text(PLUGIN, encoding="utf-8")
    composed.write_text(COMPOSED, encoding="utf-8")
    listed = subprocess.run(
        [ANSIBLE_INVENTORY, "-i", plugin, "--list"], env=env, check=True, stdout=subprocess.PIPE
    ).stdout
    inventory = json.loads(listed)
    if len(inventory["_meta"]["hostvars"]) != count:
        raise SystemExit(f"{len(inventory['_meta']['hostvars'])} hosts were listed, not {count}")
    inventory["_meta"].pop("profile", None)
    (folder / "ready.json").write_text(json.dumps(plain(inventory)), encoding="utf-8")
    script.write_text('#!/bin/sh\ncat "$(dirname "$0")/ready.json"\n', encoding="utf-8")
    script.chmod(0o755)
    cases = {
        name: lambda source=source: run([ANSIBLE_INVENTORY, "-i", source, "--list"], env, cloud)
        for name, source in (("script", script), ("plugin", plugin), ("with groups", composed))
    }
    return take_turns(cases, rounds)


def plain(value: Any) -> Any:
    """Without the marks that ansible-inventory puts on strings that are never templated: a script prints none."""
    if isinstance(value, dict):
        return value["__ansible_unsafe"] if "__ansible_unsafe" in value else {k: plain(v) for k, v in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, list) else value


def ratios(found: dict[str, Summary]) -> dict[str, float]:
    script, ours, composed = found["script"], found["plugin"], found["with groups"]
    return {
        "plugin / script": ours.seconds / script.seconds,
        "with groups / plugin": composed.seconds / ours.seconds,
        "memory / script": ours.megabytes / script.megabytes,
        "plugin / script (CPU)": ours.cpu / script.cpu,
        "with groups / plugin (CPU)": composed.cpu / ours.cpu,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("counts", nargs="*", type=int, default=[100, 1000, 10000], metavar="COUNT")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true", help="fail where the largest count misses a goal")
    arguments = parser.parse_args()
    sync()
    print(f"ansible-inventory --list, medians of {arguments.rounds} alternating runs; {machine()}\n")
    print("|   VMs  | source      | seconds (least to most) | CPU seconds | peak memory | requests |")
    print("| -----: | ----------- | ----------------------- | ----------: | ----------: | -------: |")
    measured = {}
    with simulated_cloud() as cloud, tempfile.TemporaryDirectory() as folder:
        for count in arguments.counts:
            found = measure(count, arguments.rounds, cloud, Path(folder))
            for name, summary in found.items():
                seconds = f"{summary.seconds:.2f} ({summary.spread[0]:.2f} to {summary.spread[1]:.2f})"
                memory = f"{summary.megabytes:.0f} MB"
                cells = [f"{count:6}", f"{name:11}", f"{seconds:23}", f"{summary.cpu:11.2f}", f"{memory:>11}"]
                print("| " + " | ".join([*cells, f"{summary.requests:8}"]) + " |", flush=True)
            measured[count] = ratios(found)
    print()
    for count, found in measured.items():
        print(f"{count} VMs: " + ", ".join(f"{name} {ratio:.2f}" for name, ratio in found.items()))
    missed = [name for name, goal in GOALS.items() if measured[max(measured)][name] > goal]
    print("Goals at the largest count: " + (f"MISSED: {', '.join(missed)}" if missed else "all met"))
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
