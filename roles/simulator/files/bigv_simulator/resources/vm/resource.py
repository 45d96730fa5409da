# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Virtual machines in seeds, snapshots, the control interface and the status page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

from ...core import rules
from ...core.attributes import running_rules
from ...core.cloud import Cloud
from ...core.document import DocumentError, items_of, object_of, point_in_time, read, read_complete, without_nulls
from ...core.openapi import NAME_OR_ID_OBSERVED
from ...core.redaction import Redactor
from ...core.resource import ObjectResource
from ..disc_model import Disc
from ..group import Group
from ..nic import NetworkInterface
from . import lifecycle, power
from .faults import FAULTS
from .model import Action, Due, Image, VirtualMachine
from .routes import flat, router


class VirtualMachines(ObjectResource[VirtualMachine]):
    model = VirtualMachine
    collection = "virtual_machines"
    parent = Group
    first_ids = (("virtual_machines", 1000),)
    filter = "vm"
    soft_deletes = True
    path_parameters = (("virtual_machine", NAME_OR_ID_OBSERVED, "web1"),)
    runtime_keys = ("virtual_machines",)
    faults = FAULTS
    routers = (router, flat)

    def load(self, cloud: Cloud, parent: Any, path: str, item: dict[str, Any]) -> VirtualMachine:
        """Put a VM of a seed into the cloud; by default it runs."""
        machine = super().load(cloud, parent, path, item)
        if machine.power_on:
            machine.running_hardware = power.hardware(machine)
        if machine.deleted:
            lifecycle.vanish_in_time(cloud, machine)
        return machine

    def make(self, cloud: Cloud, parent: Any, path: str, values: dict[str, Any]) -> VirtualMachine:
        runs = not values.get("deleted", False)
        if values.get("power_on") and not runs:
            raise DocumentError(f"{path}.power_on: a deleted virtual machine cannot be on")
        values = {"power_on": runs, "autoreboot_on": runs} | values
        return lifecycle.add(cloud, parent, values, values.pop("id"))

    def take_runtime_state(self, cloud: Cloud) -> dict[str, Any]:
        states = map(_runtime_state, cloud.objects(VirtualMachine).values())
        return {"virtual_machines": [state for state in states if len(state) > 1]}

    def restore_runtime_state(self, cloud: Cloud, path: str, state: Mapping[str, Any]) -> None:
        for item_path, item in items_of(state, "virtual_machines", path):
            _restore_machine(cloud, item_path, item)

    def history_of(self, cloud: Cloud) -> dict[str, Any]:
        """Return when VMs went on and off."""
        return {self.collection: list(cloud.part(power.PowerHistory).changes)}

    def state(self, item: VirtualMachine, redactor: Redactor) -> dict[str, Any]:
        """Return a VM, with what its guest runs with.

        Of what a client can write freely, these texts may hold secrets: the user of a URL, a private key.
        """
        shown = super().state(item, redactor) | {
            "building": item.building,
            "due": asdict(item.due) if item.due and not item.deleted else None,
            "appliance": item.appliance,
            "running_hardware": dict(item.running_hardware) if item.running_hardware else None,
            "image": asdict(item.image) if item.image else None,
        }
        free = ((shown, "cdrom_url"), (shown["running_hardware"], "cdrom_url"), (shown["image"], "ssh_public_key"))
        for part, name in free:
            if part and part[name]:
                part[name] = redactor.text(part[name])
        return shown

    def summary(self, item: VirtualMachine) -> dict[str, Any]:
        return {
            "id": item.id,
            "name": item.name,
            "power": _power(item),
            "cores": item.cores,
            "memory": item.memory,
            "zone": item.zone_name,
            "image": item.last_imaged_with,
            "pending": item.running_hardware is not None and item.running_hardware != power.hardware(item),
            "addresses": [ip for nic in item.children(NetworkInterface) for ip in nic.addresses],
            "discs": [
                {"label": disc.label, "size": disc.size, "grade": disc.storage_grade} for disc in item.children(Disc)
            ],
        }


def _power(item: VirtualMachine) -> str:
    if item.deleted:
        return "deleted"
    if item.due is None:
        return "on" if item.power_on else "off"
    return {"built": "building", "shutdown": "shutting down"}.get(item.due.action, "starting")


def _runtime_state(item: VirtualMachine) -> dict[str, Any]:
    """Return the state that a seed does not have, as far as it is not what a VM from a seed has anyway."""
    expected = power.hardware(item) if item.power_on else None
    return without_nulls(
        {
            "id": item.id,
            "due": asdict(item.due) if item.due else None,
            "start_when_built": item.start_when_built or None,
            "appliance": item.appliance,
            "image": asdict(item.image) if item.image else None,
            "running_hardware": item.running_hardware if item.running_hardware != expected else None,
        }
    )


def _restore_machine(cloud: Cloud, path: str, item: dict[str, Any]) -> None:
    values = read(
        item,
        path,
        {"id": rules.stored_id, "start_when_built": rules.boolean, "appliance": rules.text},
        required=("id",),
        children=("due", "image", "running_hardware"),
    )
    machine = cloud.objects(VirtualMachine).get(values["id"])
    if machine is None:
        raise DocumentError(f"{path}.id: there is no virtual machine {values['id']}")
    machine.start_when_built = values.get("start_when_built", False)
    machine.appliance = values.get("appliance")
    if (due := _part(item, path, "due", {"at": point_in_time, "action": rules.one_of(get_args(Action))})) is not None:
        machine.due = Due(**due)
        power.schedule(cloud, machine)
    if (
        image := _part(
            item,
            path,
            "image",
            {
                "distribution": rules.text,
                "has_root_password": rules.boolean,
                "ssh_public_key": rules.nullable(rules.text),
                "has_firstboot_script": rules.boolean,
            },
        )
    ) is not None:
        machine.image = Image(**image)
    if "running_hardware" in item:
        machine.running_hardware = _running_hardware(
            machine, f"{path}.running_hardware", object_of(item["running_hardware"], f"{path}.running_hardware")
        )


def _running_hardware(machine: VirtualMachine, path: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return what a guest was started with; what an older simulator did not know of is as it is now."""
    now = power.hardware(machine)
    discs_now = {disc["id"]: disc for disc in now["discs"]}
    rules_of_disc = {"id": rules.stored_id} | running_rules(Disc)
    values = read(given, path, running_rules(VirtualMachine), required=("discs",), children=("discs",))
    discs = [
        read(disc, disc_path, rules_of_disc, required=("id",)) for disc_path, disc in items_of(given, "discs", path)
    ]
    return now | values | {"discs": [discs_now.get(disc["id"], {}) | disc for disc in discs]}


def _part(
    item: dict[str, Any], path: str, key: str, known: Mapping[str, Any], children: tuple[str, ...] = ()
) -> dict[str, Any] | None:
    if key not in item:
        return None
    return read_complete(object_of(item[key], f"{path}.{key}"), f"{path}.{key}", known, children)
