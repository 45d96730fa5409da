# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Discs: what is desired of one, and the step that closes the difference. Pure. Sizes are MiB.

Private to bytemark.cloud.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from ..._core.errors import BigvError
from ..._core.names import api_path, check_name, find_by_name_or_id, name_of, show_size
from ..._core.plan import Resource, Step, Target, describe_changes, differences, given, object_at
from ..names import VmName
from .attributes import DISC, SCHEDULES

MAX_DISCS = 8
# The grade of a disc that is created without one (observed).
DEFAULT_GRADE = "sata"
# What can be said of a disc when it is created (documented).
AT_CREATION = ("size", "storage_grade")
DISC_TYPE = "application/vnd.bigv.disc"
DEVICE_LABEL = re.compile(r"(?:x?v|s|h)d[a-z]+[0-9]*")


class DesiredDisc(NamedTuple):
    """The desired state of a disc, ``attributes`` as the API spells them. ``option`` is what messages call the disc.

    ``schedules`` are the exact set of its backup schedules; None says nothing about them.
    """

    option: str = ""
    label: str | None = None
    attributes: Mapping[str, Any] = MappingProxyType({})
    new_label: str | None = None
    new_vm_id: int | None = None
    schedules: Sequence[Resource] | None = None

    @property
    def body(self) -> Resource:
        """Return what would be sent of a disc that is there."""
        return {**given(label=self.new_label), **self.attributes, **given(virtual_machine_id=self.new_vm_id)}


def desired_disc(params: Mapping[str, Any], option: str = "") -> DesiredDisc:
    """Return what the options of one disc ask for."""
    label = params["label"]
    return DesiredDisc(
        option=option,
        label=None if label is None else check_name(f"{option}label", label, dots=True),
        attributes=DISC.given(params, option),
        new_label=params.get("new_label"),
        schedules=_desired_schedules(f"{option}{SCHEDULES}", params[SCHEDULES]),
    )


def _desired_schedules(option: str, given: Sequence[Mapping[str, Any]] | None) -> Sequence[Resource] | None:
    if given is None:
        return None
    # Only here: what every task imports, every task waits for.
    from .schedules import desired_schedules

    return desired_schedules(option, given)


def label_of(disc: Resource) -> str:
    """Return what a disc is called: its label, or its id where it has none."""
    return str(disc.get("label") or disc.get("id"))


def grade_of(disc: Resource) -> str | None:
    """Return the storage grade that a disc has, or is on its way to (moving the data takes a while)."""
    return disc.get("new_storage_grade") or disc.get("storage_grade")


def with_grade(disc: Resource) -> Resource:
    """Return the disc with the storage grade that it has or is on its way to."""
    return {**disc, "storage_grade": grade_of(disc)}


def find_disc(discs: Sequence[Resource], label: str, option: str = "label") -> Resource | None:
    """Return the disc of that label, or else of that id."""
    found: Resource | None = find_by_name_or_id(option, label, discs, "disc", name_key="label")
    return found


def find_labelled(discs: Sequence[Resource], label: str, option: str) -> Resource | None:
    """Return the disc of that label; refuse the id of a disc that has another label.

    A disc without a label is called by its id.
    """
    disc = find_disc(discs, label, option)
    if disc is not None and label_of(disc) != label:
        raise BigvError(f"{option}: {label!r} is the id of the disc {label_of(disc)!r}, not a label; use the label")
    return disc


def match_discs(
    discs: Sequence[Resource], desired: Sequence[DesiredDisc]
) -> list[tuple[str, DesiredDisc, Resource | None]]:
    """Return for each desired disc the label it has or gets, and the disc of the VM that it means (None: a new one).

    An item without a label is ``disc-<position>``; where the VM has no disc of that label it is the disc at that
    position, unless another item means that one by its label.
    """
    labels = [item.label or f"disc-{position}" for position, item in enumerate(desired, 1)]
    for position, label in enumerate(labels):
        if label in labels[:position]:
            raise BigvError(f"{desired[position].option}label: {label!r} is listed twice")
    matched = [find_labelled(discs, label, f"{item.option}label") for label, item in zip(labels, desired, strict=True)]
    for position, item in enumerate(desired):
        if matched[position] is None and item.label is None and position < len(discs):
            candidate = discs[position]
            if not any(disc is candidate for disc in matched):
                matched[position] = candidate
    return list(zip(labels, desired, matched, strict=True))


