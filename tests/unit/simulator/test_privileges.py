# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Privileges: granted, listed, changed and revoked, and by whom."""

import pytest
import requests

ACME = "/accounts/acme"
GROUP = ACME + "/groups/default"
MACHINE = GROUP + "/virtual_machines/web1"


@pytest.fixture
def machine_id(api):
    return api.create()["id"]


def grant(someone, username, level, **body):
    answer = someone.post(f"/users/{username}/privileges", {"level": level, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def levels(privileges):
    return [(privilege["username"], privilege["level"]) for privilege in privileges]


def test_a_grant_is_answered_whole_and_can_be_read(api, machine_id):
    granted = grant(api, "carol", "vm_admin", virtual_machine_id=machine_id, junk=1)
    assert granted == {
        "id": granted["id"],
        "username": "carol",
        "user_id": api.read("/users/carol")["id"],
        "level": "vm_admin",
        "virtual_machine_id": machine_id,
        "password_required": True,
        "yubikey_required": False,
        "yubikey_otp_max_age": None,
        "ip_restrictions": None,
        "api_key_id": None,
        "creating_username": "admin",
    }
    assert api.read(f"/privileges/{granted['id']}") == granted
    assert api.read("/users/carol/privileges") == [granted]
    assert granted in api.read("/privileges")
    assert api.read("/_simulator/state")["privileges"][-1] == granted


def test_all_attributes_are_kept_and_shown(api, machine_id):
    given = {
        "password_required": False,
        "yubikey_required": True,
        "yubikey_otp_max_age": 300,
        "ip_restrictions": "192.0.2.0/24, 198.51.100.7",
    }
    granted = grant(api, "carol", "vm_console", virtual_machine_id=str(machine_id), **given)
    assert given.items() <= granted.items()


@pytest.mark.parametrize(
    ("level", "target", "status"),
    [
        ("group_admin", "group_id", 201),
        ("vm_admin", "virtual_machine_id", 201),
        ("vm_console", "virtual_machine_id", 201),
        ("account_admin", "account_id", 403),
    ],
)
def test_who_has_an_account_grants_what_is_below(api, login, machine_id, level, target, status):
    machine = api.read(MACHINE)
    ids = {"virtual_machine_id": machine_id, "group_id": machine["group_id"], "account_id": api.read(ACME)["id"]}
    for someone in (api, login("alice"), login("admin")):
        answer = someone.post("/users/carol/privileges", {"level": level, target: ids[target]})
        assert answer.status_code == status
        if status == 201:
            assert someone.delete(f"/privileges/{answer.json()['id']}").status_code == 204
    assert login("staff").post("/users/carol/privileges", {"level": level, target: ids[target]}).status_code == 201


def test_nobody_grants_at_or_above_their_own_level(api, login, connect, machine_id):
    group_id = api.read(GROUP)["id"]
    grant(api, "carol", "vm_admin", virtual_machine_id=machine_id)
    bob, carol, key = login("bob"), login("carol"), connect(api.url, "apikey.simulator-bob")
    for someone, level, target, status in (
        (bob, "group_admin", {"group_id": group_id}, 403),
        (key, "group_admin", {"group_id": group_id}, 403),
        (bob, "account_admin", {"account_id": api.read(ACME)["id"]}, 403),
        (bob, "vm_admin", {"virtual_machine_id": machine_id}, 201),
        (key, "vm_console", {"virtual_machine_id": machine_id}, 201),
        (carol, "vm_admin", {"virtual_machine_id": machine_id}, 403),
        (carol, "group_admin", {"group_id": group_id}, 403),
    ):
        answer = someone.post("/users/read-only/privileges", {"level": level, **target})
        assert answer.status_code == status, (level, answer.text)
    # Nor to themselves.
    assert bob.post("/users/bob/privileges", {"level": "account_admin", "account_id": 1}).status_code == 403
    assert levels(api.read("/users/read-only/privileges")) == [("read-only", "vm_admin"), ("read-only", "vm_console")]
    assert [each["creating_username"] for each in api.read("/users/read-only/privileges")] == ["bob", "bob"]


FITS = {"level": ["is not included in the list"]}


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, {"level": ["is not included in the list"]}),
        ({"level": "root", "group_id": 101}, FITS),
        ({"level": "cluster_admin", "group_id": 101}, FITS),
        ({"level": ["vm_admin"]}, FITS),
        ({"level": "group_admin", "virtual_machine_id": 1001}, FITS),
        ({"level": "vm_admin", "group_id": 101}, FITS),
        ({"level": "vm_console", "account_id": 1}, FITS),
        ({"level": "account_admin", "group_id": 101}, FITS),
        ({"level": "vm_admin", "virtual_machine_id": 1001, "group_id": 101}, FITS),
        ({"level": "vm_admin"}, {"virtual_machine_id": ["can't be blank"]}),
        ({"level": "group_admin", "group_id": None}, {"group_id": ["can't be blank"]}),
        ({"level": "group_admin", "group_id": 102}, {"group_id": ["does not exist"]}),
        ({"level": "group_admin", "group_id": 999}, {"group_id": ["does not exist"]}),
        ({"level": "vm_admin", "virtual_machine_id": "x"}, {"virtual_machine_id": ["is not a number"]}),
        ({"level": "group_admin", "group_id": 101, "api_key_id": 5}, {"api_key_id": ["does not exist"]}),
        ({"level": "account_admin", "account_id": 1, "api_key_id": 6}, FITS),
        (
            {"level": "group_admin", "group_id": 101, "password_required": 1},
            {"password_required": ["must be true or false"]},
        ),
        (
            {"level": "group_admin", "group_id": 101, "yubikey_otp_max_age": -1},
            {"yubikey_otp_max_age": ["must be greater than or equal to 0"]},
        ),
        ({"level": "group_admin", "group_id": 101, "ip_restrictions": 7}, {"ip_restrictions": ["is not a string"]}),
    ],
)
def test_what_does_not_fit_is_a_400(api, machine_id, body, problems):
    """102 is the group of another account, 5 the key of another user."""
    before = api.read("/privileges")
    answer = api.post("/users/carol/privileges", body)
    assert (answer.status_code, answer.json()) == (400, problems)
    assert api.read("/privileges") == before


