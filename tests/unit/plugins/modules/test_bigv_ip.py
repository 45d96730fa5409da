# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_ip for real, against the simulated cloud: reverse DNS, additional addresses, refusals."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

FIRST, SIXTH, EXTRA, OTHER = "198.18.0.1", "2001:db8:0:2329::", "198.18.0.77", "198.18.0.2"
WEB1 = "/accounts/acme/groups/default/virtual_machines/web1"
NIC = {"id": 9001, "ips": [FIRST, SIXTH], "extra_ips": {EXTRA: FIRST}}
FULL = {**NIC, "extra_ips": dict.fromkeys([EXTRA, "198.18.0.78", "198.18.0.79", "198.18.0.80"], FIRST)}
DELETED = {"state": "absent", "purge": True}


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def way(request):
    return request.param


@pytest.fixture
def seeded(cloud):
    """Seed web1 with an additional address, web2 of another account, and one that is soft-deleted."""

    def seed(nic=None, **attributes):
        web1 = {"name": "web1", "id": 700, "network_interfaces": [nic or NIC], **attributes}
        gone = {"name": "gone", "deleted": True, "power_on": False}
        gone["network_interfaces"] = [{"id": 9002, "ips": ["198.18.0.5"], "extra_ips": {"198.18.0.6": "198.18.0.5"}}]
        theirs = {"name": "web2", "network_interfaces": [{"id": 9003, "ips": [OTHER], "extra_ips": {}}]}
        groups = [{"name": "default", "virtual_machines": [web1, gone]}]
        theirs_too = [{"name": "default", "virtual_machines": [theirs]}]
        accounts = [{"name": "acme", "groups": groups}, {"name": "globex", "groups": theirs_too}]
        instantly = {"build_time": 0, "shutdown_time": 0, "boot_time": 0}
        cloud.control("POST", "seed", {"accounts": accounts, "settings": instantly})
        cloud.clear()

    seed()
    return seed


def rdns(cloud, address):
    return cloud.api("GET", f"/ips/{address}?include_deleted=true")["rdns"]


@pytest.mark.parametrize("address", [FIRST, SIXTH, EXTRA])
def test_reverse_dns_is_set_compared_and_unset(cloud, seeded, bigv_ip, address):
    predicted, done = (bigv_ip(address=address, rdns="www.example.com", check_mode=mode) for mode in (True, False))
    assert done["ip"] == predicted["ip"]
    assert done["ip"] == {
        "address": address,
        "rdns": "www.example.com",
        "family": "ipv6" if address == SIXTH else "ipv4",
        "additional": address == EXTRA,
        "virtual_machine_id": 700,
    }
    assert done["diff"] == predicted["diff"]
    assert rdns(cloud, address) == "www.example.com"

    for same in ("www.example.com", "WWW.Example.COM."):
        again = bigv_ip(address=address, rdns=same)
        assert (again["changed"], again["ip"]) == (False, done["ip"])
    assert not bigv_ip(address=address)["changed"]

    removed = bigv_ip(address=address, rdns="")
    assert removed["actions"] == [f"remove the reverse DNS of {address} of VM web1.default.acme"]
    assert removed["ip"]["rdns"] is None
    assert rdns(cloud, address) is None
    assert not bigv_ip(address=address, rdns="")["changed"]


@pytest.mark.parametrize("spelling", ["2001:DB8:0:2329::", "2001:0db8:0000:2329:0:0:0:0", " 2001:db8:0:2329::0 "])
def test_an_address_goes_by_any_spelling(cloud, seeded, bigv_ip, spelling):
    assert bigv_ip(address=spelling, rdns="www.example.com")["ip"]["address"] == SIXTH
    assert not bigv_ip(address=spelling, rdns="www.example.com")["changed"]


def test_the_same_address_costs_two_gets(cloud, seeded, bigv_ip):
    bigv_ip(address=FIRST, rdns="www.example.com")
    cloud.clear()
    assert not bigv_ip(address=FIRST, rdns="www.example.com", account=None)["changed"]
    assert cloud.calls() == [f"GET /ips/{FIRST}", "GET /nics"]


