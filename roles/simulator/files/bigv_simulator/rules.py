# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Rules for attribute values: each takes what JSON gave and returns it, or raises Invalid."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from .problem import Invalid, Problem, Rule

MAX_DISCS = 8
MAX_EXTRA_ADDRESSES = 4
MIN_DISC_SIZE = 50

_NUMBER = re.compile(r"-?[0-9]{1,40}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")
_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,62}")
_UNIX_DEVICE = re.compile(r"([hsv]d|xvd)[a-z]+[0-9]*")
_RDNS = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")


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
    """An integer of the API, which may be sent as a string (observed)."""
    rule = integer(minimum, maximum)
    return lambda value: rule(int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value)


resource_id = number(-(10**40), 10**40)


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise Invalid("is not a string")
    return value


def _present(value: Any) -> str:
    if value is None or value == "":
        raise Invalid("can't be blank")
    return text(value)


def name(value: Any) -> str:
    """A component of a host name: no dots (observed); the other characters allowed are assumed."""
    if not _NAME.fullmatch(_present(value)):
        raise Invalid("may hold only letters, digits, hyphens and underscores, and at most 63 of them")
    return str(value)


def old_label(value: Any) -> str:
    """A disc label as old VMs may have it, Unix device names included (observed)."""
    if not _LABEL.fullmatch(_present(value)):
        raise Invalid("may hold only letters, digits, dots, hyphens and underscores, and at most 63 of them")
    return str(value)


def label(value: Any) -> str:
    """A disc may not be called like a Unix device (documented)."""
    if _UNIX_DEVICE.fullmatch(old_label(value)):
        raise Invalid("may not look like a Unix device name")
    return str(value)


def one_of(choices: Collection[str]) -> Rule:
    def rule(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise Invalid("is not included in the list")
        return value

    return rule


def nullable(rule: Rule) -> Rule:
    return lambda value: None if value is None else rule(value)


def cdrom_url(value: Any) -> str | None:
    """A bad URL answers 500 (observed); that "" takes the CD out like null does is assumed."""
    if value is None or value == "":
        return None
    try:
        parts = urlsplit(text(value))
        good = parts.scheme in ("http", "https", "ftp") and bool(parts.hostname) and not re.search(r"\s", value)
    except Invalid:
        raise
    except ValueError:
        good = False
    if not good:
        raise Problem(500, "Could not read the cdrom_url")
    return str(value)


def rdns(value: Any) -> str:
    if not _RDNS.fullmatch(_present(value)) or len(value) > 253:
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
