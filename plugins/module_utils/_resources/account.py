# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Accounts, which hold everything else. Private to bytemark.cloud."""

from __future__ import annotations

from .._core.attributes import Attribute, Schema, identifier, name
from .._core.client import Client
from .._core.errors import BigvError
from .._core.locating import find_numeric
from .._core.names import api_path, is_numeric, name_of
from .._core.plan import Resource

ACCOUNT = Schema(
    "account",
    identifier("account", 12),
    name("account", "acme"),
    # Nothing here relies on it, so any value will do.
    Attribute("suspended", "bool", "Whether the account is suspended.", False, convert=lambda value: value),
)


def get_account(client: Client, account: str) -> Resource:
    """Return the account of that name or id; refuse one that does not exist."""
    found = client.find(api_path("accounts", account), f"account {account}", ACCOUNT)
    if found is None:
        raise BigvError(
            f"account: there is no account {account!r}, or these credentials cannot see it. Check the name and which "
            "credentials are used.",
            status=404,
        )
    return found


def check_account(client: Client, account: str) -> None:
    """Refuse an account that does not exist."""
    get_account(client, account)


def locate_account(client: Client, account: str) -> str:
    """Return the name of the account, for use in paths."""
    found = find_numeric(client, "/accounts", "account", account, ACCOUNT) if is_numeric(account) else None
    return name_of(found) if found else account
