# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The whole simulator as one JSON document, and back.

The document is a seed that leaves nothing out, under `cloud`, and under `moment` what only a cloud that runs has: its
clock, what is due, and what will be handed out next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

from . import power, render, rules, seed
from .addresses import normalised
from .cloud import Cloud
from .document import DocumentError, hash_of, items_of, only_known, point_in_time, read, refuse_used, resource_id
from .model import (
    Account,
    Action,
    ApiKey,
    Clock,
    Disc,
    Due,
    Group,
    Identity,
    Image,
    NetworkInterface,
    Session,
    Settings,
    User,
    VirtualMachine,
)
from .problem import Invalid

VERSION = 1
_LATER = {"backup_schedules"}
"""Counts that a snapshot of an older simulator does not have."""
_COUNT = rules.integer(0, 10**12)


def take(cloud: Cloud) -> dict[str, Any]:
    return {
        "version": VERSION,
        "cloud": {
            "accounts": [_account(account) for account in cloud.accounts.values()],
            "users": [_user(user) for user in cloud.identities.users.values()],
            "api_keys": [_api_key(key) for key in cloud.identities.api_keys.values()],
            "private_vlans": [_said(asdict(vlan)) for vlan in cloud.private_vlans],
            "definitions": cloud.definitions,
            "settings": asdict(cloud.settings),
        },
        "moment": {
            "advanced": cloud.clock.offset,
            "last_ids": cloud.last_ids,
            "next_addresses": cloud.pool.next_addresses,
            "virtual_machines": [
                moment for machine in cloud.virtual_machines.values() if len(moment := _moment(machine)) > 1
            ],
            "rdns": {found.address: found.rdns for found in cloud.pool.used.values() if found.rdns is not None},
            "sessions": [
                {
                    "id": session.id,
                    "username": session.user.username,
                    "factors": session.factors,
                    "expires_at": session.expires_at,
                }
                for session in cloud.identities.sessions.values()
            ],
        },
    }


def restore(document: Any, clock: Clock, settings: Settings) -> Cloud:
    """Build the cloud that a snapshot was taken of, and put clock and settings as they were then."""
    given = hash_of(document, "state")
    if given.get("version") != VERSION:
        raise DocumentError(f"version: {given.get('version')!r} is not {VERSION}, the only one known")
    only_known(given, {"version", "cloud", "moment"}, "state")
    cloud = seed.build(given.get("cloud"), clock, settings)
    values = read(
        hash_of(given.get("moment"), "moment"),
        "moment",
        {
            "advanced": point_in_time,
            "last_ids": _counts(cloud.last_ids),
            "next_addresses": _counts(cloud.pool.next_addresses),
            "rdns": _rdns,
        },
        required=("advanced", "last_ids", "next_addresses"),
        children=("virtual_machines", "sessions"),
    )
    clock.offset = values["advanced"]
    for kind, last in values["last_ids"].items():
        cloud.reserve_ids(kind, last)
    cloud.pool.next_addresses.update(values["next_addresses"])
    for address, name in values.get("rdns", {}).items():
        if address not in cloud.pool.used:
            raise DocumentError(f"moment.rdns: nothing has the address {address}")
        cloud.pool.used[address].rdns = name
    for path, item in items_of(given["moment"], "virtual_machines", "moment"):
        _restore_machine(cloud, path, item)
    for path, item in items_of(given["moment"], "sessions", "moment"):
        _restore_session(cloud, path, item)
    return cloud


def _account(item: Account) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "suspended": item.suspended,
        "groups": [_group(group) for group in item.groups.values()],
    }


def _group(item: Group) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "virtual_machines": [_machine(machine) for machine in item.virtual_machines.values()],
    }


def _machine(item: VirtualMachine) -> dict[str, Any]:
    attributes = render.virtual_machine(item).items()
    return {
        **{key: value for key, value in attributes if key not in ("group_id", "hostname", "type")},
        "discs": [_disc(disc) for disc in item.discs],
        "network_interfaces": [_network_interface(nic) for nic in item.network_interfaces],
    }


def _disc(item: Disc) -> dict[str, Any]:
    return {
        "id": item.id,
        "label": item.label,
        "size": item.size,
        "storage_grade": item.storage_grade,
        "backup_schedules": [asdict(schedule) for schedule in item.backup_schedules],
    }


def _network_interface(item: NetworkInterface) -> dict[str, Any]:
    return {
        "id": item.id,
        "label": item.label,
        "mac": item.mac,
        "vlan_num": item.vlan_num,
        "ips": item.ips,
        "extra_ips": item.extra_ips,
    }


