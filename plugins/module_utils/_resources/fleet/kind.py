# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Fleets: read everything, plan everything, and only then write. Private to bytemark.cloud.

What becomes of one VM is what ``bigv_vm`` plans and applies; here it is many at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ..._core.client import Client
from ..._core.definitions import unlisted
from ..._core.errors import BigvError
from ..._core.executor import read_back, reporting
from ..._core.kind import Kind
from ..._core.names import check_number, other_spelling
from ..._core.plan import Prediction, Resource, diff
from ..._core.protection import check_protected
from ..._core.resource import Outcome, not_shown
from ..group import DesiredGroup, GroupKind, ObservedGroup, check_new_name
from ..names import NAME_VARIABLES, VmName
from ..vm.desired import DesiredVm
from ..vm.kind import VmKind
from ..vm.observe import ObservedVm, observe
from .alike import first_names, said_once
from .desired import FLEET_OPTIONS, DesiredFleet, desired_fleet, pruned_vm, refuse
from .executor import FleetExecutor
from .failures import FailureTeller, failure_text
from .limits import check_deletions, most_unavailable
from .queue import Item
from .snapshot import AccountSnapshot, located
from .summary import status_text, summary_text

GROUPS = GroupKind()
VMS = VmKind()


@dataclass
class GroupItem(Item):
    """A group of the fleet on its way."""

    desired: DesiredGroup = field(kw_only=True)
    observed: ObservedGroup = field(kw_only=True)

    @property
    def state(self) -> str:
        """Return whether the group is to be present or absent."""
        return self.desired.state


@dataclass
class VmItem(Item):
    """A VM of the fleet on its way."""

    desired: DesiredVm = field(kw_only=True)
    observed: ObservedVm = field(kw_only=True)


@dataclass(frozen=True)
class FleetPlans:
    """The plans for the groups, for the VMs that are listed, and for those that are not: ``unmanaged``."""

    groups: list[GroupItem]
    vms: list[VmItem]
    unmanaged: dict[VmName, Resource]
    pruned: list[VmItem]

    @property
    def all(self) -> list[GroupItem | VmItem]:
        """Return everything that may have something to be sent."""
        return [*self.groups, *self.vms, *self.pruned]

    @property
    def in_order(self) -> list[GroupItem | VmItem]:
        """Return everything in the order in which it is sent: what is destroyed waits for what takes its place."""
        first = [group for group in self.groups if group.state == "present"]
        last = [group for group in self.groups if group.state == "absent"]
        return [*first, *self.vms, *last, *self.pruned]


