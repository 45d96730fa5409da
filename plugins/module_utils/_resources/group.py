# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Groups, which hold VMs. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.attributes import Attribute, Schema, identifier, name
from .._core.client import Client
from .._core.errors import BigvError, NotFound, shown_name
from .._core.kind import STATE
from .._core.locating import find_numeric
from .._core.names import (
    api_path,
    check_new_names,
    check_spelling,
    find_by_name,
    is_id,
    is_numeric,
    is_same_name,
    name_of,
    other_spelling,
)
from .._core.plan import FULL_VIEW, Plan, Prediction, Resource, Step, Target, object_at
from .._core.resource import ResourceKind
from .account import check_account, locate_account
from .names import GroupName, VmName, group_name
from .vm.attributes import VM
from .vm.steps import deletion

GROUP = Schema(
    "group",
    identifier("group", 123),
    Attribute("account_id", "int", "The id of the account that it belongs to.", 12),
    name("group", "staging"),
    nested={"virtual_machines": VM},
)
# A group that is read by its id has to say which account it belongs to.
GROUP_BY_ID = Schema("group", *GROUP.attributes.values(), key="account_id")
GROUP_TYPE = "application/vnd.bigv.group"
GROUP_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "new_name": {"type": "str"},
    "state": STATE,
    "purge": {"type": "bool", "default": False},
}


def list_groups(client: Client, account: str) -> list[Resource]:
    """Return the groups of an account; an account that does not exist is an error."""
    try:
        return client.get_list(api_path("accounts", account, "groups"), f"the groups of account {account}", GROUP)
    except NotFound:
        check_account(client, account)
        return []


def locate_group(client: Client, name: GroupName) -> GroupName | None:
    """Return where the group of that name or id is, for use in paths.

    None says that the account has no group of that number.
    """
    account = locate_account(client, name.account)
    if not is_numeric(name.group):
        return GroupName(name.group, account)
    group = find_numeric(client, api_path("accounts", account, "groups"), "group", name.group, GROUP)
    return None if group is None else GroupName(name_of(group) if group else name.group, account)


def find_group(
    client: Client,
    name: GroupName,
    option: str = "name",
    may_be_id: bool = False,
    in_any_spelling: bool = False,
    **query: Any,
) -> tuple[Resource | None, GroupName]:
    """Return the group of that name, or None, and where it is. An id is refused, unless it ``may_be_id``."""
    account = locate_account(client, name.account)
    location = GroupName(name.group, account)
    if is_numeric(name.group):
        path = api_path("accounts", account, "groups")
        group = find_numeric(client, path, option, name.group, GROUP, may_be_id=may_be_id, **query)
        return (group, location._replace(group=name_of(group))) if group else (None, location)
    group = client.find(location.path, f"group {location}", GROUP, **query)
    if group is not None and (group.get("name") or location.group) != location.group and not in_any_spelling:
        raise BigvError(
            f"{option}: the API has the group {shown_name(group.get('name'))} for {location.group!r}; use the existing "
            "spelling"
        )
    return group, location


def find_written_group(client: Client, name: GroupName) -> Resource | None:
    """Return the group of a name that was just written, however the API spells it."""
    group, location = find_group(client, name, in_any_spelling=True)
    if group is not None:
        return group
    known = list_groups(client, location.account)
    return next((group for group in known if is_same_name(group.get("name"), name.group)), None)


def check_new_name(client: Client, name: GroupName, others: Iterable[Any], is_wanted: bool = True) -> None:
    """Refuse the name of a new group if it could be mistaken for another; ``is_wanted`` is whether it is created."""
    check_spelling("name", "group", name.group, others)
    if is_wanted and is_id(name.group):
        found = client.find(name.path, f"group {name}", GROUP)
        find_by_name("name", name.group, [found] if found else [], "group")


def vms_of(client: Client, name: GroupName, group: Resource) -> list[Resource]:
    """Return the VMs of a group that was read with all that is below it, soft-deleted ones included."""
    if "virtual_machines" in group:
        return list(group["virtual_machines"] or ())
    return client.get_list(f"{name.path}/virtual_machines", f"the VMs of group {name}", VM, include_deleted="true")


@dataclass(frozen=True)
class DesiredGroup:
    """The desired state of a group."""

    name: GroupName
    state: str
    new_name: str | None = None
    purge: bool = False

    @property
    def renamed(self) -> GroupName:
        """Return the name that the group is to have."""
        return self.name._replace(group=self.new_name or self.name.group)


@dataclass(frozen=True)
class ObservedGroup:
    """The observed state: the group, where it is, the one under its new name, and the VMs if they matter."""

    location: GroupName
    group: Resource | None
    renamed: Resource | None = None
    vms: tuple[Resource, ...] = ()


