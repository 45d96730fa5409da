# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""A fleet: what is desired of an account's groups and VMs, and what is there, in one overview.

Private to bytemark.cloud.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..._core.arguments import has_misplaced
from ..._core.client import FULL_VIEW, Client
from ..._core.errors import BigvError, shown_name
from ..._core.names import (
    GroupName,
    VmName,
    account_name,
    api_path,
    check_spelling,
    find_by_name,
    find_by_name_or_id,
    group_name,
    is_id,
    is_same_name,
    name_of,
)
from ..._core.plan import Resource
from ..group import DesiredGroup
from ..locate import check_account, list_groups, locate_account
from ..vm.desired import (
    VM_OPTIONS,
    DesiredVm,
    check_number_is_free,
    desired_vm,
)
from ..vm.read import NESTED, list_vms, read_rdns

OF_THE_WHOLE_FLEET = ("wait", "wait_timeout")
VM_DEFAULTS = {option: spec.get("default") for option, spec in VM_OPTIONS.items()}
# An option of an item has no default: what is omitted there comes from the fleet's ``defaults``.
ITEM_OPTIONS: dict[str, Any] = {
    option: {key: value for key, value in spec.items() if key != "default"}
    for option, spec in VM_OPTIONS.items()
    if option not in OF_THE_WHOLE_FLEET
}
GROUP_OPTIONS: dict[str, Any] = {"name": {"type": "str"}, "state": {"type": "str", "choices": ["present", "absent"]}}
FLEET_OPTIONS: dict[str, Any] = {
    "groups": {"type": "list", "elements": "raw"},
    "vms": {
        "type": "list",
        "elements": "dict",
        "options": ITEM_OPTIONS,
        "required_one_of": [("name", "id")],
        "mutually_exclusive": [("name", "id"), ("group", "id")],
    },
    "defaults": {
        "type": "dict",
        "options": {option: spec for option, spec in ITEM_OPTIONS.items() if option not in ("name", "id")},
    },
    "prune": {"type": "str", "choices": ["none", "report", "delete"], "default": "none"},
    "purge": {"type": "bool", "default": False},
    "max_deletions": {"type": "str"},
    "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
    "concurrency": {"type": "int", "default": 8},
    "concurrent_creations": {"type": "int", "default": 1},
    "wait": VM_OPTIONS["wait"],
    "wait_timeout": VM_OPTIONS["wait_timeout"],
}


@dataclass(frozen=True)
class DesiredFleet:
    """What a task asks of a fleet, in the order of its lists.

    ``named_groups`` are those that it names itself: a default or an id that implies a group does not name it.
    """

    account: str
    groups: Sequence[DesiredGroup]
    vms: Sequence[DesiredVm]
    named_groups: frozenset[str]

    @property
    def absent_groups(self) -> set[str]:
        return {group.name.group for group in self.groups if group.state == "absent"}


