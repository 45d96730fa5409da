# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Two VMs that swap their addresses, as ``bigv_ip_swap`` has them do. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.plan import Plan, Prediction, Resource
from ..._core.resource import Outcome, ResourceKind
from ..names import NAME_VARIABLES
from ..vm.attributes import VM
from ..vm.desired import POWER_OPTIONS, check_power_options
from ..vm.read import find_vm, returned_vm
from ..vm.reference import PresentVm, find_present_vm
from .attributes import additional_addresses, addresses, check_address, family_of, nics_of, primary_of, shown_addresses
from .swap_steps import has_primary, holds, swap, swapped_addresses, while_off

SWAP_OPTIONS: dict[str, Any] = {
    "vm": {"type": "str", "required": True},
    "with_vm": {"type": "str", "required": True},
    "group": {"type": "str"},
    "address": {"type": "str", "required": True},
    "move_additional": {"type": "bool", "default": False},
    **POWER_OPTIONS,
}


class DesiredSwap(NamedTuple):
    """The address that a VM is to have; ``params`` are the options as they were given."""

    address: str
    params: dict[str, Any]


class SwapKind(ResourceKind):
    """Two VMs: the one gets a primary address of the other, which gets those of the one."""

    noun = "vm"
    schema = VM
    sample_action = "swap the addresses of VM web1.live.acme and VM web2.live.acme"
    options = SWAP_OPTIONS
    name_variables = NAME_VARIABLES

    def desired(self, params: dict[str, Any]) -> DesiredSwap:
        """Return what the options ask for."""
        check_power_options(params)
        return DesiredSwap(check_address("address", params["address"]), params)

    def observe(self, client: Client, desired: DesiredSwap) -> tuple[PresentVm, PresentVm]:
        """Read both VMs, with one GET each."""
        one = find_present_vm(client, "vm", desired.params)
        other = find_present_vm(client, "with_vm", desired.params)
        if one.location == other.location:
            raise BigvError(f"with_vm: is the same VM as vm, {one.location}; specify another VM to swap addresses with")
        return one, other

    def plan(self, observed: tuple[PresentVm, PresentVm], desired: DesiredSwap) -> Plan:
        """Return how the VM gets the address, if it has not got it: both VMs are off for that (observed). Pure."""
        one, other = observed
        before = {"vm": one.vm, "with_vm": other.vm}
        if has_primary(one.vm, desired.address):
            return Plan(before, before, warnings=_warnings(one, desired))
        _check_address(one, other, desired.address)
        if not desired.params["allow_restart"]:
            _check_off(one, other)
        step = swap(one, other, desired.address, desired.params["move_additional"])
        first, second = _swapped(one.vm, other.vm, desired.params["move_additional"])
        steps, wait_for = while_off([one, other], step, desired.params)
        after = {"vm": first, "with_vm": second}
        return Plan(before, after, steps, wait_for=wait_for, warnings=_warnings(one, desired))

    def title(self, observed: tuple[PresentVm, PresentVm], desired: DesiredSwap, plan: Plan) -> str:
        """Return where the VMs are."""
        return " and ".join(str(swapped.location) for swapped in observed)

    def predictions(
        self, observed: tuple[PresentVm, PresentVm], desired: DesiredSwap, plan: Plan
    ) -> Iterable[Prediction]:
        """Return what becomes of both VMs."""
        for swapped, after in zip(observed, (plan.after or {}).values(), strict=True):
            path = swapped.location.path
            yield Prediction(path, path, swapped.vm, after)

    def read_back(
        self,
        client: Client,
        observed: tuple[PresentVm, PresentVm],
        desired: DesiredSwap,
        plan: Plan,
        answers: Sequence[Any],
    ) -> Resource | None:
        """Read both VMs again."""
        seen = [find_vm(client, swapped.location, in_any_spelling=True)[0] for swapped in observed]
        return dict(zip(("vm", "with_vm"), seen, strict=True))

    def is_current(self, plan: Plan, seen: Resource | None) -> bool:
        """Tell whether both VMs have the addresses that they were to get."""
        return all(
            holds(swapped_addresses((seen or {}).get(key) or {}), address)
            for key, vm in (plan.after or {}).items()
            for address in swapped_addresses(vm)
        )

    def diffed(
        self, observed: tuple[PresentVm, PresentVm], desired: DesiredSwap, plan: Plan, outcome: Outcome
    ) -> tuple[Resource | None, Resource | None]:
        """Return the addresses of both VMs before and after."""
        before = plan.before if outcome.actions else outcome.after
        return _addresses(observed, before or {}), _addresses(observed, outcome.after or {})

    def report(
        self,
        desired: DesiredSwap,
        observed: tuple[PresentVm, PresentVm],
        plan: Plan,
        outcome: Outcome,
        check_mode: bool,
    ) -> dict[str, Any]:
        """Return both VMs, and what was done to them."""
        result = super().report(desired, observed, plan, outcome, check_mode)
        shown = zip(("vm", "with_vm"), observed, strict=True)
        after = {key: None if vm.is_assumed else returned_vm((outcome.after or {}).get(key)) for key, vm in shown}
        return {**result, **after}


