# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""What has become of VMs between two reads, as events. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..module_utils._core.errors import one_line
from ..module_utils._core.plan import Resource
from ..module_utils._resources.disc.steps import comparable_disc, label_of
from ..module_utils._resources.ip.attributes import addresses
from ..module_utils._resources.vm.attributes import VM
from ..module_utils._resources.vm.read import location_of

Event = dict[str, Any]
# What is known of a VM that events are about. What the API leaves out is not in it.
Portrait = dict[str, Any]

CREATED, DELETED, CHANGED, ON, OFF, EXISTING = "created", "deleted", "changed", "on", "off", "existing"
# What tells which VM it is, and what events of their own tell of.
NOT_COMPARED = ("id", "hostname", "account", "power_on", "deleted")
# What can only be lost by mistake in an answer that says so by leaving it out.
PARTS = ("discs", "ipv4", "ipv6")
MAX_TEXT = 1000
MAX_NUMBER = 2**63
# What ansible-core, which templates the variables that a rulebook gives to a playbook, would evaluate or decrypt.
TEMPLATE = re.compile(r"\{(?=[{%#])")
ORDERS = ("#jinja2:", "$ANSIBLE_VAULT")


def portraits(vms: Iterable[Resource]) -> dict[int, Portrait]:
    """Return the portraits of VMs by their ids."""
    return {vm["id"]: portrait(vm) for vm in vms}


def portrait(vm: Resource) -> Portrait:
    """Return the part of a VM that events show: where it is, what a task can set, and its addresses."""
    location = location_of(vm)
    ipv4, ipv6 = addresses(vm)
    discs = sorted(vm.get("discs") or (), key=label_of)
    known = {
        "id": vm["id"],
        "hostname": vm.get("hostname"),
        "group": location and location.group,
        "account": location and location.account,
        **VM.compared(vm),
        "deleted": bool(vm.get("deleted")),
        "discs": [{"label": label_of(disc), **comparable_disc(disc)} for disc in discs],
        # The first one is the primary one. Nothing is said of the order of the others.
        "ipv4": [*ipv4[:1], *sorted(ipv4[1:])],
        "ipv6": [*ipv6[:1], *sorted(ipv6[1:])],
    }
    unset = {name: None for name, attribute in VM.attributes.items() if attribute.nullable and name in vm}
    return unset | {name: value for name, value in harmless(known).items() if value is not None}


def harmless(value: Any) -> Any:
    """Return a value that neither deceives who reads it nor is evaluated by who is given it.

    >>> harmless(["stretch", "{{ 7 * 7 }}", "red\x1b[31m", 10**30])
    ['stretch', '{ { 7 * 7 }}', 'red [31m', None]
    """
    if isinstance(value, str):
        text = TEMPLATE.sub("{ ", one_line(value, MAX_TEXT))
        return f" {text}" if text.startswith(ORDERS) else text
    if isinstance(value, list):
        return [harmless(entry) for entry in value]
    if isinstance(value, dict):
        return {name: harmless(entry) for name, entry in value.items()}
    # Rule engines have numbers of 64 bits.
    return None if isinstance(value, int) and abs(value) >= MAX_NUMBER else value


def has_lost(before: Portrait, now: Portrait | None) -> bool:
    """Tell whether a VM, or a disc or an address of it, is missing, as it is in an answer that is not complete."""
    if now is None:
        return True
    if now["deleted"]:
        return False
    return any(_names(part, before) - _names(part, now) for part in PARTS)


def _names(part: str, vm: Portrait) -> set[Any]:
    return {entry["label"] if isinstance(entry, dict) else entry for entry in vm[part]}


def completed(before: Mapping[int, Portrait], now: Mapping[int, Portrait]) -> dict[int, Portrait]:
    """Return the portraits, completed by what was known before and is missing from the current answer."""
    return {number: {**before.get(number, {}), **vm} for number, vm in now.items()}


def changes(before: Mapping[int, Portrait], now: Mapping[int, Portrait]) -> Iterator[Event]:
    """Yield an event for each thing that has become of a VM between two reads."""
    for number, vm in now.items():
        yield from _changes(before.get(number), vm)
    for number, vm in before.items():
        if number not in now:
            yield {"type": DELETED, "vm": vm, "purged": True}


def _changes(before: Portrait | None, vm: Portrait) -> Iterator[Event]:
    was_there = before is not None and not before["deleted"]
    if before is None or (before["deleted"] and not vm["deleted"]):
        yield {"type": CREATED, "vm": vm, "restored": before is not None}
    if vm["deleted"]:
        if before is None or was_there:
            yield {"type": DELETED, "vm": vm, "purged": False}
    elif before is not None and was_there:
        changed = [
            name for name, value in vm.items()
            if name in before and name not in NOT_COMPARED and before[name] != value
        ]  # fmt: skip
        if changed:
            values = ({name: each[name] for name in changed} for each in (before, vm))
            yield {"type": CHANGED, "vm": vm, **dict(zip(("before", "after"), values, strict=True))}
        if before.get("power_on", vm.get("power_on")) != vm.get("power_on"):
            yield {"type": ON if vm["power_on"] else OFF, "vm": vm}
