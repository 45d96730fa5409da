# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Creating, changing and deleting virtual machines."""

from __future__ import annotations

import ipaddress
from typing import Any

from ...core import rules
from ...core.access import Identity
from ...core.attributes import body_rules, fixed_while_on
from ...core.cloud import Cloud
from ...core.people import Level
from ...core.problem import TAKEN, Errors, Invalid, Problem, forbidden, read_attributes
from .. import disc as discs
from .. import nic as nics
from ..disc_model import is_restoring
from ..group import Group
from ..nic import Network, PrivateVlan
from . import power
from .model import Image, VirtualMachine

_MANAGEMENT = int(ipaddress.IPv4Address("172.16.0.0"))
_RECOVERABLE_SECONDS = 21 * 24 * 60 * 60
_SHORTEST_NAME = 3


def _given(body: dict[str, Any]) -> dict[str, Any]:
    """Leave out a hardware profile of null, which is none (observed), and an appliance of null as well (assumed)."""
    return {
        key: value for key, value in body.items() if value is not None or key not in ("hardware_profile", "appliance")
    }


def _appliance(value: Any) -> str:
    """Take `rescue`, booted once (observed); that there is no other, and none that stays, is assumed."""
    if not isinstance(value, dict):
        raise Invalid("is not a hash")
    if value.get("name") != "rescue":
        raise Invalid("name is not included in the list")
    if value.get("permanent", False) is not False:
        raise Invalid("permanent must be false")
    return "rescue"


def read_new(cloud: Cloud, group: Group, body: dict[str, Any], errors: Errors) -> dict[str, Any]:
    values = read_attributes({"name": None} | _given(body), body_rules(VirtualMachine, cloud.definitions), errors)
    if values.get("name") in group.children(VirtualMachine).by_name:
        errors.add("name", TAKEN)
    _refuse_short(cloud, values.get("name"), errors)
    return values


def _refuse_short(cloud: Cloud, name: str | None, errors: Errors) -> None:
    """Refuse a short name, if the setting says so (observed once)."""
    if name is not None and cloud.settings.refuse_short_names and len(name) < _SHORTEST_NAME:
        errors.add("name", "is invalid")
        errors.add("name", f"is too short (minimum is {_SHORTEST_NAME} characters)")


def add(cloud: Cloud, group: Group, values: dict[str, Any], machine_id: int) -> VirtualMachine:
    """Put a VM with these good values into the cloud; it has neither discs nor NICs yet."""
    defaults = {
        "zone_name": cloud.definitions["zone_names"][0],
        "hardware_profile": cloud.definitions["hardware_profiles"][0],
        "head": f"head{machine_id % 8 + 1}",
        "management_address": str(ipaddress.IPv4Address(_MANAGEMENT + machine_id % 2**20)),
    }
    machine = VirtualMachine(id=machine_id, group=group, **(defaults | values))
    cloud.add(machine, group)
    return machine


def create_bare(cloud: Cloud, group: Group, body: dict[str, Any]) -> VirtualMachine:
    """Create a VM without disc or image (documented)."""
    errors = Errors()
    values = read_new(cloud, group, body, errors)
    errors.raise_any()
    return _build(cloud, group, values, [], None, [])


def create(cloud: Cloud, group: Group, body: dict[str, Any]) -> VirtualMachine:
    """Create a VM with all that is in it, or nothing when anything is wrong (documented)."""
    errors = Errors()
    wanted = _part(body, "virtual_machine", errors)
    if wanted is None:
        errors.setdefault("virtual_machine", ["can't be blank"])
    values = read_new(cloud, group, wanted, errors) if wanted is not None else {}
    disc_values = _read_discs(cloud, body.get("discs"), errors)
    image = None
    if (reimage := _part(body, "reimage", errors)) is not None:
        image = power.read_image(cloud, reimage, errors)
    ips: list[str] = []
    if (chosen := _part(body, "ips", errors)) is not None:
        ips = _read_ips(cloud, cloud.part(Network).private_vlan(group), chosen, errors)
    errors.raise_any()
    return _build(cloud, group, values, disc_values, image, ips)


def _part(body: dict[str, Any], key: str, errors: Errors) -> dict[str, Any] | None:
    part = body.get(key)
    if part is not None and not isinstance(part, dict):
        errors.add(key, "is not a hash")
        return None
    return part


def _read_discs(cloud: Cloud, wanted: Any, errors: Errors) -> list[dict[str, Any]]:
    """Return the values of new discs.

    Observed: none is refused; their errors are an array with one object for each of them, in order.
    """
    if wanted in (None, []):
        errors.add("discs", "can't be blank")
        return []
    if not isinstance(wanted, list):
        errors.add("discs", "is not an array")
        return []
    values: list[dict[str, Any]] = []
    problems: list[dict[str, Any]] = []
    for body in wanted:
        disc_errors = Errors()
        if isinstance(body, dict):
            taken = [value.get("label", "") for value in values]
            values.append(discs.read_new(cloud, body, taken, disc_errors))
        else:
            disc_errors.add("disc", "is not a hash")
            values.append({})
        problems.append(dict(disc_errors))
    if any(problems):
        errors["discs"] = problems
    return values


