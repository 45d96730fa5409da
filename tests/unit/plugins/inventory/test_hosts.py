# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What the options do to hosts, names, addresses, variables and groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

TakeIn = Callable[..., dict[str, Any]]
HACK = "{{lookup('ansible.builtin.pipe','touch${IFS}hacked')}}"


def vm(name: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, **attributes}


@pytest.fixture(autouse=True)
def fleet(cloud: Cloud) -> None:
    """Two accounts: web1 and web2 (off) and db1 (deleted) in acme's default, web1 in its staging, web1 in globex."""
    nic = {"ips": ["192.0.2.1", "2001:db8::1"], "extra_ips": {"192.0.2.9": "192.0.2.1"}}
    cloud.control(
        "POST",
        "seed",
        {
            "accounts": [
                {
                    "name": "acme",
                    "id": 7,
                    "groups": [
                        {
                            "name": "default",
                            "virtual_machines": [
                                vm("web1", network_interfaces=[nic], last_imaged_with="stretch", zone_name="york"),
                                vm("web2", power_on=False, network_interfaces=[{"ips": ["192.0.2.2"]}]),
                                vm("db1", deleted=True),
                            ],
                        },
                        {"name": "staging", "id": 70, "virtual_machines": [vm("web1", memory=4096)]},
                    ],
                },
                {"name": "globex", "groups": [{"name": "default", "virtual_machines": [vm("web1"), vm("mail")]}]},
            ],
            "users": [{"username": "nobody", "password": "secret-word", "accounts": ["acme"]}],
        },
    )
    cloud.clear()


def short(taken: dict[str, Any]) -> set[str]:
    return {name.removesuffix(".uk0.bigv.io") for name in taken["hosts"]}


ALL = {"web1.default.acme", "web2.default.acme", "web1.staging.acme", "web1.default.globex", "mail.default.globex"}
VMS = ["virtual_machines"]


@pytest.mark.parametrize(
    ("options", "hosts", "requests"),
    [
        ({}, ALL, VMS),
        ({"accounts": ["acme"]}, {name for name in ALL if name.endswith("acme")}, VMS),
        ({"accounts": ["7"]}, {name for name in ALL if name.endswith("acme")}, ["accounts", *VMS]),
        ({"accounts": ["acme", "globex"]}, ALL, VMS * 2),
        ({"vm_groups": ["staging"]}, {"web1.staging.acme"}, VMS),
        ({"vm_groups": ["70"]}, {"web1.staging.acme"}, ["groups", *VMS]),
        ({"vm_groups": ["staging", "default"]}, ALL, VMS * 2),
        ({"accounts": ["acme"], "vm_groups": ["default"]}, {"web1.default.acme", "web2.default.acme"}, VMS),
        ({"accounts": ["acme", "globex"], "vm_groups": ["staging", "70"]}, {"web1.staging.acme"},
         ["accounts", "groups", *VMS * 2]),
        ({"accounts": "{{ wanted }}"}, {"web1.default.globex", "mail.default.globex"}, VMS),
        ({"include_deleted": True}, ALL | {"db1.default.acme"}, VMS),
        ({"states": ["running"]}, ALL - {"web2.default.acme"}, VMS),
        ({"states": ["stopped"]}, {"web2.default.acme"}, VMS),
        ({"states": []}, set(), VMS),
        ({"include": ["bigv_memory > 2048"]}, {"web1.staging.acme"}, VMS),
        ({"include": ["bigv_memory > 2048", "bigv_name == 'mail'"]}, {"web1.staging.acme", "mail.default.globex"}, VMS),
        ({"include": ["bigv_power_on"], "exclude": ["bigv_account == 'acme'"]},
         {"web1.default.globex", "mail.default.globex"}, VMS),
    ],
)  # fmt: skip
def test_which_vms(
    inventory: TakeIn, cloud: Cloud, options: dict[str, Any], hosts: set[str], requests: list[str]
) -> None:
    cloud.settings(flat_overview=True)
    taken = inventory(**options, extra_vars=["wanted=globex"])
    assert short(taken) == hosts
    assert taken["said"] == []
    assert cloud.calls() == [f"GET /{what}" for what in requests]