def test_a_key_has_no_password(api):
    body = {"level": "group_admin", "group_id": 101, "api_key_id": 6}
    answer = api.post("/users/carol/privileges", body | {"password_required": True})
    assert list(answer.json()) == ["password_required"]
    assert grant(api, "carol", **body)["password_required"] is False


def test_the_same_grant_twice_is_a_400(api, machine_id):
    target = {"virtual_machine_id": machine_id}
    grant(api, "carol", "vm_admin", **target)
    answer = api.post("/users/carol/privileges", {"level": "vm_admin", **target, "ip_restrictions": "192.0.2.1"})
    assert (answer.status_code, answer.json()) == (400, {"level": ["has already been taken"]})
    # Another level, another user, another key, another target are other grants.
    grant(api, "carol", "vm_console", **target)
    grant(api, "read-only", "vm_admin", **target)
    grant(api, "carol", "vm_admin", **target, api_key_id=6)
    grant(api, "carol", "vm_admin", virtual_machine_id=api.create("web2")["id"])
    assert api.post("/users/carol/privileges", {"level": "vm_admin", **target, "api_key_id": 6}).status_code == 400


def test_three_attributes_change_and_no_other(api, machine_id):
    granted = grant(api, "carol", "vm_console", virtual_machine_id=machine_id)
    changes = {"yubikey_required": True, "yubikey_otp_max_age": 60, "ip_restrictions": "192.0.2.1"}
    answer = api.put(
        f"/privileges/{granted['id']}",
        changes | {"password_required": False, "level": "vm_admin", "username": "bob", "api_key_id": 6},
    )
    assert (answer.status_code, answer.json()) == (200, granted | changes)
    answer = api.put(f"/privileges/{granted['id']}", {"ip_restrictions": None})
    assert answer.json() == granted | changes | {"ip_restrictions": None}
    assert api.put(f"/privileges/{granted['id']}", {"yubikey_required": "yes"}).status_code == 400


