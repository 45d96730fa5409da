# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Building a cloud from a seed document, and saying where in the document something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import backup_schedules, default_seed, discs, groups, power, rules, virtual_machines
from .cloud import Cloud
from .document import (
    DocumentError,
    hash_of,
    items_of,
    only_known,
    point_in_time,
    read,
    refuse,
    refuse_used,
    resource_id,
)
from .model import (
    Account,
    ApiKey,
    Clock,
    Disc,
    Group,
    Identity,
    NetworkInterface,
    PrivateVlan,
    Settings,
    User,
    VirtualMachine,
)
from .problem import Errors, Invalid, Problem, read_attributes
from .settings import change_settings

_PARTS = {"accounts", "users", "api_keys", "private_vlans", "definitions", "settings"}


def build(document: Any, clock: Clock, settings: Settings) -> Cloud:
    """Build the cloud; only then are the settings that the seed says applied."""
    given = hash_of(document, "seed")
    only_known(given, _PARTS, "seed")
    whole = default_seed.complete(given)
    cloud = Cloud(clock, settings, _definitions(hash_of(whole.get("definitions", {}), "definitions")))
    _reserve_ids(cloud, whole)
    for path, item in items_of(whole, "private_vlans"):
        values = read(
            item,
            path,
            {"vlan_num": rules.integer(1, 4094), "account": rules.name, "group": rules.name},
            required=("vlan_num", "account"),
        )
        cloud.private_vlans.append(PrivateVlan(**values))
    for path, item in items_of(whole, "accounts"):
        _account(cloud, path, item)
    for path, item in items_of(whole, "users"):
        _user(cloud, path, item)
    for path, item in items_of(whole, "api_keys"):
        _api_key(cloud, path, item)
    try:
        change_settings(settings, hash_of(whole["settings"], "settings"))
    except Problem as problem:
        raise DocumentError(f"settings: {problem.body}") from None
    return cloud


def _account(cloud: Cloud, path: str, item: dict[str, Any]) -> None:
    values = read(
        item,
        path,
        {"id": resource_id, "name": rules.name, "suspended": rules.boolean},
        required=("name",),
        children=("groups",),
    )
    account = Account(values.get("id") or cloud.new_id("accounts"), values["name"], values.get("suspended", False))
    refuse_used(account.id, cloud.accounts, f"{path}.id")
    refuse_used(account.name, cloud.accounts_by_name, f"{path}.name")
    cloud.accounts[account.id] = cloud.accounts_by_name[account.name] = account
    for group_path, group_item in items_of(item, "groups", path):
        _group(cloud, account, group_path, group_item)
    if "default" not in account.groups_by_name:
        groups.add(cloud, account, "default", cloud.new_id("groups"))


def _group(cloud: Cloud, account: Account, path: str, item: dict[str, Any]) -> None:
    values = read(
        item, path, {"id": resource_id, "name": rules.name}, required=("name",), children=("virtual_machines",)
    )
    group_id = values.get("id") or cloud.new_id("groups")
    refuse_used(group_id, cloud.groups, f"{path}.id")
    refuse_used(values["name"], account.groups_by_name, f"{path}.name")
    group = groups.add(cloud, account, values["name"], group_id)
    for machine_path, machine_item in items_of(item, "virtual_machines", path):
        _virtual_machine(cloud, group, machine_path, machine_item)


def _virtual_machine(cloud: Cloud, group: Group, path: str, item: dict[str, Any]) -> None:
    """A VM runs, and has one disc and one NIC, unless the seed says otherwise."""
    values = read(
        item,
        path,
        virtual_machines.attribute_rules(cloud)
        | {
            "id": resource_id,
            "deleted": rules.boolean,
            "head": rules.text,
            "management_address": rules.address(4),
            "last_imaged_with": rules.nullable(rules.text),
        },
        required=("name",),
        children=("discs", "network_interfaces"),
    )
    machine_id = values.pop("id", None) or cloud.new_id("virtual_machines")
    refuse_used(machine_id, cloud.virtual_machines, f"{path}.id")
    refuse_used(values["name"], group.virtual_machines_by_name, f"{path}.name")
    runs = not values.get("deleted", False)
    if values.get("power_on") and not runs:
        raise DocumentError(f"{path}.power_on: a deleted virtual machine cannot be on")
    values = {"power_on": runs, "autoreboot_on": runs} | values
    machine = virtual_machines.add(cloud, group, values, machine_id)
    for disc_path, disc_item in items_of({"discs": [{"size": 25600}]} | item, "discs", path):
        _disc(cloud, machine, disc_path, disc_item)
    if "network_interfaces" not in item:
        virtual_machines.add_network_interface(cloud, machine)
    for nic_path, nic_item in items_of(item, "network_interfaces", path):
        _network_interface(cloud, machine, nic_path, nic_item)
    if machine.power_on:
        machine.running_hardware = power.hardware(machine)
    if machine.deleted:
        virtual_machines.vanish_in_time(cloud, machine)


def _disc(cloud: Cloud, machine: VirtualMachine, path: str, item: dict[str, Any]) -> Disc:
    """Old VMs may have discs that are called like Unix devices (observed)."""
    only_known(item, {"id", "label", "size", "storage_grade", "backup_schedules"}, path)
    errors = Errors()
    taken = [disc.label for disc in machine.discs]
    values = discs.read_new(cloud, item | {"backup_schedules": None}, taken, errors, rules.old_label)
    values |= read_attributes(item, {"id": resource_id}, errors)
    refuse(errors, path)
    values["backup_schedules"] = [
        _backup_schedule(schedule_path, schedule)
        for schedule_path, schedule in items_of(item, "backup_schedules", path)
    ]
    if "id" in values:
        refuse_used(values["id"], cloud.discs, f"{path}.id")
    return discs.add(cloud, machine, values, values.get("id"))


