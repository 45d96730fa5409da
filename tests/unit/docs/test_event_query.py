# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The queries of extensions/audit find the servers in the results of the modules."""

from __future__ import annotations

from typing import Any

import jq
import pytest
import yaml
from ansible_collections.bytemark.cloud.tests.unit.support import COLLECTION, Cloud, run_module

QUERIES = yaml.safe_load((COLLECTION / "extensions" / "audit" / "event_query.yml").read_text(encoding="utf-8"))
OFF = {"power_on": False, "autoreboot_on": False}


@pytest.mark.parametrize(
    ("module", "options", "servers"),
    [
        ("bigv_vm", {"name": "web1", "cores": 2}, ["web1"]),
        ("bigv_vm", {"name": "web1", "state": "absent", "purge": True}, []),
        ("bigv_vm_action", {"vm": "db1", "action": "reset"}, ["db1"]),
        ("bigv_vm_info", {"group": "default"}, ["web1", "web2", "db1"]),
        ("bigv_fleet", {"vms": [{"name": "web2"}, {"name": "web3"}]}, ["web2", "web3"]),
        ("bigv_ip_swap", {"vm": "web1", "with_vm": "web2", "address": "203.0.113.2"}, ["web1", "web2"]),
    ],
)
def test_servers_of_a_result(cloud: Cloud, module: str, options: dict[str, Any], servers: list[str]) -> None:
    nics = {"network_interfaces": [{"ips": ["203.0.113.2"]}]}
    cloud.seed({"name": "web1"} | OFF, {"name": "web2"} | OFF | nics, {"name": "db1"})
    result = run_module(module, **cloud.access, **options)
    assert not result.get("failed"), result
    ids = {name: vm["id"] for name, vm in cloud.vms().items()}
    found = jq.all(QUERIES[f"bytemark.cloud.{module}"]["query"], result)
    assert [(each["name"], each["canonical_facts"]["id"]) for each in found] == [
        (f"{name}.default.acme.uk0.bigv.io", ids[name]) for name in servers
    ]
    assert {each["facts"]["device_type"] for each in found} <= {"virtual_machine"}


def test_a_check_run_has_managed_nothing(cloud: Cloud) -> None:
    cloud.seed()
    result = run_module("bigv_vm", check_mode=True, **cloud.access, name="new1")
    assert result["changed"]
    assert jq.all(QUERIES["bytemark.cloud.bigv_vm"]["query"], result) == []
