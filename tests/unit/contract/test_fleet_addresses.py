# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Additional addresses and reverse DNS of a fleet: what they cost, what is refused, and that none is made twice."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.contract.checks import Runner, check_and_do, check_repeat
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, run_in_controller, run_module

WHY = "one for each shop"
WEB1 = "/accounts/acme/groups/default/virtual_machines/web1"
DISCS = [{"label": "root", "size": 25600}]
ACCOUNT = "GET /accounts/acme"
NOT_A_NAME = "must be a name, or a dictionary of addresses and their names"


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def way(request: pytest.FixtureRequest) -> Any:
    return request.param


def server(number: int, *extra: int) -> dict[str, Any]:
    """Return a VM with its addresses, as a cloud is seeded with it."""
    ips = [f"198.18.1.{number}", f"2001:db8::1:{number}"]
    extra_ips = {f"198.18.2.{number}{last}": ips[0] for last in extra}
    return {"name": f"web{number}", "discs": DISCS, "network_interfaces": [{"ips": ips, "extra_ips": extra_ips}]}


def extra_ips(cloud: Cloud, group: str = "default") -> dict[str, list[str]]:
    """Return the additional addresses of a group's VMs."""
    return {
        name: [address for nic in vm["network_interfaces"] for address in nic["extra_ips"]]
        for name, vm in cloud.vms(group).items()
    }


def additions(cloud: Cloud) -> Counter[str]:
    """Return how many addresses were added with each call that was carried out."""
    counted: Counter[str] = Counter()
    for write in cloud.done():
        if write["path"].endswith("/ip_create"):
            counted[write["path"]] += write["body"]["addresses"]
    return counted


def test_check_mode_is_what_is_done_and_done_once(cloud: Cloud, bigv_fleet: Runner) -> None:
    """Of VMs that are there, of new ones, and of new ones in a new group."""
    cloud.seed(server(1), server(2, 1), server(3, 1, 2))
    task = {
        "groups": ["new"],
        "defaults": {"additional_ipv4": 2, "additional_ipv4_reason": WHY, "group": "default"},
        "vms": [
            {"name": "web1", "rdns": "www.example.com"},
            {"name": "web2", "rdns": {"198.18.2.21": "shop.example.com", "2001:DB8:0::1:2": "www.example.com"}},
            {"name": "web3", "additional_ipv4": 1},
            {"name": "web4", "discs": [{"size": "25GiB"}], "rdns": "new.example.com"},
            {"name": "web5.new", "discs": [{"size": "25GiB"}]},
        ],
    }
    predicted, done = check_and_do(cloud, bigv_fleet, **task)
    assert not done.get("failed"), done["msg"]
    assert done["actions"] == predicted["actions"]
    assert sorted(additions(cloud).values()) == [1, 2, 2, 2]
    assert {write["body"]["reason"] for write in cloud.done() if "reason" in (write["body"] or {})} == {WHY}
    assert [len(vm["vm"]["ipv4"]) for vm in done["vms"]] == [
        len(vm["vm"]["ipv4"] or "x" * 3) for vm in predicted["vms"]
    ]
    assert {name: len(ips) for name, ips in extra_ips(cloud).items()} == {"web1": 2, "web2": 2, "web3": 2, "web4": 2}
    diffs = {entry["before_header"]: entry for entry in done["diff"]}
    after = diffs["VM web2.default.acme"]["after"]
    assert (diffs["VM web2.default.acme"]["before"]["additional_ipv4"], after["additional_ipv4"]) == (1, 2)
    assert after["rdns"] == {"198.18.2.21": "shop.example.com", "2001:db8::1:2": "www.example.com"}
    _again, calls = check_repeat(cloud, bigv_fleet, connections=8, **task)
    # One for each address that was named, and the primary ones where one name stands for them.
    assert len(calls) == 1 + 2 + 2 + 2
    assert calls[0] == ACCOUNT


def test_no_reverse_dns_is_read_that_was_not_asked_for(cloud: Cloud, bigv_fleet: Runner) -> None:
    cloud.seed(server(1, 1), server(2), server(3))
    vms = [
        {"name": "web1", "additional_ipv4": 1, "rdns": {"198.18.2.11": ""}},
        {"name": "web2", "rdns": {}},
        {"name": "web4", "rdns": "www.example.com", "state": "absent"},
    ]
    _again, calls = check_repeat(cloud, bigv_fleet, vms=vms)
    assert calls == [ACCOUNT, "GET /ips/198.18.2.11"]


