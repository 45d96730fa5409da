# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Groups: read, plan, converge. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.client import FULL_VIEW, Client
from .._core.errors import BigvError, shown_name
from .._core.executor import (
    carry_out,
    not_shown,
    read_back,
    reporting,
)
from .._core.names import (
    GroupName,
    VmName,
    account_name,
    api_path,
    check_new_names,
    check_spelling,
    find_by_name,
    group_name,
    is_id,
    is_numeric,
    is_same_name,
    name_of,
    other_spelling,
)
from .._core.plan import Plan, Resource, Step, Target, diff
from .._core.protection import check_protected
from .locate import (
    check_account,
    find_numeric,
    list_groups,
    locate_account,
)
from .vm.steps import deletion

GROUP_TYPE = "application/vnd.bigv.group"


@dataclass(frozen=True)
class DesiredGroup:
    """What a task asks of a group."""

    name: GroupName
    state: str
    new_name: str | None = None
    purge: bool = False

    @property
    def renamed(self) -> GroupName:
        return self.name._replace(group=self.new_name or self.name.group)


@dataclass(frozen=True)
class ObservedGroup:
    """What is there: the group, where it is, the one under its new name, and the VMs if they matter."""

    place: GroupName
    group: Resource | None
    renamed: Resource | None = None
    vms: tuple[Resource, ...] = ()


def desired_group(params: dict[str, Any]) -> DesiredGroup:
    """What the options of ``bigv_group`` ask for."""
    check_new_names(params, "new_name")
    return DesiredGroup(
        name=group_name(params["name"], params["account"], params["default_account"]),
        state=params["state"],
        new_name=params["new_name"],
        purge=params["purge"],
    )


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
    place = GroupName(name.group, account)
    if is_numeric(name.group):
        path = api_path("accounts", account, "groups")
        group = find_numeric(client, path, option, name.group, may_be_id, **query)
        return (group, place._replace(group=name_of(group))) if group else (None, place)
    group = client.find(place.path, f"group {place}", **query)
    if group is not None and (group.get("name") or place.group) != place.group and not in_any_spelling:
        raise BigvError(
            f"{option}: the API has the group {shown_name(group.get('name'))} for {place.group!r}; give the name as it "
            "is there"
        )
    return group, place


def observe(client: Client, desired: DesiredGroup) -> ObservedGroup:
    """Read what the plan needs: one GET where nothing has to change."""
    if desired.state == "absent":
        group, place = find_group(client, desired.name, **FULL_VIEW)
        return ObservedGroup(place, group, vms=tuple(vms_of(client, place, group)) if group else ())
    group, place = find_group(client, desired.name)
    renamed = None
    if desired.renamed != desired.name:
        renamed, _place = find_group(client, desired.renamed, "new_name")
    if group is None and renamed is None:
        others = (known.get("name") for known in list_groups(client, place.account))
        check_new_name(client, place._replace(group=desired.renamed.group), others)
    return ObservedGroup(place, group, renamed)


def check_new_name(client: Client, name: GroupName, others: Iterable[Any], is_wanted: bool = True) -> None:
    """Refuse the name of a group that is not there, but ``is_wanted``, if it could be taken for that of another one."""
    check_spelling("name", "group", name.group, others)
    if is_wanted and is_id(name.group):
        found = client.find(name.path, f"group {name}")
        find_by_name("name", name.group, [found] if found else [], "group")


def find_written_group(client: Client, name: GroupName) -> Resource | None:
    """Return the group of a name that was just written, however the API spells it."""
    group, place = find_group(client, name, in_any_spelling=True)
    if group is not None:
        return group
    known = list_groups(client, place.account)
    return next((group for group in known if is_same_name(group.get("name"), name.group)), None)


def vms_of(client: Client, name: GroupName, group: Resource) -> list[Resource]:
    """Return the VMs of a group that was read with all that is below it, soft-deleted ones included."""
    if "virtual_machines" in group:
        return list(group["virtual_machines"] or ())
    return client.get_list(f"{name.path}/virtual_machines", f"the VMs of group {name}", include_deleted="true")


