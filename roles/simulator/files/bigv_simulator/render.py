# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Objects as the API shows them (section 5 of what is known about it)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .model import Account, Address, Disc, Group, NetworkInterface, VirtualMachine

CLUSTER = "uk0.bigv.io"
_TYPE = "application/vnd.bigv."


def account(item: Account, overview: bool, include_deleted: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": item.id, "name": item.name, "suspended": item.suspended}
    if overview:
        shown["groups"] = [group(child, True, include_deleted) for child in item.groups.values()]
    return shown


def group(item: Group, overview: bool = False, include_deleted: bool = False) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": item.id,
        "account_id": item.account.id,
        "name": item.name,
        "type": _TYPE + "group",
    }
    if overview:
        shown["virtual_machines"] = [
            virtual_machine(child, True)
            for child in item.virtual_machines.values()
            if include_deleted or not child.deleted
        ]
    return shown


def virtual_machine(item: VirtualMachine, overview: bool = False) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": item.id,
        "name": item.name,
        "group_id": item.group.id,
        "hostname": f"{item.name}.{item.group.name}.{item.group.account.name}.{CLUSTER}",
        "cores": item.cores,
        "memory": item.memory,
        "power_on": item.power_on,
        "autoreboot_on": item.autoreboot_on,
        "hardware_profile": item.hardware_profile,
        "hardware_profile_locked": item.hardware_profile_locked,
        "cdrom_url": item.cdrom_url,
        "keymap": item.keymap,
        "zone_name": item.zone_name,
        "head": item.head,
        "management_address": item.management_address,
        "last_imaged_with": item.last_imaged_with,
        "deleted": item.deleted,
        "type": _TYPE + "virtual-machine",
    }
    if overview:
        shown["discs"] = [disc(child) for child in item.discs]
        shown["network_interfaces"] = [network_interface(child) for child in item.network_interfaces]
    return shown


def created(item: VirtualMachine, body: dict[str, Any]) -> dict[str, Any]:
    """Observed: the parts, the reimage as it was sent; the image and the addresses come with the next GET."""
    return {
        "virtual_machine": new_virtual_machine(item),
        "discs": [disc(child) for child in item.discs],
        "reimage": body.get("reimage"),
    }


def new_virtual_machine(item: VirtualMachine) -> dict[str, Any]:
    return virtual_machine(item) | {"last_imaged_with": None, "management_address": None}


def disc(item: Disc) -> dict[str, Any]:
    return {
        "id": item.id,
        "label": item.label,
        "size": item.size,
        "storage_grade": item.storage_grade,
        "storage_pool": f"{item.virtual_machine.zone_name}-{item.storage_grade}1",
        "virtual_machine_id": item.virtual_machine.id,
        "backup_count": 0,
        "backup_schedules": [asdict(schedule) for schedule in item.backup_schedules],
        "backups_enabled": bool(item.backup_schedules),
        "iops_limit": None,
        "new_storage_grade": None,
        "migration_progress": None,
        "type": _TYPE + "disc",
    }


def network_interface(item: NetworkInterface) -> dict[str, Any]:
    return {
        "id": item.id,
        "label": item.label,
        "mac": item.mac,
        "vlan_num": item.vlan_num,
        "ips": item.ips,
        "extra_ips": item.extra_ips,
        "virtual_machine_id": item.virtual_machine.id,
        "type": _TYPE + "network-interface",
    }


def address(item: Address) -> dict[str, Any]:
    return {"address": item.address, "rdns": item.rdns}


def definitions(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": key, "data": value} for key, value in data.items()]
