# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""What a user, or a privilege, reaches, according to the flat lists. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .._core.client import Client
from .._core.errors import BigvError
from .._core.names import api_path, check_name, check_number, is_numeric
from .._core.plan import Resource

REACH_OPTIONS: dict[str, Any] = {"user": {"type": "str"}, "privilege": {"type": "int"}}
MAX_ID = 10**18


class Reach(NamedTuple):
    """The user, by name or id, and the privilege, by id, that are to reach what is listed. Without any, all is."""

    user: str | None = None
    privilege: int | None = None

    @property
    def is_given(self) -> bool:
        """Tell whether what is listed has to be reached by somebody."""
        return self.user is not None or self.privilege is not None


def reach_of(params: Mapping[str, Any]) -> Reach:
    """Return the reach that the options specify."""
    user, privilege = params["user"], params["privilege"]
    return Reach(
        None if user is None else check_name("user", user, dots=True),
        check_number("privilege", privilege, 1, MAX_ID),
    )


def list_reached(client: Client, reach: Reach, read: Callable[..., list[Resource]]) -> list[Resource]:
    """Return what the user and the privilege both reach, of what ``read`` lists with the filter of either.

    Whether the API combines filters is not known, so each read has one. A user or a privilege that does not exist is an
    error; only where nothing is reached, this costs a request.
    """
    listed: list[list[Resource]] = []
    if reach.user is not None:
        from .user.read import get_user  # Only here: most lists are of whatever the credentials see.

        listed.append(read(**_user_filter(client, reach.user)))
        if not listed[-1]:
            get_user(client, "user", reach.user)
    if reach.privilege is not None:
        listed.append(read(privilege_id=str(reach.privilege)))
        if not listed[-1]:
            _check_privilege(client, reach.privilege)
    first, *others = listed
    return [found for found in first if all(found["id"] in [entry["id"] for entry in other] for other in others)]


def _user_filter(client: Client, user: str) -> dict[str, str]:
    """Return the filter for a user. A number is a name first, and else it is taken for the id that it is."""
    if not is_numeric(user):
        return {"user_name": user}
    from .user.read import find_user

    found = find_user(client, "user", user)
    return {"user_id": str(found["id"]) if found else user}


def _check_privilege(client: Client, privilege: int) -> None:
    """Refuse a privilege that does not exist."""
    from .privilege.attributes import PRIVILEGE

    if client.find(api_path("privileges", privilege), f"privilege {privilege}", PRIVILEGE) is None:
        raise BigvError(
            f"privilege: there is no privilege {privilege}, or these credentials cannot see it; bigv_privilege_info "
            "lists the existing ones",
            status=404,
        )
