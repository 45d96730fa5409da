# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Discs: creating, changing, moving and deleting them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Response
from typing_extensions import NotRequired, TypedDict

from ..core import flat_lists, rules
from ..core.access import Identity
from ..core.attributes import Attribute, body_rules, changes, creates
from ..core.cloud import Cloud, pick_device
from ..core.document import items_of, only_known, refuse
from ..core.http import Authenticated, Call
from ..core.objects import Parent
from ..core.openapi import CREATED_200, LABEL_OR_ID, NOT_PURGED, described
from ..core.people import Level
from ..core.problem import TAKEN, Errors, Problem, Rule, forbidden, not_found, read_attributes
from ..core.resource import ObjectResource, show
from . import backup_lifecycle as backups
from . import backup_schedule
from .account import FILTERS
from .backup_schedule import NewBackupSchedule
from .disc_model import Disc, refuse_restoring
from .vm.model import VirtualMachine, refuse_deleted
from .vm.paths import MACHINE, find_to_read, find_to_write
from .vm.paths import find as find_machine

TAG = "Discs, NICs and addresses"
DISC = MACHINE + "/discs/{disc}"
MAX_DISCS = 8
_FULL = f"already has the maximum of {MAX_DISCS} discs"
router = APIRouter(tags=[TAG])
flat = APIRouter(tags=[flat_lists.TAG])


@creates(Disc)
class NewDisc(TypedDict):
    backup_schedules: NotRequired[Annotated[list[NewBackupSchedule], Attribute("Observed.")]]


@changes(Disc)
class DiscChanges(TypedDict, total=False):
    """Only what is sent changes (documented)."""

    size: Annotated[int, Attribute("MiB; a disc can only grow (that shrinking is a 400 is assumed).", 51200)]
    virtual_machine_id: Annotated[
        int, Attribute("Moves the disc: both VMs have to be off, and the root disc stays (observed).", 1002)
    ]
    iops_limit: Annotated[int | None, Attribute("For administrators of the cluster only (observed).", None)]


class Discs(ObjectResource[Disc]):
    model = Disc
    collection = "discs"
    parent = VirtualMachine
    first_ids = (("discs", 5000), ("backup_schedules", 0))
    path_parameters = (("disc", LABEL_OR_ID, "disc-1"),)
    routers = (router, flat)

    def load_all(self, cloud: Cloud, parent: Parent, path: str, item: Mapping[str, Any]) -> None:
        """Give a VM one disc if the seed has none for it."""
        super().load_all(cloud, parent, path, {"discs": [{"size": 25600}], **item})

    def read(self, cloud: Cloud, parent: Any, path: str, item: dict[str, Any]) -> dict[str, Any]:
        """Return the values of a disc, which may be called like a Unix device, as on old VMs (observed)."""
        nested = (child.collection for child in self.children)
        only_known(item, {"id", *body_rules(Disc, cloud.definitions), "backup_schedules", *nested}, path)
        errors = Errors()
        values = read_new(cloud, item | {"backup_schedules": None}, _labels(parent), errors, {"label": rules.label})
        values |= read_attributes(item, {"id": rules.stored_id}, errors)
        refuse(errors, path)
        values["backup_schedules"] = [
            backup_schedule.read_stored(schedule_path, schedule)
            for schedule_path, schedule in items_of(item, "backup_schedules", path)
        ]
        return values

    def make(self, cloud: Cloud, parent: Any, path: str, values: dict[str, Any]) -> Disc:
        return add(cloud, parent, values)

    def dump(self, item: Disc) -> dict[str, Any]:
        """Return a disc for a seed, which knows of no restore that is under way."""
        grade = item.new_storage_grade or item.storage_grade
        return super().dump(item) | {"storage_grade": grade, "backup_schedules": item.backup_schedules}


