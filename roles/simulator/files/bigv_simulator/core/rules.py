# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Rules for the values of attributes: each takes a value of JSON and returns it, or raises Invalid."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from typing import Any

from .problem import Invalid, Rule

_NUMBER = re.compile(r"-?[0-9]{1,40}", re.ASCII)
NAME_PATTERN = "^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$"

_NAME = re.compile(NAME_PATTERN)
_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,62}")
_HOST_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid("must be true or false")
    return value


def integer(minimum: int, maximum: int) -> Rule:
    def rule(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Invalid("is not a number")
        if value < minimum:
            raise Invalid(f"must be greater than or equal to {minimum}")
        if value > maximum:
            raise Invalid(f"must be less than or equal to {maximum}")
        return value

    return rule


def number(minimum: int, maximum: int) -> Rule:
    """Make the rule for an integer of the API, which may be sent as a string (observed)."""
    rule = integer(minimum, maximum)
    return lambda value: rule(int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value)


resource_id = number(-(10**40), 10**40)
stored_id = integer(1, 10**12)
count = integer(0, 10**12)


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise Invalid("is not a string")
    return value


def present(value: Any) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Invalid("can't be blank")
    return text(value)


def name(value: Any) -> str:
    """Take a component of a host name: no dots (observed); the other characters allowed are assumed."""
    if not _NAME.fullmatch(present(value)):
        raise Invalid("may hold only letters, digits, hyphens and underscores, and at most 63 of them")
    return str(value)


def label(value: Any) -> str:
    """Take the label of a device, Unix device names included (observed on old VMs)."""
    if not _LABEL.fullmatch(present(value)):
        raise Invalid("may hold only letters, digits, dots, hyphens and underscores, and at most 63 of them")
    return str(value)


def one_of(choices: Collection[str]) -> Rule:
    def rule(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise Invalid("is not included in the list")
        return value

    return rule


def joined(choices: Collection[str]) -> Rule:
    """Make the rule for choices joined by hyphens; they may have hyphens themselves."""
    longest = max((choice.count("-") for choice in choices), default=0) + 1

    def rule(value: Any) -> str:
        parts = text(value).split("-")
        ends = {0}
        for end in range(1, len(parts) + 1):
            starts = range(max(0, end - longest), end)
            if any(start in ends and "-".join(parts[start:end]) in choices for start in starts):
                ends.add(end)
        if len(parts) not in ends:
            raise Invalid("is not included in the list")
        return str(value)

    return rule


def nullable(rule: Rule) -> Rule:
    return lambda value: None if value is None else rule(value)


def host_name(value: Any) -> str:
    if not _HOST_NAME.fullmatch(present(value)) or len(value) > 253:
        raise Invalid("is not a valid host name")
    return str(value)


def address(version: int) -> Rule:
    def rule(value: Any) -> str:
        try:
            parsed = ipaddress.ip_address(text(value))
        except ValueError:
            raise Invalid(f"is not an IPv{version} address") from None
        if parsed.version != version or "%" in value:
            raise Invalid(f"is not an IPv{version} address")
        return str(parsed)

    return rule


def any_address(value: Any) -> str:
    return str(address(6 if isinstance(value, str) and ":" in value else 4)(value))


def list_of(rule: Rule, things: str) -> Rule:
    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Invalid(f"is not an array of {things}")
        return [rule(item) for item in value]

    return check


def counts(known: Mapping[str, int]) -> Rule:
    """Make the rule for some of the counts that are known; a document of an older simulator may have fewer."""

    def check(value: Any) -> dict[str, int]:
        if not isinstance(value, dict) or not value or not value.keys() <= known.keys():
            raise Invalid(f"is not a hash of {', '.join(known)}")
        return {key: count(number) for key, number in value.items()}

    return check
