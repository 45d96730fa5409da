# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""One HTTP request and its whole answer, with requests. Private to bytemark.cloud."""

from __future__ import annotations

import threading
import time
from http.client import HTTPResponse
from io import BufferedReader, BytesIO, RawIOBase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .decoding import (
    ENCODINGS,
    PIECE,
    TOO_LONG,
    decoded,
    too_large,
)
from .errors import BigvError

if TYPE_CHECKING:
    from .connection_errors import Cause

# So many bytes an answer has at most, decoded. The overview of ten thousand VMs has a tenth of them.
MAX_ANSWER = 256 << 20
# What is longer is no session id; of a refusal only so much is read.
MAX_TEXT = 1 << 16
# The moment at which the answer to this thread's request has to be whole, how large it may be, and whether the request
# was sent.
_due = threading.local()


class TransportError(Exception):
    """No whole answer came, for this ``cause``. ``was_sent``: the request may have reached the server."""

    def __init__(self, cause: Cause, was_sent: bool) -> None:
        super().__init__(cause.what)
        self.cause = cause
        self.was_sent = was_sent


def open_session(concurrency: int) -> Any:
    """Return a session of requests that repeats nothing by itself, with so many connections kept alive."""
    try:
        import requests
        from requests.adapters import HTTPAdapter
    except ImportError:
        raise BigvError(
            "The Python library requests is missing where this module runs: install it there (pip install requests)."
        ) from None

    class Adapter(HTTPAdapter):
        """Makes connections, to a proxy too, whose answers are due."""

        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, **options)
            _make_answers_due(self.poolmanager)

        def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
            """Asked for with every request, and made with the first."""
            is_made = proxy in self.proxy_manager
            manager = super().proxy_manager_for(proxy, **options)
            return manager if is_made else _make_answers_due(manager)

        def build_response(self, req: Any, resp: Any) -> Any:
            """Have the body read within its bounds, also where requests reads it itself, as that of a redirect."""
            response = super().build_response(req, resp)
            response.raw = _BoundedBody(resp, _due.largest)
            return response

    session = requests.Session()
    session.headers["Accept-Encoding"] = ENCODINGS
    adapter = Adapter(pool_maxsize=concurrency, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _make_answers_due(manager: Any) -> Any:
    """Have urllib3's manager make connections that tell when they send, and read each answer as a ``_DueAnswer``."""
    manager.pool_classes_by_scheme = {
        scheme: type("Pool", (pool,), {
            "ConnectionCls": type("Connection", (_Telling, pool.ConnectionCls), {"response_class": _DueAnswer}),
        })
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }  # fmt: skip
    return manager


class _Telling:
    """A connection that notes when a request is about to be sent, which is not before it is connected."""

    def endheaders(self: Any, *arguments: Any, **options: Any) -> None:
        if self.sock is None:
            self.connect()
        _due.was_sent = True
        super().endheaders(*arguments, **options)  # type: ignore[misc]


class _DueAnswer(HTTPResponse):
    """An answer that is given up when it is not whole in time, however steadily its bytes drip in, or is too large."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fp = BufferedReader(_DueStream(self.fp.detach(), _due.at, _due.largest))

    def begin(self) -> None:
        """Read the headers, and forget the lines that are none: urllib3 would write them to the log."""
        super().begin()
        self.msg.set_payload("")
        self.msg.defects.clear()


class _DueStream(RawIOBase):
    """Another stream, up to a moment and a number of bytes: what surrounds a body may be endless, too."""

    def __init__(self, stream: RawIOBase, due: float, largest: int) -> None:
        self._stream = stream
        self._due = due
        self._largest = self._left = largest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() > self._due:
            raise OSError(TOO_LONG)
        read = self._stream.readinto(buffer)
        self._left -= read or 0
        # What surrounds the body of an answer that is just not too large does not make it so.
        if self._left < -MAX_TEXT:
            raise too_large(self._largest)
        return read

    def close(self) -> None:
        self._stream.close()
        super().close()


class _BoundedBody:
    """The decoded body of urllib3's response, as a file that is read at once.

    It fails where there are more than so many bytes; that of a refusal ends there.
    """

    def __init__(self, response: Any, largest: int) -> None:
        self._response = response
        self._original_response = response._original_response  # For the cookies.
        self._is_refusal = not 200 <= response.status < 300
        self._largest = MAX_TEXT if self._is_refusal else largest

    def read(self, amount: int | None = None, **options: Any) -> bytes:
        """Return all of the body, whatever the amount; nothing the next time."""
        body, encodings = BytesIO(), self._response.headers.get("Content-Encoding", "")
        try:
            for piece in decoded(self._response.stream(PIECE, decode_content=False), encodings, _due.largest):
                body.write(piece)
                if body.tell() > self._largest:
                    break
        finally:
            # Unless it was read to its end, the connection cannot be used again.
            self._response.close()
        if body.tell() > self._largest and not self._is_refusal:
            raise too_large(self._largest)
        return body.getvalue()

    def close(self) -> None:
        self._response.close()


def request(
    session: Any,
    method: str,
    url: str,
    timeout: float,
    end: float,
    *,
    verify: bool | str,
    largest: int | None = None,
    **arguments: Any,
) -> Any:
    """Make one request and return the response, read whole. Redirects are not followed.

    ``timeout`` is how many seconds the server may stay silent, ``end`` the moment at which the answer has to be whole;
    ``verify`` and ``largest`` are which certificates to trust and how many bytes the answer may have, decoded.
    """
    _due.at, _due.largest, _due.was_sent = end, MAX_ANSWER if largest is None else largest, False
    try:
        response = session.request(method, url, timeout=timeout, verify=verify, allow_redirects=False, **arguments)
    except BigvError:  # An interruption.
        raise
    except Exception as error:  # What the libraries make of a bad proxy, for instance, may be any.
        from .connection_errors import cause_of  # Only for failures.

        raise TransportError(cause_of(error, url, timeout, verify, _due.was_sent), _due.was_sent) from None
    if response.status_code == 407:
        from .connection_errors import refused_by_proxy

        raise TransportError(refused_by_proxy(407, url), was_sent=False)
    return response


def origin(url: str) -> str:
    """Return the scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def checked_url(option: str, url: str, example: str) -> str:
    """Return the URL without a slash at its end, if credentials may be sent there."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if "@" in url or "?" in url or "#" in url:
        raise BigvError(f"{option}: the URL holds more than a host, a port and a path; give credentials as options")
    is_one_word = url.isprintable() and " " not in url
    if not (is_one_word and _is_host(host)) or parts.scheme not in ("http", "https") or port == 0:
        raise BigvError(f"{option}: {url!r} is not a URL; give one such as {example!r}")
    if parts.scheme == "http" and not _is_loopback(host):
        raise BigvError(
            f"{option}: {url!r} is plain http, which would show the credentials to the network; use https "
            "(http is only for a simulator on this machine)"
        )
    return url.rstrip("/")


def _is_host(host: str) -> bool:
    """Tell whether the text can be a host's name or address."""
    return "*" not in host and all(0 < len(label) < 64 for label in host.removesuffix(".").split("."))


def _is_loopback(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
