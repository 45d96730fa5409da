# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Additional addresses and reverse DNS are part of what adopt describes, and what it describes is kept so."""

from __future__ import annotations

import json

import pytest
import yaml

REASON = "Replacement for the server's previous additional addresses, whose purpose is not recorded"
VMS = "/accounts/acme/groups/{}/virtual_machines/{}"


def nic(number, *extra):
    """Return a NIC with two primary addresses, and with additional ones that are routed to the first."""
    ips = [f"198.18.1.{number}", f"2001:db8::1:{number}"]
    return {"ips": ips, "extra_ips": dict.fromkeys(extra, ips[0])}


def extra(*numbers):
    return [f"198.18.2.{number}" for number in numbers]


ACCOUNT = {
    "default": [
        {"name": "plain", "network_interfaces": [nic(1)]},
        {"name": "one-name", "network_interfaces": [nic(2)]},
        {"name": "two-names", "network_interfaces": [nic(3)]},
        {"name": "only-ipv6", "network_interfaces": [nic(4)]},
        {"name": "only-ipv4", "network_interfaces": [{"ips": ["198.18.1.5"], "extra_ips": {}}]},
        {"name": "no-nic", "network_interfaces": []},
        {"name": "gone", "network_interfaces": [nic(6, *extra(60))], "deleted": True},
    ],
    "staging": [
        {"name": "42", "network_interfaces": [nic(7, *extra(70, 71))]},
        {"name": "named-extra", "network_interfaces": [nic(8, *extra(80))]},
        {"name": "two-nics", "network_interfaces": [nic(9, *extra(90, 91, 92, 93)), nic(10, *extra(94))]},
        {"name": "named-second", "network_interfaces": [nic(11), nic(12)]},
        {"name": "ipv6-extra", "network_interfaces": [nic(13, "2001:db8::2:1")]},
    ],
}
NAMES = {
    "198.18.1.2": "www.Example.com", "2001:db8::1:2": "WWW.example.com",
    "198.18.1.3": "four.example.com", "2001:db8::1:3": "six.example.com",
    "2001:db8::1:4": "six.example.com",
    "198.18.1.5": "four.example.com",
    "198.18.1.6": "gone.example.com",
    "198.18.1.7": "www.example.com", "2001:db8::1:7": "www.example.com",
    "198.18.1.8": "www.example.com", "2001:db8::1:8": "www.example.com", "198.18.2.80": "shop.example.com",
    "198.18.1.11": "www.example.com", "2001:db8::1:11": "www.example.com", "198.18.1.12": "www.example.com",
    "2001:db8::2:1": "more.example.com",
}  # fmt: skip
# What is written down of each VM: its name or names, and how many additional addresses it has.
DESCRIBED = {
    "plain": (None, None),
    "one-name": ("www.Example.com", None),
    "two-names": ({"198.18.1.3": "four.example.com", "2001:db8::1:3": "six.example.com"}, None),
    "only-ipv6": ({"2001:db8::1:4": "six.example.com"}, None),
    "only-ipv4": ("four.example.com", None),
    "no-nic": (None, None),
    "42": ("www.example.com", 2),
    "named-extra": (
        {"198.18.1.8": "www.example.com", "198.18.2.80": "shop.example.com", "2001:db8::1:8": "www.example.com"},
        1,
    ),
    "two-nics": (None, 5),
    "named-second": (
        {"198.18.1.11": "www.example.com", "198.18.1.12": "www.example.com", "2001:db8::1:11": "www.example.com"},
        None,
    ),
    "ipv6-extra": ({"2001:db8::2:1": "more.example.com"}, None),
}


@pytest.fixture
def playbook(command, tmp_path):
    """Run a playbook of the collection on what was adopted."""

    def run(name, *arguments, status=0):
        done = command("ansible-playbook", f"bytemark.cloud.{name}", "-e", "@fleet.yml", *arguments, COLUMNS="4000")
        assert done.status == status, done.output
        return done

    return run


@pytest.fixture
def adopted(cloud, command, tmp_path):
    """Adopt the account, and return what is described."""
    cloud.seed(*ACCOUNT["default"], staging=ACCOUNT["staging"])
    for address, name in NAMES.items():
        if address != "198.18.1.6":
            cloud.api("PUT", f"/ips/{address}", {"rdns": name})
    cloud.clear()
    done = command("ansible-playbook", "bytemark.cloud.adopt")
    assert done.status == 0, done.output
    assert cloud.writes() == []
    return yaml.safe_load((tmp_path / "fleet.yml").read_text(encoding="utf-8"))["bigv_fleet"]


