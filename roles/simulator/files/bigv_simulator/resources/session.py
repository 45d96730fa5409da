# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Sessions, which the auth service begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from typing_extensions import NotRequired, TypedDict

from ..core import rules
from ..core.attributes import Attribute
from ..core.cloud import Cloud
from ..core.document import DocumentError, items_of, point_in_time, read_complete, refuse_used
from ..core.http import FORM, answer, media_type, parse_object, simulator_of, text
from ..core.identities import API_KEY_USER
from ..core.openapi import described
from ..core.people import Session
from ..core.problem import Problem
from ..core.resource import Resource

router = APIRouter(prefix="/auth", tags=["Sessions"])
_MALFORMED = "Badly-formed parameters"
_STAFF_ONLY = {403: "The session is not one of the provider's staff (observed)."}
_REFUSALS = {
    401: "`Authentication failed` (observed).",
    403: "`Bad login credentials`, `Missing 2FA` or `Badly-formed parameters` (observed).",
}


class SessionRead(TypedDict):
    username: Annotated[str, Attribute("Who has logged in (documented).", "admin")]
    factors: Annotated[list[str], Attribute("What the login was proved with (documented).", ["password"])]
    group_memberships: Annotated[list[str], Attribute("Documented; none here.", [])]


Login = TypedDict(
    "Login",
    {
        "username": Annotated[str, Attribute("Documented.", "admin")],
        "password": Annotated[str, Attribute("Documented.", "password")],
        "yubikey": NotRequired[Annotated[str, Attribute("What the Yubikey types (documented).", "cccc")]],
        "2fa": NotRequired[Annotated[str, Attribute("A one-time password (documented).", "123456")]],
        "validity": NotRequired[
            Annotated[str | int, Attribute("Seconds (documented); more than 3600 are cut to it (observed).", "1800")]
        ],
    },
)


class Impersonation(TypedDict):
    username: Annotated[str, Attribute("Who to act as (observed).", "admin")]


class Sessions(Resource):
    path_parameters = (("session_id", "As the login has answered it.", "0123456789abcdef"),)
    runtime_keys = ("sessions",)
    routers = (router,)

    def take_runtime_state(self, cloud: Cloud) -> dict[str, Any]:
        return {
            "sessions": [
                {
                    "id": session.id,
                    "username": session.user.username,
                    "factors": session.factors,
                    "expires_at": session.expires_at,
                }
                for session in cloud.identities.sessions.values()
            ]
        }

    def restore_runtime_state(self, cloud: Cloud, path: str, state: Mapping[str, Any]) -> None:
        for item_path, item in items_of(state, "sessions", path):
            _restore(cloud, item_path, item)


def _restore(cloud: Cloud, path: str, item: dict[str, Any]) -> None:
    values = read_complete(
        item,
        path,
        {
            "id": rules.text,
            "username": rules.text,
            "factors": rules.list_of(rules.text, "strings"),
            "expires_at": point_in_time,
        },
    )
    refuse_used(values["id"], cloud.identities.sessions, f"{path}.id", is_secret=True)
    user = cloud.identities.users.get(values.pop("username"))
    if user is None:
        raise DocumentError(f"{path}.username: there is no user {item['username']}")
    cloud.identities.sessions[values["id"]] = Session(user=user, **values)


@router.post("/session", response_class=PlainTextResponse)
@described(takes=Login, forms=True, also=_REFUSALS)
async def create_session(request: Request) -> Response:
    """Return the bare session id, without a newline; it lives for five minutes after its last use (documented)."""
    return _begun(request, simulator_of(request).cloud.identities.log_in(await _body(request)))


@router.get("/session/{session_id}")
@described(SessionRead)
async def read_session(request: Request, session_id: str) -> Response:
    """Return who it belongs to. Reading a session extends it (documented).

    An API key belongs to `apikeyuser` (observed).
    """
    identities = simulator_of(request).cloud.identities
    if identities.api_key(session_id) is not None:
        return answer({"username": API_KEY_USER, "factors": [], "group_memberships": []})
    session = identities.read_session(session_id)
    request.state.session = session
    return answer({"username": session.user.username, "factors": session.factors, "group_memberships": []})


@router.post("/session/{session_id}", response_class=PlainTextResponse)
@described(takes=Impersonation, forms=True, also=_STAFF_ONLY)
async def impersonate(request: Request, session_id: str) -> Response:
    """Return the bare id of a session that acts as another user (observed)."""
    identities = simulator_of(request).cloud.identities
    request.state.session = identities.read_session(session_id)
    return _begun(request, identities.impersonate(request.state.session, await _body(request)))


async def _body(request: Request) -> dict[str, Any]:
    """Return a body that is JSON (documented), or a form (observed)."""
    raw = await request.body()
    content_type = request.headers.get("content-type")
    if media_type(content_type) != FORM:
        return parse_object(content_type, raw, _MALFORMED)
    try:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw), errors="strict"))
    except ValueError:
        raise Problem(400, _MALFORMED) from None


def _begun(request: Request, session: Session) -> Response:
    simulator_of(request).redactor.add_secrets([session.id])
    return text(session.id)
