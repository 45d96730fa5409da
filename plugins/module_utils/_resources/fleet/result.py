# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The result of a fleet: what became of each group and VM, and what all of it came to. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..._core.plan import diff
from ..._core.resource import Outcome
from .alike import first_names, said_once
from .failures import failure_text
from .plans import GROUPS, VMS, FleetPlans, GroupItem, VmItem
from .queue import Item
from .snapshot import AccountSnapshot
from .summary import summary_text


def fleet_result(plans: FleetPlans, check_mode: bool, afterwards: AccountSnapshot | None = None) -> dict[str, Any]:
    """Return the result; without the snapshot ``afterwards``, with the VMs as they were predicted."""
    groups, vms, items = plans.groups, [*plans.vms, *plans.pruned], plans.all
    entries, diffs, pending = [], [_group_diff(group) for group in groups if group.actions], []
    for vm in vms:
        after = vm.plan.before if (vm.error or vm.skipped) and not vm.actions else vm.plan.after
        if (after or vm.error) and vm.actions and afterwards:
            after = afterwards.written_vm(vm.observed.target) or afterwards.vms.get(vm.observed.location)
        shown = VMS.report(vm.desired, vm.observed, vm.plan, Outcome(after, vm.actions), check_mode)
        of_the_task = ("diff", "warnings")
        entries.append({**{key: shown[key] for key in shown if key not in of_the_task}, **_item_result(vm)})
        if vm.actions:
            diffs.append(shown["diff"])
        if vm.plan.pending_restart and not vm.error:
            pending.append(vm)
    result: dict[str, Any] = {
        "changed": any(item.actions for item in items),
        "plan": [{"name": item.name, "actions": item.plan.actions} for item in items],
        "actions": [action for item in items for action in item.actions],
        "groups": [_item_result(group) for group in groups],
        "vms": entries,
        "unmanaged": [str(location) for location, vm in plans.unmanaged.items() if not vm.get("deleted")],
        "diff": diffs,
        "summary": {
            "total": len(vms),
            "changed": sum(bool(vm.actions) for vm in vms),
            "unchanged": sum(not (vm.actions or vm.error or vm.skipped) for vm in vms),
            "failed": sum(bool(vm.error) for vm in vms),
            "skipped": sum(vm.skipped for vm in vms),
            "text": summary_text(groups, vms, check_mode),
        },
    }
    warnings = list(_warnings(vms, pending))
    if warnings:
        result["warnings"] = warnings
    if any(item.error or item.skipped for item in items):
        result["failed"] = True
        result["msg"] = failure_text(items)
    return result


def _warnings(vms: list[VmItem], pending: list[VmItem]) -> Iterator[str]:
    if pending:
        yield (
            f"These VMs get new hardware only at their next start: {first_names(vm.name for vm in pending)}; set "
            "allow_restart: true to restart them immediately."
        )
    yield from said_once((vm.name, warning) for vm in vms for warning in vm.plan.warnings)


def _group_diff(group: GroupItem) -> dict[str, Any]:
    before, after = (GROUPS.diffable(resource) for resource in (group.plan.before, group.plan.after))
    return diff(GROUPS.schema.noun, group.name, before, after, group.plan.announced(group.actions))


def _item_result(item: Item) -> dict[str, Any]:
    error = item.error and {"msg": str(item.error), **item.error.result()["error"]}
    return {
        "name": item.name,
        "changed": bool(item.actions),
        "actions": item.actions,
        "error": error,
        "skipped": item.skipped,
        "reason": item.reason,
    }