def test_filters_that_the_api_does_not_combine() -> None:
    """Should it heed only one of several filters, the rest is filtered here."""
    vms = [
        {"id": 1, "name": "a", "hostname": "a.default.acme.uk0.bigv.io", "discs": [], "network_interfaces": []},
        {"id": 2, "name": "b", "hostname": "b.other.acme.uk0.bigv.io", "discs": [], "network_interfaces": []},
    ]
    from ansible_collections.bytemark.cloud.plugins.plugin_utils import _source

    asked: list[dict[str, str]] = []

    class Client:
        def get_list(self, path: str, what: str, schema: Any, **query: str) -> list[dict[str, Any]]:
            asked.append(query)
            return vms

    wanted = _source.Wanted(("acme", "globex"), ("default",))
    found, missed = _source.fetch(Client(), wanted)
    assert [vm["name"] for vm in found] == ["a"]
    assert missed == {"accounts": ["globex"]}
    assert [query["account_name"] for query in asked] == ["acme", "globex"]
    assert {query["group_name"] for query in asked} == {"default"}


def test_a_name_without_vms_is_a_warning(inventory: TakeIn) -> None:
    taken = inventory(accounts=["acme"], vm_groups=["stagin"])
    assert taken["said"] == [
        "warning: accounts, vm_groups: there is no VM in acme, stagin, or these credentials cannot see it."
    ]
    taken = inventory(accounts=["acme", "amce"])
    assert taken["said"] == ["warning: accounts: there is no VM in amce, or these credentials cannot see it."]
    assert len(taken["hosts"]) == 3
    taken = inventory(accounts=["acme", "amce"], vm_groups=["staging", "stagin"])
    assert taken["said"] == [
        "warning: accounts: there is no VM in amce that vm_groups selects too, or these credentials cannot see it."
    ]
    assert len(taken["hosts"]) == 1


@pytest.mark.parametrize(
    ("hostnames", "name"),
    [
        (["name"], "mail"),
        (["hostname"], "mail.default.globex.uk0.bigv.io"),
        (["short"], "mail.default.globex"),
        (["bigv_name ~ '-' ~ bigv_group"], "mail-default"),
        (["bigv_cdrom_url", "bigv_name | upper"], "MAIL"),
        (["undefined_name"], "mail.default.globex.uk0.bigv.io"),
        ([], "mail.default.globex.uk0.bigv.io"),
    ],
)
def test_hostnames(inventory: TakeIn, hostnames: list[str], name: str) -> None:
    assert list(inventory(hostnames=hostnames, include=["bigv_name == 'mail'"])["hosts"]) == [name]


def test_hostnames_by_id_and_address(inventory: TakeIn) -> None:
    options = {"accounts": ["acme"], "vm_groups": ["default"]}
    ids = inventory(hostnames=["id"], **options)["hosts"]
    assert all(name.isdigit() and variables["bigv_id"] == int(name) for name, variables in ids.items())
    assert list(inventory(hostnames=["ipv6", "ipv4"], **options)["hosts"]) == ["2001:db8::1", "192.0.2.2"]


def test_two_vms_of_one_name(inventory: TakeIn) -> None:
    taken = inventory(hostnames=["name"], accounts=["acme"])
    assert set(taken["hosts"]) == {"web1", "web2", "web1.staging.acme.uk0.bigv.io"}
    assert taken["hosts"]["web1"]["bigv_group"] == "default"
    assert taken["said"] == [
        "warning: hostnames: web1.default.acme.uk0.bigv.io and web1.staging.acme.uk0.bigv.io would both be called "
        "web1; the latter is web1.staging.acme.uk0.bigv.io instead."
    ]


