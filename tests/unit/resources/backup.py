# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Examples and cases of backups."""

from __future__ import annotations

from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.resources._types import DEFAULT, Case, Example

WEB1 = f"{DEFAULT}/virtual_machines/web1"
BACKUPS = f"{WEB1}/discs/5001/backups"
READ = [f"GET {WEB1}", f"GET {BACKUPS}"]
ROOT = {"vm": "web1", "disc": "root"}
OFF: dict[str, Any] = {
    "power_on": False,
    "autoreboot_on": False,
    "discs": [{"label": "root", "size": 25600, "id": 5001}],
}
ON: dict[str, Any] = {**OFF, "power_on": True, "autoreboot_on": True}
OLD, NEW = "root-backup-20261101030000", "root-backup-20261102030000"
LISTED: list[dict[str, Any]] = [{"id": 8001, "label": OLD}, {"id": 8002, "label": NEW}]


def backed_up(power: dict[str, Any]) -> dict[str, Any]:
    """Return a VM whose disc has two backups."""
    return {"name": "web1", **power, "discs": [{**power["discs"][0], "backups": LISTED}]}


EXAMPLES = {
    "bigv_backup": Example({"vm": "web1", "disc": "disc-1", "max_age": "1h"}, {"keep": 3, "purge": True}),
    "bigv_backup_info": Example(),
}
CASES = {
    "create a backup": Case(
        "bigv_backup",
        {**ROOT, "max_age": "20h"},
        repeated=READ,
        actions=["back up disc root of VM web1.default.acme"],
        writes=[("POST", BACKUPS, {})],
        default=[{"name": "web1", **OFF}],
    ),
    "create a backup and keep two": Case(
        "bigv_backup",
        {**ROOT, "max_age": "20h", "keep": 2, "purge": True},
        repeated=READ,
        actions=[
            "back up disc root of VM web1.default.acme",
            f"purge backup {OLD} of disc root of VM web1.default.acme",
        ],
        writes=[("POST", BACKUPS, {}), ("DELETE", f"{BACKUPS}/8001", None)],
        default=[backed_up(OFF)],
    ),
    "restore a backup": Case(
        "bigv_backup",
        {**ROOT, "state": "restored", "backup": OLD},
        repeated=None,
        actions=[f"restore backup {OLD} to disc root of VM web1.default.acme"],
        writes=[("PUT", f"{BACKUPS}/8001", {"restore": True})],
        acts_always=True,
        default=[backed_up(OFF)],
    ),
    "restore the latest backup of a VM that is on": Case(
        "bigv_backup",
        {**ROOT, "state": "restored", "backup": "latest", "allow_restart": True},
        repeated=None,
        actions=[
            "change VM web1.default.acme: autoreboot_on true → false",
            "shut VM web1.default.acme down",
            f"restore backup {NEW} to disc root of VM web1.default.acme",
            "start VM web1.default.acme again",
        ],
        acts_always=True,
        survives_a_kill=False,
        default=[backed_up(ON)],
    ),
    "delete a backup": Case(
        "bigv_backup",
        {**ROOT, "state": "absent", "backup": OLD, "purge": True},
        repeated=READ,
        actions=[f"purge backup {OLD} of disc root of VM web1.default.acme"],
        writes=[("DELETE", f"{BACKUPS}/8001", None)],
        default=[backed_up(OFF)],
    ),
    "list backups": Case(
        "bigv_backup_info",
        {"group": "default"},
        repeated=["GET /virtual_machines", f"GET {BACKUPS}"],
        default=[backed_up(OFF)],
    ),
}
