# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The flat lists: GET only, filtered by the query, all filters having to match (assumed)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .cloud import Cloud, as_id
from .model import Account, Group, Identity, VirtualMachine


def groups(cloud: Cloud, identity: Identity, query: Mapping[str, str], include_deleted: bool) -> Iterator[Group]:
    by_machine = "vm_id" in query or "vm_name" in query
    for group in _groups(cloud, identity, query):
        if not by_machine or any(_machines(group, query, include_deleted)):
            yield group


def virtual_machines(
    cloud: Cloud, identity: Identity, query: Mapping[str, str], include_deleted: bool
) -> Iterator[VirtualMachine]:
    for group in _groups(cloud, identity, query):
        yield from _machines(group, query, include_deleted)


def _accounts(cloud: Cloud, identity: Identity, query: Mapping[str, str]) -> Iterator[Account]:
    for account in cloud.visible_accounts(identity):
        if _matches(account, query, "account"):
            yield account


def _groups(cloud: Cloud, identity: Identity, query: Mapping[str, str]) -> Iterator[Group]:
    for account in _accounts(cloud, identity, query):
        for group in account.groups.values():
            if _matches(group, query, "group"):
                yield group


def _machines(group: Group, query: Mapping[str, str], include_deleted: bool) -> Iterator[VirtualMachine]:
    if "vm_id" in query:
        candidates = [group.virtual_machines.get(as_id(query["vm_id"]) or 0)]
    elif "vm_name" in query:
        candidates = [group.virtual_machines_by_name.get(query["vm_name"])]
    else:
        candidates = list(group.virtual_machines.values())
    for machine in candidates:
        if machine is not None and _matches(machine, query, "vm") and (include_deleted or not machine.deleted):
            yield machine


def _matches(item: Account | Group | VirtualMachine, query: Mapping[str, str], kind: str) -> bool:
    name, number = query.get(f"{kind}_name"), query.get(f"{kind}_id")
    return (name is None or item.name == name) and (number is None or item.id == as_id(number))