@pytest.mark.parametrize(
    ("connect_with", "address"),
    [
        ("hostname", "web1.default.acme.uk0.bigv.io"),
        ("ipv4", "192.0.2.1"),
        ("ipv6", "2001:db8::1"),
        ("bigv_ipv4 | last", "192.0.2.9"),
        ("bigv_name ~ '.example'", "web1.example"),
    ],
)
def test_connect_with(inventory: TakeIn, connect_with: str, address: str) -> None:
    taken = inventory(connect_with=connect_with, include=["bigv_last_imaged_with == 'stretch'"])
    (host,) = taken["hosts"].values()
    assert host["ansible_host"] == address


def test_connect_with_the_management_address(inventory: TakeIn) -> None:
    for host in inventory(connect_with="management_address")["hosts"].values():
        assert host["ansible_host"] == host["bigv_management_address"]


def test_no_address_to_connect_with(inventory: TakeIn) -> None:
    taken = inventory(connect_with="ipv6", accounts=["acme"], vm_groups=["default"])
    assert "ansible_host" not in taken["hosts"]["web2.default.acme.uk0.bigv.io"]
    assert taken["said"] == [
        "warning: connect_with: ipv6 gives no address for 1 hosts, so ansible_host is not set for them: "
        "web2.default.acme.uk0.bigv.io"
    ]


def test_variables(inventory: TakeIn, cloud: Cloud) -> None:
    """All of the VM, its discs and NICs, and what is added."""
    cloud.settings(flat_overview=True, numbers_as_strings=False)
    host = inventory(include=["bigv_last_imaged_with == 'stretch'"])["hosts"]["web1.default.acme.uk0.bigv.io"]
    (said,) = (
        vm for vm in cloud.api("GET", "/virtual_machines?view=overview") if vm["hostname"] == host["bigv_hostname"]
    )
    added = {
        "ansible_host": "web1.default.acme.uk0.bigv.io",
        "bigv_account": "acme",
        "bigv_group": "default",
        "bigv_ipv4": ["192.0.2.1", "192.0.2.9"],
        "bigv_ipv6": ["2001:db8::1"],
        "bigv_additional_ips": ["192.0.2.9"],
    }
    assert said["discs"]
    assert said["network_interfaces"]
    assert host == {f"bigv_{name}": value for name, value in said.items()} | added


def test_additional_addresses(inventory: TakeIn, cloud: Cloud) -> None:
    """Of all NICs in their order, whether they stand in C(ips) as well or not."""
    back = {"ips": ["192.0.2.8", "192.0.2.3"], "extra_ips": {"192.0.2.3": "192.0.2.8"}}
    front = {"ips": ["192.0.2.1", "2001:db8::1"], "extra_ips": {"192.0.2.9": "192.0.2.1", "192.0.2.4": "192.0.2.1"}}
    cloud.seed(vm("web1", network_interfaces=[front, back]), vm("web2"), vm("web3", network_interfaces=[]))
    constructed: dict[str, Any] = {
        "compose": {"first": "bigv_additional_ips | first"},
        "keyed_groups": [{"key": "bigv_additional_ips", "prefix": "has"}, {"key": "bigv_additional_ips.1"}],
        "groups": {"many": "bigv_additional_ips | length > 2"},
        "hostnames": ["name"],
    }
    extra = ["192.0.2.9", "192.0.2.4", "192.0.2.3"]
    for flat_overview in (True, False):
        cloud.settings(flat_overview=flat_overview)
        taken = inventory(**constructed, variables=["additional*", "ipv4"])
        shown = {name: host.get("bigv_additional_ips") for name, host in taken["hosts"].items()}
        assert shown == {"web1": extra, "web2": [], "web3": []}
        assert set(taken["hosts"]["web1"]["bigv_ipv4"]) == {"192.0.2.1", "192.0.2.8", *extra}
        assert taken["hosts"]["web1"]["first"] == "192.0.2.9"
        assert {name for name in taken["groups"] if "192" in name} == {
            *(f"has_{address.replace('.', '_')}" for address in extra), "_192_0_2_4"
        }  # fmt: skip
        assert taken["groups"]["many"]["hosts"] == ["web1"]


