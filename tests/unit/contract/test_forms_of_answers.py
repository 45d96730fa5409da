# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The forms in which the service answers, or may answer: a relay before the simulated cloud gives it each of them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import requests
from ansible_collections.bytemark.cloud.plugins.module_utils._core.client import Client
from ansible_collections.bytemark.cloud.plugins.plugin_utils._source import Wanted, fetch
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, Request, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import (
    Cloud,
    is_as_predicted,
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


NIC = {"ips": ["192.0.2.1", "2001:db8::1"], "extra_ips": {"192.0.2.9": "192.0.2.1"}}
BLUE = {"name": "blue", "power_on": False, "autoreboot_on": False, "network_interfaces": [NIC]}
MORE = {"additional_ipv4": 1, "additional_ipv4_reason": "a second site"}

WAYS = {"module": run_module, "in controller": run_in_controller}


@pytest.fixture(params=WAYS)
def run(request: pytest.FixtureRequest, cloud: Cloud) -> Callable[..., dict[str, Any]]:
    """Run a module, either way."""

    def run(name: str, /, **options: Any) -> dict[str, Any]:
        shared = {"token": cloud.token, "account": "acme", "api_retries": 0}
        return WAYS[request.param](name, **shared | options)

    return run


class Reply(NamedTuple):
    """What the simulated cloud answered: the body is decoded, or None where there is none.

    Without a status, the answer is lost.
    """

    status: int | None
    body: Any = None
    kind: str = "application/json"
    tail: str = ""

    @property
    def text(self) -> str:
        is_text = self.body is None or isinstance(self.body, str)
        return (self.body or "" if is_text else json.dumps(self.body)) + self.tail

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


Form = Callable[[Request, Reply], Reply]


@contextlib.contextmanager
def relay(
    cloud: Cloud, *forms: Form, without: str = "", instead: Callable[[Request], Reply | None] = lambda request: None
) -> Iterator[Any]:
    """Serve what the simulated cloud answers, in other forms.

    A part of each request may be kept from it, and some requests may be answered ``instead`` of it.
    """
    with requests.Session() as session:
        session.trust_env = False

        def asked(request: Request) -> Reply:
            headers = {name: request.headers[name] for name in ("authorization", "content-type", "accept")}
            target, body = request.target, request.body
            if without:
                target, body = target.replace(without, ""), body.replace(without.encode(), b"")
            real = session.request(request.method, cloud.api_url + target, data=body, headers=headers)
            kind = real.headers.get("Content-Type", "")
            shown = real.json() if real.content and "json" in kind else real.text or None
            return Reply(real.status_code, shown, kind)

        def answer(request: Request) -> Answer:
            reply = instead(request) or asked(request)
            for form in forms:
                reply = form(request, reply)
            return Answer(reply.status, reply.text.encode(), reply.kind)

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


def with_unknown_members(shown: dict[str, Any]) -> dict[str, Any]:
    unknown = {"billing": {"plan": "x", "sizes": [None]}, "ip": "n/a"}
    # Others have addresses for their members.
    return {**shown, **unknown} if "id" in shown or "address" in shown else shown


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
        body={"virtual_machine": {**machine, "last_imaged_with": ""}, "discs": asked["discs"], "reimage": None}
    )