def find(call: Call, path: tuple[str, str, str], segment: str, include_deleted: bool) -> Disc:
    """Return the disc that a path names, or 404."""
    disc = call.cloud.with_winning_id(call.identity, segment, Disc)
    if disc is None:
        disc = pick_device(segment, find_machine(call.cloud, call.identity, path, include_deleted).children(Disc))
    if disc is None or (disc.deleted and not include_deleted):
        raise not_found()
    return disc


def _labels(machine: VirtualMachine) -> list[str]:
    return [disc.label for disc in machine.children(Disc)]


def read_new(
    cloud: Cloud,
    body: dict[str, Any],
    taken: list[str],
    errors: Errors,
    other_rules: Mapping[str, Rule] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the attributes of a disc to be made beside those whose labels are taken.

    Observed: without a label it becomes disc-<position>, without a grade `sata`.
    """
    given = {
        key: value for key, value in body.items() if key not in ("label", "storage_grade") or value not in (None, "")
    }
    values = read_attributes({"size": None} | given, body_rules(Disc, cloud.definitions) | dict(other_rules), errors)
    values["backup_schedules"] = backup_schedule.read_all(given.get("backup_schedules"), errors)
    values.setdefault("storage_grade", _default_grade(cloud))
    if "label" not in given:
        values["label"] = _default_label(taken)
    elif values.get("label") in taken:
        errors.add("label", TAKEN)
    if len(taken) >= MAX_DISCS:
        errors.add("virtual_machine_id", _FULL)
    return values


def _default_grade(cloud: Cloud) -> str:
    grades = cloud.definitions["storage_grades"]
    return "sata" if "sata" in grades or not grades else grades[0]


def _default_label(taken: list[str]) -> str:
    position = len(taken) + 1
    while f"disc-{position}" in taken:
        position += 1
    return f"disc-{position}"


def add(cloud: Cloud, machine: VirtualMachine, values: dict[str, Any]) -> Disc:
    """Put a disc with these good values into a VM."""
    given = {"id": cloud.new_id("discs")} | values if "id" not in values else dict(values)
    schedules = given.pop("backup_schedules")
    disc = Disc(virtual_machine=machine, **given)
    cloud.add(disc, machine)
    for schedule in schedules:
        backups.add_schedule(cloud, disc, schedule)
    return disc


def create(cloud: Cloud, machine: VirtualMachine, body: dict[str, Any]) -> Disc:
    refuse_deleted(machine)
    errors = Errors()
    values = read_new(cloud, body, _labels(machine), errors)
    errors.raise_any()
    return add(cloud, machine, values)


def update(cloud: Cloud, identity: Identity, disc: Disc, body: dict[str, Any]) -> None:
    refuse_deleted(disc.virtual_machine)
    errors = Errors()
    values = read_attributes(
        {key: value for key, value in body.items() if (key, value) != ("label", disc.label)},
        body_rules(Disc, cloud.definitions) | {"virtual_machine_id": rules.resource_id},
        errors,
    )
    if values.get("size", disc.size) < disc.size:
        errors.add("size", f"must be greater than or equal to {disc.size}: a disc can only grow")
    for attribute in values if disc.restoring else ():
        if attribute != "label":
            errors.add(attribute, "cannot be changed while a backup is restored to the disc")
    label = values.get("label", disc.label)
    target = disc.virtual_machine
    if (target_id := values.pop("virtual_machine_id", target.id)) != target.id:
        target = _target(cloud, identity, disc, target_id, errors)
    if any(other.label == label for other in target.children(Disc) if other is not disc):
        errors.add("label", TAKEN)
    errors.raise_any()
    if body.get("iops_limit") is not None:
        raise Problem(403, "Only cluster administrators may change iops_limit")
    for attribute, value in values.items():
        setattr(disc, attribute, value)
    if target is not disc.virtual_machine:
        disc.virtual_machine.children(Disc).remove(disc)
        target.children(Disc).add(disc)
        disc.virtual_machine = target


def _target(cloud: Cloud, identity: Identity, disc: Disc, machine_id: int, errors: Errors) -> VirtualMachine:
    """Return the VM to move a disc to: both VMs have to be off, and the root disc stays (observed)."""
    source = disc.virtual_machine
    target = cloud.visible(identity, VirtualMachine, machine_id)
    attribute = "virtual_machine_id"
    if target is None or target.deleted:
        errors.add(attribute, "does not exist")
        return source
    if identity.level(target) < Level.VM_ADMIN:
        raise forbidden()
    if disc is next(iter(source.children(Disc))):
        errors.add(attribute, "cannot be changed for the root disc")
    if any(machine.power_on or machine.building for machine in (source, target)):
        errors.add(attribute, "cannot be changed unless both virtual machines are powered off")
    if len(target.children(Disc)) >= MAX_DISCS:
        errors.add(attribute, _FULL)
    return target


def delete(cloud: Cloud, disc: Disc, purge: bool) -> None:
    """Delete it for good; 500 without purge (documented)."""
    refuse_deleted(disc.virtual_machine)
    refuse_restoring(disc)
    if not purge:
        raise Problem(500, "Discs can only be purged")
    cloud.remove(disc, disc.virtual_machine)


@router.get(MACHINE + "/discs")
@described(list[Disc], query=("include_deleted",))
async def list_discs(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Documented."""
    machine = find_to_read(call, account, group, virtual_machine)
    return call.answer([show(disc) for disc in machine.children(Disc)])


@router.post(MACHINE + "/discs")
@described(Disc, 201, NewDisc, alike=CREATED_200)
async def create_disc(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Create a disc. A VM has at most 8 (documented)."""
    machine = find_to_write(call, account, group, virtual_machine)
    call.require(Level.VM_ADMIN, machine)
    return call.created(show(create(call.cloud, machine, call.body())))


@router.get(DISC)
@described(Disc, query=("include_deleted",))
async def read_disc(call: Authenticated, account: str, group: str, virtual_machine: str, disc: str) -> Response:
    """Documented."""
    return call.answer(show(find(call, (account, group, virtual_machine), disc, call.include_deleted)))


@router.put(DISC)
@described(Disc, takes=DiscChanges)
async def update_disc(call: Authenticated, account: str, group: str, virtual_machine: str, disc: str) -> Response:
    """Grow, rename or move it (documented). The guest sees it at its next start (documented)."""
    found = find(call, (account, group, virtual_machine), disc, True)
    call.require(Level.VM_ADMIN, found)
    update(call.cloud, call.identity, found, call.body())
    return call.answer(show(found))


@router.delete(DISC)
@described(status=204, query=("purge",), also=NOT_PURGED)
async def delete_disc(call: Authenticated, account: str, group: str, virtual_machine: str, disc: str) -> Response:
    """Delete it, always for good, and with a 500 without `purge` (documented)."""
    found = find(call, (account, group, virtual_machine), disc, True)
    call.require(Level.VM_ADMIN, found)
    delete(call.cloud, found, call.flag("purge"))
    return Response(status_code=204)


@flat.get("/discs", name="list_discs")
@described(list[Disc], query=("include_deleted", *FILTERS))
async def list_all_discs(call: Authenticated) -> Response:
    """Documented."""
    return call.answer([show(disc) for disc in call.search.all(Disc)])


@flat.get("/discs/{disc}", name="read_disc")
@described(Disc, query=("include_deleted",))
async def read_disc_of_any_machine(call: Authenticated, disc: str) -> Response:
    """Documented."""
    return call.answer(show(call.find_device(Disc, disc)))


@flat.delete("/discs/{disc}", name="delete_disc")
@described(status=204, query=("purge",), also=NOT_PURGED)
async def delete_disc_of_any_machine(call: Authenticated, disc: str) -> Response:
    """Delete it: the one flat write there is (observed). Always for good, and a 500 without `purge` (documented)."""
    found = call.find_flat(Disc, disc)
    call.require(Level.VM_ADMIN, found)
    delete(call.cloud, found, call.flag("purge"))
    return Response(status_code=204)
