# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_ip_swap for real, against the simulated cloud: what moves, what is refused, what it costs."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

BLUE, BLUE6, GREEN, GREEN6 = "198.18.0.1", "2001:db8::1", "198.18.0.2", "2001:db8::2"
SHOP, BLOG = "198.18.0.77", "198.18.0.88"
DEFAULT = "/accounts/acme/groups/default/virtual_machines"
TASK = {"vm": "green", "with_vm": "blue", "address": BLUE}
SWAPPED = "swap the addresses of VM green.default.acme and VM blue.default.acme"


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def way(request):
    return request.param


def vm(name, vm_id, ips, extra_ips, on):
    nics = [{"id": 9000 + vm_id, "ips": ips, "extra_ips": extra_ips}]
    return {"name": name, "id": vm_id, "power_on": on, "autoreboot_on": on, "network_interfaces": nics}


@pytest.fixture
def seeded(cloud):
    """Seed blue and green, each on or off, and what else there is."""

    def seed(blue=False, green=False, more=(), **settings):
        cloud.seed(
            vm("blue", 1, [BLUE, BLUE6], {SHOP: BLUE}, blue),
            vm("green", 2, [GREEN, GREEN6], {BLOG: GREEN}, green),
            *more,
            **settings,
        )

    seed()
    return seed


def nics(cloud):
    return {name: vm["network_interfaces"][0] for name, vm in cloud.vms().items()}


def power(cloud):
    return {name: (vm["power_on"], vm["autoreboot_on"]) for name, vm in cloud.vms().items()}


@pytest.mark.parametrize("address", [BLUE, BLUE6, "2001:DB8:0::1"])
def test_the_primary_addresses_are_swapped(cloud, seeded, bigv_ip_swap, address):
    task = TASK | {"address": address}
    predicted, done = (bigv_ip_swap(**task, check_mode=check_mode) for check_mode in (True, False))
    for result in (predicted, done):
        assert (result["changed"], result["actions"]) == (True, [SWAPPED])
        assert result["vm"]["ipv4"] == [BLUE, BLOG]
        assert result["vm"]["ipv6"] == [BLUE6]
        assert (result["with_vm"]["ipv4"], result["with_vm"]["ipv6"]) == ([GREEN, SHOP], [GREEN6])
        assert result["vm"]["name"], result["with_vm"]["name"] == ("green", "blue")
    assert done["diff"] == predicted["diff"]
    assert done["diff"]["before"] == {
        "addresses": {
            "green.default.acme": f"{GREEN}, {BLOG}, {GREEN6}",
            "blue.default.acme": f"{BLUE}, {SHOP}, {BLUE6}",
        }
    }
    assert done["diff"]["after"] == {
        "actions": [SWAPPED],
        "addresses": {
            "green.default.acme": f"{BLUE}, {BLOG}, {BLUE6}",
            "blue.default.acme": f"{GREEN}, {SHOP}, {GREEN6}",
        },
    }
    assert nics(cloud)["green"]["extra_ips"] == {BLOG: BLUE}

    cloud.clear()
    again = bigv_ip_swap(**task)
    assert (again["changed"], again["vm"], again["with_vm"]) == (False, done["vm"], done["with_vm"])
    assert again["diff"]["before"] == again["diff"]["after"]
    assert cloud.calls() == [f"GET {DEFAULT}/green", f"GET {DEFAULT}/blue"]


def test_additional_addresses_move_too_if_asked(cloud, seeded, bigv_ip_swap):
    task = TASK | {"move_additional": True}
    predicted, done = (bigv_ip_swap(**task, check_mode=check_mode) for check_mode in (True, False))
    for result in (predicted, done):
        assert (result["vm"]["ipv4"], result["with_vm"]["ipv4"]) == ([BLUE, SHOP], [GREEN, BLOG])
        assert result["vm"]["network_interfaces"][0]["extra_ips"] == {SHOP: BLUE}
    assert cloud.writes()[0]["body"]["move_additional_ips"] is True
    assert nics(cloud)["blue"]["extra_ips"] == {BLOG: GREEN}


