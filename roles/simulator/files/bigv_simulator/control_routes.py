# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The control interface under /_simulator: for tests and demonstrations, without a token."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from . import render
from .document import DocumentError
from .http import answer, parse_object, simulator_of
from .model import Account, VirtualMachine
from .problem import Errors, Problem, read_attributes
from .redaction import Redactor
from .settings import change_settings, duration

router = APIRouter(prefix="/_simulator", tags=["control"])


@router.post("/reset")
async def reset(request: Request) -> Response:
    simulator_of(request).reset()
    return Response(status_code=204)


@router.post("/seed")
async def seed(request: Request) -> Response:
    document = await _body(request)
    try:
        simulator_of(request).seed(document)
    except DocumentError as error:
        raise Problem(400, str(error)) from None
    return Response(status_code=204)


@router.get("/process")
async def read_process() -> Response:
    """Which process answers, so that it can be told from another that took over its port."""
    return answer({"pid": os.getpid()})


@router.get("/requests")
async def read_requests(request: Request) -> Response:
    return answer(simulator_of(request).log.shown())


@router.delete("/requests")
async def clear_requests(request: Request) -> Response:
    simulator_of(request).log.clear()
    return Response(status_code=204)


@router.get("/clock")
async def read_clock(request: Request) -> Response:
    clock = simulator_of(request).clock
    return answer({"now": clock.now(), "advanced": clock.offset})


@router.put("/clock")
async def advance_clock(request: Request) -> Response:
    errors = Errors()
    values = read_attributes(await _body(request), {"advance": duration}, errors)
    errors.raise_any()
    simulator_of(request).clock.offset += values.get("advance", 0)
    return await read_clock(request)


@router.get("/settings")
async def read_settings(request: Request) -> Response:
    return answer(asdict(simulator_of(request).settings))


@router.put("/settings")
async def update_settings(request: Request) -> Response:
    change_settings(simulator_of(request).settings, await _body(request))
    return await read_settings(request)


@router.get("/state")
async def read_state(request: Request) -> Response:
    """Everything there is, soft-deleted VMs and what the guests really run with included."""
    simulator = simulator_of(request)
    cloud = simulator.cloud
    cloud.settle()
    return answer(
        {
            "now": cloud.clock.now(),
            "accounts": [_account(account, simulator.redactor) for account in cloud.accounts.values()],
            "ips": {address.address: address.rdns for address in cloud.pool.used.values()},
        }
    )


async def _body(request: Request) -> dict[str, Any]:
    return parse_object(request.headers.get("content-type"), await request.body())


def _account(account: Account, redactor: Redactor) -> dict[str, Any]:
    return render.account(account, False, True) | {
        "groups": [
            render.group(group)
            | {"virtual_machines": [_virtual_machine(machine, redactor) for machine in group.virtual_machines.values()]}
            for group in account.groups.values()
        ]
    }


def _virtual_machine(machine: VirtualMachine, redactor: Redactor) -> dict[str, Any]:
    """Of what a client can write freely, these texts may hold secrets: the user of a URL, a private key."""
    shown = render.virtual_machine(machine, True) | {
        "building": machine.building,
        "due": asdict(machine.due) if machine.due and not machine.deleted else None,
        "appliance": machine.appliance,
        "running_hardware": dict(machine.running_hardware) if machine.running_hardware else None,
        "image": asdict(machine.image) if machine.image else None,
    }
    free = ((shown, "cdrom_url"), (shown["running_hardware"], "cdrom_url"), (shown["image"], "ssh_public_key"))
    for part, name in free:
        if part and part[name]:
            part[name] = redactor.text(part[name])
    return shown
