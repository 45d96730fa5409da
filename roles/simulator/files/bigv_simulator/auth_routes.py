# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The auth service: sessions."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from . import schemas
from .http import answer, parse_object, simulator_of, text
from .openapi import described

router = APIRouter(prefix="/auth", tags=["Sessions"])
_REFUSALS = {401: "`Authentication failed` (observed).",
             403: "`Bad login credentials`, `Missing 2FA` or `Badly-formed parameters` (observed)."}


@router.post("/session", **described(takes=schemas.Login, also=_REFUSALS), response_class=PlainTextResponse)
async def create_session(request: Request) -> Response:
    """Answers the bare session id, without a newline; it lives for five minutes after its last use (documented)."""
    raw = await request.body()
    body = parse_object(request.headers.get("content-type"), raw, "Badly-formed parameters")
    simulator = simulator_of(request)
    session = simulator.cloud.identities.log_in(body)
    simulator.redactor.learn([session])
    return text(session)


@router.get("/session/{session_id}", **described(schemas.SessionRead))
async def read_session(request: Request, session_id: str) -> Response:
    """Who it belongs to. Reading a session extends it (documented)."""
    session = simulator_of(request).cloud.identities.read_session(session_id)
    request.state.session = session
    return answer({"username": session.user.username, "factors": session.factors, "group_memberships": []})