@pytest.mark.parametrize("concurrency", [1, 8])
def test_reverse_dns_is_read_as_many_at_once_as_may_be(cloud: Cloud, bigv_fleet: Runner, concurrency: int) -> None:
    cloud.seed(*map(server, range(1, 11)), latency=0.05)
    for number in range(1, 11):
        for address in server(number)["network_interfaces"][0]["ips"]:
            cloud.api("PUT", f"/ips/{address}", {"rdns": "www.example.com"})
    vms = [{"name": f"web{number}", "rdns": "www.example.com"} for number in range(1, 11)]
    cloud.clear()
    assert not bigv_fleet(vms=vms, concurrency=concurrency)["changed"]
    assert len(cloud.calls()) == 1 + 20
    assert cloud.connections() <= concurrency
    assert (cloud.connections() > 1) is (concurrency > 1)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a list": ({"rdns": ["www.example.com"]}, f"vms[1].rdns: {NOT_A_NAME} (VM 'web2')"),
    "a number": ({"rdns": 5}, f"vms[1].rdns: {NOT_A_NAME} (VM 'web2')"),
    "true": ({"rdns": True}, f"vms[1].rdns: {NOT_A_NAME} (VM 'web2')"),
    "text that begins as a dictionary": ({"rdns": '{"198.18.1.2": '}, f"vms[1].rdns: {NOT_A_NAME} (VM 'web2')"),
    "a dictionary in it": (
        {"rdns": {"198.18.1.2": {"name": "x"}}},
        "vms[1].rdns: 198.18.1.2 has a value that is not a name; specify a name or an empty string (VM 'web2')",
    ),
    "the same in JSON": (
        {"rdns": '{"198.18.1.2": {"name": "x"}}'},
        "vms[1].rdns: 198.18.1.2 has a value that is not a name; specify a name or an empty string (VM 'web2')",
    ),
    "a network": (
        {"rdns": {"198.18.1.0/24": "x"}},
        "vms[1].rdns: '198.18.1.0/24' is not an IPv4 or IPv6 address; specify one without a prefix length (VM 'web2')",
    ),
    "an address twice": (
        {"rdns": {"2001:db8::1:2": "x", "2001:DB8:0::1:2": "y"}},
        "vms[1].rdns: 2001:db8::1:2 is listed twice; list each address once (VM 'web2')",
    ),
    "an address of another VM": (
        {"rdns": {"198.18.1.1": "x"}},
        "vms[1] (web2.default.acme): rdns: 198.18.1.1 is not an address of VM web2.default.acme, whose addresses "
        "are: 198.18.1.2, 2001:db8::1:2",
    ),
    "a new VM": (
        {"name": "web9", "rdns": {"198.18.1.2": "x"}},
        "vms[1] (web9.default.acme): rdns: the addresses of a new VM are not known yet",
    ),
    "five": (
        {"additional_ipv4": 5, "additional_ipv4_reason": WHY},
        "vms[1] (web2.default.acme): additional_ipv4: VM web2.default.acme cannot have 5 additional addresses",
    ),
    "five of a new VM": (
        {"name": "web9", "additional_ipv4": 5, "additional_ipv4_reason": WHY},
        "vms[1] (web9.default.acme): additional_ipv4: VM web9.default.acme cannot have 5 additional addresses",
    ),
    "less than none": ({"additional_ipv4": -1}, "vms[1].additional_ipv4: must be at least 0, got -1"),
    "no reason": (
        {"additional_ipv4": 1},
        "vms[1] (web2.default.acme): additional_ipv4_reason: is required to add addresses to VM web2.default.acme",
    ),
    "a blank reason": (
        {"additional_ipv4": 1, "additional_ipv4_reason": " "},
        "vms[1] (web2.default.acme): additional_ipv4_reason: is required to add addresses to VM web2.default.acme",
    ),
}


