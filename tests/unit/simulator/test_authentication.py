# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Section 2: API keys and sessions; and who sees and may change what."""

import pytest
import requests


def login(api, **body):
    return requests.post(api.url + "/auth/session", json=body, headers={"Accept": "text/plain"})


def bearer(api, token):
    return requests.get(api.url + "/accounts", headers={"Authorization": f"Bearer {token}"}).status_code


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Bearer apikey.unknown", "junk",
                                           "Basic apikey.simulator-admin", "apikey.simulator-admin"])
@pytest.mark.parametrize("path", ["/accounts", "/accounts/acme", "/virtual_machines", "/ips/198.18.0.1"])
def test_401_without_a_valid_token(api, path, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = requests.get(api.url + path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/plain")


def test_definitions_need_no_token(anybody):
    data = {item["id"]: item["data"] for item in anybody.read("/definitions")}
    assert {"york", "manchester"} <= set(data["zone_names"])
    assert "iceberg" not in data["storage_grades"]
    for key in ("distributions", "storage_grades", "zone_names", "hardware_profiles", "keymaps", "sendkeys"):
        assert isinstance(data[key], list)
    for key in ("distribution_descriptions", "storage_grade_descriptions"):
        assert isinstance(data[key], dict)


def test_a_session_is_the_bare_id(api):
    answer = login(api, username="admin", password="password")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text
    assert answer.text == answer.text.strip('" \n')
    assert bearer(api, answer.text) == 200
    assert requests.get(f"{api.url}/auth/session/{answer.text}").json() == {
        "username": "admin", "factors": ["password"], "group_memberships": []}


@pytest.mark.parametrize(("body", "text"), [
    ({"username": "admin", "password": "wrong"}, "Bad login credentials"),
    ({"username": "nobody", "password": "password"}, "Bad login credentials"),
    ({"username": "admin"}, "Badly-formed parameters"),
    ({}, "Badly-formed parameters"),
    ({"username": "admin", "password": 3}, "Badly-formed parameters"),
    ({"username": "admin", "password": "password", "validity": "3601"}, "Badly-formed parameters"),
    ({"username": "admin", "password": "password", "validity": 60}, "Badly-formed parameters"),
    ({"username": "admin", "password": "password", "validity": "0"}, "Badly-formed parameters"),
])
def test_bad_logins(api, body, text):
    answer = login(api, **body)
    assert answer.status_code in (401, 403)
    assert answer.text == text


def test_login_needs_json(api):
    assert requests.post(api.url + "/auth/session", data="username=admin").status_code == 400
    answer = requests.post(api.url + "/auth/session", data="{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.text) == (400, "Badly-formed parameters")


def test_second_factors(api):
    api.seed({"users": [{"username": "key", "password": "p", "yubikey": "cccc"},
                        {"username": "otp", "password": "p", "2fa": "123456"}]})
    assert login(api, username="key", password="p").text == "Authentication failed"
    session = login(api, username="key", password="p", yubikey="cccc").text
    assert requests.get(f"{api.url}/auth/session/{session}").json()["factors"] == ["password", "yubikey"]
    assert login(api, username="otp", password="p").text == "Missing 2FA"
    assert login(api, username="otp", password="p", **{"2fa": "000000"}).text == "Authentication failed"
    assert login(api, username="otp", password="p", **{"2fa": "123456"}).status_code == 200


def test_sessions_live_five_minutes(api):
    session = login(api, username="admin", password="password").text
    api.advance(299)
    assert requests.get(f"{api.url}/auth/session/{session}").status_code == 200
    api.advance(299)
    assert bearer(api, session) == 200
    api.advance(299)
    assert bearer(api, session) == 200
    api.advance(301)
    assert bearer(api, session) == 401
    assert requests.get(f"{api.url}/auth/session/{session}").status_code == 404


def test_a_refused_call_does_not_extend_a_session(api):
    session = login(api, username="admin", password="password").text
    api.advance(299)
    headers = {"Authorization": f"Bearer {session}"}
    assert requests.get(api.url + "/accounts/globex", headers=headers).status_code == 404
    api.advance(2)
    assert bearer(api, session) == 401


def test_validity(api):
    session = login(api, username="admin", password="password", validity="3600").text
    api.advance(3590)
    assert bearer(api, session) == 200


def test_an_api_key_may_expire(api):
    now = api.read("/_simulator/clock")["now"]
    api.seed({"api_keys": [{"token": "apikey.old", "expires_at": now + 100}]})
    assert bearer(api, "apikey.old") == 200
    api.advance(101)
    assert bearer(api, "apikey.old") == 401


def test_403_for_writes_to_what_can_be_read(api, reader, group, machine):
    api.create()
    address = reader.read(machine + "/nics")[0]["ips"][0]
    nic = f"{machine}/nics/{reader.read(machine + '/nics')[0]['id']}"
    answers = [reader.put(group, {"name": "x"}), reader.put(machine, {}), reader.put(f"/ips/{address}", {}),
               reader.put(machine + "/discs/disc-1", {}), reader.delete(group), reader.delete(machine),
               reader.delete(machine + "/discs/disc-1", purge="true"), reader.delete(f"/ips/{address}"),
               reader.post("/ips/swap_virtual_machine_ips")]
    answers += [reader.post(path) for path in (
        "/accounts/acme/groups", group + "/virtual_machines", group + "/vm_create", machine + "/signal",
        machine + "/reimage", machine + "/discs", nic + "/ip_create")]
    assert {answer.status_code for answer in answers} == {403}
    assert len(reader.read("/discs")) == 1


def test_404_for_what_only_others_see(api, stranger, machine, group):
    vm = api.create()
    address = api.read(machine + "/nics")[0]["ips"][0]
    disc = api.read("/discs")[0]["id"]
    for path in ("/accounts/acme", group, machine, f"/virtual_machines/{vm['id']}", f"/groups/{vm['group_id']}",
                 f"/discs/{disc}", f"/ips/{address}", machine + "/discs/disc-1"):
        assert stranger.get(path).status_code == 404
    for path in (group, machine, f"/ips/{address}"):
        assert stranger.put(path, {}).status_code == 404
        assert stranger.delete(path).status_code == 404
    assert [account["name"] for account in stranger.read("/accounts")] == ["globex"]
    assert stranger.read("/virtual_machines") == stranger.read("/discs") == stranger.read("/nics") == []
    assert api.get("/accounts/globex").status_code == 404