def test_prefix(inventory: TakeIn) -> None:
    host = inventory(hostvars_prefix="vm_")["hosts"]["mail.default.globex.uk0.bigv.io"]
    assert host["vm_name"] == "mail"
    assert not any(name.startswith("bigv_") for name in host)


def test_no_prefix(inventory: TakeIn) -> None:
    """A name that Ansible reserves stays as it was: a host with a variable called name breaks plays."""
    taken = inventory(hostvars_prefix="", keyed_groups=[{"key": "zone_name", "prefix": "zone"}])
    host = taken["hosts"]["web1.default.acme.uk0.bigv.io"]
    assert host["hostname"] == "web1.default.acme.uk0.bigv.io"
    assert host["bigv_name"] == "web1"
    assert "name" not in host
    assert "zone_york" in taken["groups"]
    assert taken["said"] == [
        "warning: hostvars_prefix: Ansible reserves the variable name 'name', so it stays 'bigv_name'."
    ]


def test_automatic_groups(inventory: TakeIn) -> None:
    groups = inventory()["groups"]
    assert groups["bigv"] == {"hosts": [], "children": ["bigv_acme", "bigv_globex"]}
    assert groups["bigv_acme"] == {"hosts": [], "children": ["bigv_acme_default", "bigv_acme_staging"]}
    assert groups["bigv_acme_staging"]["hosts"] == ["web1.staging.acme.uk0.bigv.io"]
    assert groups["bigv_stopped"]["hosts"] == ["web2.default.acme.uk0.bigv.io"]
    assert len(groups["bigv_running"]["hosts"]) == 4


def test_no_automatic_groups(inventory: TakeIn) -> None:
    groups = inventory(auto_groups=False)["groups"]
    assert set(groups) == {"all", "ungrouped"}
    assert len(groups["ungrouped"]["hosts"]) == 5


def test_groups_that_come_out_alike(inventory: TakeIn, cloud: Cloud) -> None:
    accounts = [
        {"name": "a", "groups": [{"name": "b-c", "virtual_machines": [vm("x")]}]},
        {"name": "a-b", "groups": [{"name": "c", "virtual_machines": [vm("y")]}]},
    ]
    cloud.control("POST", "seed", {"accounts": accounts})
    taken = inventory()
    assert taken["said"] == [
        "warning: auto_groups: bigv_a_b_c is group b-c of account a and group c of account a-b at the same time."
    ]
    assert len(taken["groups"]["bigv_a_b_c"]["hosts"]) == 2


def test_constructed(inventory: TakeIn) -> None:
    taken = inventory(
        keyed_groups=[{"prefix": "image", "key": "bigv_last_imaged_with or ''", "default_value": "none"}],
        compose={"gib": "bigv_memory // 1024", "zone": "bigv_zone_name"},
        groups={"big": "gib | int >= 4"},
    )
    assert taken["groups"]["image_stretch"]["hosts"] == ["web1.default.acme.uk0.bigv.io"]
    assert len(taken["groups"]["image_none"]["hosts"]) == 4
    assert taken["groups"]["big"]["hosts"] == ["web1.staging.acme.uk0.bigv.io"]
    assert int(taken["hosts"]["web1.staging.acme.uk0.bigv.io"]["gib"]) == 4


@pytest.mark.parametrize(
    "options",
    [
        {"compose": {"x": "undefined_name"}},
        {"groups": {"x": "undefined_name"}},
        {"keyed_groups": [{"key": "undefined_name"}]},
        {"hostnames": ["undefined_name"]},
        {"connect_with": "undefined_name"},
        {"include": ["undefined_name"]},
        {"exclude": ["undefined_name"]},
    ],
)
def test_strict(inventory: TakeIn, options: dict[str, Any]) -> None:
    assert not any(line.startswith("error") for line in inventory(**options)["said"])
    (line,) = inventory(**options, strict=True)["said"]
    assert line.startswith("error: ")
    assert "undefined_name" in line
    assert "\n" not in line


def test_a_source_with_another_name_is_left_alone(driver: Any, source: Any, cloud: Cloud) -> None:
    driver(sources=[str(source("inventory.yml"))])
    assert cloud.calls() == []


