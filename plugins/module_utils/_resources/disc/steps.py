# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Discs: what is desired of one, and the step that closes the difference. Pure. Sizes are MiB.

Private to bytemark.cloud.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..._core.errors import BigvError
from ..._core.names import (
    VmName,
    api_path,
    check_name,
    find_by_name_or_id,
    name_of,
    parse_size,
    show_size,
)
from ..._core.plan import (
    DefinitionCheck,
    Resource,
    Step,
    Target,
    describe_changes,
    differences,
    given,
)

MAX_DISCS = 8
# The grade of a disc that is created without one (observed).
DEFAULT_GRADE = "sata"
DISC_TYPE = "application/vnd.bigv.disc"
DEVICE_LABEL = re.compile(r"(?:x?v|s|h)d[a-z]+[0-9]*")


@dataclass(frozen=True)
class DesiredDisc:
    """What is asked of a disc; None: not asked. ``option`` is how messages call it."""

    option: str = ""
    label: str | None = None
    size: int | None = None
    storage_grade: str | None = None
    iops_limit: int | None = None
    new_label: str | None = None
    new_vm_id: int | None = None

    @property
    def attributes(self) -> Resource:
        """What would be sent, as the API spells it."""
        return given(
            label=self.new_label,
            size=self.size,
            storage_grade=self.storage_grade,
            iops_limit=self.iops_limit,
            virtual_machine_id=self.new_vm_id,
        )


def desired_disc(params: dict[str, Any], option: str = "") -> DesiredDisc:
    """What the options of one disc ask for."""
    return DesiredDisc(
        option=option,
        label=params["label"] if params["label"] is None else check_name(f"{option}label", params["label"], dots=True),
        size=None if params["size"] is None else parse_size(f"{option}size", params["size"]),
        storage_grade=params["storage_grade"],
    )


def label_of(disc: Resource) -> str:
    """What a disc is called: its label, or its id where it has none."""
    return str(disc.get("label") or disc.get("id"))


def grade_of(disc: Resource) -> str | None:
    """The storage grade that a disc has, or is on its way to (a change migrates the data, which takes a while)."""
    return disc.get("new_storage_grade") or disc.get("storage_grade")


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
        raise BigvError(f"{option}: {label!r} is the id of the disc {label_of(disc)!r}, not a label; give the label")
    return disc


