# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Privileges as ``bigv_privilege_info`` lists them. Private to bytemark.cloud."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from ..._core.client import Client
from ..._core.errors import NotFound, Rejected
from ..._core.kind import InfoKind
from ..._core.plan import Resource
from ..names import NAME_VARIABLES
from ..user.read import get_user
from .attributes import PRIVILEGE, TARGETS
from .kind import find_api_key
from .read import list_privileges
from .target import PrivilegeTarget, find_target

INFO_OPTIONS: dict[str, Any] = {
    "user": {"type": "str"},
    "vm": {"type": "str"},
    "group": {"type": "str"},
    "account_target": {"type": "str"},
    "level": {"type": "str", "choices": list(TARGETS)},
    "api_key": {"type": "str", "no_log": False},
}
INFO_CONSTRAINTS: dict[str, Any] = {"mutually_exclusive": [("vm", "account_target"), ("group", "account_target")]}


class PrivilegeInfo(InfoKind):
    """The privileges that the credentials see: all, or those that match."""

    noun = "privileges"
    schema = PRIVILEGE
    options = INFO_OPTIONS
    constraints = INFO_CONSTRAINTS
    name_variables = NAME_VARIABLES

    def find(self, client: Client, params: dict[str, Any]) -> Iterable[Resource]:
        """Return the privileges that match all options."""
        wanted: Resource = {} if params["level"] is None else {"level": params["level"]}
        user = get_user(client, "user", params["user"]) if params["user"] is not None else None
        if params["api_key"] is not None:
            wanted["api_key_id"] = find_api_key(client, user, params["api_key"])["id"]
        target = _target(client, params)
        if target is not None:
            if target.id is None:
                return []
            wanted[target.attribute] = target.id
        found = {entry["id"]: entry for entry in _listed(client, user, target)}
        return [entry for entry in found.values() if PRIVILEGE.shows(entry, wanted) and _is_of(entry, user)]


def _listed(client: Client, user: Resource | None, target: PrivilegeTarget | None) -> Iterator[Resource]:
    """Yield what the API lists, some of it twice: each list has what the credentials may see in it (observed)."""
    if user is not None:
        yield from list_privileges(client, user)
        return
    yield from client.get_list("/privileges", "the privileges", PRIVILEGE)
    if target is not None:
        # What may not be read there is not shown, as elsewhere.
        with contextlib.suppress(NotFound, Rejected):
            yield from client.get_list(f"{target.path}/privileges", f"the privileges of {target.name}", PRIVILEGE)


def _is_of(entry: Resource, user: Resource | None) -> bool:
    return user is None or entry.get("user_id") in (None, user["id"])


def _target(client: Client, params: dict[str, Any]) -> PrivilegeTarget | None:
    """Return the target that the options name, if they name one."""
    for option, level in (("vm", "vm_admin"), ("group", "group_admin"), ("account_target", "account_admin")):
        if params[option] is not None:
            account = params["account_target"] if option == "account_target" else params["account"]
            return find_target(client, {**params, "level": level, "account": account})
    return None
