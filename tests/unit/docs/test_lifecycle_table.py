# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The table in the lifecycle guide, current state by desired state, is what the module really sends."""

from __future__ import annotations

import csv
import json
from pathlib import Path

GUIDE = Path(__file__).parents[3] / "docs" / "docsite" / "rst" / "guide_vm_lifecycle.rst"
VM = {"name": "web1", "discs": [{"label": "disc-1", "size": 25600}]}
EXISTING = {
    "not there": [],
    "off": [VM | {"power_on": False, "autoreboot_on": False}],
    "off, autoreboot on": [VM | {"power_on": False, "autoreboot_on": True}],
    "on": [VM | {"power_on": True, "autoreboot_on": True}],
    "on, autoreboot off": [VM | {"power_on": True, "autoreboot_on": False}],
    "soft-deleted": [VM | {"deleted": True, "autoreboot_on": True}],
}
STATES = {
    "present": {"state": "present"},
    "running": {"state": "running"},
    "stopped": {"state": "stopped"},
    "restarted": {"state": "restarted"},
    "absent": {"state": "absent"},
    "absent, purge": {"state": "absent", "purge": True},
}


def written(write: dict) -> str:
    """Return a write as the table shows it."""
    action = write["path"].partition("/web1")[2].strip("/") or write["path"].rpartition("/")[2]
    if write["method"] == "POST" and action == "virtual_machines":
        return "POST virtual_machines"
    if write["method"] == "DELETE":
        return "DELETE ?purge=true" if "purge" in write["query"] else "DELETE"
    return f"{write['method']} {'' if action == 'web1' else action + ' '}{json.dumps(write['body'], sort_keys=True)}"


def table(cloud, bigv_vm) -> dict[tuple[str, str], str]:
    cells = {}
    for existing, vms in EXISTING.items():
        for state, options in STATES.items():
            cloud.seed(*vms)
            result = bigv_vm(name="web1", **options)
            writes = " then ".join(f"``{written(write)}``" for write in cloud.writes())
            cells[existing, state] = "refused, see ``on_deleted``" if result.get("failed") else writes or "nothing"
    return cells


def test_the_table_says_what_is_sent(cloud, bigv_vm):
    block = GUIDE.read_text(encoding="utf-8").partition(".. csv-table::")[2].partition("\n\n")[2].partition("\n\n")[0]
    documented = {
        (existing, state): sent for existing, state, sent in csv.reader(block.splitlines(), skipinitialspace=True)
    }
    assert documented == table(cloud, bigv_vm)
