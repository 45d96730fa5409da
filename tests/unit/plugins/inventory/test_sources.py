# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Where a source is: what is said names it, and what it names is found beside it, by Ansible's real commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

TakeIn = Callable[..., dict[str, Any]]
CACHE = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile"}
PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.meta: refresh_inventory
    - ansible.builtin.debug: {msg: "{{ groups.bigv | length }} hosts"}
"""


@pytest.fixture(autouse=True)
def fleet(cloud: Cloud) -> None:
    cloud.seed({"name": "web1"}, {"name": "web2"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the folder of the source, which is none that a command runs in."""
    path = tmp_path / "sources"
    path.mkdir()
    return path


def hosts(done: Any) -> int:
    assert done.returncode == 0, done.stderr
    return len(json.loads(done.stdout)["_meta"]["hostvars"])


def asked(cloud: Cloud) -> list[str]:
    """Return what was asked for, but for discs and NICs, which the API may not list with the VMs."""
    return [call for call in cloud.calls() if call not in ("GET /discs", "GET /nics")]


def said(done: Any) -> str:
    """Return what is said in one line or, where ansible-core before 2.19 breaks it, in the lines of one warning."""
    return " ".join(done.stderr.split())


# What is said.


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"accounts": ["acme", False]}, "accounts[1]: must be text, got False (a boolean); put it in quotes"),
        ({"accounts": [{"name": "acme"}]}, "accounts[0]: must be text, got a dictionary"),
        ({"token": {"secret": "s3cret"}}, "token: must be text, got a dictionary"),
        ({"strict": True, "compose": {"a": "nosuch"}}, "Could not set a for host web1.default.acme.uk0.bigv.io"),
        ({"strict": True, "keyed_groups": [{"key": "nosuch"}]}, "Could not generate group for host web1.default"),
        ({"strict": True, "groups": {"a": "nosuch"}}, "Could not add host web1.default.acme.uk0.bigv.io to group a"),
        ({"strict": True, "hostnames": ["nosuch"]}, "hostnames: could not evaluate 'nosuch'"),
        ({"include": "bigv_name"}, "include: 'bigv_name' is neither true nor false"),
        ({"api_url": "http://127.0.0.1:1"}, "Could not read the virtual machines: the connection was refused"),
    ],
)
def test_an_error_is_one_line_that_names_the_source(
    command: Any, source: Any, tmp_path: Path, options: dict[str, Any], line: str
) -> None:
    (tmp_path / "play.yml").write_text("- hosts: all\n  gather_facts: false\n")
    path = source(**options)
    done = command("ansible-playbook", "-i", path, tmp_path / "play.yml", "-vvv")
    (shown,) = [shown for shown in done.stderr.splitlines() if "ERROR" in shown]
    assert f"{path}: {line}" in shown
    assert "Traceback" not in done.stdout + done.stderr
    for word in ("ansible_collections.", "<class", "Error:", "s3cret", "NoneType"):
        assert word not in done.stderr


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"accounts": ["acme", "acmee"]}, "accounts: there is no VM in acmee, or these credentials cannot see it."),
        ({"exclude": "nosuch"}, "exclude: 'nosuch' could not be evaluated for any VM"),
        ({"compose": {"a": "1 +"}}, "compose.a: '1 +' is not an expression"),
        ({"hostnames": ["'same'"]}, "hostnames: web1.default.acme.uk0.bigv.io and web2.default.acme.uk0.bigv.io would"),
        ({"connect_with": "ipv6", "include": "bigv_name == 'web1'"}, None),
    ],
)
def test_a_warning_names_the_source(command: Any, source: Any, options: dict[str, Any], text: str | None) -> None:
    path = source(**options)
    done = command("ansible-inventory", "-i", path, "--list")
    if text is None:
        assert done.stderr == ""
    else:
        assert f"{path}: {text}".replace(" ", "") in said(done).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "- plugin: bytemark.cloud.bigv\n",
            "is not a dictionary of options; start it with plugin: bytemark.cloud.bigv",
        ),
        ("web1\n", "is not a dictionary of options; start it with plugin: bytemark.cloud.bigv"),
        ("", "is empty"),
        ("plugin: bytemark.cloud.bigv\ntoken: s3cret\naccounts: [acme\n", ""),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", ""),
    ],
)
def test_a_file_that_is_no_source_is_refused_in_one_line(command: Any, source: Any, text: str, line: str) -> None:
    path = source()
    path.write_text(text)
    done = command("ansible-inventory", "-i", path, "--list", ANSIBLE_INVENTORY_ENABLED="bytemark.cloud.bigv")
    (shown,) = done.stderr.strip().splitlines()
    assert f"{path}: {line}" in shown
    assert "s3cret" not in shown


