# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The OpenAPI document: what the routes say of themselves, and what holds for all of them."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from .http import BOOLEANS, FORM

_DESCRIPTION = """\
The API of the Bytemark Cloud as far as it is known, and as this simulator behaves. The provider has no such document.

Every fact says how it is known: **documented** by the provider, **observed** in what the provider's own client sends
and accepts, or **assumed**, because the simulator has to do something.

- JSON both ways. `POST` and `PUT` need `Content-Type: application/json` (documented), and are a 400 without (assumed).
- `PUT` changes what is sent and nothing else. Unknown attributes and query parameters are ignored (documented).
- Numbers may be sent as strings (observed). Booleans in a query are `true`, `True`, `1` (observed), `false`, `False` or
  `0` (assumed), and anything else is a 400 (assumed).
- A path that ends in a slash is the one without it (documented).
- A path takes the id of a thing in place of its name (documented for accounts and groups, observed for the rest).
- Lists come whole: there are no pages.
- Where there is `GET` there is `HEAD`, and a method that a path does not have is a 404 (assumed).
- The simulator has the auth service, a host of its own in the real cloud, under `/auth`.

To try it out here, authorize with `apikey.simulator-admin`.
"""
_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_ANSWERS = {
    "400": {
        "description": "What was asked for cannot be done: messages for each attribute, or text (documented).",
        "content": _TEXT
        | {
            "application/json": {
                "schema": {"type": "object", "description": "attribute → messages"},
                "example": {"name": ["can't be blank"], "memory": ["is not a number"]},
            }
        },
    },
    "401": {"description": "There is no valid token (documented).", "content": _TEXT},
    "403": {"description": "It may be seen, but not changed (documented).", "content": _TEXT},
    "404": {
        "description": "Unknown, or not visible to you: the two cannot be told apart (documented).",
        "content": _TEXT,
    },
}
_NAMED = "Its name or id (documented)."
_LABELLED = "Its label or id (observed)."
_PATHS = {
    "account": (_NAMED, "acme"),
    "group": (_NAMED, "default"),
    "virtual_machine": ("Its name or id (observed).", "web1"),
    "disc": (_LABELLED, "disc-1"),
    "backup": (_LABELLED, "disc-1-backup"),
    "nic": (_LABELLED, "9001"),
    "address": ("IPv4 or IPv6.", "198.18.0.1"),
    "session_id": ("As the login has answered it.", "0123456789abcdef"),
    "user": ("Its name (documented).", "admin"),
    "privilege": ("Its id.", "1"),
    "api_key": ("Its id.", "1"),
    "schedule": ("Its id.", "1"),
}
_QUERIES = {
    "overview": ("view", "`overview` nests what there is below: groups, VMs, discs and NICs (documented)."),
    "include_deleted": ("include_deleted", "True counts VMs in that are deleted, but not purged (documented)."),
    "purge": ("purge", "True removes it for good (documented)."),
    **{
        name: (name, "Only what belongs to it (documented); all filters have to match (assumed).")
        for name in ("account_id", "account_name", "group_id", "group_name", "vm_id", "vm_name")
    },
}
_BOOLEAN = ("include_deleted", "purge")
NOT_PURGED = {500: "There was no `purge` (documented)."}
BAD_CDROM = {500: "The `cdrom_url` cannot be used (observed)."}
BEING_BUILT = {202: "It is being built, and a setting has it said (observed)."}
CREATED_200 = {200: "Made, and a setting has it said so (observed)."}
READING = ("overview", "include_deleted")
FILTERS = ("account_id", "account_name", "group_id", "group_name", "vm_id", "vm_name")


def described(
    answer: Any = None,
    status: int = 200,
    takes: Any = None,
    query: tuple[str, ...] = (),
    also: dict[int, str] | None = None,
    alike: dict[int, str] | None = None,
    forms: bool = False,
) -> dict[str, Any]:
    """What a route's decorator says of its success, its body, its query, and what else it may answer.

    That is text (`also`), or the same body with another status (`alike`). A body may come as a form, too (`forms`).
    """
    extra: dict[str, Any] = {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": description,
                "schema": {"type": "string"} | ({"enum": list(BOOLEANS)} if name in _BOOLEAN else {}),
            }
            for name, description in map(_QUERIES.__getitem__, query)
        ]
    }
    if takes is not None:
        extra["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": _schema(takes)} for kind in ("application/json", *([FORM] if forms else []))},
        }
    return {
        "status_code": status,
        "response_model": answer,
        "openapi_extra": extra,
        "responses": {
            code: {"description": description, "content": _TEXT} for code, description in (also or {}).items()
        }
        | {code: {"description": description, "model": answer} for code, description in (alike or {}).items()},
    }


def _schema(model: Any) -> dict[str, Any]:
    """In place, with what it is made of in place too."""
    schema = TypeAdapter(model).json_schema()
    parts = schema.pop("$defs", {})

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return filled(parts[value["$ref"].rpartition("/")[2]])
            return {key: filled(item) for key, item in value.items()}
        return [filled(item) for item in value] if isinstance(value, list) else value

    whole: dict[str, Any] = filled(schema)
    return whole


def document(app: FastAPI) -> dict[str, Any]:
    """Made once. What a call answers beside its success follows from its method, its path and its security."""
    if app.openapi_schema is None:
        app.openapi_schema = get_openapi(
            title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes
        )
        for path, calls in app.openapi_schema["paths"].items():
            for method, call in calls.items():
                _complete(path, method, call)
        for unused in ("HTTPValidationError", "ValidationError"):
            app.openapi_schema["components"]["schemas"].pop(unused, None)
    return app.openapi_schema


def _complete(path: str, method: str, call: dict[str, Any]) -> None:
    call["responses"].pop("422", None)
    asks = any(parameter["name"] in _BOOLEAN for parameter in call.get("parameters", []))
    possible = {
        "400": asks or method in ("post", "put", "delete"),
        "401": "security" in call,
        "403": method in ("post", "put", "delete"),
        "404": "{" in path,
    }
    usual = {status: _ANSWERS[status] for status, is_possible in possible.items() if is_possible}
    call["responses"] = dict(sorted((usual | call["responses"]).items()))
    others = [parameter for parameter in call.get("parameters", []) if parameter["in"] != "path"]
    call["parameters"] = others + [_path_parameter(name) for name in re.findall(r"{(\w+)}", path)]


def _path_parameter(name: str) -> dict[str, Any]:
    description, example = _PATHS[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "example": example,
        "schema": {"type": "string", "minLength": 1},
    }