def check_new_label(option: str, label: str) -> None:
    """Refuse the label of a new disc that looks like a device's (documented; old VMs may still have such labels)."""
    if DEVICE_LABEL.fullmatch(label):
        raise BigvError(
            f"{option}: a disc cannot be called {label!r}, which is the name of a Unix device; choose another label, "
            "such as 'data'"
        )


def new_disc(desired: DesiredDisc, label: str) -> Resource:
    """Return the body that creates the disc."""
    check_new_label(f"{desired.option}label", label)
    if "size" not in desired.attributes:
        raise BigvError(f"{desired.option}size: is required to create disc {label!r}, which does not exist")
    return {"label": label, **{name: desired.attributes[name] for name in AT_CREATION if name in desired.attributes}}


def check_count(vm: VmName, count: int, option: str) -> None:
    """Refuse more discs than a VM can have (documented)."""
    if count > MAX_DISCS:
        raise BigvError(f"{option}: VM {vm} would have {count} discs, but the maximum is {MAX_DISCS}")


def disc_changes(current: Resource, desired: DesiredDisc) -> Resource:
    """Return the body of the partial PUT that makes the disc as desired; refuse what cannot be."""
    changes = differences(with_grade(current), desired.body)
    if "size" in changes and changes["size"] < (current.get("size") or 0):
        raise BigvError(
            f"{desired.option}size: disc {label_of(current)!r} is {show_size(current['size'])} and cannot shrink to "
            f"{show_size(changes['size'])}; discs can only grow"
        )
    if "label" in changes:
        check_new_label(f"{desired.option}new_label", changes["label"])
    return changes


def has_desired_schedules(disc: Resource, desired: DesiredDisc) -> bool:
    """Tell whether nothing is to be done about the backup schedules of a disc."""
    if desired.schedules is None:
        return True
    # Only here: most tasks do without.
    from .schedules import has_schedules

    return has_schedules(disc, desired.schedules)


def disc_steps(
    vm: VmName,
    vm_id: int | None,
    current: Resource | None,
    desired: DesiredDisc,
    body: Resource,
    target: VmName | None = None,
) -> tuple[list[Step], Resource]:
    """Return the steps that make a disc as desired, and the disc as they leave it. ``body`` is what is sent of it.

    It is created if there is no ``current`` one, and may move to the VM ``target``. Whether one that is added to a VM
    can be given schedules at once is not known, so they are made afterwards.
    """
    if current is None:
        steps, disc = [create_step(vm, body)], created_disc(body, vm_id)
    else:
        steps, disc = [change_step(vm, current, body, target)] if body else [], changed_disc(current, body)
    if desired.schedules is None:
        return steps, disc
    # Only here: most tasks do without.
    from .schedules import change_schedules

    there = target or vm
    title = f"disc {label_of(disc)} of VM {there}"
    option, found = f"{desired.option}{SCHEDULES}", disc if current else {**disc, SCHEDULES: []}
    more, schedules = change_schedules(option, title, disc_paths(there, disc), found, desired.schedules)
    # Whether that is said to be a disc with backups, the server chooses.
    return [*steps, *more], {**disc, SCHEDULES: schedules, **({"backups_enabled": None} if more else {})}


def create_step(vm: VmName, body: Resource) -> Step:
    """Return the write that adds a disc to a VM."""
    return Step(
        f"add disc {body['label']} of {show_size(body['size'])} to VM {vm}",
        "POST",
        f"{vm.path}/discs",
        DISC,
        body,
        verify=object_at(disc_path(vm.path, body), DISC),
        is_done=lambda seen: seen is not None and DISC.shows(with_grade(seen), body),
    )


