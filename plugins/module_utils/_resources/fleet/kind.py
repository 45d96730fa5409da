# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The story of ``bigv_fleet``: read everything, plan everything, and only then write. Private to bytemark.cloud.

What becomes of one VM is what ``bigv_vm`` plans and applies; here it is many at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ..._core.client import Client
from ..._core.definitions import unlisted
from ..._core.errors import BigvError
from ..._core.executor import not_shown, read_back, reporting
from ..._core.names import (
    VmName,
    check_number,
    other_spelling,
)
from ..._core.plan import Resource
from ..._core.protection import check_protected
from .. import group as _group
from ..vm.desired import DesiredVm, ObservedVm, observe
from ..vm.kind import is_shown, rdns_is_shown, secrets_of
from ..vm.kind import report as report_vm
from ..vm.plan import plan as plan_vm
from .desired import (
    AccountSnapshot,
    DesiredFleet,
    desired_fleet,
    located,
    refuse,
)
from .executor import FleetExecutor, Item, Say, first_names
from .limits import check_deletions
from .summary import summary_text

MAX_ERRORS_SHOWN = 5


@dataclass
class GroupItem(Item):
    state: str = "present"


@dataclass
class VmItem(Item):
    desired: DesiredVm = field(kw_only=True)
    observed: ObservedVm = field(kw_only=True)


def converge(client: Client, params: dict[str, Any], check_mode: bool, say: Say = lambda line: None) -> dict[str, Any]:
    """The story of ``bigv_fleet``. ``say`` is told, line by line, what is going on."""
    for option in ("concurrency", "concurrent_creations"):
        check_number(option, params[option], 1)
    check_number("wait_timeout", params["wait_timeout"], 0)
    desired = desired_fleet(params)
    for vm in desired.vms:
        client.hide(*secrets_of(vm))
    overview = AccountSnapshot(client, desired.account)
    desired = located(overview, desired)
    groups = _plan_groups(overview, desired)
    vms = _plan_vms(overview, desired)
    unmanaged = _unmanaged(overview, desired, vms) if params["prune"] != "none" else {}
    pruned = _pruned(unmanaged, params["purge"]) if params["prune"] == "delete" else []
    items: list[Item] = [*groups, *vms, *pruned]
    check_protected((step for item in items for step in item.plan.steps), params["protect"])
    check_deletions(params["max_deletions"], overview, desired, items, pruned)
    refuse(list(unlisted(client, (listed for vm in vms for listed in vm.plan.listed))))
    if check_mode:
        for item in items:
            item.actions = item.plan.actions
        result = _result(groups, [*vms, *pruned], unmanaged, check_mode)
        say(result["summary"]["text"])
        return result
    crew = FleetExecutor(client, params, say, overview.read_vms)
    crew.run(group for group in groups if group.state == "present")
    if any(group.actions for group in groups):
        with reporting(crew.actions):
            overview.read_groups()
            vms = _plan_vms(overview, located(overview, desired))
    crew.run(vms)
    # Whatever is destroyed because it is no longer wanted waits for what takes its place.
    for last in ([group for group in groups if group.state == "absent"], pruned):
        if any(item.error or item.skipped for item in (*groups, *vms)):
            for item in last:
                item.reason = "not everything else succeeded" if item.plan.steps else None
        else:
            crew.run(last)
    result = _read_back(client, overview, groups, vms, pruned, unmanaged)
    say(result["summary"]["text"])
    return result