@pytest.mark.parametrize("name", ["x.bigv.yml", "x.bigv.yaml", "bigv.yml", "bigv.yaml"])
def test_source_names(driver: Any, source: Any, name: str) -> None:
    assert len(driver(sources=[str(source(name))])["hosts"]) == 5


def test_two_sources_are_merged(driver: Any, source: Any, tmp_path: Any) -> None:
    other = tmp_path / "hosts.yml"
    other.write_text("all: {hosts: {mail.default.globex.uk0.bigv.io: {bigv_name: old, mine: 1}, else: {}}}")
    taken = driver(sources=[str(other), str(source())])
    assert len(taken["hosts"]) == 6
    host = taken["hosts"]["mail.default.globex.uk0.bigv.io"]
    assert host["mine"] == 1
    assert host["bigv_name"] == "mail"


def test_log_in(inventory: TakeIn, cloud: Cloud) -> None:
    cloud.settings(flat_overview=True)
    taken = inventory(username="nobody", password="{{ 'secret-' ~ 'word' }}", env={"BIGV_TOKEN": ""})
    assert len(taken["hosts"]) == 3
    assert cloud.calls() == ["POST /auth/session", "GET /virtual_machines"]


@pytest.mark.parametrize(
    ("variables", "works"),
    [
        ({"BIGV_TOKEN": "", "BYTEMARK_AUTH_TOKEN": "apikey.simulator-admin"}, True),
        ({"BIGV_TOKEN": " ", "BYTEMARK_AUTH_TOKEN": "", "BYTEMARK_TOKEN": "apikey.simulator-admin\n"}, True),
        ({"BIGV_TOKEN": "wrong", "BYTEMARK_AUTH_TOKEN": "apikey.simulator-admin"}, False),
        ({"BIGV_API_URL": "", "BM_ENDPOINT": "http://127.0.0.1:1"}, False),
        ({"BIGV_TOKEN": "apikey.simulator-admin", "BYTEMARK_AUTH_TOKEN": "wrong"}, True),
        ({"BM_ENDPOINT": "http://127.0.0.1:1"}, True),
        ({"BIGV_API_URL": "http://127.0.0.1:1"}, False),
        ({"BIGV_API_TIMEOUT": "", "BIGV_API_RETRIES": " ", "BIGV_VALIDATE_CERTS": "", "BIGV_CA_PATH": ""}, True),
        ({"ANSIBLE_INVENTORY_CACHE": "", "ANSIBLE_INVENTORY_CACHE_TIMEOUT": "", "ANSIBLE_CACHE_PLUGIN": ""}, True),
    ],
)
def test_environment(inventory: TakeIn, variables: dict[str, str], works: bool) -> None:
    """The collection's own variables go before those of the provider's client."""
    taken = inventory(env=variables)
    assert bool(taken["hosts"]) == works
    assert bool(taken["said"]) != works


def test_what_the_api_says_is_never_templated(driver: Any, source: Any, tmp_path: Any) -> None:
    vms = [
        {"id": 1, "name": HACK, "hostname": f"{HACK}.default.acme.uk0.bigv.io", "discs": [{"label": HACK}],
         "network_interfaces": [], "last_imaged_with": HACK, HACK: HACK}
    ]  # fmt: skip
    taken = driver(
        sources=[
            str(
                source(
                    hostnames=["bigv_name"],
                    connect_with="bigv_last_imaged_with",
                    compose={"composed": "bigv_name", "more": "bigv_name ~ 'x'", "all": "bigv_discs"},
                    keyed_groups=[{"key": "bigv_name"}, {"key": "composed"}],
                    groups={"some": "bigv_last_imaged_with | length > 3"},
                    strict=True,
                )
            )
        ],
        vms=vms,
    )
    (host,) = taken["hosts"].values()
    assert list(taken["hosts"]) == [HACK]
    assert host["composed"] == host["bigv_name"] == host["ansible_host"] == HACK
    assert host["more"] == HACK + "x"
    assert not (tmp_path / "hacked").exists()
