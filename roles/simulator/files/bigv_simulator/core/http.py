# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""HTTP for the resources: a request's identity, query and body; answers; and the log of both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn, TypeVar

from fastapi import Depends, Request, Response
from fastapi.security import HTTPBearer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .access import Identity
from .cloud import Cloud
from .flat_lists import Search
from .objects import Object
from .people import Level
from .problem import Problem, forbidden, not_found
from .request_log import Entry
from .resource import show
from .simulator import Simulator

T = TypeVar("T", bound=Object)
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
    """Return the JSON object of a body.

    With a wrong Content-Type POST and PUT do not work (documented); that it is a 400 in plain text is assumed.
    """
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
    """Hold one authenticated API request."""

    cloud: Cloud
    identity: Identity
    query: Mapping[str, str]
    content_type: str | None
    raw: bytes

    def flag(self, parameter: str) -> bool:
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
        return self.flag("include_deleted")

    @property
    def search(self) -> Search:
        return Search(self.cloud, self.identity, self.query, self.include_deleted)

    def show(self, item: Object) -> dict[str, Any]:
        """Return an object as it is asked for: by itself, or with what is in it."""
        return show(item, self.overview, self.include_deleted, self.identity)

    def show_listed(self, item: Object) -> dict[str, Any]:
        """Return an object of a flat list; whether those honour view=overview is not known, a setting says."""
        overview = self.overview and self.cloud.settings.flat_overview
        return show(item, overview, self.include_deleted, self.identity)

    def find_flat(
        self, model: type[T], segment: str, named: Mapping[str, str] | None = None, include_deleted: bool = False
    ) -> T:
        """Return the object of a flat path, by id or by a query that has one result, or 404."""
        search = Search(self.cloud, self.identity, named or {}, include_deleted)
        return search.one(model, segment, () if named is None else search.all(model))

    def find_device(self, model: type[T], segment: str) -> T:
        """Return the disc or NIC of a flat path, or 404 when its VM is deleted, unless such are asked for."""
        found = self.find_flat(model, segment)
        if not self.include_deleted and found.deleted:
            raise not_found()
        return found

    def require(self, level: Level, *items: Object) -> None:
        """Refuse with 403 who may see the objects, but has less than a level there (documented)."""
        if any(self.identity.level(item) < level for item in items):
            raise forbidden()

    def require_own(self) -> None:
        """Refuse with 403 who may change nothing, not even what is their own."""
        if not self.identity.changes_own:
            raise forbidden()

    def body(self) -> dict[str, Any]:
        """Return the body of a write; called once its objects have been found, and the access to them is clear."""
        return parse_object(self.content_type, self.raw)

    def answer(self, body: Any, status: int = 200) -> Response:
        return answer(_with_strings(body) if self.cloud.settings.numbers_as_strings else body, status)

    def created(self, body: Any) -> Response:
        """Return the answer to a creation: 201 (documented), or 200 for groups, discs and addresses (observed)."""
        return self.answer(body, 200 if self.cloud.settings.created_is_200 else 201)


async def _authenticated(request: Request, _token: Annotated[Any, Depends(_TOKEN)]) -> Call:
    raw = await request.body()
    cloud = simulator_of(request).cloud
    cloud.run_due_events()
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
    """Return the method, which may be anything, if it is a known one."""
    method: str = scope["method"]
    return method if method in _METHODS else "?"


def is_api(scope: Scope) -> bool:
    """Tell whether a request is one that is logged, and that may be delayed or go wrong."""
    return scope["type"] == "http" and not scope["path"].startswith("/_simulator") and not is_page(scope)


def is_page(scope: Scope) -> bool:
    """Tell whether a request is for a page instead of the API: the documentation, or / when a browser asks for it."""
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
    """Find what a path leads to with or without a slash at its end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "path": resource_path(scope)} if scope["type"] == "http" else scope, receive, send)


class BodyReader:
    """Read the whole body before anything else looks at the request, and refuse one that is too large.

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
    """Log API requests, add the latency, and let a successful request extend its session (documented)."""

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