def test_additional_is_at_least(cloud, seeded, bigv_ip):
    for enough in (0, 1):
        cloud.clear()
        result = bigv_ip(vm="web1", additional=enough)
        assert (result["changed"], result["created"]) == (False, [])
        assert cloud.calls() == [f"GET {WEB1}"]
    task = {"vm": "web1", "additional": 3, "reason": "two shops"}
    predicted, done = (bigv_ip(**task, check_mode=mode) for mode in (True, False))
    assert predicted["created"] == [None, None]
    extra = cloud.vms()["web1"]["network_interfaces"][0]["extra_ips"]
    assert sorted(done["created"]) == sorted(extra.keys() - {EXTRA})
    assert [ip["address"] for ip in done["ips"]] == [FIRST, SIXTH, *extra]
    assert [ip["address"] for ip in predicted["ips"]] == [FIRST, SIXTH, EXTRA, None, None]
    for result in (predicted, done):
        assert [ip["additional"] for ip in result["ips"]] == [False, False, True, True, True]
        assert {ip["virtual_machine_id"] for ip in result["ips"]} == {700}
        assert not any("rdns" in ip for ip in result["ips"])
        assert (result["diff"]["before"], result["diff"]["after"]["additional"]) == ({"additional": 1}, 3)
    (write,) = cloud.writes()
    assert write["body"] == {"addresses": 2, "family": "ipv4", "reason": "two shops", "contiguous": False}
    again = bigv_ip(**task)
    assert (again["changed"], again["created"], again["ips"]) == (False, [], done["ips"])


def test_contiguous_is_passed_on(cloud, seeded, bigv_ip):
    bigv_ip(vm="web1", additional=3, reason="two shops", contiguous=True)
    assert cloud.writes()[0]["body"]["contiguous"] is True


@pytest.mark.parametrize("vm", ["700", "web1.default", "web1.default.acme"])
def test_a_vm_goes_by_its_name_or_its_id(cloud, seeded, bigv_ip, vm):
    assert bigv_ip(vm=vm, additional=1)["ips"][0]["address"] == FIRST


def test_a_nic_that_is_full_is_passed_over(cloud, seeded, bigv_ip):
    second = {"id": 9009, "ips": ["198.18.0.90"], "extra_ips": {}}
    cloud.seed({"name": "web1", "network_interfaces": [FULL, second]})
    assert bigv_ip(vm="web1", additional=6, reason="more")["changed"]
    assert len(cloud.vms()["web1"]["network_interfaces"][1]["extra_ips"]) == 2
    assert cloud.writes()[0]["path"] == f"{WEB1}/nics/9009/ip_create"


def test_an_additional_address_is_deleted_for_good(cloud, seeded, bigv_ip):
    predicted, done = (bigv_ip(address=EXTRA, **DELETED, check_mode=mode) for mode in (True, False))
    for result in (predicted, done):
        assert (result["changed"], result["ip"]) == (True, None)
        assert result["diff"]["before"] == {"address": EXTRA, "rdns": None}
        announced = f"delete the additional address {EXTRA} of VM web1.default.acme (permanently)"
        assert result["diff"]["after"] == {"actions": [announced]}
    assert cloud.vms()["web1"]["network_interfaces"][0]["extra_ips"] == {}
    cloud.clear()
    assert not bigv_ip(address=EXTRA, **DELETED)["changed"]
    assert cloud.calls() == [f"GET /ips/{EXTRA}"]


def test_the_owner_of_an_address_is_protected(cloud, seeded, bigv_ip):
    for mode in (True, False):
        result = bigv_ip(address=EXTRA, **DELETED, protect=["web1"], check_mode=mode)
        assert "protect: " in result["msg"]
    assert bigv_ip(address=EXTRA, rdns="www.example.com", protect=["web1"])["changed"]
    assert cloud.done()[0]["method"] == "PUT"
    assert len(cloud.writes()) == 1


