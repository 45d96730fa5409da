# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_ip_info for real, against the simulated cloud: one address, those of a VM, a group or an account."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

WEB1 = {
    "name": "web1",
    "id": 700,
    "network_interfaces": [
        {"id": 9001, "ips": ["198.18.0.1", "2001:db8:0:2329::"], "extra_ips": {"198.18.0.77": "198.18.0.1"}}
    ],
}
WEB2 = {"name": "web2", "network_interfaces": [{"id": 9002, "ips": ["198.18.0.2"], "extra_ips": {}}]}
GONE = {"name": "gone", "power_on": False, "deleted": True}
GONE["network_interfaces"] = [{"id": 9003, "ips": ["198.18.0.3"], "extra_ips": {}}]


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def way(request):
    return request.param


@pytest.fixture(autouse=True)
def vms(cloud):
    cloud.seed(WEB1, GONE, staging=[WEB2])
    cloud.api("PUT", "/ips/198.18.0.77", {"rdns": "shop.example.com"})
    cloud.clear()


def test_the_addresses_of_a_vm(cloud, bigv_ip_info):
    common = {"rdns": None, "virtual_machine_id": 700, "vm": "web1.default.acme"}
    expected = [
        {"address": "198.18.0.1", "family": "ipv4", "additional": False, **common},
        {"address": "2001:db8:0:2329::", "family": "ipv6", "additional": False, **common},
        {"address": "198.18.0.77", "family": "ipv4", "additional": True, **common, "rdns": "shop.example.com"},
    ]
    for vm in ("web1", "700", "web1.default.acme"):
        result = bigv_ip_info(vm=vm)
        assert (result["changed"], result["ips"]) == (False, expected)
    assert [bigv_ip_info(address=ip["address"])["ips"] for ip in expected] == [[ip] for ip in expected]
    assert bigv_ip_info(address="2001:DB8:0:2329:0:0:0:0")["ips"] == [expected[1]]


@pytest.mark.parametrize(
    ("options", "addresses"),
    [
        ({}, ["198.18.0.1", "2001:db8:0:2329::", "198.18.0.77", "198.18.0.2"]),
        ({"group": "staging"}, ["198.18.0.2"]),
        ({"group": "nothing"}, []),
        ({"vm": "nothing"}, []),
        ({"vm": "gone"}, []),
        ({"vm": "web2", "group": "staging"}, ["198.18.0.2"]),
        ({"address": "192.0.2.9"}, []),
    ],
)
def test_what_is_listed(cloud, bigv_ip_info, options, addresses):
    for check_mode in (False, True):
        assert [ip["address"] for ip in bigv_ip_info(**options, check_mode=check_mode)["ips"]] == addresses


def test_one_request_reads_all_vms_and_one_each_address(cloud, bigv_ip_info):
    cloud.settings(flat_overview=True)
    bigv_ip_info()
    calls = cloud.calls()
    assert calls[0] == "GET /virtual_machines"
    assert sorted(calls[1:]) == sorted(
        f"GET /ips/{address}" for address in ("198.18.0.1", "2001:db8:0:2329::", "198.18.0.77", "198.18.0.2")
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"address": "198.18.0.0/24"}, "address: '198.18.0.0/24' is not an IPv4 or IPv6 address"),
        ({"address": "www.example.com"}, "address: 'www.example.com' is not an IPv4 or IPv6 address"),
        ({"address": "198.18.0.1", "vm": "web1"}, "mutually exclusive: address|vm"),
        ({"address": "198.18.0.1", "group": "default"}, "mutually exclusive: address|group"),
        ({"vm": "web1", "account": "nobody"}, "account: there is no account 'nobody'"),
        ({"account": "nobody"}, "account: there is no account 'nobody'"),
        ({"vm": "we/b1"}, "vm: 'we/b1' is not a valid name"),
    ],
)
def test_what_cannot_be_listed_is_one_clear_error(cloud, bigv_ip_info, options, message):
    for check_mode in (False, True):
        result = bigv_ip_info(**options, check_mode=check_mode)
        assert result.get("failed")
        assert message in result["msg"]
