# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Faults between cloud and client, as a plain client on a real socket meets them."""

import contextlib
import http.client
import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

FAULTS = "/_simulator/faults"
GROUPS = "/accounts/acme/groups"
NEW = {"name": "new"}
BREAKS = (ConnectionResetError, http.client.RemoteDisconnected)


@pytest.fixture
def made(api):
    """Whether the group that the test asked for is there."""
    return lambda: api.get(GROUPS + "/new").status_code == 200


@pytest.fixture
def once(inject):
    """Let one fault happen to the next request, and to none after it."""
    return lambda **rule: inject(rule | {"count": 1})


@pytest.fixture
def wire(server):
    """Open a socket, and send a GET of the accounts on it."""
    address = urlsplit(server["api_url"])
    request = f"GET /accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server['token']}\r\n\r\n"
    opened = []

    def ask():
        opened.append(socket.create_connection((address.hostname, address.port), timeout=30))
        opened[-1].sendall(request.encode())
        return opened[-1]

    yield ask
    for connection in opened:
        connection.close()


def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def answered(wire):
    """Whether a new connection is taken and its request answered."""
    try:
        return wire().recv(12) == b"HTTP/1.1 200"
    except (ConnectionRefusedError, ConnectionResetError):
        return False


def test_latency(plain, once, fault_record, made):
    once(fault="latency", seconds=0.3)
    begun = time.monotonic()
    assert plain.status("POST", GROUPS, NEW) == 201
    assert time.monotonic() - begun >= 0.3
    assert (made(), fault_record()) == (True, [("latency", True, 201)])


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 418, 204])
def test_status(plain, once, fault_record, made, status):
    once(fault="status", status=status)
    answer, body = plain.ask("POST", GROUPS, NEW)
    kind = "text/html" if status == 502 else "text/plain"
    assert (answer.status, bool(body), answer.headers.get_content_type()) == (status, status != 204, kind)
    assert answer.getheader("Retry-After") is None
    assert plain.status("GET", "/accounts") == 200
    assert (made(), fault_record()) == (False, [("status", False, None)])


@pytest.mark.parametrize(
    ("given", "sent"),
    [(3, "3"), (0.5, "0.5"), (10**9, "1000000000"), ("Wed, 21 Oct 2026 07:28:00 GMT",) * 2, ("soon", "soon")],
)
def test_status_with_retry_after(plain, once, given, sent):
    once(fault="status", status=429, retry_after=given)
    assert plain.ask("GET", "/accounts")[0].getheader("Retry-After") == sent


def test_status_after_it_was_carried_out(plain, once, fault_record, made):
    once(fault="status", status=504, after=True)
    assert plain.status("POST", GROUPS, NEW) == 504
    assert (made(), fault_record()) == (True, [("status", True, 201)])


def test_what_the_cloud_refused_was_not_carried_out(plain, once, fault_record):
    once(fault="status", status=503, after=True)
    assert plain.status("POST", GROUPS, {"name": "default"}) == 503
    assert fault_record() == [("status", False, 400)]


def test_refuse_drops_connections_and_takes_no_new_ones(api, server, plain, wire, inject):
    idle = plain.connection
    assert plain.status("GET", "/accounts") == 200
    inject({"fault": "refuse", "seconds": 3600, "path": "/accounts", "count": 1})
    with pytest.raises(ConnectionResetError):
        wire().recv(1)
    with pytest.raises(ConnectionRefusedError):
        wire()
    with pytest.raises(ConnectionResetError):
        idle.sock.recv(1)
    # The connection that has just been used for the control interface stays, and a plan's end is the end of it.
    assert [entry["status"] for entry in api.read(FAULTS)["record"]] == [None]
    api.delete(FAULTS)
    assert requests.get(server["api_url"] + "/definitions").status_code == 200
    assert wire().recv(12) == b"HTTP/1.1 200"


def test_refuse_ends_by_itself(api, wire, inject):
    inject({"fault": "refuse", "seconds": 0.5, "count": 1})
    begun = time.monotonic()
    with pytest.raises(ConnectionResetError):
        wire().recv(1)
    wait_for(lambda: answered(wire))
    assert time.monotonic() - begun >= 0.5


def test_refuse_by_many_at_once(server, inject, wire):
    address = urlsplit(server["api_url"])
    idle = socket.create_connection((address.hostname, address.port), timeout=30)
    inject({"fault": "refuse", "seconds": 0.2, "count": 20})
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _number: answered(wire), range(20)))
    with idle, pytest.raises(ConnectionResetError):
        idle.recv(1)
    wait_for(lambda: answered(wire))


@pytest.mark.parametrize(
    ("fault", "carried_out", "status"), [("reset_before", False, None), ("reset_after", True, 201)]
)
def test_reset(plain, once, fault_record, made, fault, carried_out, status):
    once(fault=fault)
    with pytest.raises(ConnectionResetError):
        plain.ask("POST", GROUPS, NEW)
    assert (made(), fault_record()) == (carried_out, [(fault, carried_out, status)])


