# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The kind behind ``bigv_disc``. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.kind import STATE
from ..._core.names import (
    api_path,
    check_new_names,
    check_number,
    check_one_given,
)
from ..._core.plan import Plan, Prediction, Resource, definition_checks
from ..._core.resource import Outcome, ResourceKind
from ..names import NAME_VARIABLES, VmName
from ..vm.read import find_vm, find_vm_by_id
from ..vm.reference import ASSUMED_VM, assumed_vm, find_vm_by_name_or_id
from .attributes import DISC, DISC_BY_ID, SCHEDULE_OPTIONS, SCHEDULES
from .steps import (
    DesiredDisc,
    agrees,
    check_count,
    delete_step,
    desired_disc,
    disc_changes,
    disc_steps,
    find_disc,
    find_labelled,
    has_desired_schedules,
    label_of,
    new_disc,
    shown_schedules,
    with_grade,
)

DISC_OPTIONS: dict[str, Any] = {
    "vm": {"type": "str"},
    "group": {"type": "str"},
    "label": {"type": "str"},
    "id": {"type": "int"},
    **DISC.option_specs,
    **SCHEDULE_OPTIONS,
    "new_label": {"type": "str"},
    "new_vm": {"type": "str"},
    "state": STATE,
    "purge": {"type": "bool", "default": False},
    "backup_before": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 600},
}
DISC_CONSTRAINTS: dict[str, Any] = {
    "required_one_of": [("vm", "id")],
    "mutually_exclusive": [("vm", "id"), ("label", "id")],
    "required_by": {"vm": ("label",)},
}


@dataclass(frozen=True)
class Desired:
    """The desired state of a disc, and its VM: ``params`` are the options that name it."""

    disc: DesiredDisc
    params: Mapping[str, Any]

    @property
    def is_absent(self) -> bool:
        """Tell whether the disc is to be deleted."""
        return bool(self.params["state"] == "absent")


@dataclass(frozen=True)
class DiscLocation:
    """A VM, where it is, and the disc that is meant, if the VM is there and has it."""

    vm_name: VmName
    vm: Resource | None
    disc: Resource | None = None

    @property
    def discs(self) -> Sequence[Resource]:
        """Return the discs of the VM."""
        return (self.vm or {}).get("discs") or ()


@dataclass(frozen=True)
class ObservedDisc:
    """The disc, the VM that it is named on, and the one that it is to move to, if any.

    Without a ``source`` the disc was looked for by its id, and is not there, or there as desired. ``now`` is the API's
    clock, where the disc is to be backed up.
    """

    source: DiscLocation | None
    target: DiscLocation | None = None
    disc: Resource | None = None
    now: datetime | None = None