def change_step(vm: VmName, current: Resource, changes: Resource, destination: VmName | None = None) -> Step:
    """Return the write that changes a disc of a VM, and may move it to the VM ``destination``, which takes it away."""
    shown = {**changes, **({"size": show_size(changes["size"])} if "size" in changes else {})}
    before = {**with_grade(current), "size": show_size(current.get("size") or 0), "VM": vm}
    if destination:
        del shown["virtual_machine_id"]
        shown["VM"] = destination
    return Step(
        f"change disc {label_of(current)} of VM {vm}: {describe_changes(before, shown)}",
        "PUT",
        "" if destination else disc_path(vm.path, current),
        DISC,
        changes,
        verify=object_at(disc_path((destination or vm).path, {**current, **changes}), DISC),
        is_done=lambda seen: seen is not None and DISC.shows(with_grade(seen), changes),
        resource_id=current.get("id"),
        target=disc_target(vm, current) if destination else None,
    )


def delete_step(vm: VmName, disc: Resource) -> Step:
    """Return the write that deletes a disc, which is always permanent (documented: a 500 without ``purge``)."""
    return Step(
        f"purge disc {label_of(disc)} of VM {vm}",
        "DELETE",
        "",
        DISC,
        query={"purge": "true"},
        resource_id=disc.get("id"),
        effect="purge",
        note="permanently",
        target=disc_target(vm, disc),
    )


def disc_target(vm: VmName, disc: Resource) -> Target:
    """Return the disc as the target of a step that takes it away from its VM."""
    return Target(
        owner=vm,
        description=f"disc {label_of(disc)} of VM {vm}",
        schema=DISC,
        paths=disc_paths(vm, disc),
        expected=given(id=disc["id"], label=disc.get("label"), virtual_machine_id=disc.get("virtual_machine_id")),
    )


def disc_paths(vm: VmName, disc: Resource) -> tuple[str, ...]:
    """Return where to find a disc of a VM: by its id, unless it is new, and by its label."""
    by_id = [f"{vm.path}{api_path('discs', disc['id'])}"] if disc.get("id") is not None else []
    return tuple(dict.fromkeys((*by_id, disc_path(vm.path, disc))))


def disc_path(vm_path: str, disc: Resource) -> str:
    """Return the path of a disc: by its label, or by its id where the label is no good for that."""
    label = name_of(disc, "label") if disc.get("label") else label_of(disc)
    return f"{vm_path}{api_path('discs', label)}"


def created_disc(body: Resource, vm_id: int | None) -> Resource:
    """Return the disc that a body creates, as far as it can be predicted."""
    disc = {"id": None, "virtual_machine_id": vm_id, "storage_grade": DEFAULT_GRADE, "type": DISC_TYPE, **body}
    if SCHEDULES in body:
        # Only here: most discs have none.
        from .schedules import new_schedules

        disc[SCHEDULES] = new_schedules(body[SCHEDULES])
    return disc


def changed_disc(current: Resource, changes: Resource) -> Resource:
    """Return the disc after the changes. Its grade is what it is on its way to."""
    grade = {"new_storage_grade": None, "storage_pool": None} if "storage_grade" in changes else {}
    return {**current, **grade, **changes}


def agrees(seen: Resource, planned: Resource) -> bool:
    """Tell whether a disc is as planned, as far as the answer tells."""
    # Only here: a task that changes nothing does without.
    from .schedules import has_planned_schedules

    shown, wanted = (DISC.compared(with_grade(disc)) for disc in (seen, planned))
    is_as_planned = all(shown[key] == wanted[key] for key in shown.keys() & wanted.keys())
    return is_as_planned and has_planned_schedules(seen, planned)


def comparable_disc(disc: Resource) -> Resource:
    """Return what of a disc of a VM a task can set, for the diff."""
    compared = DISC.compared(with_grade(disc))
    settable = {name: value for name, value in compared.items() if DISC.attributes[name].option}
    return {**settable, **shown_schedules(disc)}


def shown_schedules(disc: Resource) -> Resource:
    """Return the backup schedules of a disc, if it has any, for the diff."""
    if not disc.get(SCHEDULES):
        return {}
    # Only here: most discs have none.
    from .schedules import schedule_lines

    return {SCHEDULES: schedule_lines(disc)}
