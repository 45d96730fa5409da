# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Taking a JSON document apart strictly, and saying where in it something is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from .problem import Errors, Invalid, Problem, Rule, read_attributes
from .redaction import without_api_keys


class DocumentError(ValueError):
    """Report a document that is not valid; the text begins with the path in it, and repeats no API key."""

    def __init__(self, text: str) -> None:
        super().__init__(without_api_keys(text))


def items_of(parent: Mapping[str, Any], key: str, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    found = parent.get(key, [])
    where = f"{path}.{key}" if path else key
    if not isinstance(found, list):
        raise DocumentError(f"{where}: is not an array")
    for position, item in enumerate(found):
        yield f"{where}[{position}]", object_of(item, f"{where}[{position}]")


def read(
    item: Mapping[str, Any],
    path: str,
    known: Mapping[str, Rule],
    required: tuple[str, ...] = (),
    children: tuple[str, ...] = (),
) -> dict[str, Any]:
    only_known(item, {*known, *children}, path)
    errors = Errors()
    try:
        values = read_attributes(item, known, errors)
    except Problem as problem:
        raise DocumentError(f"{path}: {problem.body}") from None
    for attribute in required:
        if attribute not in item:
            errors.add(attribute, "can't be blank")
    refuse(errors, path)
    return values


def read_complete(
    item: Mapping[str, Any], path: str, known: Mapping[str, Rule], children: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the values of an item that has to have all that is known."""
    return read(item, path, known, required=(*known, *children), children=children)


def without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that are not None."""
    return {key: value for key, value in values.items() if value is not None}


def refuse(errors: Errors, path: str) -> None:
    for attribute, messages in errors.items():
        raise DocumentError(f"{path}.{attribute}: {messages if isinstance(messages, str) else messages[0]}")


def object_of(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DocumentError(f"{path}: is not an object")
    return value


def only_known(item: Mapping[str, Any], known: set[str], path: str) -> None:
    for key in item:
        if key not in known:
            raise DocumentError(f"{path}: unknown key {key!r} (known: {', '.join(sorted(known))})")


def refuse_used(value: Any, used: Mapping[Any, Any], path: str, is_secret: bool = False) -> None:
    if value in used:
        raise DocumentError(f"{path}: {'it' if is_secret else value} is already used")


def point_in_time(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Invalid("is not a number of seconds since 1970")
    return value