def test_a_revoked_privilege_is_gone(api, login, machine_id):
    granted = grant(api, "carol", "vm_console", virtual_machine_id=machine_id)
    carol = login("carol")
    assert carol.get(MACHINE).status_code == 200
    answer = api.delete(f"/privileges/{granted['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert carol.get(MACHINE).status_code == 404
    for method in ("GET", "PUT", "DELETE"):
        path = f"{api.url}/privileges/{granted['id']}"
        assert api.session.request(method, path, json={}).status_code == 404


def test_a_setting_has_revoking_answer_200(api, machine_id):
    granted = grant(api, "carol", "vm_console", virtual_machine_id=machine_id)
    api.settings(revoked_is_200=True)
    assert api.delete(f"/privileges/{granted['id']}").status_code == 200
    assert api.get(f"/privileges/{granted['id']}").status_code == 404


def test_a_setting_has_the_names_of_targets_said(api, login, machine_id):
    api.settings(privilege_names=True)
    assert grant(api, "carol", "vm_console", virtual_machine_id=machine_id)["virtual_machine_name"] == "web1"
    [account, group, *_others] = login("alice").read("/privileges")
    assert (account["account_name"], group["group_name"]) == ("acme", "default")


def test_who_may_change_and_revoke(api, login, connect, machine_id):
    """Who has more than the privilege gives; one's own can be given up, but not changed."""
    bob, carol = login("bob"), login("carol")
    group_admin = next(each["id"] for each in bob.read("/users/bob/privileges") if each["api_key_id"] is None)
    console = grant(bob, "carol", "vm_console", virtual_machine_id=machine_id)["id"]
    alices = next(each["id"] for each in api.read("/users/alice/privileges") if each["level"] == "account_admin")
    for someone, number, method, status in (
        (carol, console, "PUT", 403),
        (carol, group_admin, "PUT", 404),
        (carol, group_admin, "DELETE", 404),
        (bob, group_admin, "PUT", 403),
        (connect(api.url, "apikey.simulator-bob"), group_admin, "DELETE", 403),
        (api, alices, "PUT", 403),
        (api, alices, "DELETE", 403),
        (bob, alices, "DELETE", 404),
        (bob, console, "PUT", 200),
        (carol, console, "DELETE", 204),
        (api, group_admin, "PUT", 200),
        (bob, group_admin, "DELETE", 204),
    ):
        answer = someone.session.request(method, f"{api.url}/privileges/{number}", json={})
        assert answer.status_code == status, (number, method)
    assert bob.get(GROUP).status_code == 404


def test_deleting_what_it_is_on_deletes_a_privilege(api, login, machine_id):
    api.post(ACME + "/groups", {"name": "new"})
    group = api.read(ACME + "/groups/new")
    on_group = grant(api, "carol", "group_admin", group_id=group["id"])
    on_machine = grant(api, "carol", "vm_console", virtual_machine_id=machine_id)
    api.delete(MACHINE)
    # A VM that can be undeleted keeps it.
    assert [each["id"] for each in api.read("/users/carol/privileges")] == [on_group["id"], on_machine["id"]]
    assert login("carol").read(MACHINE, include_deleted="true")["deleted"] is True
    api.delete(MACHINE, purge="true")
    assert api.read("/users/carol/privileges") == [on_group]
    api.delete(ACME + "/groups/new")
    assert api.read("/users/carol/privileges") == []
    machine_id = api.create()["id"]
    grant(api, "carol", "vm_console", virtual_machine_id=machine_id)
    api.delete(MACHINE)
    api.advance(22 * 24 * 60 * 60)
    assert api.read("/privileges", user_name="carol") == []


def test_a_deleted_vm_is_nothing_to_grant(api, machine_id):
    api.delete(MACHINE)
    answer = api.post("/users/carol/privileges", {"level": "vm_console", "virtual_machine_id": machine_id})
    assert answer.json() == {"virtual_machine_id": ["does not exist"]}


def test_a_target_lists_what_is_below_ones_own_level(api, login, machine_id):
    for username, level in (("carol", "vm_console"), ("read-only", "vm_admin")):
        grant(api, username, level, virtual_machine_id=machine_id)
    console, admin = ("carol", "vm_console"), ("read-only", "vm_admin")
    groups = [("bob", "group_admin"), ("alice", "group_admin"), ("bob", "group_admin")]
    for someone, on_machine, on_group, on_account in (
        (login("staff"), [console, admin], groups, [("alice", "account_admin")]),
        (api, [console, admin], groups, []),
        (login("bob"), [console, admin], [], []),
        (login("carol"), [], [], []),
    ):
        assert levels(someone.read(MACHINE + "/privileges")) == on_machine
        assert levels(someone.read(GROUP + "/privileges")) == on_group
        assert levels(someone.read(ACME + "/privileges")) == on_account
    grant(login("staff"), "bob", "vm_admin", virtual_machine_id=machine_id)
    for path in ("/accounts/globex", ACME + "/groups/x", GROUP + "/virtual_machines/x"):
        assert api.get(path + "/privileges").status_code == 404


def test_who_may_look_only_does_not_see_who_else_may(api, login, machine_id):
    for username in ("carol", "read-only"):
        grant(api, username, "vm_console", virtual_machine_id=machine_id)
    assert levels(login("carol").read("/privileges")) == [("carol", "vm_console")]


def test_a_list_has_ones_own_and_others_on_what_one_administers(api, login, connect, machine_id):
    grant(api, "carol", "vm_console", virtual_machine_id=machine_id)
    grant(api, "read-only", "vm_admin", virtual_machine_id=machine_id)
    everything = levels(api.read("/privileges"))
    assert everything == levels(login("staff").read("/privileges"))
    assert len(everything) == 6
    assert levels(login("carol").read("/privileges")) == [("carol", "vm_console")]
    assert levels(login("bob").read("/privileges")) == [each for each in everything if each[1] != "account_admin"]
    assert levels(connect(api.url, "apikey.simulator-globex").read("/privileges")) == []
    hidden = next(each["id"] for each in api.read("/privileges") if each["level"] == "account_admin")
    assert login("bob").get(f"/privileges/{hidden}").status_code == 404
    assert levels(login("bob").read("/users/alice/privileges")) == [("alice", "group_admin")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"user_name": "carol"}, ["vm_console", "group_admin"]),
        ({"user_name": "carol", "vm_name": "web1"}, ["vm_console"]),
        ({"vm_id": "1001"}, ["vm_console"]),
        ({"vm_name": "nothing"}, []),
        ({"group_name": "new"}, ["group_admin"]),
        ({"group_name": "default", "user_name": "carol"}, ["vm_console"]),
        ({"account_name": "acme", "user_name": "carol"}, ["vm_console", "group_admin"]),
        ({"account_id": "1", "user_name": "alice"}, ["account_admin", "group_admin"]),
        ({"account_id": "2"}, []),
        ({"account_name": "globex"}, []),
        ({"user_id": "x"}, []),
        ({"privilege_id": "1"}, ["account_admin"]),
        ({"privilege_id": "1", "user_name": "bob"}, []),
        ({"junk": "x", "privilege_id": "2"}, ["group_admin"]),
    ],
)
def test_lists_are_filtered(api, machine_id, query, expected):
    assert machine_id == 1001
    group_id = api.post(ACME + "/groups", {"name": "new"}).json()["id"]
    grant(api, "carol", "vm_console", virtual_machine_id=machine_id)
    grant(api, "carol", "group_admin", group_id=group_id)
    assert [privilege["level"] for privilege in api.read("/privileges", **query)] == expected


