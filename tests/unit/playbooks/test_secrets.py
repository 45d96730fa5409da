# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Nothing secret is printed, returned, cached, logged or left behind, whatever goes wrong, at any verbosity.

Each secret bears a mark. What runs reads them from a file outside the folder that is searched for the marks in the end.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bytemark.cloud.tests.unit.examples import ONLY_LOGS_IN, example
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import Cloud, machine
from ansible_collections.bytemark.cloud.tests.unit.recording_server import (
    Answer,
    RecordingServer,
    Request,
    recording_server,
)
from ansible_collections.bytemark.cloud.tests.unit.support import MODULES

MARK = "M4RK"
SECRETS = {
    "token": f"apikey.{MARK}-token",
    "password": f"{MARK}-pass/word",
    "yubikey": f"{MARK}-yubikey",
    "root_password": f'{MARK}-root "pass\\word',
    "private_key": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{MARK}-key\n-----END OPENSSH PRIVATE KEY-----\n",
    "firstboot_script": f"#!/bin/sh\necho {MARK}-script-one\n\techo '{MARK}-script-two'\n",
}
ENVIRONMENT = {"BIGV_TOKEN": f"{MARK}-env-token", "BIGV_PASSWORD": f"{MARK}-env-password"}
SESSION = f"{MARK}-session"
CLOUD = Cloud([machine(7, "web1", "default"), machine(8, "web2", "default")], True, [])
BAD = ["400", "text", "401", "403", "404", "500", "html", "not-json", "lost"]


def bad(kind: str, request: Request) -> Answer:
    """Return a failure that gives back, where it can, everything in the request."""
    given = f"{request.body.decode()} {request.headers.get('authorization')}"
    if kind == "lost":
        return Answer(None)
    if kind == "not-json":
        return Answer(200, given.encode())
    if kind == "html":
        return Answer(502, f"<html>{given}</html>".encode(), "text/html")
    if kind == "text":
        return Answer(400, given.encode(), "text/plain")
    said: Any = json.loads(request.body) if request.body else {}
    return Answer(int(kind), json.dumps({"told": said, "base": [given, given.replace("\\n", "\n")]}).encode())


def answer(request: Request) -> Answer:
    """Answer as the first part of the path says: well, or with a failed login, read or write."""
    _root, mode, path = request.target.split("/", 2)
    request = request._replace(target=f"/{path}")
    what, _dash, kind = mode.partition("-")
    if what == ("login" if request.path == "/session" else "read" if request.method == "GET" else "write"):
        if kind == "hang":
            hanging.set()
            released.wait(30)
            return Answer(None)
        return bad(kind, request)
    if request.path == "/session":
        return Answer(body=SESSION.encode(), kind="text/plain")
    return CLOUD(request)


hanging, released = threading.Event(), threading.Event()


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    hanging.clear()
    released.clear()
    with recording_server(answer) as server:
        yield server
        released.set()


@pytest.fixture
def environment(server: RecordingServer, keeping: dict[str, str]) -> dict[str, str]:
    """Have Ansible keep whatever it can keep in the scratch folder."""
    return os.environ | ENVIRONMENT | keeping | {
        "ANSIBLE_NOCOLOR": "true",
        "BIGV_ACCOUNT": "acme",
        "BIGV_API_RETRIES": "0",
        "BIGV_USERNAME": "admin",
        "COLUMNS": "4000",
        "PYTHONUTF8": "1",
    }  # fmt: skip


@pytest.fixture
def kept(scratch: Path) -> Callable[..., list[str]]:
    """Every line with a mark, of what was said and of every file that is left."""

    def search(*said: str) -> list[str]:
        texts = {"said": "\n".join(said)}
        files = [path for path in scratch.rglob("*") if path.is_file()]
        texts |= {str(path.relative_to(scratch)): path.read_text(errors="replace") for path in files}
        assert "log" in texts
        return [f"{name}: {line[:2000]}" for name, text in texts.items() for line in text.splitlines() if MARK in line]

    return search


def playbook(url: str, tasks: list[dict[str, Any]], **defaults: Any) -> list[dict[str, Any]]:
    return [
        {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "module_defaults": {
                "group/bytemark.cloud.bigv": {"api_url": f"{url}/right", "auth_url": f"{url}/right", **defaults}
            },
            "tasks": [{"ignore_errors": True, **task} for task in tasks],
        }
    ]


