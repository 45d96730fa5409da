# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Requests straight to the server, with the standard library. Private to bytemark.cloud."""

from __future__ import annotations

import contextlib
import select
import ssl
from collections import defaultdict
from collections.abc import Iterable, Mapping
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead, LineTooLong
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from .bounded_http import BoundedResponse, NotingConnection, Response, read_body
from .certificates import tls_context
from .decoding import PIECE

# What stands for itself in the target of a request.
TARGET = "!#$%&'()*+,/:;=?@[]~"


class DirectSession:
    """Connections, as many as there were requests at once, which are kept alive. Several threads may use it."""

    def __init__(self, verify: bool | str) -> None:
        self._verify = verify
        self._idle: defaultdict[tuple[str, str], list[HTTPConnection]] = defaultdict(list)
        self._tls: ssl.SSLContext | None = None

    def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], timeout: float) -> Response:
        """Send a request and read the answer."""
        parts = urlsplit(url)
        idle = self._idle[parts.scheme, parts.netloc]
        connection = _usable(idle) or self._new_connection(parts)
        connection.timeout = timeout
        try:
            if connection.sock:
                connection.sock.settimeout(timeout)
            connection.request(method, _target(parts), body, dict(headers))
            with connection.getresponse() as response:
                encodings = ", ".join(response.headers.get_all("Content-Encoding", ()))
                content = read_body(_pieces(response), encodings, response.status)
                is_whole = response.isclosed()
        except BaseException:
            connection.close()
            raise
        if not is_whole:
            connection.close()
        elif connection.sock:
            idle.append(connection)
        return Response(response.status, response.headers, content)

    def _new_connection(self, parts: SplitResult) -> HTTPConnection:
        host = parts.hostname or ""
        if parts.scheme == "http":
            return _Connection(host, parts.port)
        self._tls = self._tls or tls_context(self._verify)
        return _TlsConnection(host, parts.port, context=self._tls)


class _Connection(NotingConnection, HTTPConnection):
    response_class = BoundedResponse


class _TlsConnection(NotingConnection, HTTPSConnection):
    response_class = BoundedResponse


def _usable(idle: list[HTTPConnection]) -> HTTPConnection | None:
    """Return a connection that is not in use, and that the server has not closed."""
    with contextlib.suppress(IndexError):
        while True:
            connection = idle.pop()
            if not _is_readable(connection.sock):
                return connection
            connection.close()
    return None


def _is_readable(sock: Any) -> bool:
    """Tell whether something has come that nobody asked for, such as the end of the connection."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _target(parts: SplitResult) -> str:
    return quote(f"{parts.path}?{parts.query}" if parts.query else parts.path, safe=TARGET)


def _pieces(response: HTTPResponse) -> Iterable[bytes]:
    try:
        yield from iter(lambda: response.read(PIECE), b"")
    except LineTooLong:  # Of what surrounds a chunk.
        raise IncompleteRead(b"") from None
    if response.length:
        raise IncompleteRead(b"", response.length)