def _read_ips(cloud: Cloud, vlan: PrivateVlan | None, body: dict[str, Any], errors: Errors) -> list[str]:
    """Return the addresses that are chosen, which is only valid in private VLANs (documented)."""
    if vlan is None:
        errors.add("ips", "can only be chosen in a private VLAN")
        return []
    values = read_attributes(
        body, {"ipv4": rules.nullable(rules.address(4)), "ipv6": rules.nullable(rules.address(6))}, errors
    )
    for attribute, ip in values.items():
        if ip in cloud.part(Network).used:
            errors.add(attribute, TAKEN)
    return [ip for ip in values.values() if ip is not None]


def _build(
    cloud: Cloud,
    group: Group,
    values: dict[str, Any],
    disc_values: list[dict[str, Any]],
    image: Image | None,
    ips: list[str],
) -> VirtualMachine:
    """Put a new VM into the cloud.

    Observed: all of it can be read at once; power comes later, if asked for, with autoreboot_on or an image.
    """
    machine = add(cloud, group, values | {"power_on": False}, cloud.new_id("virtual_machines"))
    for disc in disc_values:
        discs.add(cloud, machine, disc)
    nics.add(cloud, machine, {}, ips)
    if image is not None:
        power.install(machine, image)
    machine.start_when_built = machine.autoreboot_on or values.get("power_on", image is not None)
    power.plan(cloud, machine, "built", cloud.settings.build_time)
    return machine


def update(cloud: Cloud, identity: Identity, machine: VirtualMachine, body: dict[str, Any]) -> None:
    errors = Errors()
    values = read_attributes(
        _given(body),
        body_rules(VirtualMachine, cloud.definitions)
        | {"deleted": rules.boolean, "group_id": rules.resource_id, "appliance": _appliance},
        errors,
    )
    if values.get("deleted"):
        errors.add("deleted", "can only be set to false")
    if values.pop("zone_name", machine.zone_name) != machine.zone_name:
        errors.add("zone_name", "cannot be changed after creation")
    group = cloud.visible(identity, Group, values.pop("group_id", machine.group.id))
    is_moved = group is not None and group is not machine.group
    lowest = min(identity.level(machine), identity.level(group or machine.group))
    if lowest < Level.GROUP_ADMIN and (is_moved or (machine.deleted and "deleted" in values)):
        raise forbidden()
    name = values.pop("name", machine.name)
    if group is None:
        errors.add("group_id", "does not exist")
    elif group.children(VirtualMachine).by_name.get(name, machine) is not machine:
        errors.add("name", TAKEN)
    if name != machine.name:
        _refuse_short(cloud, name, errors)
    if values.get("appliance") and machine.power_on:
        errors.add("appliance", "can only be booted while the virtual machine is powered off")
    if machine.power_on and cloud.settings.hardware_changes == "refused":
        for attribute in fixed_while_on(VirtualMachine):
            if values.get(attribute, getattr(machine, attribute)) != getattr(machine, attribute):
                errors.add(attribute, "cannot be changed while the virtual machine is powered on")
    if _starts(machine, values) and is_restoring(machine):
        errors.add("power_on", "cannot be turned on while a backup is restored to a disc")
    errors.raise_any()
    undelete = values.pop("deleted", True) is False
    if machine.deleted and not undelete and (values or "name" in body or "group_id" in body):
        raise Problem(400, "The virtual machine is deleted: undelete it first")
    if machine.deleted and undelete:
        machine.deleted, machine.due = False, None
    _move(machine, group or machine.group, name)
    power_on = values.pop("power_on", None)
    for attribute, value in values.items():
        setattr(machine, attribute, value)
    if power_on is not None:
        power.change(cloud, machine, power_on)


def _starts(machine: VirtualMachine, changes: dict[str, Any]) -> bool:
    """Tell whether these changes make a VM that is off start, now or by itself."""
    return "power_on" in changes and (changes["power_on"] or changes.get("autoreboot_on", machine.autoreboot_on))


def _move(machine: VirtualMachine, group: Group, name: str) -> None:
    if (machine.group, machine.name) != (group, name):
        machine.group.children(VirtualMachine).remove(machine)
        machine.group, machine.name = group, name
        group.children(VirtualMachine).add(machine)


def delete(cloud: Cloud, machine: VirtualMachine, purge: bool) -> None:
    """Delete a VM, softly unless purged: its name stays taken (documented), and its plug is pulled (assumed)."""
    if purge:
        power.remove(cloud, machine)
    elif not machine.deleted:
        power.pull_plug(cloud, machine)
        machine.autoreboot_on = False
        machine.deleted = True
        vanish_in_time(cloud, machine)


def vanish_in_time(cloud: Cloud, machine: VirtualMachine) -> None:
    """Have a soft-deleted VM purged once it cannot be recovered any longer, after 21 days (documented)."""
    power.plan(cloud, machine, "vanish", _RECOVERABLE_SECONDS)
