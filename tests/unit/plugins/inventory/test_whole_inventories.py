# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Every server is one host, in the groups that it belongs to, whatever it is called; or there is no host at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

TakeIn = Callable[..., dict[str, Any]]
FULL = "{}.default.acme.uk0.bigv.io"


def vm(number: int, name: str, **other: Any) -> dict[str, Any]:
    return {
        "id": number, "name": name, "hostname": FULL.format(name), "power_on": True, "cores": number, "discs": [],
        "network_interfaces": [], "zone_name": "york", **other,
    }  # fmt: skip


@pytest.fixture
def take_in(driver: Any, source: Any) -> TakeIn:
    """Return the inventory that these options make of these VMs, and of other sources before them."""

    def take_in(*vms: dict[str, Any], before: Any = (), **options: Any) -> Any:
        return driver(sources=[*map(str, before), str(source(**options))], vms=vms)

    return take_in


def groups_of(taken: dict[str, Any], host: str) -> set[str]:
    return {name for name, group in taken["groups"].items() if host in group["hosts"]}


# What hosts are called.


@pytest.mark.parametrize("name", ["bigv", "bigv_stopped", "bigv_acme", "bigv_acme_default", "some", "zone_york", "web"])
def test_a_vm_called_as_a_group_is(take_in: TakeIn, tmp_path: Path, name: str) -> None:
    """Neither the option groups, nor keyed groups, nor a group of another source is put where the host belongs."""
    static = tmp_path / "web.yml"
    static.write_text("all: {children: {web: {hosts: {static: }, vars: {mine: 1}}}}")
    taken = take_in(
        vm(1, name, power_on=False), vm(2, "other"), before=[static], hostnames=["name"],
        groups={"some": "bigv_cores < 3", "web": "bigv_cores < 9"}, compose={"composed": "bigv_name"},
        keyed_groups=[{"prefix": "zone", "key": "bigv_zone_name", "parent_group": "zones"}],
    )  # fmt: skip
    expected = {"bigv_acme_default", "bigv_stopped", "some", "web", "zone_york"}
    assert groups_of(taken, name) == expected
    assert groups_of(taken, "other") == expected - {"bigv_stopped"} | {"bigv_running"}
    assert taken["groups"]["web"] == {"hosts": ["static", name, "other"], "children": []}
    assert taken["groups"]["zones"] == {"hosts": [], "children": ["zone_york"]}
    assert taken["groups"]["bigv_stopped"]["children"] == []
    assert taken["hosts"][name]["composed"] == taken["hosts"][name]["bigv_name"] == name
    assert taken["hosts"]["static"] == {}


def test_a_vm_called_as_a_group_is_and_in_none(take_in: TakeIn, tmp_path: Path) -> None:
    """ansible-core would put the group, and all that is in it, into "ungrouped"."""
    static = tmp_path / "web.yml"
    static.write_text("all: {children: {web: {hosts: {static: }}}}")
    taken = take_in(vm(1, "web"), before=[static], hostnames=["name"], auto_groups=False)
    assert taken["groups"]["ungrouped"] == {"hosts": ["web"], "children": []}
    assert taken["groups"]["web"] == {"hosts": ["static"], "children": []}


@pytest.mark.parametrize("name", ["all", "ungrouped", "localhost"])
def test_a_vm_called_as_ansible_means_something_else(take_in: TakeIn, name: str) -> None:
    taken = take_in(vm(1, name), vm(2, "web1"), hostnames=["name"])
    assert list(taken["hosts"]) == [FULL.format(name), "web1"]
    assert taken["said"] == [
        f"warning: hostnames: {FULL.format(name)} would be called {name}, which has another meaning in Ansible; it is "
        f"{FULL.format(name)} instead."
    ]


@pytest.mark.parametrize(("entry", "address"), [("ipv4", "127.0.0.1"), ("ipv6", "::1"), ("bigv_ipv4[0]", "127.0.0.1")])
def test_a_vm_that_would_be_the_controller(take_in: TakeIn, entry: str, address: str) -> None:
    taken = take_in(vm(1, "web1", network_interfaces=[{"ips": [address]}]), hostnames=[entry])
    assert list(taken["hosts"]) == [FULL.format("web1")]
    assert len(taken["said"]) == 1


def test_all_and_other_sources(driver: Any, source: Any, cloud: Cloud) -> None:
    """A VM called all ends neither this source nor the next."""
    cloud.seed({"name": "all"}, {"name": "web1"})
    sources = [str(source("1.bigv.yml", hostnames=["name"])), str(source("2.bigv.yml"))]
    assert set(driver(sources=sources)["hosts"]) == {FULL.format("all"), "web1", FULL.format("web1")}


