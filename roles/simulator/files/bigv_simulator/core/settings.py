# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The settings and the clock, and how the control interface, the command line or a seed change the settings."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from . import rules
from .problem import Errors, Invalid, Rule, read_attributes

HardwareChanges = Literal["pending", "refused"]


class Clock:
    """Tell the wall time plus whatever the control interface has moved it by."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset


@dataclass(slots=True)
class Settings:
    """Choose how this cloud behaves where BigV's own timing or choice is not known. Times are seconds."""

    build_time: float = 2.0
    shutdown_time: float = 1.0
    boot_time: float = 0.0
    backup_time: float = 2.0
    restore_time: float = 2.0
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
    address_as_ip: bool = False
    extra_ips_apart: bool = False
    empty_swap: bool = False
    expiry_with_offset: bool = False
    keys_end_blank: bool = False
    privilege_names: bool = False
    revoked_is_200: bool = False
    backups_answer_disc: bool = False
    backup_deleted_is_200: bool = False
    one_backup_a_second: bool = False


def duration(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Invalid("is not a number of seconds")
    if not 0 <= value <= 10**9 or math.isnan(value):
        raise Invalid("is not between 0 and 1000000000 seconds")
    return float(value)


def _ignoring(value: Any) -> bool | list[str | int]:
    if isinstance(value, bool) or (isinstance(value, list) and all(isinstance(item, (str, int)) for item in value)):
        return value
    raise Invalid("is neither a boolean nor an array of names and ids")


RULES: dict[str, Rule] = {
    "build_time": duration,
    "shutdown_time": duration,
    "boot_time": duration,
    "backup_time": duration,
    "restore_time": duration,
    "latency": duration,
    "session_seconds": duration,
    "hardware_changes": rules.one_of(get_args(HardwareChanges)),
    "flat_overview": rules.boolean,
    "ids_win": rules.boolean,
    "date_header": rules.boolean,
    "ignore_acpi": _ignoring,
    "bare_vm_create": rules.boolean,
    "empty_group_put": rules.boolean,
    "created_is_200": rules.boolean,
    "building_is_202": rules.boolean,
    "refuse_short_names": rules.boolean,
    "numbers_as_strings": rules.boolean,
    "address_as_ip": rules.boolean,
    "extra_ips_apart": rules.boolean,
    "empty_swap": rules.boolean,
    "expiry_with_offset": rules.boolean,
    "keys_end_blank": rules.boolean,
    "privilege_names": rules.boolean,
    "revoked_is_200": rules.boolean,
    "backups_answer_disc": rules.boolean,
    "backup_deleted_is_200": rules.boolean,
    "one_backup_a_second": rules.boolean,
}


def turned_round() -> dict[str, Any]:
    """Return the settings that are a choice between two, each with the one that is not its default."""
    default = Settings()
    return {
        name: choice
        for name, kind in get_type_hints(Settings).items()
        for choice in _choices(kind)
        if choice != getattr(default, name)
    }


def _choices(kind: Any) -> tuple[Any, ...]:
    if kind is bool:
        return (False, True)
    return get_args(kind) if get_origin(kind) is Literal else ()


def change_settings(settings: Settings, changes: Mapping[str, Any]) -> None:
    """Make all of the changes, or none when one is not valid."""
    errors = Errors()
    values = read_attributes(changes, RULES, errors)
    for name in changes:
        if name not in RULES:
            errors.add(name, "is not a setting")
    errors.raise_any()
    for name, value in values.items():
        setattr(settings, name, value)
