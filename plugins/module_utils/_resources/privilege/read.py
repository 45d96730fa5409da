# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Reading privileges. Private to bytemark.cloud."""

from __future__ import annotations

from ..._core.names import name_of
from ..._core.plan import Reader, Resource
from ..user.read import user_path
from .attributes import PRIVILEGE


def list_privileges(reader: Reader, user: Resource, what: str = "") -> list[Resource]:
    """Return the privileges of a user, those of the user's API keys among them."""
    what = what or f"the privileges of user {name_of(user, 'username')}"
    return reader.get_list(f"{user_path(user)}/privileges", what, PRIVILEGE)