def test_reverse_dns_goes_with_the_address(cloud, seeded, bigv_ip, bigv_ip_swap):
    bigv_ip(address=BLUE, rdns="www.example.com")
    bigv_ip_swap(**TASK)
    result = bigv_ip(address=BLUE, rdns="www.example.com")
    assert (result["changed"], result["ip"]["virtual_machine_id"]) == (False, 2)


@pytest.mark.parametrize("blue", [False, True])
@pytest.mark.parametrize("green", [False, True])
def test_what_is_on_is_shut_down_and_started_again(cloud, seeded, bigv_ip_swap, blue, green):
    seeded(blue, green)
    task = TASK | {"allow_restart": True}
    predicted, done = (bigv_ip_swap(**task, check_mode=check_mode) for check_mode in (True, False))
    assert done["actions"] == predicted["actions"]
    assert done["vm"] == predicted["vm"]
    assert done["with_vm"] == predicted["with_vm"]
    assert power(cloud) == {"blue": (blue, blue), "green": (green, green)}
    assert nics(cloud)["green"]["ips"] == [BLUE, BLUE6]
    said = (
        "was already off and stays off. If an earlier run of this task was killed, start the VM with bigv_vm and state"
    )
    assert (said in str(done.get("warnings"))) is not green
    assert not bigv_ip_swap(**task)["changed"]
    assert power(cloud) == {"blue": (blue, blue), "green": (green, green)}


def test_autoreboot_is_as_it_was_found(cloud, seeded, bigv_ip_swap):
    seeded(True, True)
    cloud.api("PUT", f"{DEFAULT}/green", {"autoreboot_on": False})
    assert bigv_ip_swap(**TASK, allow_restart=True)["changed"]
    assert power(cloud) == {"blue": (True, True), "green": (True, False)}


def test_the_last_to_go_down_is_the_one_that_has_the_address(cloud, seeded, bigv_ip_swap):
    seeded(True, True)
    actions = bigv_ip_swap(**TASK, allow_restart=True, check_mode=True)["actions"]
    assert [action for action in actions if "down" in action or "start" in action] == [
        "shut VM green.default.acme down",
        "shut VM blue.default.acme down",
        "start VM green.default.acme again",
        "start VM blue.default.acme again",
    ]


@pytest.mark.parametrize("wait", [False, True])
def test_both_are_started_before_either_is_waited_for(cloud, seeded, bigv_ip_swap, wait):
    seeded(True, True, boot_time=0.6)
    done = bigv_ip_swap(**TASK, allow_restart=True, wait=wait)
    assert wait is (done["vm"]["power_on"] and done["with_vm"]["power_on"])
    calls = cloud.calls()
    starts = [position for position, call in enumerate(calls) if call.startswith("PUT")][-2:]
    assert starts[1] == starts[0] + 1


@pytest.mark.parametrize("force_stop", [False, True])
def test_a_guest_that_ignores_the_shutdown(cloud, seeded, bigv_ip_swap, force_stop):
    seeded(True, True, ignore_acpi=["blue"])
    done = bigv_ip_swap(**TASK, allow_restart=True, shutdown_timeout=0, force_stop=force_stop)
    assert power(cloud) == {"blue": (True, True), "green": (True, True)}
    if force_stop:
        assert "forcibly power off VM blue.default.acme" in done["actions"]
        assert nics(cloud)["green"]["ips"] == [BLUE, BLUE6]
    else:
        assert "for VM blue.default.acme to be powered off; last seen: power_on true" in done["msg"]
        assert "force_stop: true" in done["msg"]
        assert nics(cloud)["green"]["ips"] == [GREEN, GREEN6]


def test_vms_go_by_their_ids_and_dotted_names(cloud, seeded, bigv_ip_swap):
    assert not bigv_ip_swap(vm="1", with_vm="green.default.acme", address=BLUE)["changed"]
    assert bigv_ip_swap(vm="2", with_vm="blue.default", address=BLUE)["changed"]


