# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""NICs, the private VLANs that they may be in, and the addresses that they get."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Response

from ..core import flat_lists, rules
from ..core.attributes import Attribute
from ..core.cloud import Cloud, pick_device
from ..core.document import DocumentError, items_of, read, refuse_used
from ..core.http import Authenticated, Call
from ..core.objects import Object, Parent
from ..core.openapi import LABEL_OR_ID, described
from ..core.problem import Invalid, Problem, not_found
from ..core.resource import ObjectResource, Resource, show
from .account import FILTERS
from .disc import TAG
from .group import Group
from .vm.model import VirtualMachine
from .vm.paths import MACHINE, find_to_read
from .vm.paths import find as find_machine

NIC = MACHINE + "/nics/{nic}"
Rdns = Annotated[
    str | None, Attribute("The name that the address has in reverse DNS (documented).", "web1.example.com")
]
_PUBLIC_VLAN = 100
_TYPE = "application/vnd.bigv.network-interface"
_PUBLIC = int(ipaddress.IPv4Address("198.18.0.1"))
_PUBLIC_COUNT = 2**17 - 2
_PRIVATE = int(ipaddress.IPv4Address("10.0.0.1"))
_PRIVATE_COUNT = 2**24 - 2
_V6 = int(ipaddress.IPv6Address("2001:db8::"))
router = APIRouter(tags=[TAG])
flat = APIRouter(tags=[flat_lists.TAG])