@pytest.mark.parametrize("fault", [{"fault": "reset_after"}, {"fault": "status", "status": 502, "after": True}])
def test_a_lost_answer_has_granted_it(api, inject, fault_record, machine_id, fault):
    inject({**fault, "method": "POST", "path": "/users/*/privileges", "count": 1})
    body = {"level": "vm_console", "virtual_machine_id": machine_id}
    try:
        answer = requests.post(api.url + "/users/carol/privileges", json=body, headers=api.session.headers)
        assert answer.status_code == 502
    except requests.ConnectionError:
        assert fault["fault"] == "reset_after"
    assert fault_record() == [(fault["fault"], True, 201)]
    assert levels(api.read("/users/carol/privileges")) == [("carol", "vm_console")]
    assert api.post("/users/carol/privileges", body).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/privileges", None),
        ("GET", "/privileges/1", None),
        ("PUT", "/privileges/1", {}),
        ("DELETE", "/privileges/1", None),
        ("GET", "/users", None),
        ("GET", "/users/admin", None),
        ("PUT", "/users/admin", {}),
        ("GET", "/users/admin/privileges", None),
        ("GET", ACME + "/privileges", None),
        ("GET", GROUP + "/privileges", None),
        ("GET", "/api_keys", None),
        ("GET", "/api_keys/1", None),
        ("PUT", "/api_keys/1", {}),
        ("DELETE", "/api_keys/1", None),
    ],
)
def test_every_call_can_go_wrong_and_needs_a_token(api, anybody, inject, method, path, body):
    assert anybody.session.request(method, api.url + path, json=body).status_code == 401
    inject({"fault": "status", "status": 503, "method": method, "path": path})
    assert api.session.request(method, api.url + path, json=body).status_code == 503


