# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A source that fails says so in one line; caches, and what they fall back to."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

TakeIn = Callable[..., dict[str, Any]]
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def fleet(cloud: Cloud) -> None:
    cloud.seed({"name": "web1"}, {"name": "web2"})


@pytest.fixture
def caching(tmp_path: Path) -> dict[str, Any]:
    return {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
        "cache_timeout": 100,
    }


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start a server that gives one answer to everything."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        answer: tuple[int, str, bytes] = (200, "application/json", b"[]")

        def do_GET(self) -> None:
            status, kind, body = self.answer
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    Handler.url = f"http://127.0.0.1:{server.server_port}"
    yield Handler
    server.shutdown()
    thread.join()
    server.server_close()


def the_line(taken: dict[str, Any]) -> str:
    assert taken["hosts"] == {}
    (line,) = taken["said"]
    assert line.startswith("error: ")
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ((500, "text/plain", b"Oops"), "500"),
        ((503, "text/html", b"<html>"), "503"),
        ((403, "text/plain", b"no"), "403"),
        ((404, "text/plain", b"no"), "404"),
        ((302, "text/plain", b""), "302"),
        ((200, "text/html", b"<html>"), "not JSON"),
        ((200, "application/json", b'{"a": 1}'), "is not a list"),
        ((200, "application/json", b"[1]"), "Could not read"),
        ((200, "application/json", b'[{"id": 3, "discs": [], "network_interfaces": "x"}]'), "Could not read"),
        (
            (200, "application/json", b'[{"id": 3, "discs": [], "network_interfaces": [{"ips": [1]}]}]'),
            "Could not read",
        ),
        (
            (200, "application/json", b'[{"id": 3, "hostname": 3, "discs": 4, "network_interfaces": []}]'),
            "Could not read",
        ),
        (
            (200, "application/json", b'[{"id": {}, "hostname": [], "discs": [], "network_interfaces": []}]'),
            "Could not read",
        ),
        ((200, "application/json", b"[" * 10000), "not JSON"),
    ],
)
def test_bad_answers(inventory: TakeIn, answers: Any, answer: tuple[int, str, bytes], cause: str) -> None:
    answers.answer = answer
    line = the_line(inventory(api_url=answers.url))
    assert answers.url in line
    assert cause in line


def test_nobody_there(inventory: TakeIn) -> None:
    line = the_line(inventory(api_url=NOWHERE))
    assert NOWHERE in line
    assert "refused" in line


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ({"token": "wrong-token"}, "401"),
        ({"username": "admin", "password": "wrong-word"}, "403"),
        ({}, "No credentials"),
        ({"token": "x", "api_url": "nonsense"}, "api_url"),
        ({"token": "x", "api_timeout": 0}, "api_timeout"),
        ({"token": "{{ undefined_name }}"}, "token"),
        ({"token": "{{ wrong-token }} + {{"}, "token"),
        ({"hostvars_prefix": "9-", "token": "apikey.simulator-admin"}, "hostvars_prefix"),
    ],
)
def test_options_that_do_not_work(inventory: TakeIn, options: dict[str, Any], cause: str) -> None:
    line = the_line(inventory(**options, env={"BIGV_TOKEN": ""}))
    assert cause in line
    assert "wrong-" not in line


def test_an_unknown_option_value(inventory: TakeIn) -> None:
    """ansible-core checks choices and types."""
    assert "paused" in the_line(inventory(states=["paused"]))
    assert "api_timeout" in the_line(inventory(api_timeout="soon"))


