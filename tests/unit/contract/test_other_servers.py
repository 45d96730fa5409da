# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Servers that answer otherwise than the simulator does, where the API is not known, or as no such API does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.client import Client
from ansible_collections.bytemark.cloud.plugins.module_utils._core.errors import BigvError
from ansible_collections.bytemark.cloud.plugins.plugin_utils._source import Wanted, fetch
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, Request, recording_server

GROUP = "/accounts/acme/groups/default"
VM = GROUP + "/virtual_machines/web1"


class Stand:
    """Answers as configured: a body for each method and path, 404 for any other; or hangs up on the lost ones."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, Any] = {}
        self.status: dict[str, int] = {}
        self.lost: list[str] = []
        self.calls: list[str] = []
        self.queries: dict[str, str] = {}


@pytest.fixture
def stand() -> Iterator[Stand]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path, _mark, query = self.path.partition("?")
            call = f"{self.command} {path}"
            existing.calls.append(call)
            existing.queries[call] = query
            if call in existing.lost:
                self.close_connection = True
                return
            body = json.dumps(existing.answers.get(call)).encode()
            self.send_response(existing.status.get(call, 200) if call in existing.answers else 404)
            self.send_header("Content-Type", "application/vnd.bigv.virtual-machine+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        existing = Stand(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield existing
        server.shutdown()


def vm(**other: Any) -> dict[str, Any]:
    disc = {"id": 5, "label": "disc-1", "size": 25600, "storage_grade": "sata", "virtual_machine_id": 7}
    nic = {
        "id": 9,
        "ips": ["203.0.113.1", "2001:db8::1"],
        "extra_ips": {"203.0.113.9": "203.0.113.1"},
        "virtual_machine_id": 7,
    }
    return {
        "id": 7, "name": "web1", "group_id": 3, "hostname": "web1.default.acme.uk0.bigv.io", "cores": 1, "memory": 1024,
        "power_on": True, "autoreboot_on": True, "deleted": False, "discs": [disc],
        "network_interfaces": [nic], **other,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ([], "not an object with the attribute 'id'"),
        ({"name": "web1"}, "not an object with the attribute 'id'"),
        (vm(discs="none"), "not a list of objects at discs"),
        (vm(discs=[5]), "not an object with the attribute 'id' at discs[0]"),
        (vm(discs=[{"id": 5, "label": "disc-1", "size": "big"}]), "not a number at discs[0].size"),
        (vm(memory=[]), "not a number at memory"),
        (vm(network_interfaces=7), "not a list of objects at network_interfaces"),
        (vm(network_interfaces=[{"id": 9, "ips": [[]]}]), "not a list of addresses at network_interfaces[0].ips"),
    ],
)
def test_what_is_no_vm_is_one_clear_error(stand, bigv_vm, bigv_disc, answer, what):
    stand.answers[f"GET {VM}"] = answer
    for result in (
        bigv_vm(api_url=stand.url, name="web1", memory=2048, discs=[{"size": "30GiB"}]),
        bigv_disc(api_url=stand.url, vm="web1", label="disc-1", size="30GiB"),
    ):
        assert result["failed"]
        assert f"the answer from {stand.url} is {what}. Check that api_url" in result["msg"]
    assert stand.calls == [f"GET {VM}"] * 2


def test_numbers_spelt_as_strings(stand, bigv_vm):
    disc = {"id": "5", "label": "disc-1", "size": "25600", "storage_grade": "sata"}
    stand.answers[f"GET {VM}"] = vm(cores="1", memory="1024", discs=[disc])
    result = bigv_vm(api_url=stand.url, name="web1", cores=1, memory="1GiB", discs=[{"size": "25GiB"}])
    assert (result["changed"], result["vm"]["memory"]) == (False, 1024)


def test_discs_that_are_null_are_read_apart(stand, bigv_vm):
    stand.answers = {f"GET {VM}": vm(discs=None), f"GET {VM}/discs": vm()["discs"]}
    result = bigv_vm(api_url=stand.url, name="web1", discs=[{"size": "25GiB"}])
    assert (result["changed"], result["vm"]["discs"]) == (False, vm()["discs"])


def test_a_disc_that_is_on_no_vm_is_one_clear_error(stand, bigv_disc):
    stand.answers["GET /discs/5"] = {"id": 5, "label": "disc-1", "size": 25600}
    result = bigv_disc(api_url=stand.url, id=5, size="30GiB")
    assert "is not an object with the attribute 'virtual_machine_id'" in result["msg"]


def test_a_disc_without_a_label_goes_by_its_id(stand, bigv_disc):
    discs = [{"id": 4, "label": None, "size": 25600}, {"id": 5, "label": None, "size": 100, "virtual_machine_id": 7}]
    stand.answers = {"GET /discs/5": discs[1], "GET /virtual_machines/7": vm(discs=discs), f"GET {VM}": vm(discs=discs)}
    stand.answers[f"PUT {VM}/discs/5"] = discs[1] | {"size": 200}
    assert bigv_disc(api_url=stand.url, id=5, size="200M")["disc"]["id"] == 5


@pytest.mark.parametrize("name", ["²", "9" * 5000])
def test_digits_that_are_no_id(stand, bigv_disc, name):
    assert bigv_disc(api_url=stand.url, vm=name, label="data", size="1GiB")["failed"]


@pytest.mark.parametrize(("group", "new_group"), [("3", "default"), ("default", "3")])
def test_one_group_said_by_its_name_and_by_its_id(stand, bigv_vm, group, new_group):
    by_id = VM.replace("default", "3")
    stand.answers = {f"GET {VM}": vm(), f"GET {by_id}": vm()}
    result = bigv_vm(api_url=stand.url, name="web1", group=group, new_group=new_group, cores=1)
    assert (result.get("msg"), result["changed"]) == (None, False)


def test_filters_that_the_api_does_not_combine(stand, bigv_vm_info):
    other = vm(id=8, group_id=4, hostname="web1.staging.acme.uk0.bigv.io")
    stand.answers["GET /virtual_machines"] = [vm(), other]
    for group in ("4", "staging"):
        assert [found["id"] for found in bigv_vm_info(api_url=stand.url, name="web1", group=group)["vms"]] == [8]


@pytest.mark.parametrize(
    ("state", "power"),
    [("running", "start VM web1.default.acme"), ("stopped", "stop VM web1.default.acme from starting")],
)
def test_a_soft_deleted_vm_that_is_shown_on(stand, bigv_vm, state, power):
    stand.answers[f"GET {VM}"] = vm(deleted=True)
    result = bigv_vm(api_url=stand.url, name="web1", state=state, on_deleted="restore", check_mode=True)
    assert result["actions"] == ["restore the soft-deleted VM web1.default.acme", power]
    assert result["vm"]["power_on"] is (state == "running")


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (403, "Check username, password and yubikey."),
        (302, "Check auth_url."),
        (404, "Check auth_url."),
        (503, "The API is temporarily unavailable: try again later."),
        (500, "This is a problem on the server's side: try again"),
        (200, "Check auth_url."),
    ],
)
def test_a_login_that_does_not_succeed_says_what_to_check(
    stand, bigv_group, bigv_group_info, bigv_vm_info, status, hint
):
    stand.status["POST /session"] = status
    stand.answers["POST /session"] = {"token": "not the bare session id"}
    login = {"token": None, "username": "admin", "password": "geheim"}
    for module in (bigv_group, bigv_group_info, bigv_vm_info):
        result = module(
            api_url=stand.url, auth_url=stand.url, **({"name": "web"} if module is bigv_group else {}), **login
        )
        assert hint in result["msg"]
    assert stand.calls == ["POST /session"] * 3


def test_an_inventory_without_a_login_is_not_empty(stand):
    client = Client(api_url=stand.url, auth_url=stand.url, username="admin", password="geheim")
    with pytest.raises(BigvError, match="Could not log in"):
        fetch(client, Wanted(accounts=("acme",)))


def test_a_write_whose_answer_is_lost_says_to_run_the_task_again(stand, bigv_vm):
    stand.answers[f"GET {VM}"] = vm()
    stand.lost.append(f"PUT {VM}")
    result = bigv_vm(api_url=stand.url, name="web1", hardware_profile_locked=True)
    assert "the connection was lost before the answer was complete" in result["msg"]
    assert result["msg"].endswith("Then run the task again: it first checks what was already done.")


def test_the_addresses_of_a_deleted_vm_whose_nics_are_not_nested_are_not_known(stand, bigv_vm):
    stand.answers[f"GET {VM}"] = {key: value for key, value in vm(deleted=True).items() if key != "network_interfaces"}
    restored = bigv_vm(api_url=stand.url, name="web1", on_deleted="restore", check_mode=True)["vm"]
    assert (restored["ipv4"], restored["ipv6"]) == (None, None)


def test_a_fleet_whose_account_is_given_by_id_and_not_nested(stand, bigv_fleet):
    stand.answers = {
        "GET /accounts/2": {"id": 2, "name": "acme"},
        "GET /accounts/2/groups": [{"id": 3, "name": "default", "account_id": 2}],
        "GET /virtual_machines": [vm()],
    }
    assert not bigv_fleet(api_url=stand.url, account="2", vms=[{"name": "web1", "cores": 1}])["changed"]
    assert stand.queries["GET /virtual_machines"] == "view=overview&account_id=2&include_deleted=true"


def test_autoreboot_that_the_api_does_not_say_is_left_as_it_is(stand, bigv_vm):
    stand.answers[f"GET {VM}"] = vm(autoreboot_on=None)
    assert bigv_vm(api_url=stand.url, name="web1", cores=1)["changed"] is False
    assert stand.calls == [f"GET {VM}"]


def test_what_was_done_is_reported_where_it_cannot_be_read_afterwards(bigv_vm, bigv_disc, bigv_group, bigv_fleet):
    account = {"id": 2, "name": "acme", "groups": [{"id": 3, "name": "default", "virtual_machines": [vm()]}]}
    existing = {VM: vm(), "/accounts/acme": account}

    def answer(request: Request) -> Answer:
        if request.method != "GET":
            return Answer(204)
        if any(before.method != "GET" for before in server.requests):
            return Answer(500)
        return Answer(200, json.dumps(existing[request.path]).encode()) if request.path in existing else Answer(404)

    for module, task in (
        (bigv_vm, {"name": "web1", "hardware_profile_locked": True}),
        (bigv_disc, {"vm": "web1", "label": "disc-1", "size": "30GiB"}),
        (bigv_group, {"name": "default"}),
        (bigv_fleet, {"vms": [{"name": "web1", "hardware_profile_locked": True}]}),
        (bigv_fleet, {"groups": ["web"]}),
    ):
        with recording_server(answer) as server:
            result = module(api_url=server.url, **task)
        assert result["failed"]
        assert "the API answered 500" in result["msg"]
        assert (result["changed"], len(result["actions"])) == (True, 1)
        assert len(result.get("vms", ())) == len(task.get("vms", ()))


def test_a_blank_body_says_nothing(bigv_vm, bigv_group):
    existing: dict[str, Any] = {}

    def answer(request: Request) -> Answer:
        if request.method == "GET" and request.path in existing:
            return Answer(200, json.dumps(existing[request.path]).encode())
        if request.method == "POST":
            existing[GROUP] = {"id": 3, "name": "default"}
        return Answer(404 if request.method == "GET" else 200, b" ", "text/html")

    with recording_server(answer) as server:
        existing["/accounts/acme"] = {"id": 2, "name": "acme"}
        assert bigv_group(api_url=server.url, name="default")["changed"]
        existing[VM] = vm()
        bigv_vm(api_url=server.url, name="web1", state="stopped", wait=False)
    assert [call for call in server.calls if not call.startswith("GET")] == [
        "POST /accounts/acme/groups",
        f"PUT {VM}",
        f"POST {VM}/signal",
    ]


def test_numbers_spelt_with_a_decimal_point(stand, bigv_vm):
    stand.answers[f"GET {VM}"] = vm(memory=1024.0)
    assert bigv_vm(api_url=stand.url, name="web1", memory=1024)["vm"]["memory"] == 1024


def test_a_vm_without_an_address_is_not_waited_for_to_have_one(bigv_vm):
    nics = [{"id": 9, "ips": None}]

    def started(request: Request) -> Answer:
        is_on = any(before.method == "PUT" for before in server.requests)
        return Answer(200, json.dumps(vm(power_on=is_on, network_interfaces=nics)).encode())

    with recording_server(started) as server:
        result = bigv_vm(api_url=server.url, name="web1", state="running", wait_timeout=1)
    assert (result.get("msg"), result["changed"]) == (None, True)


def test_a_404_that_is_a_web_page_of_the_api_itself(bigv_vm, bigv_vm_info, bigv_group):
    """As frameworks answer it by default. What the API lists is read to tell it from a proxy's."""
    existing: dict[str, Any] = {
        "/definitions": [{"id": "zone_names", "data": ["york"]}],
        "/accounts/acme": {"id": 2, "name": "acme"},
    }

    def answer(request: Request) -> Answer:
        if request.method == "POST":
            existing[GROUP] = {"id": 3, "name": "default"}
        if request.path in existing:
            return Answer(200, json.dumps(existing[request.path]).encode())
        return Answer(404 if request.method == "GET" else 200, b"<title>404 Not Found</title>", "text/html")

    with recording_server(answer) as server:
        assert bigv_vm_info(api_url=server.url, name="web1")["vms"] == []
        assert bigv_vm(api_url=server.url, name="web1", state="absent")["changed"] is False
        assert bigv_group(api_url=server.url, name="default")["changed"]
        del existing["/definitions"]
        assert "404 with a web page, as a proxy does" in bigv_vm_info(api_url=server.url, name="web1")["msg"]


