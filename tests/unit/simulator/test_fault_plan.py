# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Fault plans: reading them, which requests their rules hit, and the record."""

import asyncio
import json
import signal

import pytest
import requests
from bigv_simulator.core.faults.injector import FaultInjector
from bigv_simulator.core.simulator import Simulator
from bigv_simulator.resources import RESOURCES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FAULTS = "/_simulator/faults"
BUSY = {"fault": "status", "status": 503}
NO_PLAN = {"seed": 0, "rules": [], "record": []}


def statuses(plain, count, method="GET", path="/accounts"):
    return [plain.status(method, path) for _number in range(count)]


def test_a_plan_is_put_read_replaced_and_removed(api, plain, inject):
    assert api.read(FAULTS) == NO_PLAN
    inject(BUSY | {"count": 1}, {"fault": "empty"}, seed=7)
    plain.status("GET", "/accounts")
    plan = api.read(FAULTS)
    assert (plan["seed"], plan["rules"]) == (7, [BUSY | {"count": 1, "happened": 1}, {"fault": "empty", "happened": 0}])
    assert [
        entry.items()
        >= {
            "rule": 0,
            "fault": "status",
            "method": "GET",
            "path": "/accounts",
            "status": None,
            "carried_out": False,
        }.items()
        for entry in plan["record"]
    ] == [True]
    inject(BUSY)
    assert api.read(FAULTS)["record"] == []
    assert api.delete(FAULTS).status_code == 204
    assert api.read(FAULTS) == NO_PLAN
    assert plain.status("GET", "/accounts") == 200


def test_reset_removes_plan_and_record(api, plain, inject):
    inject(BUSY)
    plain.status("GET", "/accounts")
    api.post("/_simulator/reset")
    assert api.read(FAULTS) == NO_PLAN
    assert plain.status("GET", "/accounts") == 200


@pytest.mark.parametrize(
    ("rule", "option"),
    [
        ({}, "fault"),
        ({"fault": "flood"}, "fault"),
        ({"fault": ["status"]}, "fault"),
        (BUSY | {"seconds": 1}, "seconds"),
        (BUSY | {"keys": True}, "keys"),
        (BUSY | {"junk": 1}, "junk"),
        ({"fault": "status"}, "status"),
        (BUSY | {"status": 199}, "status"),
        (BUSY | {"status": "503"}, "status"),
        ({"fault": "latency"}, "seconds"),
        ({"fault": "refuse", "seconds": -1}, "seconds"),
        ({"fault": "hang", "seconds": None}, "seconds"),
        ({"fault": "drip", "seconds": "1"}, "seconds"),
        ({"fault": "stale_reads"}, "seconds"),
        (BUSY | {"after": 1}, "after"),
        (BUSY | {"retry_after": -1}, "retry_after"),
        (BUSY | {"retry_after": "1\r\nX: y"}, "retry_after"),
        (BUSY | {"method": "get"}, "method"),
        (BUSY | {"method": ["GET", 1]}, "method"),
        (BUSY | {"path": 1}, "path"),
        (BUSY | {"skip": -1}, "skip"),
        (BUSY | {"count": 1.5}, "count"),
        (BUSY | {"probability": 1.1}, "probability"),
        (BUSY | {"probability": True}, "probability"),
        ({"fault": "vm_deleted", "purge": "yes"}, "purge"),
    ],
)
def test_a_bad_rule_changes_nothing(api, inject, rule, option):
    inject(BUSY, seed=3)
    before = api.read(FAULTS)
    answer = api.put(FAULTS, {"rules": [{"fault": "empty"}, rule]})
    assert answer.status_code == 400
    good, bad = answer.json()["rules"]
    assert (good, list(bad)) == ({}, [option])
    assert api.read(FAULTS) == before


@pytest.mark.parametrize(
    ("body", "attribute"),
    [
        ({}, "rules"),
        ({"rules": {}}, "rules"),
        ({"rules": ["x"]}, "rules"),
        ({"rules": [], "seed": 1.5}, "seed"),
        ({"rules": [], "rule": []}, "rule"),
    ],
)
def test_a_bad_plan_is_refused(api, body, attribute):
    answer = api.put(FAULTS, body)
    assert (answer.status_code, list(answer.json())) == (400, [attribute])


@settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_junk_is_refused_or_taken(api, data):
    scalars = st.sampled_from([None, True, 0, -1, 1.5, 10**40, "", "GET", "é", "status", "hang", [], {}])
    options = st.sampled_from(
        [
            "fault",
            "method",
            "path",
            "skip",
            "count",
            "probability",
            "seconds",
            "status",
            "retry_after",
            "after",
            "keys",
            "purge",
        ]
    )
    rules = st.lists(st.dictionaries(options, scalars, max_size=4).map(lambda rule: BUSY | rule) | scalars, max_size=3)
    assert api.put(FAULTS, {"seed": data.draw(scalars), "rules": data.draw(rules | scalars)}).status_code in (204, 400)
    assert api.get(FAULTS).status_code == 200


