# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""What is done to a VM and leaves no state, as ``bigv_vm_action`` does it. Private to bytemark.cloud."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.names import check_one_given
from ..._core.plan import DefinitionCheck, Plan, Resource, Step
from ..names import NAME_VARIABLES, VmName
from .attributes import VM
from .desired import POWER_OPTIONS, check_power_options
from .draft import VmDraft
from .read import find_vm_by_id, no_vm_of_id, returned_vm
from .reference import PresentVm, PresentVmKind, find_present_vm, is_assumed
from .steps import start_again

ACTIONS = ("reset", "sendkey", "rescue")
ACTION_OPTIONS: dict[str, Any] = {
    "vm": {"type": "str"},
    "id": {"type": "int"},
    "group": {"type": "str"},
    "action": {"type": "str", "choices": list(ACTIONS), "required": True},
    "keys": {"type": "str", "no_log": False},
    **POWER_OPTIONS,
}
ACTION_CONSTRAINTS: dict[str, Any] = {
    "required_one_of": [("vm", "id")],
    "mutually_exclusive": [("vm", "id"), ("group", "id")],
    "required_if": [("action", "sendkey", ("keys",))],
}


class DesiredAction(NamedTuple):
    """What is to be done; ``params`` are the options as they were given."""

    action: str
    keys: str | None
    params: dict[str, Any]


class VmActionKind(PresentVmKind):
    """Actions on a VM that every run of a task performs."""

    noun = "vm"
    sample_action = "reset VM web1.staging.acme"
    options = ACTION_OPTIONS
    constraints = ACTION_CONSTRAINTS
    name_variables = NAME_VARIABLES

    def desired(self, params: dict[str, Any]) -> DesiredAction:
        """Return what the options ask for."""
        check_one_given(params, "vm", "id")
        check_power_options(params)
        action, keys = params["action"], params["keys"]
        if action == "sendkey" and not (keys or "").strip():
            raise BigvError("keys: is required; specify the keys to press, such as ctrl-alt-delete")
        if action != "sendkey" and keys is not None:
            raise BigvError(f"keys: cannot be used with action: {action}; leave it out, or set action: sendkey")
        return DesiredAction(action, keys and keys.strip(), params)

    def observe(self, client: Client, desired: DesiredAction) -> PresentVm:
        """Read the VM."""
        if desired.params["vm"] is not None:
            return find_present_vm(client, "vm", desired.params)
        vm, location = find_vm_by_id(client, desired.params["id"])
        if vm is None:
            raise no_vm_of_id(desired.params["id"])
        if vm.get("deleted"):
            raise BigvError(f"id: VM {location} is soft-deleted, so nothing can be done to it; restore it first")
        return PresentVm(vm, location)

    def plan(self, observed: PresentVm, desired: DesiredAction) -> Plan:
        """Return the plan. Pure."""
        vm, location = observed
        if desired.action == "rescue":
            return _rescue(vm, location, desired)
        if not (observed.is_assumed or vm.get("power_on")):
            raise BigvError(
                f"action: VM {location} is off, and {desired.action} requires a VM that is on; start it first with "
                "bigv_vm and state: running"
            )
        step = _signal(location, desired)
        checks = (DefinitionCheck("keys", "sendkeys", desired.keys, separator="-"),) if desired.keys else ()
        return Plan(vm, vm, (step,), definition_checks=checks)

    def is_current(self, plan: Plan, seen: Resource | None) -> bool:
        """Tell whether the VM is there: whether it has come up is waited for, if the task waits."""
        return seen is not None

    def returned(self, resource: Resource | None) -> Resource | None:
        """Return the VM with its addresses."""
        return None if resource is None or is_assumed(resource) else returned_vm(resource)


def _signal(location: VmName, desired: DesiredAction) -> Step:
    """Return a write whose outcome cannot be read afterwards."""
    pressed = {"data": desired.keys} if desired.keys else {}
    return Step(
        f"press {desired.keys} at the console of VM {location}" if desired.keys else f"reset VM {location}",
        "POST",
        f"{location.path}/signal",
        VM,
        {"signal": desired.action, **pressed},
        leaves_no_trace=True,
    )


def _rescue(vm: Resource, location: VmName, desired: DesiredAction) -> Plan:
    options, draft = desired.params, VmDraft(location, vm)
    if draft.is_on and not options["allow_restart"]:
        raise BigvError(
            f"allow_restart: VM {location} is on, and the rescue system can only boot on a VM that is off; set "
            "allow_restart: true to shut the VM down first"
        )
    again: list[Step] = []
    if draft.is_on:
        again = [start_again(location, vm.get("autoreboot_on"))]
        draft.shut_down(options["shutdown_timeout"], options["force_stop"], *again, restarts=True)
    draft.boot_rescue(*again)
    return Plan(vm, draft.vm, tuple(draft.steps), wait_for=draft.wait_for)
