# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Examples and cases of discs."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.resources._types import DEFAULT, Case, Example

VMS = f"{DEFAULT}/virtual_machines"
DB1 = f"{VMS}/db1"
OFF = {"power_on": False, "autoreboot_on": False}
SEED = [
    {"name": "db1", "discs": [{"label": "vda", "size": 25600}, {"label": "data", "size": 1024}], **OFF},
    {"name": "db2", "discs": [{"size": 25600}], **OFF},
]
WEEKLY = {"start_at": "2026-11-24 00:00:00 UTC", "interval_seconds": 604800, "capacity": 1}
NIGHTLY = {"start_at": "03:00", "interval_seconds": 86400, "capacity": 7}
BACKED_UP = [{"name": "db1", "discs": [{"size": 25600}, {"label": "data", "size": 1024, "backup_schedules": [WEEKLY]}]}]
EVERY_NIGHT = {"start_at": "03:00", "interval": "1d", "capacity": 7}
EVERY_WEEK = {"start_at": "2026-11-24T01:00:00+01:00", "interval": "7d"}
EXAMPLES = {
    "bigv_disc": Example(
        {"vm": "web1", "label": "new"}, {"size": "1GiB", "backup_schedules": [EVERY_NIGHT, EVERY_WEEK]}
    ),
    "bigv_disc_info": Example(),
}
CASES = {
    "add a disc": Case(
        "bigv_disc",
        {"vm": "db1", "label": "logs", "size": "2GiB", "storage_grade": "ssd"},
        repeated=[f"GET {DB1}"],
        actions=["add disc logs of 2 GiB to VM db1.default.acme"],
        writes=[("POST", f"{DB1}/discs", {"label": "logs", "size": 2048, "storage_grade": "ssd"})],
        default=SEED,
    ),
    "grow a disc": Case(
        "bigv_disc",
        {"vm": "db1", "label": "data", "size": "2GiB"},
        repeated=[f"GET {DB1}"],
        actions=["change disc data of VM db1.default.acme: size 1 GiB → 2 GiB"],
        writes=[("PUT", f"{DB1}/discs/data", {"size": 2048})],
        default=SEED,
    ),
    "change a disc's grade and label": Case(
        "bigv_disc",
        {"vm": "db1", "label": "vda", "new_label": "root", "storage_grade": "ssd"},
        repeated=[f"GET {DB1}"],
        writes=[("PUT", f"{DB1}/discs/vda", {"label": "root", "storage_grade": "ssd"})],
        default=SEED,
    ),
    "move and grow a disc": Case(
        "bigv_disc",
        {"vm": "db1", "label": "data", "new_vm": "db2", "size": "2GiB"},
        repeated=[f"GET {DB1}", f"GET {VMS}/db2"],
        writes=[("PUT", f"{DB1}/discs/*", {"size": 2048, "virtual_machine_id": None})],
        default=SEED,
    ),
    "delete a disc": Case(
        "bigv_disc",
        {"vm": "db1", "label": "data", "state": "absent", "purge": True},
        repeated=[f"GET {DB1}"],
        actions=["purge disc data of VM db1.default.acme"],
        default=SEED,
    ),
    "add a disc with backup schedules": Case(
        "bigv_disc",
        {"vm": "db1", "label": "logs", "size": "1GiB", "backup_schedules": [EVERY_NIGHT, EVERY_WEEK]},
        repeated=[f"GET {DB1}"],
        actions=[
            "add disc logs of 1 GiB to VM db1.default.acme",
            "add backup schedule 03:00 every 1d, keeps 7, to disc logs of VM db1.default.acme",
            "add backup schedule 2026-11-24T00:00:00Z every 1w, keeps 1, to disc logs of VM db1.default.acme",
        ],
        writes=[
            ("POST", f"{DB1}/discs", {"label": "logs", "size": 1024}),
            ("POST", f"{DB1}/discs/logs/backup_schedules", NIGHTLY),
            ("POST", f"{DB1}/discs/logs/backup_schedules", {**WEEKLY, "start_at": EVERY_WEEK["start_at"]}),
        ],
        default=SEED,
    ),
    "change a backup schedule": Case(
        "bigv_disc",
        {"vm": "db1", "label": "data", "backup_schedules": [EVERY_NIGHT]},
        repeated=[f"GET {DB1}"],
        actions=[
            "add backup schedule 03:00 every 1d, keeps 7, to disc data of VM db1.default.acme",
            "delete backup schedule 2026-11-24T00:00:00Z every 1w, keeps 1, of disc data of VM db1.default.acme",
        ],
        writes=[
            ("POST", f"{DB1}/discs/data/backup_schedules", NIGHTLY),
            ("DELETE", f"{DB1}/discs/*/backup_schedules/1", None),
        ],
        default=BACKED_UP,
    ),
    "delete the backup schedules of a disc that is renamed": Case(
        "bigv_disc",
        {"vm": "db1", "label": "data", "new_label": "logs", "backup_schedules": []},
        repeated=[f"GET {DB1}"],
        writes=[
            ("PUT", f"{DB1}/discs/data", {"label": "logs"}),
            ("DELETE", f"{DB1}/discs/*/backup_schedules/1", None),
        ],
        default=BACKED_UP,
    ),
    "give a disc that moves a backup schedule": Case(
        "bigv_disc",
        {"vm": "db1", "label": "data", "new_vm": "db2", "backup_schedules": [EVERY_NIGHT]},
        repeated=[f"GET {DB1}", f"GET {VMS}/db2"],
        writes=[
            ("PUT", f"{DB1}/discs/*", {"virtual_machine_id": None}),
            ("POST", f"{VMS}/db2/discs/data/backup_schedules", NIGHTLY),
        ],
        default=SEED,
    ),
    "back up and delete a disc": Case(
        "bigv_disc",
        {"vm": "db1", "label": "data", "state": "absent", "purge": True, "backup_before": True},
        repeated=[f"GET {DB1}"],
        actions=["back up disc data of VM db1.default.acme", "purge disc data of VM db1.default.acme"],
        writes=[("POST", f"{DB1}/discs/*/backups", {}), ("DELETE", f"{DB1}/discs/*", None)],
        default=SEED,
    ),
    "list the discs of a VM": Case("bigv_disc_info", {"vm": "db1"}, repeated=[f"GET {DB1}"], default=SEED),
}