# A token wins, so that of the environment is not there for those who log in.
NO_TOKEN = {"BIGV_TOKEN": ""}
LOGIN = {"token": "", "password": "{{ password }}", "yubikey": "{{ yubikey }}"}
INSTALL = {
    "image": "stretch",
    "discs": [{"label": "root", "size": "25GiB"}],
    "root_password": "{{ root_password }}",
    "firstboot_script": "{{ firstboot_script }}",
    "wait": False,
}
NEW = {"name": "new1", **INSTALL}
# ansible-core, too, has something to say about these.
BAD_OPTIONS = [
    ("bigv_vm", {**NEW, "nonsense": "{{ root_password }}"}),
    ("bigv_vm", {**NEW, "cores": "{{ 'many' }}"}),
    ("bigv_vm", {**NEW, "state": "{{ 'gone' }}"}),
    ("bigv_vm", {**NEW, "image": ""}),
    ("bigv_fleet", {"vms": [{**NEW, "memory": "{{ 'much' }}"}]}),
    ("bigv_fleet", {"vms": [{**NEW, "nonsense": 1}]}),
    ("bigv_fleet", {"vms": ["web1", NEW]}),
    ("bigv_fleet", {"vms": [[NEW]]}),
    ("bigv_fleet", {"vms": NEW}),
    ("bigv_fleet", {"vms": ["name=web1 root_password={{ password }}"]}),
    ("bigv_fleet", {"vms": [NEW], "defaults": "root_password: {{ root_password }}"}),
    ("bigv_fleet", {"vms": [{**NEW, "discs": ["{{ root_password }}"]}], "defaults": [INSTALL]}),
    ("bigv_vm", {**NEW, "discs": ["25GiB"]}),
    ("bigv_vm", {**NEW, "name": {"root_password": "{{ root_password }}"}}),
    ("bigv_vm", {**NEW, "ssh_public_keys": ["{{ private_key }}"]}),
    ("bigv_fleet", {"vms": [{**NEW, "ssh_public_keys": ["ssh-ed25519 AAAA me", "{{ private_key }}"]}]}),
]


def marked(value: Any) -> Any:
    """Return the options with a marked secret for each of theirs."""
    if isinstance(value, Mapping):
        return {key: f"{{{{ {key} }}}}" if key in SECRETS else marked(inner) for key, inner in value.items()}
    return [marked(inner) for inner in value] if isinstance(value, list) else value


def failing(module_name: str) -> list[str]:
    """Return the requests of a module that may fail."""
    if module_name in ONLY_LOGS_IN:
        return ["login"]
    return ["login", "read"] if module_name.endswith("_info") else ["login", "read", "write"]


