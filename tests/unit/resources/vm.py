# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Examples and cases of VMs."""

from __future__ import annotations

from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.resources._types import DEFAULT, Case, Example
from ansible_collections.bytemark.cloud.tests.unit.resources.disc import EVERY_NIGHT, EVERY_WEEK, NIGHTLY, WEEKLY

WEB1 = f"{DEFAULT}/virtual_machines/web1"
OFF = {"power_on": False, "autoreboot_on": False}
OLD: dict[str, Any] = {
    "name": "web1", "cores": 1, "memory": 1024, "last_imaged_with": "jessie",
    "discs": [{"label": "root", "size": 25600}],
}  # fmt: skip
INSTALL = {"image": "stretch", "discs": [{"label": "root", "size": "25GiB"}, {"label": "data", "size": "1GiB"}]}
CHANGE = {"cores": 2, "memory": "2GiB", "autoreboot": True, "allow_restart": True, "keymap": "de", **INSTALL}
WITH_SCHEDULES = [{"label": "root", "size": "25GiB", "backup_schedules": [EVERY_NIGHT, EVERY_WEEK]}, {"size": "1GiB"}]
SECRETS = {"root_password": "correct horse", "firstboot_script": "#!/bin/sh\necho hello\n"}
# Attributes that are options of the same name and value.
ATTRIBUTES = {
    "cores": 2, "hardware_profile": "virtio2018", "hardware_profile_locked": True, "keymap": "en-gb",
    "cdrom_url": "https://example.com/rescue.iso",
}  # fmt: skip
CREATED = {"name": "web1", "memory": 2048, "zone_name": "york", "autoreboot_on": True, **ATTRIBUTES}
DISCS = [{"label": "root", "size": 25600}, {"label": "data", "size": 1024}]
KEYS = {"ssh_public_keys": ["ssh-ed25519 AAAA one", "ssh-rsa BBBB two"]}
IMAGED = {"distribution": "stretch", "ssh_public_key": "ssh-ed25519 AAAA one\nssh-rsa BBBB two"}
FIRST, EXTRA = "198.18.0.101", "198.18.0.177"
WITH_EXTRA = {**OLD, "network_interfaces": [{"id": 9001, "ips": [FIRST], "extra_ips": {EXTRA: FIRST}}]}
TWO = {"additional_ipv4": 2, "additional_ipv4_reason": "two shops"}
ADDED = {"family": "ipv4", "reason": "two shops", "contiguous": False}
EXAMPLES = {
    "bigv_vm": Example({"name": "new1"}, {**INSTALL, **SECRETS, "discs": WITH_SCHEDULES, "wait": False}),
    "bigv_vm_info": Example(),
    "bigv_vm_action": Example({"vm": "web1", "action": "rescue"}, {"allow_restart": True}),
}


def case(seed: list[dict[str, Any]], options: dict[str, Any], **expected: Any) -> Case:
    """Return the case of a task about web1."""
    return Case("bigv_vm", {"name": "web1", **options}, **{"repeated": [f"GET {WEB1}"], "default": seed} | expected)