class FleetKind(Kind):
    """A fleet: reads everything, plans everything, and only then writes, many at once."""

    sample_action = "create VM web1.staging.acme from stretch"
    options = FLEET_OPTIONS
    name_variables = NAME_VARIABLES
    disclosed = VmKind.disclosed

    def disclosing_parts(self, result: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the results of the VMs."""
        return list(result.get("vms", ()))

    def run(self, client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        """Make the groups and VMs as the task asks."""
        for option in ("concurrency", "concurrent_creations"):
            check_number(option, params[option], 1)
        check_number("wait_timeout", params["wait_timeout"], 0)
        most_unavailable(params["max_unavailable"])
        keeps_plan = params["save_plan"] is not None or params["require_plan"] is not None
        if keeps_plan:
            # A plan that is kept rests on what is there.
            client.missing = None
        desired = desired_fleet(params)
        for vm in desired.vms:
            client.add_secrets(*VMS.secrets(vm))
        snapshot = AccountSnapshot(client, desired.account)
        desired = located(snapshot, desired)
        plans = _plan_all(snapshot, desired, params)
        check_protected((step for item in plans.all for step in item.plan.steps), params["protect"])
        check_deletions(params["max_deletions"], snapshot, desired, plans.all, plans.pruned)
        refuse(list(unlisted(client, (check for vm in plans.vms for check in vm.plan.definition_checks))))
        if keeps_plan:
            _keep(client, params, snapshot, plans)
        if check_mode:
            for item in plans.in_order:
                item.actions = item.plan.actions
                if item.actions:
                    client.remember(_predictions(item))
            result = _result(plans, check_mode)
        else:
            places = most_unavailable(params["max_unavailable"], [vm.plan.before for vm in plans.vms])
            executor = FleetExecutor(client, params, FailureTeller(client.progress), snapshot.read_vms, places)
            with client.progress.showing(partial(_status, executor, time.monotonic())):
                plans = _apply(executor, snapshot, desired, plans)
            result = _read_back(client, snapshot, plans)
        client.progress(result["summary"]["text"])
        return result


def _predictions(item: GroupItem | VmItem) -> Iterable[Prediction]:
    """Return what becomes of a group or a VM."""
    if isinstance(item, VmItem):
        return VMS.predictions(item.observed, item.desired, item.plan)
    return GROUPS.predictions(item.observed, item.desired, item.plan)


def _keep(client: Client, params: dict[str, Any], snapshot: AccountSnapshot, plans: FleetPlans) -> None:
    """Save the plan, and refuse it unless it is the one that is required, as the task asks."""
    # Only here: few tasks keep a plan.
    from .plan_document import Planned, plan_document
    from .plan_file import keep_plan

    planned = []
    for item in plans.all:
        outcome = Outcome(item.plan.after, item.plan.actions)
        if isinstance(item, VmItem):
            states = VMS.diffed(item.observed, item.desired, item.plan, outcome)
            planned.append(Planned("VM", item.name, str(item.observed.target), item.plan, *states))
        else:
            states = GROUPS.diffed(None, None, item.plan, outcome)
            planned.append(Planned("group", item.name, item.name, item.plan, *states))
    document = plan_document(params, str(snapshot.account), planned, client.redact)
    keep_plan(params, document, {str(location): vm for location, vm in snapshot.vms.items()})


def _apply(executor: FleetExecutor, snapshot: AccountSnapshot, desired: DesiredFleet, plans: FleetPlans) -> FleetPlans:
    """Send everything: the groups first, then the VMs, and at last whatever is destroyed because nobody wants it."""
    executor.run(group for group in plans.groups if group.state == "present")
    if any(group.actions for group in plans.groups):
        with reporting(executor.actions):
            snapshot.read_groups()
            plans = replace(plans, vms=_plan_vms(snapshot, located(snapshot, desired)))
    executor.run(plans.vms)
    # That waits for what takes its place.
    for last in ([group for group in plans.groups if group.state == "absent"], plans.pruned):
        if any(item.error or item.skipped for item in (*plans.groups, *plans.vms)):
            for item in last:
                item.reason = "not everything else succeeded" if item.plan.steps else None
        else:
            executor.run(last)
    return plans


def _status(executor: FleetExecutor, started: float) -> str:
    """Return how far the fleet is."""
    vms = [item for item in executor.items if isinstance(item, VmItem)]
    groups = [item for item in executor.items if isinstance(item, GroupItem)]
    return status_text(groups, vms, time.monotonic() - started, executor.places)


def _read_back(client: Client, snapshot: AccountSnapshot, plans: FleetPlans) -> dict[str, Any]:
    """Return the result, with the groups and VMs as they are after the change."""
    applied = [item for item in plans.all if item.actions and not item.error]
    if not any(item.actions for item in plans.all):
        return _result(plans, check_mode=False, afterwards=snapshot)
    try:
        afterwards = read_back(
            client,
            lambda: AccountSnapshot(client, snapshot.account),
            lambda now: all(_is_current(item, now) for item in applied),
        )
    except BigvError as error:
        result = _result(plans, check_mode=False)
        return {**result, "failed": True, "msg": f"{result.get('msg', '')} {error}".strip()}
    result = _result(plans, check_mode=False, afterwards=afterwards)
    not_as_sent = [item.name for item in applied if not _is_confirmed(client, item, afterwards)]
    warnings = [not_shown(first_names(not_as_sent))] if not_as_sent else []
    warnings += said_once((item.name, warning) for item in applied for warning in _other_spelling(item, afterwards))
    if warnings:
        result["warnings"] = [*result.get("warnings", ()), *warnings]
    return result


def _other_spelling(item: Item, snapshot: AccountSnapshot) -> list[str]:
    if item.plan.after is None:
        return []
    kind, name = ("VM", item.observed.target.vm) if isinstance(item, VmItem) else ("group", item.plan.after["name"])
    return other_spelling(kind, name, _seen(item, snapshot))


def _is_current(item: Item, snapshot: AccountSnapshot) -> bool:
    return (VMS if isinstance(item, VmItem) else GROUPS).is_current(item.plan, _seen(item, snapshot))


def _is_confirmed(client: Client, item: Item, snapshot: AccountSnapshot) -> bool:
    if isinstance(item, VmItem):
        return VMS.is_confirmed(client, item.desired, item.plan, _seen(item, snapshot))
    return _is_current(item, snapshot)


def _seen(item: Item, snapshot: AccountSnapshot) -> Resource | None:
    """Return what there is of an item; of one that is not to be gone, however the API spells its name."""
    if isinstance(item, VmItem):
        location = item.observed.target
        return snapshot.vms.get(location) if item.plan.after is None else snapshot.written_vm(location)
    if item.plan.after is None:
        return snapshot.groups.get((item.plan.before or {}).get("name", ""))
    return snapshot.written_group(item.plan.after["name"])


def _plan_all(snapshot: AccountSnapshot, desired: DesiredFleet, params: dict[str, Any]) -> FleetPlans:
    groups = _plan_groups(snapshot, desired)
    vms = _plan_vms(snapshot, desired)
    unmanaged = _unmanaged(snapshot, desired, vms) if params["prune"] != "none" else {}
    pruned = _pruned(unmanaged, params) if params["prune"] == "delete" else []
    return FleetPlans(groups, vms, unmanaged, pruned)


def _plan_groups(snapshot: AccountSnapshot, desired: DesiredFleet) -> list[GroupItem]:
    """Return the groups' plans. Those that are to be created stand in the snapshot from here on, without an id."""
    problems, items = [], []
    there = dict(snapshot.groups)
    listed = [(vm, vm.name or snapshot.vm_by_id(vm.id or 0)[1]) for vm in desired.vms]
    leaving = {
        location
        for vm, location in listed
        if vm.target(location).group != location.group or (vm.state == "absent" and vm.purge)
    }
    for group in desired.groups:
        name = group.name.group
        staying = tuple(
            vm for location, vm in snapshot.vms.items() if location.group == name and location not in leaving
        )
        try:
            if name not in there:
                check_new_name(snapshot.client, group.name, there, is_wanted=group.state == "present")
            observed = ObservedGroup(group.name, there.get(name), vms=staying)
            items.append(GroupItem(str(group.name), GROUPS.plan(observed, group), desired=group, observed=observed))
        except BigvError as error:
            problems.append(f"group {group.name}: {error}")
        if group.state == "present":
            snapshot.groups.setdefault(name, {"id": None, "name": name})
        else:
            problems += [
                f"VM {location} is to be in the group {name!r}, which is to be absent"
                for vm, location in listed
                if vm.target(location).group == name and vm.state != "absent"
            ]
    refuse(problems)
    return items


def _plan_vms(snapshot: AccountSnapshot, desired: DesiredFleet) -> list[VmItem]:
    """Return the VMs' plans, each ``bigv_vm``'s own."""
    items, problems = [], []
    taken: dict[VmName, int] = {}
    for index, vm in enumerate(desired.vms):
        try:
            observed = observe(snapshot, vm)
            if observed.vm is None:
                snapshot.check_spelling(observed.target)
            first = min(taken.setdefault(location, index) for location in (observed.location, observed.target))
            if first != index:
                raise BigvError(f"is listed already, as vms[{first}]")
            plan = VMS.plan(observed, vm)
        except BigvError as error:
            problems.append(f"vms[{index}] ({vm.name or vm.id}): {error}")
            continue
        name = observed.location if observed.vm else observed.target
        checks = tuple(
            check._replace(option=f"vms[{index}].{check.option}", owner=f"VM {name}")
            for check in plan.definition_checks
        )
        items.append(VmItem(str(name), plan._replace(definition_checks=checks), desired=vm, observed=observed))
    refuse(problems)
    return items


def _unmanaged(snapshot: AccountSnapshot, desired: DesiredFleet, vms: Iterable[VmItem]) -> dict[VmName, Resource]:
    """Return the VMs that the fleet does not list, in the groups that it names."""
    listed = {location for vm in vms for location in (vm.observed.location, vm.observed.target)}
    groups = desired.named_groups - desired.absent_groups
    return {
        location: vm for location, vm in snapshot.vms.items() if location.group in groups and location not in listed
    }


def _pruned(unmanaged: dict[VmName, Resource], params: dict[str, Any]) -> list[VmItem]:
    items = []
    for location, vm in unmanaged.items():
        desired, observed = pruned_vm(location, params), ObservedVm(vm, location, location)
        plan = VMS.plan(observed, desired)
        if plan.steps:
            items.append(VmItem(str(location), plan, desired=desired, observed=observed))
    return items


def _result(plans: FleetPlans, check_mode: bool, afterwards: AccountSnapshot | None = None) -> dict[str, Any]:
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
            f"VMs that get new hardware at their next start only: {first_names(vm.name for vm in pending)}; "
            "allow_restart: true restarts them at once."
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