def test_an_answer_to_a_write_in_plain_text(bigv_vm):
    def answer(request: Request) -> Answer:
        if request.method == "GET":
            return Answer(200, json.dumps(vm(power_on=not any("/signal" in call for call in server.calls))).encode())
        return Answer(200, b"OK", "text/plain")

    with recording_server(answer) as server:
        assert bigv_vm(api_url=server.url, name="web1", state="stopped")["changed"]
    assert [call for call in server.calls if not call.startswith("GET")] == [f"PUT {VM}", f"POST {VM}/signal"]


@pytest.mark.parametrize("nested", ["discs", "nics"])
def test_a_list_that_is_missing_is_not_an_empty_one(bigv_vm_info, nested):
    flat = vm()
    del flat["discs" if nested == "discs" else "network_interfaces"]

    def answer(request: Request) -> Answer:
        return Answer(200, json.dumps([flat]).encode()) if request.path == "/virtual_machines" else Answer(404)

    with recording_server(answer) as server:
        result = bigv_vm_info(api_url=server.url)
        with pytest.raises(BigvError, match="404"):
            fetch(Client(api_url=server.url, token="apikey.t"), Wanted(accounts=("acme",)))
    assert f"Could not read the {nested}: the API answered 404" in result["msg"]


def test_a_name_in_other_letters(stand, bigv_vm):
    """Whether the API tells capitals from small letters is not known."""
    stand.answers[f"GET {VM.replace('web1', 'WEB1')}"] = vm()
    result = bigv_vm(api_url=stand.url, name="WEB1", cores=2)
    assert result["msg"].startswith("name: the API has the VM 'web1' for 'WEB1'")
    assert result["actions"] == []