def match_discs(
    discs: Sequence[Resource], desired: Sequence[DesiredDisc]
) -> list[tuple[str, DesiredDisc, Resource | None]]:
    """For each desired disc the label it has or gets, and the disc of the VM that it means (None: a new one).

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
            f"{option}: a disc cannot be called {label!r}, as a Unix device is; choose another label, such as 'data'"
        )


def new_disc(desired: DesiredDisc, label: str) -> Resource:
    """The body that creates the disc."""
    check_new_label(f"{desired.option}label", label)
    if desired.size is None:
        raise BigvError(f"{desired.option}size: disc {label!r} does not exist, and needs a size to be created")
    return {"label": label, **given(size=desired.size, storage_grade=desired.storage_grade)}


def check_count(vm: VmName, count: int, option: str) -> None:
    """Refuse more discs than a VM can have (documented)."""
    if count > MAX_DISCS:
        raise BigvError(f"{option}: VM {vm} would have {count} discs, and at most {MAX_DISCS} are possible")


def disc_changes(current: Resource, desired: DesiredDisc) -> Resource:
    """The body of the partial PUT that makes the disc as desired; refuses what cannot be."""
    changes = differences({**current, "storage_grade": grade_of(current)}, desired.attributes)
    if "size" in changes and changes["size"] < (current.get("size") or 0):
        raise BigvError(
            f"{desired.option}size: disc {label_of(current)!r} has {show_size(current['size'])} and cannot shrink to "
            f"{show_size(changes['size'])}; discs only grow"
        )
    if "label" in changes:
        check_new_label(f"{desired.option}new_label", changes["label"])
    return changes


def create_step(vm: VmName, body: Resource) -> Step:
    """The write that adds a disc to a VM."""

    def is_there(seen: Resource | None) -> bool:
        return seen is not None and not differences({**seen, "storage_grade": grade_of(seen)}, body)

    return Step(
        f"add disc {body['label']} of {show_size(body['size'])} to VM {vm}",
        "POST",
        f"{vm.path}/discs",
        body,
        result_at=disc_path(vm.path, body),
        carried_out=is_there,
    )


def change_step(vm: VmName, current: Resource, changes: Resource, destination: VmName | None = None) -> Step:
    """Return the write that changes a disc of a VM, and may move it to the VM ``destination``, which takes it away."""
    shown = {**changes, **({"size": show_size(changes["size"])} if "size" in changes else {})}
    before = {**current, "storage_grade": grade_of(current), "size": show_size(current.get("size") or 0)}

    def is_changed(seen: Resource | None) -> bool:
        return seen is not None and not differences({**seen, "storage_grade": grade_of(seen)}, changes)

    return Step(
        f"change disc {label_of(current)} of VM {vm}: {describe_changes(before, shown)}",
        "PUT",
        "" if destination else disc_path(vm.path, current),
        changes,
        result_at=disc_path((destination or vm).path, {**current, **changes}),
        carried_out=is_changed,
        resource_id=current.get("id"),
        target=disc_target(vm, current) if destination else None,
    )


def delete_step(vm: VmName, disc: Resource) -> Step:
    """Return the write that deletes a disc, which is always for good (documented: a 500 without ``purge``)."""
    return Step(
        f"purge disc {label_of(disc)} of VM {vm}",
        "DELETE",
        "",
        query={"purge": "true"},
        resource_id=disc.get("id"),
        effect="purge",
        target=disc_target(vm, disc),
    )


def disc_target(vm: VmName, disc: Resource) -> Target:
    """Return the disc as the target of a step that takes it away from its VM."""
    by_id = f"{vm.path}{api_path('discs', disc['id'])}"
    return Target(
        owner=vm,
        description=f"disc {label_of(disc)} of VM {vm}",
        paths=tuple(dict.fromkeys((by_id, disc_path(vm.path, disc)))),
        expected=given(id=disc["id"], label=disc.get("label"), virtual_machine_id=disc.get("virtual_machine_id")),
    )


def disc_path(vm_path: str, disc: Resource) -> str:
    """Return the path of a disc: by its label, or by its id where the label is no good for that."""
    label = name_of(disc, "label") if disc.get("label") else label_of(disc)
    return f"{vm_path}{api_path('discs', label)}"


def created_disc(body: Resource, vm_id: int | None) -> Resource:
    """The disc that a body creates, as far as it can be foretold."""
    return {"id": None, "virtual_machine_id": vm_id, "storage_grade": DEFAULT_GRADE, "type": DISC_TYPE, **body}


def changed_disc(current: Resource, changes: Resource) -> Resource:
    """The disc after the changes. Its grade is what it is on its way to."""
    grade = {"new_storage_grade": None, "storage_pool": None} if "storage_grade" in changes else {}
    return {**current, **grade, **changes}


def listed_grade(desired: DesiredDisc, body: Resource) -> list[DefinitionCheck]:
    """The grade, if it is about to be written."""
    if "storage_grade" not in body:
        return []
    return [DefinitionCheck(f"{desired.option}storage_grade", "storage_grades", body["storage_grade"])]


def agrees(seen: Resource, planned: Resource) -> bool:
    """Return whether a disc is as planned, as far as the answer tells."""
    return all(seen[key] == planned[key] for key in seen.keys() & planned.keys())


def comparable_disc(disc: Resource) -> Resource:
    """What of a disc a task can set, for the diff."""
    return given(size=disc.get("size"), storage_grade=grade_of(disc), iops_limit=disc.get("iops_limit"))
