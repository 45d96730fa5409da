# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Accounts with all that is in them, read at once, and ``bigv_account_info``. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._core.attributes import Attribute, Schema
from .._core.client import Client
from .._core.kind import InfoKind
from .._core.locating import find_numeric
from .._core.names import api_path, is_numeric, name_of
from .._core.plan import FULL_VIEW, Resource
from .account import ACCOUNT, check_account
from .group import GROUP, list_groups
from .names import account_name
from .vm.read import NESTED, list_vms

INFO_OPTIONS: dict[str, Any] = {"overview": {"type": "bool", "default": False}}
OVERVIEW = Schema(
    "account",
    *ACCOUNT.attributes.values(),
    nested={"groups": GROUP},
    computed=(
        Attribute(
            "groups",
            "list of dict",
            "With O(overview=true), the groups, each with its C(virtual_machines), as the API nests them.",
            [{"id": 123, "account_id": 12, "name": "staging", "virtual_machines": []}],
        ),
    ),
)


def read_overview(client: Client, account: str) -> tuple[str, list[Resource], list[Resource]]:
    """Return the id, the groups and the VMs of an account, soft-deleted ones too.

    That is one request, or a few more where the API does not nest them.
    """
    whole = client.find(
        api_path("accounts", account), f"the groups and VMs of account {account}", OVERVIEW, **FULL_VIEW
    )
    if whole is None:
        check_account(client, account)
    whole = whole or {}
    account_id, groups = str(whole.get("id")), whole.get("groups")
    if isinstance(groups, list) and all("virtual_machines" in group for group in groups):
        vms = [{"group_id": group.get("id"), **vm} for group in groups for vm in group["virtual_machines"]]
        if all(key in vm for vm in vms for key in NESTED):
            return account_id, groups, vms
    else:
        groups = list_groups(client, account)
    return account_id, groups, list_vms(client, account_id=account_id, include_deleted="true")


class AccountInfo(InfoKind):
    """The accounts that the credentials see, or one of them."""

    noun = "accounts"
    schema = OVERVIEW
    options = INFO_OPTIONS

    def find(self, client: Client, params: dict[str, Any]) -> Iterable[Resource]:
        """Return the account that is named, if it is there, or all accounts."""
        query = {"view": "overview"} if params["overview"] else {}
        if params["account"] is None and not params["default_account"]:
            accounts = client.get_list("/accounts", "the accounts", OVERVIEW, **query)
        else:
            account = _find_account(client, account_name(params["account"], params["default_account"]), query)
            accounts = [account] if account else []
        if params["overview"]:
            return [_with_groups(client, account) for account in accounts]
        return [OVERVIEW.without_nested(account) for account in accounts]


def _find_account(client: Client, name: str, query: dict[str, Any]) -> Resource | None:
    """Return the account of a name or, if it is a number, of a name or an id."""
    found = find_numeric(client, "/accounts", "account", name, OVERVIEW, **query) if is_numeric(name) else {}
    return client.find(api_path("accounts", name), f"account {name}", OVERVIEW, **query) if found == {} else found


def _with_groups(client: Client, account: Resource) -> Resource:
    """Return the account with its groups and their VMs, read apart where the API does not nest them."""
    name, groups = name_of(account), account.get("groups")
    if groups is None:
        groups = list_groups(client, name)
    if not all("virtual_machines" in group for group in groups):
        vms = list_vms(client, account_id=str(account["id"]))
        groups = [
            {"virtual_machines": [vm for vm in vms if vm.get("group_id") == group["id"]], **group} for group in groups
        ]
    return {**account, "groups": [_without_deleted(group) for group in groups]}


def _without_deleted(group: Resource) -> Resource:
    return {**group, "virtual_machines": [vm for vm in group["virtual_machines"] if not vm.get("deleted")]}
