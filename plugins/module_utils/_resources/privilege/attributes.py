# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Privileges, declared: who may do what, and to what. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._core.attributes import Attribute, Schema, identifier

# What each level is for (documented), and the attribute that says to which one (observed).
TARGETS = {
    "vm_console": ("vm", "virtual_machine_id"),
    "vm_admin": ("vm", "virtual_machine_id"),
    "group_admin": ("group", "group_id"),
    "account_admin": ("account", "account_id"),
}
TARGET_IDS = ("virtual_machine_id", "group_id", "account_id")


def _is_same_flag(seen: Any, written: Any) -> bool:
    return bool(seen) == bool(written)


PRIVILEGE = Schema(
    "privilege",
    identifier("privilege", 31),
    Attribute("user_id", "int", "The id of the user who has the privilege.", 7),
    Attribute("username", "text", "The name of the user who has the privilege.", "alice"),
    Attribute("level", "text", "What the privilege allows.", "group_admin", compared=True),
    Attribute(
        "virtual_machine_id", "int", "The id of the VM that the privilege applies to, if any.", None, compared=True
    ),
    Attribute("group_id", "int", "The id of the group that the privilege applies to, if any.", 123, compared=True),
    Attribute("account_id", "int", "The id of the account that the privilege applies to, if any.", None, compared=True),
    Attribute(
        "api_key_id",
        "int",
        "The id of the API key that has the privilege; V(none) if the user has it.",
        None,
        compared=True,
    ),
    Attribute(
        "password_required",
        "bool",
        "Whether the privilege requires a login with a password.",
        True,
        option="password_required",
        is_same=_is_same_flag,
    ),
    Attribute(
        "yubikey_required",
        "bool",
        "Whether the privilege requires a login with a YubiKey.",
        False,
        option="yubikey_required",
        is_same=_is_same_flag,
    ),
    Attribute("yubikey_otp_max_age", "int", "The maximum age of that login, in seconds.", None, compared=True),
    Attribute(
        "ip_restrictions",
        "optional text",
        "The addresses that the privilege may be used from; V(none) for any address.",
        "198.51.100.0/24",
        option="ip_restrictions",
        nullable=True,
    ),
    Attribute("creating_username", "optional text", "Who granted the privilege.", "admin"),
)


def identity_of(privilege: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what makes a privilege of a user the same as another: its level, its target, and the key that has it."""
    return (privilege.get("level"), *(privilege.get(key) for key in TARGET_IDS), privilege.get("api_key_id"))
