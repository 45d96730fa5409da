# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The shape of what the API answers, checked once, where it comes in. Pure. Private to bytemark.cloud.

What the code relies on is seen to here: numbers are numbers (also where the API spells them as strings), what is nested
is a list of objects with ids, and what is nested but null is as if it were missing, and so read apart.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.bytemark.cloud.plugins.module_utils._names import is_id

NUMBERS = ("cores", "memory", "size")
IDS = ("id", "account_id", "group_id", "virtual_machine_id")
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
    for name in (*NUMBERS, *IDS):
        value = answer.get(name)
        if isinstance(value, str) and is_id(value):
            answer[name] = int(value)
        elif not _is_number(value) and value is not None and not (isinstance(value, str) and name in IDS):
            raise Misshapen("not a number", f"{where}.{name}")
    for name in ADDRESSES:
        value = answer.get(name)
        if value is not None and not _are_addresses(value):
            raise Misshapen("not a list of addresses", f"{where}.{name}")
    for name in NESTED:
        if name in answer:
            if answer[name] is None:
                del answer[name]
            else:
                shaped_list(answer[name], f"{where}.{name}")
    return answer


def shaped_list(answer: Any, where: str = "") -> list[dict[str, Any]]:
    """The list of objects, each put into shape in place."""
    if not isinstance(answer, list):
        raise Misshapen("not a list of objects", where)
    return [shaped(entry, where=f"{where}[{position}]") for position, entry in enumerate(answer)]


def _are_addresses(value: Any) -> bool:
    """A list of them, or an object with them as keys."""
    return isinstance(value, (list, dict)) and all(isinstance(address, str) for address in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