def status(number: int | None) -> Form:
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
    "unknown members": [each_object(with_unknown_members)],
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
# Where additional addresses are not told from others, none can be counted, added or deleted.
WITHOUT_EXTRA_IPS = {"nulls", "few members"}
# Where schedules are not shown, or others than there are, they cannot be changed.
WITHOUT_SCHEDULES = {"nulls", "few members", "old schedules"}
SCHEDULES = [{"start_at": "03:00", "interval": "1d", "capacity": 7}, {"start_at": "2026-11-24", "interval": "1w"}]
QUERIES = {"view ignored": "view=overview"}
TASKS: list[tuple[str, dict[str, Any]]] = [
    ("bigv_group", {"name": "staging", "new_name": "preview"}),
    ("bigv_group", {"name": "live"}),
    ("bigv_vm", {"name": "web1", "cores": 2, "allow_restart": True, "discs": [{"size": "26GiB"}]}),
    ("bigv_vm", {"name": "web1", "rdns": "www.example.com", "keymap": "", "cdrom_url": ""}),
    ("bigv_vm", {"name": "blue", "rdns": {"192.0.2.9": "a.example.com", "2001:DB8:0::1": "b.example.com"}}),
    ("bigv_vm", {"name": "web1", "state": "stopped"}),
    ("bigv_ip", {"address": "192.0.2.1", "rdns": "blue.example.com"}),
    ("bigv_ip", {"vm": "blue", "additional": 3, "reason": "a second site"}),
    ("bigv_ip_swap", {"vm": "web1", "with_vm": "blue", "address": "2001:DB8:0::1", "move_additional": True}),
    ("bigv_ip", {"address": "192.0.2.9", "state": "absent", "purge": True}),
    ("bigv_ip", {"address": "192.0.2.1", "rdns": ""}),
    ("bigv_vm", {"name": "blue", **MORE}),
    ("bigv_vm", {"name": "green", "state": "running", **INSTALL, **MORE}),
    ("bigv_vm", {"name": "web1", "new_group": "live"}),
    ("bigv_vm", {"name": "web2", "group": "live", "state": "running", "rdns": "www.example.com", **INSTALL}),
    ("bigv_vm", {"name": "web3", "reimage": "changed", "state": "running", **INSTALL}),
    ("bigv_vm", {"name": "bare", "rdns": "www.example.com"}),
    ("bigv_vm", {"name": "bare", "new_name": "bare2", "state": "running"}),
    ("bigv_disc", {"vm": "web2.live", "label": "logs", "size": "1GiB"}),
    ("bigv_disc", {"vm": "web2.live", "label": "logs", "size": "2GiB", "storage_grade": "ssd"}),
    ("bigv_disc", {"vm": "web2.live", "label": "logs", "backup_schedules": SCHEDULES}),
    ("bigv_vm", {"name": "web2.live", "discs": [{"label": "logs", "backup_schedules": SCHEDULES[1:]}]}),
    ("bigv_disc", {"vm": "web2.live", "label": "logs", "state": "absent", "purge": True}),
    ("bigv_fleet", {"groups": ["extra"], "vms": [{"name": "web4.extra", **INSTALL}, {"name": "web3", "cores": 3}]}),
    ("bigv_fleet", {"groups": ["extra"], "vms": [{"name": "web4.extra", "state": "absent", "purge": True}]}),
    ("bigv_vm", {"name": "web3", "state": "absent"}),
    ("bigv_group", {"name": "extra", "state": "absent"}),
]
INFOS: list[tuple[str, dict[str, Any]]] = [
    ("bigv_vm_info", {"group": "default"}),
    ("bigv_vm_info", {"name": "bare2"}),
    ("bigv_disc_info", {"vm": "web2.live"}),
    ("bigv_group_info", {}),
    ("bigv_ip_info", {}),
    ("bigv_ip_info", {"vm": "web1.live"}),
    ("bigv_ip_info", {"address": "2001:db8::1"}),
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
    check_every_module(run, cloud, form)


@pytest.mark.parametrize("form", ["numbers as strings", "few members", "ip", "no image known", *QUERIES])
@pytest.mark.parametrize("run", ["module"], indirect=True)
def test_every_module_survives_it_with_the_answer_to_each_write_lost(run, cloud, form):
    check_every_module(run, cloud, form, status(None))


def is_about_additional_addresses(options: dict[str, Any]) -> bool:
    return bool({"additional", "additional_ipv4"} & options.keys()) or "192.0.2.9" in str(options)


def check_every_module(run: Callable[..., dict[str, Any]], cloud: Cloud, form: str, *more: Form) -> None:
    """See that what is predicted is done, that what is done is not done again, and that no secret comes back."""
    # What has no references can only be told apart where it is nested.
    cloud.seed(OLD | {"power_on": True, "autoreboot_on": True}, BLUE, hardware_changes="pending", flat_overview=True)
    tasks = [task for task in TASKS if form not in WITHOUT_EXTRA_IPS or not is_about_additional_addresses(task[1])]
    tasks = [task for task in tasks if form not in WITHOUT_SCHEDULES or "backup_schedules" not in str(task[1])]
    with relay(cloud, *FORMS.get(form, ()), *more, without=QUERIES.get(form, "")) as server:
        for name, options in tasks:
            predicted = run(name, api_url=server.url, check_mode=True, **options)
            done = run(name, api_url=server.url, **options)
            again = run(name, api_url=server.url, **options)
            for result in (predicted, done, again):
                assert not result.get("failed"), (name, options, result["msg"])
                assert ROOT_PASSWORD not in str(result)
            assert (done["changed"], done["actions"]) == (True, predicted["actions"]), (name, options)
            assert not again["changed"], (name, options, again["actions"])
            assert not [text for text in done.get("warnings", ()) if "does not show" in text], (name, options)
            for kind in ("vm", "disc", "group"):
                if name == f"bigv_{kind}":
                    assert is_as_predicted(predicted[kind], known(done[kind], predicted[kind])), (name, options)
            for key, value in integers({kind: done.get(kind) for kind in ("vm", "disc", "group", "vms")}):
                assert value is None or isinstance(value, int), (key, value)
        for name, options in INFOS:
            result = run(name, api_url=server.url, **options)
            assert not result.get("failed"), (name, options, result["msg"])
            assert next(value for value in result.values() if isinstance(value, list))
        vms, missed = fetch(Client(api_url=server.url, token=cloud.token), Wanted(accounts=("acme",)))
    assert sorted(vm["id"] for vm in vms) == sorted(
        vm["id"] for group in cloud.groups().values() for vm in group["virtual_machines"] if not vm["deleted"]
    )
    assert missed == {}
    for vm in vms:
        assert vm["network_interfaces"][0]["ips"]


@pytest.mark.parametrize("form", [*FORMS, *QUERIES])
def test_what_leaves_no_state_survives_it(run, cloud, form):
    cloud.seed(OLD, shutdown_time=0)
    with relay(cloud, *FORMS.get(form, ()), without=QUERIES.get(form, "")) as server:
        for options, actions in (
            ({"action": "reset"}, ["reset VM web1.default.acme"]),
            (
                {"action": "sendkey", "keys": "ctrl-alt-delete"},
                ["press ctrl-alt-delete at the console of VM web1.default.acme"],
            ),
            (
                {"action": "rescue", "allow_restart": True},
                [
                    "change VM web1.default.acme: autoreboot_on true → false",
                    "shut VM web1.default.acme down",
                    "boot VM web1.default.acme from the rescue system",
                ],
            ),
        ):
            predicted = run("bigv_vm_action", api_url=server.url, check_mode=True, vm="web1", **options)
            done = run("bigv_vm_action", api_url=server.url, vm="web1", **options)
            assert (done.get("msg"), done["changed"], done.get("warnings")) == (None, True, None)
            assert done["actions"] == predicted["actions"] == actions
            assert done["vm"]["power_on"]


def known(done: Any, predicted: Any) -> Any:
    """Return what was done, with what the answer leaves out as it was predicted."""
    if isinstance(done, dict) and isinstance(predicted, dict):
        return {**predicted, **{key: known(done[key], predicted.get(key)) for key in done if done[key] is not None}}
    if isinstance(done, list) and isinstance(predicted, list):
        return list(map(known, done, predicted))
    return done


def test_schedules_of_backups_are_returned_in_one_form(run, cloud):
    cloud.seed(OLD)
    with relay(cloud, *FORMS["old schedules"]) as server:
        [disc, _other] = run("bigv_disc_info", api_url=server.url, vm="web1")["discs"]
    start = "2026-11-24 00:00:00 UTC"
    assert disc["backup_schedules"] == [{"id": 3, "start_at": start, "interval_seconds": 604800, "capacity": 1}]


def test_an_echo_of_an_installation_tells_nobody_the_root_password(run, cloud):
    """Nor does a refusal that holds it, in whatever shape."""
    cloud.seed(OLD)
    task = {"name": "web1", "reimage": "always", "state": "running", "firstboot_script": "echo geheim-9876", **INSTALL}
    task["discs"] = [{"size": "25GiB"}]

    shapes: list[Callable[[Any], Any]] = [
        lambda body: None,
        lambda body: body,
        lambda body: [[body], [[list(body.values())]]],
        lambda body: {"reimage": {"root_password": body["root_password"]}},
        lambda body: json.dumps(json.dumps(body)),
    ]
    for shape in shapes:

        def refused(request: Request, shape: Callable[[Any], Any] = shape) -> Reply | None:
            said = shape(json.loads(request.body)) if request.path.endswith("/reimage") else None
            return Reply(400, said) if said else None

        with relay(cloud, *FORMS["echo"], instead=refused) as server:
            result = run("bigv_vm", api_url=server.url, **task)
        assert bool(result.get("failed")) is (shape is not shapes[0])
        assert ROOT_PASSWORD not in str(result)
        assert "geheim-9876" not in str(result)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"interval_seconds": "Missing interval_seconds parameter"}, "interval_seconds Missing interval_seconds"),
        ({"discs": [{}, {"size": ["must be greater than or equal to 50"]}]}, "discs[1].size must be greater than"),
        ({"discs": [[], [["size", ["is odd"]]]]}, "is odd"),
        ([["is odd"]], "is odd"),
        ("is odd", "is odd"),
        ({"name": None, "memory": {"base": "is odd"}}, "memory.base is odd"),
        (None, "the API answered 400. Correct the values that it names"),
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "text/html", "text/plain"])
def test_what_a_refusal_says_is_read_in_whatever_shape(run, cloud, body, said, kind):
    with relay(cloud, instead=lambda request: Reply(400, body, kind) if request.method == "POST" else None) as server:
        result = run("bigv_group", api_url=server.url, name="new")
    assert said in result["msg"]
    assert result["error"]["status"] == 400


