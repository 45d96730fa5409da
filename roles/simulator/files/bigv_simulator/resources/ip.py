# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Addresses: additional ones, reverse DNS, and swapping them between two VMs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from typing_extensions import NotRequired, TypedDict

from ..core import rules
from ..core.attributes import Attribute, view
from ..core.cloud import Cloud
from ..core.http import Authenticated
from ..core.identities import Identity
from ..core.openapi import CREATED_200, described
from ..core.problem import Errors, Problem, not_found, read_attributes
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
    reason: Annotated[str | None, Attribute("Documented; that it may be missing is assumed.", "a second site")]
    contiguous: Annotated[bool, Attribute("Whether they have to follow each other (documented).", False)]


class AddressesMade(NewAddresses):
    ips: Annotated[list[str], Attribute("Documented.", ["198.18.0.2"])]


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
    values: dict[str, Any] = {"addresses": 1, "family": "ipv4", "reason": "", "contiguous": False}
    values |= read_attributes(
        body,
        {
            "addresses": rules.number(1, _MAX_EXTRA),
            "family": rules.one_of(["ipv4"]),
            "reason": rules.nullable(rules.text),
            "contiguous": rules.boolean,
        },
        errors,
    )
    if "addresses" not in errors and len(nic.extra_ips) + values["addresses"] > _MAX_EXTRA:
        errors.add("addresses", f"would make more than {_MAX_EXTRA} additional addresses")
    errors.raise_any()
    network = cloud.part(Network)
    created = []
    for _count in range(values["addresses"]):
        address = network.ipv4(network.is_private(nic.vlan_num))
        network.used[address] = Address(address, nic)
        nic.extra_ips[address] = nic.ips[0] if nic.ips else address
        created.append(address)
    return values | {"ips": created}


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
    del cloud.part(Network).used[found.address]


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
            machine = cloud.visible(identity, VirtualMachine, values[attribute])
            if machine is None or machine.deleted:
                errors.add(attribute, "does not exist")
            elif machine.power_on or machine.building:
                errors.add(attribute, "must be powered off")
            else:
                machines.append(machine)
    if len(machines) == 2 and machines[0] is machines[1]:
        errors.add("virtual_machine_2_id", "must be another virtual machine")
    errors.raise_any()
    if all(machine.children(NetworkInterface) for machine in machines):
        first, second = (next(iter(machine.children(NetworkInterface))) for machine in machines)
        first.ips, second.ips = second.ips, first.ips
        if values.get("move_additional_ips", False):
            first.extra_ips, second.extra_ips = second.extra_ips, first.extra_ips
        for nic in (first, second):
            _route(cloud, nic)
    return machines


def _route(cloud: Cloud, nic: NetworkInterface) -> None:
    """Let additional addresses follow the primary one of the NIC that they are on (assumed)."""
    for address in nic.extra_ips:
        nic.extra_ips[address] = nic.ips[0] if nic.ips else address
    for address in (*nic.ips, *nic.extra_ips):
        cloud.part(Network).used[address].network_interface = nic


@router.post(NIC + "/ip_create")
@described(AddressesMade, 201, NewAddresses, alike=CREATED_200)
async def create_ips(call: Authenticated, account: str, group: str, virtual_machine: str, nic: str) -> Response:
    """Add additional addresses: at most 4, IPv4 only (documented). That it is a 201 is assumed."""
    found = nics.find(call, (account, group, virtual_machine), nic, True)
    return call.created(create_extra(call.cloud, found, call.body()))


@router.post("/ips/swap_virtual_machine_ips")
@described(list[VirtualMachine], takes=AddressSwap)
async def swap_virtual_machine_ips(call: Authenticated) -> Response:
    """Exchange the primary addresses of two VMs (observed). What it answers is assumed."""
    return call.answer([show(machine, True) for machine in swap(call.cloud, call.identity, call.body())])


@router.get("/ips/{address}")
@described(Address, query=("include_deleted",))
async def read_ip(call: Authenticated, address: str) -> Response:
    """Documented."""
    return call.answer(view(find(call.cloud, call.identity, address, call.include_deleted)))


@router.put("/ips/{address}")
@described(Address, takes=AddressChanges)
async def update_ip(call: Authenticated, address: str) -> Response:
    """Documented."""
    found = find(call.cloud, call.identity, address, True)
    update(found, call.body())
    return call.answer(view(found))


@router.delete("/ips/{address}")
@described(status=204)
async def delete_ip(call: Authenticated, address: str) -> Response:
    """Delete an address: additional ones only (documented)."""
    found = find(call.cloud, call.identity, address, True)
    call.require_write()
    delete(call.cloud, found)
    return Response(status_code=204)
