# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The plays of the guide to addresses do what it says, whatever becomes of an earlier run, and cost what it says."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE, blocks_of
from ansible_collections.bytemark.cloud.tests.unit.docs.conftest import Terminal
from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, Run, run_module

GUIDE = "docs/docsite/rst/guide_addresses.rst"
SWAP = "/ips/swap_virtual_machine_ips"
BLUE, GREEN, MAIN, STANDBY = (f"203.0.113.{number}" for number in (10, 11, 20, 21))
OF_MAIN = "203.0.113.99"


def server(name: str, address: str, **more: Any) -> dict[str, Any]:
    """Return a VM that is on, with a primary IPv4 address and the IPv6 address that ends alike."""
    ipv6 = f"2001:db8::{address.rpartition('.')[2]}"
    extra = dict.fromkeys(more.pop("additional", ()), address)
    nic = {"ips": [address, ipv6], "extra_ips": extra}
    return {"name": name, "power_on": True, "autoreboot_on": True, "network_interfaces": [nic], **more}


def seed_servers(cloud: Cloud, standby_is_on: bool = False) -> None:
    live = [
        server("web1", "203.0.113.5"),
        server("web2", "203.0.113.6"),
        server("mail1", "203.0.113.8"),
        server("old1", "203.0.113.7", additional=["203.0.113.77"]),
        server("blue", BLUE),
        server("green", GREEN),
        server("main", MAIN, additional=[OF_MAIN]),
        server("standby", STANDBY, power_on=standby_is_on, autoreboot_on=standby_is_on),
    ]
    cloud.seed(account={"groups": [{"name": "default"}, {"name": "live", "virtual_machines": live}]})


def addresses(cloud: Cloud, name: str) -> set[str]:
    """Return the IPv4 addresses of a server."""
    [nic] = cloud.vms("live")[name]["network_interfaces"]
    return {address for address in (*nic["ips"], *nic["extra_ips"]) if ":" not in address}


def are_on(cloud: Cloud, *names: str) -> bool:
    vms = cloud.vms("live")
    return all(vms[name]["power_on"] and vms[name]["autoreboot_on"] for name in names)


def swaps(cloud: Cloud) -> int:
    return sum(write["path"] == SWAP for write in cloud.done())


@pytest.fixture
def play(terminal: Terminal, tmp_path: Path) -> Callable[..., Run]:
    """Run a playbook of the guide."""

    def run(name: str, options: str = "") -> Run:
        [block] = [block for block in blocks_of(GUIDE) if block.file_name == name]
        path = tmp_path / name
        path.write_text(block.text, encoding="utf-8")
        return terminal(f"ansible-playbook {path} {options}")

    return run


def test_the_guide(reader: Reader) -> None:
    runs = reader.follow("guide_addresses")
    # Names, again; a fleet; shops: checked, done, again; an address: checked, deleted; another one looked up; a
    # switch-over: checked, done, again, back; a standby, again.
    assert changes(runs) == [2, 0, 1, 1, 2, 0, 1, 1, 0, 1, 1, 0, 1, 2, 0]
    assert swaps(reader.cloud) == 3
    assert addresses(reader.cloud, "old1") == {"203.0.113.7"}
    assert len(addresses(reader.cloud, "web1")) == 3
    assert (addresses(reader.cloud, "standby"), addresses(reader.cloud, "main")) == ({MAIN, OF_MAIN}, {STANDBY})
    assert are_on(reader.cloud, "blue", "green", "main", "standby")
    named = ("203.0.113.5", "203.0.113.6", "2001:db8::6")
    names = {reader.cloud.api("GET", f"/ips/{address}")["rdns"] for address in named}
    assert names == {"www.example.com", "www2.example.com", "www2-ipv6.example.com"}


def test_a_switch_over(cloud: Cloud, play: Callable[..., Run]) -> None:
    seed_servers(cloud)
    assert play("switch.yml").changed == 1
    assert (addresses(cloud, "green"), addresses(cloud, "blue")) == ({BLUE}, {GREEN})
    assert are_on(cloud, "green", "blue")
    # The server that is to serve is started first.
    assert [write["path"].rpartition("/")[2] for write in cloud.writes()[-2:]] == ["green", "blue"]
    cloud.clear()
    assert (play("switch.yml").changed, cloud.writes()) == (0, [])
    assert play("switch.yml", "-e serving=blue.live -e spare=green.live").changed == 1
    assert (addresses(cloud, "green"), addresses(cloud, "blue")) == ({GREEN}, {BLUE})


