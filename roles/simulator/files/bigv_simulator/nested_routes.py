# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The nested URLs: accounts, groups and virtual machines, to be read and written."""

from __future__ import annotations

from fastapi import APIRouter, Response

from . import groups, power, render, virtual_machines
from .http import Authenticated, Call, answer
from .model import VirtualMachine

router = APIRouter()
ACCOUNT = "/accounts/{account}"
GROUP = ACCOUNT + "/groups/{group}"
MACHINE = GROUP + "/virtual_machines/{virtual_machine}"


@router.get("/accounts")
async def list_accounts(call: Authenticated) -> Response:
    return answer([render.account(account, call.overview, call.include_deleted)
                   for account in call.cloud.visible_accounts(call.identity)])


@router.get(ACCOUNT)
async def read_account(call: Authenticated, account: str) -> Response:
    found = call.cloud.find_account(call.identity, account)
    return answer(render.account(found, call.overview, call.include_deleted))


@router.get(ACCOUNT + "/groups")
async def list_groups(call: Authenticated, account: str) -> Response:
    found = call.cloud.find_account(call.identity, account)
    return answer([render.group(group, call.overview, call.include_deleted) for group in found.groups.values()])


@router.post(ACCOUNT + "/groups")
async def create_group(call: Authenticated, account: str) -> Response:
    found = call.cloud.find_account(call.identity, account)
    return answer(render.group(groups.create(call.cloud, found, call.body())), 201)


@router.get(GROUP)
async def read_group(call: Authenticated, account: str, group: str) -> Response:
    found = call.cloud.find_group(call.identity, account, group)
    return answer(render.group(found, call.overview, call.include_deleted))


@router.put(GROUP)
async def update_group(call: Authenticated, account: str, group: str) -> Response:
    found = call.cloud.find_group(call.identity, account, group)
    groups.rename(found, call.body())
    return answer(render.group(found))


@router.delete(GROUP)
async def delete_group(call: Authenticated, account: str, group: str) -> Response:
    found = call.cloud.find_group(call.identity, account, group)
    call.may_write()
    groups.delete(call.cloud, found)
    return Response(status_code=204)


@router.get(GROUP + "/virtual_machines")
async def list_virtual_machines(call: Authenticated, account: str, group: str) -> Response:
    found = call.cloud.find_group(call.identity, account, group)
    return answer([render.virtual_machine(machine, call.overview) for machine in found.virtual_machines.values()
                   if call.include_deleted or not machine.deleted])


@router.post(GROUP + "/virtual_machines")
async def create_bare_virtual_machine(call: Authenticated, account: str, group: str) -> Response:
    found = call.cloud.find_group(call.identity, account, group)
    return answer(render.virtual_machine(virtual_machines.create_bare(call.cloud, found, call.body())), 202)


@router.post(GROUP + "/vm_create")
async def create_virtual_machine(call: Authenticated, account: str, group: str) -> Response:
    found = call.cloud.find_group(call.identity, account, group)
    return answer(render.virtual_machine(virtual_machines.create(call.cloud, found, call.body())), 202)


@router.get(MACHINE)
async def read_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    found = call.cloud.find_virtual_machine(call.identity, account, group, virtual_machine, call.include_deleted)
    return answer(render.virtual_machine(found, call.overview))


def find_to_write(call: Call, account: str, group: str, virtual_machine: str) -> VirtualMachine:
    """Writes find a soft-deleted VM without include_deleted (observed for purging)."""
    return call.cloud.find_virtual_machine(call.identity, account, group, virtual_machine, True)


@router.put(MACHINE)
async def update_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    found = find_to_write(call, account, group, virtual_machine)
    virtual_machines.update(call.cloud, call.identity, found, call.body())
    return answer(render.virtual_machine(found))


@router.delete(MACHINE)
async def delete_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    found = find_to_write(call, account, group, virtual_machine)
    call.may_write()
    virtual_machines.delete(call.cloud, found, call.asks("purge"))
    return Response(status_code=204)


@router.post(MACHINE + "/signal")
async def signal_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    found = find_to_write(call, account, group, virtual_machine)
    power.signal(call.cloud, found, call.body())
    return answer(render.virtual_machine(found))


@router.post(MACHINE + "/reimage")
async def reimage_virtual_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    found = find_to_write(call, account, group, virtual_machine)
    power.reimage(call.cloud, found, call.body())
    return answer(render.virtual_machine(found))
