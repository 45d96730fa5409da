# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The OpenAPI document: the descriptions of the routes, and what holds for all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute

from .http import BOOLEANS, FORM
from .resource import Resource, routes
from .schemas import Schemas

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_DESCRIPTION = """\
The API of the Bytemark Cloud as far as it is known, and as this simulator behaves. The provider has no such document.

Each fact is marked: **documented** by the provider, **observed** in what the provider's own client sends and accepts,
or **assumed**, because the simulator has to choose a behaviour.

- Requests and answers are JSON. `POST` and `PUT` require `Content-Type: application/json` (documented), and return 400
  without it (assumed).
- `PUT` changes only the attributes that are sent. Unknown attributes and query parameters are ignored (documented).
- Numbers can be sent as strings (observed). Booleans in a query are `true`, `True`, `1` (observed), `false`, `False` or
  `0` (assumed). Anything else returns 400 (assumed).
- A slash at the end of a path makes no difference (documented).
- A path accepts an id in place of a name (documented for accounts and groups, observed for the rest).
- Lists are complete: there is no pagination.
- Every path with `GET` also has `HEAD`. A method that a path does not have returns 404 (assumed).
- The auth service, which has a host of its own in the real cloud, is under `/auth` here.

To try the API on this page, authorize with `apikey.simulator-admin`.
"""
_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_ANSWERS = {
    "400": {
        "description": "The request cannot be carried out: messages for each attribute, or text (documented).",
        "content": _TEXT
        | {
            "application/json": {
                "schema": {"type": "object", "description": "attribute → messages"},
                "example": {"name": ["can't be blank"], "memory": ["is not a number"]},
            }
        },
    },
    "401": {"description": "There is no valid token (documented).", "content": _TEXT},
    "403": {"description": "Visible to you, but you cannot change it (documented).", "content": _TEXT},
    "404": {
        "description": "Does not exist or is not visible to you; the answer is the same (documented).",
        "content": _TEXT,
    },
}
NAME_OR_ID = "Its name or id (documented)."
NAME_OR_ID_OBSERVED = "Its name or id (observed)."
LABEL_OR_ID = "Its label or id (observed)."
ID = "Its id."
_PEOPLE = "Only what this user's privileges give access to (documented; the details are assumed)."
_QUERIES = {
    "overview": ("view", "`overview` includes nested objects: groups, VMs, discs and NICs (documented)."),
    "include_deleted": ("include_deleted", "Whether to include VMs that are deleted but not purged (documented)."),
    "purge": ("purge", "Whether to delete permanently (documented)."),
    "user_id": ("user_id", _PEOPLE),
    "user_name": ("user_name", _PEOPLE),
    "privilege_id": ("privilege_id", "Only what this privilege gives access to (documented; the details are assumed)."),
}
_BOOLEAN = ("include_deleted", "purge")
NOT_PURGED = {500: "`purge` is missing (documented)."}
CREATED_200 = {200: "Created; a setting selects this status (observed)."}
READING = ("overview", "include_deleted")
_FILTER = "Only what belongs to it (documented). All filters have to match (assumed)."
_OF_FASTAPI = ("HTTPValidationError", "ValidationError")


@dataclass(frozen=True, slots=True)
class Description:
    """Describe a call: its success, its body, its query, and its other answers.

    Those are text (`also`), or the same body with another status (`alike`). A body may be a form, too (`forms`).
    """

    answer: Any = None
    status: int = 200
    takes: Any = None
    query: tuple[str, ...] = ()
    also: dict[int, str] | None = None
    alike: dict[int, str] | None = None
    forms: bool = False


def described(*facts: Any, **more_facts: Any) -> Callable[[Endpoint], Endpoint]:
    """Decorate an endpoint with its Description, which the OpenAPI document is made from once somebody asks for it."""
    description = Description(*facts, **more_facts)

    def decorate(endpoint: Endpoint) -> Endpoint:
        endpoint.description = description  # type: ignore[attr-defined]
        return endpoint

    return decorate


def document(app: FastAPI, resources: Sequence[Resource]) -> dict[str, Any]:
    """Return the document, made once."""
    if app.openapi_schema is None:
        whole = get_openapi(title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes)
        schemas = Schemas()
        paths = {name: facts for resource in resources for name, *facts in resource.path_parameters}
        for route in routes(resources):
            for method in route.methods or ():
                call = whole["paths"][route.path][method.lower()]
                call.update(_described_call(route, method, call, schemas, paths))
        known = whole.setdefault("components", {}).setdefault("schemas", {})
        whole["components"]["schemas"] = {
            name: schema for name, schema in (known | schemas.components).items() if name not in _OF_FASTAPI
        }
        app.openapi_schema = whole
    return app.openapi_schema


def _described_call(
    route: APIRoute, method: str, call: dict[str, Any], schemas: Schemas, paths: dict[str, list[str]]
) -> dict[str, Any]:
    description: Description = route.endpoint.description  # type: ignore[attr-defined]
    names = re.findall(r"{(\w+)}", route.path)
    parts: dict[str, Any] = {
        "parameters": [*map(_query_parameter, description.query), *(_path_parameter(name, paths) for name in names)],
        "responses": _responses(route, method, call, schemas, description),
    }
    if description.takes is not None:
        kinds = ("application/json", *([FORM] if description.forms else []))
        schema = schemas.in_place(description.takes)
        parts["requestBody"] = {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}
    return parts


def _responses(
    route: APIRoute, method: str, call: dict[str, Any], schemas: Schemas, description: Description
) -> dict[str, Any]:
    """Return the answers; those beside a success follow from the method, the path, the query and the security."""
    success: dict[str, Any] = {"description": "Successful Response"}
    if description.status != 204:
        text = route.response_class is PlainTextResponse
        schema = {"type": "string"} if text else schemas.of_answer(description.answer, call["operationId"])
        success["content"] = {"text/plain" if text else "application/json": {"schema": schema}}
    is_write = method in ("POST", "PUT", "DELETE")
    possible = {
        "400": is_write or any(name in _BOOLEAN for name in description.query),
        "401": "security" in call,
        "403": is_write,
        "404": "{" in route.path,
    }
    responses = {status: _ANSWERS[status] for status, is_possible in possible.items() if is_possible}
    responses[str(description.status)] = success
    for code, meaning in (description.also or {}).items():
        responses[str(code)] = {"description": meaning, "content": _TEXT}
    for code, meaning in (description.alike or {}).items():
        responses[str(code)] = {"description": meaning, "content": success["content"]}
    return dict(sorted(responses.items()))


def _query_parameter(query: str) -> dict[str, Any]:
    name, description = _QUERIES.get(query, (query, _FILTER))
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "string"} | ({"enum": list(BOOLEANS)} if name in _BOOLEAN else {}),
    }


def _path_parameter(name: str, paths: dict[str, list[str]]) -> dict[str, Any]:
    description, example = paths[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "example": example,
        "schema": {"type": "string", "minLength": 1},
    }