def for_a_while(change: Callable[[Reply], Reply], number: int = 3) -> Form:
    """Return the form in which the VM web1 is answered so many times after it has been created."""
    left: list[int] = []

    def form(request: Request, reply: Reply) -> Reply:
        if request.method == "POST" and reply.is_good and not left:
            left.append(number)
        if request.method == "GET" and reply.is_good and request.path == VM and left and left[0] > 0:
            left[0] -= 1
            return change(reply)
        return reply

    return form


def is_being_built(reply: Reply) -> Reply:
    return reply._replace(status=202)


def has_no_address(reply: Reply) -> Reply:
    nics = [{**nic, "ips": []} for nic in reply.body["network_interfaces"]]
    return reply._replace(body={**reply.body, "network_interfaces": nics})


def reads(server: Any) -> int:
    return server.calls.count(f"GET {VM}")


@pytest.mark.parametrize("task", [{"state": "running"}, INSTALL, {"state": "stopped"}, {}])
def test_a_vm_that_is_being_built_is_waited_for(run, cloud, task):
    """It may be shown as it will be: it is not settled before the API says so."""
    with relay(cloud, for_a_while(is_being_built)) as server:
        done = run("bigv_vm", api_url=server.url, name="web1", **task)
        assert (done.get("msg"), done["changed"]) == (None, True)
        # One before it is there, one for each answer that it is being built, one that it is there, and the result's.
        assert reads(server) == 1 + 3 + 1 + 1
        assert not run("bigv_vm", api_url=server.url, name="web1", **task)["changed"]
    with relay(cloud, for_a_while(is_being_built)) as server:
        cloud.seed()
        done = run("bigv_vm", api_url=server.url, name="web1", wait=False, **task)
        assert (done.get("msg"), done["changed"], done["vm"]["name"]) == (None, True, "web1")
        assert reads(server) == 1 + 1


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("state", ["present", "running"])
def test_a_vm_that_another_task_has_created_is_waited_for(run, cloud, state, check_mode):
    """What would be planned for it before, is not what it needs."""
    with relay(cloud, for_a_while(lambda reply: is_being_built(has_no_address(reply)))) as server:
        run("bigv_vm", api_url=server.url, name="web1", wait=False, **INSTALL)
        done = run("bigv_vm", api_url=server.url, name="web1", state=state, check_mode=check_mode)
    assert (done.get("msg"), done["changed"]) == (None, False)
    assert done["vm"]["power_on"]
    assert done["vm"]["ipv4"]


