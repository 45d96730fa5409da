# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""An inventory of what a user, or a privilege, reaches."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import machine
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

TakeIn = Callable[..., dict[str, Any]]
ALICE, OF_ALICE, OF_BOB = 21, 31, 32
ALL = {"web1.acme", "db1.acme", "web1.globex", "db1.globex"}


@pytest.fixture(autouse=True)
def team(cloud: Cloud) -> None:
    """Let alice have the group db of both accounts, and bob acme."""
    accounts = [
        {
            "name": name,
            "groups": [
                {"name": "web", "virtual_machines": [{"name": "web1"}]},
                {"name": "db", "id": number, "virtual_machines": [{"name": "db1"}]},
            ],
        }
        for name, number in (("acme", 101), ("globex", 102))
    ]
    known = {"password": "password", "accounts": []}
    cloud.control(
        "POST",
        "seed",
        {
            "accounts": accounts,
            "users": [
                {"username": "admin", "password": "password", "accounts": None},
                {"username": "alice", "id": ALICE, **known},
                {"username": "bob", **known},
                {"username": "carol", **known},
            ],
            "privileges": [
                {"username": "alice", "level": "group_admin", "group": "db.acme", "id": OF_ALICE},
                {"username": "alice", "level": "group_admin", "group": "db.globex"},
                {"username": "bob", "level": "account_admin", "account": "acme", "id": OF_BOB},
            ],
            "settings": {"flat_overview": True},
        },
    )
    cloud.clear()


def names(taken: dict[str, Any]) -> set[str]:
    return {f"{host.split('.')[0]}.{host.split('.')[2]}" for host in taken["hosts"]}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ALL),
        ({"user": "", "privilege": " "}, ALL),
        ({"user": None, "privilege": None}, ALL),
        ({"user": "alice"}, {"db1.acme", "db1.globex"}),
        ({"user": "{{ 'ali' }}ce"}, {"db1.acme", "db1.globex"}),
        ({"user": "alice", "accounts": ["acme"]}, {"db1.acme"}),
        ({"user": "alice", "vm_groups": ["web"]}, set()),
        ({"user": "alice", "vm_groups": ["web", "db"], "accounts": ["globex", "acme"]}, {"db1.acme", "db1.globex"}),
        ({"user": "bob"}, {"web1.acme", "db1.acme"}),
        ({"user": "bob", "vm_groups": ["db"]}, {"db1.acme"}),
        ({"user": "carol"}, set()),
        ({"privilege": OF_ALICE}, {"db1.acme"}),
        ({"privilege": "{{ 30 + 1 }}"}, {"db1.acme"}),
        ({"user": "alice", "privilege": OF_BOB}, {"db1.acme"}),
        ({"user": "carol", "privilege": OF_ALICE}, set()),
    ],
)
def test_who_reaches_what(inventory: TakeIn, cloud: Cloud, options: dict[str, Any], expected: set[str]) -> None:
    taken = inventory(**options)
    assert names(taken) == expected, taken["said"]
    assert [line for line in taken["said"] if not line.startswith("warning: ")] == []
    filters = [{*parse_qs(request["query"])} - {"view"} for request in cloud.requests()]
    if "user" in options and options["user"] and "privilege" not in options:
        assert filters[0] == {"user_name"}
    if expected:
        assert len(filters) == (2 if options.get("user") and options.get("privilege") else 1)


@pytest.mark.parametrize("user", [ALICE, str(ALICE)])
def test_a_user_by_id(inventory: TakeIn, cloud: Cloud, user: Any) -> None:
    assert names(inventory(user=user)) == {"db1.acme", "db1.globex"}
    assert cloud.calls() == ["GET /users", "GET /virtual_machines"]


def test_each_connection_has_its_own(inventory: TakeIn) -> None:
    taken = inventory(user="alice", connections=[{"accounts": ["acme"]}, {"user": "bob", "vm_groups": ["web"]}])
    assert names(taken) == {"db1.acme", "web1.acme"}
    assert names(inventory(connections=[{"privilege": OF_ALICE}, {"user": "carol"}])) == {"db1.acme"}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"user": "nobody"}, "user: there is no user 'nobody', or these credentials cannot see it."),
        ({"user": 99}, "user: there is no user '99', or these credentials cannot see it."),
        ({"privilege": 99}, "privilege: there is no privilege 99, or these credentials cannot see it;"),
        ({"connections": [{}, {"user": "nobody"}]}, "connections[1]: user: there is no user 'nobody'"),
        ({"user": False}, "user: must be text, got False (a boolean); put it in quotes"),
        ({"user": ["alice"]}, "user: must be text, got a list"),
        ({"user": "a/b"}, "user: 'a/b' is not a valid name"),
        ({"user": "{{ nosuch }}"}, "user: its template could not be evaluated"),
        ({"privilege": "some"}, "privilege: must be a whole number, got 'some'"),
        ({"privilege": True}, "privilege: must be a whole number, got 'True'"),
        ({"privilege": 0}, "privilege: must be at least 1, got 0"),
        ({"connections": [{"privilege": -1}]}, "connections[0].privilege: must be at least 1, got -1"),
        ({"connections": [{"user": ["alice"]}]}, "connections[0].user: must be text, got a list"),
    ],
)
def test_what_is_not_there_is_one_error(inventory: TakeIn, options: dict[str, Any], line: str) -> None:
    taken = inventory(**options)
    assert taken["hosts"] == {}
    (said,) = taken["said"]
    assert said.startswith(f"error: {line}"), said


def test_the_cache_is_apart(inventory: TakeIn, cloud: Cloud, tmp_path: Path) -> None:
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    for options, expected in (
        ({}, ALL),
        ({"user": "alice"}, {"db1.acme", "db1.globex"}),
        ({"privilege": OF_ALICE}, {"db1.acme"}),
        ({"user": "carol", "privilege": OF_ALICE}, set()),
    ):
        for _again in range(2):
            assert names(inventory(**cache, **options)) == expected
        assert len(list((tmp_path / "cache").iterdir()))
    cloud.clear()
    assert names(inventory(**cache, user="alice")) == {"db1.acme", "db1.globex"}
    assert cloud.calls() == []


def test_a_vm_that_does_not_say_where_it_is(inventory: TakeIn) -> None:
    vm = machine(7, "web1", "default", hostname=None)
    with recording_server(lambda request: Answer(body=json.dumps([vm]).encode())) as server:
        for options, count in (({}, 1), ({"accounts": ["acme"]}, 0), ({"vm_groups": ["default"]}, 0)):
            assert len(inventory(api_url=server.url, user="alice", **options)["hosts"]) == count
