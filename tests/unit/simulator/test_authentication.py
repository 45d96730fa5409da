# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Section 2: API keys and sessions; and who sees and may change what."""

from urllib.parse import urlencode

import pytest
import requests

FORM = "application/x-www-form-urlencoded"


def login(api, **body):
    return requests.post(api.url + "/auth/session", json=body, headers={"Accept": "text/plain"})


def bearer(api, token):
    return requests.get(api.url + "/accounts", headers={"Authorization": f"Bearer {token}"}).status_code


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer apikey.unknown",
        "junk",
        "Basic apikey.simulator-admin",
        "apikey.simulator-admin",
    ],
)
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
        "username": "admin",
        "factors": ["password"],
        "group_memberships": [],
    }


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"username": "admin", "password": "wrong"}, "Bad login credentials"),
        ({"username": "nobody", "password": "password"}, "Bad login credentials"),
        ({"username": "admin"}, "Badly-formed parameters"),
        ({}, "Badly-formed parameters"),
        ({"username": "admin", "password": 3}, "Badly-formed parameters"),
        *(
            ({"username": "admin", "password": "password", "validity": validity}, "Badly-formed parameters")
            for validity in ("0", 0, "", "-1", "1.5", 60.5, "ten", "\u0661", True, ["60"], {}, " 60")
        ),
    ],
)
def test_bad_logins(api, body, text):
    answer = login(api, **body)
    assert answer.status_code in (401, 403)
    assert answer.text == text


