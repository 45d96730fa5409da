# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Answers that are too large, too deep, or not what they seem."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.attributes import TYPES
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.vm.attributes import VM as SCHEMA
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import machine
from ansible_collections.bytemark.cloud.tests.unit.hostile.conftest import failure, source_failure
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, recording_server

HUGE = 50_000_000
DEEP = 10_000
VM = machine(7, "web1", "default")
GROUP = {"id": 3, "account_id": 2, "name": "web"}


def encoded(document: Any) -> bytes:
    return json.dumps(document).encode()


def always(answer: Answer) -> Any:
    return lambda request: answer


def test_what_tasks_compare_has_its_shape_seen_to():
    compared = [attribute for attribute in SCHEMA.attributes.values() if attribute.compared]
    assert len(compared) > 10
    assert {attribute.kind for attribute in compared} <= set(TYPES)


def test_an_answer_of_50_mb_is_taken(server, run):
    server.answer = always(Answer(body=encoded(GROUP | {"head": "x" * HUGE})))
    result = run("bigv_group", name="web")
    assert result["changed"] is False
    assert len(result["group"]["head"]) == HUGE


def test_an_answer_of_50_mb_is_taken_by_an_inventory(server, inventory):
    server.answer = always(Answer(body=encoded([VM | {"name": "x" * HUGE}])))
    taken = inventory(api_url=server.url)
    (variables,) = taken["hosts"].values()
    assert len(variables["bigv_name"]) == HUGE


@pytest.mark.parametrize(
    ("kind", "body"),
    [("application/json", b'"' + b"x" * HUGE + b'"'), ("text/plain", b" " * HUGE), ("", b"\xff" * HUGE)],
    ids=["a string", "spaces", "no text"],
)
def test_a_refusal_of_50_mb_is_a_short_message(server, run, inventory, kind, body):
    server.answer = always(Answer(500, body, kind))
    result = run("bigv_group", name="web")
    assert failure(result).startswith("Could not read group web.acme: the API answered 500")
    assert len(str(result)) < 3000
    assert "500" in source_failure(inventory(api_url=server.url))


def test_a_refusal_with_a_hundred_thousand_reasons_is_a_short_message(server, run):
    reasons = {f"attribute{number}": ["is bad\nor worse\x1b[31m"] for number in range(100_000)}
    server.answer = always(Answer(400, encoded(reasons)))
    result = run("bigv_group", name="web")
    assert "attribute0" in failure(result)
    assert failure(result).endswith("Correct the values that it names and run the task again.")
    assert len(str(result)) < 20_000


NESTED = [b"[" * DEEP + b"]" * DEEP, b'{"id":' * DEEP + b"3" + b"}" * DEEP]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("body", NESTED, ids=["lists", "objects"])
def test_json_nested_10000_deep(server, run, inventory, status, body):
    server.answer = always(Answer(status, body))
    said = "not JSON" if status == 200 else str(status)
    assert said in failure(run("bigv_group", name="web"))
    assert said in source_failure(inventory(api_url=server.url))


def test_json_nested_200_deep_is_taken(server, run, inventory):
    deep = json.loads("[" * 200 + "]" * 200)
    body = encoded([VM | {"more": deep}])
    server.answer = always(Answer(body=body))
    assert run("bigv_vm_info")["vms"][0]["more"] == deep
    assert inventory(api_url=server.url)["hosts"][VM["hostname"]]["bigv_more"] == deep
    server.answer = always(Answer(400, body))
    assert "400" in failure(run("bigv_vm_info"))


@pytest.mark.parametrize("body", [b'{"id": 3, "name": "web", "more": NaN}', b"[Infinity]", b'{"id": 3, "more": 1e999}'])
def test_numbers_that_json_does_not_have(server, run, body):
    server.answer = always(Answer(body=body))
    assert "not JSON" in failure(run("bigv_group", name="web"))


@pytest.mark.parametrize("name", ["", ".", "..", "a\nb", "\ud800", None])
def test_a_name_that_the_api_should_not_have_given_is_in_no_path(server, run, name):
    group = {"id": 3, "name": "web", "virtual_machines": [VM | {"name": name}]}
    server.answer = always(Answer(body=encoded(group)))
    message = failure(run("bigv_group", name="web", state="absent", purge=True))
    assert "cannot be part of a path" in message
    assert [call for call in server.calls if not call.startswith("GET ")] == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("login", [{}, {"token": None, "username": "admin", "password": "geheim"}])
def test_a_redirect_is_not_followed(server, run, inventory, status, login):
    with recording_server() as other:
        headers = {"Location": f"{other.url}/session"}
        server.answer = always(Answer(status, headers=headers))
        assert str(status) in failure(run("bigv_group", name="web", **login))
        env = {"BIGV_TOKEN": ""} if login else {}
        assert str(status) in source_failure(inventory(api_url=server.url, auth_url=server.url, **login, env=env))
        assert other.requests == []
    assert len(server.requests) == 2
