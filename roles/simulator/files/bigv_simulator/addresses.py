# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Addresses: handing them out, extra ones, reverse DNS, and swapping them between two VMs."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from . import rules
from .model import Address, Identity, NetworkInterface, VirtualMachine
from .problem import Errors, Problem, not_found, read_attributes

if TYPE_CHECKING:
    from .cloud import Cloud

_PUBLIC = int(ipaddress.IPv4Address("198.18.0.1"))
_PUBLIC_COUNT = 2**17 - 2
_PRIVATE = int(ipaddress.IPv4Address("10.0.0.1"))
_PRIVATE_COUNT = 2**24 - 2
_V6 = int(ipaddress.IPv6Address("2001:db8::"))


class AddressPool:
    """Hands out free addresses in a fixed order, so that the same story gives the same addresses."""

    def __init__(self) -> None:
        self.used: dict[str, Address] = {}
        self.next_addresses = {"public": 0, "private": 0}

    def ipv4(self, private: bool) -> str:
        kind = "private" if private else "public"
        base, count = (_PRIVATE, _PRIVATE_COUNT) if private else (_PUBLIC, _PUBLIC_COUNT)
        for _attempt in range(count):
            address = str(ipaddress.IPv4Address(base + self.next_addresses[kind] % count))
            self.next_addresses[kind] += 1
            if address not in self.used:
                return address
        raise Problem(503, "No free IPv4 addresses are left")

    def ipv6(self, nic_id: int) -> str:
        candidate = _V6 + (nic_id << 16)
        while (address := str(ipaddress.IPv6Address(candidate))) in self.used:
            candidate += 1
        return address


def normalised(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def create_extra(cloud: Cloud, nic: NetworkInterface, body: dict[str, Any]) -> dict[str, Any]:
    """At most four extra addresses, ipv4 only (documented)."""
    refuse_deleted(nic.virtual_machine)
    errors = Errors()
    values: dict[str, Any] = {"addresses": 1, "family": "ipv4", "reason": "", "contiguous": False}
    values |= read_attributes(
        body,
        {
            "addresses": rules.number(1, rules.MAX_EXTRA_ADDRESSES),
            "family": rules.one_of(["ipv4"]),
            "reason": rules.nullable(rules.text),
            "contiguous": rules.boolean,
        },
        errors,
    )
    if "addresses" not in errors and len(nic.extra_ips) + values["addresses"] > rules.MAX_EXTRA_ADDRESSES:
        errors.add("addresses", f"would make more than {rules.MAX_EXTRA_ADDRESSES} additional addresses")
    errors.raise_any()
    created = []
    for _count in range(values["addresses"]):
        address = cloud.pool.ipv4(cloud.is_private(nic.vlan_num))
        cloud.pool.used[address] = Address(address, nic)
        nic.extra_ips[address] = nic.ips[0] if nic.ips else address
        created.append(address)
    return values | {"ips": created}


def find(cloud: Cloud, identity: Identity, address: str, include_deleted: bool) -> Address:
    found = cloud.pool.used.get(normalised(address))
    if found is None:
        raise not_found()
    machine = found.network_interface.virtual_machine
    if not identity.sees(machine.group.account) or (machine.deleted and not include_deleted):
        raise not_found()
    return found


def update(found: Address, body: dict[str, Any]) -> None:
    refuse_deleted(found.network_interface.virtual_machine)
    errors = Errors()
    values = read_attributes(body, {"rdns": rules.nullable(rules.rdns)}, errors)
    errors.raise_any()
    found.rdns = values.get("rdns", found.rdns)


def delete(cloud: Cloud, found: Address) -> None:
    """Only additional addresses can be deleted (documented)."""
    nic = found.network_interface
    refuse_deleted(nic.virtual_machine)
    if found.address not in nic.extra_ips:
        raise Problem(400, "Only additional IP addresses can be deleted, and this is a primary one")
    del nic.extra_ips[found.address]
    del cloud.pool.used[found.address]


def swap(cloud: Cloud, identity: Identity, body: dict[str, Any]) -> list[VirtualMachine]:
    """Exchange the primary addresses of two VMs, both off (observed)."""
    errors = Errors()
    wanted = {"virtual_machine_1_id": rules.resource_id, "virtual_machine_2_id": rules.resource_id}
    values = read_attributes(body, wanted | {"move_additional_ips": rules.boolean}, errors)
    machines = []
    for attribute in wanted:
        if attribute not in body:
            errors.add(attribute, "can't be blank")
        elif attribute in values:
            machine = cloud.visible_virtual_machine(identity, values[attribute])
            if machine is None or machine.deleted:
                errors.add(attribute, "does not exist")
            elif machine.power_on or machine.building:
                errors.add(attribute, "must be powered off")
            else:
                machines.append(machine)
    if len(machines) == 2 and machines[0] is machines[1]:
        errors.add("virtual_machine_2_id", "must be another virtual machine")
    errors.raise_any()
    if all(machine.network_interfaces for machine in machines):
        first, second = (machine.network_interfaces[0] for machine in machines)
        first.ips, second.ips = second.ips, first.ips
        if values.get("move_additional_ips", False):
            first.extra_ips, second.extra_ips = second.extra_ips, first.extra_ips
        for nic in (first, second):
            _route(cloud, nic)
    return machines


def _route(cloud: Cloud, nic: NetworkInterface) -> None:
    """Additional addresses follow the primary one of the NIC that they are on (assumed)."""
    for address in nic.extra_ips:
        nic.extra_ips[address] = nic.ips[0] if nic.ips else address
    for address in (*nic.ips, *nic.extra_ips):
        cloud.pool.used[address].network_interface = nic


def refuse_deleted(machine: VirtualMachine) -> None:
    """Discs and NICs of a soft-deleted VM cannot be changed (documented)."""
    if machine.deleted:
        raise Problem(400, "The virtual machine is deleted: undelete it first")
