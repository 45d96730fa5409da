# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Reading addresses. Private to bytemark.cloud."""

from __future__ import annotations

from urllib.parse import quote

from ..._core.client import Client
from ..._core.plan import Resource
from .attributes import IP


def ip_path(address: str) -> str:
    """Return the path of an address."""
    return f"/ips/{quote(address, safe=':')}"


def find_ip(client: Client, address: str) -> Resource | None:
    """Return an address, also one of a soft-deleted VM, or None where there is none that can be read."""
    return client.find(ip_path(address), f"address {address}", IP, include_deleted="true")


def read_rdns(client: Client, address: str) -> str | None:
    """Return the reverse DNS of an address; None too where it cannot be read, as for a soft-deleted VM (assumed)."""
    found = find_ip(client, address)
    return found.get("rdns") if found else None