def test_a_vm_that_is_never_built_is_said_to_be_so(run, cloud):
    cloud.seed(OLD)
    with relay(cloud, lambda request, reply: is_being_built(reply) if request.path == VM else reply) as server:
        result = run("bigv_vm", api_url=server.url, name="web1", wait_timeout=0)
        assert "seconds for VM web1.default.acme to be built; last seen: power_on true" in result["msg"]
        assert run("bigv_vm", api_url=server.url, name="web1", wait=False, cores=2)["changed"]
        assert run("bigv_vm_info", api_url=server.url, name="web1", wait_for="running", wait_timeout=0)["failed"]
        assert run("bigv_vm", api_url=server.url, name="web1", state="absent")["changed"]


def test_what_is_read_may_be_at_work(run, cloud):
    """A 202 is an answer like any other to whoever only reads."""
    cloud.seed(OLD)
    disc_id = cloud.vms()["web1"]["discs"][0]["id"]
    address = cloud.vms()["web1"]["network_interfaces"][0]["ips"][0]

    def at_work(request: Request, reply: Reply) -> Reply:
        return reply._replace(status=202) if request.method == "GET" and reply.is_good else reply

    with relay(cloud, at_work) as server:
        assert run("bigv_vm_info", api_url=server.url, name="web1")["vms"][0]["ipv4"]
        assert run("bigv_disc_info", api_url=server.url, id=disc_id)["discs"][0]["label"] == "vda"
        assert run("bigv_group_info", api_url=server.url, name="default")["groups"]
        assert run("bigv_disc", api_url=server.url, vm="web1", label="data", size="2GiB")["changed"]
        assert not run("bigv_fleet", api_url=server.url, vms=[{"name": "web1", "cores": 1}])["changed"]
        assert run("bigv_ip_info", api_url=server.url, vm="web1")["ips"]
        assert run("bigv_ip", api_url=server.url, address=address, rdns="a.example.com")["changed"]
        assert run("bigv_ip", api_url=server.url, vm="web1", additional=1, reason="more")["changed"]
        assert run("bigv_vm_action", api_url=server.url, vm="web1", action="reset")["changed"]
        assert len(fetch(Client(api_url=server.url, token=cloud.token), Wanted())[0]) == 1


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("task", [{"state": "running"}, INSTALL, {}, {"rdns": "www.example.com"}])
def test_addresses_that_come_later_are_returned(run, cloud, task, wait):
    with relay(cloud, for_a_while(has_no_address)) as server:
        done = run("bigv_vm", api_url=server.url, name="web1", wait=wait, **task)
        assert (done.get("msg"), len(done["vm"]["ipv4"]), len(done["vm"]["ipv6"])) == (None, 1, 1)
        assert len(done["actions"]) == (3 if "rdns" in task else 1)
        again = run("bigv_vm", api_url=server.url, name="web1", **task)
        assert (again.get("msg"), again["changed"]) == (None, False)


