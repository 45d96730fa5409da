# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Reading addresses. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from ..._core.client import Client
from ..._core.errors import BigvError, shown_name
from ..._core.locating import list_filter
from ..._core.plan import Resource
from ..account import locate_account
from ..vm.read import list_vms
from .attributes import IP, NIC, ips_of_nics, is_same_address, nics_of, normalised


def ip_path(address: str) -> str:
    """Return the path of an address. What the API calls one may be none, which is fit for no path."""
    canonical = normalised(address)
    if canonical is None:
        raise BigvError(
            f"The API returned the address {shown_name(address)}, which is not valid and cannot be requested."
        )
    return f"/ips/{canonical}"


def find_ip(client: Client, address: str) -> Resource | None:
    """Return an address, also one of a soft-deleted VM, or None where there is none that can be read."""
    found = client.find(ip_path(address), f"address {address}", IP, include_deleted="true")
    if found and not is_same_address(found["address"], address):
        raise BigvError(f"The API returned a different address for {address}: {shown_name(found['address'])}.")
    return found


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
    filters = list_filter("account", locate_account(client, account) if account else "") | {"include_deleted": "true"}
    nics = client.get_list("/nics", "the NICs", NIC, **filters)
    found = _on_nic(nics, address)
    if found is None or found[1].get("virtual_machine_id") is not None:
        return found
    # Where NICs do not say which VM has them, what is nested does.
    nested = ({**nic, "virtual_machine_id": vm["id"]} for vm in list_vms(client, **filters) for nic in nics_of(vm))
    found = _on_nic(nested, address)
    if found is None:
        raise BigvError(f"The API does not say which VM has the address {address}.")
    return found


def _on_nic(nics: Iterable[Resource], address: str) -> tuple[Resource, Resource] | None:
    return next(
        ((ip, nic) for nic in nics for ip in ips_of_nics([nic]) if is_same_address(ip["address"], address)), None
    )
