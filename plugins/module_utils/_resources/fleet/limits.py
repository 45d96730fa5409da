# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The limits on how many VMs a fleet may delete, and take down, at once. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..._core.errors import BigvError
from ..._core.plan import Resource
from ..names import VmName
from .desired import DesiredFleet
from .queue import Item
from .snapshot import AccountSnapshot

DEFAULT_MAX_DELETIONS = "10%"
SHARE = re.compile(r"([0-9]{1,7})(%?)", re.ASCII)


def check_deletions(
    max_deletions: str | None,
    snapshot: AccountSnapshot,
    desired: DesiredFleet,
    items: Sequence[Item],
    pruned: Sequence[Item],
) -> None:
    """Refuse to delete more VMs than ``max_deletions``, and to prune by a list that is empty.

    By default that limits what is pruned; where the option is given, it counts whatever is deleted. Soft-deleted VMs
    do not count.
    """
    limit = DEFAULT_MAX_DELETIONS if max_deletions is None else max_deletions
    groups = set(desired.named_groups if max_deletions is not None else desired.named_groups - desired.absent_groups)
    deleted = list(_deleted_vms(snapshot, pruned if max_deletions is None else items))
    if pruned and not desired.vms:
        raise BigvError(
            "vms: is empty, so prune: delete would delete every VM of the fleet's groups. To delete them all, list "
            "them, or their groups, with state: absent. Nothing was changed. It would delete: "
            + ", ".join(item.name for item in pruned)
        )
    if max_deletions is not None:
        groups |= {name.group for name in deleted}
    there = sum(location.group in groups and not vm.get("deleted") for location, vm in snapshot.vms.items())
    most = share_of("max_deletions", limit, there)
    if len(deleted) > most:
        raise BigvError(
            f"max_deletions: this would delete {len(deleted)} of the {there} VMs in the fleet's groups, but no more "
            f"than {most} may be deleted at once ({limit}). Check the names in vms, or allow it with max_deletions: "
            f"{len(deleted)}. Nothing was changed. It would delete: {', '.join(map(str, deleted))}"
        )


def share_of(option: str, text: str, whole: int) -> int:
    """Return a number, or a percentage of the whole, rounded down, but at least 1 unless it is 0%.

    >>> share_of("max_deletions", "3", 50), share_of("max_deletions", "25%", 50), share_of("max_deletions", "25%", 3)
    (3, 12, 1)
    """
    match = SHARE.fullmatch(text.strip())
    if match is None or (match[2] and int(match[1]) > 100):
        raise BigvError(f"{option}: must be a number or a percentage, such as 5 or 25%, got {text!r}")
    number = int(match[1])
    return max(number * whole // 100, min(number, 1)) if match[2] else number


def most_unavailable(max_unavailable: str, vms: Sequence[Resource | None] = ()) -> int:
    """Return how many of the VMs that are listed, and on, may be down at once."""
    is_on = sum(bool(vm and vm.get("power_on") and not vm.get("deleted")) for vm in vms)
    most = share_of("max_unavailable", max_unavailable, is_on)
    if most == 0:
        raise BigvError(
            f"max_unavailable: {max_unavailable} would not let any VM restart; it must be at least 1. Leave out the "
            "changes that need a restart, or leave out allow_restart: true."
        )
    return most


def _deleted_vms(snapshot: AccountSnapshot, items: Iterable[Item]) -> Iterable[VmName]:
    """Return the VMs that are there now and that the plans delete, each once."""
    owners = (step.target.owner for item in items for step in item.plan.steps if step.target and step.deletes)
    return dict.fromkeys(
        owner for owner in owners if isinstance(owner, VmName) and not snapshot.vms[owner].get("deleted")
    )
