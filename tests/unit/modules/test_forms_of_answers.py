# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The forms in which the service answers, or may answer: a relay before the simulated cloud gives it each of them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import requests
from ansible_collections.bytemark.cloud.plugins.module_utils._client import Client
from ansible_collections.bytemark.cloud.plugins.plugin_utils._source import Wanted, fetch
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, Request, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import (
    Cloud,
    is_as_foretold,
    run_in_controller,
    run_module,
)

ROOT_PASSWORD = "korrekt-Pferd-9"
GROUP = "/accounts/acme/groups/default"
VM = f"{GROUP}/virtual_machines/web1"
DISCS = [{"label": "root", "size": "25GiB"}, {"label": "data", "size": "1GiB", "storage_grade": "ssd"}]
INSTALL = {"image": "stretch", "root_password": ROOT_PASSWORD, "discs": DISCS}
OLD = {
    "name": "web1", "cores": 1, "memory": 1024, "last_imaged_with": "jessie",
    "discs": [{"label": "vda", "size": 25600}, {"label": "data", "size": 1024}],
}  # fmt: skip


WAYS = {"module": run_module, "in controller": run_in_controller}


@pytest.fixture(params=WAYS)
def run(request: pytest.FixtureRequest, cloud: Cloud) -> Callable[..., dict[str, Any]]:
    """Run a module, either way."""

    def run(name: str, /, **options: Any) -> dict[str, Any]:
        shared = {"token": cloud.token, "account": "acme", "api_retries": 0}
        return WAYS[request.param](name, **shared | options)

    return run


class Reply(NamedTuple):
    """What the simulated cloud answered: the body is decoded, or None where there is none."""

    status: int
    body: Any = None
    kind: str = "application/json"
    tail: str = ""

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


Form = Callable[[Request, Reply], Reply]


@contextlib.contextmanager
def relay(cloud: Cloud, *forms: Form, without: str = "") -> Iterator[Any]:
    """Serve what the simulated cloud answers, in other forms; a part of the query may be kept from it."""
    with requests.Session() as session:
        session.trust_env = False

        def answer(request: Request) -> Answer:
            headers = {name: request.headers[name] for name in ("authorization", "content-type", "accept")}
            target = request.target.replace(without, "") if without else request.target
            real = session.request(request.method, cloud.api_url + target, data=request.body, headers=headers)
            kind = real.headers.get("Content-Type", "")
            body = real.json() if real.content and "json" in kind else real.text or None
            reply = Reply(real.status_code, body, kind)
            for form in forms:
                reply = form(request, reply)
            if reply.body is None or isinstance(reply.body, str):
                text = reply.body or ""
            else:
                text = json.dumps(reply.body)
            return Answer(reply.status, (text + reply.tail).encode(), reply.kind)

        with recording_server(answer) as server:
            yield server


