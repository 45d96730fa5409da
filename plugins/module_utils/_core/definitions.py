# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Values that have to be in the API's own lists. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .client import DEFINITION, DEFINITIONS, Client
from .errors import BigvError, shown_name
from .plan import DefinitionCheck


def read_definitions(client: Client) -> dict[str, Any]:
    """Return what the API lists as possible, by the names of the lists."""
    return {entry["id"]: entry.get("data") for entry in client.get_list(DEFINITIONS, "the definitions", DEFINITION)}


def check_definitions(client: Client, checks: Iterable[DefinitionCheck]) -> None:
    """Refuse values that the API does not list."""
    for problem in unlisted(client, checks):
        raise BigvError(problem)


def unlisted(client: Client, checks: Iterable[DefinitionCheck]) -> Iterator[str]:
    """Yield what is wrong with values that the API does not list. Without any, nothing is read."""
    checks = tuple(checks)
    if not checks:
        return
    definitions = read_definitions(client)
    for option, definition, value, owner, separator in checks:
        values = definitions.get(definition)
        if isinstance(values, list) and not _is_listed(value, values, separator):
            choices = ", ".join(str(choice) for choice in values)
            whose = f" ({owner})" if owner else ""
            yield f"{option}: {shown_name(value)} is not one of the API's {definition}: {choices}{whose}"


def _is_listed(value: str, values: list[Any], separator: str) -> bool:
    """Tell whether a value is one of those listed or, where there is a separator, several of them.

    >>> _is_listed("ctrl-alt-f1", ["ctrl-alt", "f1"], "-"), _is_listed("ctrl-alt-f1", ["ctrl", "f1"], "-")
    (True, False)
    """
    if not separator or value in values:
        return value in values
    return any(
        _is_listed(value.removeprefix(f"{listed}{separator}"), values, separator)
        for listed in values
        if value.startswith(f"{listed}{separator}")
    )
