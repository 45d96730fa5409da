# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Nothing secret is in what the simulator shows of what it was asked, however a client has put it."""

import base64
import json
import signal
import socket
from urllib.parse import quote, urlsplit

import pytest
import requests
from bigv_simulator.core.redaction import Redactor, names_a_secret

GROUPS = "/accounts/acme/groups"
KEY = "apikey.0123-abc"
PASSWORD = "correct horse battery/staple"
SECRET = "hunter2-is-secret"
SEED = {
    "users": [
        {"username": "alice", "password": PASSWORD, "accounts": ["acme"]},
        {"username": "bob", "password": "pw", "yubikey": "ccccccfhcjkl", "2fa": "271828"},
    ],
    "api_keys": [{"token": KEY, "accounts": ["acme"]}, {"token": "apikey.simulator-admin"}],
}
# "password" in full-width letters.
WIDE = "".join(chr(ord(letter) + 0xFEE0) for letter in "password")
PRIVATE_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2-is-secret\n-----END OPENSSH PRIVATE KEY-----"


def encoded(text):
    """Return a path segment with each character percent-encoded."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.fixture
def asked(api, server):
    """Send a request line as it is; what the simulator then shows of it, everywhere it does."""
    address = urlsplit(server["api_url"])

    def asked(method, target, body="", content_type="application/json"):
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(
                (
                    f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    f"Authorization: Bearer apikey.simulator-admin\r\nContent-Type: {content_type}\r\n"
                    f"Content-Length: {len(body.encode())}\r\n\r\n{body}"
                ).encode()
            )
            while connection.recv(65536):
                pass
        return json.dumps(
            [api.read("/_simulator/" + path) for path in ("requests", "status", "faults", "state")], ensure_ascii=False
        )

    api.seed(SEED)
    return asked


@pytest.fixture
def session(asked, api):
    return requests.post(api.url + "/auth/session", json={"username": "alice", "password": PASSWORD}).text


@pytest.mark.parametrize(
    "spelling",
    [
        "/auth/session/{}",
        "/auth/session/{}/",
        "/auth//session//{}",
        "//auth/session/{}",
        "/auth/session/x/{}",
        "/session/{}",
        "/v1/auth/session/{}",
        "/accounts/session/{}",
        "/auth/sessions/{}",
        "/auth/Session/{}",
        "/auth/{}",
        "/auth/session%2F{}",
        "/auth/session%252F{}",
        "/auth/session;{}",
        "/accounts/{}",
        "/{}",
        "/nothing/{}/more",
        "/accounts/acme/groups/{}/virtual_machines",
        "/accounts?session={}",
        "/accounts?view={}",
        "/accounts?{}",
        "/accounts?a=b&sid={}",
        "/accounts?a;{}",
        "http://x:{}@localhost/accounts",
        "/accounts;jsessionid={}",
    ],
)
@pytest.mark.parametrize("encode", [str, encoded, lambda text: encoded(encoded(text)), str.upper])
@pytest.mark.parametrize("valid", [True, False])
def test_no_session_id_is_shown(asked, session, inject, spelling, encode, valid):
    """Also none that is no longer valid."""
    inject({"fault": "expire_session"} if not valid else {"fault": "latency", "seconds": 0})
    shown = asked("GET", spelling.format(encode(session)))
    for secret in (session, session.upper(), encoded(session), encoded(encoded(session))):
        assert secret not in shown


@pytest.mark.parametrize(
    "path",
    [
        "/auth/session/{}",
        "/auth/session/{}/",
        "/auth//session/{}",
        "/v1/session/{}",
        "/session/{}",
        "/auth/sesion/{}",
        "/auth/session%2F{}",
        "/accounts/session/{}",
    ],
)
def test_no_session_id_of_another_service_is_shown(asked, path):
    assert "b7f3-of-elsewhere" not in asked("GET", path.format("b7f3-of-elsewhere"))


def test_paths_stay_readable(asked, session, api):
    api.delete("/_simulator/requests")
    for path in (
        "/auth/session",
        f"/auth/session/{session}",
        f"/auth//session/{session}/",
        "/accounts/acme/groups",
        "/accounts/a%20b",
        "/accounts/session/groups/token/virtual_machines/web1/discs/data",
        "/users/alice/privileges",
        "/api_keys/7",
        "/ips/2001:db8::2fa:0",
    ):
        asked("GET", path)
    assert [entry["path"] for entry in api.requests()] == [
        "/auth/session",
        "/auth/session/***",
        "/auth//session/***/",
        "/accounts/acme/groups",
        "/accounts/a b",
        "/accounts/session/groups/token/virtual_machines/web1/discs/data",
        "/users/alice/privileges",
        "/api_keys/7",
        "/ips/2001:db8::2fa:0",
    ]


@pytest.mark.parametrize(
    "query",
    [
        f"token={SECRET}",
        f"api_key={SECRET}",
        f"a=b&PassWord={SECRET}",
        f"root_password={SECRET}&view=overview",
        f"access_token={SECRET}",
        f"auth[password]={SECRET}",
        f"pass%77ord={SECRET}",
        f"pass%2577ord={SECRET}",
        f"x=1%26token%3D{SECRET}",
        f"url=http%3A%2F%2Falice%3A{SECRET}%40example.com",
        f"x=Bearer+{SECRET}",
        f"x=Bearer%20{SECRET}",
        f"{KEY}",
        f"view={KEY}",
        f"view={encoded(KEY)}",
        f"{KEY}=1",
        f"x={quote(PASSWORD)}",
        f"x={PASSWORD.replace(' ', '+')}",
        f"x={quote(PASSWORD, safe='')}",
        f"a;token={SECRET}",
        "x=ccccccfhcjkl",
        "code=271828",
        "x=" + base64.b64encode(KEY.encode()).decode(),
        f"key={SECRET}",
        f"{quote(WIDE)}={SECRET}",
        f"x={{%22password%22:%22{SECRET}%22}}",
    ],
)
def test_no_secret_of_a_query_is_shown(asked, query):
    shown = asked("GET", "/accounts?" + query)
    for secret in (
        SECRET,
        KEY,
        PASSWORD,
        encoded(KEY),
        quote(PASSWORD),
        quote(PASSWORD, safe=""),
        "ccccccfhcjkl",
        "271828",
        PASSWORD.replace(" ", "+"),
        base64.b64encode(KEY.encode()).decode(),
    ):
        assert secret not in shown


def test_queries_stay_readable(asked, api):
    api.delete("/_simulator/requests")
    queries = ["view=overview&include_deleted=true", "vm_name=web%201&group_name=a+b", "api_key_id=7", "flag", ""]
    for query in queries:
        asked("GET", "/virtual_machines?" + query)
    assert [entry["query"] for entry in api.requests()] == queries


BODIES = [
    *(
        {name: SECRET}
        for name in (
            "root_password",
            "password",
            "PASSWORD",
            "passwd",
            "userPassword",
            "db-password",
            "firstboot_script",
            "firstbootScript",
            "yubikey",
            "2fa",
            "two_factor",
            "token",
            "access_token",
            "api_key",
            "apiKey",
            "API-KEY",
            "apikey",
            "secret",
            "client_secret",
            "Authorization",
            "proxy-authorization",
            "credentials",
            "pass",
            "pwd",
            "otp",
            "session",
            "session_id",
            "Cookie",
            "private_key",
            "passphrase",
            WIDE,
            "x.password.y",
            "auth",
        )
    ),
    {"virtual_machine": {"a": [{"b": {"token": SECRET}}]}},
    {"password": [SECRET]},
    {"secret": {"a": {"b": SECRET}}},
    [[[{"password": SECRET}]]],
    {"x": json.dumps({"password": SECRET})},
    json.dumps({"password": SECRET}),
    {"x": json.dumps([json.dumps({"api_key": SECRET})])},
    {"x": f"password={SECRET}"},
    {"x": f"a=1&token={SECRET}&b=2"},
    {"x": f"PASSWORD: {SECRET}"},
    {"x": f"export DB_PASSWORD='{SECRET}'"},
    {"x": f"Authorization: Bearer {SECRET}"},
    {"x": f"curl -H 'Authorization: Basic {SECRET}'"},
    {"cdrom_url": f"https://alice:{SECRET}@example.com/x.iso"},
    {"cdrom_url": f"https://example.com/?Signature={SECRET}"},
    {"cdrom_url": f"https://{SECRET}@example.com/"},
    {"ssh_public_key": PRIVATE_KEY},
    {"x": PRIVATE_KEY[:-20]},
    {"x": '{"password": "' + SECRET + '", cut'},
    {"x": 'say \\"password\\": \\"' + SECRET + '\\"'},
    {"name": KEY},
    {KEY: 1},
    {"username": KEY},
    {"x": f"with {KEY} inside"},
    KEY,
    [KEY],
    {"x": KEY.upper()},
    {"name": PASSWORD},
    {"x": f"'{PASSWORD}'"},
    {"x": quote(PASSWORD)},
    {"x": "271828"},
    {"code": 271828},
    {"x": "ccccccfhcjkl" + "vvvvvv"},
    {"x": base64.b64encode(f"alice:{PASSWORD}".encode()).decode()},
    {"x": base64.urlsafe_b64encode(f"alice:{PASSWORD}".encode()).decode().rstrip("=")},
]
EVERY_SECRET = [
    SECRET,
    KEY,
    KEY.upper(),
    PASSWORD,
    quote(PASSWORD),
    "271828",
    "ccccccfhcjkl",
    *(
        encode(f"alice:{PASSWORD}".encode()).decode().rstrip("=")
        for encode in (base64.b64encode, base64.urlsafe_b64encode)
    ),
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: json.dumps(body)[:40])
@pytest.mark.parametrize("escape", [True, False])
def test_no_secret_of_a_body_is_shown(asked, body, escape):
    shown = asked("POST", GROUPS, json.dumps(body, ensure_ascii=escape))
    for secret in EVERY_SECRET:
        assert secret not in shown
        assert json.dumps(secret)[1:-1] not in shown


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (f"username=alice&password={SECRET}", "application/x-www-form-urlencoded"),
        (SECRET, "text/plain"),
        (f"username=alice&password={SECRET}", "application/json"),
        (f'{{"password": "{SECRET}"', "application/json"),
        (
            f"--x\r\nContent-Disposition: form-data; name=password\r\n\r\n{SECRET}\r\n--x--",
            "multipart/form-data; boundary=x",
        ),
        ('{"\\u0070assword": "' + SECRET + '"}', "application/json"),
        ('{"password": "' + SECRET + '", "password": ""}', "application/json"),
        (json.dumps({"x": "\\u0061" + KEY[1:]}).replace("\\\\", "\\"), "application/json"),
    ],
)
def test_no_secret_of_another_body_is_shown(asked, body, content_type):
    for path in ("/auth/session", GROUPS):
        shown = asked("POST", path, body, content_type)
        assert SECRET not in shown
        assert KEY not in shown


def test_bodies_stay_readable(asked, api):
    api.delete("/_simulator/requests")
    body = {
        "virtual_machine": {
            "name": "web1",
            "cores": 2,
            "memory": 271,
            "cdrom_url": "https://example.com/a%20b.iso",
            "keymap": None,
            "deleted": False,
            "p": "pw1",
        },
        "discs": [{"label": "root", "size": 25600}],
        "reimage": {"distribution": "none", "root_password": SECRET, "ssh_public_key": "ssh-rsa AAAAB3== me@host"},
        "ips": {"ipv4": "10.0.0.1", "ipv6": "2001:db8::1"},
        "password_required": True,
        "api_key_id": 7,
        "yubikey_required": False,
        "yubikey_otp_max_age": 300,
        "reason": "100% of a+b: more web servers, please",
    }
    asked("POST", GROUPS, json.dumps(body))
    (entry,) = api.requests()
    assert entry["body"] == body | {"reimage": body["reimage"] | {"root_password": "***"}}


def test_a_short_secret_is_hidden_where_it_stands_alone(asked, api):
    asked("POST", GROUPS + "?x=pw&y=pw1", json.dumps({"name": "pw", "label": "pwned"}))
    entry = api.requests()[-1]
    assert (entry["query"], entry["body"]) == ("x=***&y=pw1", {"name": "***", "label": "pwned"})


def test_what_was_secret_stays_secret(asked, session, api):
    """The log goes on when the cloud is replaced."""
    api.seed({})
    shown = asked("POST", f"/accounts/{session}?x={KEY[7:]}", json.dumps({"a": session, "b": PASSWORD, "c": "271828"}))
    for secret in (session, PASSWORD, "271828"):
        assert secret not in shown


def test_methods_are_no_place_for_secrets(asked, api):
    assert KEY not in asked(KEY, "/accounts")
    assert api.requests()[-1]["method"] == "?"


def test_the_record_of_faults_has_no_secrets(asked, session, inject, api):
    inject({"fault": "status", "status": 503})
    for path in (f"/auth/session/{session}/", f"/accounts/{KEY}", f"/auth//session/{session}"):
        asked("GET", path)
    assert [fault["path"] for fault in api.read("/_simulator/faults")["record"]] == [
        "/auth/session/***/",
        "/accounts/***",
        "/auth//session/***",
    ]


def test_the_state_shows_no_secrets_of_what_it_was_asked(asked, api, group):
    body = {
        "virtual_machine": {
            "name": "web1",
            "cdrom_url": f"https://alice:{SECRET}@example.com/x.iso",
            "autoreboot_on": True,
        },
        "discs": [{"size": 50}],
        "reimage": {"distribution": "stretch", "ssh_public_key": PRIVATE_KEY},
    }
    assert SECRET not in asked("POST", group + "/vm_create", json.dumps(body))
    assert api.state("web1")["name"] == "web1"
    api.advance(10)
    assert SECRET not in asked("GET", "/accounts")
    assert api.state("web1")["running_hardware"]["cdrom_url"] == "https://***@example.com/x.iso"


def test_standard_error_has_no_secrets(start_simulator):
    process, facts = start_simulator("--log-requests")
    url = facts["api_url"]
    session = requests.post(url + "/auth/session", json={"username": "admin", "password": "password"}).text
    for path in (
        f"/auth/session/{session}",
        f"/auth//session/{session}/",
        f"/accounts?token={SECRET}",
        f"/accounts/{facts['token']}",
        f"/x/{session}",
        "/a%0Aforged%1B[2J",
    ):
        requests.get(url + path)
    process.send_signal(signal.SIGTERM)
    _output, errors = process.communicate(timeout=5)
    assert errors.splitlines() == [
        "POST /auth/session - 200",
        "GET /auth/session/*** - 200",
        "GET /auth//session/***/ - 404",
        "GET /accounts token=*** 401",
        "GET /accounts/*** - 401",
        "GET /x/*** - 404",
        "GET /a\\nforged\\x1b[2J - 404",
    ]


@pytest.mark.parametrize(
    "seed",
    [
        {"api_keys": [{"token": KEY}, {"token": KEY}]},
        {"api_keys": [{"token": SECRET}]},
        {"api_keys": [{KEY: 1}]},
        {"users": [{"username": "a", "password": [SECRET]}]},
        {"users": [{"username": "a", KEY: SECRET}]},
        {KEY: SECRET},
        {"settings": {"build_time": SECRET, KEY: 1}},
        {"users": [{"username": KEY, "password": "x"}, {"username": KEY, "password": "x"}]},
    ],
)
def test_no_refusal_of_a_seed_repeats_a_secret(api, run_simulator, tmp_path, seed):
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(seed), encoding="utf-8")
    for text in (api.post("/_simulator/seed", seed).text, run_simulator("--seed", str(file)).stderr):
        assert text
        assert KEY not in text
        assert SECRET not in text


def test_no_refusal_of_a_state_repeats_a_secret(start_simulator, run_simulator, tmp_path):
    file = tmp_path / "state.json"
    process, facts = start_simulator("--state", str(file))
    session = requests.post(facts["api_url"] + "/auth/session", json={"username": "admin", "password": "password"}).text
    process.kill()
    process.wait(timeout=5)
    state = json.loads(file.read_text())
    state["moment"]["sessions"] *= 2
    file.write_text(json.dumps(state))
    ended = run_simulator("--state", str(file))
    assert ended.returncode == 2
    assert session not in ended.stderr


@pytest.mark.parametrize("authorization", [f"Bearer {SECRET}", f"Basic {SECRET}", SECRET])
def test_no_answer_repeats_a_token(api, authorization):
    for path in ("/accounts", f"/auth/session/{SECRET}", f"/nowhere/{SECRET}", f"/accounts?token={SECRET}"):
        answer = requests.get(api.url + path, headers={"Authorization": authorization})
        assert SECRET not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "cores",
        "ssh_public_key",
        "authorized_keys",
        "keymap",
        "sendkeys",
        "label",
        "storage_grade",
        "power_on",
        "autoreboot_on",
        "hardware_profile_locked",
        "data",
        "signal",
        "api_key_id",
        "yubikey_required",
        "username",
    ],
)
def test_names_of_what_is_no_secret(name):
    assert not names_a_secret(name)


def test_many_secrets_cost_no_more_than_few():
    redactor = Redactor()
    redactor.add_secrets(f"{number:032x}" for number in range(100_000))
    assert redactor.path(f"/a/{77:032x}/b") == "/a/***/b"
    redactor.add_secrets([f"{200_000:032x}"])
    assert redactor.path(f"/a/{200_000:032x}") == "/a/***"
    assert redactor.path(f"/a/{300_000:032x}") == f"/a/{300_000:032x}"
