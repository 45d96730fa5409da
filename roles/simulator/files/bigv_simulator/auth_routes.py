# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The auth service: sessions."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from . import schemas
from .http import FORM, answer, media_type, parse_object, simulator_of, text
from .model import Session
from .openapi import described
from .problem import Problem

router = APIRouter(prefix="/auth", tags=["Sessions"])
_MALFORMED = "Badly-formed parameters"
_STAFF_ONLY = {403: "The session is not one of the provider's staff (observed)."}
_REFUSALS = {
    401: "`Authentication failed` (observed).",
    403: "`Bad login credentials`, `Missing 2FA` or `Badly-formed parameters` (observed).",
}


@router.post("/session", **described(takes=schemas.Login, forms=True, also=_REFUSALS), response_class=PlainTextResponse)
async def create_session(request: Request) -> Response:
    """Answers the bare session id, without a newline; it lives for five minutes after its last use (documented)."""
    return _begun(request, simulator_of(request).cloud.identities.log_in(await _body(request)))


@router.get("/session/{session_id}", **described(schemas.SessionRead))
async def read_session(request: Request, session_id: str) -> Response:
    """Who it belongs to. Reading a session extends it (documented)."""
    session = simulator_of(request).cloud.identities.read_session(session_id)
    request.state.session = session
    return answer({"username": session.user.username, "factors": session.factors, "group_memberships": []})


@router.post(
    "/session/{session_id}",
    **described(takes=schemas.Impersonation, forms=True, also=_STAFF_ONLY),
    response_class=PlainTextResponse,
)
async def impersonate(request: Request, session_id: str) -> Response:
    """Answers the bare id of a session that acts as another user (observed)."""
    identities = simulator_of(request).cloud.identities
    request.state.session = identities.read_session(session_id)
    return _begun(request, identities.impersonate(request.state.session, await _body(request)))


async def _body(request: Request) -> dict[str, Any]:
    """JSON (documented), or a form (observed)."""
    raw = await request.body()
    content_type = request.headers.get("content-type")
    if media_type(content_type) != FORM:
        return parse_object(content_type, raw, _MALFORMED)
    try:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw), errors="strict"))
    except ValueError:
        raise Problem(400, _MALFORMED) from None


def _begun(request: Request, session: Session) -> Response:
    simulator_of(request).redactor.learn([session.id])
    return text(session.id)
