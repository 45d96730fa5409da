# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""A fleet: what is desired of an account's groups and VMs, and what is there, in one overview.

Private to bytemark.cloud.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.bytemark.cloud.plugins.module_utils._client import WHOLE, Client
from ansible_collections.bytemark.cloud.plugins.module_utils._errors import BigvError
from ansible_collections.bytemark.cloud.plugins.module_utils._group import DesiredGroup, check_account
from ansible_collections.bytemark.cloud.plugins.module_utils._names import (
    GroupName,
    VmName,
    account_name,
    api_path,
    group_name,
)
from ansible_collections.bytemark.cloud.plugins.module_utils._plan import Resource
from ansible_collections.bytemark.cloud.plugins.module_utils._vm import VM_OPTIONS, DesiredVm, desired_vm
from ansible_collections.bytemark.cloud.plugins.module_utils._vm_read import NESTED, list_vms, read_rdns

OF_THE_WHOLE_FLEET = ("wait", "wait_timeout")
VM_DEFAULTS = {option: spec.get("default") for option, spec in VM_OPTIONS.items()}
# An option of an item has no default: what is omitted there comes from the fleet's ``defaults``.
ITEM_OPTIONS: dict[str, Any] = {
    option: {key: value for key, value in spec.items() if key != "default"}
    for option, spec in VM_OPTIONS.items()
    if option not in OF_THE_WHOLE_FLEET
}
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
    "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
    "concurrency": {"type": "int", "default": 8},
    "wait": VM_OPTIONS["wait"],
    "wait_timeout": VM_OPTIONS["wait_timeout"],
}


@dataclass(frozen=True)
class DesiredFleet:
    """What a task asks of a fleet, in the order of its lists."""

    account: str
    groups: Sequence[DesiredGroup]
    vms: Sequence[DesiredVm]


class Overview:
    """An account's groups and VMs, soft-deleted ones too, as read at once."""

    def __init__(self, client: Client, account: str) -> None:
        self.client = client
        self.account = account
        self.groups: dict[str, Resource] = {}
        self.vms: dict[VmName, Resource] = {}
        self._rdns: dict[str, str | None] = {}
        groups, vms = _read_account(client, account)
        names = {group.get("id"): str(group.get("name")) for group in groups}
        self.groups = {str(group.get("name")): group for group in groups}
        for vm in vms:
            place = VmName(str(vm.get("name")), names.get(vm.get("group_id"), ""), account)
            self.vms[place] = vm

    def vm(self, name: VmName) -> Resource | None:
        return self.vms.get(name)

    def vm_by_id(self, vm_id: int) -> tuple[Resource | None, VmName]:
        for place, vm in self.vms.items():
            if vm.get("id") == vm_id:
                return vm, place
        return None, VmName(str(vm_id), "", self.account)

    def group(self, name: GroupName) -> Resource | None:
        return self.groups.get(name.group)

    def rdns(self, address: str) -> str | None:
        if address not in self._rdns:
            self._rdns[address] = read_rdns(self.client, address)
        return self._rdns[address]


def _read_account(client: Client, account: str) -> tuple[list[Resource], list[Resource]]:
    """The groups and the VMs of an account: one request, or a few more where the API does not nest them."""
    what = f"the groups and VMs of account {account}"
    whole = client.find(api_path("accounts", account), what, **WHOLE)
    if whole is None:
        check_account(client, account)
    whole = whole or {}
    groups = whole.get("groups")
    if isinstance(groups, list) and all("virtual_machines" in group for group in groups):
        vms = [{"group_id": group.get("id"), **vm} for group in groups for vm in group["virtual_machines"] or ()]
        if all(key in vm for vm in vms for key in NESTED):
            return groups, vms
    else:
        groups = client.get_list(api_path("accounts", account, "groups"), what)
    return groups, list_vms(client, account_id=str(whole.get("id")), include_deleted="true")


def desired_fleet(params: Mapping[str, Any]) -> DesiredFleet:
    """What the options of ``bigv_fleet`` ask for. Refuses, all at once, what contradicts itself."""
    account = account_name(params["account"], params["default_account"])
    problems: list[str] = []
    groups = []
    for index, item in enumerate(params["groups"] or ()):
        try:
            groups.append(_desired_group(item, account, params["purge"]))
        except BigvError as error:
            problems.append(f"groups[{index}].{error}")
    vms: list[DesiredVm] = []
    for index, item in enumerate(params["vms"] or ()):
        try:
            vm = desired_vm(_item_params(params, item, account))
        except BigvError as error:
            problems.append(f"vms[{index}].{error}")
            continue
        vms.append(vm)
    refuse(problems)
    return DesiredFleet(account, groups, vms)


def refuse(problems: Sequence[str]) -> None:
    """Refuse the whole fleet, with every reason why."""
    if problems:
        raise BigvError("Nothing was changed, because not everything can be: " + "; ".join(problems))


def _desired_group(item: Any, account: str, purge: bool) -> DesiredGroup:
    if isinstance(item, str):
        item = {"name": item}
    if not isinstance(item, dict) or not isinstance(item.get("name"), str) or set(item) - {"name", "state"}:
        raise BigvError("name: give the name of a group, or a name and a state")
    state = item.get("state") or "present"
    if state not in ("present", "absent"):
        raise BigvError(f"state: {state!r} is not one of present, absent")
    return DesiredGroup(group_name(item["name"], account), state, purge=purge)


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
        "wait": params["wait"],
        "wait_timeout": params["wait_timeout"],
    }
