# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The nested URLs: accounts, groups and virtual machines, to be read and written."""

from __future__ import annotations

from fastapi import APIRouter, Response

from . import groups, power, render, schemas, virtual_machines
from .http import Authenticated, Call, answer
from .model import VirtualMachine
from .openapi import BAD_CDROM, READING, described

router = APIRouter(tags=["Accounts, groups and virtual machines"])
ACCOUNT = "/accounts/{account}"
GROUP = ACCOUNT + "/groups/{group}"
MACHINE = GROUP + "/virtual_machines/{virtual_machine}"


@router.get("/accounts", **described(list[schemas.Account], query=READING))
async def list_accounts(call: Authenticated) -> Response:
    """Those that the token may see (documented)."""
    return answer([render.account(account, call.overview, call.include_deleted)
                   for account in call.cloud.visible_accounts(call.identity)])


@router.get(ACCOUNT, **described(schemas.Account, query=READING))
async def read_account(call: Authenticated, account: str) -> Response:
    """Documented."""
    found = call.cloud.find_account(call.identity, account)
    return answer(render.account(found, call.overview, call.include_deleted))


@router.get(ACCOUNT + "/groups", **described(list[schemas.Group], query=READING))
async def list_groups(call: Authenticated, account: str) -> Response:
    """Documented."""
    found = call.cloud.find_account(call.identity, account)
    return answer([render.group(group, call.overview, call.include_deleted) for group in found.groups.values()])


@router.post(ACCOUNT + "/groups", **described(schemas.Group, 201, schemas.GroupBody))
async def create_group(call: Authenticated, account: str) -> Response:
    """Documented."""
    found = call.cloud.find_account(call.identity, account)
    return answer(render.group(groups.create(call.cloud, found, call.body())), 201)


@router.get(GROUP, **described(schemas.Group, query=READING))
async def read_group(call: Authenticated, account: str, group: str) -> Response:
    """Documented; the overview of a group is observed."""
    found = call.cloud.find_group(call.identity, account, group)
    return answer(render.group(found, call.overview, call.include_deleted))


@router.put(GROUP, **described(schemas.Group, takes=schemas.GroupBody))
async def update_group(call: Authenticated, account: str, group: str) -> Response:
    """Renames it (documented); the group `default` keeps its name (assumed)."""
    found = call.cloud.find_group(call.identity, account, group)
    groups.rename(found, call.body())
    return answer(render.group(found))


@router.delete(GROUP, **described(status=204))
async def delete_group(call: Authenticated, account: str, group: str) -> Response:
    """A 400 while it holds VMs (documented), deleted ones included (observed)."""
    found = call.cloud.find_group(call.identity, account, group)
    call.may_write()
    groups.delete(call.cloud, found)
    return Response(status_code=204)


@router.get(GROUP + "/virtual_machines", **described(list[schemas.VirtualMachine], query=READING))
async def list_virtual_machines(call: Authenticated, account: str, group: str) -> Response:
    """Documented."""
    found = call.cloud.find_group(call.identity, account, group)
    return answer([render.virtual_machine(machine, call.overview) for machine in found.virtual_machines.values()
                   if call.include_deleted or not machine.deleted])


@router.post(GROUP + "/virtual_machines",
             **described(schemas.VirtualMachine, 202, schemas.NewVirtualMachine, also=BAD_CDROM))
async def create_bare_virtual_machine(call: Authenticated, account: str, group: str) -> Response:
    """A bare machine: no disc, no image. It is built in the background (documented)."""
    found = call.cloud.find_group(call.identity, account, group)
    return answer(render.virtual_machine(virtual_machines.create_bare(call.cloud, found, call.body())), 202)


@router.post(GROUP + "/vm_create",
             **described(schemas.VirtualMachine, 202, schemas.VirtualMachineCreate, also=BAD_CDROM))
async def create_virtual_machine(call: Authenticated, account: str, group: str) -> Response:
    """The machine with its discs and its image, or nothing of it, built in the background (documented).

    It can be read at once; `power_on` turns true later, if it boots: with `autoreboot_on` or an image (observed).
    """
    found = call.cloud.find_group(call.identity, account, group)
    return answer(render.virtual_machine(virtual_machines.create(call.cloud, found, call.body())), 202)


@router.get(MACHINE, **described(schemas.VirtualMachine, query=READING))
async def read_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Documented; the overview of a VM is observed. A deleted one is a 404 without `include_deleted` (documented)."""
    found = call.cloud.find_virtual_machine(call.identity, account, group, virtual_machine, call.include_deleted)
    return answer(render.virtual_machine(found, call.overview))


def find_to_write(call: Call, account: str, group: str, virtual_machine: str) -> VirtualMachine:
    """Writes find a soft-deleted VM without include_deleted (observed for purging)."""
    return call.cloud.find_virtual_machine(call.identity, account, group, virtual_machine, True)


@router.put(MACHINE, **described(schemas.VirtualMachine, takes=schemas.VirtualMachineChanges, also=BAD_CDROM))
async def update_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Power, hardware, name and group; undeletes with `deleted` false (documented). The zone never changes (observed).

    `autoreboot_on` and `power_on` both true start it, both false pull the plug, and `power_on` alone false restarts
    it with its new hardware (documented).
    """
    found = find_to_write(call, account, group, virtual_machine)
    virtual_machines.update(call.cloud, call.identity, found, call.body())
    return answer(render.virtual_machine(found))


@router.delete(MACHINE, **described(status=204, query=("purge",)))
async def delete_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Without `purge`, it can be undeleted for a while, and its name stays taken (documented).

    A deleted one can be purged (observed).
    """
    found = find_to_write(call, account, group, virtual_machine)
    call.may_write()
    virtual_machines.delete(call.cloud, found, call.asks("purge"))
    return Response(status_code=204)


@router.post(MACHINE + "/signal", **described(schemas.VirtualMachine, takes=schemas.Signal))
async def signal_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """The VM has to be on (documented). With `autoreboot_on` it comes straight back from a powerdown (documented)."""
    found = find_to_write(call, account, group, virtual_machine)
    power.signal(call.cloud, found, call.body())
    return answer(render.virtual_machine(found))


@router.post(MACHINE + "/reimage", **described(schemas.VirtualMachine, takes=schemas.Reimage))
async def reimage_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Wipes the first disc. The VM has to be off; afterwards it is on, with `autoreboot_on` false (documented)."""
    found = find_to_write(call, account, group, virtual_machine)
    power.reimage(call.cloud, found, call.body())
    return answer(render.virtual_machine(found))