def plan(observed: ObservedGroup, desired: DesiredGroup) -> Plan:
    """What has to be sent for the group to be as desired. Pure."""
    if desired.state == "absent":
        return _plan_absent(observed, desired)
    group, renamed = observed.group, observed.renamed
    if group and renamed:
        raise BigvError(
            f"new_name: the groups {desired.name} and {desired.renamed} both exist; remove one of them, or leave out "
            "new_name"
        )
    if renamed:
        return Plan(renamed, renamed)
    target = observed.place._replace(group=desired.renamed.group)
    if group is None:
        after = {"id": None, "account_id": None, "name": str(target.group), "type": GROUP_TYPE}
        step = Step(
            f"create group {target}",
            "POST",
            api_path("accounts", target.account, "groups"),
            {"name": str(target.group)},
            result_at=target.path,
            effect="create",
        )
        return Plan(None, after, (step,))
    if desired.renamed == desired.name:
        return Plan(group, group)
    body = {"name": desired.renamed.group}
    step = Step(
        f"rename group {desired.name} to {desired.renamed.group}",
        "PUT",
        observed.place.path,
        body,
        result_at=target._replace(group=name_of({**group, **body})).path,
        resource_id=group.get("id"),
    )
    return Plan(group, {**group, **body}, (step,))


def _plan_absent(observed: ObservedGroup, desired: DesiredGroup) -> Plan:
    if observed.group is None:
        return Plan(None, None)
    if observed.vms and not desired.purge:
        held = ", ".join(f"{vm.get('name')} ({power_state(vm)})" for vm in observed.vms)
        raise BigvError(
            f"name: group {desired.name} holds VMs, so it cannot be deleted: {held}. Remove them for good first "
            "(soft-deleted ones count), or say purge: true, which destroys them with the group."
        )
    place, group = observed.place, observed.group
    steps = [deletion(VmName(name_of(vm), *place), vm, purge=True) for vm in observed.vms]
    by_id = api_path("accounts", place.account, "groups", group["id"])
    target = Target(
        owner=place,
        description=f"group {place}",
        paths=tuple(dict.fromkeys((by_id, place.path))),
        expected={"id": group["id"], "name": str(place.group)},
    )
    steps.append(Step(f"delete group {place}", "DELETE", "", resource_id=group["id"], effect="purge", target=target))
    return Plan(group, None, tuple(steps))


def power_state(vm: Resource) -> str:
    """The state of a VM in one word."""
    if vm.get("deleted"):
        return "soft-deleted"
    return "running" if vm.get("power_on") else "stopped"


def present_group(group: Resource | None) -> Resource | None:
    """The group as modules return it: what the API says of the group itself."""
    return group and {key: value for key, value in group.items() if key != "virtual_machines"}


def converge(client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The story of ``bigv_group``."""
    desired = desired_group(params)
    observed = observe(client, desired)
    plan_ = plan(observed, desired)
    check_protected(plan_.steps, params["protect"])
    actions, after = carry_out(client, plan_, check_mode=check_mode), plan_.after
    warnings = []
    if actions and not check_mode:
        final = observed.place._replace(group=desired.renamed.group)

        def read() -> Resource | None:
            return find_group(client, final)[0] if plan_.after is None else find_written_group(client, final)

        with reporting(actions):
            after = read_back(client, read, lambda group: (group is None) == (plan_.after is None))
        if (after is None) != (plan_.after is None):
            warnings.append(not_shown(f"group {final}"))
        warnings += other_spelling("group", final.group, after)
    return {
        "changed": bool(actions),
        "actions": actions,
        "group": present_group(after),
        "diff": group_diff(str(desired.name), plan_, after, actions),
        **({"warnings": warnings} if warnings else {}),
    }


def group_diff(name: str, plan_: Plan, after: Resource | None, actions: Sequence[str]) -> dict[str, Any]:
    """Return the diff of a group, of which a task can set the name only."""
    before, then = (group and {"name": group.get("name")} for group in (plan_.before, after))
    return diff("group", name, before, then, plan_.announced(actions))


def info(client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The story of ``bigv_group_info``."""
    if params["name"] is not None:
        name = group_name(params["name"], params["account"], params["default_account"])
        group, place = find_group(client, name, may_be_id=True)
        if group is None:
            check_account(client, place.account)
        groups = [group] if group else []
    else:
        groups = list_groups(client, locate_account(client, account_name(params["account"], params["default_account"])))
    return {"changed": False, "groups": [present_group(group) for group in groups], "api_date": client.api_date}
