# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Addresses: additional ones, reverse DNS, and swapping them between two VMs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from typing_extensions import NotRequired, Required, TypedDict

from ..core import rules
from ..core.access import Identity
from ..core.attributes import Attribute, view
from ..core.cloud import Cloud
from ..core.http import Authenticated, Call
from ..core.openapi import CREATED_200, described
from ..core.people import Level
from ..core.problem import Errors, Problem, forbidden, not_found, read_attributes
from ..core.redaction import Redactor
from ..core.resource import Resource, show
from . import nic as nics
from .disc import TAG
from .nic import NIC, Address, Network, NetworkInterface, Rdns, normalised
from .vm.model import VirtualMachine, refuse_deleted

_MAX_EXTRA = 4
router = APIRouter(tags=[TAG])


class Addresses(Resource):
    path_parameters = (("address", "IPv4 or IPv6.", "198.18.0.1"),)
    routers = (router,)

    def state_of(self, cloud: Cloud, redactor: Redactor) -> dict[str, Any]:
        return {"ips": {address.address: address.rdns for address in cloud.part(Network).used.values()}}


class NewAddresses(TypedDict, total=False):
    addresses: Annotated[
        int, Attribute("How many; a NIC has at most 4 additional ones (documented).", 1, minimum=1, maximum=_MAX_EXTRA)
    ]
    family: Annotated[Literal["ipv4"], Attribute("There is no other (documented).", "ipv4")]
    reason: Required[
        Annotated[str, Attribute("What they are for; it must not be blank (documented).", "a second site")]
    ]
    contiguous: Annotated[bool, Attribute("Whether they have to follow each other (documented).", False)]


class AddressesMade(NewAddresses):
    ips: Annotated[list[str], Attribute("Documented.", ["198.18.0.2"])]


class CalledIp(TypedDict):
    """An address by the other name that some answers have for it (observed)."""

    ip: Annotated[str, Attribute("IPv4 or IPv6 (observed).", "198.18.0.1")]
    rdns: Rdns


class AddressChanges(TypedDict):
    rdns: Rdns


class AddressSwap(TypedDict):
    """Both VMs have to be off (observed)."""

    virtual_machine_1_id: Annotated[int, Attribute("Observed.", 1001)]
    virtual_machine_2_id: Annotated[int, Attribute("Observed.", 1002)]
    move_additional_ips: NotRequired[
        Annotated[bool, Attribute("Whether additional addresses move too (observed).", True)]
    ]


def create_extra(cloud: Cloud, nic: NetworkInterface, body: dict[str, Any]) -> dict[str, Any]:
    """Add additional addresses to a NIC: at most four, ipv4 only (documented)."""
    refuse_deleted(nic.virtual_machine)
    errors = Errors()
    values: dict[str, Any] = {"addresses": 1, "family": "ipv4", "contiguous": False}
    values |= read_attributes(
        {"reason": None} | body,
        {
            "addresses": rules.number(1, _MAX_EXTRA),
            "family": rules.one_of(["ipv4"]),
            "reason": rules.present,
            "contiguous": rules.boolean,
        },
        errors,
    )
    if "addresses" not in errors and len(nic.extra_ips) + values["addresses"] > _MAX_EXTRA:
        errors.add("addresses", f"would make more than {_MAX_EXTRA} additional addresses")
    errors.raise_any()
    network = cloud.part(Network)
    created = network.free_ipv4(network.is_private(nic.vlan_num), values["addresses"], values["contiguous"])
    if not created:
        raise Problem(400, {"contiguous" if values["contiguous"] else "addresses": ["are not available"]})
    for address in created:
        network.used[address] = Address(address, nic)
        nic.extra_ips[address] = _primary(nic, address)
        if not cloud.settings.extra_ips_apart:
            nic.ips.append(address)
    return values | {"ips": created}


def _primary(nic: NetworkInterface, address: str) -> str:
    """Return what an additional address is routed to: the primary one of its family, itself without one (assumed)."""
    return next((ip for ip in nic.listed_ips(additional=False) if (":" in ip) is (":" in address)), address)


def find(cloud: Cloud, identity: Identity, address: str, include_deleted: bool) -> Address:
    """Return an address that the identity may see, or 404."""
    found = cloud.part(Network).used.get(normalised(address))
    if found is None:
        raise not_found()
    nic = found.network_interface
    if not identity.sees(nic) or (nic.deleted and not include_deleted):
        raise not_found()
    return found


def update(found: Address, body: dict[str, Any]) -> None:
    refuse_deleted(found.network_interface.virtual_machine)
    errors = Errors()
    values = read_attributes(body, {"rdns": rules.nullable(rules.host_name)}, errors)
    errors.raise_any()
    found.rdns = values.get("rdns", found.rdns)


