# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The control interface under /_simulator, for tests and demonstrations, without a token."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from .document import DocumentError
from .http import answer, parse_object, simulator_of
from .problem import Errors, Problem, read_attributes
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
    """Tell which process answers, and so whether another took over its port."""
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
    """Return everything there is, soft-deleted VMs and what the guests really run with included."""
    simulator = simulator_of(request)
    cloud = simulator.cloud
    cloud.run_due_events()
    return answer(
        {
            "now": cloud.clock.now(),
            **{
                name: part
                for resource in simulator.resources
                for name, part in resource.state_of(cloud, simulator.redactor).items()
            },
        }
    )


@router.get("/history")
async def read_history(request: Request) -> Response:
    """Return what has happened since the cloud was seeded, such as when VMs went on and off, by themselves or not."""
    simulator = simulator_of(request)
    cloud = simulator.cloud
    cloud.run_due_events()
    return answer({name: part for each in simulator.resources for name, part in each.history_of(cloud).items()})


async def _body(request: Request) -> dict[str, Any]:
    return parse_object(request.headers.get("content-type"), await request.body())