class AccountSnapshot:
    """An account's groups and VMs, soft-deleted ones too, as read at once."""

    def __init__(self, client: Client, account: str) -> None:
        self.client = client
        self.account = locate_account(client, account)
        self.groups: dict[str, Resource] = {}
        self.vms: dict[VmName, Resource] = {}
        self._rdns: dict[str, str | None] = {}
        self._places: dict[Any, VmName] = {}
        self._names: dict[str, list[str]] = {}
        self._account_id, groups, vms = _read_account(client, self.account)
        self.groups = {str(group.get("name")): group for group in groups}
        self.vms = self._placed(vms)
        for place, vm in self.vms.items():
            self._places[vm.get("id")] = place
            self._names.setdefault(place.group, []).append(place.vm)

    def _placed(self, vms: Iterable[Resource]) -> dict[VmName, Resource]:
        names = {group.get("id"): name_of(group) for group in self.groups.values()}
        return {VmName(name_of(vm), names.get(vm.get("group_id"), ""), self.account): vm for vm in vms}

    def read_vms(self) -> dict[str, Resource]:
        """Return the account's VMs as they are now, by their paths."""
        vms = list_vms(self.client, account_id=self._account_id, include_deleted="true")
        known = {group.get("id") for group in self.groups.values()}
        if any(vm.get("group_id") not in known for vm in vms):
            self.read_groups()  # Somebody else has created one.
        by_name: dict[str, Resource] = {}
        by_path: dict[str, Resource] = {}
        for place, vm in self._placed(vms).items():
            # A VM whose name is not fit for a path is none of those that are waited for.
            with contextlib.suppress(BigvError):
                by_path[place.path] = vm
                # One that was created under a number has that in its path, and not its id.
                by_name[VmName(str(place.vm), place.group, place.account).path] = vm
        by_path = by_name | by_path
        # The API may spell the name of a new one otherwise.
        return {path.casefold(): vm for path, vm in by_path.items()} | by_path

    def read_groups(self) -> None:
        """Take in what groups there are by now."""
        self.groups.update({str(group.get("name")): group for group in list_groups(self.client, self.account)})

    def vm(self, name: VmName, option: str = "name") -> tuple[Resource | None, VmName]:
        """Return the VM of this name and where it is; a number that is the id of a VM in the group is refused."""
        group = self.locate_group(name.in_group)
        place = VmName(name.vm, *group)
        vm = self.vms.get(place)
        if is_id(name.vm):
            with_id = self._places.get(int(name.vm))
            same_group = [self.vms[with_id]] if with_id and with_id.in_group == group else []
            find_by_name(option, name.vm, [*same_group, *([vm] if vm else [])], "VM", f"say id: {name.vm}")
        return vm, self._places[vm["id"]] if vm else place

    def vm_by_id(self, vm_id: int) -> tuple[Resource | None, VmName]:
        place = self._places.get(vm_id)
        return (self.vms[place], place) if place else (None, VmName(str(vm_id), "", self.account))

    def locate_group(self, name: GroupName) -> GroupName:
        """Return where the group of that name or id is."""
        if not is_id(name.group):
            return GroupName(name.group, self.account)
        found = find_by_name_or_id("group", name.group, self.groups.values(), "group")
        return GroupName(name_of(found) if found else name.group, self.account)

    def group(self, name: GroupName) -> Resource | None:
        return self.groups.get(name.group)

    def written_group(self, name: str) -> Resource | None:
        """Return the group of a name that was just written, however the API spells it."""
        found = (group for other, group in self.groups.items() if is_same_name(other, name))
        return self.groups.get(name) or next(found, None)

    def written_vm(self, name: VmName) -> Resource | None:
        """Return the VM of a name that was just written, however the API spells it."""
        found = (vm for other, vm in self.vms.items() if all(map(is_same_name, other, name)))
        return self.vms.get(name) or next(found, None)

    def check_spelling(self, name: VmName) -> None:
        """Refuse the name of a VM that is not there if it differs from that of another in case only."""
        check_spelling("name", "VM", name.vm, self._names.get(name.group, ()))

    def check_new_name(self, name: VmName) -> None:
        self.check_spelling(name)
        check_number_is_free(self.client, name)

    def rdns(self, address: str) -> str | None:
        if address not in self._rdns:
            self._rdns[address] = read_rdns(self.client, address)
        return self._rdns[address]


def _read_account(client: Client, account: str) -> tuple[str, list[Resource], list[Resource]]:
    """The id, the groups and the VMs of an account: one request, or a few more where the API does not nest them."""
    what = f"the groups and VMs of account {account}"
    whole = client.find(api_path("accounts", account), what, **FULL_VIEW)
    if whole is None:
        check_account(client, account)
    whole = whole or {}
    account_id, groups = str(whole.get("id")), whole.get("groups")
    if isinstance(groups, list) and all("virtual_machines" in group for group in groups):
        vms = [{"group_id": group.get("id"), **vm} for group in groups for vm in group["virtual_machines"] or ()]
        if all(key in vm for vm in vms for key in NESTED):
            return account_id, groups, vms
    else:
        groups = client.get_list(api_path("accounts", account, "groups"), what)
    return account_id, groups, list_vms(client, account_id=account_id, include_deleted="true")


