# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Reading users, and whose credentials a task has. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.locating import find_numeric
from ..._core.names import NumericName, api_path, check_name, is_numeric, name_of
from ..._core.plan import Resource
from ..api_key.read import list_api_keys, owner_of
from .attributes import USER


def find_user(client: Client, option: str, name: str) -> Resource | None:
    """Return the user of that name, or else of that id, or None where there is none that can be seen."""
    if is_numeric(name):
        found = find_numeric(client, "/users", option, name, USER, name_key="username")
        if found is None or found:
            return found
    return client.find(api_path("users", name), f"user {name}", USER)


def get_user(client: Client, option: str, name: str) -> Resource:
    """Return the user of that name or id; refuse one that does not exist."""
    user = find_user(client, option, check_name(option, name, dots=True))
    if user is None:
        raise BigvError(
            f"{option}: there is no user {name!r}, or these credentials cannot see it. Check the name and which "
            "credentials are used.",
            status=404,
        )
    return user


def own_user(client: Client, option: str) -> str:
    """Return whose credentials these are, by name or by id; refuse it where that cannot be told."""
    found = own_user_or_none(client)
    if found is None:
        raise BigvError(
            f"{option}: is required, because the user of these credentials cannot be determined; specify the user's "
            "name"
        )
    return found


def own_user_or_none(client: Client, keys: Iterable[Resource] | None = None) -> str | None:
    """Return whose credentials these are, by name or by id, or None where that cannot be told.

    A session says it (documented). The ``keys`` that can be listed are one's own (observed), and name their user.
    """
    if not client.has_api_key:
        return client.session_user()
    user_id = owner_of(list_api_keys(client) if keys is None else keys)
    return None if user_id is None else NumericName(str(user_id), user_id)


def is_user(user: Resource, name: str | None) -> bool:
    """Tell whether a user is the one of this name or id."""
    return name is not None and name in (str(user.get("username")), str(user.get("id")))


def user_path(user: Resource) -> str:
    """Return the path of a user."""
    return api_path("users", name_of(user, "username"))
