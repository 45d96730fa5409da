# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Groups as ``bigv_group_info`` lists them. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from .._core.client import Client
from .._core.errors import NotFound
from .._core.kind import InfoKind
from .._core.names import find_by_name_or_id
from .._core.plan import Resource
from .account import check_account, get_account, locate_account
from .group import GROUP, find_group, list_groups
from .names import account_name, anywhere_in, group_name
from .reach import REACH_OPTIONS, Reach, list_reached, reach_of

INFO_OPTIONS: dict[str, Any] = {"name": {"type": "str"}, **REACH_OPTIONS}


class GroupInfo(InfoKind):
    """The groups of an account, or that somebody reaches, or one of them."""

    noun = "groups"
    schema = GROUP
    options = INFO_OPTIONS
    may_be_blank = tuple(REACH_OPTIONS)

    def find(self, client: Client, params: dict[str, Any]) -> Iterable[Resource]:
        """Return the group of the name, or all groups of the account, as far as they are reached."""
        account, default_account = params["account"], params["default_account"]
        reach = reach_of(params)
        if reach.is_given:
            return _reached_groups(client, reach, params)
        if params["name"] is None:
            return list_groups(client, locate_account(client, account_name(account, default_account)))
        group, location = find_group(client, group_name(params["name"], account, default_account), may_be_id=True)
        if group is None:
            check_account(client, location.account)
        return [group] if group else []

    def returned(self, resource: Resource) -> Resource | None:
        """Return the API's description of the group itself."""
        return GROUP.without_nested(resource)

    def run(self, client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        """Return the groups, and the time by the API's clock."""
        return {**super().run(client, params, check_mode), "api_date": client.api_date}


def _reached_groups(client: Client, reach: Reach, params: Mapping[str, Any]) -> list[Resource]:
    """Return the groups that are reached: all, those of an account, or the one of a name or id.

    A group says no more of its account than the id.
    """
    name, account, default = params["name"], params["account"], params["default_account"]
    place = anywhere_in(None, account, default) if name is None else group_name(name, account, default)
    groups = list_reached(client, reach, partial(_list_flat, client))
    if place.account:
        account_id = get_account(client, locate_account(client, place.account))["id"]
        groups = [group for group in groups if group.get("account_id") == account_id]
    if name is None:
        return groups
    group = find_by_name_or_id("name", place.group, groups, "group")
    return [group] if group else []


def _list_flat(client: Client, **filters: str) -> list[Resource]:
    """Return the groups that match the filters: none where the API does not know (404) what is filtered by."""
    try:
        return client.get_list("/groups", "the groups", GROUP, **filters)
    except NotFound:
        return []
