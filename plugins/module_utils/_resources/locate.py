# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Finding out what a number stands for where a name is expected. Private to bytemark.cloud.

The API takes a name or an id in each part of a path, and which of the two it prefers is not known. Here a number is a
name first, and an id only of something that lies in the account or the group named beside it; one that is both is
refused. A name that is not all digits costs no request.
"""

from __future__ import annotations

from .._core.client import Client
from .._core.errors import BigvError
from .._core.names import (
    GroupName,
    api_path,
    find_by_name,
    find_by_name_or_id,
    is_numeric,
    name_of,
)
from .._core.plan import Resource

KINDS = {"accounts": "account", "groups": "group", "virtual_machines": "VM"}


def list_groups(client: Client, account: str) -> list[Resource]:
    """Return the groups of an account; an account that is not there is an error."""
    try:
        return client.get_list(api_path("accounts", account, "groups"), f"the groups of account {account}")
    except BigvError as error:
        if not error.is_not_found:
            raise
        check_account(client, account)
        return []


def check_account(client: Client, account: str) -> None:
    """Refuse an account that is not there."""
    if client.find(api_path("accounts", account), f"account {account}") is None:
        raise BigvError(
            f"account: there is no account {account!r}, or these credentials cannot see it. Check the name and whose "
            "credentials these are.",
            status=404,
        )


def locate_account(client: Client, account: str) -> str:
    """Return the name of the account, for use in paths."""
    found = find_numeric(client, "/accounts", "account", account) if is_numeric(account) else None
    return name_of(found) if found else account


def locate_group(client: Client, name: GroupName) -> GroupName | None:
    """Return where the group of that name or id is, for use in paths.

    None says that the account has no group of that number.
    """
    account = locate_account(client, name.account)
    if not is_numeric(name.group):
        return GroupName(name.group, account)
    group = find_numeric(client, api_path("accounts", account, "groups"), "group", name.group)
    return None if group is None else GroupName(name_of(group) if group else name.group, account)


def find_numeric(
    client: Client,
    path: str,
    option: str,
    name: str,
    may_be_id: bool = True,
    instead: str = "give the name",
    **query: str,
) -> Resource | None:
    """Return the resource of a list that has the number as its name or, if it ``may_be_id``, as its id.

    None says that there is none; an empty resource that the API does not give the list.
    """
    try:
        listed = client.get_list(path, f"the list {path}", **query)
    except BigvError as error:
        if not error.is_not_found:
            raise
        return {}
    kind = KINDS[path.rpartition("/")[2]]
    if may_be_id:
        found: Resource | None = find_by_name_or_id(option, name, listed, kind)
    else:
        found = find_by_name(option, name, listed, kind, instead)
    return found