def test_login_needs_json_or_a_form(api):
    for content_type in (None, "text/plain", "multipart/form-data; boundary=x"):
        answer = requests.post(
            api.url + "/auth/session", data="username=admin&password=password", headers={"Content-Type": content_type}
        )
        assert answer.status_code == 400
    answer = requests.post(api.url + "/auth/session", data="{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.text) == (400, "Badly-formed parameters")


def test_second_factors(api):
    api.seed(
        {
            "users": [
                {"username": "key", "password": "p", "yubikey": "cccc"},
                {"username": "otp", "password": "p", "2fa": "123456"},
            ]
        }
    )
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


@pytest.mark.parametrize(
    ("validity", "seconds"),
    [("600", 600), (600, 600), ("0600", 600), ("3600", 3600), ("3601", 3600), (86400, 3600), ("9" * 5000, 3600)],
)
def test_a_validity_that_is_too_long_is_cut(api, validity, seconds):
    session = login(api, username="admin", password="password", validity=validity).text
    other = login(api, username="admin", password="password", validity=validity).text
    api.advance(seconds - 10)
    assert bearer(api, session) == 200
    api.advance(20)
    assert bearer(api, other) == 401


@pytest.mark.parametrize("content_type", [FORM, FORM + "; charset=UTF-8", FORM.upper()])
def test_a_form_logs_in_as_json_does(api, content_type):
    api.seed({"users": [{"username": "Jörg", "password": "a&b=c d+é", "2fa": "123456"}]})

    def form(**fields):
        return requests.post(api.url + "/auth/session", data=urlencode(fields), headers={"Content-Type": content_type})

    answer = form(username="Jörg", password="a&b=c d+é", validity="600", **{"2fa": "123456"})
    assert (answer.status_code, answer.headers["content-type"][:10]) == (200, "text/plain")
    assert bearer(api, answer.text) == 200
    assert form(username="Jörg", password="wrong").text == "Bad login credentials"
    assert form(username="Jörg", password="a&b=c d+é", **{"2fa": ""}).text == "Missing 2FA"
    assert form(username="Jörg").text == form().text == "Badly-formed parameters"


@pytest.mark.parametrize(
    "body", ["username", "username=a&&password=b", b"username=\xff&password=b", "username=%ff&password=b"]
)
def test_a_form_that_is_none_is_a_400(api, body):
    answer = requests.post(api.url + "/auth/session", data=body, headers={"Content-Type": FORM})
    assert (answer.status_code, answer.text) == (400, "Badly-formed parameters")


def impersonate(api, session, **body):
    return requests.post(f"{api.url}/auth/session/{session}", json=body)


def test_staff_act_as_another_user(api):
    staff = login(api, username="staff", password="password").text
    api.advance(299)
    answer = impersonate(api, staff, username="globex")
    assert (answer.status_code, answer.headers["content-type"][:10]) == (200, "text/plain")
    assert requests.get(f"{api.url}/auth/session/{answer.text}").json() == {
        "username": "globex",
        "factors": ["password", "impersonated"],
        "group_memberships": [],
    }
    seen = requests.get(api.url + "/accounts", headers={"Authorization": f"Bearer {answer.text}"}).json()
    assert [account["name"] for account in seen] == ["globex"]
    # It is a use of the session, which keeps it alive, and a session like any other.
    api.advance(299)
    assert bearer(api, staff) == 200
    api.advance(2)
    assert bearer(api, answer.text) == 401
    form = requests.post(f"{api.url}/auth/session/{staff}", data={"username": "read-only"})
    assert (
        requests.post(
            api.url + "/accounts/acme/groups", json={"name": "new"}, headers={"Authorization": f"Bearer {form.text}"}
        ).status_code
        == 403
    )


def test_nobody_else_acts_as_another_user(api):
    admin = login(api, username="admin", password="password").text
    staff = login(api, username="staff", password="password").text
    assert impersonate(api, admin, username="globex").status_code == 403
    assert impersonate(api, impersonate(api, staff, username="admin").text, username="globex").status_code == 403
    assert impersonate(api, "0" * 32, username="globex").status_code == 404
    assert impersonate(api, api.session.headers["Authorization"][7:], username="globex").status_code == 404
    api.advance(301)
    assert impersonate(api, staff, username="globex").status_code == 404


def test_who_to_act_as_has_to_be_said(api):
    staff = login(api, username="staff", password="password").text
    for body in ({}, {"username": 1}, {"username": None}, {"user": "admin"}):
        assert (impersonate(api, staff, **body).status_code, impersonate(api, staff, **body).text) == (
            400,
            "Badly-formed parameters",
        )
    assert impersonate(api, staff, username="nobody").status_code == 404


def test_impersonated_sessions_stay_secret_and_outlive_the_process(start_simulator, tmp_path):
    options = ["--state", str(tmp_path / "state.json")]
    process, facts = start_simulator(*options)
    staff = requests.post(facts["auth_url"] + "/session", json={"username": "staff", "password": "password"}).text
    session = requests.post(f"{facts['auth_url']}/session/{staff}", json={"username": "globex"}).text
    assert session not in requests.get(facts["api_url"] + "/_simulator/requests").text
    process.terminate()
    process.wait(timeout=10)
    again = start_simulator(*options)[1]
    assert "impersonated" in requests.get(f"{again['auth_url']}/session/{session}").json()["factors"]
    assert requests.post(f"{again['auth_url']}/session/{staff}", json={"username": "globex"}).status_code == 200


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
    answers = [
        reader.put(group, {"name": "x"}),
        reader.put(machine, {}),
        reader.put(f"/ips/{address}", {}),
        reader.put(machine + "/discs/disc-1", {}),
        reader.delete(group),
        reader.delete(machine),
        reader.delete(machine + "/discs/disc-1", purge="true"),
        reader.delete(f"/ips/{address}"),
        reader.post("/ips/swap_virtual_machine_ips"),
    ]
    answers += [
        reader.post(path)
        for path in (
            "/accounts/acme/groups",
            group + "/virtual_machines",
            group + "/vm_create",
            machine + "/signal",
            machine + "/reimage",
            machine + "/discs",
            nic + "/ip_create",
        )
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len(reader.read("/discs")) == 1


def test_404_for_what_only_others_see(api, stranger, machine, group):
    vm = api.create()
    address = api.read(machine + "/nics")[0]["ips"][0]
    disc = api.read("/discs")[0]["id"]
    for path in (
        "/accounts/acme",
        group,
        machine,
        f"/virtual_machines/{vm['id']}",
        f"/groups/{vm['group_id']}",
        f"/discs/{disc}",
        f"/ips/{address}",
        machine + "/discs/disc-1",
    ):
        assert stranger.get(path).status_code == 404
    for path in (group, machine, f"/ips/{address}"):
        assert stranger.put(path, {}).status_code == 404
        assert stranger.delete(path).status_code == 404
    assert [account["name"] for account in stranger.read("/accounts")] == ["globex"]
    assert stranger.read("/virtual_machines") == stranger.read("/discs") == stranger.read("/nics") == []
    assert api.get("/accounts/globex").status_code == 404