class GroupKind(ResourceKind):
    """Groups: created, renamed, and deleted once they hold no VMs, or with them."""

    noun = "group"
    schema = GROUP
    sample_action = "create group staging.acme"
    options = GROUP_OPTIONS

    def desired(self, params: dict[str, Any]) -> DesiredGroup:
        """Return what the options of ``bigv_group`` ask for."""
        check_new_names(params, "new_name")
        return DesiredGroup(
            name=group_name(params["name"], params["account"], params["default_account"]),
            state=params["state"],
            new_name=params["new_name"],
            purge=params["purge"],
        )

    def observe(self, client: Client, desired: DesiredGroup) -> ObservedGroup:
        """Read what the plan needs: one GET where nothing has to change."""
        if desired.state == "absent":
            group, location = find_group(client, desired.name, **FULL_VIEW)
            return ObservedGroup(location, group, vms=tuple(vms_of(client, location, group)) if group else ())
        group, location = find_group(client, desired.name)
        renamed = None
        if desired.renamed != desired.name:
            renamed, _location = find_group(client, desired.renamed, "new_name")
        if group is None and renamed is None:
            others = (known.get("name") for known in list_groups(client, location.account))
            check_new_name(client, location._replace(group=desired.renamed.group), others)
        return ObservedGroup(location, group, renamed)

    def plan(self, observed: ObservedGroup, desired: DesiredGroup) -> Plan:
        """Return the plan that converges the group. Pure."""
        group, renamed = observed.group, observed.renamed
        if desired.state == "absent":
            return _plan_absent(observed, desired)
        if group and renamed:
            raise BigvError(
                f"new_name: the groups {desired.name} and {desired.renamed} both exist; remove one of them, or leave "
                "out new_name"
            )
        if renamed or (group and desired.renamed == desired.name):
            return Plan(renamed or group, renamed or group)
        target = observed.location._replace(group=desired.renamed.group)
        return _rename(observed, desired, target) if group else _create(target)

    def read_back(
        self, client: Client, observed: ObservedGroup, desired: DesiredGroup, plan: Plan, answers: Sequence[Any]
    ) -> Resource | None:
        """Read the group under the name that it has now."""
        final = self._final(observed, desired)
        return find_group(client, final)[0] if plan.after is None else find_written_group(client, final)

    def predictions(self, observed: ObservedGroup, desired: DesiredGroup, plan: Plan) -> Iterable[Prediction]:
        """Return what becomes of the group, and that a deleted one takes its VMs along."""
        was = observed.location.path if plan.before else None
        if plan.after is None:
            for vm in observed.vms:
                path = VmName(name_of(vm), *observed.location).path
                yield Prediction(path, path, vm, None)
            yield Prediction(was, observed.location.path, plan.before, None)
        else:
            yield Prediction(was, observed.location._replace(group=name_of(plan.after)).path, plan.before, plan.after)

    def is_current(self, plan: Plan, seen: Resource | None) -> bool:
        """Tell whether the group is there, or gone, as planned."""
        return (seen is None) == (plan.after is None)

    def written_title(self, observed: ObservedGroup, desired: DesiredGroup, plan: Plan) -> str:
        """Return the name that the group has now."""
        return str(self._final(observed, desired))

    def spelling_warnings(self, observed: ObservedGroup, desired: DesiredGroup, seen: Resource | None) -> list[str]:
        """Return a warning where the API spells the name otherwise than it was written."""
        return other_spelling("group", self._final(observed, desired).group, seen)

    def returned(self, resource: Resource | None) -> Resource | None:
        """Return the API's description of the group itself."""
        return resource and GROUP.without_nested(resource)

    def _final(self, observed: ObservedGroup, desired: DesiredGroup) -> GroupName:
        return observed.location._replace(group=desired.renamed.group)


def _create(target: GroupName) -> Plan:
    after = {"id": None, "account_id": None, "name": str(target.group), "type": GROUP_TYPE}
    step = Step(
        f"create group {target}",
        "POST",
        api_path("accounts", target.account, "groups"),
        GROUP,
        {"name": str(target.group)},
        verify=object_at(target.path, GROUP),
        effect="create",
    )
    return Plan(None, after, (step,))


def _rename(observed: ObservedGroup, desired: DesiredGroup, target: GroupName) -> Plan:
    group, body = observed.group or {}, {"name": target.group}
    renamed = target._replace(group=name_of({**group, **body}))
    step = Step(
        f"rename group {desired.name} to {target.group}",
        "PUT",
        observed.location.path,
        GROUP,
        body,
        verify=object_at(renamed.path, GROUP),
        resource_id=group.get("id"),
    )
    return Plan(group, {**group, **body}, (step,))


def _plan_absent(observed: ObservedGroup, desired: DesiredGroup) -> Plan:
    if observed.group is None:
        return Plan(None, None)
    if observed.vms and not desired.purge:
        held = ", ".join(f"{vm.get('name')} ({power_state(vm)})" for vm in observed.vms)
        raise BigvError(
            f"name: group {desired.name} contains VMs, so it cannot be deleted: {held}. Purge them first "
            "(soft-deleted ones count), or set purge: true to purge them with the group."
        )
    location, group = observed.location, observed.group
    steps = [deletion(VmName(name_of(vm), *location), vm, purge=True) for vm in observed.vms]
    by_id = api_path("accounts", location.account, "groups", group["id"])
    target = Target(
        owner=location,
        description=f"group {location}",
        schema=GROUP,
        paths=tuple(dict.fromkeys((by_id, location.path))),
        expected={"id": group["id"], "name": str(location.group)},
    )
    steps.append(
        Step(
            f"delete group {location}",
            "DELETE",
            "",
            GROUP,
            resource_id=group["id"],
            effect="purge",
            note="permanently",
            target=target,
        )
    )
    return Plan(group, None, tuple(steps))


def power_state(vm: Resource) -> str:
    """Return the state of a VM in one word."""
    if vm.get("deleted"):
        return "soft-deleted"
    return "running" if vm.get("power_on") else "stopped"