# Several sources.


@pytest.fixture
def two_accounts(cloud: Cloud) -> None:
    accounts = [
        {"name": name, "groups": [{"name": "default", "virtual_machines": [{"name": "web1"}, {"name": name}]}]}
        for name in ("acme", "globex")
    ]
    cloud.control("POST", "seed", {"accounts": accounts})


@pytest.mark.usefixtures("two_accounts")
def test_two_sources_with_the_same_name(driver: Any, source: Any) -> None:
    sources = [
        str(source(f"{account}.bigv.yml", accounts=[account], hostnames=["name"])) for account in ("acme", "globex")
    ]
    taken = driver(sources=sources)
    assert set(taken["hosts"]) == {"web1", "acme", "globex", "web1.default.globex.uk0.bigv.io"}
    assert taken["hosts"]["web1"]["bigv_account"] == "acme"
    assert groups_of(taken, "web1") == {"bigv_acme_default", "bigv_running"}
    assert groups_of(taken, "web1.default.globex.uk0.bigv.io") == {"bigv_globex_default", "bigv_running"}
    assert taken["said"] == [
        "warning: hostnames: web1.default.acme.uk0.bigv.io (of acme.bigv.yml) and web1.default.globex.uk0.bigv.io "
        "would both be called web1; the latter is web1.default.globex.uk0.bigv.io instead."
    ]
    # A refresh, or another run, begins anew.
    assert driver(sources=sources) == taken
    assert driver(sources=sources[::-1])["hosts"]["web1"]["bigv_account"] == "globex"


@pytest.mark.usefixtures("two_accounts")
def test_the_same_server_in_two_sources_is_one_host(driver: Any, source: Any) -> None:
    first = source("1.bigv.yml", hostnames=["name"], accounts=["acme"], compose={"mine": "1"})
    second = source("2.bigv.yml", hostnames=["name"], accounts=["acme"], auto_groups=False, compose={"yours": "2"})
    taken = driver(sources=[str(first), str(second), str(first)])
    assert set(taken["hosts"]) == {"web1", "acme"}
    assert {int(taken["hosts"]["web1"][name]) for name in ("mine", "yours")} == {1, 2}
    assert taken["said"] == []


@pytest.mark.usefixtures("two_accounts")
@pytest.mark.parametrize("is_first", [True, False])
def test_a_static_host_merges(driver: Any, source: Any, tmp_path: Path, is_first: bool) -> None:
    static = tmp_path / "static.yml"
    static.write_text("all: {children: {mine: {hosts: {web1: {a: 1, bigv_name: old}}}}}")
    sources = [str(static), str(source("acme.bigv.yml", accounts=["acme"], hostnames=["name"]))]
    other = str(source("globex.bigv.yml", accounts=["globex"], hostnames=["name"]))
    taken = driver(sources=[*sources[:: 1 if is_first else -1], other])
    assert taken["hosts"]["web1"]["a"] == 1
    assert taken["hosts"]["web1"]["bigv_name"] == ("web1" if is_first else "old")
    assert taken["hosts"]["web1"]["bigv_account"] == "acme"
    assert groups_of(taken, "web1") == {"mine", "bigv_acme_default", "bigv_running"}
    assert "web1.default.globex.uk0.bigv.io" in taken["hosts"]
    assert len(taken["said"]) == 1


def test_two_clouds_with_the_same_names(driver: Any, source: Any) -> None:
    answer = Answer(body=json.dumps([vm(7, "web1"), vm(8, "web2")]).encode())
    with recording_server(lambda request: answer) as one, recording_server(lambda request: answer) as two:
        first, second = (
            source(f"{at.port}.bigv.yml", api_url=at.url, compose={"at": f"{at.port}"}) for at in (one, two)
        )
        taken = driver(sources=[str(first), str(second), str(first)])
    full = FULL.format("web1")
    assert set(taken["hosts"]) == {full, f"{full}.7", FULL.format("web2"), FULL.format("web2") + ".8"}
    assert [int(taken["hosts"][name]["at"]) for name in (full, f"{full}.7")] == [one.port, two.port]
    assert len(taken["said"]) == 2


