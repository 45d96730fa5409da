# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Finding out what a number stands for where a name is expected. Private to bytemark.cloud.

The API takes a name or an id in each part of a path, and which of the two it prefers is not known. Here a number is a
name first, and an id only of something that lies in the account or the group named beside it; one that is both is
refused. A name that is not all digits costs no request.
"""

from __future__ import annotations

from ansible_collections.bytemark.cloud.plugins.module_utils._client import Client
from ansible_collections.bytemark.cloud.plugins.module_utils._errors import BigvError
from ansible_collections.bytemark.cloud.plugins.module_utils._names import (
    GroupName,
    NumericName,
    api_path,
    find_by_name,
    find_by_name_or_id,
    is_id,
    name_of,
)
from ansible_collections.bytemark.cloud.plugins.module_utils._plan import Resource


def list_groups(client: Client, account: str, **query: str) -> list[Resource]:
    """Return the groups of an account; an account that is not there is an error."""
    try:
        return client.get_list(api_path("accounts", account, "groups"), f"the groups of account {account}", **query)
    except BigvError as error:
        if not error.says_missing:
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
    if not is_numeric(account):
        return account
    found = find_by_name_or_id("account", account, client.get_list("/accounts", "the accounts"), "account")
    return name_of(found) if found else account


def locate_group(client: Client, name: GroupName, option: str = "group", may_be_id: bool = True) -> GroupName:
    """Return where the group of that name is, or, if it ``may_be_id``, of that id, for use in paths."""
    account = locate_account(client, name.account)
    if not is_numeric(name.group):
        return GroupName(name.group, account)
    found = find_in_list(client, api_path("accounts", account, "groups"), option, name.group, may_be_id)
    return GroupName(name_of(found) if found else name.group, account)


def find_in_list(
    client: Client, path: str, option: str, name: str, may_be_id: bool, instead: str = "give the name", **query: str
) -> Resource | None:
    """Return the resource of a list that has the number as its name or, if it ``may_be_id``, as its id, or None."""
    try:
        listed = client.get_list(path, f"the list {path}", **query)
    except BigvError as error:
        if not error.says_missing:
            raise
        return None
    kind = "VM" if path.endswith("/virtual_machines") else "group"
    if may_be_id:
        found: Resource | None = find_by_name_or_id(option, name, listed, kind)
    else:
        found = find_by_name(option, name, listed, kind, instead)
    return found


def is_numeric(name: str) -> bool:
    """Return whether the name is a number of which is not known yet what it stands for."""
    return is_id(name) and not isinstance(name, NumericName)
