# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The addresses of bigv_vm and bigv_fleet for real: additional ones, and reverse DNS for each."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

FIRST, SIXTH, EXTRA = "198.18.0.1", "2001:db8:0:2329::", "198.18.0.77"
WEB1 = "/accounts/acme/groups/default/virtual_machines/web1"
NIC = {"id": 9001, "ips": [FIRST, SIXTH], "extra_ips": {EXTRA: FIRST}}
INSTALL = {"image": "stretch", "discs": [{"size": "25GiB"}]}
TWO = {"additional_ipv4": 2, "additional_ipv4_reason": "two shops"}


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def way(request):
    return request.param


@pytest.fixture
def web1(cloud):
    cloud.seed({"name": "web1", "network_interfaces": [NIC]})


@pytest.fixture(params=["bigv_vm", "bigv_fleet"])
def run(request, bigv_vm, bigv_fleet):
    """Run a task about web1 by itself, or in a fleet."""
    if request.param == "bigv_vm":
        return lambda check_mode=False, **options: bigv_vm(name="web1", **options, check_mode=check_mode)

    def run(check_mode=False, **options):
        done = bigv_fleet(vms=[{"name": "web1", **options}], check_mode=check_mode)
        return done if done.get("failed") else done | {"vm": done["vms"][0]["vm"], "actions": done["vms"][0]["actions"]}

    return run


def extra_ips(cloud):
    return list(cloud.vms()["web1"]["network_interfaces"][0]["extra_ips"])


def test_what_is_missing_is_added(cloud, web1, run):
    predicted, done = (run(**TWO, check_mode=check_mode) for check_mode in (True, False))
    assert predicted["actions"] == done["actions"] == ["add 1 additional IPv4 address to VM web1.default.acme"]
    assert predicted["vm"]["ipv4"] == [FIRST, EXTRA, None]
    assert done["vm"]["ipv4"] == [FIRST, *extra_ips(cloud)]
    (write,) = cloud.writes()
    assert write["body"] == {"addresses": 1, "family": "ipv4", "reason": "two shops", "contiguous": False}
    for enough in (2, 1, 0):
        assert not run(additional_ipv4=enough)["changed"]


def test_a_new_vm_gets_them_at_creation(cloud, run):
    task = {**INSTALL, **TWO}
    predicted, done = (run(**task, check_mode=check_mode) for check_mode in (True, False))
    assert predicted["actions"] == done["actions"]
    assert done["actions"][-1] == "add 2 additional IPv4 addresses to VM web1.default.acme"
    assert done["vm"]["ipv4"][1:] == extra_ips(cloud)
    assert len(extra_ips(cloud)) == 2
    assert not run(**task)["changed"]


def test_a_vm_that_stays_off_gets_them_too(cloud, run):
    assert run(**INSTALL, **TWO, state="stopped")["changed"]
    assert len(extra_ips(cloud)) == 2
    assert not cloud.vms()["web1"]["power_on"]


def test_each_address_has_its_name(cloud, web1, run):
    names = {FIRST: "www.example.com", EXTRA: "shop.example.com", SIXTH.upper(): ""}
    predicted, done = (run(rdns=names, check_mode=check_mode) for check_mode in (True, False))
    expected = [
        f"set the reverse DNS of {address} of VM web1.default.acme to {names[address]}" for address in (FIRST, EXTRA)
    ]
    assert predicted["actions"] == done["actions"] == expected
    assert cloud.api("GET", f"/ips/{EXTRA}")["rdns"] == "shop.example.com"
    assert not run(rdns={EXTRA: "SHOP.example.com."})["changed"]
    assert run(rdns={EXTRA: ""})["actions"] == [f"remove the reverse DNS of {EXTRA} of VM web1.default.acme"]


def test_one_name_is_for_the_primary_addresses(cloud, web1, run):
    assert run(rdns="www.example.com")["changed"]
    names = [cloud.api("GET", f"/ips/{address}")["rdns"] for address in (FIRST, SIXTH, EXTRA)]
    assert names == ["www.example.com", "www.example.com", None]


def test_the_reverse_dns_is_in_the_diff(cloud, web1, bigv_vm):
    result = bigv_vm(name="web1", rdns={EXTRA: "shop.example.com"}, **TWO)
    assert result["diff"]["before"]["rdns"] == {EXTRA: None}
    assert result["diff"]["after"]["rdns"] == {EXTRA: "shop.example.com"}
    assert (result["diff"]["before"]["additional_ipv4"], result["diff"]["after"]["additional_ipv4"]) == (1, 2)


REFUSED = {
    "a fifth": (
        {"additional_ipv4": 5, "additional_ipv4_reason": "more"},
        "additional_ipv4: VM web1.default.acme cannot have 5 additional addresses, because a NIC has at most 4",
    ),
    "fewer than none": ({"additional_ipv4": -1}, "additional_ipv4: must be at least 0, got -1"),
    "for no reason": (
        {"additional_ipv4": 2},
        "additional_ipv4_reason: is required to add addresses to VM web1.default.acme, because the provider",
    ),
    "for an empty reason": (
        {"additional_ipv4": 2, "additional_ipv4_reason": " "},
        "additional_ipv4_reason: is required",
    ),
    "a name for another's address": (
        {"rdns": {"198.18.0.9": "a.b"}},
        f"rdns: 198.18.0.9 is not an address of VM web1.default.acme, whose addresses are: {FIRST}, {EXTRA}, {SIXTH}",
    ),
    "a name for a network": (
        {"rdns": {"198.18.0.0/24": "a.b"}},
        "rdns: '198.18.0.0/24' is not an IPv4 or IPv6 address",
    ),
    "a name for a name": ({"rdns": {"web1": "a.b"}}, "rdns: 'web1' is not an IPv4 or IPv6 address"),
    "no name": (
        {"rdns": {FIRST: 7}},
        f"rdns: {FIRST} has a value that is not a name; specify a name or an empty string",
    ),
    "one address twice": ({"rdns": {SIXTH: "a.b", SIXTH.upper(): "c.d"}}, f"rdns: {SIXTH} is listed twice"),
    "a list": ({"rdns": [FIRST]}, "rdns: "),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_before_anything_is_written(cloud, web1, run, options, message):
    for check_mode in (True, False):
        result = run(**options, check_mode=check_mode)
        assert result.get("failed")
        assert message in result["msg"]
    assert cloud.writes() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"rdns": {FIRST: "a.b"}},
            "rdns: the addresses of a new VM are not known yet; specify one name",
        ),
        (
            {"additional_ipv4": 5, "additional_ipv4_reason": "more"},
            "additional_ipv4: VM web1.default.acme cannot have 5",
        ),
        ({"additional_ipv4": 1}, "additional_ipv4_reason: is required"),
    ],
)
def test_what_a_new_vm_cannot_have_is_refused_before_it_is_created(cloud, run, options, message):
    for check_mode in (True, False):
        assert message in run(**INSTALL, **options, check_mode=check_mode)["msg"]
    assert cloud.writes() == []


def test_enough_addresses_cost_one_get_and_a_name_one_more(cloud, web1, bigv_vm):
    assert not bigv_vm(name="web1", additional_ipv4=1)["changed"]
    assert cloud.calls() == [f"GET {WEB1}"]
    cloud.clear()
    assert not bigv_vm(name="web1", rdns={EXTRA: ""})["changed"]
    assert cloud.calls() == [f"GET {WEB1}", f"GET /ips/{EXTRA}"]