def test_only_the_addresses_of_the_first_nics_are_swapped(cloud, bigv_ip_swap):
    second = {"ips": ["198.18.0.3", "2001:db8::3"], "extra_ips": {}}
    blue = vm("blue", 1, [BLUE], {}, False)
    blue["network_interfaces"].append(second)
    cloud.seed(blue, vm("green", 2, [GREEN, GREEN6], {}, False))
    for address in second["ips"]:
        assert "is an address of neither" in bigv_ip_swap(**TASK | {"address": address})["msg"]
        assert not bigv_ip_swap(vm="blue", with_vm="green", address=address)["changed"]
    assert cloud.writes() == []
    predicted, done = (bigv_ip_swap(**TASK, check_mode=check_mode) for check_mode in (True, False))
    assert (done["vm"]["ipv4"], done["vm"]["ipv6"]) == ([BLUE], [])
    assert (done["with_vm"]["ipv4"], done["with_vm"]["ipv6"]) == ([GREEN, "198.18.0.3"], [GREEN6, "2001:db8::3"])
    assert (predicted["vm"], predicted["with_vm"]) == (done["vm"], done["with_vm"])


REFUSED = {
    "neither has it": (
        {"address": "192.0.2.9"},
        "address: 192.0.2.9 is an address of neither VM green.default.acme nor VM blue.default.acme, whose primary "
        f"addresses are {BLUE}, {BLUE6}",
    ),
    "an additional one of the other": (
        {"address": SHOP},
        f"address: {SHOP} is an additional address of VM blue.default.acme, and only primary ones are swapped",
    ),
    "an additional one of its own": (
        {"address": BLOG},
        f"address: {BLOG} is an additional address of VM green.default",
    ),
    "a network": ({"address": "198.18.0.0/24"}, "address: '198.18.0.0/24' is not an IPv4 or IPv6 address"),
    "a name": ({"address": "www.example.com"}, "address: 'www.example.com' is not an IPv4 or IPv6 address"),
    "the same VM": (
        {"with_vm": "green"},
        "with_vm: is the same VM as vm, green.default.acme; specify another VM to swap",
    ),
    "the same VM by its id": ({"with_vm": "2"}, "with_vm: is the same VM as vm, green.default.acme"),
    "soft-deleted": ({"with_vm": "gone"}, "with_vm: VM gone.default.acme is soft-deleted, so it cannot be changed"),
    "soft-deleted, first": ({"vm": "gone"}, "vm: VM gone.default.acme is soft-deleted, so it cannot be changed"),
    "on": (
        {"vm": "red"},
        "allow_restart: VM red.default.acme is on, and addresses can be swapped only while both VMs are off; set "
        "allow_restart: true to shut down what is on and start it again afterwards",
    ),
    "without a NIC": ({"vm": "bare"}, "vm: VM bare.default.acme has no NIC that can take an address"),
    "a bad timeout": ({"shutdown_timeout": -1}, "shutdown_timeout: must be at least 0, got -1"),
    "no name": ({"vm": "a/b"}, "vm: 'a/b' is not a valid name"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_before_anything_is_written(cloud, seeded, bigv_ip_swap, options, message):
    off = {"power_on": False, "autoreboot_on": False}
    gone, bare = {"name": "gone", "deleted": True, **off}, {"name": "bare", "network_interfaces": [], **off}
    seeded(more=[gone, bare, {"name": "red"}])
    for check_mode in (True, False):
        result = bigv_ip_swap(**TASK | options, check_mode=check_mode)
        assert result.get("failed")
        assert message in result["msg"]
    assert cloud.writes() == []


def test_a_vm_that_is_missing_is_refused_and_in_check_mode_a_warning(cloud, seeded, bigv_ip_swap):
    for option in ("vm", "with_vm"):
        task = TASK | {option: "new"}
        done, predicted = (bigv_ip_swap(**task, check_mode=check_mode) for check_mode in (False, True))
        assert done["msg"] == f"{option}: there is no VM new.default.acme, or these credentials cannot see it"
        assert done["msg"] in predicted["warnings"][0]
    same = TASK | {"vm": "new", "with_vm": "new"}
    assert all(bigv_ip_swap(**same, check_mode=check_mode)["failed"] for check_mode in (False, True))
    assert cloud.writes() == []