def tasks(url: str, in_controller: bool) -> Iterator[dict[str, Any]]:
    """Every module through success and some failures, and one of them through all."""

    def task(module_name: str, options: dict[str, Any], mode: str = "right", **keywords: Any) -> dict[str, Any]:
        urls = {"api_url": f"{url}/{mode}", "auth_url": f"{url}/{mode}"}
        return {f"bytemark.cloud.{module_name}": {**urls, **options, "run_in_controller": in_controller}, **keywords}

    kinds = itertools.cycle(BAD)
    for module_name in MODULES:
        options = marked(example(module_name).options)
        register = {} if module_name in ONLY_LOGS_IN else {"register": "done"}
        for request in failing(module_name):
            all_kinds = in_controller and module_name == "bigv_vm" and request != "read"
            for kind in BAD if all_kinds else [next(kinds)]:
                login = (LOGIN, {"environment": NO_TOKEN}) if request == "login" or kind == "401" else ({}, {})
                yield task(module_name, options | login[0], f"{request}-{kind}", **login[1], **register)
        yield task(module_name, options, check_mode=module_name != "bigv_vm", **register)
        if register:
            yield {"ansible.builtin.debug": {"var": "done"}}
            yield {"ansible.builtin.set_fact": {f"kept_{module_name}": "{{ done }}", "cacheable": True}}
    for module_name, options in BAD_OPTIONS:
        yield task(module_name, options)
    yield task("bigv_vm", {**NEW, "api_url": "http://127.0.0.1:1"})
    yield task("bigv_vm", {**NEW, "api_url": "http://admin:{{ password }}@127.0.0.1:1"})
    if not in_controller:
        yield task("bigv_vm", NEW, "write-400", **{"async": 60, "poll": 0}, register="job")
        look = {"ansible.builtin.async_status": {"jid": "{{ job.ansible_job_id }}"}}
        yield {**look, "register": "done", "until": "done.finished", "retries": 60, "delay": 1}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Callable[..., tuple[int, str]]:
    (tmp_path / "secrets.yml").write_text(yaml.safe_dump(SECRETS))

    def command(name: str, *arguments: str | Path, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [name, "-vvvv", *map(str, arguments)],
            env=environment | more,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    return command


def play(run: Any, tmp_path: Path, content: Any, *arguments: str) -> subprocess.Popen[str]:
    path = tmp_path / "play.yml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return run("ansible-playbook", path, "--diff", "--extra-vars", f"@{tmp_path / 'secrets.yml'}", *arguments)


@pytest.mark.parametrize("in_controller", [True, False], ids=["in the controller", "as modules"])
def test_no_secret_of_a_module_is_left(server, run, kept, scratch, tmp_path, in_controller):
    credentials = {"token": "{{ token }}", "password": "{{ password }}", "yubikey": "{{ yubikey }}"}
    content = playbook(server.url, list(tasks(server.url, in_controller)), **credentials)
    said, _none = play(run, tmp_path, content).communicate()
    for task in (*MODULES, "api_url: the URL contains more"):
        assert task in said
    assert re.search(r"failed=0 .*ignored=\d\d", said), said[-3000:]
    for mark in re.findall(rf"{MARK}-\w+", " ".join([*SECRETS.values(), SESSION])):
        assert (mark in str(server.requests)) is (mark != f"{MARK}-key")
    # ansible-core tidies up after a background job some seconds after its end.
    deadline = time.monotonic() + 30
    while list((scratch / "remote").glob("*")) and time.monotonic() < deadline:
        time.sleep(0.2)
    found = kept(said)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("in_controller", [True, False], ids=["in the controller", "as a module"])
def test_no_secret_of_an_interrupted_module_is_left(server, environment, run, kept, tmp_path, in_controller):
    options = {**NEW, **LOGIN, "api_url": f"{server.url}/write-hang", "run_in_controller": in_controller}
    # Else ansible-core, when it is killed, leaves the module with its options in remote_tmp.
    environment["ANSIBLE_PIPELINING"] = "true"
    process = play(run, tmp_path, playbook(server.url, [{"bytemark.cloud.bigv_vm": options}]))
    assert hanging.wait(60)
    os.killpg(process.pid, signal.SIGINT)
    released.set()
    said, _none = process.communicate()
    assert "bigv_vm" in said
    found = kept(said)
    assert not found, "\n".join(found)


def test_no_secret_of_an_inventory_is_left(server, run, kept, tmp_path):
    with_token, with_login = [], []
    password = "{{ lookup('ansible.builtin.env', 'BIGV_PASSWORD') }}"
    login = {"password": password, "yubikey": SECRETS["yubikey"], "token": ""}
    for mode in ("right", *(f"read-{kind}" for kind in BAD), *(f"login-{kind}" for kind in BAD)):
        source = tmp_path / f"{mode}.bigv.yml"
        url = f"{server.url}/{mode}"
        options = {"plugin": "bytemark.cloud.bigv", "api_url": url, "auth_url": url, "cache": True}
        logs_in = mode in ("right", "read-401") or "login" in mode
        source.write_text(yaml.safe_dump(options | (login if logs_in else {})))
        (with_login if logs_in else with_token).extend(("-i", source))
    said = ""
    for sources, environment in ((with_token, {}), (with_login, NO_TOKEN)):
        said += run("ansible-inventory", *sources, "--list", "--export", **environment).communicate()[0]
    assert "web1.default.acme.uk0.bigv.io" in said
    for message in ("answered 400", "answered 401", "answered 500", "with a web page", "not JSON", "Could not log in"):
        assert message in said
    for secret in (SECRETS["yubikey"], *ENVIRONMENT.values(), SESSION):
        assert secret in str(server.requests)
    found = kept(said)
    assert not found, "\n".join(found)
