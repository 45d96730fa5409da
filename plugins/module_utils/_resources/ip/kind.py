# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""One address, as ``bigv_ip`` manages it: its reverse DNS, and its deletion. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.kind import STATE
from ..._core.names import check_one_given
from ..._core.plan import Plan, Prediction, Resource
from ..._core.resource import ResourceKind
from ..names import NAME_VARIABLES, VmName
from ..vm.read import find_vm_by_id
from .attributes import IP, check_address, family_of, is_same_address
from .read import find_ip, find_on_nic, ip_path
from .steps import deletion, set_rdns

IP_OPTIONS: dict[str, Any] = {
    "address": {"type": "str"},
    **IP.option_specs,
    "vm": {"type": "str"},
    "group": {"type": "str"},
    "additional": {"type": "int"},
    "reason": {"type": "str"},
    "contiguous": {"type": "bool", "default": False},
    "state": STATE,
    "purge": {"type": "bool", "default": False},
}
IP_CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [
        ("address", "vm"),
        ("address", "group"),
        ("address", "additional"),
        ("address", "reason"),
        ("vm", "rdns"),
    ],
    "required_by": {"vm": ("additional",)},
}


class DesiredIp(NamedTuple):
    """The desired state of an address; ``attributes`` as the API spells them. It has to be one of the ``account``."""

    name: str
    state: str
    attributes: Resource
    account: str | None


class ObservedIp(NamedTuple):
    """The address, if it is there; and where something is to be done to it, its NIC, its VM, and where that is."""

    ip: Resource | None
    nic: Resource | None = None
    vm: Resource | None = None
    location: VmName | None = None


class IpKind(ResourceKind):
    """An address that is there: its reverse DNS is set and unset, and an additional one is deleted."""

    noun = "ip"
    schema = IP
    returned_when = "success, with O(address)"
    sample_action = "set the reverse DNS of 203.0.113.10 of VM web1.staging.acme to www.example.com"
    options = IP_OPTIONS
    constraints = IP_CONSTRAINTS
    name_variables = NAME_VARIABLES

    def run(self, client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        """Make the address, or the number of a VM's additional addresses, as the task asks."""
        if params["vm"] is None:
            return self.converge(client, params, check_mode)
        # Only here: what every task imports, every task waits for.
        from .additional import AdditionalIpsKind

        return AdditionalIpsKind().converge(client, params, check_mode)

    def desired(self, params: dict[str, Any]) -> DesiredIp:
        """Return what the options ask for."""
        check_one_given(params, "address", "vm")
        if params["state"] == "absent":
            if params["rdns"]:
                raise BigvError("rdns: cannot be used with state: absent; leave it out")
            if not params["purge"]:
                raise BigvError(
                    "purge: addresses are always deleted permanently, so state: absent requires purge: true"
                )
        address = check_address("address", params["address"])
        return DesiredIp(address, params["state"], IP.given(params), params["account"])

    def observe(self, client: Client, desired: DesiredIp) -> ObservedIp:
        """Read the address and the NIC that has it and, where something is to be done to it, the VM."""
        found = find_ip(client, desired.name)
        if found is None:
            if desired.state == "absent":
                return ObservedIp(None)
            raise BigvError(
                f"address: there is no address {desired.name}, or these credentials cannot see it. bigv_ip_info "
                "lists the existing ones.",
                status=404,
            )
        on_nic = find_on_nic(client, desired.name, desired.account)
        if on_nic is None:
            raise BigvError(
                f"address: {desired.name} is on none of the NICs "
                + (f"of account {desired.account}" if desired.account else "that these credentials see")
            )
        ip, nic = {**found, **on_nic[0]}, on_nic[1]
        if desired.state == "present" and IP.shows(ip, desired.attributes):
            return ObservedIp(ip)
        vm, location = find_vm_by_id(client, nic["virtual_machine_id"])
        if vm is None or vm.get("deleted"):
            raise BigvError(
                f"address: {desired.name} is an address of VM {location}, which "
                + ("is soft-deleted; restore it first" if vm else "these credentials cannot see")
            )
        return ObservedIp(ip, nic, vm, location)

    def plan(self, observed: ObservedIp, desired: DesiredIp) -> Plan:
        """Return the one write that makes the address as desired, if it takes one. Pure."""
        ip, location, nic = observed.ip, observed.location, observed.nic
        if ip is None or location is None or nic is None:
            return Plan(ip, ip)
        address = ip["address"]
        if desired.state == "present":
            after = {**ip, **desired.attributes}
            return Plan(ip, after, (set_rdns(location, address, after["rdns"]),))
        if not ip["additional"]:
            family = {"ipv4": "IPv4", "ipv6": "IPv6"}[family_of(address)]
            raise BigvError(
                f"address: {address} is the primary {family} address of VM {location}, and only additional ones can be "
                "deleted"
            )
        return Plan(ip, None, (deletion(location, address, nic),))

    def title(self, observed: ObservedIp, desired: DesiredIp, plan: Plan) -> str:
        """Return the address."""
        return desired.name

    def predictions(self, observed: ObservedIp, desired: DesiredIp, plan: Plan) -> Iterable[Prediction]:
        """Return what becomes of the address or, where it is deleted, of the VM that has it."""
        if plan.after is not None:
            at = ip_path(desired.name)
            yield Prediction(at, at, plan.before, plan.after)
        elif observed.vm and observed.location:
            path = observed.location.path
            yield Prediction(path, path, observed.vm, _without(observed.vm, desired.name))

    def read_back(
        self, client: Client, observed: ObservedIp, desired: DesiredIp, plan: Plan, answers: Sequence[Any]
    ) -> Resource | None:
        """Read the address again."""
        seen = find_ip(client, desired.name)
        return seen and {**(observed.ip or {}), **seen}

    def diffable(self, resource: Resource | None) -> Resource | None:
        """Return the address with what a task can set of it."""
        return resource and {"address": resource["address"], "rdns": resource.get("rdns")}


def _without(vm: Resource, address: str) -> Resource:
    """Return a VM without one of its additional addresses."""
    nics = [
        {
            **nic,
            "ips": [other for other in nic.get("ips") or () if not is_same_address(other, address)],
            "extra_ips": {
                extra: target
                for extra, target in (nic.get("extra_ips") or {}).items()
                if not is_same_address(extra, address)
            },
        }
        for nic in vm.get("network_interfaces") or ()
    ]
    return {**vm, "network_interfaces": nics}
