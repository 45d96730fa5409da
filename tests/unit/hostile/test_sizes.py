# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Answers without an end, or that decode to far more than was sent: an error says so, and memory does not fill."""

from __future__ import annotations

import contextlib
import gzip
import json
import resource
import socket
import socketserver
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core import transport as _transport
from ansible_collections.bytemark.cloud.tests.unit.hostile.conftest import failure
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer

MIB = 1 << 20
GROUP = {"id": 3, "account_id": 2, "name": "web"}
LARGE = "the answer is larger than 1 MiB at http://"


@pytest.fixture(autouse=True)
def bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_transport, "MAX_ANSWER", MIB)


def deflated(data: bytes, bits: int) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, bits)
    return compressor.compress(data) + compressor.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZIP": lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:]) + b"\0\0",
    "deflate": lambda data: deflated(data, 15),
    "deflate, identity": lambda data: deflated(data, -15),
    "gzip, gzip": lambda data: gzip.compress(gzip.compress(data)),
    "deflate, gzip": lambda data: gzip.compress(deflated(data, 15)),
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["", *ENCODERS])
def test_what_is_just_not_too_large_is_taken(server, run, encoding):
    text = json.dumps(GROUP | {"note": "x" * (MIB - 100)}).encode()
    server.answer = lambda request: Answer(
        body=ENCODERS.get(encoding, bytes)(text), headers={"Content-Encoding": encoding} if encoding else {}
    )
    for _time in range(2):
        assert len(run("bigv_group", name="web")["group"]["note"]) == MIB - 100


@pytest.mark.parametrize("encoding", ["", *ENCODERS])
def test_what_decodes_to_too_much_fails_and_is_not_asked_for_again(server, run, encoding):
    headers = {"Content-Encoding": encoding} if encoding else {}
    body = ENCODERS.get(encoding, bytes)(b" " * MIB + json.dumps(GROUP).encode())
    server.answer = lambda request: Answer(body=body, headers=headers)
    assert LARGE in failure(run("bigv_group", name="web", api_retries=5))
    assert len(server.requests) == 1


@pytest.mark.parametrize("encoding", ENCODERS)
def test_a_refusal_that_decodes_to_much_is_cut(server, run, encoding):
    body = ENCODERS[encoding](b"no " + b" " * MIB)
    server.answer = lambda request: Answer(500, body, "text/plain", {"Content-Encoding": encoding})
    assert "the API answered 500: no. This is a problem" in failure(run("bigv_group", name="web"))


@pytest.mark.parametrize(("encoding", "body"), [
    ("br", b"x"), ("zstd", b"x"), ("gzip, gzip, gzip", b"x"), (",".join(["gzip"] * 5000), b"x"), ("gzip", b"plain"),
    ("deflate", b"\x78plain"),
])  # fmt: skip
def test_an_encoding_that_was_not_asked_for_or_is_broken(server, run, encoding, body):
    server.answer = lambda request: Answer(body=body, headers={"Content-Encoding": encoding})
    assert "a content encoding that was not requested, or a corrupt one, at http" in failure(
        run("bigv_group", name="web")
    )
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_login_takes_far_less(server, run, status, encoding):
    body = ENCODERS.get(encoding, bytes)(b"a" * (_transport.MAX_TEXT + 1))
    headers = {"Content-Encoding": encoding} if encoding else {}
    server.answer = lambda request: Answer(status, body, "text/plain", headers)
    message = failure(run("bigv_group", name="web", token=None, username="admin", password="geheim"))
    assert ("the answer is larger than 64 KiB at http" if status == 200 else "answered 403: aaaa") in message
    assert len(message) < 1000


def test_a_connection_whose_answer_was_cut_is_not_used_again(server, run):
    server.answer = lambda request: Answer(500, b'{"id": 9}' * 100_000, "application/json")
    run("bigv_group", name="web")
    server.answer = lambda request: Answer(body=json.dumps(GROUP).encode())
    assert run("bigv_group", name="web")["group"] == GROUP


# Without an end.

HEAD = b"HTTP/1.1 %d Status\r\nContent-Type: application/json\r\n%s\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
BOMB = zlib.compress(bytes(64 * MIB), 9)
ENDLESS = {
    "a body": (HEAD % (200, b""), b" " * 65536),
    "a body of a stated length": (HEAD % (200, b"Content-Length: 99999999999999\r\n"), b" " * 65536),
    "chunks": (HEAD % (200, CHUNKED), b"10000\r\n" + b" " * 65536 + b"\r\n"),
    "one chunk": (HEAD % (200, CHUNKED) + b"fffffffffff\r\n", b" " * 65536),
    "a chunk's length": (HEAD % (200, CHUNKED), b"0" * 65536),
    "a chunk's extension": (HEAD % (200, CHUNKED) + b"1;", b"x" * 65536),
    "a trailer": (HEAD % (200, CHUNKED) + b"0\r\n", b"x" * 65536),
    "trailers": (HEAD % (200, CHUNKED) + b"0\r\n", b"a: b\r\n" * 10_000),
    "a compressed body": (HEAD % (200, b"Content-Encoding: deflate\r\n"), BOMB[:-10]),
    "compressed nothings": (HEAD % (200, b"Content-Encoding: gzip\r\n"), gzip.compress(b"") * 3000),
    "early answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000),
    "a redirect": (HEAD % (302, b"Location: http://127.0.0.1:1/\r\n"), b" " * 65536),
    "a compressed redirect": (HEAD % (302, b"Location: /\r\nContent-Encoding: deflate\r\n"), BOMB[:-10]),
    "a refusal": (HEAD % (500, b""), b" " * 65536),
}  # fmt: skip


@contextlib.contextmanager
def endless_server(head: bytes, more: bytes) -> Iterator[str]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            with contextlib.suppress(OSError):
                self.request.sendall(head)
                while True:
                    self.request.sendall(more)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("what", ENDLESS)
def test_an_answer_without_an_end(run, what):
    started, most = time.monotonic(), peak()
    with endless_server(*ENDLESS[what]) as url:
        result: dict[str, Any] = run("bigv_group", name="web", api_url=url, api_timeout=3)
    assert time.monotonic() - started < 8
    message = failure(result)
    assert any(said in message for said in ("larger than 1 MiB", "the API answered", "connection was lost")), message
    assert peak() - most < 64 * MIB


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_lines_that_are_no_headers_are_not_logged(run, caplog, server):
    """urllib3 writes them down as they came."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            received = self.request.recv(65536)
            body = json.dumps(GROUP).encode()
            self.request.sendall(
                b"HTTP/1.1 200 OK\r\nno header: but\r\n" + received.split(b"Bearer ")[1].split(b"\r\n")[0]
                + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )  # fmt: skip
            self.request.shutdown(socket.SHUT_RDWR)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as other:
        thread = threading.Thread(target=other.handle_request)
        thread.start()
        result = run("bigv_group", name="web", api_url=f"http://127.0.0.1:{other.server_address[1]}")
        thread.join()
    assert "apikey" not in caplog.text
    assert "apikey" not in json.dumps(result)
