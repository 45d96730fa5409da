# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The additional addresses of a VM, as ``bigv_ip`` adds them. Private to bytemark.cloud."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.plan import Plan, Resource
from ..._core.resource import Outcome
from ..vm.reference import PresentVm, PresentVmKind, find_present_vm
from .attributes import additional_addresses, count_additional, count_new, ips_of, normalised
from .steps import Additional, addition, additional


class DesiredAdditional(NamedTuple):
    """How many additional addresses a VM is to have; ``params`` are the options that name it."""

    params: dict[str, Any]
    wanted: Additional


class AdditionalIpsKind(PresentVmKind):
    """The addresses of a VM: what is missing of the additional ones is added, and none is deleted."""

    noun = "ips"

    def desired(self, params: dict[str, Any]) -> DesiredAdditional:
        """Return what the options ask for."""
        if params["state"] == "absent":
            raise BigvError(
                "state: absent deletes only the one address in the option address, never all addresses of a VM; set "
                "address"
            )
        wanted = additional("additional", params["additional"], "reason", params["reason"], params["contiguous"])
        return DesiredAdditional(params, wanted)

    def observe(self, client: Client, desired: DesiredAdditional) -> PresentVm:
        """Read the VM: one GET where it has enough addresses."""
        return find_present_vm(client, "vm", desired.params)

    def plan(self, observed: PresentVm, desired: DesiredAdditional) -> Plan:
        """Return the one write that adds what is missing. Pure."""
        vm, location = observed
        added = addition(location, vm, desired.wanted)
        if added is None:
            return Plan(vm, vm)
        step, after = added
        return Plan(vm, after, (step,))

    def is_current(self, plan: Plan, seen: Resource | None) -> bool:
        """Tell whether the VM has the addresses that were added."""
        return count_additional(seen or {}) >= count_additional(plan.after or {})

    def returned(self, resource: Resource | None) -> Any:
        """Return the addresses of the VM."""
        return None if resource is None else ips_of(resource)

    def diffable(self, resource: Resource | None) -> Resource | None:
        """Return the number of the VM's additional addresses."""
        return resource and {"additional": count_additional(resource)}

    def report(
        self,
        desired: DesiredAdditional,
        observed: PresentVm,
        plan: Plan,
        outcome: Outcome,
        check_mode: bool,
    ) -> dict[str, Any]:
        """Return the VM's addresses, and which are new."""
        result = super().report(desired, observed, plan, outcome, check_mode)
        result["created"] = _created(plan, outcome, check_mode)
        return result


def _created(plan: Plan, outcome: Outcome, check_mode: bool) -> list[str | None]:
    """Return the addresses that were added: those that the answer names or, if it was lost, those that are new."""
    if not outcome.actions:
        return []
    count = count_new(plan.after or {})
    if check_mode:
        return [None] * count
    answered = next(iter(outcome.answers), None)
    named = answered.get("ips") if isinstance(answered, dict) else None
    if isinstance(named, list) and len(named) == count and all(isinstance(ip, str) and normalised(ip) for ip in named):
        return named
    before = additional_addresses(plan.before or {})
    return [address for address in additional_addresses(outcome.after or {}) if address not in before]
