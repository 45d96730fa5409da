# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Steps that are sent only if a VM is still as it was, most of them because they destroy it or what is on it. Pure.

Private to bytemark.cloud.
"""

from __future__ import annotations

from ..._core.names import VmName, api_path
from ..._core.plan import Resource, Step, Target, given


def vm_target(place: VmName, vm: Resource) -> Target:
    """Return the VM as the target of a step that destroys it: by its id, as long as that has this name and group."""
    return Target(
        owner=place,
        description=f"VM {place}",
        paths=_paths(place, vm),
        # A VM that was soft-deleted when the plan was made is not purged once somebody has restored it.
        expected=given(
            id=vm["id"], name=str(place.vm), group_id=vm.get("group_id"), deleted=True if vm.get("deleted") else None
        ),
    )


def off_target(place: VmName, vm: Resource) -> Target:
    """Return the VM as the target of a step that is good for a VM that is off."""
    return Target(None, f"VM {place}", _paths(place, vm), {"id": vm["id"], "power_on": False})


def _paths(place: VmName, vm: Resource) -> tuple[str, ...]:
    by_id = f"{place.in_group.path}{api_path('virtual_machines', vm['id'])}"
    return tuple(dict.fromkeys((by_id, place.path)))


def deletion(place: VmName, vm: Resource, purge: bool) -> Step:
    """Return the write that deletes a VM: for good, or softly, which keeps its name taken."""
    return Step(
        f"{'purge' if purge else 'delete'} VM {place}",
        "DELETE",
        "",
        query={"purge": "true"} if purge else None,
        resource_id=vm["id"],
        effect="purge" if purge else "delete",
        target=vm_target(place, vm),
    )