def delete(cloud: Cloud, found: Address) -> None:
    """Delete an additional address; others cannot be deleted (documented)."""
    nic = found.network_interface
    refuse_deleted(nic.virtual_machine)
    if found.address not in nic.extra_ips:
        raise Problem(400, "Only additional IP addresses can be deleted, and this is a primary one")
    del nic.extra_ips[found.address]
    nic.ips = [ip for ip in nic.ips if ip != found.address]
    del cloud.part(Network).used[found.address]


def swap(cloud: Cloud, identity: Identity, body: dict[str, Any]) -> list[VirtualMachine]:
    """Exchange the addresses of two VMs, both off (observed): those of their first NICs (assumed)."""
    errors = Errors()
    wanted = {"virtual_machine_1_id": rules.resource_id, "virtual_machine_2_id": rules.resource_id}
    values = read_attributes(body, wanted | {"move_additional_ips": rules.boolean}, errors)
    machines = []
    for attribute in wanted:
        if attribute not in body:
            errors.add(attribute, "can't be blank")
        elif attribute in values:
            machine = cloud.visible(identity, VirtualMachine, values[attribute])
            if machine is None or machine.deleted:
                errors.add(attribute, "does not exist")
            elif identity.level(machine) < Level.VM_ADMIN:
                raise forbidden()
            elif machine.power_on or machine.due is not None:
                errors.add(attribute, "must be powered off")
            elif not machine.children(NetworkInterface):
                errors.add(attribute, "has no network interface")
            else:
                machines.append(machine)
    if len(machines) == 2 and machines[0] is machines[1]:
        errors.add("virtual_machine_2_id", "must be another virtual machine")
    errors.raise_any()
    first, second = (next(iter(machine.children(NetworkInterface))) for machine in machines)
    _exchange(first, second, values.get("move_additional_ips", False))
    for nic in (first, second):
        _route(cloud, nic)
    return machines


def _exchange(first: NetworkInterface, second: NetworkInterface, additional: bool) -> None:
    first.ips, second.ips = (
        [*other.listed_ips(additional=False), *(other if additional else nic).listed_ips(additional=True)]
        for nic, other in ((first, second), (second, first))
    )
    if additional:
        first.extra_ips, second.extra_ips = second.extra_ips, first.extra_ips


def _route(cloud: Cloud, nic: NetworkInterface) -> None:
    """Let additional addresses follow the primary one of the NIC that they are on (assumed)."""
    for address in nic.extra_ips:
        nic.extra_ips[address] = _primary(nic, address)
    for address in nic.addresses:
        cloud.part(Network).used[address].network_interface = nic


@router.post(NIC + "/ip_create")
@described(AddressesMade, 201, NewAddresses, alike=CREATED_200)
async def create_ips(call: Authenticated, account: str, group: str, virtual_machine: str, nic: str) -> Response:
    """Add additional addresses: at most 4, IPv4 only (documented). That it is a 201 is assumed."""
    found = nics.find(call, (account, group, virtual_machine), nic, True)
    call.require(Level.VM_ADMIN, found)
    return call.created(create_extra(call.cloud, found, call.body()))


@router.post("/ips/swap_virtual_machine_ips")
@described(list[VirtualMachine], takes=AddressSwap)
async def swap_virtual_machine_ips(call: Authenticated) -> Response:
    """Exchange the primary addresses of two VMs that are off, and the additional ones if asked to (observed).

    What it answers is assumed; a setting has it answer an empty body.
    """
    if call.identity.highest < Level.VM_ADMIN:
        raise forbidden()
    machines = swap(call.cloud, call.identity, call.body())
    if call.cloud.settings.empty_swap:
        return Response()
    return call.answer([show(machine, True) for machine in machines])


def _answer(call: Call, found: Address) -> Response:
    """Return the answer with an address, which some answers call `ip` (observed); a setting says."""
    shown = view(found)
    if call.cloud.settings.address_as_ip:
        shown = {"ip": shown.pop("address"), **shown}
    return call.answer(shown)


@router.get("/ips/{address}")
@described(Address | CalledIp, query=("include_deleted",))
async def read_ip(call: Authenticated, address: str) -> Response:
    """Documented; that it may be called `ip` is observed."""
    return _answer(call, find(call.cloud, call.identity, address, call.include_deleted))


@router.put("/ips/{address}")
@described(Address | CalledIp, takes=AddressChanges)
async def update_ip(call: Authenticated, address: str) -> Response:
    """Documented."""
    found = find(call.cloud, call.identity, address, True)
    call.require(Level.VM_ADMIN, found.network_interface)
    update(found, call.body())
    return _answer(call, found)


@router.delete("/ips/{address}")
@described(status=204)
async def delete_ip(call: Authenticated, address: str) -> Response:
    """Delete an address: additional ones only (documented)."""
    found = find(call.cloud, call.identity, address, True)
    call.require(Level.VM_ADMIN, found.network_interface)
    delete(call.cloud, found)
    return Response(status_code=204)