@pytest.mark.parametrize("setting", ["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "ANSIBLE_INVENTORY_UNPARSED_FAILED"])
@pytest.mark.parametrize("name", ["ansible-inventory", "ansible-playbook"])
def test_commands_fail_where_they_are_configured_to(
    command: Any, source: Any, tmp_path: Path, name: str, setting: str
) -> None:
    play = tmp_path / "play.yml"
    play.write_text("- hosts: all\n  gather_facts: false\n  tasks: []\n")
    action = ["--list"] if name == "ansible-inventory" else [play]
    done = command(name, "-i", source(api_url=NOWHERE), *action, **{setting: "true"})
    assert done.returncode != 0
    # ansible-core breaks the lines of its warnings, before 2.19.
    assert f"the connection was refused at {NOWHERE}".replace(" ", "") in "".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_commands_say_one_line_and_go_on_otherwise(command: Any, source: Any) -> None:
    done = command("ansible-inventory", "-i", source(api_url=NOWHERE), "--list")
    assert done.returncode == 0
    (line,) = done.stderr.strip().splitlines()
    assert f"the connection was refused at {NOWHERE}" in line


def test_only_this_plugin_enabled(command: Any, source: Any) -> None:
    """What the guide recommends: nothing else has a say where a source fails."""
    done = command(
        "ansible-inventory", "-i", source(api_url=NOWHERE), "--list",
        ANSIBLE_INVENTORY_ENABLED="bytemark.cloud.bigv", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true",
    )  # fmt: skip
    assert done.returncode != 0
    assert "yaml" not in done.stderr
    assert "ini'" not in done.stderr


def test_requests_is_missing(command: Any, source: Any, tmp_path: Path) -> None:
    """Only the way through a proxy needs it."""
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "requests.py").write_text("raise ImportError('hidden')\n")
    path = os.pathsep.join([str(tmp_path / "hidden"), os.environ.get("PYTHONPATH", "")])
    done = command("ansible-inventory", "-i", source(), "--list", PYTHONPATH=path, http_proxy=NOWHERE)
    (line,) = done.stderr.strip().splitlines()
    assert "The Python library requests is missing" in line


def test_cache(inventory: TakeIn, cloud: Cloud, caching: dict[str, Any]) -> None:
    cloud.settings(flat_overview=True)
    first = inventory(**caching)
    assert cloud.calls() == ["GET /virtual_machines"]
    cloud.clear()
    assert inventory(**caching) == first
    # Options that only say what to make of the answer act at once.
    assert set(inventory(**caching, hostnames=["name"], compose={"a": "bigv_id"})["hosts"]) == {"web1", "web2"}
    assert cloud.calls() == []
    # Other questions and other users go to the API.
    inventory(**caching, accounts=["acme"])
    inventory(**caching, include_deleted=True)
    inventory(**caching, token=cloud.read_only_token)
    assert cloud.calls() == ["GET /virtual_machines"] * 3


def test_nothing_secret_is_cached(inventory: TakeIn, caching: dict[str, Any], tmp_path: Path) -> None:
    inventory(**caching)
    inventory(**caching, username="admin", password="password", env={"BIGV_TOKEN": ""})
    files = list((tmp_path / "cache").iterdir())
    assert len(files) == 2
    for file in files:
        text = file.name + file.read_text()
        assert "apikey" not in text
        assert "password" not in text
        assert "admin" not in text


def test_a_refresh_reads_anew(
    inventory: TakeIn, cloud: Cloud, caching: dict[str, Any], driver: Any, source: Any
) -> None:
    inventory(**caching)
    cloud.seed({"name": "new"})
    assert len(inventory(**caching)["hosts"]) == 2
    # meta: refresh_inventory and --flush-cache
    assert len(driver(sources=[str(source(**caching))], cache=False)["hosts"]) == 1
    assert len(inventory(**caching)["hosts"]) == 1


def grow_old(tmp_path: Path, seconds: int) -> None:
    for file in (tmp_path / "cache").iterdir():
        entry = json.loads(file.read_text())
        payload = entry.get("__payload__")
        inner = json.loads(payload) if payload else entry
        inner["fetched"] -= seconds
        if payload:
            entry["__payload__"] = json.dumps(inner)
        file.write_text(json.dumps(entry))
        then = time.time() - seconds
        os.utime(file, (then, then))


def test_an_expired_cache(inventory: TakeIn, cloud: Cloud, caching: dict[str, Any], tmp_path: Path) -> None:
    cloud.settings(flat_overview=True)
    inventory(**caching)
    grow_old(tmp_path, 7300)
    cloud.clear()
    assert len(inventory(**caching)["hosts"]) == 2
    assert cloud.calls() == ["GET /virtual_machines"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_fall_back_to_an_expired_cache(
    inventory: TakeIn, answers: Any, caching: dict[str, Any], tmp_path: Path, status: int
) -> None:
    caching |= {"cache_fallback": True, "api_url": answers.url}
    answers.answer = (
        200,
        "application/json",
        b'[{"id": 3, "hostname": "a.b.c.d", "discs": [], "network_interfaces": []}]',
    )
    assert inventory(**caching)["said"] == []
    grow_old(tmp_path, 7300)
    answers.answer = (status, "text/plain", b"Oops")
    taken = inventory(**caching)
    assert list(taken["hosts"]) == ["a.b.c.d"]
    (line,) = taken["said"]
    assert line.startswith("warning: Could not read the virtual machines")
    assert line.endswith("Using the cache instead, which is 2 hours old.")
    # Neither without the option, nor where the credentials are refused, nor where nothing is cached.
    assert the_line(inventory(**caching | {"cache_fallback": False}))
    answers.answer = (401, "text/plain", b"no")
    assert "401" in the_line(inventory(**caching))
    answers.answer = (status, "text/plain", b"Oops")
    assert str(status) in the_line(inventory(**caching, accounts=["acme"]))


@pytest.mark.parametrize(
    "rubbish",
    ["", "{", "[]", '{"fetched": 1}', '{"fetched": "x", "vms": "["}', '{"vms": "[1]", "fetched": 9999999999}'],
)
def test_rubbish_in_the_cache(
    inventory: TakeIn, cloud: Cloud, caching: dict[str, Any], tmp_path: Path, rubbish: str
) -> None:
    inventory(**caching)
    for file in (tmp_path / "cache").iterdir():
        file.write_text(rubbish)
    assert len(inventory(**caching)["hosts"]) == 2
