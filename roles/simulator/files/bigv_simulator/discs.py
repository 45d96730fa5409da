# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Creating, changing, moving and deleting discs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import backup_schedules, rules
from .addresses import refuse_deleted
from .groups import TAKEN
from .model import Disc, Identity, VirtualMachine
from .problem import Errors, Invalid, Problem, Rule, read_attributes

if TYPE_CHECKING:
    from .cloud import Cloud

_MAX_SIZE = 100 * 1024 * 1024
_FULL = f"already has the maximum of {rules.MAX_DISCS} discs"


def read_new(
    cloud: Cloud, body: dict[str, Any], taken: list[str], errors: Errors, label_rule: Rule = rules.label
) -> dict[str, Any]:
    """The attributes of a disc to be made beside those whose labels are taken.

    Observed: without a label it becomes disc-<position>, without a grade `sata`.
    """
    given = {
        key: value for key, value in body.items() if key not in ("label", "storage_grade") or value not in (None, "")
    }
    values = read_attributes(
        {"size": None} | given,
        {
            "label": label_rule,
            "size": _size,
            "storage_grade": rules.one_of(cloud.definitions["storage_grades"]),
        },
        errors,
    )
    values["backup_schedules"] = backup_schedules.read_all(given.get("backup_schedules"), errors)
    values.setdefault("storage_grade", _default_grade(cloud))
    if "label" not in given:
        values["label"] = _default_label(taken)
    elif values.get("label") in taken:
        errors.add("label", TAKEN)
    if len(taken) >= rules.MAX_DISCS:
        errors.add("virtual_machine_id", _FULL)
    return values


def _size(value: Any) -> int:
    if value is None:
        raise Invalid("can't be blank")
    size: int = rules.number(rules.MIN_DISC_SIZE, _MAX_SIZE)(value)
    return size


def _default_grade(cloud: Cloud) -> str:
    grades = cloud.definitions["storage_grades"]
    return "sata" if "sata" in grades or not grades else grades[0]


def _default_label(taken: list[str]) -> str:
    position = len(taken) + 1
    while f"disc-{position}" in taken:
        position += 1
    return f"disc-{position}"


def add(cloud: Cloud, machine: VirtualMachine, values: dict[str, Any], disc_id: int | None = None) -> Disc:
    disc = Disc(
        disc_id or cloud.new_id("discs"),
        values["label"],
        values["size"],
        values["storage_grade"],
        machine,
        [backup_schedules.add(cloud, schedule) for schedule in values["backup_schedules"]],
    )
    machine.discs.append(disc)
    cloud.discs[disc.id] = disc
    return disc


def create(cloud: Cloud, machine: VirtualMachine, body: dict[str, Any]) -> Disc:
    refuse_deleted(machine)
    errors = Errors()
    values = read_new(cloud, body, [disc.label for disc in machine.discs], errors)
    errors.raise_any()
    return add(cloud, machine, values)


def update(cloud: Cloud, identity: Identity, disc: Disc, body: dict[str, Any]) -> None:
    refuse_deleted(disc.virtual_machine)
    errors = Errors()
    values = read_attributes(
        {key: value for key, value in body.items() if (key, value) != ("label", disc.label)},
        {
            "label": rules.label,
            "size": _size,
            "storage_grade": rules.one_of(cloud.definitions["storage_grades"]),
            "virtual_machine_id": rules.resource_id,
        },
        errors,
    )
    if values.get("size", disc.size) < disc.size:
        errors.add("size", f"must be greater than or equal to {disc.size}: a disc can only grow")
    label = values.get("label", disc.label)
    target = disc.virtual_machine
    if values.get("virtual_machine_id", target.id) != target.id:
        target = _target(cloud, identity, disc, values["virtual_machine_id"], errors)
    if any(other.label == label for other in target.discs if other is not disc):
        errors.add("label", TAKEN)
    errors.raise_any()
    if body.get("iops_limit") is not None:
        raise Problem(403, "Only cluster administrators may change iops_limit")
    disc.label = label
    disc.size = values.get("size", disc.size)
    disc.storage_grade = values.get("storage_grade", disc.storage_grade)
    if target is not disc.virtual_machine:
        disc.virtual_machine.discs.remove(disc)
        target.discs.append(disc)
        disc.virtual_machine = target


def _target(cloud: Cloud, identity: Identity, disc: Disc, machine_id: int, errors: Errors) -> VirtualMachine:
    """A move needs both VMs off, and not the root disc (observed)."""
    source = disc.virtual_machine
    target = cloud.visible_virtual_machine(identity, machine_id)
    attribute = "virtual_machine_id"
    if target is None or target.deleted:
        errors.add(attribute, "does not exist")
        return source
    if disc is source.discs[0]:
        errors.add(attribute, "cannot be changed for the root disc")
    if any(machine.power_on or machine.building for machine in (source, target)):
        errors.add(attribute, "cannot be changed unless both virtual machines are powered off")
    if len(target.discs) >= rules.MAX_DISCS:
        errors.add(attribute, _FULL)
    return target


def delete(cloud: Cloud, disc: Disc, purge: bool) -> None:
    """Always permanent; 500 without purge (documented)."""
    refuse_deleted(disc.virtual_machine)
    if not purge:
        raise Problem(500, "Discs can only be purged")
    disc.virtual_machine.discs.remove(disc)
    del cloud.discs[disc.id]
