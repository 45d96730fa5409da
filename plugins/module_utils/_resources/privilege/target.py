# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""What a privilege is for: the VM, the group or the account that options name. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.locating import find_numeric
from ..._core.names import api_path, is_numeric
from ..account import ACCOUNT
from ..group import find_group
from ..names import account_name, group_name
from ..vm.reference import find_vm_by_name_or_id
from .attributes import TARGETS

OPTIONS = ("vm", "group", "account")


class PrivilegeTarget(NamedTuple):
    """The VM, group or account that a privilege of a level is for: the attribute that says so, its id, name and path.

    The id is None where it does not exist.
    """

    level: str
    attribute: str
    id: int | None
    name: str
    path: str

    @property
    def identity(self) -> dict[str, Any]:
        """Return the attributes that identify a privilege for it."""
        return {"level": self.level, self.attribute: self.id}


def check_target(params: Mapping[str, Any], prefix: str = "") -> None:
    """Refuse options that do not specify the target of a level, or specify another one as well."""
    level = params["level"]
    option, _attribute = TARGETS[level]
    if option != "account" and params[option] is None:
        raise BigvError(f"{prefix}{option}: is required; level {level} applies to a {option}")
    for other in OPTIONS[: OPTIONS.index(option)]:
        if params[other] is not None:
            raise BigvError(
                f"{prefix}{other}: cannot be used with level {level}, which applies to {_a(option)}; leave it out"
            )


def _a(option: str) -> str:
    return {"vm": "a VM", "group": "a group", "account": "an account"}[option]


def find_target(client: Client, params: Mapping[str, Any], prefix: str = "") -> PrivilegeTarget:
    """Return the target of a level that the options specify: one GET."""
    level = params["level"]
    option, attribute = TARGETS[level]
    if option == "vm":
        vm, location = find_vm_by_name_or_id(client, f"{prefix}vm", params["vm"], params)
        found, name, path = None if vm is None or vm.get("deleted") else vm, f"VM {location}", location.path
    elif option == "group":
        wanted = group_name(params["group"], params["account"], params["default_account"], f"{prefix}group")
        found, place = find_group(client, wanted, f"{prefix}group", may_be_id=True)
        name, path = f"group {place}", place.path
    else:
        account = account_name(params["account"], params["default_account"])
        found, name, path = _find_account(client, account), f"account {account}", api_path("accounts", account)
    return PrivilegeTarget(level, attribute, found["id"] if found else None, name, path)


def _find_account(client: Client, account: str) -> dict[str, Any] | None:
    if is_numeric(account):
        found = find_numeric(client, "/accounts", "account", account, ACCOUNT)
        if found is None or found:
            return found
    return client.find(api_path("accounts", account), f"account {account}", ACCOUNT)


def missing_target(target: PrivilegeTarget, prefix: str = "") -> BigvError:
    """Return the error of a target that does not exist."""
    option = TARGETS[target.level][0]
    return BigvError(f"{prefix}{option}: there is no {target.name}, or these credentials cannot see it", status=404)
