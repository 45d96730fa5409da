# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""One HTTP request and its whole answer. Private to bytemark.cloud.

An ordinary module is a process of its own for each task, and importing requests takes longer than the rest of the
module. So requests is asked only where the environment names a proxy, and the standard library everywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from .bounded_http import MAX_TEXT, Response, bounds
from .decoding import ENCODINGS
from .direct import DirectSession
from .errors import BigvError
from .proxies import names_proxies

if TYPE_CHECKING:
    from .connection_errors import Cause
    from .proxied import ProxiedSession

__all__ = ["MAX_TEXT", "Response", "Session", "TransportError", "checked_url", "origin", "request"]

# So many bytes an answer has at most, decoded. The overview of ten thousand VMs has a tenth of them.
MAX_ANSWER = 256 << 20
HEADERS = {"Accept-Encoding": ENCODINGS, "User-Agent": "bytemark.cloud"}


class TransportError(Exception):
    """No whole answer came, for this ``cause``. ``was_sent``: the request may have reached the server."""

    def __init__(self, cause: Cause, was_sent: bool) -> None:
        super().__init__(cause.what)
        self.cause = cause
        self.was_sent = was_sent


class Session:
    """Connections that are kept alive. Nothing is repeated, and no redirect is followed.

    ``verify`` is the file or folder of the certificates to trust, or whether to verify those of servers at all.
    """

    def __init__(self, concurrency: int, verify: bool | str) -> None:
        self.verify = verify
        self._concurrency = concurrency
        self._direct = DirectSession(verify)
        self._proxied: ProxiedSession | None = None

    def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], timeout: float) -> Response:
        """Send a request, through a proxy where the environment names one, and read the answer."""
        way = self._through_proxies() if names_proxies() else self._direct
        return way.send(method, url, body, headers, timeout)

    def _through_proxies(self) -> ProxiedSession:
        if self._proxied is None:
            from .proxied import ProxiedSession  # Only here: it takes long to import.

            self._proxied = ProxiedSession(self.verify, self._concurrency)
        return self._proxied


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
    bounds.end, bounds.largest, bounds.was_sent = end, MAX_ANSWER if largest is None else largest, False
    encoded = None if body is None else json.dumps(body, allow_nan=False).encode()
    if encoded is None and method != "GET":
        encoded = b""  # So that its length is told.
    target = f"{url}?{urlencode(query)}" if query else url
    try:
        response = session.send(method, target, encoded, {**HEADERS, **headers}, timeout)
    except BigvError:  # An interruption, or a library that is missing.
        raise
    except ModuleNotFoundError as missing:
        raise BigvError(
            f"The Python library {missing.name} is missing where this module runs: install requests there (pip "
            "install requests), which includes it."
        ) from None
    except Exception as error:  # What the libraries make of a bad proxy, for instance, may be any.
        from .connection_errors import cause_of  # Only for failures.

        raise TransportError(cause_of(error, url, timeout, session.verify, bounds.was_sent), bounds.was_sent) from None
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
        raise BigvError(f"{option}: the URL contains more than a host, a port and a path; set credentials as options")
    is_one_word = url.isprintable() and " " not in url
    if not (is_one_word and _is_host(host)) or parts.scheme not in ("http", "https") or port == 0:
        raise BigvError(f"{option}: {url!r} is not a URL; specify one such as {example!r}")
    if parts.scheme == "http" and not _is_loopback(host):
        raise BigvError(
            f"{option}: {url!r} is plain http, which would expose the credentials to the network; use https (http is "
            "only allowed for a simulator on this machine)"
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
