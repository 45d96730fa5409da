# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Conditions of a VM that are waited for. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from typing import Any

from ..._core.plan import Resource, Test, WaitCondition
from ..._core.validation import once_settled
from ..ip.attributes import addresses
from .attributes import VM
from .steps import is_soft_deleted


def vm_condition(path: str, description: str, test: Test, **more: Any) -> WaitCondition:
    """Return the condition that a test holds of the VM at a path; ``description`` completes "Waited for …"."""
    return WaitCondition(path, description, VM, test, state=describe_state, is_gone=is_gone, **more)


def is_built(seen: Resource | None) -> bool:
    """Tell whether the VM is there, and nothing is done to it any more."""
    return once_settled(bool)(seen)


def is_off(seen: Resource | None) -> bool:
    """Tell whether the VM is off, or gone."""
    return seen is None or not seen.get("power_on")


def is_kept_off(seen: Resource | None) -> bool:
    """Tell whether the VM stays off once it is off: with autoreboot on it starts as soon as it is built or can."""
    return seen is not None and not seen.get("autoreboot_on")


def is_stopped(seen: Resource | None) -> bool:
    """Tell whether the VM is off permanently."""
    return is_off(seen) and is_kept_off(seen)


def is_gone(seen: Resource | None) -> bool:
    """Tell whether the VM does not exist or is soft-deleted."""
    return seen is None or is_soft_deleted(seen)


def shows_address(seen: Resource) -> bool:
    """Tell whether the VM has an address, as far as the answer tells."""
    return "network_interfaces" not in seen or any(addresses(seen))


def describe_state(seen: Resource) -> str:
    """Return the state of the VM in a few words."""
    shown = {key: seen[key] for key in ("power_on", "autoreboot_on", "deleted") if key in seen}
    said = [f"{key} {str(value).lower()}" for key, value in shown.items()]
    if any("ips" in nic for nic in seen.get("network_interfaces") or ()) and not any(addresses(seen)):
        said.append("no address")
    return ", ".join(said) or "it exists"