def each_object(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Form:
    """Return the form in which every object of an answer is changed, those that are nested first."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return change({key: changed(item) for key, item in value.items()})
        return [changed(item) for item in value] if isinstance(value, list) else value

    return lambda request, reply: reply._replace(body=changed(reply.body)) if reply.is_good else reply


def written(change: Callable[[Request, Reply], Reply]) -> Form:
    """Return the form in which a write that was carried out is answered."""
    return lambda request, reply: change(request, reply) if request.method != "GET" and reply.is_good else reply


def as_strings(shown: dict[str, Any]) -> dict[str, Any]:
    return {
        key: str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for key, value in shown.items()
    }


def without_members(*keys: str) -> Form:
    return each_object(lambda shown: {key: value for key, value in shown.items() if key not in keys})


def with_members(**members: Any) -> Form:
    return each_object(lambda shown: {**shown, **{key: members[key] for key in members if key in shown}})


def with_empty_texts(shown: dict[str, Any]) -> dict[str, Any]:
    texts = ("keymap", "cdrom_url", "rdns", "last_imaged_with", "new_storage_grade")
    return {key: "" if value is None and key in texts else value for key, value in shown.items()}


def with_schedules(shown: dict[str, Any]) -> dict[str, Any]:
    if "backup_schedules" not in shown:
        return shown
    schedule = {"id": "3", "start_date": "2026-11-24 00:00:00 UTC", "interval_seconds": "604800", "capacity": "1"}
    return {**shown, "backup_schedules": [schedule]}


def echo(request: Request, reply: Reply) -> Reply:
    return Reply(200, json.loads(request.body)) if request.body else Reply(200, {"status": "ok"})


def wrapped(request: Request, reply: Reply) -> Reply:
    if not request.path.endswith("/vm_create"):
        return reply
    asked = json.loads(request.body)
    machine = {key: value for key, value in reply.body.items() if key not in ("discs", "network_interfaces")}
    return reply._replace(
        body={"virtual_machine": {**machine, "last_imaged_with": ""}, **{"discs": asked["discs"]}, "reimage": None}
    )


def status(number: int) -> Form:
    return written(lambda request, reply: Reply(number, None if number == 204 else reply.body))


FORMS: dict[str, list[Form]] = {
    "numbers as strings": [each_object(as_strings)],
    "no image known": [with_members(last_imaged_with=None)],
    "an empty image": [with_members(last_imaged_with="")],
    "empty texts": [each_object(with_empty_texts)],
    "nulls": [
        with_members(
            hardware_profile=None, hardware_profile_locked=None, keymap=None, cdrom_url=None, head=None,
            backup_schedules=None, management_address=None, type=None, extra_ips=None, mac=None, account_id=None,
        )
    ],
    "few members": [
        without_members(
            "hardware_profile", "hardware_profile_locked", "keymap", "cdrom_url", "head", "management_address", "type",
            "zone_name", "backup_schedules", "backup_count", "backups_enabled", "iops_limit", "new_storage_grade",
            "migration_progress", "storage_pool", "extra_ips", "mac", "suspended", "last_imaged_with",
        )
    ],
    "no references": [without_members("account_id", "virtual_machine_id")],
    "no host name": [without_members("hostname")],
    "unknown members": [each_object(lambda shown: {**shown, "billing": {"plan": "x", "sizes": [None]}, "ip": "n/a"})],
    "ip": [each_object(lambda shown: {("ip" if key == "address" else key): shown[key] for key in shown})],
    "old schedules": [each_object(with_schedules)],
    "wrapped": [written(wrapped)],
    "echo": [written(echo)],
    "empty": [written(lambda request, reply: reply._replace(body=None))],
    "200": [status(200)],
    "201": [status(201)],
    "202": [status(202)],
    "204": [status(204)],
    "blank lines": [lambda request, reply: reply._replace(tail="\r\n\n \n") if reply.status != 204 else reply],
    "vendor's type": [lambda request, reply: reply._replace(kind="application/vnd.bigv.virtual-machine+json")],
    "typed as a page": [lambda request, reply: reply._replace(kind="text/html; charset=utf-8")],
}  # fmt: skip
QUERIES = {"view ignored": "view=overview"}
TASKS: list[tuple[str, dict[str, Any]]] = [
    ("bigv_group", {"name": "staging", "new_name": "preview"}),
    ("bigv_group", {"name": "live"}),
    ("bigv_vm", {"name": "web1", "cores": 2, "allow_restart": True, "discs": [{"size": "26GiB"}]}),
    ("bigv_vm", {"name": "web1", "rdns": "www.example.com", "keymap": "", "cdrom_url": ""}),
    ("bigv_vm", {"name": "web1", "state": "stopped"}),
    ("bigv_vm", {"name": "web1", "new_group": "live"}),
    ("bigv_vm", {"name": "web2", "group": "live", "state": "running", "rdns": "www.example.com", **INSTALL}),
    ("bigv_vm", {"name": "web3", "reimage": "changed", "state": "running", **INSTALL}),
    ("bigv_vm", {"name": "bare", "rdns": "www.example.com"}),
    ("bigv_disc", {"vm": "web2.live", "label": "logs", "size": "1GiB"}),
    ("bigv_disc", {"vm": "web2.live", "label": "logs", "size": "2GiB", "storage_grade": "ssd"}),
    ("bigv_disc", {"vm": "web2.live", "label": "logs", "state": "absent", "purge": True}),
    ("bigv_fleet", {"groups": ["extra"], "vms": [{"name": "web4.extra", **INSTALL}, {"name": "web3", "cores": 3}]}),
    ("bigv_fleet", {"groups": ["extra"], "vms": [{"name": "web4.extra", "state": "absent", "purge": True}]}),
    ("bigv_vm", {"name": "web3", "state": "absent"}),
    ("bigv_group", {"name": "extra", "state": "absent"}),
]
INFOS: list[tuple[str, dict[str, Any]]] = [
    ("bigv_vm_info", {"group": "default"}),
    ("bigv_vm_info", {"name": "bare"}),
    ("bigv_disc_info", {"vm": "web2.live"}),
    ("bigv_group_info", {}),
]


def integers(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every value that is a number in what the service shows."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("cores", "memory", "size", "interval_seconds", "capacity", "vlan_num") or key.endswith("id"):
                yield key, item
            else:
                yield from integers(item)
    elif isinstance(value, list):
        for item in value:
            yield from integers(item)


@pytest.mark.parametrize("form", [*FORMS, *QUERIES])
def test_every_module_survives_it(run, cloud, form):
    """What is foretold is what is done, what is done is not done again, and no secret comes back."""
    cloud.seed(OLD | {"power_on": True, "autoreboot_on": True})
    with relay(cloud, *FORMS.get(form, ()), without=QUERIES.get(form, "")) as server:
        for name, options in TASKS:
            foretold = run(name, api_url=server.url, check_mode=True, **options)
            done = run(name, api_url=server.url, **options)
            again = run(name, api_url=server.url, **options)
            for result in (foretold, done, again):
                assert not result.get("failed"), (name, options, result["msg"])
                assert ROOT_PASSWORD not in str(result)
            assert (done["changed"], done["actions"]) == (True, foretold["actions"]), (name, options)
            assert not again["changed"], (name, options, again["actions"])
            assert not [text for text in done.get("warnings", ()) if "does not show" in text], (name, options)
            for kind in ("vm", "disc", "group"):
                if name == f"bigv_{kind}":
                    assert is_as_foretold(foretold[kind], known(done[kind], foretold[kind])), (name, options)
            for key, value in integers({kind: done.get(kind) for kind in ("vm", "disc", "group", "results")}):
                assert value is None or isinstance(value, int), (key, value)
        for name, options in INFOS:
            result = run(name, api_url=server.url, **options)
            assert not result.get("failed"), (name, options, result["msg"])
            assert [len(value) for value in result.values() if isinstance(value, list)][0] > 0
        vms, missed = fetch(Client(api_url=server.url, token=cloud.token), Wanted(accounts=("acme",)))
    assert sorted(vm["id"] for vm in vms) == sorted(
        vm["id"] for group in cloud.groups().values() for vm in group["virtual_machines"] if not vm["deleted"]
    )
    assert missed == {}
    for vm in vms:
        assert vm["network_interfaces"][0]["ips"]


def known(done: Any, foretold: Any) -> Any:
    """Return what was done, with what the answer leaves out as it was foretold."""
    if isinstance(done, dict) and isinstance(foretold, dict):
        return {**foretold, **{key: known(done[key], foretold.get(key)) for key in done if done[key] is not None}}
    if isinstance(done, list) and isinstance(foretold, list):
        return list(map(known, done, foretold))
    return done