CASES = {
    "create a VM with every attribute": case(
        [],
        {"memory": "2GiB", "zone": "york", "state": "running", **ATTRIBUTES, **INSTALL, **KEYS, **SECRETS},
        actions=["create VM web1.default.acme from stretch"],
        writes=[("POST", f"{DEFAULT}/vm_create", {"virtual_machine": CREATED, "discs": DISCS, "reimage": IMAGED})],
    ),
    "create a VM that is off": case([], {"state": "stopped", **INSTALL}),
    "create a VM without discs": case([], {"state": "running", "cores": 2}),
    "create a VM with reverse DNS": case([], {"state": "running", "rdns": "www.example.com", **INSTALL}, repeated=None),
    "create a VM with additional addresses": case(
        [],
        {"state": "running", **TWO, **INSTALL},
        actions=["create VM web1.default.acme from stretch", "add 2 additional IPv4 addresses to VM web1.default.acme"],
        writes=[
            ("POST", f"{DEFAULT}/vm_create", None),
            ("POST", f"{WEB1}/nics/*/ip_create", {"addresses": 2, **ADDED}),
        ],
    ),
    "create a VM that is off with additional addresses": case([], {"state": "stopped", **TWO, **INSTALL}),
    "add additional addresses to a VM": case(
        [WITH_EXTRA],
        TWO,
        actions=["add 1 additional IPv4 address to VM web1.default.acme"],
        writes=[("POST", f"{WEB1}/nics/9001/ip_create", {"addresses": 1, **ADDED})],
    ),
    "add additional addresses with a restart": case(
        [WITH_EXTRA],
        {"state": "running", "memory": "2GiB", "autoreboot": True, "allow_restart": True, **TWO},
    ),
    "set the reverse DNS of each address of a VM": case(
        [WITH_EXTRA],
        {"rdns": {FIRST: "www.example.com", EXTRA: "shop.example.com"}},
        repeated=[f"GET {WEB1}", f"GET /ips/{FIRST}", f"GET /ips/{EXTRA}"],
        actions=[
            f"set the reverse DNS of {FIRST} of VM web1.default.acme to www.example.com",
            f"set the reverse DNS of {EXTRA} of VM web1.default.acme to shop.example.com",
        ],
        writes=[
            ("PUT", f"/ips/{FIRST}", {"rdns": "www.example.com"}),
            ("PUT", f"/ips/{EXTRA}", {"rdns": "shop.example.com"}),
        ],
    ),
    "change one attribute": case(
        [{**OLD, **OFF}],
        {"cores": 2, "memory": 1024},
        actions=["change VM web1.default.acme: cores 1 → 2"],
        writes=[("PUT", WEB1, {"cores": 2})],
    ),
    "change what takes a restart": case(
        [OLD],
        {"memory": "2G", "state": "running", "autoreboot": True, "allow_restart": True},
        writes=[
            ("PUT", WEB1, {"autoreboot_on": False}),
            ("POST", f"{WEB1}/signal", {"signal": "powerdown"}),
            ("PUT", WEB1, {"memory": 2048}),
            ("PUT", WEB1, {"autoreboot_on": True, "power_on": True}),
        ],
    ),
    "grow and add discs": case(
        [{"name": "web1", "discs": [{"label": "vda", "size": 25600}, {"label": "logs", "size": 1000}], **OFF}],
        {"discs": [{"size": "30GiB"}, {"label": "data", "size": "1 GiB"}]},
        actions=[
            "change disc vda of VM web1.default.acme: size 25 GiB → 30 GiB",
            "add disc data of 1 GiB to VM web1.default.acme",
        ],
        writes=[
            ("PUT", f"{WEB1}/discs/vda", {"size": 30720}),
            ("POST", f"{WEB1}/discs", {"label": "data", "size": 1024}),
        ],
    ),
    "create a VM with backup schedules": case(
        [],
        {"state": "stopped", "image": "stretch", "discs": WITH_SCHEDULES},
        actions=["create VM web1.default.acme from stretch"],
    ),
    "change the backup schedules of discs": case(
        [
            {
                "name": "web1",
                "discs": [{"label": "root", "size": 25600, "backup_schedules": [WEEKLY, NIGHTLY]}, {"size": 1024}],
            }
        ],
        {
            "discs": [
                {"label": "root", "backup_schedules": [{**EVERY_NIGHT, "capacity": 14}, EVERY_WEEK]},
                {"size": "2GiB", "backup_schedules": [EVERY_NIGHT]},
                {"label": "data", "size": "1GiB", "backup_schedules": [EVERY_NIGHT]},
            ]
        },
        actions=[
            "add backup schedule 03:00 every 1d, keeps 14, to disc root of VM web1.default.acme",
            "delete backup schedule 03:00 every 1d, keeps 7, of disc root of VM web1.default.acme",
            "change disc disc-2 of VM web1.default.acme: size 1 GiB → 2 GiB",
            "add backup schedule 03:00 every 1d, keeps 7, to disc disc-2 of VM web1.default.acme",
            "add disc data of 1 GiB to VM web1.default.acme",
            "add backup schedule 03:00 every 1d, keeps 7, to disc data of VM web1.default.acme",
        ],
        writes=[
            ("POST", f"{WEB1}/discs/root/backup_schedules", {**NIGHTLY, "capacity": 14}),
            ("DELETE", f"{WEB1}/discs/*/backup_schedules/2", None),
            ("PUT", f"{WEB1}/discs/disc-2", {"size": 2048}),
            ("POST", f"{WEB1}/discs/disc-2/backup_schedules", NIGHTLY),
            ("POST", f"{WEB1}/discs", {"label": "data", "size": 1024}),
            ("POST", f"{WEB1}/discs/data/backup_schedules", NIGHTLY),
        ],
    ),
    "delete backup schedules with a restart": case(
        [{**OLD, "discs": [{"label": "root", "size": 25600, "backup_schedules": [WEEKLY]}]}],
        {"state": "running", **CHANGE, "discs": [{"label": "root", "backup_schedules": []}]},
    ),
    "stop and change a VM": case([OLD], {"state": "stopped", **CHANGE, "autoreboot": None}),
    "change a VM with a restart": case([OLD], {"state": "running", **CHANGE}),
    "change and start a VM": case([{**OLD, **OFF}], {"state": "running", **CHANGE}),
    "reimage a VM": case([OLD], {"state": "running", "reimage": "changed", **CHANGE}),
    "reimage a VM and leave it off": case(
        [{**OLD, **OFF}], {"state": "stopped", "reimage": "changed", "image": "stretch"}
    ),
    "back up and reimage a VM": case(
        [OLD],
        {"state": "running", "reimage": "changed", "image": "stretch", "backup_before": True, "cores": 2},
        actions=[
            "change VM web1.default.acme: autoreboot_on true → false",
            "shut VM web1.default.acme down",
            "back up disc root of VM web1.default.acme",
            "change VM web1.default.acme: cores 1 → 2",
            "reimage VM web1.default.acme with stretch, which wipes its first disc",
            "change VM web1.default.acme: autoreboot_on false → true",
        ],
        survives_a_kill=False,
    ),
    "back up and reimage a VM that is off": case(
        [{**OLD, **OFF, "discs": [{**OLD["discs"][0], "id": 5001}, {"label": "data", "size": 1024}]}],
        {"state": "stopped", "reimage": "changed", "image": "stretch", "backup_before": True, "new_name": "www"},
        repeated=None,
        writes=[
            ("POST", f"{WEB1}/discs/5001/backups", {}),
            ("PUT", WEB1, {"name": "www"}),
            ("POST", f"{DEFAULT}/virtual_machines/*/reimage", None),
            ("POST", f"{DEFAULT}/virtual_machines/www/signal", {"signal": "powerdown"}),
        ],
        survives_a_kill=False,
    ),
    "delete a VM, of which no backup is needed": case(
        [{**OLD, **OFF}], {"state": "absent", "backup_before": True}, actions=["delete VM web1.default.acme"]
    ),
    "replace a VM": case([{**OLD, "deleted": True}], {"state": "running", "on_deleted": "replace", **INSTALL}),
    "restore, rename and move a VM": case(
        [{**OLD, "deleted": True}],
        {"state": "running", "on_deleted": "restore", "new_name": "www", "new_group": "staging", **CHANGE},
        repeated=[f"GET {WEB1}", "GET /accounts/acme/groups/staging/virtual_machines/www"],
    ),
    "delete a VM": case([{**OLD, **OFF}], {"state": "absent"}, actions=["delete VM web1.default.acme"]),
    "purge a VM": case([{**OLD, **OFF}], {"state": "absent", "purge": True}, actions=["purge VM web1.default.acme"]),
    "delete a VM that is on": case(
        [OLD],
        {"state": "absent"},
        actions=[
            "change VM web1.default.acme: autoreboot_on true → false",
            "shut VM web1.default.acme down",
            "delete VM web1.default.acme",
        ],
        writes=[
            ("PUT", WEB1, {"autoreboot_on": False}),
            ("POST", f"{WEB1}/signal", {"signal": "powerdown"}),
            ("DELETE", f"{DEFAULT}/virtual_machines/*", None),
        ],
    ),
    "purge a VM that is on, without autoreboot": case(
        [{**OLD, "autoreboot_on": False}],
        {"state": "absent", "purge": True},
        actions=["shut VM web1.default.acme down", "purge VM web1.default.acme"],
    ),
    "delete a VM as it is": case(
        [OLD], {"state": "absent", "shutdown_before_deletion": False}, actions=["delete VM web1.default.acme"]
    ),
    "reset a VM": Case(
        "bigv_vm_action",
        {"vm": "web1", "action": "reset"},
        repeated=None,
        actions=["reset VM web1.default.acme"],
        writes=[("POST", f"{WEB1}/signal", {"signal": "reset"})],
        acts_always=True,
        leaves_no_trace=True,
        default=[OLD],
    ),
    "press keys at the console of a VM": Case(
        "bigv_vm_action",
        {"vm": "web1", "action": "sendkey", "keys": "ctrl-alt-delete"},
        repeated=None,
        actions=["press ctrl-alt-delete at the console of VM web1.default.acme"],
        writes=[("POST", f"{WEB1}/signal", {"signal": "sendkey", "data": "ctrl-alt-delete"})],
        acts_always=True,
        leaves_no_trace=True,
        default=[OLD],
    ),
    "boot the rescue system": Case(
        "bigv_vm_action",
        {"vm": "web1", "action": "rescue", "allow_restart": True},
        repeated=None,
        actions=[
            "change VM web1.default.acme: autoreboot_on true → false",
            "shut VM web1.default.acme down",
            "boot VM web1.default.acme from the rescue system",
        ],
        acts_always=True,
        default=[OLD],
    ),
    "list the VMs of a group": Case(
        "bigv_vm_info", {"group": "default"}, repeated=["GET /virtual_machines"], default=[OLD]
    ),
    "list the VMs that a user reaches": Case(
        "bigv_vm_info", {"user": "read-only"}, repeated=["GET /virtual_machines"], default=[OLD]
    ),
    "read a VM": Case("bigv_vm_info", {"name": "web1"}, repeated=["GET /virtual_machines"], default=[OLD]),
}
