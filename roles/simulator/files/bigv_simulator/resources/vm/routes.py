# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The URLs of virtual machines."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from ...core import flat_lists
from ...core.http import Authenticated, Call
from ...core.openapi import READING, described
from ...core.people import Level
from ...core.problem import not_found
from ...core.resource import show
from .. import group as groups
from ..account import FILTERS, TAG
from ..disc_model import Disc
from ..group import GROUP
from . import bodies, lifecycle, power
from .model import VirtualMachine
from .paths import MACHINE, find_to_read, find_to_write

router = APIRouter(tags=[TAG])
flat = APIRouter(tags=[flat_lists.TAG])
_BAD_CDROM = {500: "The `cdrom_url` cannot be used (observed)."}
_BEING_BUILT = {202: "It is being built, and a setting has it said (observed)."}


def _answer(call: Call, machine: VirtualMachine) -> Response:
    """Return the answer with a VM, which may be a 202 while it is being built (observed); a setting says."""
    status = 202 if machine.building and call.cloud.settings.building_is_202 else 200
    return call.answer(call.show(machine), status)


def _created(machine: VirtualMachine, body: dict[str, Any]) -> dict[str, Any]:
    """Return the parts, and the reimage as it was sent; image and addresses come with the next GET (observed)."""
    return {
        "virtual_machine": show(machine) | {"last_imaged_with": None, "management_address": None},
        "discs": [show(disc) for disc in machine.children(Disc)],
        "reimage": body.get("reimage"),
    }


@router.get(GROUP + "/virtual_machines")
@described(list[VirtualMachine], query=READING)
async def list_virtual_machines(call: Authenticated, account: str, group: str) -> Response:
    """Documented."""
    found = groups.find(call.cloud, call.identity, account, group)
    include_deleted = call.include_deleted
    return call.answer(
        [
            call.show(machine)
            for machine in call.identity.seen(found, found.children(VirtualMachine))
            if include_deleted or not machine.deleted
        ]
    )


@router.post(GROUP + "/virtual_machines")
@described(VirtualMachine, 202, bodies.NewVirtualMachine, also=_BAD_CDROM)
async def create_bare_virtual_machine(call: Authenticated, account: str, group: str) -> Response:
    """Create a bare machine: no disc, no image. It is built in the background (documented)."""
    found = groups.find(call.cloud, call.identity, account, group)
    call.require(Level.GROUP_ADMIN, found)
    return call.answer(show(lifecycle.create_bare(call.cloud, found, call.body())), 202)


@router.post(GROUP + "/vm_create")
@described(bodies.VirtualMachineCreated | VirtualMachine, 202, bodies.VirtualMachineCreate, also=_BAD_CDROM)
async def create_virtual_machine(call: Authenticated, account: str, group: str) -> Response:
    """Create the machine with its discs and its image, or nothing of it, in the background (documented).

    It can be read at once, by name; its image and its addresses are in that answer (observed). `power_on` turns true
    later, if it boots: with `autoreboot_on`, `power_on` or an image (observed). A setting has it answer the VM alone.
    """
    found = groups.find(call.cloud, call.identity, account, group)
    call.require(Level.GROUP_ADMIN, found)
    body = call.body()
    created = _created(lifecycle.create(call.cloud, found, body), body)
    return call.answer(created["virtual_machine"] if call.cloud.settings.bare_vm_create else created, 202)


@router.get(MACHINE)
@described(VirtualMachine, query=READING, alike=_BEING_BUILT)
async def read_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Documented; the overview of a VM is observed. A deleted one is a 404 without `include_deleted` (documented)."""
    return _answer(call, find_to_read(call, account, group, virtual_machine))


@router.put(MACHINE)
@described(VirtualMachine, takes=bodies.VirtualMachineChanges, also=_BAD_CDROM)
async def update_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Change power, hardware, name and group, or undelete with `deleted` false (documented).

    The zone never changes (observed).

    `autoreboot_on` and `power_on` both true start it, both false power it off, and `power_on` alone false restarts
    it with its new hardware (documented). Moving it, and undeleting it, takes a group_admin (assumed).
    """
    found = find_to_write(call, account, group, virtual_machine)
    call.require(Level.VM_ADMIN, found)
    lifecycle.update(call.cloud, call.identity, found, call.body())
    return call.answer(show(found))


@router.delete(MACHINE)
@described(status=204, query=("purge",))
async def delete_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Delete it: without `purge`, it can be undeleted for a while, and its name stays taken (documented).

    A deleted one can be purged (observed).
    """
    found = find_to_write(call, account, group, virtual_machine)
    call.require(Level.GROUP_ADMIN, found)
    lifecycle.delete(call.cloud, found, call.flag("purge"))
    return Response(status_code=204)


@router.post(MACHINE + "/signal")
@described(bodies.Signal, takes=bodies.Signal)
async def signal_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Send a signal, and return the body (documented).

    The VM has to be on (documented). With `autoreboot_on` it comes straight back from a powerdown (documented).
    """
    found = find_to_write(call, account, group, virtual_machine)
    call.require(Level.VM_ADMIN, found)
    body = call.body()
    power.signal(call.cloud, found, body)
    return call.answer(body)


@router.post(MACHINE + "/reimage")
@described(bodies.Reimage, takes=bodies.Reimage)
async def reimage_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Wipe the first disc, and return the body, root password included (documented).

    The VM has to be off; afterwards it is on, with `autoreboot_on` false (documented).
    """
    found = find_to_write(call, account, group, virtual_machine)
    call.require(Level.VM_ADMIN, found)
    body = call.body()
    power.reimage(call.cloud, found, body)
    return call.answer(body)


@flat.get("/virtual_machines", name="list_virtual_machines")
@described(list[VirtualMachine], query=(*READING, *FILTERS))
async def list_all_virtual_machines(call: Authenticated) -> Response:
    """Documented; whether a list honours `view=overview` is not known."""
    return call.answer([call.show_listed(machine) for machine in call.search.all(VirtualMachine)])


@flat.get("/virtual_machines/{virtual_machine}", name="read_virtual_machine")
@described(VirtualMachine, query=READING, alike=_BEING_BUILT)
async def read_virtual_machine_of_any_group(call: Authenticated, virtual_machine: str) -> Response:
    """Documented; its overview is observed."""
    named = {"vm_name": virtual_machine}
    found = call.find_flat(VirtualMachine, virtual_machine, named, call.include_deleted)
    if found.deleted and not call.include_deleted:
        raise not_found()
    return _answer(call, found)
