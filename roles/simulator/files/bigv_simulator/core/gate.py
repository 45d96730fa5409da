# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The outermost layer, which keeps other sites' pages and foreign host names out, and completes answers' headers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .http import FORM, is_page, media_type, text
from .simulator import Simulator

Header = tuple[bytes, bytes]
Given = Mapping[bytes, list[str]]

_END_OF_9999 = 253_402_300_799
_READING = ("GET", "HEAD")
# The types that a form, or a script without permission, can send to another site.
_FORMS = (FORM, "multipart/form-data", "text/plain")
_HARDENING = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


@dataclass(frozen=True, slots=True)
class Hosts:
    """Know the host names that requests may be for."""

    listening: frozenset[str]
    allowed: frozenset[str] = frozenset()

    def know(self, host: str) -> bool:
        """Tell whether a Host header names the simulator.

        An address is never made to point elsewhere, as a name can be, so any will do where all are listened on.
        """
        name = _name(host)
        if name in self.listening or name in self.allowed or name in ("localhost", "localhost."):
            return True
        address = _address(name or "")
        return address is not None and (address.is_loopback or self._any_address())

    def _any_address(self) -> bool:
        return any(address is not None and address.is_unspecified for address in map(_address, self.listening))


def _name(host: str) -> str | None:
    """Return the host without its port, in lower case; None for what is no host."""
    try:
        parts = urlsplit(f"//{host}")
        _port = parts.port
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def refusal(scope: Scope, hosts: Hosts) -> tuple[int, str] | None:
    """Return the status and the text that a request is refused with, None for one that may pass."""
    given: dict[bytes, list[str]] = {}
    for name, value in scope["headers"]:
        given.setdefault(name, []).append(value.decode("latin-1").strip())
    named = given.get(b"host", [])
    if len(named) != 1 or not hosts.know(named[0]):
        return (
            421,
            "This is not a host name of the simulator: use its address, or start the simulator with --allow-host",
        )
    if _is_foreign(given) and not _is_page_load(scope, given):
        return 403, "Web pages of other sites cannot use the simulator"
    if scope["path"].startswith("/_simulator") and scope["method"] not in _READING and _may_be_foreign(given):
        return 403, "The control interface accepts JSON or no body, and no requests from old browsers"
    return None


def _is_foreign(given: Given) -> bool:
    """Tell whether a page of another site has caused the request, as far as its browser says so."""
    own = given[b"host"][0].lower()
    pages = (*given.get(b"origin", []), *given.get(b"referer", []))
    return any(_netloc(page) != own for page in pages) or any(
        site not in ("same-origin", "none") for site in given.get(b"sec-fetch-site", [])
    )


def _netloc(url: str) -> str | None:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return None


def _is_page_load(scope: Scope, given: Given) -> bool:
    """Tell whether a person may have followed a link to a page."""
    return (
        scope["method"] in _READING
        and is_page(scope)
        and b"origin" not in given
        and set(given.get(b"sec-fetch-mode", [])) <= {"navigate"}
        and set(given.get(b"sec-fetch-dest", [])) <= {"document"}
    )


def _may_be_foreign(given: Given) -> bool:
    """Tell whether a write may come from another site through a browser that is too old to say so."""
    forms = any(media_type(kind) in _FORMS for kind in given.get(b"content-type", []))
    browsers = any(agent.startswith("Mozilla/") for agent in given.get(b"user-agent", []))
    return forms or (browsers and b"origin" not in given)


class Gate:
    """Wrap the whole application, so that no answer goes out without it."""

    def __init__(self, app: ASGIApp, simulator: Simulator, hosts: Hosts) -> None:
        self.app = app
        self.simulator = simulator
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._completed(message.get("headers", []))}
            await send(message)

        refused = refusal(scope, self.hosts)
        app = self.app if refused is None else text(refused[1], refused[0])
        await app(scope, receive, send_completed)

    def _completed(self, headers: Iterable[Header]) -> list[Header]:
        completed = [*headers, *_HARDENING]
        if all(name != _POLICY[0] for name, _value in completed):
            completed.append(_POLICY)
        if self.simulator.settings.date_header:
            now = min(max(self.simulator.clock.now(), 0), _END_OF_9999)
            completed.append((b"date", formatdate(now, usegmt=True).encode()))
        return completed
