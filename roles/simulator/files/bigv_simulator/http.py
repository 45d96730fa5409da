# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Between HTTP and the model: a request's identity, query and body; answers; and the record of both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

from fastapi import Depends, Request, Response
from fastapi.security import HTTPBearer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .cloud import Cloud
from .model import Identity
from .problem import Problem
from .request_log import Entry
from .simulator import Simulator

FORM = "application/x-www-form-urlencoded"
_TEXT = "text/plain; charset=utf-8"
_METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"}
BOOLEANS = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}
_MAX_BODY = 16 * 1024 * 1024
# Only described by this: FastAPI's own refusal would have another status and body.
_TOKEN = HTTPBearer(
    scheme_name="token", auto_error=False, description="An API key, or the id of a session (documented)."
)


def answer(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, separators=(",", ":")), status, media_type="application/json")


def text(body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, headers=headers, media_type=_TEXT)


def problem_answer(_request: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise error
    if isinstance(error.body, str):
        return text(error.body, error.status, {"WWW-Authenticate": "Bearer"} if error.status == 401 else None)
    return answer(error.body, error.status)


def _with_strings(value: Any) -> Any:
    """Return a body whose numbers are strings, as some answers have had them (observed)."""
    if isinstance(value, dict):
        return {key: _with_strings(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_strings(item) for item in value]
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def simulator_of(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


def _not_json(token: str) -> NoReturn:
    raise ValueError(f"{token} is not JSON")


def media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def parse_object(
    content_type: str | None, raw: bytes, malformed: str = "The body is not a JSON object"
) -> dict[str, Any]:
    """With a wrong Content-Type POST and PUT do not work (documented); that it is a 400 in plain text is assumed."""
    if media_type(content_type) != "application/json":
        raise Problem(400, "The Content-Type must be application/json")
    try:
        body = json.loads(raw, parse_constant=_not_json)
    except (ValueError, RecursionError):
        raise Problem(400, malformed) from None
    if not isinstance(body, dict):
        raise Problem(400, malformed)
    return body


@dataclass(slots=True)
class Call:
    """One authenticated API request."""

    cloud: Cloud
    identity: Identity
    query: Mapping[str, str]
    content_type: str | None
    raw: bytes

    def asks(self, parameter: str) -> bool:
        """Return a boolean of the query, false without it; what is neither true nor false is a 400 (assumed)."""
        given = self.query.get(parameter, "false")
        if given not in BOOLEANS:
            raise Problem(400, {parameter: ["must be true or false"]})
        return BOOLEANS[given]

    @property
    def overview(self) -> bool:
        return self.query.get("view") == "overview"

    @property
    def include_deleted(self) -> bool:
        return self.asks("include_deleted")

    def may_write(self) -> None:
        """403: it can be read, but not changed (documented)."""
        if self.identity.read_only:
            raise Problem(403, "Forbidden: you may see this, but not change it")

    def body(self) -> dict[str, Any]:
        """The body of a write, once what it is for has been found and may be written."""
        self.may_write()
        return parse_object(self.content_type, self.raw)

    def answer(self, body: Any, status: int = 200) -> Response:
        return answer(_with_strings(body) if self.cloud.settings.numbers_as_strings else body, status)

    def created(self, body: Any) -> Response:
        """Documented: 201. Observed: 200 for groups, discs and addresses."""
        return self.answer(body, 200 if self.cloud.settings.created_is_200 else 201)


async def _authenticated(request: Request, _token: Annotated[Any, Depends(_TOKEN)]) -> Call:
    raw = await request.body()
    cloud = simulator_of(request).cloud
    cloud.settle()
    identity, request.state.session = cloud.identities.authenticate(request.headers.get("authorization"))
    shown_cloud = getattr(request.state, "stale_copy", cloud)
    return Call(shown_cloud, identity, request.query_params, request.headers.get("content-type"), raw)


Authenticated = Annotated[Call, Depends(_authenticated)]


def log_entry(simulator: Simulator, scope: Scope) -> Entry:
    state = scope["state"]
    return Entry(
        simulator.clock.now(),
        shown_method(scope),
        scope["path"],
        scope["query_string"].decode("latin-1"),
        state.get("connection", str(scope.get("client"))),
        state.get("body", b""),
        fault=state.get("fault"),
    )


def shown_method(scope: Scope) -> str:
    """What is no method that anybody knows may be anything."""
    method: str = scope["method"]
    return method if method in _METHODS else "?"


def is_api(scope: Scope) -> bool:
    """Whether a request is one that is logged, and that may be delayed or go wrong."""
    return scope["type"] == "http" and not scope["path"].startswith("/_simulator") and not is_page(scope)


def is_page(scope: Scope) -> bool:
    """Whether a request is for a page instead of the API: the documentation, or / when a browser asks for it."""
    path: str = scope["path"]
    return (
        path == "/docs"
        or path.startswith("/docs/")
        or (path == "/" and any(name == b"accept" and b"text/html" in value for name, value in scope["headers"]))
    )


def resource_path(scope: Scope) -> str:
    """Return the path without a slash at its end, which is taken like none (documented); one in a name is encoded."""
    path: str = scope["path"]
    return path[:-1] if path != "/" and scope["raw_path"].endswith(b"/") else path


class TrailingSlash:
    """Finds what a path leads to with or without a slash at its end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "path": resource_path(scope)} if scope["type"] == "http" else scope, receive, send)


class BodyReader:
    """Reads the whole body before anything else looks at the request, and refuses one that is too large.

    What is left of such a body is not kept: uvicorn drops what comes after the answer.
    """

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        self.app = app
        self.simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.setdefault("state", {})
        body = None if _says_too_large(scope) else bytearray()
        more = body is not None
        while more and body is not None:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > _MAX_BODY:
                body = None
        if body is not None:
            state["body"] = bytes(body)
            await self.app(scope, _replaying(state["body"], receive), send)
            return
        if is_api(scope):
            entry = log_entry(self.simulator, scope)
            entry.status = 413
            self.simulator.log.add(entry)
        await text(f"The body is larger than {_MAX_BODY} bytes", 413)(scope, receive, send)


def _says_too_large(scope: Scope) -> bool:
    return any(
        name == b"content-length" and value.isdigit() and int(value) > _MAX_BODY for name, value in scope["headers"]
    )


def _replaying(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


class Recorder:
    """Logs API requests, adds the latency, and lets a successful request extend its session (documented)."""

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        self.app = app
        self.simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_api(scope):
            await self.app(scope, receive, send)
            return
        simulator = self.simulator
        entry = log_entry(simulator, scope)
        if simulator.settings.latency:
            await asyncio.sleep(simulator.settings.latency)

        async def recording_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                simulator.log.add(entry)
                session = scope["state"].get("session")
                if session is not None and entry.status < 400:
                    simulator.cloud.identities.extend(session)
            await send(message)

        # A HEAD is a GET whose body the server keeps to itself.
        await self.app({**scope, "method": "GET"} if scope["method"] == "HEAD" else scope, receive, recording_send)
