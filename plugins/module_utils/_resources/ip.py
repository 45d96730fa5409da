# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Addresses, the network interfaces that have them, and reverse DNS. Private to bytemark.cloud."""

from __future__ import annotations

from typing import Any

from .._core.attributes import Attribute, Schema, identifier
from .._core.client import Client
from .._core.names import is_same_domain
from .._core.plan import Resource
from .._core.validation import as_number


def _addresses(value: Any) -> Any:
    """Return addresses: a list of them, or a dictionary with them as keys."""
    if not (isinstance(value, (list, dict)) and all(isinstance(address, str) for address in value)):
        raise ValueError("not a list of addresses")
    return value


NIC = Schema(
    "NIC",
    identifier("NIC", 5678),
    Attribute("virtual_machine_id", "int"),
    Attribute("ips", "addresses", convert=_addresses),
    Attribute("extra_ips", "addresses", convert=_addresses),
    Attribute("vlan_num", "loose int", convert=as_number),
)
IP = Schema(
    "address",
    Attribute("address", "text", "The address.", "203.0.113.10", spelled="ip"),
    Attribute("rdns", "optional text", "The reverse DNS.", "www.example.com", is_same=is_same_domain),
    Attribute("virtual_machine_id", "int"),
    key="address",
)


def read_rdns(client: Client, address: str) -> str | None:
    """Return the reverse DNS of an address; None too where it cannot be read, as for a soft-deleted VM (assumed)."""
    found = client.find(f"/ips/{address}", f"address {address}", IP, include_deleted="true")
    return found.get("rdns") if found else None


def first_address(vm: Resource) -> str | None:
    """Return the primary address that the API lists first, IPv4 or IPv6, or None."""
    nics = vm.get("network_interfaces") or ()
    return next((address for nic in nics for address in nic.get("ips") or ()), None)


def addresses(vm: Resource) -> tuple[list[str], list[str]]:
    """Return the IPv4 and the IPv6 addresses of a VM, the primary ones first, then the additional ones."""
    nics = vm.get("network_interfaces") or ()
    primary = [address for nic in nics for address in nic.get("ips") or ()]
    extra = [address for nic in nics for address in nic.get("extra_ips") or ()]
    both = list(dict.fromkeys((*primary, *extra)))
    return [address for address in both if ":" not in address], [address for address in both if ":" in address]
