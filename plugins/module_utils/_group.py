# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Groups: read, plan, converge. Private to bytemark.cloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.bytemark.cloud.plugins.module_utils._apply import carry_out, read_back, reporting
from ansible_collections.bytemark.cloud.plugins.module_utils._client import WHOLE, Client
from ansible_collections.bytemark.cloud.plugins.module_utils._errors import BigvError, shown_name
from ansible_collections.bytemark.cloud.plugins.module_utils._names import (
    GroupName,
    account_name,
    api_path,
    check_new_names,
    group_name,
)
from ansible_collections.bytemark.cloud.plugins.module_utils._plan import Plan, Resource, Step, diff

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
    """What is there: the group under its name, the one under its new name, and the VMs if they matter."""

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


def find_group(client: Client, name: GroupName, option: str = "name", **query: Any) -> Resource | None:
    """The group of that name, or None. A name that is all digits could be an id: that is refused."""
    group = client.find(name.path, f"group {name}", **query)
    if group is not None and group.get("name", name.group) != name.group:
        raise BigvError(
            f"{option}: {name.group!r} is the id of the group {shown_name(group.get('name'))}, not a name; give the "
            "name"
        )
    return group


def check_account(client: Client, account: str) -> None:
    """Refuse an account that is not there."""
    if client.find(api_path("accounts", account), f"account {account}") is None:
        raise BigvError(
            f"account: there is no account {account!r}, or these credentials cannot see it. Check the name and whose "
            "credentials these are.",
            status=404,
        )


def observe(client: Client, desired: DesiredGroup) -> ObservedGroup:
    """Read what the plan needs: one GET where nothing has to change."""
    if desired.state == "absent":
        group = find_group(client, desired.name, **WHOLE)
        return ObservedGroup(group, vms=tuple(_vms(client, desired.name, group)) if group else ())
    group = find_group(client, desired.name)
    renamed = find_group(client, desired.renamed) if desired.renamed != desired.name else None
    if group is None and renamed is None:
        check_account(client, desired.name.account)
    return ObservedGroup(group, renamed)


def _vms(client: Client, name: GroupName, group: Resource) -> list[Resource]:
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
    if group is None:
        after = {"id": None, "account_id": None, "name": desired.renamed.group, "type": GROUP_TYPE}
        step = Step(
            f"create group {desired.renamed}",
            "POST",
            api_path("accounts", desired.name.account, "groups"),
            {"name": desired.renamed.group},
            result_at=desired.renamed.path,
        )
        return Plan(None, after, (step,))
    if desired.renamed == desired.name:
        return Plan(group, group)
    body = {"name": desired.renamed.group}
    step = Step(
        f"rename group {desired.name} to {desired.renamed.group}",
        "PUT",
        desired.name.path,
        body,
        result_at=desired.renamed.path,
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
    steps = [
        Step(
            f"purge VM {vm.get('name')}.{desired.name}",
            "DELETE",
            f"{desired.name.path}{api_path('virtual_machines', vm.get('name'))}",
            query={"purge": "true"},
            resource_id=vm.get("id"),
        )
        for vm in observed.vms
    ]
    steps.append(Step(f"delete group {desired.name}", "DELETE", desired.name.path))
    return Plan(observed.group, None, tuple(steps))


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
    plan_ = plan(observe(client, desired), desired)
    actions, after = carry_out(client, plan_, check_mode=check_mode), plan_.after
    if after and actions and not check_mode:
        with reporting(actions):
            after = read_back(client, lambda: find_group(client, desired.renamed), lambda group: group is not None)
    return {
        "changed": bool(actions),
        "actions": actions,
        "group": present_group(after),
        "diff": group_diff(str(desired.name), plan_.before, after),
    }


def group_diff(name: str, before: Resource | None, after: Resource | None) -> dict[str, Any]:
    """The diff of a group, of which a task can set the name only."""
    return diff("group", name, *(group and {"name": group.get("name")} for group in (before, after)))


def info(client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The story of ``bigv_group_info``."""
    if params["name"] is not None:
        name = group_name(params["name"], params["account"], params["default_account"])
        group = client.find(name.path, f"group {name}")
        groups = [group] if group else []
    else:
        account = account_name(params["account"], params["default_account"])
        try:
            groups = client.get_list(api_path("accounts", account, "groups"), f"the groups of account {account}")
        except BigvError as error:
            if not error.says_missing:
                raise
            check_account(client, account)
            groups = []
    return {"changed": False, "groups": [present_group(group) for group in groups], "api_date": client.api_date}
