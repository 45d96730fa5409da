# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The desired state of a fleet: an account's groups and VMs. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..._core.arguments import has_misplaced
from ..._core.errors import BigvError, shown_name
from ..._core.names import check_number
from ..group import DesiredGroup
from ..names import VmName, account_name, group_name
from ..vm.desired import VM_OPTIONS, DesiredVm, desired_vm, loses_backups
from .alike import problems_once

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
    "save_plan": {"type": "path"},
    "require_plan": {"type": "path"},
    "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
    "concurrency": {"type": "int", "default": 8},
    "concurrent_creations": {"type": "int", "default": 1},
    "max_unavailable": {"type": "str", "default": "25%"},
    "wait": VM_OPTIONS["wait"],
    "wait_timeout": VM_OPTIONS["wait_timeout"],
}


@dataclass(frozen=True)
class DesiredFleet:
    """The desired state of a fleet, in the order of its lists.

    ``named_groups`` are those that it names itself: a default or an id that implies a group does not name it.
    """

    account: str
    groups: Sequence[DesiredGroup]
    vms: Sequence[DesiredVm]
    named_groups: frozenset[str]

    @property
    def absent_groups(self) -> set[str]:
        """Return the names of the groups that are to be gone."""
        return {group.name.group for group in self.groups if group.state == "absent"}


def desired_fleet(params: Mapping[str, Any]) -> DesiredFleet:
    """Return what the options of ``bigv_fleet`` ask for. Refuse, all at once, what contradicts itself."""
    account = account_name(params["account"], params["default_account"])
    problems: list[str] = []
    groups, vms, named_groups = [], [], set()
    for index, item in enumerate(params["groups"] or ()):
        try:
            groups.append(_desired_group(item, account, params["purge"]))
        except BigvError as error:
            problems.append(f"groups[{index}].{error}")
    if params["prune"] == "delete" and params["purge"] and (params["defaults"] or {}).get("backup_before"):
        problems.append(f"defaults.{loses_backups('prune: delete with purge: true purges VMs that are not listed')}")
    check_number("defaults.shutdown_timeout", (params["defaults"] or {}).get("shutdown_timeout"), 0)
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


def refuse(problems: Sequence[str]) -> None:
    """Refuse the whole fleet, with every reason why."""
    if problems:
        raise BigvError(
            "Nothing was changed, because not everything is possible: " + "; ".join(problems_once(problems))
        )


def _desired_group(item: Any, account: str, purge: bool) -> DesiredGroup:
    if not isinstance(item, dict):
        item = {"name": item}
    if has_misplaced(item, GROUP_OPTIONS) or item.keys() - GROUP_OPTIONS.keys():
        from ..._core.argument_errors import misfit  # Only for refusals.

        raise BigvError(misfit(item, GROUP_OPTIONS))
    name, state = item.get("name"), item.get("state") or "present"
    if name is None:
        raise BigvError("name: specify the name of a group, or a name and a state")
    if state not in GROUP_OPTIONS["state"]["choices"]:
        raise BigvError(f"state: must be one of present, absent, got {state!r}")
    return DesiredGroup(group_name(str(name), account), state, purge=purge)


def pruned_vm(location: VmName, params: Mapping[str, Any]) -> DesiredVm:
    """Return that a VM which is not listed is to be absent, by the fleet's defaults."""
    options = {**VM_DEFAULTS, **_given(params["defaults"])}
    return DesiredVm(
        location,
        "absent",
        purge=params["purge"],
        force_stop=options["force_stop"],
        shutdown_timeout=options["shutdown_timeout"],
        shutdown_before_deletion=options["shutdown_before_deletion"],
    )


def _given(options: Mapping[str, Any] | None) -> dict[str, Any]:
    return {option: value for option, value in (options or {}).items() if value is not None}


def _item_params(params: Mapping[str, Any], item: Mapping[str, Any], account: str) -> dict[str, Any]:
    """Return the options of ``bigv_vm`` for one item: its own, then the fleet's defaults, then the module's."""
    dotted = (item["name"] is not None and "." in item["name"]) or item["id"] is not None
    defaults = _given(params["defaults"])
    if dotted:
        defaults.pop("group", None)
    return {
        **VM_DEFAULTS,
        **defaults,
        **_given(item),
        "account": account,
        "default_account": None,
        "default_group": params["default_group"],
        "default_zone": params["default_zone"],
        "wait": params["wait"],
        "wait_timeout": params["wait_timeout"],
    }
