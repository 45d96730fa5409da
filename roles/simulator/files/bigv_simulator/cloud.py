# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The cloud: its accounts and all that is in them, the indexes, and finding things by name or id."""

from __future__ import annotations

import copy
import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from . import power
from .addresses import AddressPool
from .identities import Identities
from .model import (
    Account,
    Clock,
    Disc,
    Group,
    Identity,
    NetworkInterface,
    PrivateVlan,
    Settings,
    VirtualMachine,
)
from .problem import not_found

T = TypeVar("T")
Device = TypeVar("Device", Disc, NetworkInterface)
Found = TypeVar("Found", Account, Group, VirtualMachine, Disc, NetworkInterface)


def as_id(segment: str) -> int | None:
    return int(segment) if segment.isascii() and segment.isdigit() and len(segment) < 19 else None


def _pick(segment: str, by_name: Mapping[str, T], by_id: Mapping[int, T]) -> T | None:
    """A path segment is a name or an id (documented); which of them wins is not known: `ids_win` says."""
    found = by_name.get(segment)
    if found is None:
        number = as_id(segment)
        found = by_id.get(number) if number is not None else None
    return found


class Cloud:
    """All state but the clock and the settings, which outlive a new seed."""

    def __init__(self, clock: Clock, settings: Settings, definitions: dict[str, Any]) -> None:
        self.clock = clock
        self.settings = settings
        self.definitions = definitions
        self.private_vlans: list[PrivateVlan] = []
        self.identities = Identities(clock, settings)
        self.pool = AddressPool()
        self.accounts: dict[int, Account] = {}
        self.accounts_by_name: dict[str, Account] = {}
        self.groups: dict[int, Group] = {}
        self.virtual_machines: dict[int, VirtualMachine] = {}
        self.discs: dict[int, Disc] = {}
        self.network_interfaces: dict[int, NetworkInterface] = {}
        self.last_ids: dict[str, int] = {}
        self._queue: list[tuple[float, int, VirtualMachine]] = []
        self._ticket = itertools.count()

    def new_id(self, kind: str) -> int:
        self.last_ids[kind] = self.last_ids.get(kind, 0) + 1
        return self.last_ids[kind]

    def reserve_ids(self, kind: str, last: int) -> None:
        self.last_ids[kind] = max(last, self.last_ids.get(kind, 0))

    def schedule(self, machine: VirtualMachine) -> None:
        """Remember to look at this VM once its `due` has come."""
        if machine.due is not None:
            heapq.heappush(self._queue, (machine.due.at, next(self._ticket), machine))

    def settle(self) -> None:
        """Let everything happen that was due by now. Called before each request; nothing runs in between."""
        now = self.clock.now()
        while self._queue and self._queue[0][0] <= now:
            at, _ticket, machine = heapq.heappop(self._queue)
            if machine.due is not None and machine.due.at == at:
                power.happen(self, machine)

    def remove(self, machine: VirtualMachine) -> None:
        """Forget a VM for good, its discs, NICs and addresses with it."""
        machine.due = None
        del machine.group.virtual_machines[machine.id]
        del machine.group.virtual_machines_by_name[machine.name]
        del self.virtual_machines[machine.id]
        for disc in machine.discs:
            del self.discs[disc.id]
        for nic in machine.network_interfaces:
            del self.network_interfaces[nic.id]
            for ip in (*nic.ips, *nic.extra_ips):
                del self.pool.used[ip]

    def copy_to_read(self) -> Cloud:
        """The cloud as it is now, with the same identities. Nothing happens in a copy: it is never settled."""
        self.settle()
        shared = (self.clock, self.settings, self.definitions, self.identities, self._queue, self._ticket)
        return copy.deepcopy(self, {id(part): part for part in shared})

    def private_vlan(self, group: Group) -> PrivateVlan | None:
        for vlan in self.private_vlans:
            if vlan.account == group.account.name and vlan.group in (None, group.name):
                return vlan
        return None

    def is_private(self, vlan_num: int) -> bool:
        return any(vlan.vlan_num == vlan_num for vlan in self.private_vlans)

    def visible_accounts(self, identity: Identity) -> Iterator[Account]:
        return (account for account in self.accounts.values() if identity.sees(account))

    def visible_group(self, identity: Identity, group_id: int) -> Group | None:
        group = self.groups.get(group_id)
        return group if group is not None and identity.sees(group.account) else None

    def visible_virtual_machine(self, identity: Identity, machine_id: int) -> VirtualMachine | None:
        machine = self.virtual_machines.get(machine_id)
        return machine if machine is not None and identity.sees(machine.group.account) else None

    def with_winning_id(self, identity: Identity, segment: str, by_id: Mapping[int, Found]) -> Found | None:
        """Return what a number in a path is the id of while ids win over names, wherever the identity can see it."""
        number = as_id(segment) if self.settings.ids_win else None
        found = by_id.get(number) if number is not None else None
        return found if found is not None and identity.sees(found.account) else None

    def find_account(self, identity: Identity, segment: str) -> Account:
        account = self.with_winning_id(identity, segment, self.accounts) or _pick(
            segment, self.accounts_by_name, self.accounts
        )
        if account is None or not identity.sees(account):
            raise not_found()
        return account

    def find_group(self, identity: Identity, account: str, segment: str) -> Group:
        group = self.with_winning_id(identity, segment, self.groups)
        if group is None:
            parent = self.find_account(identity, account)
            group = _pick(segment, parent.groups_by_name, parent.groups)
        if group is None:
            raise not_found()
        return group

    def find_virtual_machine(
        self, identity: Identity, account: str, group: str, segment: str, include_deleted: bool
    ) -> VirtualMachine:
        machine = self.with_winning_id(identity, segment, self.virtual_machines)
        if machine is None:
            parent = self.find_group(identity, account, group)
            machine = _pick(segment, parent.virtual_machines_by_name, parent.virtual_machines)
        if machine is None or (machine.deleted and not include_deleted):
            raise not_found()
        return machine

    def find_disc(
        self, identity: Identity, machine_path: tuple[str, str, str], segment: str, include_deleted: bool
    ) -> Disc:
        disc = self.with_winning_id(identity, segment, self.discs)
        if disc is None:
            disc = _labelled(self.find_virtual_machine(identity, *machine_path, include_deleted).discs, segment)
        if disc is None or (disc.virtual_machine.deleted and not include_deleted):
            raise not_found()
        return disc

    def find_network_interface(
        self, identity: Identity, machine_path: tuple[str, str, str], segment: str, include_deleted: bool
    ) -> NetworkInterface:
        nic = self.with_winning_id(identity, segment, self.network_interfaces)
        if nic is None:
            machine = self.find_virtual_machine(identity, *machine_path, include_deleted)
            nic = _labelled(machine.network_interfaces, segment)
        if nic is None or (nic.virtual_machine.deleted and not include_deleted):
            raise not_found()
        return nic


def _labelled(candidates: Iterable[Device], segment: str) -> Device | None:
    """Return a disc or a NIC of one VM, by label or id."""
    by_label = {}
    by_id = {}
    for candidate in candidates:
        by_label[candidate.label or ""] = candidate
        by_id[candidate.id] = candidate
    return _pick(segment, by_label, by_id)
