# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Reading addresses. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from ..._core.client import Client
from ..._core.locating import list_filter
from ..._core.plan import Resource
from ..account import locate_account
from .attributes import IP, NIC, ips_of_nics, is_same_address, normalised


def ip_path(address: str) -> str:
    """Return the path of an address."""
    return f"/ips/{quote(normalised(address) or address, safe=':')}"


def find_ip(client: Client, address: str) -> Resource | None:
    """Return an address, also one of a soft-deleted VM, or None where there is none that can be read."""
    return client.find(ip_path(address), f"address {address}", IP, include_deleted="true")


def read_rdns(client: Client, address: str) -> str | None:
    """Return the reverse DNS of an address; None too where it cannot be read, as for a soft-deleted VM (assumed)."""
    found = find_ip(client, address)
    return found.get("rdns") if found else None


def read_rdns_of_all(client: Client, addresses: Sequence[str], at_once: int) -> dict[str, str | None]:
    """Return the reverse DNS of addresses, so many of which are read at once: the API tells of one at a time."""
    # Only here: most tasks read none, or few.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(at_once) as pool:
        return dict(zip(addresses, pool.map(partial(read_rdns, client), addresses), strict=True))


def find_on_nic(client: Client, address: str, account: str | None = None) -> tuple[Resource, Resource] | None:
    """Return an address as it is on a NIC, and the NIC, from the flat list of an account's, or of all that are seen."""
    filters = list_filter("account", locate_account(client, account) if account else "")
    nics = client.get_list("/nics", "the NICs", NIC, include_deleted="true", **filters)
    return next(
        ((ip, nic) for nic in nics for ip in ips_of_nics([nic]) if is_same_address(ip["address"], address)), None
    )
