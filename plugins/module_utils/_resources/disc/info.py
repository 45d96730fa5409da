# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Discs as ``bigv_disc_info`` lists them. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..._core.client import Client
from ..._core.kind import InfoKind
from ..._core.plan import Resource
from ..names import NAME_VARIABLES
from ..reach import REACH_OPTIONS, Reach, reach_of
from ..vm.read import list_reached_vms
from ..vm.reference import find_vms
from .attributes import DISC
from .kind import find_disc_by_id

INFO_OPTIONS: dict[str, Any] = {
    "vm": {"type": "str"},
    "group": {"type": "str"},
    "label": {"type": "str"},
    "id": {"type": "int"},
    **REACH_OPTIONS,
}
INFO_CONSTRAINTS: dict[str, Any] = {"mutually_exclusive": [("vm", "id"), ("group", "id"), ("label", "id")]}


class DiscInfo(InfoKind):
    """The discs of one VM or of many, or one of them."""

    noun = "discs"
    schema = DISC
    name_variables = NAME_VARIABLES
    options = INFO_OPTIONS
    constraints = INFO_CONSTRAINTS
    may_be_blank = tuple(REACH_OPTIONS)

    def find(self, client: Client, params: dict[str, Any]) -> Iterable[Resource]:
        """Return the disc of an id, or the discs of VMs, all or those of a label."""
        reach, disc_id = reach_of(params), params["id"]
        if disc_id is not None:
            return _find_one(client, disc_id, reach)
        vms = [vm for _location, vm in find_vms(client, params, reach)]
        if vms and reach.is_given and params["vm"] is not None:
            reached = [vm["id"] for vm in list_reached_vms(client, reach)]
            vms = [vm for vm in vms if vm["id"] in reached]
        return [disc for disc in _discs_of(vms) if params["label"] in (None, disc.get("label"))]


def _find_one(client: Client, disc_id: int, reach: Reach) -> list[Resource]:
    if reach.is_given:
        return [disc for disc in _discs_of(list_reached_vms(client, reach)) if disc.get("id") == disc_id]
    disc = find_disc_by_id(client, disc_id)
    return [disc] if disc else []


def _discs_of(vms: Iterable[Resource]) -> list[Resource]:
    return [disc for vm in vms for disc in vm.get("discs") or ()]
