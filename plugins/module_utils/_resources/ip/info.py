# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Addresses as ``bigv_ip_info`` lists them. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..._core.attributes import Attribute, Schema
from ..._core.client import Client
from ..._core.kind import InfoKind
from ..._core.plan import Resource
from ..names import NAME_VARIABLES
from ..vm.read import find_vm_by_id, location_of
from ..vm.reference import find_vms
from .attributes import IP, check_address, ips_of
from .read import find_ip, find_on_nic, read_rdns_of_all

# How many requests are made at once for the reverse DNS, which the API tells of one address at a time (documented).
CONCURRENCY = 8
INFO_OPTIONS: dict[str, Any] = {"address": {"type": "str"}, "vm": {"type": "str"}, "group": {"type": "str"}}
INFO_CONSTRAINTS: dict[str, Any] = {"mutually_exclusive": [("address", "vm"), ("address", "group")]}
IP_OF_VM = Schema(
    IP.noun,
    *IP.attributes.values(),
    key=IP.key,
    computed=(
        *IP.computed,
        Attribute("vm", "text", "The VM that has the address, as C(<vm>.<group>.<account>).", "web1.default.acme"),
    ),
)


class IpInfo(InfoKind):
    """The addresses of one VM or of many, or one of them."""

    noun = "ips"
    schema = IP_OF_VM
    options = INFO_OPTIONS
    constraints = INFO_CONSTRAINTS
    name_variables = NAME_VARIABLES

    def prepare(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return the options with how many connections the client needs."""
        return {**params, "concurrency": CONCURRENCY}

    def find(self, client: Client, params: dict[str, Any]) -> Iterable[Resource]:
        """Return the address that is named, or those of VMs."""
        if params["address"] is not None:
            return _find_one(client, check_address("address", params["address"]), params["account"])
        return _with_rdns(client, [ip for _location, vm in find_vms(client, params) for ip in _of_vm(vm)])


def _find_one(client: Client, address: str, account: str | None) -> list[Resource]:
    found = find_ip(client, address)
    on_nic = find_on_nic(client, address, account) if found else None
    if found is None or on_nic is None:
        return []
    ip, nic = on_nic
    vm, location = find_vm_by_id(client, nic["virtual_machine_id"])
    return [{**found, **ip, "vm": str(location) if vm else None}]


def _of_vm(vm: Resource) -> Iterator[Resource]:
    location = location_of(vm)
    for ip in ips_of(vm):
        yield {**ip, "vm": str(location) if location else None}


def _with_rdns(client: Client, ips: Sequence[Resource]) -> list[Resource]:
    names = read_rdns_of_all(client, [ip["address"] for ip in ips], CONCURRENCY)
    return [{**ip, "rdns": names[ip["address"]]} for ip in ips]
