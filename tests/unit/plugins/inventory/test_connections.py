# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Several connections that are one source, the variables that hosts get, and how many hosts there have to be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import machine
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

TakeIn = Callable[..., dict[str, Any]]
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def fleet(cloud: Cloud) -> None:
    accounts = [
        {
            "name": name,
            "groups": [
                {
                    "name": "default",
                    "virtual_machines": [{"name": f"{name}1"}, {"name": f"{name}2", "power_on": False}],
                },
                {"name": "staging", "virtual_machines": [{"name": f"{name}3"}]},
            ],
        }
        for name in ("acme", "globex")
    ]
    cloud.control("POST", "seed", {"accounts": accounts, "settings": {"flat_overview": True}})
    cloud.clear()


def names(taken: dict[str, Any]) -> set[str]:
    return {host.split(".")[0] for host in taken["hosts"]}


def the_line(taken: dict[str, Any]) -> str:
    """Return the one line of a source that failed, and added nothing."""
    assert taken["hosts"] == {}
    assert set(taken["groups"]) == {"all", "ungrouped"}
    (line,) = taken["said"]
    assert line.startswith("error: ")
    return str(line.removeprefix("error: "))


# Connections.


def test_connections_are_one_source(inventory: TakeIn, cloud: Cloud) -> None:
    taken = inventory(
        vm_groups=["default"], connections=[{"accounts": ["acme"]}, {"accounts": ["globex"], "vm_groups": ["staging"]}]
    )
    assert taken["said"] == []
    assert names(taken) == {"acme1", "acme2", "globex3"}
    assert set(taken["groups"]["bigv"]["children"]) == {"bigv_acme", "bigv_globex"}
    assert len(cloud.calls()) == 2


def test_an_entry_is_given_what_it_leaves_out(inventory: TakeIn, cloud: Cloud) -> None:
    login = {"username": "admin", "password": "password"}
    for source, entry in (
        ({}, {}),
        ({"token": cloud.token, "api_url": cloud.api_url}, {}),
        ({"token": "apikey.wrong"}, {"token": cloud.token}),
        ({"token": "apikey.wrong"}, login),
        ({"token": "apikey.wrong", "password": "password"}, {"username": "admin"}),
        ({"api_url": NOWHERE}, {"api_url": cloud.api_url}),
        ({}, {"token": "", "username": None}),
        ({}, {"token": "{{ 'apikey.' }}{{ 'simulator-admin' }}"}),
        ({"accounts": ["acme"]}, {"accounts": []}),
    ):
        taken = inventory(**source, connections=[entry])
        assert taken["said"] == []
        assert len(taken["hosts"]) == 6
    assert "No credentials" in the_line(inventory(token="", connections=[{}], env={"BIGV_TOKEN": ""}))


def test_no_connections_is_the_sources_own(inventory: TakeIn) -> None:
    assert inventory(connections=[]) == inventory(connections=None) == inventory()


@pytest.mark.parametrize(
    ("connections", "line"),
    [
        ([{}, {"token": "apikey.wrong"}], "connections[1]: "),
        ([{"api_url": NOWHERE}, {}], "connections[0]: "),
        ([{}, {"api_timeout": 0}], "connections[1]: api_timeout"),
        ([{"tokn": "x"}], "There is no option connections[0].tokn' (did you mean token?)"),
        ([{"states": ["running"]}], "There is no option 'connections[0].states'"),
        ([{"accounts": [False]}], "connections[0].accounts[0]: must be text, got False (a boolean)"),
        ([{"token": 1234567}], "connections[0].token: must be text, got a number"),
        ([{"token": "{{ nosuch }}"}], "connections[0].token: its template could not be evaluated"),
        ([{"validate_certs": "ture"}], "connections[0].validate_certs: must be true or false, got 'ture'"),
        ([{"api_timeout": "soon"}], "connections[0].api_timeout: must be a whole number, got 'soon'"),
        ([7], "connections[0]: must be a dictionary, got a number"),
        ({"token": "apikey.wrong"}, "connections: must be a list of dictionaries, got a dictionary"),
        ("apikey.wrong", "connections: must be a list of dictionaries, got text"),
    ],
)
def test_one_that_fails_fails_the_source(inventory: TakeIn, connections: Any, line: str) -> None:
    said = the_line(inventory(connections=connections))
    assert line.replace("option conn", "option 'conn") in said
    assert "apikey" not in said
    assert "1234567" not in said


def test_what_is_not_there_is_said_with_the_entry(inventory: TakeIn) -> None:
    taken = inventory(connections=[{"accounts": ["acme"]}, {"accounts": ["globex", "nobody"]}])
    assert taken["said"] == [
        "warning: connections[1].accounts: there is no VM in nobody, or these credentials cannot see it."
    ]
    assert len(taken["hosts"]) == 6


