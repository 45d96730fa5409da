# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""What the API lists as possible: images, zones, profiles, grades, keymaps. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .client import DEFINITIONS, Client
from .errors import BigvError
from .plan import DefinitionCheck


def check_definitions(client: Client, listed: Iterable[DefinitionCheck]) -> None:
    """Refuse values that the API does not list."""
    for problem in unlisted(client, listed):
        raise BigvError(problem)


def unlisted(client: Client, listed: Iterable[DefinitionCheck]) -> Iterator[str]:
    """What is wrong with values that the API does not list. Reads ``/definitions`` only if there is one to check."""
    listed = tuple(listed)
    if not listed:
        return
    definitions = {entry.get("id"): entry.get("data") for entry in client.get_list(DEFINITIONS, "the definitions")}
    for option, definition, value, vm in listed:
        values = definitions.get(definition)
        if isinstance(values, list) and value not in values:
            choices = ", ".join(str(choice) for choice in values)
            whose = f" (VM {vm})" if vm else ""
            yield f"{option}: {value!r} is none of the API's {definition}: {choices}{whose}"
