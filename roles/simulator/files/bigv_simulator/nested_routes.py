# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The nested URLs: accounts, groups and virtual machines, to be read and written."""

from __future__ import annotations

from fastapi import APIRouter, Response

from . import groups, power, render, schemas, virtual_machines
from .http import Authenticated, Call
from .model import VirtualMachine
from .openapi import BAD_CDROM, BEING_BUILT, CREATED_200, READING, described

router = APIRouter(tags=["Accounts, groups and virtual machines"])
ACCOUNT = "/accounts/{account}"
GROUP = ACCOUNT + "/groups/{group}"
MACHINE = GROUP + "/virtual_machines/{virtual_machine}"


@router.get("/accounts", **described(list[schemas.Account], query=READING))
async def list_accounts(call: Authenticated) -> Response:
    """Those that the token may see (documented)."""
    return call.answer(
        [
            render.account(account, call.overview, call.include_deleted)
            for account in call.cloud.visible_accounts(call.identity)
        ]
    )


@router.get(ACCOUNT, **described(schemas.Account, query=READING))
async def read_account(call: Authenticated, account: str) -> Response:
    """Documented."""
    found = call.cloud.find_account(call.identity, account)
    return call.answer(render.account(found, call.overview, call.include_deleted))


@router.get(ACCOUNT + "/groups", **described(list[schemas.Group], query=READING))
async def list_groups(call: Authenticated, account: str) -> Response:
    """Documented."""
    found = call.cloud.find_account(call.identity, account)
    return call.answer([render.group(group, call.overview, call.include_deleted) for group in found.groups.values()])


@router.post(ACCOUNT + "/groups", **described(schemas.Group, 201, schemas.GroupBody, alike=CREATED_200))
async def create_group(call: Authenticated, account: str) -> Response:
    """Documented."""
    found = call.cloud.find_account(call.identity, account)
    return call.created(render.group(groups.create(call.cloud, found, call.body())))


@router.get(GROUP, **described(schemas.Group, query=READING))
async def read_group(call: Authenticated, account: str, group: str) -> Response:
    """Documented; the overview of a group is observed."""
    found = call.cloud.find_group(call.identity, account, group)
    return call.answer(render.group(found, call.overview, call.include_deleted))


@router.put(GROUP, **described(schemas.Group, takes=schemas.GroupBody))
async def update_group(call: Authenticated, account: str, group: str) -> Response:
    """Renames it (documented); the group `default` keeps its name (assumed).

    A setting has it answer an empty body (observed).
    """
    found = call.cloud.find_group(call.identity, account, group)
    groups.rename(found, call.body())
    return Response() if call.cloud.settings.empty_group_put else call.answer(render.group(found))


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
    include_deleted = call.include_deleted
    return call.answer(
        [
            render.virtual_machine(machine, call.overview)
            for machine in found.virtual_machines.values()
            if include_deleted or not machine.deleted
        ]
    )


@router.post(
    GROUP + "/virtual_machines", **described(schemas.VirtualMachine, 202, schemas.NewVirtualMachine, also=BAD_CDROM)
)
async def create_bare_virtual_machine(call: Authenticated, account: str, group: str) -> Response:
    """A bare machine: no disc, no image. It is built in the background (documented)."""
    found = call.cloud.find_group(call.identity, account, group)
    return call.answer(render.virtual_machine(virtual_machines.create_bare(call.cloud, found, call.body())), 202)


@router.post(
    GROUP + "/vm_create",
    **described(
        schemas.VirtualMachineCreated | schemas.VirtualMachine, 202, schemas.VirtualMachineCreate, also=BAD_CDROM
    ),
)
async def create_virtual_machine(call: Authenticated, account: str, group: str) -> Response:
    """The machine with its discs and its image, or nothing of it, built in the background (documented).

    It can be read at once, by name; its image and its addresses are in that answer (observed). `power_on` turns true
    later, if it boots: with `autoreboot_on`, `power_on` or an image (observed). A setting has it answer the VM alone.
    """
    found = call.cloud.find_group(call.identity, account, group)
    body = call.body()
    created = render.created(virtual_machines.create(call.cloud, found, body), body)
    return call.answer(created["virtual_machine"] if call.cloud.settings.bare_vm_create else created, 202)


@router.get(MACHINE, **described(schemas.VirtualMachine, query=READING, alike=BEING_BUILT))
async def read_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Documented; the overview of a VM is observed. A deleted one is a 404 without `include_deleted` (documented)."""
    found = call.cloud.find_virtual_machine(call.identity, account, group, virtual_machine, call.include_deleted)
    return answer_machine(call, found)


def answer_machine(call: Call, found: VirtualMachine) -> Response:
    """Observed: a VM that is being built may be a 202; a setting says."""
    status = 202 if found.building and call.cloud.settings.building_is_202 else 200
    return call.answer(render.virtual_machine(found, call.overview), status)


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
    return call.answer(render.virtual_machine(found))


@router.delete(MACHINE, **described(status=204, query=("purge",)))
async def delete_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Without `purge`, it can be undeleted for a while, and its name stays taken (documented).

    A deleted one can be purged (observed).
    """
    found = find_to_write(call, account, group, virtual_machine)
    call.may_write()
    virtual_machines.delete(call.cloud, found, call.asks("purge"))
    return Response(status_code=204)


@router.post(MACHINE + "/signal", **described(schemas.Signal, takes=schemas.Signal))
async def signal_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Answers the body (documented).

    The VM has to be on (documented). With `autoreboot_on` it comes straight back from a powerdown (documented).
    """
    found = find_to_write(call, account, group, virtual_machine)
    body = call.body()
    power.signal(call.cloud, found, body)
    return call.answer(body)


@router.post(MACHINE + "/reimage", **described(schemas.Reimage, takes=schemas.Reimage))
async def reimage_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Wipes the first disc, and answers the body, root password included (documented).

    The VM has to be off; afterwards it is on, with `autoreboot_on` false (documented).
    """
    found = find_to_write(call, account, group, virtual_machine)
    body = call.body()
    power.reimage(call.cloud, found, body)
    return call.answer(body)
