# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Whether a result is what the module's documentation says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml
from ansible_collections.bytemark.cloud.tests.unit.support import load_module

TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "bool": bool,
    "list": list,
    "dict": dict,
    "raw": object,
}
# What ansible-core makes of a value with a secret in it; a number becomes this too.
CENSORED = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
# What every module may return.
COMMON: dict[str, Any] = {
    "changed": {"type": "bool"},
    "failed": {"type": "bool"},
    "msg": {"type": "str"},
    "warnings": {"type": "list", "elements": "str"},
    "diff": {"type": "raw"},
    "invocation": {"type": "dict"},
    "exception": {"type": "raw"},
    "actions": {"type": "list", "elements": "str"},
}


@cache
def documented(module_name: str) -> dict[str, Any]:
    """Return what a module documents of its result."""
    return COMMON | yaml.safe_load(load_module(module_name).RETURN)


def departures(
    values: Mapping[str, Any], says: Mapping[str, Any], where: str = "", whole: bool = True
) -> Iterator[str]:
    """Where values are not of the documented type, or not documented. What is none may be so everywhere."""
    for key, value in values.items():
        place = f"{where}.{key}"
        if key in says:
            yield from _departures(value, says[key], place)
        elif whole:
            yield f"{place} is not documented"


def _departures(value: Any, says: Mapping[str, Any], where: str) -> Iterator[str]:
    kind = says["type"]
    if value is None or value == CENSORED:
        return
    if not isinstance(value, TYPES[kind]) or (kind == "int" and isinstance(value, bool)):
        yield f"{where} is {value!r:.80}, no {kind}"
    elif kind == "list":
        for entry in value:
            yield from _departures(entry, {**says, "type": says.get("elements", "raw")}, f"{where}[]")
    elif kind == "dict":
        yield from departures(value, says.get("contains", {}), where, whole=False)
