# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The one error of the model, and the checks that gather attribute messages for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Rule = Callable[[Any], Any]
TAKEN = "has already been taken"


class Problem(Exception):
    """Refuse a request with an HTTP status, and a body that is text or a JSON object."""

    def __init__(self, status: int, body: str | dict[str, Any]) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


class Invalid(ValueError):
    """Report a value that breaks a rule; the text is the message for its attribute."""


class Errors(dict[str, Any]):
    """Gather the body of a 400, documented as attribute → [messages]."""

    def add(self, attribute: str, message: str) -> None:
        self.setdefault(attribute, []).append(message)

    def raise_any(self) -> None:
        if self:
            raise Problem(400, dict(self))


def read_attributes(body: Mapping[str, Any], rules: Mapping[str, Rule], errors: Errors) -> dict[str, Any]:
    """Return the known attributes of a body; unknown ones are silently discarded (documented)."""
    values = {}
    for attribute, rule in rules.items():
        if attribute in body:
            try:
                values[attribute] = rule(body[attribute])
            except Invalid as error:
                errors.add(attribute, str(error))
    return values


def not_found() -> Problem:
    """Make a 404: unknown and invisible resources cannot be told apart (documented)."""
    return Problem(404, "Not found")


def forbidden() -> Problem:
    """Make a 403: it may be seen, but not changed (documented)."""
    return Problem(403, "Forbidden: you may see this, but not change it")
