# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The nested URLs of a VM's discs and NICs, and the addresses."""

from __future__ import annotations

from fastapi import APIRouter, Response

from . import addresses, discs, render, schemas
from .http import Authenticated, Call
from .model import VirtualMachine
from .nested_routes import MACHINE, find_to_write
from .openapi import CREATED_200, NOT_PURGED, described

router = APIRouter(tags=["Discs, NICs and addresses"])
DISC = MACHINE + "/discs/{disc}"
NIC = MACHINE + "/nics/{nic}"


def _readable(call: Call, account: str, group: str, virtual_machine: str) -> VirtualMachine:
    return call.cloud.find_virtual_machine(call.identity, account, group, virtual_machine, call.include_deleted)


@router.get(MACHINE + "/discs", **described(list[schemas.Disc], query=("include_deleted",)))
async def list_discs(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Documented."""
    return call.answer([render.disc(disc) for disc in _readable(call, account, group, virtual_machine).discs])


@router.post(MACHINE + "/discs", **described(schemas.Disc, 201, schemas.NewDisc, alike=CREATED_200))
async def create_disc(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """A VM has at most 8 discs (documented)."""
    machine = find_to_write(call, account, group, virtual_machine)
    return call.created(render.disc(discs.create(call.cloud, machine, call.body())))


@router.get(DISC, **described(schemas.Disc, query=("include_deleted",)))
async def read_disc(call: Authenticated, account: str, group: str, virtual_machine: str, disc: str) -> Response:
    """Documented."""
    path = account, group, virtual_machine
    return call.answer(render.disc(call.cloud.find_disc(call.identity, path, disc, call.include_deleted)))


@router.put(DISC, **described(schemas.Disc, takes=schemas.DiscChanges))
async def update_disc(call: Authenticated, account: str, group: str, virtual_machine: str, disc: str) -> Response:
    """Grows, renames or moves it (documented). The guest sees it at its next start (documented)."""
    found = call.cloud.find_disc(call.identity, (account, group, virtual_machine), disc, True)
    discs.update(call.cloud, call.identity, found, call.body())
    return call.answer(render.disc(found))


@router.delete(DISC, **described(status=204, query=("purge",), also=NOT_PURGED))
async def delete_disc(call: Authenticated, account: str, group: str, virtual_machine: str, disc: str) -> Response:
    """Always for good, and a 500 without `purge` (documented)."""
    found = call.cloud.find_disc(call.identity, (account, group, virtual_machine), disc, True)
    call.may_write()
    discs.delete(call.cloud, found, call.asks("purge"))
    return Response(status_code=204)


@router.get(MACHINE + "/nics", **described(list[schemas.NetworkInterface], query=("include_deleted",)))
async def list_nics(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Documented."""
    machine = _readable(call, account, group, virtual_machine)
    return call.answer([render.network_interface(nic) for nic in machine.network_interfaces])


@router.get(NIC, **described(schemas.NetworkInterface, query=("include_deleted",)))
async def read_nic(call: Authenticated, account: str, group: str, virtual_machine: str, nic: str) -> Response:
    """Documented."""
    path = account, group, virtual_machine
    found = call.cloud.find_network_interface(call.identity, path, nic, call.include_deleted)
    return call.answer(render.network_interface(found))


@router.post(NIC + "/ip_create", **described(schemas.AddressesMade, 201, schemas.NewAddresses, alike=CREATED_200))
async def create_ips(call: Authenticated, account: str, group: str, virtual_machine: str, nic: str) -> Response:
    """Additional addresses: at most 4, IPv4 only (documented). That it is a 201 is assumed."""
    found = call.cloud.find_network_interface(call.identity, (account, group, virtual_machine), nic, True)
    return call.created(addresses.create_extra(call.cloud, found, call.body()))


@router.post("/ips/swap_virtual_machine_ips", **described(list[schemas.VirtualMachine], takes=schemas.AddressSwap))
async def swap_virtual_machine_ips(call: Authenticated) -> Response:
    """Exchanges the primary addresses of two VMs (observed). What it answers is assumed."""
    machines = addresses.swap(call.cloud, call.identity, call.body())
    return call.answer([render.virtual_machine(machine, True) for machine in machines])


@router.get("/ips/{address}", **described(schemas.Address, query=("include_deleted",)))
async def read_ip(call: Authenticated, address: str) -> Response:
    """Documented."""
    return call.answer(render.address(addresses.find(call.cloud, call.identity, address, call.include_deleted)))


@router.put("/ips/{address}", **described(schemas.Address, takes=schemas.AddressChanges))
async def update_ip(call: Authenticated, address: str) -> Response:
    """Documented."""
    found = addresses.find(call.cloud, call.identity, address, True)
    addresses.update(found, call.body())
    return call.answer(render.address(found))


@router.delete("/ips/{address}", **described(status=204))
async def delete_ip(call: Authenticated, address: str) -> Response:
    """Additional addresses only (documented)."""
    found = addresses.find(call.cloud, call.identity, address, True)
    call.may_write()
    addresses.delete(call.cloud, found)
    return Response(status_code=204)
