# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The secret of a new API key is in the registered result and in ``token_file`` alone, whatever goes wrong."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.contract.test_forms_of_answers import relay
from ansible_collections.bytemark.cloud.tests.unit.echoing_keys import AFTERWARDS, Echoing
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

WAYS = pytest.mark.parametrize("in_controller", [True, False], ids=["in the controller", "as a module"])
PRIVILEGES = [{"level": "group_admin", "group": "default"}]


@pytest.fixture
def echoing() -> Echoing:
    return Echoing()


@pytest.fixture
def url(cloud: Cloud, echoing: Echoing) -> Iterator[str]:
    with relay(cloud, echoing.form, instead=echoing.instead) as server:
        yield server.url


def play(url: str, in_controller: bool, *tasks: dict[str, Any], **keywords: Any) -> list[dict[str, Any]]:
    shared = {"api_url": url, "run_in_controller": in_controller}
    return [
        {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "module_defaults": {"group/bytemark.cloud.bigv": shared},
            "tasks": list(tasks),
            **keywords,
        }
    ]


def key(label: str, **keywords: Any) -> dict[str, Any]:
    options = {"label": label, "valid_for": "90d", "privileges": PRIVILEGES}
    more = {name: keywords.pop(name) for name in ("token_file", "renew_before") if name in keywords}
    return {"name": f"Key {label}", "bytemark.cloud.bigv_api_key": {**options, **more}, **keywords}


def keep(content: str) -> dict[str, Any]:
    copy = {"dest": "{{ playbook_dir }}/kept.json", "content": content, "mode": "0600"}
    return {"ansible.builtin.copy": copy, "no_log": True, "diff": False}


def found(tokens: list[str], said: str, scratch: Path) -> list[str]:
    """Return every line with a secret, or with what of it is no prefix."""
    texts = {"said": said}
    texts |= {str(path): path.read_text(errors="replace") for path in scratch.rglob("*") if path.is_file()}
    assert any(name.endswith("/log") for name in texts)
    secrets = [token.removeprefix("apikey.") for token in tokens]
    lines = ((name, line) for name, text in texts.items() for line in text.splitlines())
    return [f"{name}: {line[:500]}" for name, line in lines if any(secret in line for secret in secrets)]


@WAYS
@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["for real", "in check mode"])
def test_the_secret_is_in_the_registered_result_and_in_its_file(
    cloud, command, write, url, echoing, keeping, scratch, tmp_path, in_controller, arguments
):
    file = tmp_path / "token"
    looped = {
        "name": "Keys, one of which is there",
        "bytemark.cloud.bigv_api_key": {"label": "{{ item }}"},
        "loop": ["one", "two", "one"],
        "register": "looped",
    }
    tasks = [
        key("ci", register="ci", token_file=str(file)),
        key("ci", register="second", token_file=str(file)),
        looped,
        key("again", register="again", until="again is not changed", retries=2, delay=0, ignore_errors=True),
        {"bytemark.cloud.bigv_api_key_info": {}, "register": "listed"},
        {"ansible.builtin.debug": {"var": "listed"}},
        {"ansible.builtin.set_fact": {"kept": "{{ listed }}", "cacheable": True}},
        {"bytemark.cloud.bigv_api_key": {"label": "ci", "state": "absent"}},
        keep("{{ [ci.token | default(none)] + looped.results | map(attribute='token', default='') }}"),
    ]
    path = write("play.yml", play(url, in_controller, *tasks))
    run = command("ansible-playbook", path, "-vvvv", "--diff", *arguments, **keeping)
    assert run.status == 0, run.output
    if arguments:
        assert echoing.tokens == []
        assert not file.exists()
        return
    ci, one, two, _again = echoing.tokens
    assert json.loads((tmp_path / "kept.json").read_text()) == [ci, one, two, ""]
    assert file.read_text() == f"{ci}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("token*")] == ["token"]
    assert (scratch / "record").read_text().count("'censored'") >= 3
    assert not found(echoing.tokens, run.output, scratch)


@WAYS
def test_no_failure_shows_the_secret(cloud, command, write, url, echoing, keeping, scratch, in_controller):
    tasks = [key(label, ignore_errors=True, register="failed") for label in AFTERWARDS]
    show = {"ansible.builtin.debug": {"var": "failed"}}
    path = write("play.yml", play(url, in_controller, *(each for task in tasks for each in (task, show))))
    run = command("ansible-playbook", path, "-vvvv", "--diff", **keeping)
    assert run.status == 0, run.output
    assert len(echoing.tokens) >= len(AFTERWARDS)
    assert not found(echoing.tokens, run.output, scratch)
    assert "Traceback (most recent call last)" not in run.output


SSH = """#!{python}
import os, sys
os.execv("/bin/sh", ["/bin/sh", "-c", sys.argv[-1]])
"""


@pytest.mark.parametrize("module", ["bigv_api_key", "bigv_session"])
def test_ssh_does_not_show_it_either(cloud, command, write, url, echoing, keeping, scratch, tmp_path, module):
    """At -vvv, ansible-core shows all that comes over SSH, unless it is told not to. This SSH goes nowhere."""
    program = tmp_path / "ssh"
    program.write_text(SSH.format(python=sys.executable))
    program.chmod(0o700)
    login = {"username": "admin", "password": "password", "auth_url": cloud.auth_url, "token": ""}
    task = {"bigv_api_key": key("ci", register="done")}.get(
        module, {"bytemark.cloud.bigv_session": login, "register": "done"}
    )
    remote = {"ansible_ssh_executable": str(program), "ansible_python_interpreter": sys.executable}
    tasks = [task, {**keep("{{ [done.token] }}"), "delegate_to": "localhost", "connection": "local"}]
    path = write("play.yml", play(url, True, *tasks, hosts="far", connection="ssh", vars=remote))
    environment = {"ANSIBLE_PIPELINING": "true", "ANSIBLE_SSH_TRANSFER_METHOD": "piped", "PATH": os.environ["PATH"]}
    run = command("ansible-playbook", "-i", "far,", path, "-vvvv", **keeping | environment)
    assert run.status == 0, run.output
    tokens = json.loads((tmp_path / "kept.json").read_text())
    assert tokens == (echoing.tokens or tokens)
    assert not found(tokens, run.output, scratch)


def test_public_keys_and_labels_are_shown(cloud, command, write, url, keeping):
    public = "ssh-ed25519 AAAA alice@laptop"
    tasks = [
        {"bytemark.cloud.bigv_user": {"name": "read-only", "authorized_keys": [public]}, "register": "user"},
        {"ansible.builtin.debug": {"var": "user"}},
        {"bytemark.cloud.bigv_api_key_info": {"label": "admin"}, "register": "keys"},
        {"ansible.builtin.debug": {"var": "keys"}},
    ]
    for in_controller in (True, False):
        path = write("play.yml", play(url, in_controller, *tasks))
        run = command("ansible-playbook", path, "-vvvv", "--diff", **keeping)
        assert run.status == 0, run.output
        assert public in run.output
        assert '"label": "admin"' in run.output
        assert "VALUE_SPECIFIED" not in run.output.replace(
            '"token": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"', ""
        ).replace('"password": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"', "")