def _read_back(
    client: Client,
    overview: AccountSnapshot,
    groups: list[GroupItem],
    vms: list[VmItem],
    pruned: list[VmItem],
    unmanaged: dict[VmName, Resource],
) -> dict[str, Any]:
    """Return the result, with the groups and VMs as they are after the change."""
    items = [*vms, *pruned]
    applied = [item for item in (*groups, *items) if item.actions and not item.error]
    if not any(item.actions for item in (*groups, *items)):
        return _result(groups, items, unmanaged, check_mode=False, afterwards=overview)
    try:
        afterwards = read_back(
            client,
            lambda: AccountSnapshot(client, overview.account),
            lambda now: all(_is_shown(item, now) for item in applied),
        )
    except BigvError as error:
        result = _result(groups, items, unmanaged, check_mode=False)
        return {**result, "failed": True, "msg": f"{result.get('msg', '')} {error}".strip()}
    result = _result(groups, items, unmanaged, check_mode=False, afterwards=afterwards)
    not_as_sent = [
        item.name for item in applied if not _is_shown(item, afterwards) or not _rdns_is_shown(client, item, afterwards)
    ]
    warnings = [not_shown(first_names(not_as_sent))] if not_as_sent else []
    warnings += [warning for item in applied for warning in _other_spelling(item, afterwards)]
    if warnings:
        result["warnings"] = [*result.get("warnings", ()), *warnings]
    return result


def _other_spelling(item: Item, overview: AccountSnapshot) -> list[str]:
    if item.plan.after is None:
        return []
    kind, name = ("VM", item.observed.target.vm) if isinstance(item, VmItem) else ("group", item.plan.after["name"])
    return other_spelling(kind, name, _seen(item, overview))


def _is_shown(item: Item, overview: AccountSnapshot) -> bool:
    if isinstance(item, VmItem):
        return is_shown(item.plan, _seen(item, overview))
    return (_seen(item, overview) is None) == (item.plan.after is None)


def _seen(item: Item, overview: AccountSnapshot) -> Resource | None:
    """Return what there is of an item; of one that is not to be gone, however the API spells its name."""
    if isinstance(item, VmItem):
        place = item.observed.target
        return overview.vms.get(place) if item.plan.after is None else overview.written_vm(place)
    if item.plan.after is None:
        return overview.groups.get((item.plan.before or {}).get("name", ""))
    return overview.written_group(item.plan.after["name"])


def _rdns_is_shown(client: Client, item: Item, overview: AccountSnapshot) -> bool:
    return not isinstance(item, VmItem) or rdns_is_shown(client, item.desired, item.plan, _seen(item, overview))


def _plan_groups(overview: AccountSnapshot, desired: DesiredFleet) -> list[GroupItem]:
    """The groups' plans. Those that are to be created stand in the overview from here on, without an id."""
    problems, items = [], []
    there = dict(overview.groups)
    listed = [(vm, vm.name or overview.vm_by_id(vm.id or 0)[1]) for vm in desired.vms]
    leaving = {
        place for vm, place in listed if vm.target(place).group != place.group or (vm.state == "absent" and vm.purge)
    }
    for group in desired.groups:
        name = group.name.group
        staying = tuple(vm for place, vm in overview.vms.items() if place.group == name and place not in leaving)
        try:
            if name not in there:
                _group.check_new_name(overview.client, group.name, there, is_wanted=group.state == "present")
            plan = _group.plan(_group.ObservedGroup(group.name, there.get(name), vms=staying), group)
            items.append(GroupItem(str(group.name), plan, state=group.state))
        except BigvError as error:
            problems.append(f"group {group.name}: {error}")
        if group.state == "present":
            overview.groups.setdefault(name, {"id": None, "name": name})
        else:
            problems += [
                f"VM {place} is to be in the group {name!r}, which is to be absent"
                for vm, place in listed
                if vm.target(place).group == name and vm.state != "absent"
            ]
    refuse(problems)
    return items


def _plan_vms(overview: AccountSnapshot, desired: DesiredFleet) -> list[VmItem]:
    """The VMs' plans, each ``bigv_vm``'s own."""
    items, problems = [], []
    taken: dict[VmName, int] = {}
    for index, vm in enumerate(desired.vms):
        try:
            observed = observe(overview, vm)
            if observed.vm is None:
                overview.check_spelling(observed.target)
            first = min(taken.setdefault(place, index) for place in (observed.place, observed.target))
            if first != index:
                raise BigvError(f"is listed already, as vms[{first}]")
            plan = plan_vm(observed, vm)
        except BigvError as error:
            problems.append(f"vms[{index}] ({vm.name or vm.id}): {error}")
            continue
        name = observed.place if observed.vm else observed.target
        listed = tuple(entry._replace(option=f"vms[{index}].{entry.option}", vm=str(name)) for entry in plan.listed)
        items.append(VmItem(str(name), replace(plan, listed=listed), desired=vm, observed=observed))
    refuse(problems)
    return items


