# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Foreign host names, web pages of other sites, and the headers of every answer."""

import http.client
import socket
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
import requests
from bigv_simulator.core.gate import Hosts

GROUPS = "/accounts/acme/groups"
CONTROL = ["/_simulator/state", "/_simulator/requests", "/_simulator/status", "/_simulator/settings"]
PAGES = ["/", "/docs", "/docs/openapi.json", "/_simulator/page/status.js"]
PAGE_LOAD = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FORMS = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "Text/Plain;charset=utf-8",
]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 Firefox/60.0"


@pytest.fixture
def own(server):
    """Return the simulator's address and port, as browsers write them in Host."""
    return urlsplit(server["api_url"]).netloc


@pytest.fixture
def ask(api, own):
    """Send one request with exactly these headers, on a connection of its own."""

    def ask(method, path, body=None, **headers):
        connection = http.client.HTTPConnection(own, timeout=30)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        sent = {"Host": own, "Authorization": api.session.headers["Authorization"]}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent["Content-Length"] = str(len(body))
        for name, value in sent.items():
            for one in value if isinstance(value, list) else [value]:
                if one is not None:
                    connection.putheader(name, one)
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    return ask


@pytest.fixture
def marked(api):
    """Make a cloud that a reset would change, and return a test of whether it is as it was."""
    api.post(GROUPS, {"name": "mark"})
    return lambda: api.get(GROUPS + "/mark").status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "192.0.2.1",
        "0.0.0.0",
        "[2001:db8::1]",
        "x",
        "",
        "[::1",
        "localhost/evil.example",
        "localhost:port",
        "simulator.localhost",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/accounts"),
        ("GET", "/"),
        ("GET", "/docs"),
        ("GET", "/_simulator/page/status.js"),
        ("GET", "/_simulator/state"),
        ("POST", "/_simulator/reset"),
        ("GET", "/nowhere"),
        ("POST", "/auth/session"),
    ],
)
def test_a_foreign_host_is_refused_everywhere(ask, marked, api, host, method, path):
    before = api.requests()
    answer = ask(method, path, Host=host, Accept="text/html")
    assert answer.status in (400, 421) if host in ("[::1", "") else answer.status == 421
    assert answer.headers.get_content_type() == "text/plain"
    assert marked()
    assert api.requests()[:-1] == before


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "LOCALHOST:1", "localhost.", "127.0.0.1:9", "127.8.9.10:80", "[::1]", "[::1]:8080"],
)
def test_loopback_is_known_by_any_name_and_port(ask, host):
    assert ask("GET", "/accounts", Host=host).status == 200


def test_one_host_has_to_be_said(server):
    address = urlsplit(server["api_url"])
    for hosts in (b"", b"Host: localhost\r\nHost: evil.example\r\n"):
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(b"GET /definitions HTTP/1.0\r\n" + hosts + b"\r\n")
            assert connection.recv(100).split()[1] in (b"400", b"421")


@pytest.mark.parametrize(
    ("listening", "allowed", "known", "unknown"),
    [
        ("127.0.0.1", (), ["localhost"], ["192.0.2.1", "sim.example"]),
        ("192.0.2.1", (), ["192.0.2.1:80", "localhost", "127.0.0.1"], ["192.0.2.2", "0.0.0.0"]),
        ("0.0.0.0", (), ["192.0.2.2:8080", "[2001:db8::1]:8080", "0.0.0.0"], ["sim.example", "localhost.example"]),
        ("::", (), ["[::]:80", "192.0.2.2"], ["sim.example"]),
        ("sim.example", (), ["SIM.example:80"], ["other.example"]),
        ("0.0.0.0", ("sim.example",), ["sim.example", "Sim.Example:80"], ["other.example", "a.sim.example"]),
    ],
)
def test_which_hosts_are_known(listening, allowed, known, unknown):
    hosts = Hosts(frozenset({listening}), frozenset(allowed))
    assert [host for host in known + unknown if hosts.know(host)] == known


def test_hosts_can_be_allowed(start_simulator, run_simulator):
    _process, facts = start_simulator("--host", "0.0.0.0", "--allow-host", "sim.example", "--allow-host", "Other")
    port = urlsplit(facts["api_url"]).port
    url = f"http://127.0.0.1:{port}/definitions"
    for host, status in (
        ("sim.example:80", 200),
        ("other", 200),
        ("198.51.100.1", 200),
        (f"0.0.0.0:{port}", 200),
        ("evil.example", 421),
    ):
        assert requests.get(url, headers={"Host": host}).status_code == status
    for bad in ("http://sim.example", "sim.example:80", "a b", ""):
        ended = run_simulator("--allow-host", bad)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "is not a host name" in ended.stderr


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://[x"},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "junk"},
        {"Referer": "https://evil.example/page"},
        {"Origin": "https://evil.example", "Sec_Fetch_Site": "same-origin"},
        PAGE_LOAD,
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[("GET", path) for path in [*CONTROL, "/accounts", "/_simulator/page/status.js"]],
        ("OPTIONS", "/_simulator/seed"),
        ("POST", "/_simulator/reset"),
        ("DELETE", "/_simulator/requests"),
        ("PUT", "/_simulator/settings"),
        ("DELETE", GROUPS + "/mark"),
        ("POST", "/auth/session"),
        ("POST", "/docs"),
    ],
)
def test_pages_of_other_sites_are_refused(ask, marked, api, method, path, headers):
    before = api.requests()
    body = b"{}" if method in ("POST", "PUT") else None
    answer = ask(method, path, body, Content_Type="application/json", **headers)
    assert (answer.status, answer.headers.get_content_type()) == (403, "text/plain")
    assert not {name.lower() for name in answer.headers if name.lower().startswith("access-control")}
    assert marked()
    assert api.requests()[:-1] == before


