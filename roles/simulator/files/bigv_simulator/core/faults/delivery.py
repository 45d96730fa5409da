# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Delivery to the client of a request that a fault hit: another answer, part of one, or none."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from http.client import responses

from fastapi import Response
from starlette.types import Receive, Scope, Send

from .plan import FaultRule, Plan

_PROXY_PAGE = """<html>
<head><title>{status} {title}</title></head>
<body bgcolor="white">
<center><h1>{status} {title}</h1></center>
<hr><center>proxy</center>
</body>
</html>
"""
_BODILESS = (204, 304)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class FaultedRequest:
    """Hold a request that a fault hit, and the cloud's answer if it was asked."""

    plan: Plan
    rule: FaultRule
    scope: Scope
    receive: Receive
    send: Send
    answer: Response | None = None

    async def respond(self, response: Response) -> None:
        await response(self.scope, self.receive, self.send)

    async def until_gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def pause(self, seconds: float) -> bool:
        """Pause as the plan does, and tell whether the client is still there."""
        gone = asyncio.ensure_future(self.until_gone())
        paused = asyncio.ensure_future(self.plan.pause(seconds))
        await asyncio.wait((gone, paused), return_when=asyncio.FIRST_COMPLETED)
        still_there = not gone.done()
        gone.cancel()
        paused.cancel()
        return still_there

    async def reset(self) -> None:
        """Cut the connection with a RST."""
        reset_connection(self.scope["state"]["transport"])
        await self.until_gone()

    async def close(self) -> None:
        """End the connection in order, once what was written has been sent."""
        self.scope["state"]["transport"].close()
        await self.until_gone()


def reset_connection(transport: asyncio.Transport) -> None:
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()


async def deliver(request: FaultedRequest) -> None:
    deliverer = _DELIVERERS.get(request.rule.fault)
    if deliverer is not None:
        await deliverer(request)
    elif request.answer is not None:
        await request.respond(request.answer)


async def _status(request: FaultedRequest) -> None:
    status = request.rule.status
    if status == 502:
        response = _proxy_page(status)
    elif status in _BODILESS:
        response = Response(status_code=status)
    else:
        response = Response(_phrase(status), status, media_type="text/plain")
    if request.rule.retry_after is not None:
        response.headers["Retry-After"] = request.rule.retry_after
    await request.respond(response)


async def _html(request: FaultedRequest) -> None:
    await request.respond(_proxy_page(request.rule.status))


def _proxy_page(status: int) -> Response:
    page = _PROXY_PAGE.format(status=status, title=_phrase(status))
    return Response("" if status in _BODILESS else page, status, media_type="text/html")


def _phrase(status: int) -> str:
    return responses.get(status, "Unknown")


async def _not_json(request: FaultedRequest) -> None:
    await request.respond(Response('{"id": 1, "name": ', media_type="application/json"))


async def _empty(request: FaultedRequest) -> None:
    status = request.answer.status_code if request.answer is not None else 200
    await request.respond(Response(status_code=status))


async def _refuse(request: FaultedRequest) -> None:
    """Refuse connections, and reset those that were not last used for the control interface."""
    server = request.scope["state"]["server"]
    async with server.refusing():
        for protocol in list(server.server_state.connections):
            if protocol.scope is None or not protocol.scope["path"].startswith("/_simulator"):
                reset_connection(protocol.transport)
        request.plan.at_end.append(server.queue_connections)
        await request.plan.pause(request.rule.seconds)


async def _reset(request: FaultedRequest) -> None:
    await request.reset()


async def _hang(request: FaultedRequest) -> None:
    if await request.pause(request.rule.seconds):
        await request.close()


async def _truncate(request: FaultedRequest) -> None:
    """Cut the answer in half; one without a body is not begun at all."""
    answer = request.answer
    if answer is not None and len(answer.body) > 1 and request.scope["method"] != "HEAD":
        half = bytes(answer.body)[: len(answer.body) // 2]
        await _begin(request, answer)
        await request.send({"type": "http.response.body", "body": half, "more_body": True})
    await request.close()


async def _drip(request: FaultedRequest) -> None:
    """Send a byte at a time, and all that is left at once when the plan ends."""
    answer = request.answer
    if answer is None:
        return
    await _begin(request, answer)
    for byte in bytes(answer.body):
        await request.send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        if not await request.pause(request.rule.seconds):
            return
    await request.send({"type": "http.response.body"})


async def _begin(request: FaultedRequest, answer: Response) -> None:
    await request.send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})


_DELIVERERS = {
    "status": _status,
    "html": _html,
    "not_json": _not_json,
    "empty": _empty,
    "refuse": _refuse,
    "reset_before": _reset,
    "reset_after": _reset,
    "hang": _hang,
    "truncate": _truncate,
    "drip": _drip,
}
