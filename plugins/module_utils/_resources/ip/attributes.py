# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Addresses, the network interfaces that have them, and reverse DNS. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..._core.attributes import Attribute, Schema, identifier
from ..._core.errors import BigvError, one_line
from ..._core.names import is_same_domain
from ..._core.plan import Resource
from ..._core.validation import as_number

# How much of the addresses of a VM a message shows.
MAX_SHOWN = 200


def normalised(address: str) -> str | None:
    """Return an address in its one canonical spelling, or None if it is none.

    >>> normalised("2001:DB8:0:0::1"), normalised("203.0.113.10"), normalised("203.0.113.0/24")
    ('2001:db8::1', '203.0.113.10', None)
    """
    from ipaddress import ip_address  # Only here: most tasks compare no addresses.

    try:
        # A zone (fe80::1%eth0) is of one machine only.
        return None if "%" in address else str(ip_address(address))
    except ValueError:
        return None


def shown_addresses(addresses: Iterable[str]) -> str:
    """Return addresses as a message can show them."""
    return one_line(", ".join(addresses), MAX_SHOWN) or "none"


def is_same_address(one: str | None, other: str | None) -> bool:
    """Tell whether two texts spell one address."""
    return one == other or (normalised(one or "") or one) == (normalised(other or "") or other)


def check_address(option: str, text: str) -> str:
    """Return an address in its canonical spelling."""
    address = normalised(text.strip())
    if address is None:
        raise BigvError(f"{option}: {text[:60]!r} is not an IPv4 or IPv6 address; specify one without a prefix length")
    return address


def family_of(address: str) -> str:
    """Return the family of an address."""
    return "ipv6" if ":" in address else "ipv4"


def _addresses(value: Any) -> Any:
    """Return addresses: a list of them, or a dictionary with them as keys."""
    if not (isinstance(value, (list, dict)) and all(isinstance(address, str) for address in value)):
        raise ValueError("not a list of addresses")
    return value


def _routes(value: Any) -> dict[str, Any]:
    """Return additional addresses with what each is routed to, if the API says that."""
    routes = _addresses(value)
    return routes if isinstance(routes, dict) else dict.fromkeys(routes)


# The attribute of a planned NIC that says how many additional addresses it gets, which only the server can choose. A VM
# has it whose NICs are not known yet.
NEW_IPV4 = "new_ipv4"
NIC = Schema(
    "NIC",
    identifier("NIC", 5678),
    Attribute("virtual_machine_id", "int"),
    Attribute("ips", "addresses", convert=_addresses),
    Attribute("extra_ips", "addresses", convert=_routes),
    Attribute("vlan_num", "loose int", convert=as_number),
)
IP = Schema(
    "address",
    Attribute("address", "text", "The address.", "203.0.113.10", spelled="ip", is_same=is_same_address),
    Attribute(
        "rdns",
        "optional text",
        "The reverse DNS name of the address, if any.",
        "www.example.com",
        option="rdns",
        nullable=True,
        is_same=is_same_domain,
    ),
    Attribute("virtual_machine_id", "int", "The id of the VM that has the address.", 1234),
    key="address",
    computed=(
        Attribute("family", "text", "The family of the address, V(ipv4) or V(ipv6).", "ipv4"),
        Attribute("additional", "bool", "Whether the address is additional rather than primary.", False),
    ),
)


def first_address(vm: Resource) -> str | None:
    """Return the primary address that the API lists first, IPv4 or IPv6, or None."""
    return next((address for nic in nics_of(vm) for address in primary_of(nic)), None)


def addresses(vm: Resource) -> tuple[list[str], list[str]]:
    """Return the IPv4 and the IPv6 addresses of a VM, the primary ones first, then the additional ones."""
    primary = [address for nic in nics_of(vm) for address in primary_of(nic)]
    both = list(dict.fromkeys((*primary, *additional_addresses(vm))))
    return [address for address in both if ":" not in address], [address for address in both if ":" in address]


def primary_addresses(vm: Resource) -> list[str]:
    """Return the primary addresses of a VM, IPv4 before IPv6: the first of each family (documented)."""
    found: dict[str, str] = {}
    for nic in nics_of(vm):
        for address in primary_of(nic):
            found.setdefault(family_of(address), address)
    return [found[family] for family in sorted(found)]


def primary_of(nic: Resource) -> Sequence[str]:
    """Return the addresses of a NIC that are no additional ones, which may stand among its ``ips``, too (observed)."""
    ips, extra = nic.get("ips") or (), nic.get("extra_ips")
    return [address for address in ips if address not in extra] if extra else ips


def additional_addresses(vm: Resource) -> list[str]:
    """Return the additional addresses of a VM."""
    return [address for nic in nics_of(vm) for address in nic.get("extra_ips") or ()]


def count_additional(vm: Resource) -> int:
    """Return how many additional IPv4 addresses a VM has, those that it is to get among them."""
    return sum(family_of(address) == "ipv4" for address in additional_addresses(vm)) + count_new(vm)


def count_new(vm: Resource) -> int:
    """Return how many additional addresses a VM is to get."""
    return sum(part.get(NEW_IPV4, 0) for part in (vm, *nics_of(vm)))


def ips_of_nics(nics: Iterable[Resource], vm_id: int | None = None) -> Iterator[Resource]:
    """Yield the addresses of NICs as modules return them, but for their reverse DNS; new ones have none yet."""
    for nic in nics:
        common = {"virtual_machine_id": nic.get("virtual_machine_id", vm_id)}
        for found, is_additional in ((primary_of(nic), False), (nic.get("extra_ips") or (), True)):
            for address in found:
                yield {"address": address, "family": family_of(address), "additional": is_additional, **common}
        for _new in range(nic.get(NEW_IPV4, 0)):
            yield {"address": None, "family": "ipv4", "additional": True, **common}


def ips_of(vm: Resource) -> list[Resource]:
    """Return the addresses of a VM as modules return them, but for their reverse DNS."""
    return list(ips_of_nics([*nics_of(vm), {NEW_IPV4: vm.get(NEW_IPV4, 0)}], vm.get("id")))


def nics_of(vm: Resource) -> list[Resource]:
    """Return the NICs of a VM, as far as they are known."""
    return vm.get("network_interfaces") or []