def test_a_vm_of_two_connections_is_one_host(inventory: TakeIn, cloud: Cloud) -> None:
    taken = inventory(
        connections=[{"accounts": ["acme"]}, {"api_url": f"{cloud.api_url}/"}, {"vm_groups": ["staging"]}]
    )
    assert len(taken["hosts"]) == 6
    (line,) = taken["said"]
    assert line.startswith("warning: connections: several of them list acme1.default.acme.uk0.bigv.io, acme2.")
    assert line.endswith("; each becomes one host, as the first of them lists it.")


def test_vms_of_two_clouds_that_are_called_the_same_are_two_hosts(inventory: TakeIn) -> None:
    vms = [machine(number, f"web{number}", "default") for number in range(1, 9)]
    answer = Answer(body=json.dumps(vms).encode())
    with recording_server(lambda request: answer) as one, recording_server(lambda request: answer) as two:
        taken = inventory(connections=[{"api_url": one.url}, {"api_url": two.url}])
    assert len(taken["hosts"]) == 16
    assert "web3.default.acme.uk0.bigv.io.3" in taken["hosts"]
    assert len(taken["said"]) == 6
    assert taken["said"][-1].startswith("warning: hostnames: the same applies to 3 more, which are web6.default.acme")


def test_each_connection_is_cached_apart_and_no_secret_is(inventory: TakeIn, cloud: Cloud, tmp_path: Path) -> None:
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    login = {"username": "admin", "password": "password"}
    options = {"connections": [{"accounts": ["acme"]}, {"accounts": ["globex"], **login}]}
    first = inventory(**cache, **options)
    cloud.clear()
    assert inventory(**cache, **options) == first
    assert inventory(**cache, connections=options["connections"][::-1])["groups"].keys() == first["groups"].keys()
    assert cloud.calls() == []
    assert len(inventory(**cache, connections=[{"accounts": ["acme"], "token": cloud.read_only_token}])["hosts"]) == 3
    assert len(cloud.calls()) == 1
    for file in (tmp_path / "cache").iterdir():
        for secret in (cloud.token, "apikey", "password"):
            assert secret not in file.name + file.read_text()


def test_an_expired_answer_serves_one_connection(inventory: TakeIn, cloud: Cloud, tmp_path: Path) -> None:
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    options = {**cache, "cache_fallback": True, "connections": [{"accounts": ["acme"]}, {"accounts": ["globex"]}]}
    first = inventory(**options)["hosts"]
    for file in (tmp_path / "cache").iterdir():
        entry = json.loads(file.read_text())
        content = entry.get("__payload__", entry)
        data = json.loads(content) if isinstance(content, str) else content
        if "globex" in data["vms"]:
            continue
        data["fetched"] -= 7200
        text = json.dumps(data)
        file.write_text(json.dumps({**entry, "__payload__": text}) if "__payload__" in entry else text)
    cloud.faults({"fault": "status", "status": 503})
    try:
        taken = inventory(**options, cache_timeout=3600, api_retries=0)
    finally:
        cloud.control("DELETE", "faults")
    assert taken["hosts"] == first
    (line,) = taken["said"]
    assert line.startswith("warning: connections[0]: Could not read the virtual machines")
    assert "Using the cache instead, which is 2 hours old." in line


def test_secrets_of_entries_are_not_shown(command: Any, source: Any, cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "vault").write_text("word")
    secret = "apikey.hidden-from-all"
    encrypted = command("ansible-vault", "encrypt_string", "--vault-password-file", "vault", cloud.token).stdout
    path = tmp_path / "vault.bigv.yml"
    entries = f"connections:\n  - accounts: [acme]\n    token: {encrypted.replace(chr(10), chr(10) + '    ')}"
    path.write_text(f"plugin: bytemark.cloud.bigv\ntoken: {secret}\n{entries}\n")
    done = command("ansible-inventory", "-i", path, "--list", "--vault-password-file", "vault", "-vvvv")
    assert set(json.loads(done.stdout[done.stdout.index("{") :])["bigv"]["children"]) == {"bigv_acme"}
    refused = command("ansible-inventory", "-i", source(connections=[{"token": secret}]), "--list", "-vvvv")
    assert "connections[0]: " in refused.stderr
    for said in (done, refused):
        assert secret not in said.stdout + said.stderr
        assert cloud.token not in said.stdout + said.stderr


# Variables.


def test_hosts_get_the_variables_that_are_named(inventory: TakeIn) -> None:
    taken = inventory(variables=["name", "ip*", "*_on"], accounts=["acme"], vm_groups=["staging"])
    (host,) = taken["hosts"].values()
    assert taken["said"] == []
    assert set(host) == {"bigv_name", "bigv_ipv4", "bigv_ipv6", "bigv_power_on", "bigv_autoreboot_on", "ansible_host"}


