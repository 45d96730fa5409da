# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""What the tasks of a check run would have made of the API's objects so far. Pure. Private to bytemark.cloud.

Objects are known by their paths. One that would be created has a negative id and, if it is a VM, addresses that nobody
has: from 240.0.0.0/4, which is reserved, and from 100::/64, to which nothing is delivered. Of an address by itself only
its reverse DNS is known; which VM has it, the VMs say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any, NamedTuple

from ..module_utils._core.names import is_id
from ..module_utils._core.plan import Prediction, Resource, differences
from ..module_utils._resources.disc.schedules import known_schedules
from ..module_utils._resources.ip.attributes import NEW_IPV4, ips_of, nics_of, normalised, primary_addresses
from ..module_utils._resources.ip.read import ip_path

VMS, API_KEYS, PRIVILEGES = "virtual_machines", "api_keys", "privileges"
# What is nested in a VM: how it is called in paths, and in the VM.
PARTS = {"discs": "discs", "nics": "network_interfaces"}
# What a VM gets that is created without them (assumed). Memory is MiB.
DEFAULTS = {"cores": 1, "memory": 1024, "hardware_profile_locked": False}
FIRST_IPV4, FIRST_IPV6 = IPv4Address("240.0.0.0"), IPv6Address("100::")
NOBODYS = ("240.", "100::")


class Node(NamedTuple):
    """An object as it is predicted, and the path at which the API has it (None: it has none)."""

    object: Resource
    real_path: str | None


