# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Creating, renaming and deleting groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import rules
from .model import Account, Group
from .problem import Errors, Problem, read_attributes

if TYPE_CHECKING:
    from .cloud import Cloud

TAKEN = "has already been taken"


def create(cloud: Cloud, account: Account, body: dict[str, Any]) -> Group:
    errors = Errors()
    values = read_attributes({"name": None} | body, {"name": rules.name}, errors)
    if values.get("name") in account.groups_by_name:
        errors.add("name", TAKEN)
    errors.raise_any()
    return add(cloud, account, values["name"], cloud.new_id("groups"))


def add(cloud: Cloud, account: Account, name: str, group_id: int) -> Group:
    group = Group(group_id, name, account)
    cloud.groups[group.id] = account.groups[group.id] = account.groups_by_name[name] = group
    return group


def rename(group: Group, body: dict[str, Any]) -> None:
    errors = Errors()
    values = read_attributes(body, {"name": rules.name}, errors)
    name = values.get("name", group.name)
    others = group.account.groups_by_name
    if others.get(name, group) is not group:
        errors.add("name", TAKEN)
    elif name != group.name and group.name == "default":
        errors.add("name", "of the default group cannot be changed")
    errors.raise_any()
    del others[group.name]
    group.name = name
    others[name] = group


def delete(cloud: Cloud, group: Group) -> None:
    """Refused while it holds VMs, soft-deleted ones included (documented); the default group stays (assumed)."""
    if group.virtual_machines:
        raise Problem(400, "The group is not empty: it holds virtual machines, perhaps deleted ones")
    if group.name == "default":
        raise Problem(400, "The default group cannot be deleted")
    del group.account.groups[group.id]
    del group.account.groups_by_name[group.name]
    del cloud.groups[group.id]
