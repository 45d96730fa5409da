# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The plans of a fleet's groups and VMs, each what its own module would plan. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..._core.errors import BigvError
from ..._core.plan import Resource
from ..._core.resource import ResourceKind
from ..group import DesiredGroup, GroupKind, ObservedGroup, check_new_name
from ..names import VmName
from ..vm.desired import DesiredVm, loses_backups
from ..vm.kind import VmKind
from ..vm.observe import ObservedVm, observe
from .alike import first_names
from .desired import DesiredFleet, pruned_vm, refuse
from .queue import Item
from .snapshot import AccountSnapshot

GROUPS = GroupKind()
VMS = VmKind()


@dataclass
class GroupItem(Item):
    """A group of the fleet on its way."""

    kind: ClassVar[ResourceKind] = GROUPS
    desired: DesiredGroup = field(kw_only=True)
    observed: ObservedGroup = field(kw_only=True)

    @property
    def state(self) -> str:
        """Return whether the group is to be present or absent."""
        return self.desired.state


@dataclass
class VmItem(Item):
    """A VM of the fleet on its way."""

    kind: ClassVar[ResourceKind] = VMS
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
    def made(self) -> list[GroupItem]:
        """Return the groups that are to be there, which come first."""
        return [group for group in self.groups if group.state == "present"]

    @property
    def destroyed(self) -> tuple[list[GroupItem], list[VmItem]]:
        """Return what nobody wants, which waits for what takes its place."""
        return [group for group in self.groups if group.state == "absent"], self.pruned

    @property
    def in_order(self) -> list[GroupItem | VmItem]:
        """Return everything in the order in which it is sent."""
        groups, pruned = self.destroyed
        return [*self.made, *self.vms, *groups, *pruned]


def plan_all(snapshot: AccountSnapshot, desired: DesiredFleet, params: dict[str, Any]) -> FleetPlans:
    """Return the plans for everything that the task asks for, or refuse it with every reason why."""
    groups = _plan_groups(snapshot, desired)
    refuse(list(_lost_backups(snapshot, desired, groups, params)))
    snapshot.read_rdns(list(_with_wanted_rdns(snapshot, desired)), params["concurrency"])
    vms = plan_vms(snapshot, desired)
    unmanaged = _unmanaged(snapshot, desired, vms) if params["prune"] != "none" else {}
    pruned = _pruned(unmanaged, params) if params["prune"] == "delete" else []
    return FleetPlans(groups, vms, unmanaged, pruned)


def _with_wanted_rdns(snapshot: AccountSnapshot, desired: DesiredFleet) -> Iterator[str]:
    """Yield the addresses whose reverse DNS the plans need."""
    for vm in desired.vms:
        if vm.rdns is not None and vm.state != "absent":
            # Only here: most fleets do without.
            from ..ip.rdns import wanted_rdns

            found = snapshot.vms.get(vm.name) if vm.name else snapshot.vm_by_id(vm.id or 0)[0]
            yield from wanted_rdns(found or {}, vm.rdns)


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
                f"VM {location} would be in the group {name!r}, which has state: absent"
                for vm, location in listed
                if vm.target(location).group == name and vm.state != "absent"
            ]
    refuse(problems)
    return items


def _lost_backups(
    snapshot: AccountSnapshot, desired: DesiredFleet, groups: Iterable[GroupItem], params: dict[str, Any]
) -> Iterator[str]:
    """Yield why groups cannot be deleted with VMs of which backups are wanted before."""
    by_default = (params["defaults"] or {}).get("backup_before")
    wanted = {vm.name or snapshot.vm_by_id(vm.id or 0)[1]: vm.backup_before for vm in desired.vms}
    for group in groups:
        owners = (step.target.owner for step in group.plan.steps if step.target)
        purged = [str(owner) for owner in owners if isinstance(owner, VmName) and wanted.get(owner, by_default)]
        if purged:
            yield f"group {group.name}: {loses_backups(f'purge: true purges its VMs {first_names(purged)}')}"


def plan_vms(snapshot: AccountSnapshot, desired: DesiredFleet) -> list[VmItem]:
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
                raise BigvError(f"is already listed as vms[{first}]")
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
