# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Examples and cases of fleets."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from ansible_collections.bytemark.cloud.tests.unit.resources._types import ACCOUNT, DEFAULT, Case, Example
from ansible_collections.bytemark.cloud.tests.unit.resources.disc import EVERY_NIGHT, EVERY_WEEK, WEEKLY
from ansible_collections.bytemark.cloud.tests.unit.resources.ip import FIRST, WITH_EXTRA
from ansible_collections.bytemark.cloud.tests.unit.resources.vm import INSTALL, OFF, SECRETS

FOLDER = TemporaryDirectory(prefix="bigv_fleet_")
PLAN = f"{FOLDER.name}/fleet.plan.json"
EXAMPLES = {
    "bigv_fleet": Example(
        {"vms": [{"name": "new1", **INSTALL, **SECRETS}]}, {"defaults": SECRETS, "wait": False, "save_plan": PLAN}
    ),
}
CASES = {
    "create a fleet": Case(
        "bigv_fleet",
        {
            "groups": ["web", {"name": "db"}],
            "defaults": {"group": "web", "memory": "2GiB", "image": "stretch", "discs": [{"size": "25GiB"}]},
            "vms": [
                {"name": "web1", "state": "running"},
                {"name": "web2"},
                {"name": "db1.db", "discs": [{"size": "25GiB"}, {"label": "data", "size": "100GiB"}]},
            ],
        },
        repeated=[f"GET {ACCOUNT}"],
        actions=[
            "create group web.acme",
            "create group db.acme",
            "create VM web1.web.acme from stretch",
            "create VM web2.web.acme from stretch",
            "create VM db1.db.acme from stretch",
        ],
    ),
    "create and change VMs": Case(
        "bigv_fleet",
        {"groups": ["new"], "vms": [{"name": "web3.new"}, {"name": "web2", "cores": 2}]},
        repeated=[f"GET {ACCOUNT}"],
        default=[{"name": "web1", **OFF}, {"name": "web2", **OFF}],
    ),
    "prune a group": Case(
        "bigv_fleet",
        {"vms": [{"name": "web1.default"}], "prune": "delete", "save_plan": PLAN},
        repeated=[f"GET {ACCOUNT}"],
        actions=["delete VM web2.default.acme"],
        writes=[("DELETE", f"{DEFAULT}/virtual_machines/*", None)],
        default=[{"name": "web1"}, {"name": "web2", **OFF}],
    ),
    "prune a VM that is on": Case(
        "bigv_fleet",
        {"vms": [{"name": "web1.default"}], "prune": "delete"},
        repeated=[f"GET {ACCOUNT}"],
        actions=[
            "change VM web2.default.acme: autoreboot_on true → false",
            "shut VM web2.default.acme down",
            "delete VM web2.default.acme",
        ],
        default=[{"name": "web1"}, {"name": "web2"}],
    ),
    "prune a VM as it is": Case(
        "bigv_fleet",
        {
            "vms": [{"name": "web1.default"}],
            "prune": "delete",
            "purge": True,
            "defaults": {"shutdown_before_deletion": False},
        },
        repeated=[f"GET {ACCOUNT}"],
        actions=["purge VM web2.default.acme"],
        default=[{"name": "web1"}, {"name": "web2"}],
    ),
    "restart a fleet": Case(
        "bigv_fleet",
        {
            "vms": [{"name": name, "memory": "2GiB"} for name in ("web1", "web2", "web3")],
            "defaults": {"allow_restart": True},
            "max_unavailable": 2,
        },
        repeated=[f"GET {ACCOUNT}"],
        default=[{"name": name, "memory": 1024} for name in ("web1", "web2", "web3")],
    ),
    "back up and reimage a fleet": Case(
        "bigv_fleet",
        {
            "vms": [{"name": name} for name in ("web1", "web2", "web3")],
            "defaults": {"image": "stretch", "reimage": "changed", "backup_before": True, "state": "running"},
            "max_unavailable": 2,
            "save_plan": PLAN,
        },
        repeated=[f"GET {ACCOUNT}"],
        default=[
            {"name": name, "last_imaged_with": "jessie", "discs": [{"label": "root", "size": 25600}]}
            for name in ("web1", "web2", "web3")
        ],
    ),
    "give a fleet addresses": Case(
        "bigv_fleet",
        {
            "vms": [{"name": "web1", "rdns": {FIRST: "www.example.com"}}, {"name": "web2", "additional_ipv4": 1}],
            "defaults": {"additional_ipv4": 2, "additional_ipv4_reason": "two shops"},
        },
        repeated=[f"GET {ACCOUNT}", f"GET /ips/{FIRST}"],
        actions=[
            f"set the reverse DNS of {FIRST} of VM web1.default.acme to www.example.com",
            "add 1 additional IPv4 address to VM web1.default.acme",
            "add 1 additional IPv4 address to VM web2.default.acme",
        ],
        default=[WITH_EXTRA, {"name": "web2", **OFF}],
    ),
    "give a fleet backup schedules": Case(
        "bigv_fleet",
        {
            "vms": [
                {"name": "web1"},
                {"name": "web2", "discs": [{"backup_schedules": []}]},
                {"name": "web3"},
                {"name": "web4", "discs": [{"size": "1GiB", "backup_schedules": [EVERY_WEEK]}]},
            ],
            "defaults": {"discs": [{"backup_schedules": [EVERY_NIGHT]}]},
        },
        repeated=[f"GET {ACCOUNT}"],
        actions=[
            "add backup schedule 03:00 every 1d, keeps 7, to disc disc-1 of VM web1.default.acme",
            "delete backup schedule 2026-11-24T00:00:00Z every 1w, keeps 1, of disc disc-1 of VM web2.default.acme",
            "add backup schedule 03:00 every 1d, keeps 7, to disc disc-1 of VM web3.default.acme",
            "delete backup schedule 2026-11-24T00:00:00Z every 1w, keeps 1, of disc disc-1 of VM web3.default.acme",
            "create VM web4.default.acme",
        ],
        default=[
            {"name": "web1", **OFF},
            *(
                {"name": name, "discs": [{"size": 1024, "backup_schedules": [WEEKLY]}], **OFF}
                for name in ("web2", "web3")
            ),
        ],
    ),
    "delete a group with its VMs, in a fleet": Case(
        "bigv_fleet",
        {"groups": [{"name": "staging", "state": "absent"}], "purge": True},
        repeated=[f"GET {ACCOUNT}"],
        staging=[{"name": "web1"}, {"name": "web2", "deleted": True}],
    ),
}