def test_addresses_that_never_come_are_missed(run, cloud):
    with relay(cloud, for_a_while(has_no_address, 1000)) as server:
        result = run("bigv_vm", api_url=server.url, name="web1", wait_timeout=1, rdns="www.example.com")
        assert "for VM web1.default.acme to exist with an address; last seen: power_on false, " in result["msg"]
        assert "deleted false, no address. To continue, " in result["msg"]
        again = run("bigv_vm", api_url=server.url, name="web1", rdns="www.example.com")
    assert not again["changed"]
    assert "VM web1.default.acme has no address, so no reverse DNS was set" in str(again["warnings"])


@pytest.mark.parametrize("wait", [True, False])
def test_power_that_is_given_at_creation(run, cloud, wait):
    """It counts, and so there is no shutdown to be sent or predicted."""
    cloud.seed(build_time=0.5)

    def counts(request: Request, reply: Reply) -> Reply:
        if request.path.endswith("/vm_create") and b'"power_on": false' in request.body:
            cloud.api("PUT", VM, {"power_on": False, "autoreboot_on": False})
        return reply

    task = {"name": "web1", "state": "stopped", "wait": wait, **INSTALL}
    with relay(cloud, counts) as server:
        predicted = run("bigv_vm", api_url=server.url, check_mode=True, **task)
        done = run("bigv_vm", api_url=server.url, **task)
        assert done["actions"] == predicted["actions"] == ["create VM web1.default.acme from stretch"]
        assert is_as_predicted(predicted["vm"], done["vm"])
        assert is_as_predicted(predicted["diff"], done["diff"])
        assert not run("bigv_vm", api_url=server.url, **task)["changed"]