class DiscKind(ResourceKind):
    """Discs of VMs: added, grown, changed, moved to another VM, and permanently deleted."""

    noun = "disc"
    schema = DISC
    sample_action = "add disc data of 100 GiB to VM db1.staging.acme"
    name_variables = NAME_VARIABLES
    options = DISC_OPTIONS
    constraints = DISC_CONSTRAINTS

    def desired(self, params: dict[str, Any]) -> Desired:
        """Return what the options of ``bigv_disc`` ask for."""
        check_one_given(params, "vm", "id")
        check_new_names(params, "new_label", "new_vm", dots=True)
        check_number("wait_timeout", params["wait_timeout"], 0)
        desired = Desired(desired_disc(params), params)
        if desired.is_absent and not params["purge"]:
            raise BigvError("purge: discs are always deleted permanently, so state: absent requires purge: true")
        return desired

    def observe(self, client: Client, desired: Desired) -> ObservedDisc:
        """Read what the plan needs: one GET where nothing has to change and nothing moves."""
        params, disc = desired.params, desired.disc
        if params["id"] is None:
            source = _locate_disc(client, "vm", desired, disc.label)
        else:
            found = find_disc_by_id(client, params["id"])
            if found is None or _is_as_desired(found, desired):
                return ObservedDisc(None, disc=found)
            vm, vm_name = find_vm_by_id(client, found["virtual_machine_id"])
            source = DiscLocation(vm_name, vm, found)
        target = None
        if params["new_vm"] is not None:
            label = disc.new_label or (label_of(source.disc) if source.disc else disc.label)
            target = _locate_disc(client, "new_vm", desired, label)
        if not desired.is_absent:
            source = _with_vm(client, "vm", source)
            target = target and _with_vm(client, "new_vm", target)
        return ObservedDisc(source, target, source.disc, client.api_time if params["backup_before"] else None)

    def plan(self, observed: ObservedDisc, desired: Desired) -> Plan:
        """Return the plan that converges the disc. Pure."""
        source, target, disc = observed.source, observed.target, desired.disc
        if desired.is_absent:
            if source is None or source.vm is None or source.disc is None:
                return Plan(None, None)
            return _plan_deletion(source, source.disc, desired.params["backup_before"])
        if source is None:
            if observed.disc is None:
                raise BigvError("id: there is no disc with this id, or these credentials cannot see it", status=404)
            return Plan(observed.disc, observed.disc)
        if target is None or target.vm is None or target.vm.get("id") == (source.vm or {}).get("id"):
            return _plan_on(source, disc)
        if source.disc is None:
            return _plan_on(target, disc)
        if target.disc is not None:
            raise BigvError(
                f"new_vm: the VMs {source.vm_name} and {target.vm_name} both have a disc "
                f"{target.disc.get('label')!r}; remove or rename one of them"
            )
        _check_move(source, target)
        return _plan_on(source, disc._replace(new_vm_id=target.vm["id"]), target.vm_name)

    def predictions(self, observed: ObservedDisc, desired: Desired, plan: Plan) -> Iterable[Prediction]:
        """Return what becomes of the VMs that have the disc before and afterwards."""
        if observed.now:
            # Only here: few tasks make backups.
            from ..backup.before import predicted_backups

            yield from predicted_backups(plan, observed.now)
        vm_id = (plan.after or {}).get("virtual_machine_id")
        for location in (observed.source, observed.target):
            if location is None or location.vm is None:
                continue
            discs = [disc for disc in location.discs if plan.before is None or disc["id"] != plan.before["id"]]
            if plan.after is not None and location.vm["id"] == vm_id:
                position = next((at for at, disc in enumerate(location.discs) if disc not in discs), len(discs))
                discs.insert(position, plan.after)
            path = location.vm_name.path
            yield Prediction(path, path, location.vm, {**location.vm, "discs": discs})

    def title(self, observed: ObservedDisc, desired: Desired, plan: Plan) -> str:
        """Return the label of the disc and the name of the VM."""
        disc = plan.after or plan.before or {}
        vm = observed.source.vm_name.vm if observed.source else disc.get("virtual_machine_id")
        return f"{disc.get('label') or desired.disc.label} of {vm}"

    def read_back(
        self, client: Client, observed: ObservedDisc, desired: Desired, plan: Plan, answers: Sequence[Any]
    ) -> Resource | None:
        """Read the VM that has the disc now."""
        wanted, target = plan.after or plan.before or {}, observed.target
        has_moved = target and (target.vm or {}).get("id") == wanted.get("virtual_machine_id")
        location = target if has_moved else observed.source
        vm = find_vm(client, location.vm_name)[0] if location else None
        key = "label" if wanted.get("id") is None else "id"
        discs = (vm or {}).get("discs") or ()
        return next((disc for disc in discs if disc.get(key) == wanted.get(key)), None)

    def is_current(self, plan: Plan, seen: Resource | None) -> bool:
        """Tell whether the disc is as planned, as far as the answer tells."""
        planned = plan.after
        return planned is seen is None or (planned is not None and seen is not None and agrees(seen, planned))

    def returned(self, resource: Resource | None) -> Resource | None:
        """Return the disc. A VM that is only assumed to be there has no id."""
        is_assumed = resource is not None and resource.get("virtual_machine_id") == ASSUMED_VM["id"]
        return {**resource, "virtual_machine_id": None} if resource and is_assumed else resource

    def diffable(self, resource: Resource | None) -> Resource | None:
        """Return what of the disc a task can set, with the grade that it is on its way to."""
        disc = self.returned(resource)
        return disc and {"label": disc.get("label"), **DISC.compared(with_grade(disc)), **shown_schedules(disc)}

    def report(
        self, desired: Desired, observed: ObservedDisc, plan: Plan, outcome: Outcome, check_mode: bool
    ) -> dict[str, Any]:
        """Return what was done to the disc, and the backup of it that was made before."""
        result = super().report(desired, observed, plan, outcome, check_mode)
        if desired.params["backup_before"]:
            # Only here, too.
            from ..backup.before import created_backups

            result["backups"] = created_backups(plan, outcome.actions, check_mode)
        return result


