# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What a user or a privilege reaches, as the info modules list it: one read for each, and the rest picked from that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, Request, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, run_in_controller, run_module

VMS, USERS, GROUPS = "GET /virtual_machines", "GET /users", "GET /groups"
ALICE, BOB, NUMBER = 21, 22, 23
ON_GROUP, ON_VM, OF_BOB = 31, 32, 33
Run = Callable[..., dict[str, Any]]


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def way(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=[True, False], ids=["nested", "flat"])
def is_nested(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def team(cloud: Cloud, is_nested: bool) -> Cloud:
    """Let alice have staging.acme and web1.default.acme, bob staging.globex, and 42 nothing yet."""

    def vm(number: int, name: str, **more: Any) -> dict[str, Any]:
        return {"id": number, "name": name, "discs": [{"label": "root", "size": 25600, "id": number + 1000}], **more}

    def groups(first: int) -> list[dict[str, Any]]:
        default = [vm(first, "web1"), vm(first + 1, "web2")]
        staging = [vm(first + 2, "db1"), vm(first + 3, "old", deleted=True)]
        return [
            {"name": "default", "id": first, "virtual_machines": default},
            {"name": "staging", "id": first + 1, "virtual_machines": staging},
        ]

    accounts = [{"name": "acme", "id": 1, "groups": groups(100)}, {"name": "globex", "id": 2, "groups": groups(200)}]
    known = {"password": "password", "accounts": []}
    users = [{"username": name, "id": number, **known} for name, number in (("alice", ALICE), ("bob", BOB))]
    privileges = [
        {"id": ON_GROUP, "username": "alice", "level": "group_admin", "group": "staging.acme"},
        {"id": ON_VM, "username": "alice", "level": "vm_admin", "virtual_machine": "web1.default.acme"},
        {"id": OF_BOB, "username": "bob", "level": "group_admin", "group": "staging.globex"},
    ]
    everything = {"username": "admin", "password": "password", "accounts": None}
    document = {
        "accounts": accounts,
        "users": [everything, *users, {"username": "42", "id": NUMBER, **known}],
        "privileges": privileges,
        "settings": {"flat_overview": is_nested},
    }
    cloud.control("POST", "seed", document)
    cloud.clear()
    return cloud


def reads(is_nested: bool) -> list[str]:
    return [VMS] if is_nested else [VMS, "GET /discs", "GET /nics"]


def queries(cloud: Cloud) -> list[set[str]]:
    """Return the names of the filters of each request."""
    return [{*parse_qs(request["query"])} - {"view"} for request in cloud.requests()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"user": "alice"}, [100, 102]),
        ({"user": " alice\n"}, [100, 102]),
        ({"user": "alice", "include_deleted": True}, [100, 102, 103]),
        ({"user": "alice", "account": "acme"}, [100, 102]),
        ({"user": "alice", "account": "globex"}, []),
        ({"user": "alice", "group": "staging"}, [102]),
        ({"user": "alice", "name": "web1.default.acme"}, [100]),
        ({"user": "alice", "name": "web2.default.acme"}, []),
        ({"user": "alice", "name": "db1.staging.globex"}, []),
        ({"user": "alice", "id": 102}, [102]),
        ({"user": "alice", "id": 202}, []),
        ({"user": "bob"}, [202]),
        ({"privilege": ON_GROUP}, [102]),
        ({"privilege": str(ON_VM)}, [100]),
        ({"privilege": ON_GROUP, "group": "default"}, []),
        ({"user": "", "privilege": "", "group": "staging", "account": "acme"}, [102]),
        ({"user": None, "privilege": None, "group": "staging", "account": "acme"}, [102]),
    ],
)
def test_vms(team: Cloud, bigv_vm_info: Run, is_nested: bool, options: dict[str, Any], expected: list[int]) -> None:
    found = bigv_vm_info(**{"account": None, **options})
    assert [vm["id"] for vm in found["vms"]] == expected, found
    if expected:
        assert team.calls() == reads(is_nested)
        assert all(vm["discs"] and vm["ipv4"] for vm in found["vms"])
    if options.get("user"):
        assert queries(team)[0] - {"include_deleted"} == {"user_name"}


def test_numbers_are_names_first(team: Cloud, bigv_vm_info: Run, is_nested: bool) -> None:
    team.api("POST", f"/users/{NUMBER}/privileges", {"level": "vm_admin", "virtual_machine_id": 201})
    for user, expected in (("42", [201]), (str(ALICE), [100, 102]), (ALICE, [100, 102])):
        team.clear()
        assert [vm["id"] for vm in bigv_vm_info(account=None, user=user)["vms"]] == expected
        assert team.calls() == [USERS, *reads(is_nested)]
    found = bigv_vm_info(user="alice", account="1", group="101")["vms"]
    assert [vm["id"] for vm in found] == [102]


