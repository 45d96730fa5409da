# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""An HTTP server in this process that answers as configured, well-formed or not, and records what reached it."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

JSON = "application/json"
TLS_HANDSHAKE = b"\x16"


class Request(NamedTuple):
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Answer(NamedTuple):
    """What is sent back; without a ``status`` the server hangs up instead. ``length`` is said to be the body's.

    ``drip`` is how many seconds there are before each byte.
    """

    status: int | None = 200
    body: bytes = b""
    kind: str = JSON
    headers: Mapping[str, str] = {}
    length: int | None = None
    drip: float = 0


class RecordingServer(socketserver.ThreadingTCPServer):
    """Connections are kept alive. ``answer`` may be exchanged at any time."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, answer: Callable[[Request], Answer], tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.answer = answer
        self.tls = tls
        self.requests: list[Request] = []

    @property
    def port(self) -> int:
        return self.server_address[1]

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def calls(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.requests]

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that do not trust the server, or have gone: tests are about them."""


class _Connection(socketserver.StreamRequestHandler):
    server: RecordingServer
    disable_nagle_algorithm = True

    def setup(self) -> None:
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            while request := self._read():
                self.server.requests.append(request)
                answer = self.server.answer(request)
                if answer.status is None or not self._write(answer):
                    return

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        # Closing the plain socket alone would not end what TLS wraps.
        with contextlib.suppress(OSError):
            self.request.shutdown(socket.SHUT_RDWR)
        self.request.close()

    def _read(self) -> Request | None:
        if self.rfile.peek(1)[:1] == TLS_HANDSHAKE and not self.server.tls:
            return None
        words = self.rfile.readline().decode("latin-1").split()
        if not words:
            return None
        headers = {}
        while line := self.rfile.readline().strip():
            name, _colon, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return Request(words[0], words[1], headers, self.rfile.read(int(headers.get("content-length", 0))))

    def _write(self, answer: Answer) -> bool:
        """Send the answer; whether the connection can be used again, as what follows would else be taken for it."""
        length = len(answer.body) if answer.length is None else answer.length
        headers = {"Content-Type": answer.kind, "Content-Length": str(length), **answer.headers}
        has_no_body = answer.status < 200 or answer.status in (204, 304)
        if length != len(answer.body) or "Transfer-Encoding" in headers or (has_no_body and answer.body):
            headers["Connection"] = "close"
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        whole = f"HTTP/1.1 {answer.status} Status\r\n{head}\r\n".encode("latin-1") + answer.body
        for part in [whole] if not answer.drip else [whole[at : at + 1] for at in range(len(whole))]:
            time.sleep(answer.drip)
            self.wfile.write(part)
        return headers.get("Connection") != "close"


@contextlib.contextmanager
def recording_server(
    answer: Callable[[Request], Answer] = lambda request: Answer(404), tls: ssl.SSLContext | None = None
) -> Iterator[RecordingServer]:
    with RecordingServer(answer, tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
