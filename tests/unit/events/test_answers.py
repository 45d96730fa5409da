# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Answers that are not whole, or are no answers: nothing is told that has not happened, and the source goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import machine
from ansible_collections.bytemark.cloud.tests.unit.fuzz.hostile import EVALUATED, TEMPLATE, VALUES
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WEB1, WEB2 = machine(1, "web1", "default"), machine(2, "web2", "staging")
GROUPS = {"default": 101, "staging": 102}
NOT_FOUND = Answer(404, b"Not found", "text/plain")


def answer(value: Any, **other: Any) -> Answer:
    return Answer(body=json.dumps(value).encode(), **other)


def account(*vms: dict[str, Any]) -> dict[str, Any]:
    """Return the account as its overview shows it."""
    groups = [
        {"id": vm["group_id"], "account_id": 12, "name": vm["hostname"].split(".")[1], "virtual_machines": [vm]}
        for vm in vms
    ]
    return {"id": 12, "name": "acme", "groups": groups}


@pytest.fixture
def answers(server: Any) -> dict[str, Answer]:
    """Return what the server answers by path, to be changed by the test. Whatever it has no answer for is not there."""
    found = {"/virtual_machines": answer([WEB1, WEB2]), "/accounts/acme": answer(account(WEB1, WEB2))}

    def respond(request: Request) -> Answer:
        return found.get(request.path, NOT_FOUND)

    server.answer = respond
    return found


@pytest.fixture
def source(answers: Any, watch_server: Callable[..., Any]) -> Any:
    """Watch the server, as soon as the baseline is known."""
    source = watch_server()
    assert source.events() == []
    return source


def names(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["type"], event["vm"]["name"]) for event in events]


@pytest.mark.parametrize("listed", [[], [WEB2]], ids=["empty", "in part"])
def test_a_list_that_is_not_whole(answers, source, listed):
    answers["/virtual_machines"] = answer(listed)
    assert source.events() == []
    answers["/virtual_machines"] = answer([WEB1, WEB2])
    assert source.events() == []


@pytest.mark.parametrize("part", ["discs", "network_interfaces"])
def test_a_vm_that_is_not_whole(answers, source, part):
    answers["/virtual_machines"] = answer([WEB1 | {part: []}, WEB2])
    assert source.events() == []
    answers["/accounts/acme"] = answer(account(WEB1 | {part: []}, WEB2))
    assert set(names(source.events())) == {("changed", "web1")}


@pytest.mark.parametrize(
    "overview", [NOT_FOUND, Answer(403), Answer(500), Answer(body=b"<html>"), answer([]), answer({"id": None})],
    ids=["404", "403", "500", "page", "list", "no object"],
)  # fmt: skip
def test_an_account_that_cannot_be_read(answers, source, caplog, overview):
    answers.update({"/virtual_machines": answer([]), "/accounts/acme": overview})
    assert source.events() == []
    assert caplog.records
    answers["/accounts/acme"] = answer(account(WEB2))
    assert names(source.events()) == [("deleted", "web1")]


def test_soft_deleted_vms_that_lists_never_have(answers, source):
    deleted = WEB1 | {"deleted": True}
    answers.update({"/virtual_machines": answer([WEB2]), "/accounts/acme": answer(account(deleted, WEB2))})
    assert [(event["vm"]["name"], event["purged"]) for event in source.events()] == [("web1", False)]
    assert source.events() == []


def test_several_accounts(answers, watch_server):
    """One of them can be seen no longer: what becomes of the others is told."""
    other = machine(3, "db1", "default") | {"hostname": "db1.default.globex.uk0.bigv.io"}
    answers["/virtual_machines"] = answer([WEB1, WEB2, other])
    source = watch_server(account=None)
    source.events()
    answers.update({"/virtual_machines": answer([WEB1]), "/accounts/acme": answer(account(WEB1))})
    assert names(source.events()) == [("deleted", "web2")]
    assert source.events() == []
    answers["/virtual_machines"] = answer([WEB1, other | {"cores": 2}])
    assert names(source.events()) == [("changed", "db1")]


def test_a_list_that_is_still_worked_on(answers, source):
    answers["/virtual_machines"] = answer([WEB1 | {"cores": 2}, WEB2], status=202)
    assert names(source.events()) == [("changed", "web1")]


def test_vms_that_are_nowhere(answers, watch_server, caplog):
    """What has no host name is in no account that could be asked for it."""
    answers["/virtual_machines"] = answer([WEB1 | {"hostname": None}, WEB2])
    source = watch_server(account=None)
    source.events()
    answers["/virtual_machines"] = answer([WEB2])
    assert source.events() == []
    assert "Events of 1 VMs that are missing from the list may be delayed: " in caplog.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(st.lists(st.dictionaries(st.sampled_from([*WEB1, "extra"]), VALUES, max_size=3), max_size=2))
def test_whatever_is_answered(answers, source, spoilt):
    """The source goes on, and what it tells can be told."""
    listed = [vm | values for vm, values in zip((WEB1, WEB2), spoilt, strict=False)]
    answers["/virtual_machines"] = Answer(body=json.dumps(listed).encode())
    told = source.events()
    answers["/virtual_machines"] = answer([WEB1, WEB2])
    told += source.events()
    text = json.dumps(told, allow_nan=False)
    assert TEMPLATE not in text
    assert EVALUATED not in text