def _check_address(one: PresentVm, other: PresentVm, address: str) -> None:
    """Refuse an address that is not a primary one of the other VM."""
    if one.is_assumed or other.is_assumed:
        return
    if not nics_of(one.vm):
        raise BigvError(f"vm: VM {one.location} has no NIC that can take an address")
    if holds(swapped_addresses(other.vm), address):
        return
    for swapped in (one, other):
        if holds(additional_addresses(swapped.vm), address):
            raise BigvError(
                f"address: {address} is an additional address of VM {swapped.location}, and only primary ones are "
                "swapped; specify a primary one, and set move_additional: true if the additional ones should follow"
            )
    raise BigvError(
        f"address: {address} is an address of neither VM {one.location} nor VM {other.location}, whose primary "
        f"addresses are {shown_addresses(swapped_addresses(other.vm))}"
    )


def _check_off(*swapped: PresentVm) -> None:
    on = [f"VM {location}" for vm, location in swapped if vm.get("power_on")]
    if on:
        raise BigvError(
            f"allow_restart: {' and '.join(on)} {'is' if len(on) == 1 else 'are'} on, and addresses can be swapped "
            "only while both VMs are off; set allow_restart: true to shut down what is on and start it again "
            "afterwards"
        )


def _warnings(one: PresentVm, desired: DesiredSwap) -> tuple[str, ...]:
    """Warn of a VM that has the address and is off, which an earlier run may have left so."""
    if not desired.params["allow_restart"] or one.is_assumed or one.vm.get("power_on"):
        return ()
    return (
        f"VM {one.location}, which receives {desired.address}, was already off and stays off. If an earlier run of "
        "this task was killed, start the VM with bigv_vm and state: running.",
    )


def _swapped(one: Resource, other: Resource, move_additional: bool) -> tuple[Resource, Resource]:
    """Return two VMs with each other's addresses, those of their first NICs."""
    first, second = nics_of(one)[:1], nics_of(other)[:1]
    if not (first and second):
        return one, other
    return _with_addresses(one, second[0], move_additional), _with_addresses(other, first[0], move_additional)


def _with_addresses(vm: Resource, nic: Resource, move_additional: bool) -> Resource:
    """Return a VM with the addresses of another's NIC."""
    own, *more = nics_of(vm)
    kept = nic if move_additional else own
    primary, extra = primary_of(nic), kept.get("extra_ips") or {}
    listed = [address for address in kept.get("ips") or () if address in extra]
    # An additional address is routed to the primary one of its family (assumed).
    routed = {
        address: next((to for to in primary if family_of(to) == family_of(address)), address) for address in extra
    }
    return {**vm, "network_interfaces": [{**own, "ips": [*primary, *listed], "extra_ips": routed}, *more]}


def _addresses(observed: Iterable[PresentVm], vms: Resource) -> Resource:
    """Return the addresses of both VMs, with one line for each in the diff."""
    shown = {}
    for swapped, vm in zip(observed, vms.values(), strict=False):
        ipv4, ipv6 = addresses(vm or {})
        shown[str(swapped.location)] = ", ".join((*ipv4, *ipv6))
    return {"addresses": shown}
