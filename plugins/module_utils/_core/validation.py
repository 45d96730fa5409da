# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The shape of what the API answers, checked once, where it comes in. Pure. Private to bytemark.cloud.

The code and its users can rely on this: numbers are numbers (also where the API spells them as strings), text is text
(also where it is a number), or null where it is optional and empty; what is nested is a list of objects, and is missing
where it is null, so that it is read apart. Any other attribute may be null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .attributes import TYPES, Attribute, Schema
from .names import is_id

TYPE_NAMES = {int: "a number", str: "text", bool: "true or false"}


class InvalidResponse(ValueError):
    """An answer is not of the shape that it has to have; the message ends a sentence."""

    def __init__(self, why: str, where: str) -> None:
        super().__init__(f"{why} at {where.lstrip('.')}" if where else why)


class Unsettled(dict[str, Any]):
    """An object that the API is still at work on, such as a VM that is being built: it was answered with 202."""


def once_settled(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return the test that holds only of what the API is no longer at work on."""
    return lambda seen: not isinstance(seen, Unsettled) and test(seen)


def validate(answer: Any, schema: Schema, where: str = "") -> dict[str, Any]:
    """Return the object, put into shape in place.

    >>> from .attributes import Attribute
    >>> validate({"id": "5", "keymap": ""}, Schema("", Attribute("id", "int"), Attribute("keymap", "optional text")))
    {'id': 5, 'keymap': None}
    """
    if isinstance(answer, dict):
        respell(answer, schema.spellings)
    if not isinstance(answer, dict) or answer.get(schema.key) is None:
        raise InvalidResponse(f"not an object with the attribute {schema.key!r}", where)
    types, nested = schema.types, schema.nested
    for name, value in list(answer.items()):
        # To Python true and false are numbers too: the type has to be the very same.
        if value.__class__ is types.get(name):
            if value == "" and name in schema.optional:
                answer[name] = None
        elif name in nested:
            if value is None:
                del answer[name]
            else:
                validate_list(value, nested[name], f"{where}.{name}")
        elif value is not None and name in types:
            answer[name] = _converted(value, schema.attributes[name], f"{where}.{name}")
    return answer


def validate_list(answer: Any, schema: Schema, where: str = "") -> list[dict[str, Any]]:
    """Return the list of objects, each put into shape in place."""
    if not isinstance(answer, list):
        raise InvalidResponse("not a list of objects", where)
    return [validate(entry, schema, f"{where}[{position}]") for position, entry in enumerate(answer)]


def respell(answer: dict[str, Any], spellings: Mapping[str, str]) -> None:
    """Give the attributes that the answer spells otherwise their names."""
    for spelling, name in spellings.items():
        if spelling in answer and answer.get(name) is None:
            answer[name] = answer.pop(spelling)


def _converted(value: Any, attribute: Attribute, where: str) -> Any:
    """Return the value as it should have been."""
    if attribute.convert:
        try:
            return attribute.convert(value)
        except ValueError as why:
            raise InvalidResponse(str(why), where) from None
    wanted = TYPES.get(attribute.kind)
    if wanted is int:
        value = as_number(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
    elif wanted is str and value.__class__ is int:
        value = str(value)
    if wanted is None or value.__class__ is wanted:
        return value
    raise InvalidResponse(f"not {TYPE_NAMES[wanted]}", where)


def as_number(value: Any) -> Any:
    """Return the number that a text spells; anything else as it is."""
    return int(value) if isinstance(value, str) and is_id(value) else value
