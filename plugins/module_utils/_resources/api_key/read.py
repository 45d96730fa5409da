# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Reading API keys. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable

from ..._core.client import Client
from ..._core.plan import Reader, Resource
from .attributes import API_KEY


def list_api_keys(client: Client | Reader, what: str = "the API keys") -> list[Resource]:
    """Return the API keys of the user whose credentials these are, with their privileges: others cannot be read.

    A secret is in none of them, wherever the API may show it.
    """
    return [without_secret(key) for key in client.get_list("/api_keys", what, API_KEY, view="overview")]


def without_secret(key: Resource) -> Resource:
    """Return a key without its secret."""
    return {name: value for name, value in key.items() if name != "api_key"}


def owner_of(keys: Iterable[Resource]) -> int | None:
    """Return the id of the user whose keys can be listed, which are one's own (observed), or None if there are none."""
    users = {key.get("user_id") for key in keys}
    return users.pop() if len(users) == 1 else None