def _plan_deletion(location: DiscLocation, disc: Resource, is_backed_up: bool) -> Plan:
    deletion = delete_step(location.vm_name, disc)
    if not is_backed_up:
        return Plan(disc, None, (deletion,))
    # Only here: few tasks make backups.
    from ..backup.before import back_up, may_not_outlive
    from ..backup.read import place_of

    place = place_of(location.vm_name, disc, location.discs)
    return Plan(disc, None, (back_up(place), deletion), warnings=(may_not_outlive(place),))


def _locate_disc(client: Client, option: str, desired: Desired, label: str | None) -> DiscLocation:
    """Return the VM that an option names, and its disc of that label."""
    vm, vm_name = find_vm_by_name_or_id(client, option, desired.params[option], desired.params)
    if vm is not None and vm.get("deleted"):
        if not desired.is_absent:
            raise BigvError(f"{option}: VM {vm_name} is soft-deleted, so its discs cannot be changed; restore it first")
        vm = None
    return DiscLocation(vm_name, vm, find_disc(vm.get("discs") or (), label) if vm and label else None)


def _with_vm(client: Client, option: str, location: DiscLocation) -> DiscLocation:
    """Return the location with a VM, which it has unless an earlier task may be about to create it."""
    if location.vm is not None:
        return location
    return replace(location, vm=assumed_vm(client, option, location.vm_name))


def _is_as_desired(disc: Resource, desired: Desired) -> bool:
    """Tell whether nothing is to be done to a disc that is there, so that its VM does not matter."""
    if desired.is_absent or desired.params["new_vm"] is not None:
        return False
    return not disc_changes(disc, desired.disc) and has_desired_schedules(disc, desired.disc)


def find_disc_by_id(client: Client, disc_id: int) -> Resource | None:
    """Return the disc of that id, and no other that has the number as its label."""
    disc = client.find(api_path("discs", disc_id), f"the disc with id {disc_id}", DISC_BY_ID)
    return dict(disc) if disc is not None and disc.get("id", disc_id) == disc_id else None


def _plan_on(location: DiscLocation, desired: DesiredDisc, target: VmName | None = None) -> Plan:
    """Return the plan for a disc that is, or is to be created, on this VM, and may move to another, the ``target``."""
    vm_name, disc = location.vm_name, location.disc
    renamed = find_labelled(location.discs, desired.new_label, "new_label") if desired.new_label else None
    if disc is None and renamed is not None:
        disc = renamed
    elif disc is not None and renamed is not None and renamed is not disc and renamed.get("id") != disc.get("id"):
        raise BigvError(f"new_label: VM {vm_name} already has another disc called {desired.new_label!r}")
    if disc is None and location.vm is ASSUMED_VM and "size" not in desired.attributes:
        # It may be about to be created with the VM.
        disc = {"id": None, "label": desired.label, "virtual_machine_id": None, SCHEDULES: []}
    if disc is None:
        body = new_disc(desired, desired.new_label or desired.label or "")
        check_count(vm_name, len(location.discs) + 1, "label")
    else:
        body = disc_changes(disc, desired)
    steps, after = disc_steps(vm_name, (location.vm or {}).get("id"), disc, desired, body, target)
    return Plan(disc, after, tuple(steps), definition_checks=tuple(definition_checks(DISC, body)))


def _check_move(source: DiscLocation, target: DiscLocation) -> None:
    """Refuse a move that the API would (observed: both VMs off, and not the root disc)."""
    for location in (source, target):
        if (location.vm or {}).get("power_on"):
            raise BigvError(
                f"new_vm: VM {location.vm_name} is on, and a disc can only be moved between VMs that are off; stop it "
                "first"
            )
    if source.discs and source.disc and source.discs[0].get("id") == source.disc.get("id"):
        raise BigvError(
            f"new_vm: {source.disc.get('label')!r} is the root disc of VM {source.vm_name}, which cannot move"
        )
    check_count(target.vm_name, len(target.discs) + 1, "new_vm")