def _user(item: User) -> dict[str, Any]:
    return _said(
        {
            "id": item.id,
            "username": item.username,
            "password": item.password,
            "email": item.email,
            "authorized_keys": item.authorized_keys,
            "yubikey": item.yubikey,
            "2fa": item.two_factor,
            "staff": item.staff or None,
            **_identity(item.identity),
        }
    )


def _api_key(item: ApiKey) -> dict[str, Any]:
    return _said(
        {
            "id": item.id,
            "token": item.token,
            "username": item.username,
            "label": item.label,
            "expires_at": item.expires_at,
            **_identity(item.identity),
        }
    )


def _identity(item: Identity) -> dict[str, Any]:
    return {"accounts": None if item.accounts is None else sorted(item.accounts), "read_only": item.read_only}


def _moment(item: VirtualMachine) -> dict[str, Any]:
    """What a seed cannot say of a VM, as far as it is not what a VM from a seed has anyway."""
    expected = power.hardware(item) if item.power_on else None
    return _said(
        {
            "id": item.id,
            "due": asdict(item.due) if item.due else None,
            "start_when_built": item.start_when_built or None,
            "appliance": item.appliance,
            "image": asdict(item.image) if item.image else None,
            "running_hardware": item.running_hardware if item.running_hardware != expected else None,
        }
    )


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _restore_machine(cloud: Cloud, path: str, item: dict[str, Any]) -> None:
    values = read(
        item,
        path,
        {"id": resource_id, "start_when_built": rules.boolean, "appliance": rules.text},
        required=("id",),
        children=("due", "image", "running_hardware"),
    )
    machine = cloud.virtual_machines.get(values["id"])
    if machine is None:
        raise DocumentError(f"{path}.id: there is no virtual machine {values['id']}")
    machine.start_when_built = values.get("start_when_built", False)
    machine.appliance = values.get("appliance")
    if (due := _part(item, path, "due", {"at": point_in_time, "action": rules.one_of(get_args(Action))})) is not None:
        machine.due = Due(**due)
        cloud.schedule(machine)
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
        machine.running_hardware = _running_hardware(item, path)


def _running_hardware(item: dict[str, Any], path: str) -> dict[str, Any]:
    values = (
        _part(
            item,
            path,
            "running_hardware",
            {
                "cores": _COUNT,
                "memory": _COUNT,
                "hardware_profile": rules.text,
                "cdrom_url": rules.nullable(rules.text),
            },
            children=("discs",),
        )
        or {}
    )
    known = {"id": resource_id, "label": rules.text, "size": _COUNT, "storage_grade": rules.text}
    return values | {
        "discs": [
            _complete(disc, disc_path, known)
            for disc_path, disc in items_of(item["running_hardware"], "discs", f"{path}.running_hardware")
        ]
    }


def _part(
    item: dict[str, Any], path: str, key: str, known: Mapping[str, Any], children: tuple[str, ...] = ()
) -> dict[str, Any] | None:
    if key not in item:
        return None
    return _complete(hash_of(item[key], f"{path}.{key}"), f"{path}.{key}", known, children)


def _complete(
    item: dict[str, Any], path: str, known: Mapping[str, Any], children: tuple[str, ...] = ()
) -> dict[str, Any]:
    return read(item, path, known, required=(*known, *children), children=children)


def _restore_session(cloud: Cloud, path: str, item: dict[str, Any]) -> None:
    values = _complete(
        item, path, {"id": rules.text, "username": rules.text, "factors": _texts, "expires_at": point_in_time}
    )
    refuse_used(values["id"], cloud.identities.sessions, f"{path}.id", is_secret=True)
    user = cloud.identities.users.get(values.pop("username"))
    if user is None:
        raise DocumentError(f"{path}.username: there is no user {item['username']}")
    cloud.identities.sessions[values["id"]] = Session(user=user, **values)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Invalid("is not an array of strings")
    return [rules.text(item) for item in value]


def _counts(known: Mapping[str, int]) -> Any:
    def rule(value: Any) -> dict[str, int]:
        if not isinstance(value, dict) or not known.keys() - _LATER <= value.keys() <= known.keys():
            raise Invalid(f"is not a hash of {', '.join(known)}")
        return {key: _COUNT(number) for key, number in value.items()}

    return rule


def _rdns(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Invalid("is not a hash of addresses")
    return {normalised(address): rules.rdns(name) for address, name in value.items()}