REFUSED = {
    "nothing": ({}, "address: is missing; set address or vm"),
    "null": ({"address": None}, "address: is missing; set address or vm"),
    "a network": ({"address": "198.18.0.0/24"}, "address: '198.18.0.0/24' is not an IPv4 or IPv6 address; specify one"),
    "one with a prefix": ({"address": f"{FIRST}/32"}, f"address: '{FIRST}/32' is not an IPv4 or IPv6 address"),
    "a name": ({"address": "www.example.com"}, "address: 'www.example.com' is not an IPv4 or IPv6 address"),
    "with a zone": ({"address": "fe80::1%eth0"}, "address: 'fe80::1%eth0' is not an IPv4 or IPv6 address"),
    "empty": ({"address": ""}, "address: '' is not an IPv4 or IPv6 address"),
    "unknown": ({"address": "192.0.2.9"}, "address: there is no address 192.0.2.9, or these credentials cannot see it"),
    "of another account": ({"address": OTHER, "rdns": "a.b"}, f"{OTHER} is on none of the NICs of account acme"),
    "of a soft-deleted VM": (
        {"address": "198.18.0.5", "rdns": "a.b"},
        "address: 198.18.0.5 is an address of VM gone.default.acme, which is soft-deleted; restore it first",
    ),
    "to delete, of a soft-deleted VM": (
        {"address": "198.18.0.6", **DELETED},
        "which is soft-deleted; restore it first",
    ),
    "to delete, of another account": ({"address": OTHER, **DELETED}, f"{OTHER} is on none of the NICs of account acme"),
    "to delete, primary": (
        {"address": FIRST, **DELETED},
        f"address: {FIRST} is the primary IPv4 address of VM web1.default.acme, and only additional ones can be",
    ),
    "to delete, primary IPv6": ({"address": SIXTH, **DELETED}, f"address: {SIXTH} is the primary IPv6 address of"),
    "to delete, without purge": ({"address": EXTRA, "state": "absent"}, "so state: absent requires purge: true"),
    "to delete, with a name": ({"address": EXTRA, "rdns": "a.b", **DELETED}, "rdns: cannot be used with state: absent"),
    "to delete, all of a VM": ({"vm": "web1", "additional": 0, **DELETED}, "never all addresses of a VM; set address"),
    "a fifth": (
        {"vm": "web1", "additional": 5, "reason": "more"},
        "additional: VM web1.default.acme cannot have 5 additional addresses, because a NIC has at most 4",
    ),
    "many": ({"vm": "web1", "additional": 10**9, "reason": "more"}, "additional: must be at most"),
    "fewer than none": ({"vm": "web1", "additional": -1}, "additional: must be at least 0, got -1"),
    "for no reason": (
        {"vm": "web1", "additional": 2},
        "reason: is required to add addresses to VM web1.default.acme, because the provider asks for it; state",
    ),
    "for an empty reason": ({"vm": "web1", "additional": 2, "reason": "  "}, "reason: is required to add addresses to"),
    "to a VM that is soft-deleted": (
        {"vm": "gone", "additional": 2, "reason": "more"},
        "vm: VM gone.default.acme is soft-deleted, so it cannot be changed; restore it first",
    ),
    "no number of them": ({"vm": "web1", "additional": None}, "required by 'vm': additional"),
    "no VM": ({"additional": 2, "reason": "more"}, "address: is missing; set address or vm"),
    "an address and a VM": ({"address": EXTRA, "vm": "web1", "additional": 1}, "mutually exclusive: address|vm"),
    "a VM and a name": ({"vm": "web1", "additional": 1, "rdns": "a.b"}, "mutually exclusive: vm|rdns"),
}


@pytest.mark.parametrize(("task", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_before_anything_is_written(cloud, seeded, bigv_ip, task, message):
    for check_mode in (True, False):
        result = bigv_ip(**task, check_mode=check_mode)
        assert result.get("failed")
        assert message in result["msg"]
        assert "Traceback" not in result["msg"]
    assert cloud.writes() == []


def test_a_vm_that_is_missing_is_refused_and_in_check_mode_a_warning(cloud, seeded, bigv_ip):
    task = {"vm": "new", "additional": 2, "reason": "more"}
    done, predicted = (bigv_ip(**task, check_mode=check_mode) for check_mode in (False, True))
    assert done["msg"] == "vm: there is no VM new.default.acme, or these credentials cannot see it"
    assert done["msg"] in predicted["warnings"][0]
    assert predicted["created"] == [None, None]
    assert cloud.writes() == []


def test_a_vm_without_a_nic_has_no_room(cloud, bigv_ip):
    cloud.seed({"name": "web1", "network_interfaces": []})
    result = bigv_ip(vm="web1", additional=1, reason="more")
    assert result["msg"] == "additional: VM web1.default.acme has no NIC that can take more addresses"


def test_an_address_that_cannot_be_changed_can_be_as_desired(cloud, seeded, bigv_ip):
    assert not bigv_ip(address="198.18.0.5", rdns="")["changed"]
