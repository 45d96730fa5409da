# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The writes of a swap of addresses, which takes both VMs off for a while. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ..._core.errors import BigvError
from ..._core.plan import Reader, Resource, Step, WaitCondition, with_compensation
from ..vm.attributes import VM
from ..vm.conditions import vm_condition
from ..vm.draft import VmDraft
from ..vm.read import read_vm
from ..vm.reference import PresentVm
from ..vm.steps import start_again
from .attributes import is_same_address, nics_of, primary_addresses, primary_of

SWAP_PATH = "/ips/swap_virtual_machine_ips"
# How many seconds reads may show the addresses as they were before the swap (assumed).
SHOWN_WITHIN = 30


def has_primary(vm: Resource, address: str) -> bool:
    """Tell whether an address is a primary one of a VM, on whichever NIC."""
    return any(holds(primary_of(nic), address) for nic in nics_of(vm))


def swapped_addresses(vm: Resource) -> list[str]:
    """Return the addresses of a VM that are swapped: the primary ones of its first NIC (assumed)."""
    return primary_addresses({"network_interfaces": nics_of(vm)[:1]})


def holds(addresses_there: Iterable[str], address: str) -> bool:
    """Tell whether an address is one of those there."""
    return any(is_same_address(there, address) for there in addresses_there)


def while_off(
    swapped: Sequence[PresentVm], swap: Step, options: Mapping[str, Any]
) -> tuple[tuple[Step, ...], WaitCondition | None]:
    """Return the swap between the shutdown of what is on and its start, which a failure sends, too.

    Both are started before either is waited for, so the last one is waited for with its step, and the other with the
    plan.
    """
    running = [VmDraft(location, vm) for vm, location in swapped if vm.get("power_on")]
    again = [start_again(draft.location, draft.vm.get("autoreboot_on")) for draft in running]
    stops: list[Step] = []
    for position, draft in enumerate(running, 1):
        draft.shut_down(options["shutdown_timeout"], options["force_stop"], *again[:position], restarts=True)
        stops += with_compensation(draft.steps, *again[:position])
    starts = [step._replace(on_failure=tuple(again[position:])) for position, step in enumerate(again)]
    steps = [*stops, *with_compensation([swap], *again), *starts]
    for draft in running[1:]:
        steps[-1] = steps[-1]._replace(wait_for=draft.powered_on())
    return tuple(steps), running[0].powered_on() if running else None


def swap(one: PresentVm, other: PresentVm, address: str, move_additional: bool) -> Step:
    """Return the write that swaps the addresses. Sent twice, it would swap them back."""

    def has_address(seen: Resource | None) -> bool:
        return seen is not None and holds(swapped_addresses(seen), address)

    def shows_address(seen: Resource | None) -> bool:
        return seen is not None and ("network_interfaces" not in seen or has_address(seen))

    return Step(
        f"swap the addresses of VM {one.location} and VM {other.location}",
        "POST",
        partial(_path_unless_swapped, one, other, address),
        VM,
        {
            "virtual_machine_1_id": one.vm["id"],
            "virtual_machine_2_id": other.vm["id"],
            "move_additional_ips": move_additional,
        },
        verify=partial(_read_again, one),
        is_done=has_address,
        is_idempotent=False,
        resource_id=one.vm["id"],
        wait_for=vm_condition(
            one.location.path,
            f"VM {one.location} to have the address {address}",
            shows_address,
            timeout=SHOWN_WITHIN,
            hint="check the addresses of both VMs, and run the task again",
        ),
    )


def _path_unless_swapped(one: PresentVm, other: PresentVm, address: str, reader: Reader, _seen: Resource) -> str | None:
    """Return where to send the swap, or None where somebody else has made it since the plan was made."""
    both = (one, other)
    now = [_read_again(each, reader, f"VM {each.location} before its addresses are swapped") for each in both]
    if any(vm is None or vm.get("id") != each.vm["id"] for vm, each in zip(now, both, strict=True)):
        raise _has_changed(one, other, "is gone or is a different VM now")
    holders = [holds(swapped_addresses(vm or {}), address) for vm in now]
    if holders[0]:
        return None
    if not holders[1]:
        raise _has_changed(one, other, f"no longer has the address {address}")
    return SWAP_PATH


def _has_changed(one: PresentVm, other: PresentVm, what: str) -> BigvError:
    return BigvError(
        f"Could not swap the addresses of VM {one.location} and VM {other.location}: one of them {what}, so both were "
        "left unchanged. Run the task again to make a new plan."
    )


def _read_again(swapped: PresentVm, reader: Reader, what: str) -> Resource | None:
    return read_vm(reader, swapped.location, what)