def _unmanaged(overview: AccountSnapshot, desired: DesiredFleet, vms: Iterable[VmItem]) -> dict[VmName, Resource]:
    """The VMs that the fleet does not list, in the groups that it names."""
    listed = {place for vm in vms for place in (vm.observed.place, vm.observed.target)}
    groups = desired.named_groups - desired.absent_groups
    return {place: vm for place, vm in overview.vms.items() if place.group in groups and place not in listed}


def _pruned(unmanaged: dict[VmName, Resource], purge: bool) -> list[VmItem]:
    items = []
    for place, vm in unmanaged.items():
        desired, observed = DesiredVm(place, "absent", purge=purge), ObservedVm(vm, place, place)
        plan = plan_vm(observed, desired)
        if plan.steps:
            items.append(VmItem(str(place), plan, desired=desired, observed=observed))
    return items


def _result(
    groups: list[GroupItem],
    vms: list[VmItem],
    unmanaged: dict[VmName, Resource],
    check_mode: bool,
    afterwards: AccountSnapshot | None = None,
) -> dict[str, Any]:
    """The result; without the overview ``afterwards``, with the VMs as they were foretold."""
    items: list[Item] = [*groups, *vms]
    entries, diffs, pending = [], [_group_diff(group) for group in groups if group.actions], []
    for vm in vms:
        after = vm.plan.before if (vm.error or vm.skipped) and not vm.actions else vm.plan.after
        if after and vm.actions and afterwards:
            after = afterwards.written_vm(vm.observed.target) or afterwards.vms.get(vm.observed.place)
        shown = report_vm(vm.desired, vm.observed, vm.plan, vm.actions, after, check_mode)
        of_the_task = ("diff", "warnings")
        entries.append({**{key: shown[key] for key in shown if key not in of_the_task}, **_item_result(vm)})
        if vm.actions:
            diffs.append(shown["diff"])
        if vm.plan.pending and not vm.error:
            pending.append(vm)
    result: dict[str, Any] = {
        "changed": any(item.actions for item in items),
        "plan": [{"name": item.name, "actions": item.plan.actions} for item in items],
        "actions": [action for item in items for action in item.actions],
        "groups": [_item_result(group) for group in groups],
        "vms": entries,
        "unmanaged": [str(place) for place, vm in unmanaged.items() if not vm.get("deleted")],
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
        result["msg"] = _failure(items)
    return result


def _warnings(vms: list[VmItem], pending: list[VmItem]) -> Iterator[str]:
    if pending:
        yield (
            f"VMs that get new hardware at their next start only: {first_names(vm.name for vm in pending)}; "
            "allow_restart: true restarts them at once."
        )
    for vm in vms:
        yield from vm.plan.warnings


def _failure(items: list[Item]) -> str:
    """Return what failed, and what was not begun because of that."""
    failed = [item for item in items if item.error]
    said = [f"{len(failed)} of {len(items)} groups and VMs failed."] if failed else []
    said += [f"{item.name}: {item.error}" for item in failed[:MAX_ERRORS_SHOWN]]
    if len(failed) > MAX_ERRORS_SHOWN:
        said.append(f"For the other {len(failed) - MAX_ERRORS_SHOWN} see vms.")
    skipped: dict[str | None, list[str]] = {}
    for item in items:
        if item.skipped:
            skipped.setdefault(item.reason, []).append(item.name)
    said += [f"Not begun, as {reason}: {first_names(names)}." for reason, names in skipped.items()]
    return " ".join(said)


def _group_diff(group: GroupItem) -> dict[str, Any]:
    return _group.group_diff(group.name, group.plan, group.plan.after, group.actions)


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
