# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Fleets: read everything, plan everything, and only then write. Private to bytemark.cloud.

What becomes of one VM is what ``bigv_vm`` plans and applies; here it is many at once.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import Any

from ..._core.client import Client
from ..._core.definitions import unlisted
from ..._core.errors import BigvError
from ..._core.executor import read_back, reporting
from ..._core.kind import Kind
from ..._core.names import check_number
from ..._core.plan import Resource
from ..._core.protection import check_protected
from ..._core.resource import Outcome, not_shown
from ..names import NAME_VARIABLES
from ..vm.kind import VmKind
from .alike import first_names, said_once
from .desired import FLEET_OPTIONS, DesiredFleet, desired_fleet, refuse
from .executor import FleetExecutor
from .failures import FailureTeller
from .limits import check_deletions, most_unavailable
from .plans import VMS, FleetPlans, GroupItem, VmItem, plan_all, plan_vms
from .queue import Item
from .result import fleet_result
from .snapshot import AccountSnapshot, located
from .summary import status_text


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
        plans = plan_all(snapshot, desired, params)
        check_protected((step for item in plans.all for step in item.plan.steps), params["protect"])
        check_deletions(params["max_deletions"], snapshot, desired, plans.all, plans.pruned)
        refuse(list(unlisted(client, (check for vm in plans.vms for check in vm.plan.definition_checks))))
        if keeps_plan:
            _keep(client, params, snapshot, plans)
        if check_mode:
            for item in plans.in_order:
                item.actions = item.plan.actions
                if item.actions:
                    client.remember(item.kind.predictions(item.observed, item.desired, item.plan))
            result = fleet_result(plans, check_mode)
        else:
            places = most_unavailable(params["max_unavailable"], [vm.plan.before for vm in plans.vms])
            executor = FleetExecutor(client, params, FailureTeller(client.progress), snapshot.read_vms, places)
            with client.progress.showing(partial(_status, executor, time.monotonic())):
                plans = _apply(executor, snapshot, desired, plans)
            result = _read_back(client, snapshot, plans)
        client.progress(result["summary"]["text"])
        return result


def _keep(client: Client, params: dict[str, Any], snapshot: AccountSnapshot, plans: FleetPlans) -> None:
    """Save the plan and check it against the required one, if the task asks for that."""
    # Only here: few tasks keep a plan.
    from .plan_document import Planned, plan_document
    from .plan_file import keep_plan

    planned = []
    for item in plans.all:
        kind, whole = item.kind, (item.observed, item.desired, item.plan)
        states = kind.diffed(*whole, Outcome(item.plan.after, item.plan.actions))
        planned.append(Planned(kind.schema.noun, item.name, kind.written_title(*whole), item.plan, *states))
    document = plan_document(params, str(snapshot.account), planned, client.redact)
    keep_plan(params, document, {str(location): vm for location, vm in snapshot.vms.items()})


def _apply(executor: FleetExecutor, snapshot: AccountSnapshot, desired: DesiredFleet, plans: FleetPlans) -> FleetPlans:
    """Send everything: the groups first, then the VMs, and at last whatever is destroyed because nobody wants it."""
    executor.run(plans.made)
    if any(group.actions for group in plans.groups):
        with reporting(executor.actions):
            snapshot.read_groups()
            plans = replace(plans, vms=plan_vms(snapshot, located(snapshot, desired)))
    _skip_vms_without_group(plans)
    executor.run(plans.vms)
    for last in plans.destroyed:
        if any(item.error or item.skipped for item in (*plans.groups, *plans.vms)):
            for item in last:
                item.reason = "not everything else succeeded" if item.plan.steps else None
        else:
            executor.run(last)
    return plans


def _skip_vms_without_group(plans: FleetPlans) -> None:
    """Skip the VMs that are to be created in a group whose creation the API has refused."""
    refused = {
        group.desired.name.group
        for group in plans.made
        if group.plan.before is None and group.error and 400 <= (group.error.status or 0) < 500
    }
    for vm in plans.vms:
        if vm.plan.before is None and vm.plan.steps and vm.observed.target.group in refused:
            vm.reason = "the group could not be created"


def _status(executor: FleetExecutor, started: float) -> str:
    """Return the progress of the fleet."""
    vms = [item for item in executor.items if isinstance(item, VmItem)]
    groups = [item for item in executor.items if isinstance(item, GroupItem)]
    return status_text(groups, vms, time.monotonic() - started, executor.places)


def _read_back(client: Client, snapshot: AccountSnapshot, plans: FleetPlans) -> dict[str, Any]:
    """Return the result, with the groups and VMs as they are after the change."""
    applied = [item for item in plans.all if item.actions and not item.error]
    if not any(item.actions for item in plans.all):
        return fleet_result(plans, check_mode=False, afterwards=snapshot)
    try:
        afterwards = read_back(
            client,
            lambda: AccountSnapshot(client, snapshot.account),
            lambda now: all(item.kind.is_current(item.plan, _seen(item, now)) for item in applied),
        )
    except BigvError as error:
        result = fleet_result(plans, check_mode=False)
        return {**result, "failed": True, "msg": f"{result.get('msg', '')} {error}".strip()}
    result = fleet_result(plans, check_mode=False, afterwards=afterwards)
    not_as_sent = [
        item.name
        for item in applied
        if not item.kind.is_confirmed(client, item.desired, item.plan, _seen(item, afterwards))
    ]
    warnings = [not_shown(first_names(not_as_sent))] if not_as_sent else []
    warnings += said_once(
        (item.name, warning)
        for item in applied
        if item.plan.after is not None
        for warning in item.kind.spelling_warnings(item.observed, item.desired, _seen(item, afterwards))
    )
    if warnings:
        result["warnings"] = [*result.get("warnings", ()), *warnings]
    return result


def _seen(item: Item, snapshot: AccountSnapshot) -> Resource | None:
    """Return what there is of an item; of one that is not to be gone, however the API spells its name."""
    if isinstance(item, VmItem):
        location = item.observed.target
        return snapshot.vms.get(location) if item.plan.after is None else snapshot.written_vm(location)
    if item.plan.after is None:
        return snapshot.groups.get((item.plan.before or {}).get("name", ""))
    return snapshot.written_group(item.plan.after["name"])
