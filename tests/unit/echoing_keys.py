# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A relay before the simulated cloud that knows the secret of each new API key, and gives it back wherever it can.

The label of a key says what fails after it was made, and how.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.contract.test_forms_of_answers import Reply
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Request

TEXT = "text/plain"


def echo(kind: str, token: str) -> Reply:
    """Return a failure that gives the secret back."""
    if kind == "lost":
        return Reply(None)
    if kind == "not JSON":
        return Reply(200, f"{token} {{")
    if kind == "html":
        return Reply(502, f"<html>{token}</html>", "text/html")
    if kind == "text":
        return Reply(400, f"{token} is refused", TEXT)
    return Reply(int(kind), {"base": [token, token[7:]], token: [token]})


SHAPES: dict[str, Callable[[Any], Reply]] = {
    "a list": lambda key: Reply(201, [key]),
    "nested": lambda key: Reply(201, {"key": key}),
    "no id": lambda key: Reply(201, {"api_key": key["api_key"]}),
    "an id that is none": lambda key: Reply(201, {**key, "id": key["api_key"]}),
    "elsewhere": lambda key: Reply(201, {**key, "api_key": None, "secret": key["api_key"]}),
    "in an object": lambda key: Reply(201, {**key, "api_key": {"key": key["api_key"]}}),
    "bare": lambda key: Reply(201, key["api_key"], TEXT),
    "cut": lambda key: Reply(201, json.dumps(key)[:-1]),
    "with blanks": lambda key: Reply(201, {**key, "api_key": f"{key['api_key']} {key['api_key']}"}),
    "nothing": lambda key: Reply(201),
}
KINDS = ["400", "text", "401", "403", "404", "500", "html", "not JSON", "lost"]
# What fails after a key was made: the label says it.
AFTERWARDS = [
    *(f"grant: {kind}" for kind in KINDS),
    *(f"grant and deletion: {kind}" for kind in ("400", "500", "html", "lost")),
    *(f"list: {kind}" for kind in ("400", "500", "not JSON", "lost")),
    *(f"answer: {shape}" for shape in SHAPES),
    *(f"answer and list: {shape}" for shape in ("a list", "elsewhere", "bare")),
]


class Echoing:
    """What is between the modules and the cloud. ``tokens`` are the secrets that it has seen.

    What fails after a key was made, does so once, and is not done.
    """

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self._failing: set[str] = set()
        self._kind = ""

    def form(self, request: Request, reply: Reply) -> Reply:
        if not reply.is_good:
            return reply
        if (request.method, request.path) == ("POST", "/api_keys"):
            what, _colon, self._kind = str(reply.body["label"]).partition(": ")
            self._failing = set(what.split(" and "))
            self.tokens.append(reply.body["api_key"])
            return SHAPES[self._kind](reply.body) if "answer" in self._failing else reply
        if isinstance(reply.body, dict) and self.tokens:
            return reply._replace(body={**reply.body, "note": self.tokens[-1]})
        return reply

    def instead(self, request: Request) -> Reply | None:
        what = {"POST": "grant", "DELETE": "deletion"}.get(request.method, "")
        if request.path == "/api_keys":
            what = "list" if request.method == "GET" else ""
        if what not in self._failing:
            return None
        self._failing.discard(what)
        return echo("500" if self._kind in SHAPES else self._kind, self.tokens[-1])
