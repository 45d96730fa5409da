# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""VMs as ``bigv_vm_info`` lists them, or waits for one. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..._core.client import Client
from ..._core.kind import InfoKind
from ..._core.names import api_path, check_number, check_one_given
from ..._core.plan import Resource
from ..._core.validation import once_settled
from ..account import check_account
from ..names import NAME_VARIABLES, VmName, anywhere_in, vm_name
from ..reach import REACH_OPTIONS, reach_of
from .attributes import VM
from .conditions import is_gone, is_stopped, vm_condition
from .read import find_vm, find_vm_by_id, list_matching_vms, list_reached_vms, returned_vm

STATES = {
    "running": ("to be running", once_settled(lambda vm: bool(vm and vm.get("power_on")))),
    "stopped": ("to be stopped", once_settled(is_stopped)),
    "absent": ("to be gone", is_gone),
}
INFO_OPTIONS: dict[str, Any] = {
    "name": {"type": "str"},
    "id": {"type": "int"},
    "group": {"type": "str"},
    "include_deleted": {"type": "bool", "default": False},
    "wait_for": {"type": "str", "choices": list(STATES)},
    "wait_timeout": {"type": "int", "default": 600},
    **REACH_OPTIONS,
}
INFO_CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [("name", "id"), ("group", "id")],
    "required_if": [("wait_for", state, ("name", "id"), True) for state in STATES],
}


class VmInfo(InfoKind):
    """The VMs of a group, of an account, that somebody reaches, or all that can be seen; or one of them."""

    noun = "vms"
    schema = VM
    name_variables = NAME_VARIABLES
    options = INFO_OPTIONS
    constraints = INFO_CONSTRAINTS
    may_be_blank = tuple(REACH_OPTIONS)

    def find(self, client: Client, params: dict[str, Any]) -> Iterable[Resource]:
        """Return the VM of the name or the id, or the VMs of the group and the account, once the wait is over."""
        name, reach, vm_id = _wanted_name(params), reach_of(params), params["id"]
        if params["wait_for"]:
            _wait(client, params, name)
        if vm_id is None:
            wanted = name or anywhere_in(params["group"], params["account"], params["default_account"])
            vms = list_matching_vms(client, wanted, params["include_deleted"], reach)
        elif reach.is_given:
            reached = list_reached_vms(client, reach, params["include_deleted"])
            vms = [vm for vm in reached if vm["id"] == vm_id]
        else:
            vm, _location = find_vm_by_id(client, vm_id)
            vms = [vm] if vm else []
        return [vm for vm in vms if params["include_deleted"] or not vm.get("deleted")]

    def returned(self, resource: Resource) -> Resource | None:
        """Return a VM with its addresses."""
        return returned_vm(resource)


def _wanted_name(params: dict[str, Any]) -> VmName | None:
    if params["name"] is None:
        return None
    return vm_name(
        params["name"], params["group"], params["account"], params["default_account"], params["default_group"]
    )


def _wait(client: Client, params: dict[str, Any], name: VmName | None) -> None:
    """Wait until the one VM is in the state that the task asks for."""
    from ..._core.executor import wait_for

    check_one_given(params, "name", "id")
    check_number("wait_timeout", params["wait_timeout"], 0)
    path = _path_to_poll(client, name, params["id"])
    state, test = STATES[params["wait_for"]]
    wait_for(client, vm_condition(path, f"VM {name or params['id']} {state}", test), params["wait_timeout"])


def _path_to_poll(client: Client, name: VmName | None, vm_id: int) -> str:
    """Return the path of a VM that may not be there yet. Its account has to be, or it would be waited for in vain."""
    vm, found = find_vm(client, name) if name else find_vm_by_id(client, vm_id)
    if name and not vm:
        check_account(client, found.account)
    return found.path if vm or name else api_path("virtual_machines", vm_id)