def desired_fleet(params: Mapping[str, Any]) -> DesiredFleet:
    """What the options of ``bigv_fleet`` ask for. Refuses, all at once, what contradicts itself."""
    account = account_name(params["account"], params["default_account"])
    problems: list[str] = []
    groups, vms, named_groups = [], [], set()
    for index, item in enumerate(params["groups"] or ()):
        try:
            groups.append(_desired_group(item, account, params["purge"]))
        except BigvError as error:
            problems.append(f"groups[{index}].{error}")
    named_groups |= {group.name.group for group in groups}
    group_of_all = (params["defaults"] or {}).get("group")
    if group_of_all:
        named_groups.add(group_of_all)
    for index, item in enumerate(params["vms"] or ()):
        try:
            vm = desired_vm(_item_params(params, item, account))
        except BigvError as error:
            problems.append(f"vms[{index}].{error} (VM {shown_name(item['name'] or item['id'])})")
            continue
        vms.append(vm)
        if vm.name and ("." in item["name"] or item["group"]):
            named_groups.add(vm.name.group)
        if vm.new_group:
            named_groups.add(vm.new_group)
    refuse(problems)
    return DesiredFleet(account, groups, vms, frozenset(named_groups))


def located(overview: AccountSnapshot, desired: DesiredFleet) -> DesiredFleet:
    """Return what is desired with every account, and every group that is there, under its own name."""

    def group(name: str) -> str:
        return overview.locate_group(GroupName(name, overview.account)).group

    for item in desired.groups:
        find_by_name("groups", item.name.group, overview.groups.values(), "group")
    return DesiredFleet(
        account=overview.account,
        groups=[replace(item, name=GroupName(group(item.name.group), overview.account)) for item in desired.groups],
        vms=[
            replace(
                vm,
                name=vm.name and VmName(vm.name.vm, group(vm.name.group), overview.account),
                new_group=vm.new_group and group(vm.new_group),
            )
            for vm in desired.vms
        ],
        named_groups=frozenset(map(group, desired.named_groups)),
    )


def refuse(problems: Sequence[str]) -> None:
    """Refuse the whole fleet, with every reason why."""
    if problems:
        raise BigvError("Nothing was changed, because not everything can be: " + "; ".join(problems))


def _desired_group(item: Any, account: str, purge: bool) -> DesiredGroup:
    if not isinstance(item, dict):
        item = {"name": item}
    if has_misplaced(item, GROUP_OPTIONS) or item.keys() - GROUP_OPTIONS.keys():
        from ..._core.argument_errors import misfit  # Only for refusals.

        raise BigvError(misfit(item, GROUP_OPTIONS))
    name, state = item.get("name"), item.get("state") or "present"
    if name is None:
        raise BigvError("name: give the name of a group, or a name and a state")
    if state not in GROUP_OPTIONS["state"]["choices"]:
        raise BigvError(f"state: {state!r} is not one of present, absent")
    return DesiredGroup(group_name(str(name), account), state, purge=purge)


def _item_params(params: Mapping[str, Any], item: Mapping[str, Any], account: str) -> dict[str, Any]:
    """The options of ``bigv_vm`` for one item: its own, then the fleet's defaults, then the module's."""
    dotted = (item["name"] is not None and "." in item["name"]) or item["id"] is not None
    defaults = {
        option: value
        for option, value in (params["defaults"] or {}).items()
        if value is not None and not (option == "group" and dotted)
    }
    own = {option: value for option, value in item.items() if value is not None}
    return {
        **VM_DEFAULTS,
        **defaults,
        **own,
        "account": account,
        "default_account": None,
        "default_group": params["default_group"],
        "default_zone": params["default_zone"],
        "wait": params["wait"],
        "wait_timeout": params["wait_timeout"],
    }