def test_stale_reads_do_not_show_a_new_grant_which_holds(api, login, inject, machine_id):
    carol = login("carol")
    inject({"fault": "stale_reads", "method": "POST", "path": "/users/*", "seconds": 60, "count": 1})
    grant(api, "carol", "vm_console", virtual_machine_id=machine_id)
    assert api.read("/users/carol/privileges") == []
    assert carol.get(MACHINE).status_code == 200
    api.advance(61)
    assert len(api.read("/users/carol/privileges")) == 1


@pytest.mark.parametrize(
    ("privilege", "says"),
    [
        ({}, "privileges[0].username: can't be blank"),
        ({"username": "nobody", "level": "account_admin", "account": "acme"}, "there is no user nobody"),
        ({"username": "bob", "level": "group_admin", "group": "x.acme"}, "privileges[0].group: has to name"),
        ({"username": "bob", "level": "group_admin", "group": "acme"}, "privileges[0].group: has to name"),
        ({"username": "bob", "level": "group_admin", "account": "acme"}, "privileges[0].group: has to name"),
        ({"username": "bob", "level": "group_admin", "group_id": 9, "group": "default.acme"}, "has to name"),
        ({"username": "bob", "level": "root", "group_id": 101}, "privileges[0].level: is not included"),
        ({"username": "bob", "level": "group_admin", "group_id": 101, "api_key_id": 4}, "bob has no API key 4"),
        ({"username": "bob", "level": "group_admin", "group_id": 101, "x": 1}, "unknown key 'x'"),
    ],
)
def test_a_bad_privilege_of_a_seed_is_refused(api, privilege, says):
    answer = api.post("/_simulator/seed", {"privileges": [privilege]})
    assert answer.status_code == 400
    assert says in answer.text


def test_a_seed_without_the_team_has_no_privileges_of_it(api):
    for seed in ({"accounts": [{"name": "acme"}]}, {"users": [{"username": "a", "password": "p"}]}, {"api_keys": []}):
        api.seed(seed)
        assert api.read("/_simulator/state")["privileges"] == []
