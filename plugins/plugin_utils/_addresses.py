# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors

"""What is a host name and what an address. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

LABEL = "[A-Za-z0-9_][A-Za-z0-9_-]{0,62}"
DNS_NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*")
LONGEST_DNS_NAME = 253


def is_address(value: Any) -> bool:
    """Return whether the value is an IP address as text, without a zone.

    >>> is_address("192.0.2.1"), is_address("2001:db8::1"), is_address("fe80::1%eth0"), is_address("-x")
    (True, True, False, False)
    """
    try:
        return isinstance(value, str) and "%" not in value and bool(ipaddress.ip_address(value))
    except ValueError:
        return False


def is_dns_name(value: Any) -> bool:
    """Return whether the value is a DNS name, which may hold underscores.

    >>> is_dns_name("web_1.acme.uk0.bigv.io"), is_dns_name("-oProxyCommand=x"), is_dns_name("a..b")
    (True, False, False)
    """
    return isinstance(value, str) and len(value) <= LONGEST_DNS_NAME and DNS_NAME.fullmatch(value) is not None
