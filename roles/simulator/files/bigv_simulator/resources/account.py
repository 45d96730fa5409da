# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Accounts, which can only be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Response

from ..core import rules
from ..core.access import Identity
from ..core.attributes import Attribute
from ..core.cloud import Cloud, pick
from ..core.http import Authenticated
from ..core.objects import Object
from ..core.openapi import NAME_OR_ID, READING, described
from ..core.problem import not_found
from ..core.resource import ObjectResource

TAG = "Accounts, groups and virtual machines"
ACCOUNT = "/accounts/{account}"
FILTERS = (
    "account_id",
    "account_name",
    "group_id",
    "group_name",
    "vm_id",
    "vm_name",
    "user_id",
    "user_name",
    "privilege_id",
)
"""The queries of flat lists."""
router = APIRouter(tags=[TAG])


@dataclass(slots=True, eq=False, kw_only=True)
class Account(Object):
    name: Annotated[str, Attribute("Documented.", "acme", rule=rules.name, required=True)]
    suspended: Annotated[bool, Attribute("Documented.", False)] = False


class Accounts(ObjectResource[Account]):
    model = Account
    collection = "accounts"
    first_ids = (("accounts", 0),)
    filter = "account"
    path_parameters = (("account", NAME_OR_ID, "acme"),)
    routers = (router,)

    def default(self, given: Mapping[str, Any]) -> Any:
        return [{"name": "acme"}, {"name": "globex"}]


def find(cloud: Cloud, identity: Identity, segment: str) -> Account:
    """Return the account that a path segment names, or 404."""
    accounts = cloud.children(Account)
    account = cloud.with_winning_id(identity, segment, Account) or pick(segment, accounts.by_name, accounts.by_id)
    if account is None or not identity.sees(account):
        raise not_found()
    return account


@router.get("/accounts")
@described(list[Account], query=READING)
async def list_accounts(call: Authenticated) -> Response:
    """List those that the token may see (documented)."""
    accounts = call.cloud.children(Account)
    return call.answer([call.show(account) for account in accounts if call.identity.sees(account)])


@router.get(ACCOUNT)
@described(Account, query=READING)
async def read_account(call: Authenticated, account: str) -> Response:
    """Documented."""
    return call.answer(call.show(find(call.cloud, call.identity, account)))