def _addresses(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Invalid("is not a hash of addresses")
    return {rules.any_address(extra): rules.any_address(target) for extra, target in value.items()}


@dataclass(slots=True, eq=False, kw_only=True)
class NetworkInterface(Object):
    virtual_machine: VirtualMachine
    label: Annotated[
        str | None,
        Attribute("Null, as far as is known (documented).", None, write="never", rule=rules.nullable(rules.label)),
    ] = None
    mac: Annotated[str, Attribute("Documented.", "fe:ff:00:00:23:29", write="never")]
    vlan_num: Annotated[int, Attribute("Documented.", 100, write="never", rule=rules.integer(1, 4094))]
    ips: Annotated[
        list[str],
        Attribute(
            "The first IPv4 and IPv6 addresses are the primary ones (documented). "
            "Additional ones stand here as well (observed), or not, which is a setting.",
            ["198.18.0.1", "2001:db8:0:2329::"],
            write="never",
            rule=rules.list_of(rules.any_address, "addresses"),
        ),
    ]
    extra_ips: Annotated[
        dict[str, str],
        Attribute(
            "Each additional address → what it is routed to (documented).",
            {"198.18.0.2": "198.18.0.1"},
            write="never",
            rule=_addresses,
        ),
    ] = field(default_factory=dict)
    type: ClassVar[Annotated[str, Attribute("The kind of object (observed).", _TYPE)]] = _TYPE

    @property
    def container(self) -> VirtualMachine:
        return self.virtual_machine

    @property
    def addresses(self) -> list[str]:
        """Return all of its addresses, each once."""
        return list(dict.fromkeys((*self.ips, *self.extra_ips)))

    def listed_ips(self, additional: bool) -> list[str]:
        """Return those of `ips` that are additional addresses, or those that are not."""
        return [ip for ip in self.ips if (ip in self.extra_ips) is additional]

    @property
    def deleted(self) -> bool:
        return self.virtual_machine.deleted

    @property
    def virtual_machine_id(self) -> Annotated[int, Attribute("The VM that it belongs to (documented).", 1001)]:
        return self.virtual_machine.id


@dataclass(slots=True, eq=False)
class Address:
    address: Annotated[str, Attribute("IPv4 or IPv6 (documented).", "198.18.0.1")]
    network_interface: NetworkInterface
    rdns: Rdns = None


@dataclass(slots=True)
class PrivateVlan:
    """Take the VMs created in an account (or one of its groups) into a VLAN, where they may choose their addresses."""

    vlan_num: int
    account: str
    group: str | None = None


class Network:
    """Hand out free addresses in a fixed order, so that the same requests give the same addresses."""

    def __init__(self) -> None:
        self.private_vlans: list[PrivateVlan] = []
        self.used: dict[str, Address] = {}
        self.next_addresses = {"public": 0, "private": 0}

    def private_vlan(self, group: Group) -> PrivateVlan | None:
        for vlan in self.private_vlans:
            if vlan.account == group.account.name and vlan.group in (None, group.name):
                return vlan
        return None

    def is_private(self, vlan_num: int) -> bool:
        return any(vlan.vlan_num == vlan_num for vlan in self.private_vlans)

    def ipv4(self, private: bool) -> str:
        free = self.free_ipv4(private, 1)
        if not free:
            raise Problem(503, "No free IPv4 addresses are left")
        return free[0]

    def free_ipv4(self, private: bool, count: int, contiguous: bool = False) -> list[str]:
        """Return as many free addresses, or none where there are too few."""
        kind = "private" if private else "public"
        base, size = (_PRIVATE, _PRIVATE_COUNT) if private else (_PUBLIC, _PUBLIC_COUNT)
        first = self.next_addresses[kind]
        free: list[ipaddress.IPv4Address] = []
        for position in range(first, first + size):
            address = ipaddress.IPv4Address(base + position % size)
            if str(address) in self.used:
                continue
            if contiguous and free and address != free[-1] + 1:
                free.clear()
            free.append(address)
            if len(free) == count:
                self.next_addresses[kind] = position + 1
                return list(map(str, free))
        return []

    def ipv6(self, nic_id: int) -> str:
        candidate = _V6 + (nic_id << 16)
        while (address := str(ipaddress.IPv6Address(candidate))) in self.used:
            candidate += 1
        return address

    def release(self, machine: VirtualMachine) -> None:
        """Free the addresses of a VM that goes for good."""
        for nic in machine.children(NetworkInterface):
            for ip in nic.addresses:
                del self.used[ip]


class PrivateVlans(Resource):
    collection = "private_vlans"

    def load_all(self, cloud: Cloud, parent: Parent, path: str, item: Mapping[str, Any]) -> None:
        known = {"vlan_num": rules.integer(1, 4094), "account": rules.name, "group": rules.name}
        for vlan_path, vlan in items_of(item, self.collection, path):
            values = read(vlan, vlan_path, known, required=("vlan_num", "account"))
            cloud.part(Network).private_vlans.append(PrivateVlan(**values))

    def dump_all(self, parent: Cloud) -> Any:
        vlans = parent.part(Network).private_vlans
        return [{key: value for key, value in asdict(vlan).items() if value is not None} for vlan in vlans]


class NetworkInterfaces(ObjectResource[NetworkInterface]):
    model = NetworkInterface
    collection = "network_interfaces"
    parent = VirtualMachine
    first_ids = (("network_interfaces", 9000),)
    path_parameters = (("nic", LABEL_OR_ID, "9001"),)
    runtime_keys = ("next_addresses", "rdns")
    routers = (router, flat)

    def load_all(self, cloud: Cloud, parent: Any, path: str, item: Mapping[str, Any]) -> None:
        """Give a VM one NIC if the seed has none for it."""
        if self.collection in item:
            super().load_all(cloud, parent, path, item)
        else:
            add(cloud, parent, {})

    def make(self, cloud: Cloud, parent: Any, path: str, values: dict[str, Any]) -> NetworkInterface:
        for ip in (*values.get("ips", ()), *values.get("extra_ips", ())):
            refuse_used(ip, cloud.part(Network).used, f"{path}.ips")
        return add(cloud, parent, values)

    def take_runtime_state(self, cloud: Cloud) -> dict[str, Any]:
        network = cloud.part(Network)
        return {
            "next_addresses": network.next_addresses,
            "rdns": {found.address: found.rdns for found in network.used.values() if found.rdns is not None},
        }

    def restore_runtime_state(self, cloud: Cloud, path: str, state: Mapping[str, Any]) -> None:
        network = cloud.part(Network)
        values = read(
            {key: state[key] for key in self.runtime_keys if key in state},
            path,
            {"next_addresses": rules.counts(network.next_addresses), "rdns": _rdns},
            required=("next_addresses",),
        )
        network.next_addresses.update(values["next_addresses"])
        for address, name in values.get("rdns", {}).items():
            if address not in network.used:
                raise DocumentError(f"{path}.rdns: nothing has the address {address}")
            network.used[address].rdns = name


def _rdns(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Invalid("is not a hash of addresses")
    return {normalised(address): rules.host_name(name) for address, name in value.items()}


def normalised(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def add(cloud: Cloud, machine: VirtualMachine, values: dict[str, Any], primary: Sequence[str] = ()) -> NetworkInterface:
    """Put a NIC with these good values into a VM. Those that are missing are chosen, but for primary addresses."""
    network = cloud.part(Network)
    vlan = network.private_vlan(machine.group)
    number = values.get("id") or cloud.new_id("network_interfaces")
    chosen: dict[str, Any] = {
        "id": number,
        "mac": "fe:ff:00:" + ":".join(f"{number >> shift & 255:02x}" for shift in (16, 8, 0)),
        "vlan_num": vlan.vlan_num if vlan else _PUBLIC_VLAN,
    }
    if "ips" not in values:
        given = {4 if "." in ip else 6: ip for ip in primary}
        chosen["ips"] = [given.get(4) or network.ipv4(vlan is not None), given.get(6) or network.ipv6(number)]
    nic = NetworkInterface(virtual_machine=machine, **(chosen | values))
    cloud.add(nic, machine)
    for ip in nic.addresses:
        network.used[ip] = Address(ip, nic)
    return nic


def find(call: Call, path: tuple[str, str, str], segment: str, include_deleted: bool) -> NetworkInterface:
    """Return the NIC that a path names, or 404."""
    nic = call.cloud.with_winning_id(call.identity, segment, NetworkInterface)
    if nic is None:
        machine = find_machine(call.cloud, call.identity, path, include_deleted)
        nic = pick_device(segment, machine.children(NetworkInterface))
    if nic is None or (nic.deleted and not include_deleted):
        raise not_found()
    return nic


@router.get(MACHINE + "/nics")
@described(list[NetworkInterface], query=("include_deleted",))
async def list_nics(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """Documented."""
    machine = find_to_read(call, account, group, virtual_machine)
    return call.answer([show(nic) for nic in machine.children(NetworkInterface)])


@router.get(NIC)
@described(NetworkInterface, query=("include_deleted",))
async def read_nic(call: Authenticated, account: str, group: str, virtual_machine: str, nic: str) -> Response:
    """Documented."""
    return call.answer(show(find(call, (account, group, virtual_machine), nic, call.include_deleted)))


@flat.get("/nics", name="list_nics")
@described(list[NetworkInterface], query=("include_deleted", *FILTERS))
async def list_all_nics(call: Authenticated) -> Response:
    """Documented."""
    return call.answer([show(nic) for nic in call.search.all(NetworkInterface)])


@flat.get("/nics/{nic}", name="read_nic")
@described(NetworkInterface, query=("include_deleted",))
async def read_nic_of_any_machine(call: Authenticated, nic: str) -> Response:
    """Documented."""
    return call.answer(show(call.find_device(NetworkInterface, nic)))
