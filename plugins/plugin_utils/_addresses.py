# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""What is a host name and what an address. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

LABEL = "[A-Za-z0-9_][A-Za-z0-9_-]{0,62}"
DNS_NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*")
MAX_DNS_NAME = 253
OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
# Every IPv4 address, and IPv6 addresses as they are usually written; what else is one, ipaddress knows.
COMMON_ADDRESS = re.compile(
    rf"{OCTET}(?:\.{OCTET}){{3}}|[0-9a-f]{{1,4}}(?::[0-9a-f]{{1,4}}){{0,3}}::[0-9a-f]{{1,4}}(?::[0-9a-f]{{1,4}}){{0,2}}"
)


def is_address(value: Any) -> bool:
    """Return whether the value is an IP address as text, without a zone.

    >>> is_address("192.0.2.1"), is_address("::ffff:192.0.2.1"), is_address("fe80::1%eth0"), is_address("-x")
    (True, True, False, False)
    """
    if not isinstance(value, str):
        return False
    if COMMON_ADDRESS.fullmatch(value):
        return True
    try:
        return "%" not in value and bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def is_dns_name(value: Any) -> bool:
    """Return whether the value is a DNS name, which may hold underscores.

    >>> is_dns_name("web_1.acme.uk0.bigv.io"), is_dns_name("-oProxyCommand=x"), is_dns_name("a..b")
    (True, False, False)
    """
    return isinstance(value, str) and len(value) <= MAX_DNS_NAME and DNS_NAME.fullmatch(value) is not None


def is_fit(text: str) -> bool:
    """Return whether a name or an address that the user has chosen can do no harm on a command line or a screen.

    >>> is_fit("größe"), is_fit("-oProxyCommand=x"), is_fit("a b"), is_fit("a\\u202eb")
    (True, False, False, False)
    """
    return text.isprintable() and " " not in text and not text.startswith("-")