def test_an_inventory_of_another_kind_is_left_to_others(command: Any, source: Any) -> None:
    path = source()
    enabled = {"ANSIBLE_INVENTORY_ENABLED": "bytemark.cloud.bigv,auto,yaml"}
    path.write_text("all: {hosts: {laptop: {a: 1}}}")
    assert hosts(command("ansible-inventory", "-i", path, "--list", **enabled)) == 1
    path.write_text("plugin: ansible.builtin.generator\nhosts: {name: x}\nlayers: {}\n")
    command("ansible-inventory", "-i", path, "--list", **enabled)


def test_what_nobody_foresaw_is_one_line(driver: Any, source: Any) -> None:
    """An address that no code of the collection can work with."""
    taken = driver(sources=[str(source())], vms=[{"id": 1, "hostname": 7, "network_interfaces": [7]}])
    (line,) = taken["said"]
    assert line.startswith("error: This is an unexpected error; please report it: ")
    assert taken["hosts"] == {}


# Names and folders.


@pytest.mark.parametrize("name", ["bigv.yml", "bigv.yaml"])
def test_the_whole_name_of_a_source(command: Any, source: Any, name: str) -> None:
    assert hosts(command("ansible-inventory", "-i", source(name), "--list")) == 2


@pytest.mark.parametrize("name", ["xbigv.yml", "bigv.yml.txt"])
def test_other_names_are_not_ours(command: Any, source: Any, cloud: Cloud, name: str) -> None:
    command("ansible-inventory", "-i", source(name), "--list")
    assert cloud.calls() == []


@pytest.mark.parametrize(("option", "lookup"), [("token", "unvault"), ("token", "file"), ("accounts", "file")])
def test_lookups_find_what_is_beside_the_source(
    command: Any, source: Any, folder: Path, cloud: Cloud, tmp_path: Path, lookup: str, option: str
) -> None:
    (folder / "value.txt").write_text({"token": cloud.token, "accounts": "acme"}[option])
    given = {option: f"{{{{ lookup('{lookup}', 'value.txt') | trim }}}}"}
    path = source(f"{folder.name}/s.bigv.yml", **given)
    env = {"BIGV_TOKEN": ""} if option == "token" else {}
    done = command("ansible-inventory", "-i", path, "--list", **env)
    assert hosts(done) == 2
    assert done.stderr == ""
    (tmp_path / "plays").mkdir()
    (tmp_path / "plays" / "play.yml").write_text(PLAY)
    done = command("ansible-playbook", "-i", path, tmp_path / "plays" / "play.yml", **env)
    assert "2 hosts" in done.stdout, done.stdout + done.stderr
    assert done.stderr == ""


def test_lookups_of_a_play_are_as_before(command: Any, source: Any, folder: Path, tmp_path: Path) -> None:
    (folder / "value.txt").write_text("of the source")
    (tmp_path / "value.txt").write_text("of the play")
    task = "    - ansible.builtin.debug: {msg: \"{{ lookup('ansible.builtin.file', 'value.txt') }}\"}\n"
    (tmp_path / "play.yml").write_text(PLAY + task)
    done = command("ansible-playbook", "-i", source(f"{folder.name}/s.bigv.yml"), tmp_path / "play.yml")
    assert "of the play" in done.stdout


# The cache.


@pytest.mark.parametrize("setting", ["option", "variable", "ini"])
def test_a_relative_cache_is_beside_the_configuration(
    command: Any, source: Any, folder: Path, tmp_path: Path, cloud: Cloud, setting: str
) -> None:
    (tmp_path / "project").mkdir()
    configuration = tmp_path / "project" / "ansible.cfg"
    configuration.write_text("[inventory]\n" + ("cache_connection = cache\n" if setting == "ini" else ""))
    env = {"ANSIBLE_CONFIG": str(configuration)}
    if setting == "variable":
        env["ANSIBLE_INVENTORY_CACHE_CONNECTION"] = "cache"
    options = CACHE | ({"cache_connection": "cache"} if setting == "option" else {})
    path = source(f"{folder.name}/s.bigv.yml", **options)
    for _time in range(2):
        done = command("ansible-inventory", "-i", path, "--list", **env)
        assert hosts(done) == 2
        assert done.stderr == ""
    assert asked(cloud) == ["GET /virtual_machines"]
    assert len(list((tmp_path / "project" / "cache").iterdir())) == 1
    assert not (tmp_path / "cache").exists()
    assert not (folder / "cache").exists()