class PredictedState:
    """The objects that are not, or would not be, as the API has them: changed, moved, created and gone ones."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self._left: set[str] = set()
        # The addresses that the API's VMs had which are not as the API has them.
        self._left_addresses: set[str] = set()
        # Where what has an id would be; None says that it would be gone.
        self._paths: dict[tuple[str, Any], str | None] = {}
        self._children: dict[str, list[str]] | None = None
        self._created = 0

    def __bool__(self) -> bool:
        return bool(self.nodes or self._left)

    def apply(self, prediction: Prediction) -> None:
        """Take a prediction in."""
        self._children = None
        before, after = prediction.before or {}, prediction.after
        was = self.resolve(prediction.was) if prediction.was else None
        at = self.resolve(prediction.at) or prediction.at
        if prediction.was and was is None:
            # Another task has taken it elsewhere meanwhile.
            return
        if was and collection_of(was) == VMS:
            self._left_addresses.update(ip["address"] for ip in ips_of(before))
        if after is None:
            if was:
                self._remove(was, before)
            return
        if was is None:
            node = Node(self._new_object(at, after), None)
            if prediction.at.endswith("/"):
                at = f"{at}/{node.object['id']}"
        else:
            known = self.nodes.get(was) or Node(before, was)
            node = Node(_changed(known.object, before, after), known.real_path)
            if was != at:
                self._move(was, at)
        self._put(at, node)
        if collection_of(at) == API_KEYS and was is None:
            self._grant(node.object)
        if collection_of(at) == VMS:
            self._number_parts(node.object)
            self._add_addresses(node.object)
            self._set_rdns(node, node.object.pop("rdns", {}))

    def resolve(self, path: str) -> str | None:
        """Return a path with the names of what it gives the ids of; None where that would be gone, or elsewhere."""
        parts = path.strip("/").split("/")
        resolved = ""
        for collection, segment in zip(parts[::2], parts[1::2], strict=False):
            own = f"{resolved}/{collection}/{segment}"
            if own not in self.nodes and is_id(segment.removeprefix("-")):
                known = self._paths.get((collection, int(segment)), own)
                if known is None or (resolved and parent_of(known) != f"{resolved}/{collection}"):
                    return None
                own = known
            resolved = own
        return f"{resolved}/{parts[-1]}" if len(parts) % 2 else resolved

    def real_path(self, path: str) -> str | None:
        """Return the path at which the API has what would be at this one, or None where it has nothing for it."""
        nearest = self._nearest(path)
        if not nearest:
            return path
        node = self.nodes.get(nearest)
        return node.real_path + path[len(nearest) :] if node and node.real_path else None

    def is_new(self, path: str) -> bool:
        """Tell whether an object, or what it is in, would be created."""
        node = self.nodes.get(self._nearest(path))
        return node is not None and node.real_path is None

    def is_moved(self, path: str) -> bool:
        """Tell whether an object would be in another list than the one in which the API has it."""
        real_path = self.nodes[path].real_path
        return real_path is not None and self.real_path(parent_of(parent_of(path))) != parent_of(parent_of(real_path))

    def differs(self, collection: str, object_id: Any) -> bool:
        """Tell whether an object of the API would not be as the API has it."""
        return (collection, object_id) in self._paths

    def path_of(self, collection: str, object_id: Any) -> str | None:
        """Return where an object that differs would be, or None if it would be gone."""
        return self._paths.get((collection, object_id))

    def vm_with(self, address: str) -> Resource | None:
        """Return the VM that would have an address, if that is one that differs."""
        vms = (node.object for _path, node in self.of_collection(VMS))
        return next((vm for vm in vms if any(ip["address"] == address for ip in ips_of(vm))), None)

    def is_taken_away(self, address: str) -> bool:
        """Tell whether a VM has an address in the API that it would not have, and no other VM either."""
        return address in self._left_addresses and self.vm_with(address) is None

    def children(self, list_path: str) -> list[str]:
        """Return the paths of the objects that would be in a list and differ."""
        if self._children is None:
            self._children = {}
            for path in self.nodes:
                self._children.setdefault(parent_of(path), []).append(path)
        return self._children.get(list_path, [])

    def of_collection(self, collection: str) -> Iterator[tuple[str, Node]]:
        """Yield the objects of a kind that differ, and where they would be."""
        return ((path, node) for path, node in self.nodes.items() if collection_of(path) == collection)

    def _nearest(self, path: str) -> str:
        """Return the path of an object that differs: this one, or the nearest that it is in; empty if there is none."""
        while path and path not in self.nodes and path not in self._left:
            path = parent_of(parent_of(path))
        return path

    def _put(self, path: str, node: Node) -> None:
        node.object.pop(VMS, None)
        self.nodes[path] = node
        if "id" in node.object:
            self._paths[collection_of(path), node.object["id"]] = path

    def _remove(self, path: str, before: Resource) -> None:
        for below in self._at_or_below(path):
            removed = self.nodes.pop(below).object
            self._paths[collection_of(below), removed.get("id")] = None
        self._paths[collection_of(path), before.get("id")] = None
        self._left.add(path)

    def _move(self, was: str, at: str) -> None:
        for path in self._at_or_below(was):
            self._put(at + path[len(was) :], self.nodes.pop(path))
        self._left.add(was)

    def _at_or_below(self, path: str) -> list[str]:
        return [other for other in self.nodes if other == path or other.startswith(f"{path}/")]

    def _new_object(self, path: str, after: Resource) -> Resource:
        created = {**after, "id": self._next_id()}
        if collection_of(path) == VMS:
            chosen, number = created.pop("addresses"), self._created
            created.update({key: value for key, value in DEFAULTS.items() if created.get(key) is None})
            ips = [chosen.get("ipv4", str(FIRST_IPV4 + number)), chosen.get("ipv6", str(FIRST_IPV6 + number))]
            created["network_interfaces"] = [{"id": None, "label": None, "ips": ips, "extra_ips": {}}]
            group = self.nodes.get(parent_of(parent_of(path)))
            if group:
                created["group_id"] = group.object["id"]
        return created

    def _number_parts(self, vm: Resource) -> None:
        for key in PARTS.values():
            for part in vm.get(key) or ():
                part["virtual_machine_id"] = vm["id"]
                if part.get("id") is None:
                    part["id"] = self._next_id()
                    if key == "discs":
                        part.setdefault("backup_schedules", [])
        for disc in vm.get("discs") or ():
            for schedule in known_schedules(disc) or ():
                if schedule.get("id", 0) is None:
                    schedule["id"] = self._next_id()

    def _grant(self, key: Resource) -> None:
        """Have a new API key have its privileges as any others are had."""
        granted, key[PRIVILEGES] = key.get(PRIVILEGES) or (), []
        for privilege in granted:
            privilege_id = self._next_id()
            node = Node({**privilege, "id": privilege_id, "api_key_id": key["id"]}, None)
            self._put(f"/{PRIVILEGES}/{privilege_id}", node)

    def _next_id(self) -> int:
        self._created += 1
        return -self._created

    def _add_addresses(self, vm: Resource) -> None:
        """Add the additional addresses that a VM gets: those that no NIC says are for the first one."""
        nics = nics_of(vm)
        if nics and NEW_IPV4 in vm:
            nics[0][NEW_IPV4] = vm.pop(NEW_IPV4)
        for nic in nics:
            new = [str(FIRST_IPV4 - self._next_id()) for _number in range(nic.pop(NEW_IPV4, 0))]
            if new:
                routed = next(iter(nic.get("ips") or ()), None)
                nic["extra_ips"] = {**dict(nic.get("extra_ips") or {}), **dict.fromkeys(new, routed)}

    def _set_rdns(self, node: Node, rdns: str | dict[str, str | None] | None) -> None:
        """Set the reverse DNS of addresses of a VM: of each by itself, or of its primary ones."""
        if not isinstance(rdns, dict):
            rdns = dict.fromkeys(primary_addresses(node.object), rdns)
        for address, name in rdns.items():
            path = ip_path(address)
            self.nodes[path] = Node({"address": address, "rdns": name}, path)


def _changed(current: Resource, before: Resource, after: Resource) -> Resource:
    """Return the object with what a task changed of what it saw: another task may have changed something else."""
    changed = {**current, **differences(before, after)}
    for key in PARTS.values():
        if key in after and before.get(key) != after[key]:
            changed[key] = _changed_parts(current.get(key) or (), before.get(key) or (), after[key] or ())
    return changed


def _changed_parts(
    current: Sequence[Resource], before: Sequence[Resource], after: Sequence[Resource]
) -> list[Resource]:
    kept = {part["id"]: part for part in after if part["id"] is not None}
    seen = {part["id"]: part for part in before}
    parts = [
        {**part, **(differences(seen[part["id"]], kept[part["id"]]) if part["id"] in seen else {})}
        for part in current
        if part["id"] in kept or part["id"] not in seen
    ]
    there = {part["id"] for part in parts}
    return [*parts, *(dict(part) for part in after if part["id"] is None or part["id"] not in there)]


def parent_of(path: str) -> str:
    """Return the path of the list that an object is in, or of the object that a list is of."""
    return path.rpartition("/")[0]


def collection_of(path: str) -> str:
    """Return the kind of an object as paths call it, such as ``groups``."""
    return parent_of(path).rpartition("/")[2]


def without_placeholders(value: Any) -> Any:
    """Return a result that says of what only the API can choose that it is not known."""
    if isinstance(value, list):
        return [without_placeholders(item) for item in value]
    if not isinstance(value, dict):
        return None if is_nobodys(value) else value
    unknown = {"network_interfaces", "ipv4", "ipv6"} if _is_placeholder(value.get("id")) else set()
    if unknown and "parent_disc_id" in value:
        # The label of a backup says when it was created.
        unknown.add("label")
    if any(map(is_nobodys, value.get("extra_ips") or ())):
        # Where the API lists the new ones, it may list them twice.
        unknown |= {"ips", "extra_ips"}
    return {
        key: None
        if key in unknown or (str(key).endswith("id") and _is_placeholder(item))
        else without_placeholders(item)
        for key, item in value.items()
        if not is_nobodys(key)
    }


def _is_placeholder(value: Any) -> bool:
    return isinstance(value, int) and value < 0


def is_nobodys(value: Any) -> bool:
    """Tell whether a value is an address that stands for one that only the API can choose."""
    return isinstance(value, str) and value.startswith(NOBODYS) and normalised(value) is not None
