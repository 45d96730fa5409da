# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Examples and cases of addresses. The simulated cloud gives the first VM 198.18.0.1."""

from __future__ import annotations

from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.resources._types import DEFAULT, Case, Example

WEB1, WEB2 = f"{DEFAULT}/virtual_machines/web1", f"{DEFAULT}/virtual_machines/web2"
FIRST, SECOND, EXTRA = "198.18.0.1", "198.18.0.2", "198.18.0.77"
DISCS: list[dict[str, Any]] = [{"label": "root", "size": 25600}]
OFF: dict[str, Any] = {"power_on": False, "autoreboot_on": False, "discs": DISCS}
ON: dict[str, Any] = {"power_on": True, "autoreboot_on": True, "discs": DISCS}
NIC: dict[str, Any] = {"id": 9001, "ips": [FIRST, "2001:db8:0:2329::"], "extra_ips": {EXTRA: FIRST}}
WITH_EXTRA: dict[str, Any] = {"name": "web1", **ON, "network_interfaces": [NIC]}
FULL: dict[str, Any] = {"id": 9002, "ips": ["198.18.1.1"], "extra_ips": {f"198.18.1.{n}": FIRST for n in range(2, 6)}}
EMPTY: dict[str, Any] = {"id": 9003, "ips": ["198.18.2.1"], "extra_ips": {}}
SWAP: dict[str, Any] = {"vm": "web2", "with_vm": "web1", "address": FIRST}
SWAPPED = "swap the addresses of VM web2.default.acme and VM web1.default.acme"
EXAMPLES = {
    "bigv_ip": Example({"vm": "web1", "additional": 1}, {"reason": "a second site"}),
    "bigv_ip_info": Example(),
    "bigv_ip_swap": Example(SWAP, {"allow_restart": True}),
}
CASES = {
    "set the reverse DNS of an address": Case(
        "bigv_ip",
        {"address": FIRST, "rdns": "www.example.com"},
        repeated=[f"GET /ips/{FIRST}", "GET /nics"],
        actions=[f"set the reverse DNS of {FIRST} of VM web1.default.acme to www.example.com"],
        writes=[("PUT", f"/ips/{FIRST}", {"rdns": "www.example.com"})],
        default=[{"name": "web1", **ON}],
    ),
    "set the reverse DNS of an IPv6 address": Case(
        "bigv_ip",
        {"address": "2001:DB8:0000:2329:0::0", "rdns": "WWW.example.com."},
        repeated=["GET /ips/2001:db8:0:2329::", "GET /nics"],
        writes=[("PUT", "/ips/2001:db8:0:2329::", {"rdns": "WWW.example.com."})],
        default=[WITH_EXTRA],
    ),
    "add additional addresses": Case(
        "bigv_ip",
        {"vm": "web1", "additional": 3, "reason": "two more shops"},
        repeated=[f"GET {WEB1}"],
        actions=["add 2 additional IPv4 addresses to VM web1.default.acme"],
        writes=[
            (
                "POST",
                f"{WEB1}/nics/9001/ip_create",
                {"addresses": 2, "family": "ipv4", "reason": "two more shops", "contiguous": False},
            )
        ],
        default=[WITH_EXTRA],
    ),
    "add contiguous additional addresses to a VM with several NICs": Case(
        "bigv_ip",
        {"vm": "web1", "additional": 7, "reason": "two more shops", "contiguous": True},
        repeated=[f"GET {WEB1}"],
        actions=["add 2 additional IPv4 addresses to VM web1.default.acme"],
        writes=[("POST", f"{WEB1}/nics/9001/ip_create", {"addresses": 2, "contiguous": True})],
        default=[WITH_EXTRA | {"network_interfaces": [FULL, NIC, EMPTY]}],
    ),
    "delete an additional address": Case(
        "bigv_ip",
        {"address": EXTRA, "state": "absent", "purge": True},
        repeated=[f"GET /ips/{EXTRA}"],
        actions=[f"delete the additional address {EXTRA} of VM web1.default.acme"],
        writes=[("DELETE", f"/ips/{EXTRA}", None)],
        default=[WITH_EXTRA],
    ),
    "swap the addresses of VMs that are off": Case(
        "bigv_ip_swap",
        SWAP,
        repeated=[f"GET {WEB2}", f"GET {WEB1}"],
        actions=[SWAPPED],
        writes=[("POST", "/ips/swap_virtual_machine_ips", {"move_additional_ips": False})],
        default=[{"name": "web1", **OFF}, {"name": "web2", **OFF}],
    ),
    "swap all addresses of VMs that are off": Case(
        "bigv_ip_swap",
        {**SWAP, "move_additional": True},
        repeated=[f"GET {WEB2}", f"GET {WEB1}"],
        actions=[SWAPPED],
        writes=[("POST", "/ips/swap_virtual_machine_ips", {"move_additional_ips": True})],
        default=[WITH_EXTRA | OFF, {"name": "web2", **OFF}],
    ),
    "swap the addresses of VMs that are on": Case(
        "bigv_ip_swap",
        {**SWAP, "allow_restart": True},
        repeated=[f"GET {WEB2}", f"GET {WEB1}"],
        actions=[
            "change VM web2.default.acme: autoreboot_on true → false",
            "shut VM web2.default.acme down",
            "change VM web1.default.acme: autoreboot_on true → false",
            "shut VM web1.default.acme down",
            SWAPPED,
            "start VM web2.default.acme again",
            "start VM web1.default.acme again",
        ],
        survives_a_kill=False,
        default=[{"name": "web1", **ON}, {"name": "web2", **ON}],
    ),
    "list the addresses of a VM": Case(
        "bigv_ip_info",
        {"vm": "web1"},
        repeated=None,
        connections=3,
        default=[WITH_EXTRA],
    ),
    "read an address": Case(
        "bigv_ip_info",
        {"address": EXTRA},
        repeated=[f"GET /ips/{EXTRA}", "GET /nics", "GET /virtual_machines/700"],
        default=[WITH_EXTRA | {"id": 700}],
    ),
}
