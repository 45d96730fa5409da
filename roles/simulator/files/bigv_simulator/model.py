# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""What the cloud is made of: plain data, linked both ways, with the indexes that look-ups need."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

Action = Literal["built", "build_failed", "start", "restart", "shutdown", "vanish"]


class Clock:
    """Wall time plus whatever the control interface has moved it by."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset


HardwareChanges = Literal["pending", "refused"]


@dataclass(slots=True)
class Settings:
    """How this cloud behaves where BigV's own timing or choice is not known. Times are seconds."""

    build_time: float = 2.0
    shutdown_time: float = 1.0
    boot_time: float = 0.0
    hardware_changes: HardwareChanges = "pending"
    flat_overview: bool = True
    ids_win: bool = False
    latency: float = 0.0
    ignore_acpi: bool | list[str | int] = False
    session_seconds: float = 300.0
    date_header: bool = True
    bare_vm_create: bool = False
    empty_group_put: bool = False
    created_is_200: bool = False
    building_is_202: bool = False
    refuse_short_names: bool = False
    numbers_as_strings: bool = False


@dataclass(slots=True, eq=False)
class Account:
    id: int
    name: str
    suspended: bool = False
    groups: dict[int, Group] = field(default_factory=dict)
    groups_by_name: dict[str, Group] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        return self


@dataclass(slots=True, eq=False)
class Group:
    id: int
    name: str
    account: Account
    virtual_machines: dict[int, VirtualMachine] = field(default_factory=dict)
    virtual_machines_by_name: dict[str, VirtualMachine] = field(default_factory=dict)


@dataclass(slots=True)
class Due:
    """What will happen to a VM by itself: exactly one thing at a time."""

    at: float
    action: Action


@dataclass(slots=True)
class Image:
    """What reimage put on the first disc. Of secrets only their presence is kept."""

    distribution: str
    has_root_password: bool
    ssh_public_key: str | None
    has_firstboot_script: bool


@dataclass(slots=True, eq=False)
class VirtualMachine:
    id: int
    name: str
    group: Group
    zone_name: str
    head: str
    management_address: str
    hardware_profile: str
    cores: int = 1
    memory: int = 1024
    autoreboot_on: bool = False
    power_on: bool = False
    hardware_profile_locked: bool = False
    cdrom_url: str | None = None
    keymap: str | None = None
    deleted: bool = False
    last_imaged_with: str | None = None
    image: Image | None = None
    discs: list[Disc] = field(default_factory=list)
    network_interfaces: list[NetworkInterface] = field(default_factory=list)
    due: Due | None = None
    start_when_built: bool = False
    appliance: str | None = None
    running_hardware: dict[str, Any] | None = None

    @property
    def account(self) -> Account:
        return self.group.account

    @property
    def building(self) -> bool:
        return self.due is not None and self.due.action in ("built", "build_failed")


@dataclass(slots=True)
class BackupSchedule:
    id: int
    start_at: str
    interval_seconds: int
    capacity: int


@dataclass(slots=True, eq=False)
class Disc:
    id: int
    label: str
    size: int
    storage_grade: str
    virtual_machine: VirtualMachine
    backup_schedules: list[BackupSchedule] = field(default_factory=list)

    @property
    def account(self) -> Account:
        return self.virtual_machine.account


@dataclass(slots=True, eq=False)
class NetworkInterface:
    id: int
    mac: str
    vlan_num: int
    virtual_machine: VirtualMachine
    ips: list[str] = field(default_factory=list)
    extra_ips: dict[str, str] = field(default_factory=dict)
    label: str | None = None

    @property
    def account(self) -> Account:
        return self.virtual_machine.account


@dataclass(slots=True, eq=False)
class Address:
    address: str
    network_interface: NetworkInterface
    rdns: str | None = None


@dataclass(slots=True)
class PrivateVlan:
    """VMs created in this account (and group, if one is named) land in this VLAN and may choose their addresses."""

    vlan_num: int
    account: str
    group: str | None = None


@dataclass(slots=True, eq=False)
class Identity:
    """Who asks. `accounts` None means every account."""

    accounts: frozenset[str] | None
    read_only: bool = False

    def sees(self, account: Account) -> bool:
        return self.accounts is None or account.name in self.accounts


@dataclass(slots=True, eq=False)
class User:
    id: int
    username: str
    password: str
    identity: Identity
    email: str | None = None
    authorized_keys: str = ""
    yubikey: str | None = None
    two_factor: str | None = None
    staff: bool = False


@dataclass(slots=True, eq=False)
class ApiKey:
    id: int
    token: str
    identity: Identity
    username: str | None = None
    label: str | None = None
    expires_at: float | None = None


@dataclass(slots=True, eq=False)
class Session:
    id: str
    user: User
    factors: list[str]
    expires_at: float
