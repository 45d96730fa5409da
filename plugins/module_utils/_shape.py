# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The shape of what the API answers, checked once, where it comes in. Pure. Private to bytemark.cloud.

What the code and its users rely on is seen to here: numbers are numbers (also where the API spells them as strings),
text is text (also where it is a number), what is nested is a list of objects with ids, and what is nested but null is
as if it were missing, and so read apart. Any other attribute may be null.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.bytemark.cloud.plugins.module_utils._names import is_id

NUMBERS = ("id", "account_id", "group_id", "virtual_machine_id", "cores", "memory", "size")
TEXTS = (
    "name", "hostname", "label", "zone_name", "hardware_profile", "keymap", "cdrom_url", "last_imaged_with", "head",
    "management_address", "storage_grade", "new_storage_grade", "storage_pool", "address", "rdns",
)  # fmt: skip
BOOLEANS = ("power_on", "autoreboot_on", "deleted", "hardware_profile_locked")
KINDS: dict[str, type] = {**dict.fromkeys(NUMBERS, int), **dict.fromkeys(TEXTS, str), **dict.fromkeys(BOOLEANS, bool)}
KIND_NAMES = {int: "a number", str: "text", bool: "true or false"}
ADDRESSES = ("ips", "extra_ips")
NESTED = ("groups", "virtual_machines", "discs", "network_interfaces")


class Misshapen(ValueError):
    """What is wrong, as the end of a sentence."""

    def __init__(self, why: str, where: str) -> None:
        super().__init__(f"{why} at {where.lstrip('.')}" if where else why)


def shaped(answer: Any, key: str = "id", where: str = "") -> dict[str, Any]:
    """The object, which has to have the ``key``, put into shape in place.

    >>> shaped({"id": "5", "size": "100", "discs": None})
    {'id': 5, 'size': 100}
    """
    if not isinstance(answer, dict) or answer.get(key) is None:
        raise Misshapen(f"not an object with the attribute {key!r}", where)
    for name, value in list(answer.items()):
        if value is None:
            if name in NESTED:
                del answer[name]
        elif name in KINDS:
            if not _is_a(value, KINDS[name]):
                answer[name] = _converted(value, name, where, is_definition="data" in answer)
        elif name in NESTED:
            shaped_list(value, f"{where}.{name}")
        elif name in ADDRESSES and not _are_addresses(value):
            raise Misshapen("not a list of addresses", f"{where}.{name}")
    return answer


def shaped_list(answer: Any, where: str = "") -> list[dict[str, Any]]:
    """The list of objects, each put into shape in place."""
    if not isinstance(answer, list):
        raise Misshapen("not a list of objects", where)
    return [shaped(entry, where=f"{where}[{position}]") for position, entry in enumerate(answer)]


def _is_a(value: Any, kind: type) -> bool:
    """Whether the value is of the kind; to Python true and false are numbers too."""
    return isinstance(value, kind) and isinstance(value, bool) is (kind is bool)


def _are_addresses(value: Any) -> bool:
    """A list of them, or an object with them as keys."""
    return isinstance(value, (list, dict)) and all(isinstance(address, str) for address in value)


def _converted(value: Any, name: str, where: str, is_definition: bool) -> Any:
    """The value as it should have been. The id of a definition is a word (documented)."""
    kind = KINDS[name]
    if kind is int and isinstance(value, str) and is_id(value):
        return int(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind is str and _is_a(value, int):
        return str(value)
    if name == "id" and is_definition and isinstance(value, str):
        return value
    raise Misshapen(f"not {KIND_NAMES[kind]}", f"{where}.{name}")
