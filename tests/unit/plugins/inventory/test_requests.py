# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The number of requests does not depend on the number of VMs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.benchmark.bench import seed
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

ONE = ["GET /virtual_machines"]
THREE = ["GET /virtual_machines", "GET /discs", "GET /nics"]


@pytest.mark.parametrize("count", [1, 100, 10000])
def test_requests(driver: Any, source: Any, cloud: Cloud, count: int) -> None:
    cloud.control("POST", "seed", seed(count))
    nested: dict[str, Any] = {}
    for flat_overview, expected in ((True, ONE), (False, THREE)):
        cloud.settings(flat_overview=flat_overview)
        cloud.clear()
        found = driver(sources=[str(source())])["hosts"]
        assert len(found) == count
        assert cloud.calls() == expected
        assert cloud.connections() == 1
        assert found == (nested or found)
        nested = found
    host = next(iter(nested.values()))
    assert [disc["label"] for disc in host["bigv_discs"]] == ["root", "data"]
    assert host["bigv_network_interfaces"][0]["ips"][0] == host["bigv_ipv4"][0]


def test_requests_of_two_accounts(driver: Any, source: Any, cloud: Cloud) -> None:
    accounts = [
        {"name": name, "groups": [{"name": "default", "virtual_machines": [{"name": f"vm{n}"} for n in range(50)]}]}
        for name in ("one", "two")
    ]
    cloud.control("POST", "seed", {"accounts": accounts, "settings": {"flat_overview": False}})
    cloud.clear()
    found = driver(sources=[str(source(accounts=["one", "two"]))])["hosts"]
    assert len(found) == 100
    assert all(host["bigv_discs"] and host["bigv_ipv4"] for host in found.values())
    assert cloud.calls() == THREE * 2