def _backup_schedule(path: str, item: dict[str, Any]) -> dict[str, Any]:
    only_known(item, {"id", "start_at", "interval_seconds", "capacity"}, path)
    errors = Errors()
    values = backup_schedules.read_one(item, errors) | read_attributes(item, {"id": resource_id}, errors)
    refuse(errors, path)
    return values


def _network_interface(cloud: Cloud, machine: VirtualMachine, path: str, item: dict[str, Any]) -> None:
    values = read(
        item,
        path,
        {
            "id": resource_id,
            "label": rules.nullable(rules.old_label),
            "mac": rules.text,
            "vlan_num": rules.integer(1, 4094),
            "ips": _addresses,
            "extra_ips": _routes,
        },
    )
    number = values.get("id") or cloud.new_id("network_interfaces")
    refuse_used(number, cloud.network_interfaces, f"{path}.id")
    vlan = cloud.private_vlan(machine.group)
    vlan_num = vlan.vlan_num if vlan else virtual_machines.PUBLIC_VLAN
    nic = NetworkInterface(number, virtual_machines.mac_address(number), vlan_num, machine)
    nic.ips = values.pop("ips") if "ips" in values else [cloud.pool.ipv4(vlan is not None), cloud.pool.ipv6(number)]
    for attribute, value in values.items():
        setattr(nic, attribute, value)
    for ip in (*nic.ips, *nic.extra_ips):
        refuse_used(ip, cloud.pool.used, f"{path}.ips")
    virtual_machines.attach(cloud, nic)


def _user(cloud: Cloud, path: str, item: dict[str, Any]) -> None:
    values = read(
        item,
        path,
        {
            "id": resource_id,
            "username": rules.text,
            "password": rules.text,
            "email": rules.nullable(rules.text),
            "authorized_keys": rules.text,
            "yubikey": rules.text,
            "2fa": rules.text,
            "staff": rules.boolean,
            "accounts": rules.nullable(_names),
            "read_only": rules.boolean,
        },
        required=("username", "password"),
    )
    refuse_used(values["username"], cloud.identities.users, f"{path}.username")
    identity = _identity(cloud, path, values)
    values["two_factor"] = values.pop("2fa", None)
    values["id"] = values.get("id") or cloud.new_id("users")
    cloud.identities.users[values["username"]] = User(identity=identity, **values)


def _api_key(cloud: Cloud, path: str, item: dict[str, Any]) -> None:
    values = read(
        item,
        path,
        {
            "id": resource_id,
            "token": _token,
            "username": rules.text,
            "label": rules.nullable(rules.text),
            "expires_at": rules.nullable(point_in_time),
            "accounts": rules.nullable(_names),
            "read_only": rules.boolean,
        },
        required=("token",),
    )
    refuse_used(values["token"], cloud.identities.api_keys, f"{path}.token", is_secret=True)
    identity = _identity(cloud, path, values)
    values["id"] = values.get("id") or cloud.new_id("api_keys")
    cloud.identities.api_keys[values["token"]] = ApiKey(identity=identity, **values)


def _identity(cloud: Cloud, path: str, values: dict[str, Any]) -> Identity:
    accounts = values.pop("accounts", None)
    for name in accounts or ():
        if name not in cloud.accounts_by_name:
            raise DocumentError(f"{path}.accounts: there is no account {name}")
    return Identity(None if accounts is None else frozenset(accounts), values.pop("read_only", False))


def _definitions(given: dict[str, Any]) -> dict[str, Any]:
    definitions = default_seed.DEFINITIONS | given
    for key, default in default_seed.DEFINITIONS.items():
        value = definitions[key]
        if isinstance(default, dict):
            hash_of(value, f"definitions.{key}")
        elif not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise DocumentError(f"definitions.{key}: is not an array of strings")
    for key in ("zone_names", "hardware_profiles", "storage_grades"):
        if not definitions[key]:
            raise DocumentError(f"definitions.{key}: must not be empty")
    return definitions


def _reserve_ids(cloud: Cloud, document: Mapping[str, Any]) -> None:
    """Ids that are not given begin after the highest that is."""
    firsts = {
        "accounts": 0,
        "groups": 100,
        "virtual_machines": 1000,
        "discs": 5000,
        "network_interfaces": 9000,
        "backup_schedules": 0,
        "users": 0,
        "api_keys": 0,
    }
    for kind, first in firsts.items():
        cloud.reserve_ids(kind, first)
    pending: list[tuple[str, Any]] = list(document.items())
    while pending:
        kind, items = pending.pop()
        if kind in firsts and isinstance(items, list):
            for item in items:
                if isinstance(item, dict):
                    pending += item.items()
                    if isinstance(item.get("id"), int):
                        cloud.reserve_ids(kind, item["id"])


def _token(value: Any) -> str:
    if not rules.text(value).startswith("apikey."):
        raise Invalid("must begin with 'apikey.'")
    return str(value)


def _names(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Invalid("is not an array of names")
    return [rules.name(name) for name in value]


def _addresses(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Invalid("is not an array of addresses")
    return [_any_address(ip) for ip in value]


def _any_address(value: Any) -> str:
    return str(rules.address(6 if isinstance(value, str) and ":" in value else 4)(value))


def _routes(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Invalid("is not a hash of addresses")
    return {_any_address(extra): _any_address(target) for extra, target in value.items()}
