# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Requests where the environment names a proxy, with requests. Private to bytemark.cloud.

It knows which proxy is for a URL, what a proxy is told, and how it is spoken to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .bounded_http import BoundedResponse, NotingConnection, Response, read_body
from .decoding import PIECE
from .errors import BigvError

try:
    import requests
    from requests.adapters import HTTPAdapter
except ImportError:
    requests, HTTPAdapter = None, object  # type: ignore[assignment, misc]


class ProxiedSession:
    """A session of requests that repeats nothing by itself, with so many connections kept alive."""

    def __init__(self, verify: bool | str, concurrency: int) -> None:
        if requests is None:
            raise BigvError(
                "The Python library requests is missing where this module runs: install it there (pip install "
                "requests)."
            )
        self._verify = verify
        self.adapter = _Adapter(pool_maxsize=concurrency, max_retries=0)
        self._session = requests.Session()
        self._session.mount("https://", self.adapter)
        self._session.mount("http://", self.adapter)

    def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], timeout: float) -> Response:
        """Send a request and read the answer."""
        response = self._session.request(
            method,
            url,
            data=body,
            headers=headers,
            timeout=timeout,
            verify=self._verify,
            allow_redirects=False,
            auth=_unsigned,
        )
        return Response(response.status_code, response.headers, response.content)


def _unsigned(request: Any) -> Any:
    """Return the request as it is: without this, requests looks for credentials in ``~/.netrc``."""
    return request


class _Adapter(HTTPAdapter):
    """Makes connections, to a proxy too, whose answers are bounded."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        _bound(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return what keeps the connections to a proxy. requests asks for it each time."""
        is_made = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **options)
        return manager if is_made else _bound(manager)

    def build_response(self, req: Any, resp: Any) -> Any:
        """Have the body read within its bounds, also where requests reads it itself, as that of a redirect."""
        response = super().build_response(req, resp)
        response.raw = _BoundedBody(resp)
        return response


def _bound(manager: Any) -> Any:
    """Have urllib3's manager make connections that note what they send, and read each answer within its bounds."""
    manager.pool_classes_by_scheme = {
        scheme: type("Pool", (pool,), {"ConnectionCls": _bounded(pool.ConnectionCls)})
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }
    return manager


def _bounded(connection: type) -> type:
    return type("Connection", (NotingConnection, connection), {"response_class": BoundedResponse})


class _BoundedBody:
    """The decoded body of urllib3's response, as a file that is read at once."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self._original_response = response._original_response  # For the cookies.

    def read(self, amount: int | None = None, **options: Any) -> bytes:
        """Return all of the body, whatever the amount; nothing the next time."""
        response = self._response
        try:
            encodings = response.headers.get("Content-Encoding", "")
            return read_body(response.stream(PIECE, decode_content=False), encodings, response.status)
        finally:
            # Unless it was read to its end, the connection cannot be used again.
            response.close()

    def close(self) -> None:
        """Close the connection."""
        self._response.close()