def test_power_that_is_given_at_creation_and_does_not_count(run, cloud):
    """Such a VM boots all the same, and is shut down."""
    task = {"state": "stopped", **INSTALL}
    with relay(cloud, without=', "power_on": false') as server:
        done = run("bigv_vm", api_url=server.url, name="web1", **task)
        assert done["actions"] == ["create VM web1.default.acme from stretch", "shut VM web1.default.acme down"]
        assert not done["vm"]["power_on"]
        fleet = run("bigv_fleet", api_url=server.url, vms=[{"name": "web2", **task}])
        assert fleet["actions"][1:] == ["shut VM web2.default.acme down"]
    assert [vm["power_on"] for vm in cloud.vms().values()] == [False, False]


@pytest.mark.parametrize(
    "task", [{"state": "running"}, {"state": "stopped"}, {"cores": 2, "memory": 2048, "zone": "york", "keymap": "de"}]
)
def test_a_vm_without_discs_is_created_bare(run, cloud, task):
    """``vm_create`` refuses it."""
    for deleted in ([], [OLD | {"deleted": True}]):
        for name, options in (
            ("bigv_vm", {"name": "web1", "on_deleted": "replace", **task}),
            ("bigv_fleet", {"vms": [{"name": "web1", "on_deleted": "replace", **task}]}),
        ):
            cloud.seed(*deleted)
            done = run(name, api_url=cloud.api_url, **options)
            assert (done.get("msg"), len(done["actions"])) == (None, 1 + len(deleted))
            written = cloud.writes()[-1]
            assert (written["path"], written["body"]["name"]) == (f"{GROUP}/virtual_machines", "web1")
            assert cloud.vms()["web1"]["discs"] == []
            assert not run(name, api_url=cloud.api_url, **options)["changed"]


@pytest.mark.parametrize(
    ("task", "option"), [({"image": "stretch"}, "discs"), ({"ipv4": "10.0.0.1"}, "ipv4"), ({"ipv6": "fd00::1"}, "ipv6")]
)
def test_what_only_a_vm_with_discs_can_have_is_refused(run, cloud, task, option):
    for name, options in (("bigv_vm", {"name": "web1", **task}), ("bigv_fleet", {"vms": [{"name": "web1", **task}]})):
        result = run(name, api_url=cloud.api_url, **options)
        assert f"{option}: " in result["msg"]
        assert "disc" in result["msg"]
    assert cloud.writes() == []
