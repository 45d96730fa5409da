# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The nested URLs of a VM's discs and NICs, and the addresses."""

from __future__ import annotations

from fastapi import APIRouter, Response

from . import addresses, discs, render
from .cloud import find_labelled
from .http import Authenticated, Call, answer
from .model import VirtualMachine
from .nested_routes import MACHINE, find_to_write

router = APIRouter()
DISC = MACHINE + "/discs/{disc}"
NIC = MACHINE + "/nics/{nic}"


def _readable(call: Call, account: str, group: str, virtual_machine: str) -> VirtualMachine:
    return call.cloud.find_virtual_machine(call.identity, account, group, virtual_machine, call.include_deleted)


@router.get(MACHINE + "/discs")
async def list_discs(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    return answer([render.disc(disc) for disc in _readable(call, account, group, virtual_machine).discs])


@router.post(MACHINE + "/discs")
async def create_disc(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    machine = find_to_write(call, account, group, virtual_machine)
    return answer(render.disc(discs.create(call.cloud, machine, call.body())), 201)


@router.get(DISC)
async def read_disc(call: Authenticated, account: str, group: str, virtual_machine: str, disc: str) -> Response:
    return answer(render.disc(find_labelled(_readable(call, account, group, virtual_machine).discs, disc)))


@router.put(DISC)
async def update_disc(call: Authenticated, account: str, group: str, virtual_machine: str, disc: str) -> Response:
    found = find_labelled(find_to_write(call, account, group, virtual_machine).discs, disc)
    discs.update(call.cloud, call.identity, found, call.body())
    return answer(render.disc(found))


@router.delete(DISC)
async def delete_disc(call: Authenticated, account: str, group: str, virtual_machine: str, disc: str) -> Response:
    found = find_labelled(find_to_write(call, account, group, virtual_machine).discs, disc)
    call.may_write()
    discs.delete(call.cloud, found, call.asks("purge"))
    return Response(status_code=204)


@router.get(MACHINE + "/nics")
async def list_nics(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    machine = _readable(call, account, group, virtual_machine)
    return answer([render.network_interface(nic) for nic in machine.network_interfaces])


@router.get(NIC)
async def read_nic(call: Authenticated, account: str, group: str, virtual_machine: str, nic: str) -> Response:
    machine = _readable(call, account, group, virtual_machine)
    return answer(render.network_interface(find_labelled(machine.network_interfaces, nic)))


@router.post(NIC + "/ip_create")
async def create_ips(call: Authenticated, account: str, group: str, virtual_machine: str, nic: str) -> Response:
    found = find_labelled(find_to_write(call, account, group, virtual_machine).network_interfaces, nic)
    return answer(addresses.create_extra(call.cloud, found, call.body()), 201)


@router.post("/ips/swap_virtual_machine_ips")
async def swap_virtual_machine_ips(call: Authenticated) -> Response:
    machines = addresses.swap(call.cloud, call.identity, call.body())
    return answer([render.virtual_machine(machine, True) for machine in machines])


@router.get("/ips/{address}")
async def read_ip(call: Authenticated, address: str) -> Response:
    return answer(render.address(addresses.find(call.cloud, call.identity, address, call.include_deleted)))


@router.put("/ips/{address}")
async def update_ip(call: Authenticated, address: str) -> Response:
    found = addresses.find(call.cloud, call.identity, address, True)
    addresses.update(found, call.body())
    return answer(render.address(found))


@router.delete("/ips/{address}")
async def delete_ip(call: Authenticated, address: str) -> Response:
    found = addresses.find(call.cloud, call.identity, address, True)
    call.may_write()
    addresses.delete(call.cloud, found)
    return Response(status_code=204)