def test_several_origins_are_not_better_than_the_worst(ask, own):
    for origins in (["https://evil.example", "http://" + own], ["http://" + own, "https://evil.example"]):
        assert ask("GET", "/_simulator/state", Origin=origins).status == 403


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/openapi.json"])
def test_links_to_pages_work_from_anywhere(ask, path):
    for headers in (PAGE_LOAD, {"Referer": "https://wiki.example/"}, {"Sec-Fetch-Site": "none"}):
        assert ask("GET", path, Accept="text/html", **headers).status == 200
    for change in ({"Sec-Fetch-Dest": "iframe"}, {"Sec-Fetch-Mode": "no-cors"}, {"Origin": "https://evil.example"}):
        assert ask("GET", path, Accept="text/html", **PAGE_LOAD | change).status == 403


@pytest.mark.parametrize("site", ["same-origin", "none", None])
def test_the_simulators_own_pages_may_do_everything(ask, own, site):
    headers = {
        "Origin": f"http://{own}",
        "Referer": f"http://{own}/docs",
        "Sec_Fetch_Site": site,
        "User_Agent": BROWSER,
    }
    for path in CONTROL:
        assert ask("GET", path, **headers).status == 200
    assert ask("POST", GROUPS, b'{"name": "new"}', Content_Type="application/json", **headers).status == 201
    assert ask("POST", "/_simulator/reset", **headers).status == 204


@pytest.mark.parametrize("content_type", FORMS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_simulator/reset"),
        ("DELETE", "/_simulator/requests"),
        ("POST", "/_simulator/seed"),
        ("PUT", "/_simulator/clock"),
        ("DELETE", "/_simulator/faults"),
    ],
)
def test_the_control_interface_takes_no_forms(ask, marked, method, path, content_type):
    """A browser that is too old to send an Origin can send nothing else to another site but forms."""
    assert ask(method, path, b"{}", Content_Type=content_type).status == 403
    assert marked()


def test_an_old_browser_cannot_write_without_an_origin(ask, marked):
    assert ask("POST", "/_simulator/reset", User_Agent=BROWSER).status == 403
    assert marked()
    assert ask("GET", "/_simulator/state", User_Agent=BROWSER).status == 200


def test_what_is_no_browser_needs_nothing(api, marked):
    assert requests.delete(api.url + "/_simulator/requests").status_code == 204
    assert marked()
    assert requests.post(api.url + "/_simulator/reset").status_code == 204
    assert not marked()


def test_every_answer_is_hardened(api, inject):
    answers = [api.get(path, headers={"Accept": "text/html"}) for path in [*PAGES, *CONTROL, "/accounts", "/nowhere"]]
    answers.append(api.get("/accounts", headers={"Host": "evil.example"}))
    inject({"fault": "html"})
    answers.append(api.get("/accounts"))
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_there_is_no_jsonp(api):
    for path in CONTROL:
        answer = api.get(path, params={"callback": "steal", "jsonp": "steal"})
        assert answer.headers["Content-Type"] == "application/json"
        assert "steal" not in answer.text


def date(answer):
    (said,) = [value for name, value in answer.getheaders() if name.lower() == "date"]
    return parsedate_to_datetime(said).timestamp()


def test_the_date_goes_by_the_clock(api, plain):
    for advanced in (0, 5 * 3600, 10**6):
        api.advance(advanced)
        now = api.read("/_simulator/clock")["now"]
        for method, path in (
            ("GET", "/accounts"),
            ("HEAD", "/accounts"),
            ("GET", "/nowhere"),
            ("POST", GROUPS),
            ("GET", "/_simulator/state"),
            ("GET", "/docs"),
            ("POST", "/_simulator/seed"),
        ):
            assert -2 < date(plain.ask(method, path)[0]) - now < 30


def test_the_date_has_an_end(api, plain):
    for _step in range(300):
        api.advance(10**9)
    assert plain.ask("GET", "/accounts")[0].headers["Date"].endswith("31 Dec 9999 23:59:59 GMT")


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "status", "status": 503},
        {"fault": "status", "status": 502},
        {"fault": "html"},
        {"fault": "not_json"},
        {"fault": "empty"},
        {"fault": "drip", "seconds": 0},
        {"fault": "latency", "seconds": 0},
        {"fault": "expire_session"},
        {"fault": "stale_reads", "seconds": 1},
    ],
)
def test_answers_under_faults_have_a_date(api, plain, inject, rule):
    api.advance(1000)
    inject(rule)
    now = api.read("/_simulator/clock")["now"]
    assert -2 < date(plain.ask("POST", GROUPS, {"name": "new"})[0]) - now < 30


def test_an_answer_that_is_cut_has_a_date(plain, inject):
    inject({"fault": "truncate"})
    plain.connection.request("GET", "/accounts", headers=plain.headers)
    date(plain.connection.getresponse())


def test_the_date_can_be_left_out(api, plain):
    assert api.read("/_simulator/settings")["date_header"] is True
    api.settings(date_header=False)
    for path in ("/accounts", "/nowhere", "/docs"):
        assert "Date" not in plain.ask("GET", path)[0].headers
    api.settings(date_header=True)
    date(plain.ask("GET", "/accounts")[0])