def test_truncate(plain, once, fault_record, made):
    once(fault="truncate")
    with pytest.raises(http.client.IncompleteRead) as read:
        plain.ask("POST", GROUPS, NEW)
    assert read.value.partial.startswith(b'{"id":')
    assert abs(len(read.value.partial) - read.value.expected) <= 1
    assert (made(), fault_record()) == (True, [("truncate", True, 201)])


@pytest.mark.parametrize("method", ["DELETE", "HEAD"])
def test_truncate_of_an_answer_without_a_body(api, plain, once, fault_record, method):
    api.post(GROUPS, NEW)
    once(fault="truncate")
    with pytest.raises(BREAKS):
        plain.ask(method, GROUPS + "/new")
    assert fault_record() == [("truncate", True, 204 if method == "DELETE" else 200)]


def test_not_json(plain, once, fault_record, made):
    once(fault="not_json")
    answer, body = plain.ask("POST", GROUPS, NEW)
    assert (answer.status, answer.headers.get_content_type()) == (200, "application/json")
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(body)
    assert (made(), fault_record()) == (True, [("not_json", True, 201)])


@pytest.mark.parametrize(
    ("options", "status", "carried_out"),
    [({}, 200, False), ({"status": 403}, 403, False), ({"after": True}, 200, True)],
)
def test_html(plain, once, fault_record, made, options, status, carried_out):
    once(fault="html", **options)
    answer, body = plain.ask("POST", GROUPS, NEW)
    assert (answer.status, answer.headers.get_content_type()) == (status, "text/html")
    assert body.startswith(b"<html>")
    assert (made(), fault_record()) == (carried_out, [("html", carried_out, 201 if carried_out else None)])


def test_empty(plain, once, fault_record, made):
    once(fault="empty")
    answer, body = plain.ask("POST", GROUPS, NEW)
    assert (answer.status, body) == (201, b"")
    assert (made(), fault_record()) == (True, [("empty", True, 201)])


@pytest.mark.parametrize("after", [False, True])
def test_hang_until_the_client_goes_away(api, plain, once, fault_record, made, after):
    once(fault="hang", after=after)
    plain.connection.request("POST", GROUPS, json.dumps(NEW), plain.headers)
    wait_for(lambda: fault_record() == [("hang", after, 201 if after else None)])
    plain.connection.sock.settimeout(0.2)
    with pytest.raises(TimeoutError):
        plain.connection.sock.recv(1)
    plain.connection.close()
    assert made() is after
    assert api.get("/accounts").status_code == 200


def test_hang_ends_with_the_connection(wire, once):
    once(fault="hang", seconds=0.3)
    begun = time.monotonic()
    assert wire().recv(1) == b""
    assert time.monotonic() - begun >= 0.3


def test_hang_ends_with_the_plan(api, wire, once, fault_record):
    once(fault="hang")
    connection = wire()
    wait_for(fault_record)
    connection.settimeout(0.2)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.settimeout(30)
    api.delete(FAULTS)
    assert connection.recv(1) == b""


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "hang"},
        {"fault": "latency", "seconds": 3600},
        {"fault": "drip", "seconds": 3600},
        {"fault": "refuse", "seconds": 3600},
    ],
)
def test_a_fault_that_lasts_does_not_keep_it_from_stopping(start_simulator, tmp_path, rule):
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"rules": [rule]}))
    process, facts = start_simulator("--faults", str(plan))
    address = urlsplit(facts["api_url"])
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(b"GET /definitions HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.settimeout(1)
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while connection.recv(1000):
                pass
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0


def test_drip(plain, once, fault_record, made):
    once(fault="drip", seconds=0.01)
    begun = time.monotonic()
    answer, body = plain.ask("POST", GROUPS, NEW)
    assert time.monotonic() - begun >= 0.01 * len(body)
    assert (answer.status, json.loads(body)["name"]) == (201, "new")
    assert (made(), fault_record()) == (True, [("drip", True, 201)])


def test_drip_ends_with_the_plan(api, wire, once):
    once(fault="drip", seconds=3600)
    connection = wire()
    received = b""
    while not received.endswith(b"["):
        received += connection.recv(1)
    connection.settimeout(0.2)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.settimeout(30)
    api.delete(FAULTS)
    assert connection.recv(1000)


def test_the_connection_goes_on_after_another_answer(api, plain, inject):
    inject(
        {"fault": "status", "status": 503, "count": 1},
        {"fault": "empty", "count": 1},
        {"fault": "drip", "seconds": 0, "count": 1},
    )
    api.delete("/_simulator/requests")
    assert [plain.status("GET", "/accounts") for _number in range(4)] == [503, 200, 200, 200]
    assert len({entry["connection"] for entry in api.requests()}) == 1
