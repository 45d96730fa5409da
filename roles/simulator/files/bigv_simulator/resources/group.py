# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Groups of virtual machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Response
from typing_extensions import TypedDict

from ..core import flat_lists, rules
from ..core.access import Identity
from ..core.attributes import Attribute, body_rules, creates
from ..core.cloud import Cloud, pick
from ..core.http import Authenticated
from ..core.objects import Object, Parent
from ..core.openapi import CREATED_200, NAME_OR_ID, READING, described
from ..core.people import Level
from ..core.problem import TAKEN, Errors, Problem, not_found, read_attributes
from ..core.resource import ObjectResource, resource_of, show
from . import account as accounts
from .account import ACCOUNT, FILTERS, TAG, Account

GROUP = ACCOUNT + "/groups/{group}"
_NAME = "A component of a host name, so without dots (observed)."
router = APIRouter(tags=[TAG])
flat = APIRouter(tags=[flat_lists.TAG])


@dataclass(slots=True, eq=False, kw_only=True)
class Group(Object):
    account: Account
    name: Annotated[str, Attribute(_NAME, "default", rule=rules.name, required=True)]
    type: ClassVar[Annotated[str, Attribute("The kind of object (observed).", "application/vnd.bigv.group")]] = (
        "application/vnd.bigv.group"
    )

    @property
    def container(self) -> Account:
        return self.account

    @property
    def account_id(self) -> Annotated[int, Attribute("The account that it is in (documented).", 1)]:
        return self.account.id


@creates(Group)
class GroupBody(TypedDict):
    name: Annotated[str, Attribute(_NAME, "staging", pattern=rules.NAME_PATTERN)]


class Groups(ObjectResource[Group]):
    model = Group
    collection = "groups"
    parent = Account
    parent_field = "account"
    first_ids = (("groups", 100),)
    filter = "group"
    path_parameters = (("group", NAME_OR_ID, "default"),)
    routers = (router, flat)

    def load_all(self, cloud: Cloud, parent: Parent, path: str, item: Mapping[str, Any]) -> None:
        """Give every account a group `default`."""
        super().load_all(cloud, parent, path, item)
        if "default" not in parent.children(Group).by_name:
            self.make(cloud, parent, path, {"id": cloud.new_id("groups"), "name": "default"})


def find(cloud: Cloud, identity: Identity, account: str, segment: str) -> Group:
    """Return the group that a path names, or 404."""
    group = cloud.with_winning_id(identity, segment, Group)
    if group is None:
        groups = accounts.find(cloud, identity, account).children(Group)
        group = pick(segment, groups.by_name, groups.by_id)
    if group is None or not identity.sees(group):
        raise not_found()
    return group


def create(cloud: Cloud, account: Account, body: dict[str, Any]) -> Group:
    errors = Errors()
    values = read_attributes({"name": None} | body, body_rules(Group, cloud.definitions), errors)
    if values.get("name") in account.children(Group).by_name:
        errors.add("name", TAKEN)
    errors.raise_any()
    return resource_of(Group).make(cloud, account, "", {"id": cloud.new_id("groups"), **values})


def update(cloud: Cloud, group: Group, body: dict[str, Any]) -> None:
    errors = Errors()
    values = read_attributes(body, body_rules(Group, cloud.definitions), errors)
    name = values.get("name", group.name)
    others = group.account.children(Group)
    if others.by_name.get(name, group) is not group:
        errors.add("name", TAKEN)
    elif name != group.name and group.name == "default":
        errors.add("name", "of the default group cannot be changed")
    errors.raise_any()
    others.change(group, values)


def delete(cloud: Cloud, group: Group) -> None:
    """Refuse it while it holds objects, soft-deleted VMs included (documented); the default group stays (assumed)."""
    if any(True for _nested in group.descendants()):
        raise Problem(400, "The group is not empty: it holds virtual machines, perhaps deleted ones")
    if group.name == "default":
        raise Problem(400, "The default group cannot be deleted")
    cloud.remove(group, group.account)


@router.get(ACCOUNT + "/groups")
@described(list[Group], query=READING)
async def list_groups(call: Authenticated, account: str) -> Response:
    """Documented."""
    found = accounts.find(call.cloud, call.identity, account)
    return call.answer([call.show(group) for group in call.identity.seen(found, found.children(Group))])


@router.post(ACCOUNT + "/groups")
@described(Group, 201, GroupBody, alike=CREATED_200)
async def create_group(call: Authenticated, account: str) -> Response:
    """Documented."""
    found = accounts.find(call.cloud, call.identity, account)
    call.require(Level.ACCOUNT_ADMIN, found)
    return call.created(show(create(call.cloud, found, call.body())))


@router.get(GROUP)
@described(Group, query=READING)
async def read_group(call: Authenticated, account: str, group: str) -> Response:
    """Documented; the overview of a group is observed."""
    return call.answer(call.show(find(call.cloud, call.identity, account, group)))


@router.put(GROUP)
@described(Group, takes=GroupBody)
async def update_group(call: Authenticated, account: str, group: str) -> Response:
    """Rename it (documented); the group `default` keeps its name, and it takes an account_admin (assumed).

    A setting has it answer an empty body (observed).
    """
    found = find(call.cloud, call.identity, account, group)
    call.require(Level.ACCOUNT_ADMIN, found)
    update(call.cloud, found, call.body())
    return Response() if call.cloud.settings.empty_group_put else call.answer(show(found))


@router.delete(GROUP)
@described(status=204)
async def delete_group(call: Authenticated, account: str, group: str) -> Response:
    """Delete it; a 400 while it holds VMs (documented), deleted ones included (observed)."""
    found = find(call.cloud, call.identity, account, group)
    call.require(Level.ACCOUNT_ADMIN, found)
    delete(call.cloud, found)
    return Response(status_code=204)


@flat.get("/groups", name="list_groups")
@described(list[Group], query=(*READING, *FILTERS))
async def list_all_groups(call: Authenticated) -> Response:
    """Documented; whether a list honours `view=overview` is not known."""
    return call.answer([call.show_listed(group) for group in call.search.all(Group)])


@flat.get("/groups/{group}", name="read_group")
@described(Group, query=READING)
async def read_group_of_any_account(call: Authenticated, group: str) -> Response:
    """Documented."""
    return call.answer(call.show(call.find_flat(Group, group, {"group_name": group}, True)))