@pytest.mark.parametrize(
    ("condition", "hit"),
    [
        ({}, ["GET", "PUT", "DELETE", "sign in"]),
        ({"method": "PUT"}, ["PUT"]),
        ({"method": ["GET", "DELETE"]}, ["GET", "DELETE"]),
        ({"path": "/accounts/*/default"}, ["GET", "PUT"]),
        ({"path": "/auth*"}, ["sign in"]),
        ({"path": "/accounts"}, []),
        ({"method": "PUT", "path": "/ips/*"}, []),
    ],
)
def test_a_rule_hits_by_method_and_path(plain, inject, group, condition, hit):
    inject(BUSY | condition)
    asked = {
        "GET": ("GET", group),
        "PUT": ("PUT", group, {}),
        "DELETE": ("DELETE", "/accounts/acme/groups/none"),
        "sign in": ("POST", "/auth/session", {"username": "admin", "password": "password"}),
    }
    assert [name for name, request in asked.items() if plain.status(*request) == 503] == hit


def test_skip_and_count(plain, inject):
    inject(BUSY | {"path": "/accounts", "skip": 2, "count": 3})
    assert [*statuses(plain, 2), plain.status("GET", "/groups"), *statuses(plain, 5)] == [
        200,
        200,
        200,
        503,
        503,
        503,
        200,
        200,
    ]


def test_the_first_rule_that_fires_wins(api, plain, inject):
    inject(BUSY | {"count": 1}, {"fault": "status", "status": 500, "skip": 1})
    assert statuses(plain, 4) == [503, 200, 500, 500]
    assert [rule["happened"] for rule in api.read(FAULTS)["rules"]] == [1, 2]
    assert [entry["rule"] for entry in api.read(FAULTS)["record"]] == [0, 1, 1]


def test_the_seed_decides(plain, inject):
    def draw(seed, *rules):
        inject(*rules, BUSY | {"probability": 0.5, "path": "/accounts"}, seed=seed)
        return statuses(plain, 40)

    first = draw(7)
    assert 5 < first.count(503) < 35
    assert draw(7) == first
    assert draw(8) != first


def test_rules_draw_independently(plain, inject):
    """What is asked elsewhere does not move the faults of a rule."""
    accounts, groups = ({"probability": 0.5, "path": path} for path in ("/accounts", "/groups"))
    inject(BUSY | accounts, BUSY | groups, seed=7)
    alone = statuses(plain, 20)
    inject(BUSY | accounts, BUSY | groups, seed=7)
    assert [(plain.status("GET", "/groups"), plain.status("GET", "/accounts"))[1] for _number in range(20)] == alone


@pytest.mark.parametrize(("probability", "status"), [(0, 200), (1, 503)])
def test_never_and_always(plain, inject, probability, status):
    inject(BUSY | {"probability": probability})
    assert set(statuses(plain, 20)) == {status}


def test_the_control_interface_is_never_hit(api, inject):
    inject({"fault": "reset_before"})
    assert api.get("/_simulator/settings").status_code == 200
    inject(BUSY | {"path": "/_simulator/*"})
    assert api.read(FAULTS)["record"] == []


def test_no_secret_is_recorded(api, plain, inject):
    _answer, session = plain.ask("POST", "/auth/session", {"username": "admin", "password": "password"})
    inject({"fault": "empty"})
    plain.ask("GET", "/auth/session/" + session.decode())
    plain.ask("POST", "/auth/session", {"username": "admin", "password": "password"})
    shown = api.get(FAULTS).text + api.get("/_simulator/requests").text
    assert "/auth/session/***" in shown
    for secret in (session.decode(), "apikey.", '"password":"password"'):
        assert secret not in shown


def test_the_log_tells_what_was_carried_out(api, plain, inject, group):
    inject(BUSY | {"method": "PUT"}, {"fault": "empty", "method": "POST"})
    api.delete("/_simulator/requests")
    plain.ask("PUT", group, {"name": "x"})
    plain.ask("POST", "/accounts/acme/groups", {"name": "new"})
    plain.ask("GET", group)
    assert [(entry["method"], entry["status"], entry["fault"]) for entry in api.requests()] == [
        ("PUT", 0, "status"),
        ("POST", 201, "empty"),
        ("GET", 200, None),
    ]


def test_a_plan_from_a_file(start_simulator, tmp_path):
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"seed": 7, "rules": [BUSY]}))
    process, facts = start_simulator("--faults", str(plan), "--log-requests")
    assert requests.get(facts["api_url"] + "/definitions").status_code == 503
    assert requests.get(facts["api_url"] + FAULTS).json()["seed"] == 7
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=30) == ("", "GET /definitions - 0 status\n")


@pytest.mark.parametrize("content", [None, "{", "[]", "{}", '{"rules": [{"fault": "latency", "seconds": NaN}]}'])
def test_an_unusable_file_ends_it(run_simulator, tmp_path, content):
    plan = tmp_path / "plan.json"
    if content is not None:
        plan.write_text(content)
    ended = run_simulator("--faults", str(plan))
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert str(plan) in ended.stderr


def test_without_a_plan_requests_pass_untouched():
    """Nothing is read ahead, held back or copied: the application gets what the server gave."""
    given_to_app = []

    async def app(*arguments):
        given_to_app.extend(arguments)

    async def receive():
        raise AssertionError

    async def send(_message):
        raise AssertionError

    scope = {"type": "http", "path": "/accounts", "method": "GET"}
    asyncio.run(FaultInjector(app, Simulator(RESOURCES, {}))(scope, receive, send))
    assert [id(argument) for argument in given_to_app] == [id(scope), id(receive), id(send)]
    assert scope == {"type": "http", "path": "/accounts", "method": "GET"}
