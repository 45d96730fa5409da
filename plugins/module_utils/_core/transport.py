# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""One HTTP request and its whole answer, with urllib3. Private to bytemark.cloud.

An ordinary module is a process of its own for each task, and importing requests takes longer than anything else that
the module does. So urllib3, which comes with requests, is used as requests uses it; requests itself is asked only where
the environment names a proxy: which one is for a URL, and how it is spoken to.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from http.client import HTTPResponse
from io import BufferedReader, BytesIO, RawIOBase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from .certificates import trusted_certificates
from .decoding import ENCODINGS, PIECE, TOO_LONG, decoded, too_large
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


class Response:
    """An answer, read whole."""

    def __init__(self, status_code: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content = content

    @property
    def text(self) -> str:
        """Return the body as text, in the encoding that the answer names, or else UTF-8."""
        try:
            return self.content.decode(self._charset or "utf-8", "replace")
        except LookupError:  # No such encoding.
            return self.content.decode("utf-8", "replace")

    @property
    def _charset(self) -> str:
        named = self.headers.get("Content-Type", "").lower().partition("charset=")[2]
        return named.partition(";")[0].strip("'\" ")

    def json(self, **options: Any) -> Any:
        """Return what the body is in JSON."""
        return json.loads(self.text if self._charset else self.content, **options)


class Session:
    """Connections, so many of which are kept alive. Nothing is repeated, and no redirect is followed.

    ``verify`` is the file or folder of the certificates to trust, or whether to verify those of servers at all.
    """

    def __init__(self, concurrency: int, verify: bool | str) -> None:
        try:
            from urllib3.util.retry import Retry
        except ImportError:
            raise BigvError(
                "The Python library requests is missing where this module runs: install it there (pip install "
                "requests)."
            ) from None
        self.verify = verify
        self._concurrency = concurrency
        self._retries = Retry(0, read=False)
        self._managers: dict[str | None, Any] = {}
        self._opening = threading.Lock()

    def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], timeout: float) -> Response:
        """Send a request and read the answer."""
        response = self._manager(_proxy_of(url), url).request(
            method,
            url,
            body=body,
            headers={"Accept-Encoding": ENCODINGS, **headers},
            timeout=timeout,
            redirect=False,
            retries=self._retries,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )
        return Response(response.status, response.headers, _read_body(response))

    def _manager(self, proxy: str | None, url: str) -> Any:
        """Return what keeps the connections of a proxy, or those that need none."""
        with self._opening:
            if proxy not in self._managers:
                trusted = trusted_certificates(self.verify) if url.startswith("https:") else {}
                self._managers[proxy] = _make_answers_due(_open_manager(proxy, self._concurrency, trusted))
            return self._managers[proxy]


def _names_proxies() -> bool:
    """Tell whether the environment names a proxy, or may do so elsewhere than in its variables."""
    names = (name.lower() for name, value in os.environ.items() if value)
    return sys.platform in ("darwin", "win32") or any(name.endswith("_proxy") and name != "no_proxy" for name in names)


def _proxy_of(url: str) -> str | None:
    """Return the proxy for a URL, if there is one."""
    if not _names_proxies():
        return None
    from requests.utils import get_environ_proxies, select_proxy

    proxy: str | None = select_proxy(url, get_environ_proxies(url))
    return proxy


def _open_manager(proxy: str | None, concurrency: int, trusted: dict[str, Any]) -> Any:
    from urllib3 import PoolManager
    from urllib3.util import parse_url

    if not proxy:
        return PoolManager(maxsize=concurrency, **trusted)
    from requests.adapters import HTTPAdapter
    from requests.exceptions import InvalidProxyURL
    from requests.utils import prepend_scheme_if_needed

    proxy_url = prepend_scheme_if_needed(proxy, "http")  # type: ignore[no-untyped-call]
    if not parse_url(proxy_url).host:
        raise InvalidProxyURL(proxy_url)
    return HTTPAdapter(pool_maxsize=concurrency).proxy_manager_for(proxy_url, **trusted)


def _make_answers_due(manager: Any) -> Any:
    """Have urllib3's manager make connections that tell when they send, and read each answer as a ``_DueAnswer``."""
    manager.pool_classes_by_scheme = {
        scheme: type("Pool", (pool,), {"ConnectionCls": _telling(pool.ConnectionCls)})
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }
    return manager


def _telling(connection: type) -> type:
    return type("Connection", (_Telling, connection), {"response_class": _DueAnswer})


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


def _read_body(response: Any) -> bytes:
    """Return the decoded body. It fails where there are more than so many bytes; that of a refusal ends there."""
    is_refusal = not 200 <= response.status < 300
    largest = MAX_TEXT if is_refusal else _due.largest
    body, encodings = BytesIO(), response.headers.get("Content-Encoding", "")
    try:
        for piece in decoded(response.stream(PIECE, decode_content=False), encodings, _due.largest):
            body.write(piece)
            if body.tell() > largest:
                break
    finally:
        # Unless it was read to its end, the connection cannot be used again.
        response.close()
    if body.tell() > largest and not is_refusal:
        raise too_large(largest)
    return body.getvalue()


def request(
    session: Session,
    method: str,
    url: str,
    timeout: float,
    end: float,
    *,
    headers: Mapping[str, str],
    body: Any = None,
    query: Mapping[str, str] | None = None,
    largest: int | None = None,
) -> Response:
    """Make one request and return the answer, read whole. Redirects are not followed.

    ``body`` is sent as JSON. ``timeout`` is how many seconds the server may stay silent, ``end`` the moment at which
    the answer has to be whole, and ``largest`` how many bytes it may have, decoded.
    """
    _due.at, _due.largest, _due.was_sent = end, MAX_ANSWER if largest is None else largest, False
    encoded = None if body is None else json.dumps(body).encode()
    target = f"{url}?{urlencode(query)}" if query else url
    try:
        response = session.send(method, target, encoded, headers, timeout)
    except BigvError:  # An interruption.
        raise
    except Exception as error:  # What the libraries make of a bad proxy, for instance, may be any.
        from .connection_errors import cause_of  # Only for failures.

        raise TransportError(cause_of(error, url, timeout, session.verify, _due.was_sent), _due.was_sent) from None
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
