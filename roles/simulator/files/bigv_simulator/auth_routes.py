# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The auth service: sessions."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .http import answer, parse_object, simulator_of, text

router = APIRouter(prefix="/auth")


@router.post("/session")
async def create_session(request: Request) -> Response:
    """The bare session id in plain text, without a newline (documented)."""
    raw = await request.body()
    body = parse_object(request.headers.get("content-type"), raw, "Badly-formed parameters")
    return text(simulator_of(request).cloud.identities.log_in(body))


@router.get("/session/{session_id}")
async def read_session(request: Request, session_id: str) -> Response:
    """Reading a session extends it (documented)."""
    session = simulator_of(request).cloud.identities.read_session(session_id)
    request.state.session = session
    return answer({"username": session.user.username, "factors": session.factors, "group_memberships": []})