@pytest.mark.parametrize(
    ("connection", "problem"),
    [("cache", "'cache' is relative, but there is no ansible.cfg"), (None, "is required"), ("", "is required"),
     ("/proc/nowhere", "/proc/nowhere cannot be created: No such file or directory")],
)  # fmt: skip
def test_a_cache_without_a_folder_is_refused(
    command: Any, source: Any, tmp_path: Path, cloud: Cloud, connection: str | None, problem: str
) -> None:
    path = source(**CACHE, cache_connection=connection)
    done = command("ansible-inventory", "-i", path, "--list", HOME=str(tmp_path), ANSIBLE_CONFIG="")
    assert f"{path}: cache_connection: {problem}" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert cloud.calls() == []
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != ".ansible"] == [path.name]


@pytest.mark.parametrize("connection", ["cache", "{folder}/cache", "{folder}", "{folder}/a/b"])
def test_a_cache_among_the_sources_is_refused(
    command: Any, source: Any, folder: Path, cloud: Cloud, connection: str
) -> None:
    (folder / "ansible.cfg").write_text("[defaults]\n")
    path = source(f"{folder.name}/s.bigv.yml", **CACHE, cache_connection=connection.format(folder=folder))
    done = command("ansible-inventory", "-i", folder, "--list", ANSIBLE_CONFIG=str(folder / "ansible.cfg"))
    (line,) = done.stderr.strip().splitlines()
    assert f"{path}: cache_connection: {folder}" in line
    assert f"is in the folder of inventories {folder}, so Ansible would treat it as a source" in line
    assert {entry.name for entry in folder.iterdir()} == {"s.bigv.yml", "ansible.cfg"}


def test_a_hidden_cache_among_the_sources_is_none(command: Any, source: Any, folder: Path, cloud: Cloud) -> None:
    source(f"{folder.name}/s.bigv.yml", **CACHE, cache_connection=str(folder / ".cache"))
    for _time in range(2):
        done = command("ansible-inventory", "-i", folder, "--list")
        assert hosts(done) == 2
        assert done.stderr == ""
    assert asked(cloud) == ["GET /virtual_machines"]


def log_in(cloud: Cloud, username: str = "admin") -> str:
    answer = requests.post(f"{cloud.auth_url}/session", json={"username": username, "password": "password"}, timeout=30)
    assert answer.status_code == 200
    return answer.text


def test_sessions_of_one_user_share_a_cache(inventory: TakeIn, cloud: Cloud, tmp_path: Path) -> None:
    caching = CACHE | {"cache_connection": str(tmp_path / "cache")}
    sessions = [log_in(cloud), log_in(cloud)]
    cloud.clear()
    assert len(inventory(**caching, token=sessions[0])["hosts"]) == 2
    assert [call.partition("/session/")[0] for call in asked(cloud)] == ["GET /auth", "GET /virtual_machines"]
    for options in ({"token": sessions[1]}, {"username": "admin", "password": "password"}):
        cloud.clear()
        taken = inventory(**caching, **options, env={"BIGV_TOKEN": ""})
        assert len(taken["hosts"]) == 2
        assert taken["said"] == []
        assert "GET /virtual_machines" not in cloud.calls()
    (file,) = (tmp_path / "cache").iterdir()
    assert not any(session in file.name + file.read_text() for session in sessions)


def test_users_share_no_cache(inventory: TakeIn, cloud: Cloud, tmp_path: Path) -> None:
    caching = CACHE | {"cache_connection": str(tmp_path / "cache")}
    inventory(**caching, token=log_in(cloud))
    cloud.clear()
    assert inventory(**caching, token=cloud.token)["said"] == []
    assert asked(cloud) == ["GET /virtual_machines"]
    assert inventory(**caching, token=log_in(cloud), auth_url=f"{cloud.auth_url}/")["said"] == []
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_session_of_nobody_is_not_cached(inventory: TakeIn, cloud: Cloud, tmp_path: Path) -> None:
    caching = CACHE | {"cache_connection": str(tmp_path / "cache"), "cache_fallback": True}
    inventory(**caching, token=log_in(cloud))
    warning, error = inventory(**caching, token="0123456789abcdef")["said"]
    assert warning.startswith(f"warning: cache: is not used, because {cloud.auth_url} does not say which user")
    assert "401" in error
    session = log_in(cloud)
    taken = inventory(**caching, token=session, auth_url="http://127.0.0.1:1")
    assert len(taken["hosts"]) == 2
    (warning,) = taken["said"]
    assert "cache: is not used, because http://127.0.0.1:1 does not say" in warning
    assert session not in warning
    assert len(list((tmp_path / "cache").iterdir())) == 1