@pytest.mark.parametrize(("options", "message"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("check_mode", [True, False])
def test_bad_input_is_one_clear_error(
    cloud: Cloud, bigv_fleet: Runner, options: dict[str, Any], message: str, check_mode: bool
) -> None:
    cloud.seed(server(1), server(2))
    task = {"vms": [{"name": "web1", "cores": 2}, {"name": "web2", **options}]}
    result = bigv_fleet(**task, check_mode=check_mode)
    assert result["failed"]
    assert result["msg"].startswith(f"Nothing was changed, because not everything is possible: {message}")
    assert result["msg"].isprintable()
    assert cloud.writes() == []


@pytest.mark.parametrize("value", ["one", 1.5, [1], {"a": 1}])
def test_a_number_of_addresses_that_is_none(cloud: Cloud, bigv_fleet: Runner, value: Any) -> None:
    result = bigv_fleet(vms=[{"name": "web1", "additional_ipv4": value}])
    assert "additional_ipv4" in result["msg"]
    assert result["msg"].isprintable()
    assert cloud.calls() == []


@pytest.mark.parametrize("rdns", [5, {"198.18.1.1": 5}])
def test_a_default_that_does_not_fit_is_said_once(cloud: Cloud, bigv_fleet: Runner, rdns: Any) -> None:
    cloud.seed(*map(server, range(1, 6)))
    vms = [{"name": f"web{number}"} for number in range(1, 6)]
    result = bigv_fleet(vms=vms, defaults={"rdns": rdns})
    assert result["msg"].count("rdns: ") == 1
    assert "(also in vms[1], vms[2], vms[3] and 1 more)" in result["msg"]


def test_a_dictionary_may_be_the_text_of_one(cloud: Cloud, bigv_fleet: Runner) -> None:
    """As a template or the command line gives it."""
    cloud.seed(server(1))
    rdns = {"198.18.1.1": "www.example.com", "2001:db8::1:1": ""}
    assert bigv_fleet(vms=[{"name": "web1", "rdns": json.dumps(rdns)}])["changed"]
    assert not bigv_fleet(vms=[{"name": "web1", "rdns": rdns}])["changed"]


@pytest.mark.parametrize("fault", ["reset_after", "truncate", "empty", "not_json"])
def test_no_address_is_added_twice_where_answers_are_lost(cloud: Cloud, bigv_fleet: Runner, fault: str) -> None:
    cloud.seed(*map(server, range(1, 5)))
    cloud.faults({"method": "POST", "path": "*ip_create", "fault": fault, "count": 8})
    vms = [{"name": f"web{number}", "discs": [{"label": "root", "size": "25GiB"}]} for number in range(1, 9)]
    task = {"vms": vms, "defaults": {"additional_ipv4": 2, "additional_ipv4_reason": WHY}}
    done = bigv_fleet(**task, api_retries=3)
    assert not done.get("failed"), done["msg"]
    assert cloud.happened() == [fault] * 8
    assert set(additions(cloud).values()) == {2}
    assert {len(ips) for ips in extra_ips(cloud).values()} == {2}
    check_repeat(cloud, bigv_fleet, **task)


def test_additional_addresses_destroy_nothing(cloud: Cloud, bigv_fleet: Runner) -> None:
    cloud.seed(server(1))
    vms = [{"name": "web1", "additional_ipv4": 1, "additional_ipv4_reason": WHY, "rdns": "www.example.com"}]
    assert bigv_fleet(vms=vms, protect=["*"], max_deletions="0", prune="delete")["changed"]


@pytest.mark.parametrize("on_error", ["continue", "stop"])
def test_one_that_fails(cloud: Cloud, bigv_fleet: Runner, on_error: str) -> None:
    cloud.seed(*map(server, range(1, 5)))
    cloud.faults({"method": "POST", "path": "*ip_create", "fault": "status", "status": 400, "count": 1})
    vms = [{"name": f"web{number}", "rdns": "www.example.com"} for number in range(1, 5)]
    task = {"vms": vms, "defaults": {"additional_ipv4": 1, "additional_ipv4_reason": WHY}, "concurrency": 1}
    result = bigv_fleet(**task, on_error=on_error)
    assert "Could not add 1 additional IPv4 address to VM web" in result["msg"]
    assert result["summary"]["failed"] == 1
    assert result["summary"]["skipped"] == (3 if on_error == "stop" else 0)
    cloud.faults()
    assert not bigv_fleet(**task).get("failed")
    assert {len(ips) for ips in extra_ips(cloud).values()} == {1}


@pytest.mark.parametrize("is_there", [True, False], ids=["there", "new"])
def test_two_fleets_at_once(cloud: Cloud, bigv_fleet: Runner, is_there: bool) -> None:
    """What one can see that the other has added meanwhile, it does not add again."""
    cloud.seed(*([server(1)] if is_there else ()))
    cloud.faults({"method": "PUT", "path": "/ips/*", "fault": "latency", "seconds": 2, "count": 1})

    def add_meanwhile() -> None:
        while not cloud.happened():
            sleep(0.02)
        (nic,) = cloud.vms()["web1"]["network_interfaces"]
        cloud.api("POST", f"{WEB1}/nics/{nic['id']}/ip_create", {"addresses": 2, "reason": "of another play"})

    wanted = {"name": "web1", "additional_ipv4": 2, "additional_ipv4_reason": WHY, "discs": [{"size": "25GiB"}]}
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(add_meanwhile)
        done = bigv_fleet(vms=[{**wanted, "rdns": "www.example.com"}])
        other.result()
    assert not done.get("failed"), done["msg"]
    assert not any("additional" in action for action in done["actions"])
    assert {len(ips) for ips in extra_ips(cloud).values()} == {2}


def test_many_servers(cloud: Cloud, bigv_fleet: Runner) -> None:
    count = 200
    cloud.seed(*({"name": f"web{number}", "discs": DISCS} for number in range(count)))
    task = {
        "vms": [{"name": f"web{number}"} for number in range(count)],
        "defaults": {"additional_ipv4": 1, "additional_ipv4_reason": WHY},
    }
    done = bigv_fleet(**task)
    assert not done.get("failed"), done["msg"]
    assert set(additions(cloud).values()) == {1}
    assert {name: len(ips) for name, ips in extra_ips(cloud).items()} == {f"web{number}": 1 for number in range(count)}
    _again, calls = check_repeat(cloud, bigv_fleet, **task)
    assert calls == [ACCOUNT]