def test_the_id_of_a_group_is_not_taken_for_its_name(stand, bigv_fleet):
    default = {"id": 3, "account_id": 2, "name": "default", "virtual_machines": []}
    stand.answers = {
        "GET /accounts/acme": {"id": 2, "name": "acme", "groups": [default]},
        "GET /accounts/acme/groups/3": default,
    }
    result = bigv_fleet(api_url=stand.url, groups=["3"])
    assert result["msg"] == "groups: '3' is the id of the group 'default', not a name; use the name"
    assert stand.calls == ["GET /accounts/acme"]


ACCEPTED = {"status": 200}
NO_CHANGE = [
    ("bigv_vm", {"name": "web1", "hardware_profile_locked": True}, "VM web1.default.acme"),
    ("bigv_vm", {"name": "web1", "new_name": "web2"}, "VM web2.default.acme"),
    ("bigv_vm", {"name": "web1", "rdns": "www.example.com"}, "VM web1.default.acme"),
    ("bigv_vm", {"name": "web1", "discs": [{"label": "disc-1", "size": "30GiB"}]}, "VM web1.default.acme"),
    ("bigv_vm", {"name": "new"}, "VM new.default.acme"),
    (
        "bigv_vm",
        {"name": "web1", "state": "absent", "shutdown_before_deletion": False, "wait": False},
        "VM web1.default.acme",
    ),
    ("bigv_disc", {"vm": "web1", "label": "disc-1", "size": "30GiB"}, "disc disc-1 of web1"),
    ("bigv_disc", {"vm": "web1", "label": "data", "size": "30GiB"}, "disc data of web1"),
    ("bigv_disc", {"vm": "web1", "label": "disc-1", "state": "absent", "purge": True}, "disc disc-1 of web1"),
    ("bigv_ip", {"address": "203.0.113.1", "rdns": "www.example.com"}, "address 203.0.113.1"),
    ("bigv_ip", {"address": "203.0.113.9", "state": "absent", "purge": True}, "203.0.113.9"),
    ("bigv_ip", {"vm": "web1", "additional": 2, "reason": "more"}, "VM web1.default.acme"),
    ("bigv_vm", {"name": "web1", "additional_ipv4": 2, "additional_ipv4_reason": "more"}, "VM web1.default.acme"),
    ("bigv_vm", {"name": "web1", "rdns": {"203.0.113.9": "a.example.com"}}, "VM web1.default.acme"),
    ("bigv_group", {"name": "new"}, "group new.acme"),
    ("bigv_group", {"name": "default", "new_name": "live"}, "group live.acme"),
    ("bigv_group", {"name": "default", "state": "absent", "purge": True}, "group default.acme"),
    ("bigv_fleet", {"vms": [{"name": "web1", "hardware_profile_locked": True}]}, "web1.default.acme"),
    ("bigv_fleet", {"vms": [{"name": "web1", "rdns": "www.example.com"}]}, "web1.default.acme"),
    ("bigv_fleet", {"vms": [{"name": "new"}]}, "new.default.acme"),
    ("bigv_fleet", {"groups": ["new"]}, "new.acme"),
]


