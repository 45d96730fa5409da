# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Large bodies: what is too large is refused unread, and the log keeps no more than it has to."""

import json
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from bigv_simulator.core.redaction import Redactor
from bigv_simulator.core.request_log import Entry, RequestLog

MIB = 1024 * 1024
GROUPS = "/accounts/acme/groups"
JSON = {"Content-Type": "application/json"}


def memory(process):
    """Return the most memory that a process has had, in MiB."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def chunks(mebibytes):
    for _chunk in range(mebibytes * 16):
        yield b" " * (MIB // 16)


@pytest.mark.parametrize("faults", [False, True])
@pytest.mark.parametrize("path", [GROUPS, "/_simulator/seed", "/nowhere", "/auth/session"])
def test_a_chunked_body_that_is_too_large_is_refused(api, inject, path, faults):
    if faults:
        inject({"fault": "latency", "seconds": 0})
    begun = time.monotonic()
    answer = api.session.post(api.url + path, data=chunks(24), headers=JSON)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "text/plain; charset=utf-8")
    assert time.monotonic() - begun < 20
    assert api.get("/accounts").status_code == 200
    if not path.startswith("/_simulator"):
        logged = api.requests()[-2]
        assert (logged["path"], logged["status"], logged["body"]) == (path, 413, None)


def test_a_body_that_says_its_length_is_refused_and_its_connection_goes_on(api):
    for _number in range(2):
        answer = api.session.post(api.url + GROUPS, data=b" " * (24 * MIB), headers=JSON)
        assert (answer.status_code, answer.text) == (413, "The body is larger than 16777216 bytes")
    assert api.read("/_simulator/requests")["counters"]["connections"] == 1


def test_an_endless_body_takes_no_memory(start_simulator):
    process, facts = start_simulator()
    address = urlsplit(facts["api_url"])
    requests.get(facts["api_url"] + "/definitions")
    before = memory(process)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(b"POST /accounts HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        for chunk in chunks(128):
            connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    assert memory(process) - before < 64


def test_a_length_that_is_too_large_is_refused_before_the_body(server):
    address = urlsplit(server["api_url"])
    for length in (b"16777217", b"9" * 30):
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(
                b"POST /accounts HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                b"Content-Length: " + length + b"\r\n\r\n"
            )
            assert connection.recv(100).startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 "))


def test_a_large_body_is_taken_in_linear_time(api):
    """In pieces of 1 KiB, of which each once copied all that were before it."""
    begun = time.monotonic()
    piece = b" " * 1024
    answer = api.session.post(api.url + GROUPS, data=(piece for _piece in range(12 * 1024)), headers=JSON)
    assert answer.status_code == 400
    assert time.monotonic() - begun < 20


def test_the_log_says_that_it_cut_a_body(api):
    api.post(GROUPS, {"name": "x" * 100_000})
    api.post(GROUPS, {"name": "x" * 1_000, "password": "sesame"})
    cut, whole = api.requests()
    assert (cut["body"], cut["body_cut"]) == (None, True)
    assert (whole["body"], whole["body_cut"]) == ({"name": "x" * 1_000, "password": "***"}, False)
    assert [request["body"] for request in api.read("/_simulator/status")["requests"]][1] == '"…"'


def test_the_log_is_bounded():
    log = RequestLog(Redactor())
    body = json.dumps({"name": "x" * MIB}).encode()
    for number in range(3000):
        log.add(Entry(0.0, "POST", f"/{number}", "x" * 10, 1, body, status=400))
    shown = log.shown()
    assert shown["counters"]["total"] == 3000
    assert len(shown["requests"]) <= 1024
    assert shown["requests"][-1]["path"] == "/2999"


def test_a_client_that_leaves_midway_was_not_there(api, server):
    address = urlsplit(server["api_url"])
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(b"POST /accounts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
    assert api.get("/accounts").status_code == 200
    assert [request["method"] for request in api.requests()] == ["GET"]
