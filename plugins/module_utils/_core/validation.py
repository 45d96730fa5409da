# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The shape of what the API answers, checked once, where it comes in. Pure. Private to bytemark.cloud.

What the code and its users rely on is seen to here: numbers are numbers (also where the API spells them as strings),
text is text (also where it is a number), or null where it is optional and empty, what is nested is a list of objects
with ids, and what is nested but null is as if it were missing, and so read apart. Any other attribute may be null.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .names import is_id

NUMBERS = ("id", "account_id", "group_id", "virtual_machine_id", "cores", "memory", "size", "iops_limit")
# Numbers that nothing here relies on: what is none is left as it is.
OTHER_NUMBERS = ("backup_count", "capacity", "interval_seconds", "vlan_num")
NAMES = ("name", "hostname", "label", "storage_grade", "storage_pool", "address")
# Texts that the API may leave out, in whichever way: as null, or empty (observed for the image).
OPTIONAL_TEXTS = (
    "zone_name", "hardware_profile", "keymap", "cdrom_url", "last_imaged_with", "head", "management_address",
    "new_storage_grade", "rdns",
)  # fmt: skip
TEXTS = (*NAMES, *OPTIONAL_TEXTS)
BOOLEANS = ("power_on", "autoreboot_on", "deleted", "hardware_profile_locked")
KINDS: dict[str, type] = {**dict.fromkeys(NUMBERS, int), **dict.fromkeys(TEXTS, str), **dict.fromkeys(BOOLEANS, bool)}
KIND_NAMES = {int: "a number", str: "text", bool: "true or false"}
ADDRESSES = ("ips", "extra_ips")
NESTED = ("groups", "virtual_machines", "discs", "network_interfaces")
SCHEDULES = "backup_schedules"
# How some answers spell an attribute (observed).
SPELLINGS = {"address": "ip", "start_at": "start_date"}


class InvalidResponse(ValueError):
    """What is wrong, as the end of a sentence."""

    def __init__(self, why: str, where: str) -> None:
        super().__init__(f"{why} at {where.lstrip('.')}" if where else why)


class Unsettled(dict[str, Any]):
    """An object that the API is still at work on, such as a VM that is being built: it was answered with 202."""


def once_settled(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return the test that holds only of what the API is no longer at work on."""
    return lambda seen: not isinstance(seen, Unsettled) and test(seen)


def validate(answer: Any, key: str = "id", where: str = "") -> dict[str, Any]:
    """The object, which has to have the ``key``, put into shape in place.

    >>> validate({"id": "5", "size": "100", "discs": None, "keymap": ""})
    {'id': 5, 'size': 100, 'keymap': None}
    """
    if not isinstance(answer, dict):
        raise InvalidResponse(f"not an object with the attribute {key!r}", where)
    if key in SPELLINGS:
        _respell(answer, key)
    if answer.get(key) is None:
        raise InvalidResponse(f"not an object with the attribute {key!r}", where)
    for name, value in list(answer.items()):
        if value is None:
            if name in NESTED:
                del answer[name]
        elif kind := KINDS.get(name):
            # To Python true and false are numbers too: the kind has to be the very same.
            if value.__class__ is not kind:
                answer[name] = _converted(value, name, where, is_definition="data" in answer)
            elif value == "" and name in OPTIONAL_TEXTS:
                answer[name] = None
        elif name in NESTED:
            validate_list(value, f"{where}.{name}")
        elif name in ADDRESSES:
            if not _are_addresses(value):
                raise InvalidResponse("not a list of addresses", f"{where}.{name}")
        elif name in OTHER_NUMBERS:
            answer[name] = _as_number(value)
        elif name == SCHEDULES and isinstance(value, list):
            answer[name] = list(map(_shaped_schedule, value))
    return answer


def validate_list(answer: Any, where: str = "") -> list[dict[str, Any]]:
    """The list of objects, each put into shape in place."""
    if not isinstance(answer, list):
        raise InvalidResponse("not a list of objects", where)
    return [validate(entry, where=f"{where}[{position}]") for position, entry in enumerate(answer)]


def _respell(answer: dict[str, Any], name: str) -> None:
    if name not in answer and SPELLINGS[name] in answer:
        answer[name] = answer.pop(SPELLINGS[name])


def _shaped_schedule(schedule: Any) -> Any:
    """The schedule of a disc's backups, as far as it can be put into shape."""
    if not isinstance(schedule, dict):
        return schedule
    _respell(schedule, "start_at")
    return {
        name: _as_number(value) if name in OTHER_NUMBERS or name == "id" else value for name, value in schedule.items()
    }


def _as_number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and is_id(value) else value


def _are_addresses(value: Any) -> bool:
    """A list of them, or an object with them as keys."""
    return isinstance(value, (list, dict)) and all(isinstance(address, str) for address in value)


def _converted(value: Any, name: str, where: str, is_definition: bool) -> Any:
    """The value as it should have been. The id of a definition is a word (documented)."""
    kind = KINDS[name]
    if kind is int and isinstance(value, str):
        value = _as_number(value)
        if isinstance(value, int):
            return value
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind is str and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if name == "id" and is_definition and isinstance(value, str):
        return value
    raise InvalidResponse(f"not {KIND_NAMES[kind]}", f"{where}.{name}")
