# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The flat URLs, for reading but for one (documented), and the definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fastapi import APIRouter, Request, Response

from . import discs, reading, render, schemas
from .cloud import Found, as_id
from .http import Authenticated, Call, answer, simulator_of
from .model import VirtualMachine
from .nested_routes import answer_machine
from .openapi import BEING_BUILT, FILTERS, NOT_PURGED, READING, described
from .problem import not_found

router = APIRouter(tags=["Flat lists"])


def _machines(call: Call) -> Iterator[VirtualMachine]:
    return reading.virtual_machines(call.cloud, call.identity, call.query, call.include_deleted)


def _list_overview(call: Call) -> bool:
    """Whether flat lists honour view=overview is not known: a setting says."""
    return call.overview and call.cloud.settings.flat_overview


def _one(call: Call, segment: str, named: Iterable[Found], by_id: Mapping[int, Found]) -> Found:
    """By id, or by a name that only one visible thing has (assumed: nothing else makes a name clear here)."""
    found = call.cloud.with_winning_id(call.identity, segment, by_id)
    if found is None:
        candidates = list(named)
        found = candidates[0] if len(candidates) == 1 else by_id.get(as_id(segment) or 0)
    if found is None or not call.identity.sees(found.account):
        raise not_found()
    return found


def _refuse_deleted(call: Call, machine: VirtualMachine) -> None:
    if not call.include_deleted and machine.deleted:
        raise not_found()


@router.get("/definitions", **described(list[schemas.Definition]))
async def list_definitions(request: Request) -> Response:
    """Needs no token (documented)."""
    return answer(render.definitions(simulator_of(request).cloud.definitions))


@router.get("/groups", **described(list[schemas.Group], query=(*READING, *FILTERS)))
async def list_groups(call: Authenticated) -> Response:
    """Documented; whether a list honours `view=overview` is not known."""
    found = reading.groups(call.cloud, call.identity, call.query, call.include_deleted)
    return call.answer([render.group(group, _list_overview(call), call.include_deleted) for group in found])


@router.get("/groups/{group}", **described(schemas.Group, query=READING))
async def read_group(call: Authenticated, group: str) -> Response:
    """Documented."""
    named = reading.groups(call.cloud, call.identity, {"group_name": group}, True)
    found = _one(call, group, named, call.cloud.groups)
    return call.answer(render.group(found, call.overview, call.include_deleted))


@router.get("/virtual_machines", **described(list[schemas.VirtualMachine], query=(*READING, *FILTERS)))
async def list_virtual_machines(call: Authenticated) -> Response:
    """Documented; whether a list honours `view=overview` is not known."""
    overview = _list_overview(call)
    return call.answer([render.virtual_machine(machine, overview) for machine in _machines(call)])


@router.get(
    "/virtual_machines/{virtual_machine}", **described(schemas.VirtualMachine, query=READING, alike=BEING_BUILT)
)
async def read_virtual_machine(call: Authenticated, virtual_machine: str) -> Response:
    """Documented; its overview is observed."""
    named = reading.virtual_machines(call.cloud, call.identity, {"vm_name": virtual_machine}, call.include_deleted)
    found = _one(call, virtual_machine, named, call.cloud.virtual_machines)
    _refuse_deleted(call, found)
    return answer_machine(call, found)


@router.get("/discs", **described(list[schemas.Disc], query=("include_deleted", *FILTERS)))
async def list_discs(call: Authenticated) -> Response:
    """Documented."""
    return call.answer([render.disc(disc) for machine in _machines(call) for disc in machine.discs])


@router.get("/discs/{disc}", **described(schemas.Disc, query=("include_deleted",)))
async def read_disc(call: Authenticated, disc: str) -> Response:
    """Documented."""
    found = _one(call, disc, (), call.cloud.discs)
    _refuse_deleted(call, found.virtual_machine)
    return call.answer(render.disc(found))


@router.delete("/discs/{disc}", **described(status=204, query=("purge",), also=NOT_PURGED))
async def delete_disc(call: Authenticated, disc: str) -> Response:
    """The one flat write there is (observed). Always for good, and a 500 without `purge` (documented)."""
    found = _one(call, disc, (), call.cloud.discs)
    call.may_write()
    discs.delete(call.cloud, found, call.asks("purge"))
    return Response(status_code=204)


@router.get("/nics", **described(list[schemas.NetworkInterface], query=("include_deleted", *FILTERS)))
async def list_nics(call: Authenticated) -> Response:
    """Documented."""
    return call.answer(
        [render.network_interface(nic) for machine in _machines(call) for nic in machine.network_interfaces]
    )


@router.get("/nics/{nic}", **described(schemas.NetworkInterface, query=("include_deleted",)))
async def read_nic(call: Authenticated, nic: str) -> Response:
    """Documented."""
    found = _one(call, nic, (), call.cloud.network_interfaces)
    _refuse_deleted(call, found.virtual_machine)
    return call.answer(render.network_interface(found))