@pytest.mark.parametrize(
    ("playbook", "afterwards", "on"),
    [
        ("switch.yml", {"green": {BLUE}, "blue": {GREEN}}, ["green", "blue"]),
        ("failover.yml", {"standby": {MAIN, OF_MAIN}, "main": {STANDBY}}, ["standby"]),
    ],
)
def test_a_play_that_was_killed(
    cloud: Cloud, play: Callable[..., Run], playbook: str, afterwards: dict[str, set[str]], on: list[str]
) -> None:
    """What a run leaves behind that can send nothing any more is what its first writes do."""
    seed_servers(cloud, standby_is_on=True)
    play(playbook)
    writes = cloud.writes()
    assert len(writes) == 7
    for killed_after in range(1, len(writes)):
        seed_servers(cloud, standby_is_on=True)
        for write in writes[:killed_after]:
            cloud.api(write["method"], write["path"], write["body"])
        assert play(playbook).status == 0
        assert {name: addresses(cloud, name) for name in afterwards} == afterwards
        assert are_on(cloud, *on)
        assert swaps(cloud) == 1


@pytest.mark.parametrize("standby_is_on", [False, True], ids=["cold", "warm"])
def test_a_standby(cloud: Cloud, play: Callable[..., Run], standby_is_on: bool) -> None:
    seed_servers(cloud, standby_is_on=standby_is_on)
    first = play("failover.yml")
    assert (first.status, "[WARNING]" in first.output) == (0, not standby_is_on)
    assert (addresses(cloud, "standby"), addresses(cloud, "main")) == ({MAIN, OF_MAIN}, {STANDBY})
    assert are_on(cloud, "standby", "main")
    cloud.clear()
    assert (play("failover.yml").changed, cloud.writes()) == (0, [])


COSTS: dict[str, tuple[str, dict[str, Any]]] = {
    "``bigv_ip`` with ``address``": ("bigv_ip", {"address": OF_MAIN, "rdns": ""}),
    "``bigv_ip`` with ``vm``": ("bigv_ip", {"vm": "main.live", "additional": 1}),
    "``bigv_ip_swap``": ("bigv_ip_swap", {"vm": "main.live", "with_vm": "standby.live", "address": MAIN}),
    "``bigv_ip_info`` with ``address``": ("bigv_ip_info", {"address": MAIN}),
    "``bigv_ip_info`` with ``vm``": ("bigv_ip_info", {"vm": "main.live"}),
    "``bigv_ip_info`` of an account": ("bigv_ip_info", {}),
    "``bigv_vm`` with ``additional_ipv4``": ("bigv_vm", {"name": "main.live", "additional_ipv4": 1}),
    "``bigv_vm`` with ``rdns``": ("bigv_vm", {"name": "main.live", "rdns": {OF_MAIN: "", MAIN: ""}}),
}


def costs() -> dict[str, str]:
    guide = (TREE / GUIDE).read_text(encoding="utf-8")
    block = guide.partition(".. csv-table::")[2].partition("\n\n")[2].partition("\n\n")[0]
    return dict(csv.reader(block.splitlines(), skipinitialspace=True))


def test_the_table_of_costs_has_every_row() -> None:
    assert list(costs()) == list(COSTS)


@pytest.mark.parametrize("task", COSTS)
def test_the_table_of_costs_says_what_is_asked(cloud: Cloud, task: str) -> None:
    seed_servers(cloud)
    module_name, options = COSTS[task]
    assert not run_module(module_name, **cloud.access, **options)["changed"]
    calls = cloud.calls()
    each = [call for call in calls if call.startswith("GET /ips/")]
    shown = f"{len(calls) - len(each)}, and 1 for each address" if "for each" in costs()[task] else str(len(calls))
    assert costs()[task].removesuffix(" that is named") == shown
