# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The reverse DNS that a VM's addresses are to have. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from ..._core.errors import BigvError
from ..._core.plan import Resource
from ..names import VmName
from .attributes import addresses, check_address, is_same_address, primary_addresses, shown_addresses

# One name for all primary addresses, or one for each address that is named. An empty one removes it.
Rdns: TypeAlias = "str | Mapping[str, str]"


def read_rdns_option(option: str, value: Any) -> Rdns | None:
    """Return the names that an option gives."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        # No name begins so: it is a dictionary, as a template or the command line gives it.
        from ansible.module_utils.common.validation import check_type_dict

        try:
            value = check_type_dict(value)
        except TypeError:
            raise _unfit(option) from None
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, Mapping):
        raise _unfit(option)
    names: dict[str, str] = {}
    for given, name in value.items():
        address = check_address(option, str(given))
        if name is not None and not isinstance(name, str):
            raise BigvError(f"{option}: {address} has a value that is not a name; specify a name or an empty string")
        if address in names:
            raise BigvError(f"{option}: {address} is listed twice; list each address once")
        names[address] = name or ""
    return names


def _unfit(option: str) -> BigvError:
    return BigvError(f"{option}: must be a name, or a dictionary of addresses and their names")


def wanted_rdns(vm: Resource, rdns: Rdns | None) -> dict[str, str | None]:
    """Return the names that addresses of a VM are to have, each address spelled as the API does."""
    if rdns is None:
        return {}
    if isinstance(rdns, str):
        return dict.fromkeys(primary_addresses(vm), rdns or None)
    ipv4, ipv6 = addresses(vm)
    return {
        there: name or None
        for address, name in rdns.items()
        for there in (*ipv4, *ipv6)
        if is_same_address(there, address)
    }


def check_rdns(option: str, location: VmName, vm: Resource, rdns: Rdns | None) -> None:
    """Refuse names for addresses that are none of the VM's."""
    if rdns is None or isinstance(rdns, str):
        return
    ipv4, ipv6 = addresses(vm)
    for address in rdns:
        if not any(is_same_address(there, address) for there in (*ipv4, *ipv6)):
            theirs = shown_addresses((*ipv4, *ipv6))
            raise BigvError(f"{option}: {address} is not an address of VM {location}, whose addresses are: {theirs}")
