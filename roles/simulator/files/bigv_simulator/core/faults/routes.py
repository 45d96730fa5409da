# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The control interface of the faults."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..http import answer, parse_object, simulator_of
from .plan import Plan
from .reading import read_plan

router = APIRouter(prefix="/_simulator/faults", tags=["control"])


@router.get("")
async def read_faults(request: Request) -> Response:
    return answer((simulator_of(request).faults or Plan(0, [], [])).shown())


@router.put("")
async def replace_faults(request: Request) -> Response:
    simulator = simulator_of(request)
    body = parse_object(request.headers.get("content-type"), await request.body())
    simulator.replace_faults(read_plan(body, simulator.fault_kinds))
    return Response(status_code=204)


@router.delete("")
async def remove_faults(request: Request) -> Response:
    simulator_of(request).replace_faults(None)
    return Response(status_code=204)
