# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""An account's groups and VMs as they are at one moment, for a fleet. Private to bytemark.cloud."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.names import check_spelling, find_by_name, find_by_name_or_id, is_id, is_same_name, name_of
from ..._core.plan import Resource
from ..account import locate_account
from ..group import list_groups
from ..ip.read import read_rdns, read_rdns_of_all
from ..names import GroupName, VmName
from ..overview import read_overview
from ..vm.observe import check_number_is_free
from ..vm.read import list_vms
from .desired import DesiredFleet


class AccountSnapshot:
    """An account's groups and VMs, soft-deleted ones too, as read at once."""

    def __init__(self, client: Client, account: str) -> None:
        self.client = client
        self.account = locate_account(client, account)
        self.groups: dict[str, Resource] = {}
        self.vms: dict[VmName, Resource] = {}
        self._rdns: dict[str, str | None] = {}
        self._locations: dict[Any, VmName] = {}
        self._names: dict[str, list[str]] = {}
        self._account_id, groups, vms = read_overview(client, self.account)
        self.groups = {str(group.get("name")): group for group in groups}
        self.vms = self._located(vms)
        for location, vm in self.vms.items():
            self._locations[vm.get("id")] = location
            self._names.setdefault(location.group, []).append(location.vm)

    def _located(self, vms: Iterable[Resource]) -> dict[VmName, Resource]:
        names = {group.get("id"): name_of(group) for group in self.groups.values()}
        return {VmName(name_of(vm), names.get(vm.get("group_id"), ""), self.account): vm for vm in vms}

    def read_vms(self) -> dict[str, Resource]:
        """Return the account's VMs as they are now, by their paths."""
        vms = list_vms(self.client, account_id=self._account_id, include_deleted="true")
        known = {group.get("id") for group in self.groups.values()}
        if any(vm.get("group_id") not in known for vm in vms):
            self.read_groups()  # Somebody else has created one.
        by_name: dict[str, Resource] = {}
        by_path: dict[str, Resource] = {}
        for location, vm in self._located(vms).items():
            # A VM whose name is not fit for a path is none of those that are waited for.
            with contextlib.suppress(BigvError):
                by_path[location.path] = vm
                # One that was created under a number has that in its path, and not its id.
                by_name[VmName(str(location.vm), location.group, location.account).path] = vm
        by_path = by_name | by_path
        # The API may spell the name of a new one otherwise.
        return {path.casefold(): vm for path, vm in by_path.items()} | by_path

    def read_groups(self) -> None:
        """Take in what groups there are by now."""
        self.groups.update({str(group.get("name")): group for group in list_groups(self.client, self.account)})

    def vm(self, name: VmName, option: str = "name") -> tuple[Resource | None, VmName]:
        """Return the VM of this name and where it is; a number that is the id of a VM in the group is refused."""
        group = self.locate_group(name.in_group)
        location = VmName(name.vm, *group)
        vm = self.vms.get(location)
        if is_id(name.vm):
            with_id = self._locations.get(int(name.vm))
            same_group = [self.vms[with_id]] if with_id and with_id.in_group == group else []
            find_by_name(option, name.vm, [*same_group, *([vm] if vm else [])], "VM", f"use id: {name.vm}")
        return vm, self._locations[vm["id"]] if vm else location

    def vm_by_id(self, vm_id: int) -> tuple[Resource | None, VmName]:
        """Return the VM of this id and where it is."""
        location = self._locations.get(vm_id)
        return (self.vms[location], location) if location else (None, VmName(str(vm_id), "", self.account))

    def locate_group(self, name: GroupName) -> GroupName:
        """Return where the group of that name or id is."""
        if not is_id(name.group):
            return GroupName(name.group, self.account)
        found = find_by_name_or_id("group", name.group, self.groups.values(), "group")
        return GroupName(name_of(found) if found else name.group, self.account)

    def group(self, name: GroupName) -> Resource | None:
        """Return the group of this name."""
        return self.groups.get(name.group)

    def written_group(self, name: str) -> Resource | None:
        """Return the group of a name that was just written, however the API spells it."""
        found = (group for other, group in self.groups.items() if is_same_name(other, name))
        return self.groups.get(name) or next(found, None)

    def written_vm(self, name: VmName) -> Resource | None:
        """Return the VM of a name that was just written, however the API spells it."""
        found = (vm for other, vm in self.vms.items() if all(map(is_same_name, other, name)))
        return self.vms.get(name) or next(found, None)

    def check_spelling(self, name: VmName) -> None:
        """Refuse the name of a VM that does not exist if it differs from that of another in case only."""
        check_spelling("name", "VM", name.vm, self._names.get(name.group, ()))

    def check_new_name(self, name: VmName) -> None:
        """Refuse the name of a new VM if it could be taken for that of another."""
        self.check_spelling(name)
        check_number_is_free(self.client, name)

    def report_missing(self, why: BigvError) -> None:
        """Refuse what lacks a group, unless an earlier task may be about to create that."""
        self.client.report_missing(why)

    def now(self) -> datetime:
        """Return the time by the API's clock."""
        return self.client.api_time

    def read_rdns(self, addresses: Sequence[str], at_once: int) -> None:
        """Read the reverse DNS of addresses, so many at once."""
        if addresses:
            self._rdns |= read_rdns_of_all(self.client, addresses, at_once)

    def rdns(self, address: str) -> str | None:
        """Return the reverse DNS of an address, which is read once."""
        if address not in self._rdns:
            self._rdns[address] = read_rdns(self.client, address)
        return self._rdns[address]


def located(overview: AccountSnapshot, desired: DesiredFleet) -> DesiredFleet:
    """Return what is desired with every account, and every group that is there, under its own name."""

    def group(name: str) -> str:
        return overview.locate_group(GroupName(name, overview.account)).group

    for item in desired.groups:
        find_by_name("groups", item.name.group, overview.groups.values(), "group")
    return DesiredFleet(
        account=overview.account,
        groups=[replace(item, name=GroupName(group(item.name.group), overview.account)) for item in desired.groups],
        vms=[
            vm._replace(
                name=vm.name and VmName(vm.name.vm, group(vm.name.group), overview.account),
                new_group=vm.new_group and group(vm.new_group),
            )
            for vm in desired.vms
        ],
        named_groups=frozenset(map(group, desired.named_groups)),
    )