def test_what_is_described(cloud, adopted):
    assert {vm["name"]: (vm.get("rdns"), vm.get("additional_ipv4")) for vm in adopted["vms"]} == DESCRIBED
    assert adopted["defaults"] == {"additional_ipv4_reason": REASON}
    reads = [call for call in cloud.calls() if call.startswith("GET /ips/")]
    assert len(reads) == len(set(reads)) == sum(
        len(nic["ips"]) + len(nic["extra_ips"])
        for vms in ACCOUNT.values() for vm in vms if not vm.get("deleted") for nic in vm["network_interfaces"]
    )  # fmt: skip
    assert len(cloud.calls()) == len(reads) + 3


@pytest.mark.usefixtures("adopted")
def test_what_is_described_is_so(cloud, command, playbook):
    cloud.clear()
    assert playbook("provision", "--check").changed == 0
    assert playbook("provision").changed == 0
    assert "nothing to change" in playbook("drift").output
    assert command("ansible-playbook", "bytemark.cloud.adopt").changed == 0
    assert cloud.writes() == []


@pytest.mark.usefixtures("adopted")
def test_what_has_changed_since_is_said_and_mended(cloud, playbook, tmp_path):
    cloud.api("PUT", "/ips/198.18.1.2", {"rdns": None})
    cloud.api("PUT", "/ips/198.18.2.80", {"rdns": "other.example.com"})
    cloud.api("DELETE", "/ips/198.18.2.71")
    cloud.clear()
    drift = playbook("drift", "-e", "fleet_report_json=drift.json", status=2)
    actions = [
        "set the reverse DNS of 198.18.1.2 of VM one-name.default.acme to www.Example.com",
        "add 1 additional IPv4 address to VM 42.staging.acme",
        "set the reverse DNS of 198.18.2.80 of VM named-extra.staging.acme to shop.example.com",
    ]
    assert f"3 actions are needed: {'; '.join(actions)}" in drift.output
    report = json.loads((tmp_path / "drift.json").read_text(encoding="utf-8"))
    assert sorted(action for resource in report["resources"] for action in resource["actions"]) == sorted(actions)
    assert cloud.writes() == []
    playbook("provision")
    assert {write["body"]["reason"] for write in cloud.writes() if "reason" in write["body"]} == {REASON}
    assert playbook("provision").changed == 0
    assert "nothing to change" in playbook("drift").output


@pytest.mark.usefixtures("adopted")
def test_a_server_that_is_lost_is_made_again(cloud, playbook):
    """With as many additional addresses, and one name for all primary ones; where each has its own, that is said."""
    cloud.api("DELETE", VMS.format("staging", "42") + "?purge=true")
    cloud.clear()
    playbook("provision")
    made = cloud.vms("staging")["42"]["network_interfaces"][0]
    names = cloud.control("GET", "state")["ips"]
    addresses = dict.fromkeys((*made["ips"], *made["extra_ips"]))
    assert len(made["extra_ips"]) == 2
    assert [names[address] for address in addresses] == ["www.example.com"] * 2 + [None] * 2
    assert playbook("provision").changed == 0

    cloud.api("DELETE", VMS.format("default", "two-names") + "?purge=true")
    cloud.clear()
    refused = playbook("provision", status=2)
    assert "vms[2] (two-names.default.acme): rdns: the addresses of a new VM" in refused.output
    assert cloud.writes() == []


@pytest.mark.usefixtures("adopted")
def test_an_address_that_has_a_name_and_is_gone_is_named(cloud, playbook):
    cloud.api("DELETE", "/ips/198.18.2.80")
    cloud.clear()
    drift = playbook("drift", status=2)
    assert "rdns: 198.18.2.80 is not an address of VM named-extra.staging.acme, whose addresses" in drift.output
    assert cloud.writes() == []


def test_an_account_without_servers(cloud, command, tmp_path):
    cloud.seed()
    done = command("ansible-playbook", "bytemark.cloud.adopt")
    assert done.status == 0, done.output
    adopted = yaml.safe_load((tmp_path / "fleet.yml").read_text(encoding="utf-8"))["bigv_fleet"]
    assert adopted == {"account": "acme", "groups": ["default", "staging"], "vms": []}
