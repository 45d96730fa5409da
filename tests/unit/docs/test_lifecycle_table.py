# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
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


def documented(number: int) -> dict[tuple[str, ...], str]:
    """Return a table of the guide: what its last column says of those before it."""
    block = GUIDE.read_text(encoding="utf-8").split(".. csv-table::")[number].partition("\n\n")[2].partition("\n\n")[0]
    return {tuple(row[:-1]): row[-1] for row in csv.reader(block.splitlines(), skipinitialspace=True)}


def test_the_table_says_what_is_sent(cloud, bigv_vm):
    assert documented(1) == table(cloud, bigv_vm)


ACTIONS = {
    "reset": {"action": "reset"},
    "sendkey": {"action": "sendkey", "keys": "ctrl-alt-delete"},
    "rescue": {"action": "rescue"},
    "rescue, allow_restart": {"action": "rescue", "allow_restart": True},
}
REFUSALS = {"action": "refused: start it first", "allow_restart": "refused, see ``allow_restart``"}


def test_the_table_of_actions_says_what_is_sent(cloud, bigv_vm_action):
    cells = {}
    for existing in ("on", "off"):
        for action, options in ACTIONS.items():
            cloud.seed(*EXISTING[existing])
            result = bigv_vm_action(vm="web1", **options)
            writes = " then ".join(f"``{written(write)}``" for write in cloud.writes())
            cells[existing, action] = writes or REFUSALS[result["msg"].partition(":")[0]]
    assert documented(2) == cells


def test_the_table_of_swaps_says_what_is_sent(cloud, bigv_ip_swap):
    address = "198.18.0.77"
    cells = {}
    for row in documented(3):
        one, other, allow_restart = row
        with_address = {**EXISTING[other][0], "network_interfaces": [{"ips": [address]}]}
        cloud.seed(with_address, {**EXISTING[one][0], "name": "web2"})
        options = {"allow_restart": allow_restart == "true"}
        result = bigv_ip_swap(vm="web2", with_vm="web1", address=address, **options)
        refused = REFUSALS.get(result.get("msg", "").partition(":")[0])
        cells[row] = refused or ", ".join(filter(None, map(swapped, cloud.writes())))
    assert documented(3) == cells


def swapped(write: dict) -> str | None:
    """Return a write of a swap in the words of the table, or None for autoreboot, of which the text tells."""
    if write["path"].endswith("/swap_virtual_machine_ips"):
        return "swap"
    option = "``vm``" if "/web2" in write["path"] else "``with_vm``"
    if write["body"] == {"signal": "powerdown"}:
        return f"shut {option} down"
    return f"start {option}" if write["body"].get("power_on") else None