def test_two_sources_in_a_play(command: Any, source: Any, cloud: Cloud, tmp_path: Path) -> None:
    """Through a refresh too, where the inventory is read anew."""
    accounts = [
        {"name": name, "groups": [{"name": "default", "virtual_machines": [{"name": "web1"}]}]} for name in ("a", "b")
    ]
    cloud.control("POST", "seed", {"accounts": accounts})
    play = tmp_path / "play.yml"
    play.write_text(
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - ansible.builtin.meta: refresh_inventory\n"
        "- hosts: bigv\n  gather_facts: false\n  connection: local\n"
        '  tasks: [{ansible.builtin.debug: {msg: "<{{ inventory_hostname }} {{ bigv_account }}>"}}]\n'
    )
    sources = [["-i", source(f"{name}.bigv.yml", accounts=[name], hostnames=["name"])] for name in ("a", "b")]
    done = command("ansible-playbook", *sources[0], *sources[1], play)
    assert done.returncode == 0, done.stderr
    assert "<web1 a>" in done.stdout
    assert "<web1.default.b.uk0.bigv.io b>" in done.stdout


# All or nothing.

MIDWAY = [
    {"compose": {"x": "1 // (bigv_cores - 2)"}, "strict": True},
    {"groups": {"x": "1 // (bigv_cores - 2) == 1"}, "strict": True},
    {"keyed_groups": [{"key": "bigv_second"}], "strict": True},
    {"keyed_groups": [{"key": "bigv_zone_name", "parent_group": "{{ bigv_second }}"}], "strict": True},
    {"keyed_groups": [{"key": "bigv_power_on if bigv_cores == 2 else 'a'"}]},
    {"keyed_groups": [{"key": "bigv_zone_name", "prefix": "", "separator": "", "parent_group": "york"}]},
    {"hostnames": ["bigv_second"], "strict": True},
    {"connect_with": "bigv_second", "strict": True},
    {"include": ["bigv_cores == 1 or bigv_second"], "strict": True},
    {"exclude": ["bigv_cores == 2 and bigv_name"]},
]  # fmt: skip


@pytest.mark.parametrize("options", MIDWAY)
@pytest.mark.parametrize("auto_groups", [True, False])
def test_an_error_midway_leaves_nothing(
    take_in: TakeIn, tmp_path: Path, options: dict[str, Any], auto_groups: bool
) -> None:
    static = tmp_path / "static.yml"
    static.write_text(f"all: {{children: {{mine: {{hosts: {{{FULL.format('vm1')}: {{a: 1}}, else: }}}}}}}}")
    vms = [vm(1, "vm1", second="x"), vm(2, "vm2"), vm(3, "vm3", second="x")]
    taken = take_in(*vms, before=[static], auto_groups=auto_groups, **options)
    assert taken["hosts"] == {FULL.format("vm1"): {"a": 1}, "else": {}}
    assert set(taken["groups"]) == {"all", "ungrouped", "mine"}
    (line,) = taken["said"]
    assert line.startswith("error: ")


def test_a_tree_of_groups_that_would_be_a_loop(take_in: TakeIn, tmp_path: Path) -> None:
    static = tmp_path / "static.yml"
    static.write_text("all: {children: {bigv_acme_default: {children: {bigv: }}}}")
    taken = take_in(vm(1, "vm1"), before=[static])
    assert taken["hosts"] == {}
    assert "bigv_running" not in taken["groups"]
    (line,) = taken["said"]
    assert "loop" in line


def test_a_source_that_failed_has_taken_no_names(driver: Any, source: Any, cloud: Cloud) -> None:
    cloud.seed({"name": "web1"})
    broken = source("1.bigv.yml", hostnames=["name"], compose={"x": "nothing"}, strict=True, accounts=["acme"])
    taken = driver(sources=[str(broken), str(source("2.bigv.yml", hostnames=["name"]))])
    assert list(taken["hosts"]) == ["web1"]
    assert len(taken["said"]) == 1


# What expressions see.


def test_expressions_see_the_groups_of_other_sources(take_in: TakeIn, tmp_path: Path) -> None:
    static = tmp_path / "static.yml"
    static.write_text(
        f"all: {{children: {{mine: {{hosts: {{{FULL.format('vm1')}: {{a: 1}}}}}}, clouds: {{children: {{bigv: }}}}}}}}"
    )
    taken = take_in(
        vm(1, "vm1"), vm(2, "vm2"), before=[static],
        compose={"seen": "group_names | join(' ')", "plus": "a | default(0) | int + 1"},
        groups={"both": "'mine' in group_names and a == 1"},
    )  # fmt: skip
    first, second = (taken["hosts"][FULL.format(name)] for name in ("vm1", "vm2"))
    common = "bigv bigv_acme bigv_acme_default bigv_running clouds"
    assert (first["seen"], second["seen"]) == (f"{common} mine", common)
    assert (int(first["plus"]), int(second["plus"])) == (2, 1)
    assert taken["groups"]["both"]["hosts"] == [FULL.format("vm1")]
