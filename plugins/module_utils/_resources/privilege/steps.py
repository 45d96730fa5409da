# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The writes that grant, change and revoke privileges. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..._core.names import api_path, name_of
from ..._core.plan import Reader, Resource, Step, Target, describe_changes
from ..user.read import user_path
from .attributes import PRIVILEGE, TARGET_IDS
from .read import list_privileges

IDENTITY = ("level", *TARGET_IDS, "api_key_id")


def granted(user: Resource, body: Mapping[str, Any]) -> Resource:
    """Return the privilege that a grant makes, as far as it can be predicted. It takes no YubiKey (assumed)."""
    known = {"user_id": user.get("id"), "username": user.get("username"), "yubikey_required": False}
    return {**dict.fromkeys(PRIVILEGE.attributes), **known, **body}


def grant(user: Resource, body: Mapping[str, Any], what: str) -> Step:
    """Return the write that grants a privilege."""
    return Step(
        f"grant {what}",
        "POST",
        f"{user_path(user)}/privileges",
        PRIVILEGE,
        body,
        verify=_in_list(user, {key: body.get(key) for key in IDENTITY}),
        effect="create",
    )


def change(user: Resource, privilege: Resource, changes: Resource, what: str) -> Step:
    """Return the write that changes a privilege."""
    return Step(
        f"change {what}: {describe_changes(privilege, changes)}",
        "PUT",
        api_path("privileges", privilege["id"]),
        PRIVILEGE,
        changes,
        resource_id=privilege["id"],
    )


def revoke(user: Resource, privilege: Resource, what: str) -> Step:
    """Return the write that revokes a privilege."""
    path = api_path("privileges", privilege["id"])
    return Step(
        f"revoke {what}",
        "DELETE",
        "",
        PRIVILEGE,
        resource_id=privilege["id"],
        effect="purge",
        target=Target(
            owner=None,
            description=what,
            schema=PRIVILEGE,
            paths=(path,),
            expected={key: privilege.get(key) for key in ("id", *IDENTITY)},
        ),
    )


def _in_list(user: Resource, identity: Resource) -> Callable[[Reader, str], Resource | None]:
    def found(reader: Reader, what: str) -> Resource | None:
        listed = list_privileges(reader, user, what)
        return next((entry for entry in listed if PRIVILEGE.shows(entry, identity)), None)

    return found


def describe(user: Resource, level: str, target: str, api_key: str = "") -> str:
    """Return what messages call a privilege."""
    return f"{level} of {target} to " + (f"API key {api_key}" if api_key else f"user {name_of(user, 'username')}")
