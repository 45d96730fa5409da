# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Steps that are sent only if a VM is still as it was, most of them because they destroy it or what is on it. Pure.

Private to bytemark.cloud.
"""

from __future__ import annotations

from ..._core.names import api_path
from ..._core.plan import Resource, Step, Target, given, object_at
from ..names import VmName
from .attributes import VM


def vm_target(location: VmName, vm: Resource) -> Target:
    """Return the VM as the target of a step that destroys it: by its id, as long as that has this name and group."""
    return Target(
        owner=location,
        description=f"VM {location}",
        schema=VM,
        paths=_paths(location, vm),
        # A VM that was soft-deleted when the plan was made is not purged once somebody has restored it.
        expected=given(
            id=vm["id"], name=str(location.vm), group_id=vm.get("group_id"), deleted=True if vm.get("deleted") else None
        ),
    )


def off_target(location: VmName, vm: Resource) -> Target:
    """Return the VM as the target of a step that is good for a VM that is off."""
    return Target(None, f"VM {location}", VM, _paths(location, vm), {"id": vm["id"], "power_on": False})


def _paths(location: VmName, vm: Resource) -> tuple[str, ...]:
    by_id = f"{location.in_group.path}{api_path('virtual_machines', vm['id'])}"
    return tuple(dict.fromkeys((by_id, location.path)))


def deletion(location: VmName, vm: Resource, purge: bool) -> Step:
    """Return the write that deletes a VM: permanently, or softly, which keeps its name taken."""
    return Step(
        f"{'purge' if purge else 'delete'} VM {location}",
        "DELETE",
        "",
        VM,
        query={"purge": "true"} if purge else None,
        is_done=None if purge else is_soft_deleted,
        resource_id=vm["id"],
        effect="purge" if purge else "delete",
        note="permanently" if purge else "can be undone for 21 days",
        target=vm_target(location, vm),
    )


def as_it_was_on(autoreboot: bool | None) -> Resource:
    """Return what starts a VM again that was on."""
    return {"power_on": True, **({"autoreboot_on": True} if autoreboot else {})}


def start_again(location: VmName, autoreboot: bool | None) -> Step:
    """Return what starts a VM after a shutdown, and what a failure in between still sends."""
    return Step(f"start VM {location} again", "PUT", location.path, VM, as_it_was_on(autoreboot))


def start_what_is_left(location: VmName, vm: Resource) -> Step:
    """Return what is sent where a VM that was shut down for it is not deleted: by then its name may be another's."""
    as_planned = given(id=vm["id"], deleted=vm.get("deleted"))
    return Step(
        f"start VM {location} again",
        "PUT",
        "",
        VM,
        as_it_was_on(vm.get("autoreboot_on")),
        verify=object_at(location.path, VM),
        resource_id=vm["id"],
        target=Target(None, f"VM {location}", VM, _paths(location, vm), as_planned),
    )


def is_soft_deleted(seen: Resource | None) -> bool:
    """Tell whether a VM is there, deleted softly."""
    return seen is not None and bool(seen.get("deleted"))