def test_a_user_and_a_privilege_are_two_reads(team: Cloud, bigv_vm_info: Run, is_nested: bool) -> None:
    found = bigv_vm_info(account=None, user="alice", privilege=ON_VM)
    assert [vm["id"] for vm in found["vms"]] == [100]
    assert team.calls() == reads(is_nested) * 2
    assert {"user_name"} in queries(team)
    assert {"privilege_id"} in queries(team)
    assert bigv_vm_info(account=None, user="alice", privilege=OF_BOB)["vms"] == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"user": "alice"}, [1100, 1102]),
        ({"user": "alice", "account": "globex"}, []),
        ({"user": "alice", "vm": "web1"}, [1100]),
        ({"user": "alice", "vm": "100"}, [1100]),
        ({"user": "alice", "vm": "web2"}, []),
        ({"user": "alice", "id": 1102}, [1102]),
        ({"user": "alice", "id": 1101}, []),
        ({"user": "alice", "label": "data"}, []),
        ({"privilege": OF_BOB, "account": None}, [1202]),
    ],
)
def test_discs(team: Cloud, bigv_disc_info: Run, options: dict[str, Any], expected: list[int]) -> None:
    found = bigv_disc_info(**options)
    assert [disc["id"] for disc in found["discs"]] == expected, found


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"user": "alice"}, [101]),
        ({"user": "alice", "account": "acme"}, [101]),
        ({"user": "alice", "account": "1"}, [101]),
        ({"user": "alice", "account": "globex"}, []),
        ({"user": "alice", "name": "staging", "account": "acme"}, [101]),
        ({"user": "alice", "name": "101", "account": "acme"}, [101]),
        ({"user": "alice", "name": "staging.globex"}, []),
        ({"user": "alice", "name": "default.acme"}, []),
        ({"privilege": OF_BOB}, [201]),
        ({"user": "alice", "privilege": OF_BOB}, []),
        ({"user": "alice", "privilege": ON_GROUP}, [101]),
    ],
)
def test_groups(team: Cloud, bigv_group_info: Run, options: dict[str, Any], expected: list[int]) -> None:
    found = bigv_group_info(**{"account": None, **options})
    assert [group["id"] for group in found["groups"]] == expected, found
    assert found["api_date"]
    if options == {"user": "alice"}:
        assert team.calls() == [GROUPS]
        assert queries(team) == [{"user_name"}]


@pytest.mark.parametrize("module", ["bigv_vm_info", "bigv_group_info", "bigv_disc_info"])
@pytest.mark.parametrize(
    ("options", "message", "last"),
    [
        ({"user": "nobody"}, "user: there is no user 'nobody', or these credentials cannot see it.", "/users/nobody"),
        ({"user": "99"}, "user: there is no user '99', or these credentials cannot see it.", "/users"),
        (
            {"privilege": 99},
            "privilege: there is no privilege 99, or these credentials cannot see it;",
            "/privileges/99",
        ),
        ({"user": "alice", "privilege": 99}, "privilege: there is no privilege 99,", "/privileges/99"),
        ({"user": "bob", "account": "nobody"}, "account: there is no account 'nobody',", "/accounts/nobody"),
    ],
)
def test_who_is_not_there_is_an_error(
    team: Cloud, way: Any, module: str, options: dict[str, Any], message: str, last: str
) -> None:
    failed = way(module, **{**team.access, "account": None, **options})
    assert failed["msg"].startswith(message)
    assert failed["error"]["status"] == 404
    assert team.calls()[-1] == f"GET {last}"


def test_somebody_who_reaches_nothing_is_no_error(team: Cloud, bigv_vm_info: Run) -> None:
    assert bigv_vm_info(account=None, user="42")["vms"] == []
    assert team.calls()[-1] == USERS


@pytest.mark.parametrize("module", ["bigv_vm_info", "bigv_group_info", "bigv_disc_info"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"user": "a/b"}, "user: 'a/b' is not a valid name"),
        ({"user": True}, "user: must be text, got True (a boolean)"),
        ({"privilege": 0}, "privilege: must be at least 1, got 0"),
        ({"privilege": -3}, "privilege: must be at least 1, got -3"),
        ({"privilege": 10**30}, "privilege: must be at most"),
        ({"privilege": "all"}, "privilege: must be a whole number, got 'all'"),
        ({"privilege": True}, "privilege: "),
    ],
)
def test_what_is_neither_is_refused(cloud: Cloud, way: Any, module: str, options: dict[str, Any], message: str) -> None:
    cloud.clear()
    assert way(module, **cloud.access, **options)["msg"].startswith(message)
    assert cloud.calls() == []


def test_what_the_answer_does_not_tell_is_not_taken_for_it(way: Any) -> None:
    """A VM that does not say where it is, and a group that does not say of which account."""

    def answer(request: Request) -> Answer:
        lists = {
            "/virtual_machines": [{"id": 7, "name": "web1", "group_id": 3, "discs": [], "network_interfaces": []}],
            "/groups": [{"id": 3, "name": "default"}],
        }
        found: Any = lists.get(request.path, {"id": 2, "name": "acme"})
        return Answer(body=json.dumps(found).encode())

    with recording_server(answer) as server:
        access = {"api_url": server.url, "token": "apikey.t", "user": "alice"}
        assert len(way("bigv_vm_info", **access)["vms"]) == 1
        assert len(way("bigv_vm_info", **access, name="web1.default.acme")["vms"]) == 0
        assert len(way("bigv_vm_info", **access, account="acme")["vms"]) == 0
        assert len(way("bigv_vm_info", **access, group="default")["vms"]) == 0
        assert len(way("bigv_group_info", **access)["groups"]) == 1
        assert len(way("bigv_group_info", **access, account="acme")["groups"]) == 0