@pytest.mark.parametrize("variables", [["*"], None, "*", ["name", "*"]])
def test_all_is_the_default(inventory: TakeIn, variables: Any) -> None:
    assert inventory(variables=variables) == inventory()


def test_none_is_none(inventory: TakeIn) -> None:
    assert {tuple(host) for host in inventory(variables=[])["hosts"].values()} == {("ansible_host",)}


def test_everything_else_sees_all_of_them(inventory: TakeIn) -> None:
    options = {
        "hostnames": ["bigv_name | upper"],
        "connect_with": "bigv_group ~ '.example.com'",
        "include": ["bigv_account == 'acme'"],
        "exclude": ["bigv_name == 'acme2'"],
        "compose": {"gib": "bigv_memory // 1024"},
        "groups": {"with_discs": "bigv_discs | length > 0"},
        "keyed_groups": [{"prefix": "in", "key": "bigv_group"}],
        "strict": True,
    }
    taken, all_of_them = (inventory(**options, **more) for more in ({"variables": ["id"]}, {}))
    assert taken["groups"] == all_of_them["groups"]
    assert set(taken["hosts"]) == {"ACME1", "ACME3"}
    assert all(set(host) == {"bigv_id", "gib", "ansible_host"} for host in taken["hosts"].values())
    assert taken["hosts"]["ACME3"]["ansible_host"] == "staging.example.com"


def test_a_pattern_that_matches_nothing_is_a_warning(inventory: TakeIn, cloud: Cloud) -> None:
    taken = inventory(variables=["name", "bigv_memory", "nosuch*"])
    (line,) = taken["said"]
    assert line.startswith(
        "warning: variables: no VM has an attribute that matches 'bigv_memory', 'nosuch*'. Specify names without the "
        "prefix 'bigv_'; the attributes are "
    )
    assert " memory, " in line
    assert len(taken["hosts"]) == 6
    cloud.seed()
    assert inventory(variables=["nosuch"])["said"] == []


def test_what_hosts_that_are_left_out_have_matches(inventory: TakeIn) -> None:
    assert inventory(variables=["name"], exclude=["true"])["said"] == []


def test_names_are_those_of_any_prefix(inventory: TakeIn) -> None:
    taken = inventory(variables=["memory", "name"], hostvars_prefix="")
    assert {frozenset(host) for host in taken["hosts"].values()} == {frozenset(("memory", "bigv_name", "ansible_host"))}


@pytest.mark.parametrize(("variables", "line"), [
    ([""], "variables[0]: must not be empty"),
    ({"a": 1}, "variables: must be a list of names, got a dictionary"),
    ([False], "variables[0]: must be text, got False (a boolean)"),
])  # fmt: skip
def test_variables_that_are_none(inventory: TakeIn, variables: Any, line: str) -> None:
    assert the_line(inventory(variables=variables)).startswith(line)


# The number of hosts.


@pytest.mark.parametrize(("options", "hosts"), [
    ({}, 6), ({"states": ["running"]}, 4), ({"exclude": "bigv_account == 'acme'"}, 3),
    ({"connections": [{"accounts": ["acme"]}, {"accounts": ["globex"]}]}, 6),
])  # fmt: skip
def test_fewer_hosts_than_there_have_to_be_are_an_error(inventory: TakeIn, options: dict[str, Any], hosts: int) -> None:
    assert len(inventory(**options, min_hosts=hosts)["hosts"]) == hosts
    line = the_line(inventory(**options, min_hosts=str(hosts + 1)))
    assert line.startswith(f"min_hosts: the source has {hosts} hosts, but it must have at least {hosts + 1}.")


def test_too_few_hosts_are_not_cached(inventory: TakeIn, cloud: Cloud, tmp_path: Path) -> None:
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    the_line(inventory(**cache, min_hosts=7))
    assert list((tmp_path / "cache").iterdir()) == []
    inventory(**cache, min_hosts=6)
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize("value", [-1, "few", True, 1.5])
def test_a_number_of_hosts_is_a_number(inventory: TakeIn, cloud: Cloud, value: Any) -> None:
    assert the_line(inventory(min_hosts=value)).startswith("min_hosts: ")
    assert cloud.calls() == []


def test_a_play_stops_where_hosts_are_missing(command: Any, source: Any, tmp_path: Path) -> None:
    play = tmp_path / "play.yml"
    play.write_text(
        "- hosts: bigv\n  gather_facts: false\n  connection: local\n"
        '  tasks: [{ansible.builtin.debug: {msg: "<{{ bigv_name }} {{ bigv_memory is defined }}>"}}]\n'
    )
    done = command("ansible-playbook", "-i", source(variables=["name"], min_hosts=6), play)
    assert done.stdout.count("False>") == 6
    strict = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    done = command("ansible-playbook", "-i", source(min_hosts=7), play, **strict)
    assert done.returncode != 0
    assert "min_hosts: the source has 6 hosts" in " ".join(done.stderr.split())