@pytest.mark.parametrize(("module_name", "options", "what"), NO_CHANGE)
def test_what_is_accepted_and_not_shown_is_a_warning(request, module_name, options, what):
    nested = vm()
    group = {"id": 3, "name": "default", "account_id": 2, "virtual_machines": [nested]}
    account = {"id": 2, "name": "acme", "groups": [group]}
    existing = {
        "/accounts/acme": account, "/accounts/acme/groups": [group], GROUP: group, VM: nested,
        f"{GROUP}/virtual_machines/7": nested, "/accounts/acme/groups/3": group, f"{VM}/discs/5": nested["discs"][0],
        "/nics": nested["network_interfaces"], f"{VM}/nics/9": nested["network_interfaces"][0],
        "/virtual_machines/7": nested, "/ips/203.0.113.9": {"address": "203.0.113.9", "rdns": None},
        "/ips/203.0.113.1": {"address": "203.0.113.1", "rdns": None},
        "/ips/2001:db8::1": {"address": "2001:db8::1", "rdns": None},
    }  # fmt: skip

    def answer(asked: Request) -> Answer:
        if asked.method != "GET":
            return Answer(200, json.dumps(ACCEPTED).encode())
        found = existing.get(asked.path.replace("%3A", ":"))
        return Answer(404) if found is None else Answer(200, json.dumps(found).encode())

    with recording_server(answer) as server:
        patience = {"wait": False} if module_name in ("bigv_vm", "bigv_fleet") else {}
        result = request.getfixturevalue(module_name)(api_url=server.url, **patience | options)
    assert not result.get("failed"), result["msg"]
    assert result["changed"]
    assert [warning for warning in result["warnings"] if "does not show the change" in warning and what in warning]


def test_a_disc_that_cannot_be_read_alone_is_deleted_all_the_same(stand, bigv_disc):
    """Whether it is gone, the API says when it is asked to delete it."""
    stand.answers[f"GET {VM}"] = vm()
    stand.answers[f"DELETE {VM}/discs/5"] = None
    result = bigv_disc(api_url=stand.url, vm="web1", label="disc-1", state="absent", purge=True)
    assert result["actions"] == ["purge disc disc-1 of VM web1.default.acme"]
    assert f"DELETE {VM}/discs/5" in stand.calls
