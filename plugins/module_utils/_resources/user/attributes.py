# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Users, declared. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from typing import Any

from ..._core.attributes import Attribute, Schema, identifier
from ..._core.plan import Resource


def key_lines(value: Any) -> list[str]:
    """Return the lines of authorized keys, which are one text (documented) that may end in blank lines (observed)."""
    lines = value.splitlines() if isinstance(value, str) else value
    if not (isinstance(lines, list) and all(isinstance(line, str) for line in lines)):
        raise ValueError("not text")
    return [line.strip() for line in lines if line.strip()]


def keys_of(user: Resource) -> list[str]:
    """Return the authorized keys of a user."""
    return user.get("authorized_keys") or []


def _is_same(seen: Any, written: Any) -> bool:
    return sorted(key_lines(seen or [])) == sorted(key_lines(written or []))


USER = Schema(
    "user",
    identifier("user", 7),
    Attribute("username", "text", "The name of the user.", "alice"),
    Attribute("email", "optional text", "The e-mail address of the user, if there is one.", "alice@example.com"),
    Attribute(
        "authorized_keys",
        "list of str",
        "The SSH public keys of the user, which give access to the consoles of VMs. Empty if the API shows none, which "
        "may be because these credentials may not see them.",
        ["ssh-ed25519 AAAA... alice@laptop"],
        convert=key_lines,
        is_same=_is_same,
        compared=True,
    ),
)
