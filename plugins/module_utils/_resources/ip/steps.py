# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The writes of addresses: adding and deleting additional ones, and reverse DNS. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from ..._core.errors import BigvError
from ..._core.names import check_number
from ..._core.plan import Reader, Resource, Step, Target, given
from ..names import VmName
from .attributes import IP, NEW_IPV4, NIC, count_additional, is_same_address
from .read import ip_path

# How many additional addresses a NIC has at most (documented).
MAX_ADDITIONAL = 4


class Additional(NamedTuple):
    """The additional IPv4 addresses that a VM is to have, at least. ``option`` is what messages call their number."""

    option: str
    at_least: int
    reason: str | None
    reason_option: str
    contiguous: bool = False

    def missing(self, vm: Resource) -> int:
        """Return how many addresses a VM lacks."""
        return max(0, self.at_least - count_additional(vm))


def additional(
    option: str, at_least: int, reason_option: str, reason: str | None, contiguous: bool = False
) -> Additional:
    """Return the additional addresses that options ask for."""
    check_number(option, at_least, 0)
    return Additional(option, at_least, (reason or "").strip() or None, reason_option, contiguous)


def addition(location: VmName, vm: Resource, wanted: Additional) -> tuple[Step, Resource] | None:
    """Return the write that adds the addresses that a VM lacks, and the VM after that, if it lacks any.

    Where its NICs are not known yet, as with a VM that is to be created, the write goes to the first one.
    """
    count, nics = wanted.missing(vm), vm.get("network_interfaces")
    if not count:
        return None
    nic = None if nics is None else _with_room(location, nics, count, wanted)
    if count > MAX_ADDITIONAL:
        raise _too_many(location, wanted)
    if wanted.reason is None:
        raise BigvError(
            f"{wanted.reason_option}: is required to add addresses to VM {location}, because the provider asks for "
            "it; state what they are for"
        )
    if nic is None:
        return _add(location, None, count, wanted), {**vm, NEW_IPV4: count}
    after = [{**other, NEW_IPV4: count} if other is nic else other for other in nics or ()]
    return _add(location, nic, count, wanted), {**vm, "network_interfaces": after}


def _add(location: VmName, nic: Resource | None, count: int, wanted: Additional) -> Step:
    before = frozenset(nic.get("extra_ips") or ()) if nic else frozenset()
    path = f"{location.path}/nics/{nic['id']}" if nic else None
    noun = "address" if count == 1 else "addresses"
    return Step(
        f"add {count} additional IPv4 {noun} to VM {location}",
        "POST",
        "/ip_create" if path else partial(_path_at_first_nic, location, count),
        NIC,
        {"addresses": count, "family": "ipv4", "reason": wanted.reason, "contiguous": wanted.contiguous},
        verify=partial(_read_nic, location, path, before, count),
        is_done=lambda seen: seen is not None and len(_new(seen, before)) >= count,
        is_idempotent=False,
        target=None if path is None else Target(None, f"a NIC of VM {location}", NIC, (path,), _as_seen(nic or {})),
    )


def _with_room(location: VmName, nics: Sequence[Resource], count: int, wanted: Additional) -> Resource:
    """Return the first NIC that has room for so many more addresses."""
    if not nics:
        raise BigvError(f"{wanted.option}: VM {location} has no NIC that can take more addresses")
    for nic in nics:
        if len(nic.get("extra_ips") or ()) + count <= MAX_ADDITIONAL:
            return nic
    raise _too_many(location, wanted)


def _too_many(location: VmName, wanted: Additional) -> BigvError:
    return BigvError(
        f"{wanted.option}: VM {location} cannot have {wanted.at_least} additional addresses, because a NIC has at "
        f"most {MAX_ADDITIONAL}"
    )


def _path_at_first_nic(location: VmName, count: int, reader: Reader, _seen: Resource) -> str | None:
    """Return where to add addresses to a VM that was just created; None where somebody else has added them by now."""
    nic = _read_nic(location, None, frozenset(), count, reader, f"the NICs of VM {location}") or {}
    return None if len(_new(nic, frozenset())) >= count else f"{location.path}/nics/{nic['id']}/ip_create"


def _first_nic(location: VmName, reader: Reader, what: str) -> Resource:
    for nic in reader.get_list(f"{location.path}/nics", what, NIC):
        return nic
    raise BigvError(f"VM {location} has no NIC yet, so no address was added. Run the task again to add it then.")


def _read_nic(
    location: VmName, path: str | None, before: frozenset[str], count: int, reader: Reader, what: str
) -> Resource | None:
    """Return the NIC that the addresses were to be added to: those that it did not have before tell what was done."""
    nic = reader.find(path, what, NIC) if path else _first_nic(location, reader, what)
    new = _new(nic or {}, before)
    if 0 < len(new) < count:
        raise BigvError(
            f"VM {location} now has the new addresses {', '.join(new)}, but {count} were requested, so somebody else "
            "seems to be adding addresses, too."
        )
    return nic


def _new(nic: Resource, before: frozenset[str]) -> list[str]:
    return [address for address in nic.get("extra_ips") or () if address not in before]


def _as_seen(nic: Resource) -> Resource:
    return given(id=nic.get("id"), extra_ips=nic.get("extra_ips"))


def set_rdns(location: VmName, address: str, rdns: str | None) -> Step:
    """Return the write that sets the reverse DNS of an address, or removes it."""
    return Step(
        f"set the reverse DNS of {address} of VM {location} to {rdns}"
        if rdns
        else f"remove the reverse DNS of {address} of VM {location}",
        "PUT",
        ip_path(address),
        IP,
        {"rdns": rdns or None},
    )


def deletion(location: VmName, address: str, nic: Resource) -> Step:
    """Return the write that deletes an additional address: another customer may get it at once (documented)."""

    def is_gone(seen: Resource | None) -> bool:
        return seen is None or not any(is_same_address(address, other) for other in seen.get("extra_ips") or ())

    path = f"{location.path}/nics/{nic['id']}"
    return Step(
        f"delete the additional address {address} of VM {location}",
        "DELETE",
        "",
        NIC,
        verify=lambda reader, what: reader.find(path, what, NIC),
        is_done=is_gone,
        effect="purge",
        note="permanently",
        target=Target(
            owner=location,
            description=f"the NIC that has the address {address} of VM {location}",
            schema=NIC,
            paths=(path,),
            expected=_as_seen(nic),
            sent_to=ip_path(address),
        ),
    )
