# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Users: who is seen by whom, and whose keys may be changed."""

import pytest
import requests

KEYS = "ssh-ed25519 AAAA me@laptop\nssh-rsa BBBB me@desk"


def names(someone):
    return [user["username"] for user in someone.read("/users")]


def test_the_default_seed_has_a_team(api, login):
    assert names(api) == ["admin", "read-only", "alice", "bob"]
    assert names(login("alice")) == ["admin", "read-only", "alice", "bob"]
    assert names(login("bob")) == ["alice", "bob"]
    assert names(login("carol")) == ["carol"]
    assert names(login("read-only")) == ["read-only"]
    assert len(names(login("staff"))) == 7
    assert login("carol").read("/accounts") == []
    assert [account["name"] for account in login("bob").read("/accounts")] == ["acme"]


def test_a_user_is_found_by_name_and_id(api):
    alice = api.read("/users/alice")
    assert alice == {"id": alice["id"], "username": "alice", "email": "alice@acme.example", "authorized_keys": None}
    assert api.read(f"/users/{alice['id']}") == alice
    for path in ("/users/nobody", "/users/99", "/users/0", "/users/x/privileges"):
        assert api.get(path).status_code == 404


@pytest.mark.parametrize("ids_win", [False, True])
def test_which_of_name_and_id_wins_is_a_setting(api, ids_win):
    api.settings(ids_win=ids_win)
    api.seed({"users": [{"username": "2", "password": "p"}, {"username": "other", "password": "p"}]})
    assert api.read("/users/2")["username"] == ("other" if ids_win else "2")
    assert api.read("/users/1")["username"] == "2"


def test_who_may_grant_finds_people_from_elsewhere_by_name_only(api, login):
    carol = api.read("/users/carol")
    assert (carol["email"], carol["authorized_keys"]) == (None, None)
    assert api.read("/users/carol/privileges") == []
    assert api.put("/users/carol", {"authorized_keys": KEYS}).status_code == 403
    machine = api.create()
    assert api.post("/users/carol/privileges", {"level": "vm_console", "virtual_machine_id": machine["id"]}).ok
    assert api.read("/users/carol")["email"] == "carol@acme.example"
    # Who may look only finds nobody else.
    for path in ("/users/alice", "/users/alice/privileges"):
        assert login("carol").get(path).status_code == 404
    assert login("carol").post("/users/alice/privileges", {}).status_code == 404


@pytest.mark.parametrize("keys", [KEYS, "", None, KEYS + "\n\n"])
def test_the_keys_are_replaced_whole(api, login, keys):
    alice = login("alice")
    assert alice.put("/users/alice", {"authorized_keys": "ssh-rsa OLD"}).status_code == 200
    answer = alice.put(
        "/users/alice", {"authorized_keys": keys, "username": "mallory", "email": "m@example.com", "id": 9}
    )
    assert answer.status_code == 200
    assert answer.json() == alice.read("/users/alice") == api.read("/users/alice")
    assert (answer.json()["username"], answer.json()["email"]) == ("alice", "alice@acme.example")
    assert answer.json()["authorized_keys"] == keys
    assert alice.put("/users/alice", {}).json()["authorized_keys"] == keys


@pytest.mark.parametrize("keys", [[KEYS], 5, True, {}])
def test_keys_that_are_no_text_are_a_400(api, keys):
    assert api.put("/users/admin", {"authorized_keys": keys}).json() == {"authorized_keys": ["is not a string"]}


def test_a_setting_has_keys_end_in_blank_lines(api):
    api.settings(keys_end_blank=True)
    assert api.put("/users/admin", {"authorized_keys": KEYS}).json()["authorized_keys"] == KEYS + "\n\n"
    assert api.read("/users/admin")["authorized_keys"] == KEYS + "\n\n"
    assert api.read("/users/alice")["authorized_keys"] is None


def test_whose_keys_may_be_changed(api, login):
    """One's own, and by an account_admin those of who has access to something in the account."""
    bob, staff = login("bob"), login("staff")
    for someone, username, status in (
        (api, "bob", 200),
        (login("alice"), "bob", 200),
        (bob, "bob", 200),
        (bob, "alice", 403),
        (login("carol"), "carol", 200),
        (login("read-only"), "read-only", 403),
        (staff, "carol", 200),
        (api, "globex", 403),
    ):
        assert someone.put(f"/users/{username}", {"authorized_keys": KEYS}).status_code == status, username


def test_a_login_says_who_it_is(api):
    session = requests.post(api.url + "/auth/session", json={"username": "bob", "password": "password"}).text
    assert requests.get(f"{api.url}/auth/session/{session}").json()["username"] == "bob"
    key = requests.get(f"{api.url}/auth/session/apikey.simulator-bob")
    assert (key.status_code, key.json()["username"]) == (200, "apikeyuser")
    assert requests.get(f"{api.url}/auth/session/apikey.unknown").status_code == 404


def test_a_private_key_is_not_shown_in_the_state(api):
    private = "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2-is-secret\n-----END OPENSSH PRIVATE KEY-----"
    api.put("/users/admin", {"authorized_keys": private})
    assert "hunter2" not in api.get("/_simulator/state").text + api.get("/_simulator/requests").text
