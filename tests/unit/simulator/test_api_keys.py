# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""API keys: made, shown, made to expire and deleted, each with its own privileges."""

import json
from datetime import datetime

import pytest
import requests

GROUP = "/accounts/acme/groups/default"


@pytest.fixture
def alice(login):
    return login("alice")


@pytest.fixture
def bob(login):
    return login("bob")


def make(someone, **body):
    answer = someone.post("/api_keys", {"label": "deploy", **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def grant(someone, username, **body):
    answer = someone.post(f"/users/{username}/privileges", {"password_required": False, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_the_answer_that_makes_a_key_alone_has_it(alice, connect):
    user_id = alice.read("/users/alice")["id"]
    made = make(alice, user_id=user_id, expires_at=None)
    token = made.pop("api_key")
    assert token.startswith("apikey.")
    assert made == {"id": made["id"], "user_id": user_id, "label": "deploy", "expires_at": None}
    assert alice.read("/api_keys")[-1] == alice.read(f"/api_keys/{made['id']}") == made
    assert alice.read("/api_keys", view="overview")[-1] == made | {"privileges": []}
    assert connect(alice.url, token).read("/accounts") == []


def test_labels_need_not_be_unique_and_keys_differ(alice):
    one, other = make(alice), make(alice)
    assert one["id"] < other["id"]
    assert one["api_key"] != other["api_key"]
    assert [key["label"] for key in alice.read("/api_keys")] == ["alice", "deploy", "deploy"]


def test_a_key_may_do_what_it_is_granted_and_no_more(api, alice, connect):
    made = make(alice)
    key = connect(alice.url, made["api_key"])
    group_id = alice.read(GROUP)["id"]
    assert key.get(GROUP).status_code == 404
    granted = grant(alice, "alice", level="group_admin", group_id=group_id, api_key_id=made["id"])
    assert (granted["api_key_id"], granted["password_required"]) == (made["id"], False)
    assert key.post(GROUP + "/virtual_machines", {"name": "web1"}).status_code == 202
    assert key.post("/accounts/acme/groups", {"name": "new"}).status_code == 403
    assert alice.read(f"/api_keys/{made['id']}", view="overview")["privileges"] == [granted]
    assert alice.delete(f"/privileges/{granted['id']}").status_code == 204
    assert key.get(GROUP).status_code == 404


def test_a_deleted_key_is_a_401_and_its_privileges_are_gone(alice, connect):
    made = make(alice)
    key = connect(alice.url, made["api_key"])
    granted = grant(alice, "alice", level="group_admin", group_id=alice.read(GROUP)["id"], api_key_id=made["id"])
    assert key.get("/accounts").status_code == 200
    assert alice.delete(f"/api_keys/{made['id']}").status_code == 204
    assert key.get("/accounts").status_code == 401
    for path in (f"/api_keys/{made['id']}", f"/privileges/{granted['id']}"):
        assert alice.get(path).status_code == 404
        assert alice.delete(path).status_code == 404


def test_a_key_expires_by_the_simulators_clock(api, alice, connect):
    now = api.read("/_simulator/clock")["now"]
    soon = datetime.fromtimestamp(now + 600).astimezone().strftime("%Y-%m-%dT%H:%M:%S%z")
    made = make(alice, expires_at=soon)
    key = connect(alice.url, made["api_key"])
    api.advance(590)
    assert key.get("/accounts").status_code == 200
    assert requests.get(f"{api.url}/auth/session/{made['api_key']}").json() == {
        "username": "apikeyuser",
        "factors": [],
        "group_memberships": [],
    }
    api.advance(20)
    assert key.get("/accounts").status_code == 401
    assert requests.get(f"{api.url}/auth/session/{made['api_key']}").status_code == 404
    others = connect(api.url, "apikey.simulator-alice").read("/api_keys")
    assert made["id"] in [other["id"] for other in others]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2030-03-21T00:24:45.0312Z", "2030-03-21T00:24:45.0312Z"),
        ("2030-03-21T00:24:45Z", "2030-03-21T00:24:45.0000Z"),
        ("2030-03-21T01:24:45+01:00", "2030-03-21T00:24:45.0000Z"),
        ("2030-03-20T17:24:45-0700", "2030-03-21T00:24:45.0000Z"),
        ("2030-03-21 00:24:45", "2030-03-21T00:24:45.0000Z"),
        ("2030-03-21 00:24:45 UTC", "2030-03-21T00:24:45.0000Z"),
        ("2030-03-21T00:24", "2030-03-21T00:24:00.0000Z"),
        ("2030-03-21T00:24:45.99999Z", "2030-03-21T00:24:46.0000Z"),
        ("2030-03-21", "2030-03-21T00:00:00.0000Z"),
        ("1970-01-01", "1970-01-01T00:00:00.0000Z"),
        (None, None),
        ("", None),
    ],
)
def test_an_expiry_is_taken_in_several_forms(alice, given, shown):
    made = make(alice, expires_at=given)
    assert made["expires_at"] == shown
    other = make(alice)
    answer = alice.put(f"/api_keys/{other['id']}", {"expires_at": given})
    assert (answer.status_code, answer.json()["expires_at"]) == (200, shown)


def test_a_setting_has_it_answered_with_an_offset(api, alice):
    api.settings(expiry_with_offset=True)
    made = make(alice, expires_at="2030-03-21T00:24:45.0312Z")
    assert made["expires_at"] == "2030-03-20T17:24:45.0312-0700"
    assert alice.read("/api_keys")[-1]["expires_at"] == made["expires_at"]


@pytest.mark.parametrize(
    "value",
    ["tomorrow", "2030-13-01", "2030-02-30", "2030-01-01T25:00", "1969-12-31", "10000-01-01", 5, True, [], "x" * 99],
)
def test_what_is_no_moment_is_a_400_and_changes_nothing(alice, value):
    assert list(alice.post("/api_keys", {"label": "x", "expires_at": value}).json()) == ["expires_at"]
    assert list(alice.put("/api_keys/4", {"expires_at": value}).json()) == ["expires_at"]
    assert [(key["label"], key["expires_at"]) for key in alice.read("/api_keys")] == [("alice", None)]


def test_a_put_changes_the_expiry_alone(alice, connect):
    made = make(alice)
    key = connect(alice.url, made["api_key"])
    answer = alice.put(f"/api_keys/{made['id']}", {"label": "other", "user_id": 1, "api_key": "apikey.x"})
    assert (answer.status_code, answer.json()["label"]) == (200, "deploy")
    assert key.get("/accounts").status_code == 200
    assert alice.put(f"/api_keys/{made['id']}", {"expires_at": "2001-01-01"}).status_code == 200
    assert key.get("/accounts").status_code == 401


@pytest.mark.parametrize("body", [{}, {"label": ""}, {"label": "  "}, {"label": None}, {"label": 5}])
def test_a_label_is_needed(alice, body):
    assert alice.post("/api_keys", body).status_code == 400
    assert len(alice.read("/api_keys")) == 1


def test_nobody_sees_or_makes_the_keys_of_others(api, alice, bob):
    other = make(bob)
    assert alice.post("/api_keys", {"label": "x", "user_id": other["user_id"]}).status_code == 403
    assert alice.post("/api_keys", {"label": "x", "user_id": 999}).json() == {"user_id": ["does not exist"]}
    assert other["id"] not in [key["id"] for key in api.read("/api_keys") + alice.read("/api_keys")]
    for someone in (api, alice):
        assert someone.get(f"/api_keys/{other['id']}").status_code == 404
        assert someone.put(f"/api_keys/{other['id']}", {"expires_at": None}).status_code == 404
        assert someone.delete(f"/api_keys/{other['id']}").status_code == 404
    assert alice.get("/api_keys/x").status_code == 404


def test_a_key_sees_the_keys_of_its_user_and_may_make_one_to_follow_it(alice, connect):
    """As a play does that renews the key it runs on."""
    group_id = alice.read(GROUP)["id"]
    first = make(alice)
    grant(alice, "alice", level="group_admin", group_id=group_id, api_key_id=first["id"])
    key = connect(alice.url, first["api_key"])
    assert key.read("/api_keys", view="overview") == alice.read("/api_keys", view="overview")
    second = make(key, user_id=first["user_id"])
    grant(key, "alice", level="group_admin", group_id=group_id, api_key_id=second["id"])
    follower = connect(alice.url, second["api_key"])
    assert follower.delete(f"/api_keys/{first['id']}").status_code == 204
    assert key.get("/accounts").status_code == 401
    assert follower.post(GROUP + "/virtual_machines", {"name": "web1"}).status_code == 202


def test_a_key_passes_on_to_its_users_keys_only_what_it_has(api, alice, bob, connect):
    group_id = alice.read(GROUP)["id"]
    other, machine = make(bob), api.create()
    mine = make(alice)
    grant(alice, "alice", level="vm_admin", virtual_machine_id=machine["id"], api_key_id=mine["id"])
    key, next_one = connect(alice.url, mine["api_key"]), make(alice)
    for username, body in (
        ("alice", {"level": "group_admin", "group_id": group_id, "api_key_id": next_one["id"]}),
        ("alice", {"level": "vm_admin", "virtual_machine_id": machine["id"]}),
        ("bob", {"level": "vm_admin", "virtual_machine_id": machine["id"], "api_key_id": other["id"]}),
    ):
        assert key.post(f"/users/{username}/privileges", body).status_code == 403
    grant(key, "alice", level="vm_admin", virtual_machine_id=machine["id"], api_key_id=next_one["id"])


def test_a_console_key_writes_nothing_of_its_users_either(api, alice, connect):
    machine = api.create()
    made = make(alice)
    console = grant(alice, "alice", level="vm_console", virtual_machine_id=machine["id"], api_key_id=made["id"])
    key = connect(alice.url, made["api_key"])
    assert key.read("/virtual_machines")[0]["id"] == machine["id"]
    assert made["id"] in [each["id"] for each in key.read("/api_keys")]
    for answer in (
        key.post("/api_keys", {"label": "x"}),
        key.put(f"/api_keys/{made['id']}", {"expires_at": None}),
        key.delete(f"/api_keys/{made['id']}"),
        key.put("/users/alice", {"authorized_keys": "ssh-rsa A"}),
        key.post("/users/alice/privileges", {"level": "vm_console", "virtual_machine_id": machine["id"]}),
        key.put(f"/privileges/{console['id']}", {"ip_restrictions": "192.0.2.1"}),
        key.delete(f"/privileges/{console['id']}"),
    ):
        assert answer.status_code == 403, answer.url


def test_keys_of_a_seed_without_a_user(api, connect):
    api.seed({"api_keys": [{"id": 7, "token": "apikey.lonely"}, {"token": "apikey.other", "username": "gone"}]})
    lonely = connect(api.url, "apikey.lonely")
    assert lonely.read("/api_keys") == [{"id": 7, "user_id": None, "label": None, "expires_at": None}]
    assert lonely.read("/users") != []
    assert lonely.post("/api_keys", {"label": "x"}).status_code == 400


@pytest.mark.parametrize("fault", [{"fault": "reset_after"}, {"fault": "status", "status": 502, "after": True}])
def test_a_lost_answer_has_made_the_key(api, alice, inject, fault_record, fault):
    inject({**fault, "method": "POST", "path": "/api_keys", "count": 1})
    try:
        assert (
            requests.post(alice.url + "/api_keys", json={"label": "lost"}, headers=alice.session.headers).status_code
            == 502
        )
    except requests.ConnectionError:
        assert fault["fault"] == "reset_after"
    assert fault_record() == [(fault["fault"], True, 201)]
    assert [key["label"] for key in alice.read("/api_keys")] == ["alice", "lost"]


def test_stale_reads_do_not_show_a_new_key_which_works(alice, inject, connect):
    inject({"fault": "stale_reads", "method": "POST", "path": "/api_keys", "seconds": 60, "count": 1})
    made = make(alice)
    assert [key["label"] for key in alice.read("/api_keys")] == ["alice"]
    assert connect(alice.url, made["api_key"]).get("/accounts").status_code == 200


def test_the_secret_is_shown_nowhere(start_simulator, connect, tmp_path):
    """Not in the log, the state, its file, the pages, the record of faults or on standard error."""
    file = tmp_path / "state.json"
    process, facts = start_simulator("--state", str(file), "--log-requests")
    admin = connect(facts["api_url"], facts["token"])
    token = make(admin)["api_key"]
    requests.get(facts["api_url"] + f"/accounts?token={token}", headers={"Authorization": f"Bearer {token}"})
    requests.get(f"{facts['auth_url']}/session/{token}")
    shown = json.dumps([admin.get("/_simulator/" + path).text for path in ("requests", "status", "state", "faults")])
    shown += admin.get("/docs/openapi.json").text + file.read_text()
    process.kill()
    shown += process.communicate(timeout=5)[1]
    assert token[7:] not in shown

    again = connect(start_simulator("--state", str(file))[1]["api_url"], token)
    assert again.get("/accounts").status_code == 200
