# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""Reads of the API as they would be answered after the earlier tasks of a check run. Private to bytemark.cloud.

What the API has is read from there, as ever, and what would be otherwise is put in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote, unquote

from ..module_utils._core.errors import NotFound
from ..module_utils._core.names import is_id
from ..module_utils._core.plan import Resource
from ._predicted_state import (
    API_KEYS,
    PARTS,
    PRIVILEGES,
    VMS,
    Node,
    PredictedState,
    collection_of,
    is_nobodys,
    parent_of,
)

CHILDREN = ("groups", VMS)
# The filters for what somebody reaches.
OF_PEOPLE = ("user_id", "user_name", "privilege_id")
# By which attribute of a privilege it is in the list of what is below such a path.
OWNER_KEYS = {"users": "user_id", "accounts": "account_id", "groups": "group_id", VMS: "virtual_machine_id"}
Query = Mapping[str, str]


class Api(Protocol):
    """The API as it is."""

    def get(self, path: str, query: Query) -> Resource:
        """Return the object at a path, or raise `NotFound`."""

    def get_list(self, path: str, query: Query) -> list[Resource]:
        """Return the objects of a list, or raise `NotFound`."""

    def account_id(self, name: str) -> Any:
        """Return the id of an account."""

    def definition(self, name: str) -> list[Any]:
        """Return what a list of the definitions holds."""


class PredictedReads:
    """Reads of a predicted state, which lies on top of the API's."""

    def __init__(self, state: PredictedState, api: Api) -> None:
        self._state = state
        self._api = api

    def get(self, path: str, query: Query) -> Resource:
        """Return the object at a path, or raise `NotFound`."""
        resolved = self._state.resolve(path)
        if resolved is None:
            raise _not_found(path)
        collection = collection_of(resolved)
        if collection == "ips":
            return self._address(resolved, query)
        node = self._state.nodes.get(resolved)
        if node:
            if not _is_listed(node.object, query):
                raise _not_found(path)
            return self._shown(resolved, node, query)
        part = self._part(resolved) if collection in PARTS else None
        if part:
            return dict(part)
        real_path = self._state.real_path(resolved)
        if real_path is None:
            raise _not_found(path)
        found = self._api.get(real_path, query)
        is_elsewhere = self._state.differs(collection, found.get("id"))
        if is_elsewhere or (collection in PARTS and self._state.differs(VMS, found.get("virtual_machine_id"))):
            raise _not_found(path)
        return self._with_children(resolved, found, query)

    def get_list(self, path: str, query: Query) -> list[Resource]:
        """Return the objects of a list, or raise `NotFound`."""
        list_path = self._state.resolve(path)
        if list_path is None:
            raise _not_found(path)
        parent, _slash, collection = list_path.rpartition("/")
        if collection == PRIVILEGES:
            return self._privileges(parent, query)
        if collection == API_KEYS:
            return [self._with_privileges(key) for key in self._flat_list(collection, query)]
        if not parent and collection != "accounts":
            return self._flat_list(collection, query)
        node = self._state.nodes.get(parent)
        if node and collection in PARTS and PARTS[collection] in node.object:
            return [dict(part) for part in node.object[PARTS[collection]] or ()]
        return self._merged(list_path, self._entries(parent, collection, query), query)

    def _entries(self, parent: str, collection: str, query: Query) -> list[Resource]:
        """Return what the API has in a list."""
        if self._state.is_new(parent) or _is_new_part(parent):
            return []
        real_path = self._state.real_path(parent)
        if real_path is None:
            raise _not_found(f"{parent}/{collection}")
        return self._api.get_list(f"{real_path}/{collection}", query)

    def _privileges(self, parent: str, query: Query) -> list[Resource]:
        """Return the privileges of a user, those for a target, or all: a privilege is in several lists."""
        owner = self.get(parent, {}) if parent else {}
        entries = self._entries(parent, PRIVILEGES, query)
        return self._merged_privileges(entries, OWNER_KEYS.get(collection_of(parent)), owner.get("id"))

    def _with_privileges(self, key: Resource) -> Resource:
        """Return an API key with its privileges, where the API nests them."""
        if PRIVILEGES not in key:
            return key
        return {**key, PRIVILEGES: self._merged_privileges(key[PRIVILEGES], "api_key_id", key["id"])}

    def _merged_privileges(self, entries: list[Resource], key: str | None, owner: Any) -> list[Resource]:
        """Return the privileges of which the API has these, and those that would be granted to, or for, an owner."""
        listed = []
        for entry in entries:
            at = self._state.path_of(PRIVILEGES, entry["id"])
            if at:
                listed.append(dict(self._state.nodes[at].object))
            elif not self._state.differs(PRIVILEGES, entry["id"]):
                listed.append(entry)
        for _path, node in self._state.of_collection(PRIVILEGES):
            if node.real_path is None and (key is None or node.object.get(key) == owner):
                listed.append(dict(node.object))
        return listed

    def _address(self, path: str, query: Query) -> Resource:
        """Return an address as it would be: with the VM that would have it, and the reverse DNS that it would have."""
        address = path.rpartition("/")[2]
        vm, known = self._state.vm_with(address), self._state.nodes.get(path)
        if self._state.is_taken_away(address) or (vm and not _is_listed(vm, query)):
            raise _not_found(path)
        found = {"address": address, "rdns": None}
        if not is_nobodys(address):
            try:
                found = self._api.get(path, query)
            except NotFound:
                if vm is None:
                    raise
        if known:
            found["rdns"] = known.object["rdns"]
        return {**found, "virtual_machine_id": vm["id"]} if vm else found

    def _part(self, path: str) -> Resource | None:
        """Return a disc or a NIC of a VM that differs; None where the API has to be asked."""
        collection, segment = collection_of(path), unquote(path.rpartition("/")[2])
        node = self._state.nodes.get(parent_of(parent_of(path)))
        if node:
            for part in node.object.get(PARTS[collection]) or ():
                if segment in (part.get("label"), str(part["id"])):
                    return part
            raise _not_found(path)
        if parent_of(path) != f"/{collection}":
            return None
        vms = (vm.object for _path, vm in self._state.of_collection(VMS))
        parts = (part for vm in vms for part in vm.get(PARTS[collection]) or ())
        return next((part for part in parts if str(part["id"]) == segment), None)

    def _shown(self, path: str, node: Node, query: Query, entry: Resource | None = None) -> Resource:
        """Return an object that differs, with what is in it; ``entry`` is what the API has of it, if it was read."""
        shown = {key: _copied(value) for key, value in node.object.items()}
        collection = collection_of(path)
        if collection == "groups" and query.get("view") == "overview":
            if entry is None and node.real_path:
                entry = self._api.get(node.real_path, query)
            vms = entry.get(VMS) if entry else []
            if vms is not None:
                shown[VMS] = self._merged(f"{path}/{VMS}", vms, query)
        if collection == VMS:
            if node.real_path is None and not shown.get("hardware_profile"):
                # The first one that the definitions list (assumed).
                shown["hardware_profile"] = next(iter(self._api.definition("hardware_profiles")), None)
            return self._in_group(shown, parent_of(parent_of(path)))
        return shown

    def _with_children(self, path: str, found: Resource, query: Query) -> Resource:
        """Return an object of the API with what would be in it."""
        for key in CHILDREN:
            if isinstance(found.get(key), list):
                found[key] = self._merged(f"{path}/{key}", found[key], query)
        return self._in_group(found, parent_of(parent_of(path))) if collection_of(path) == VMS else found

    def _merged(self, list_path: str, entries: list[Resource], query: Query) -> list[Resource]:
        """Return what would be in a list, of which the API has these."""
        collection = list_path.rpartition("/")[2]
        merged, taken = [], set()
        for entry in entries:
            if not self._state.differs(collection, entry.get("id")):
                merged.append(self._with_children(f"{list_path}/{_segment(entry)}", entry, query))
                continue
            at = self._state.path_of(collection, entry["id"])
            if at and parent_of(at) == list_path:
                taken.add(at)
                merged.append(self._shown(at, self._state.nodes[at], query, entry))
        for path in self._state.children(list_path):
            if path not in taken:
                merged.append(self._shown(path, self._state.nodes[path], query))
        return [entry for entry in merged if _is_listed(entry, query)]

    def _flat_list(self, collection: str, query: Query) -> list[Resource]:
        """Return the objects of a kind that match the filters, wherever they would be."""
        if "privilege_id" in query and self._is_revoked(query["privilege_id"]):
            return []
        missing = None
        try:
            entries = self._api.get_list(f"/{collection}", query)
        except NotFound as error:
            missing, entries = error, []
        entries += self._of_renamed_groups(collection, query)
        is_by_group = collection == VMS and entries == sorted(entries, key=_by_group)
        owners = VMS if collection in PARTS else collection
        is_reached = not query.keys().isdisjoint(OF_PEOPLE)
        merged, taken = [], set()
        for entry in entries:
            owner = entry.get("virtual_machine_id") if collection in PARTS else entry.get("id")
            if not self._state.differs(owners, owner):
                if self._stays(entry, query):
                    merged.append(self._in_group(entry, self._state.path_of("groups", entry.get("group_id")) or ""))
                continue
            at = self._state.path_of(owners, owner)
            if at and at not in taken and (is_reached or not self._state.is_moved(at)) and self._matches(at, query):
                taken.add(at)
                merged += self._flat(collection, at, query)
        # Of what the API does not list, nothing tells whether somebody would reach it.
        for path, _node in () if is_reached else list(self._state.of_collection(owners)):
            if path not in taken and self._matches(path, query):
                merged += self._flat(collection, path, query)
        if missing and not merged:
            raise missing
        if is_by_group:
            merged.sort(key=_by_group)
        return [entry for entry in merged if _is_listed(entry, query)]

    def _is_revoked(self, privilege_id: str) -> bool:
        key = (PRIVILEGES, int(privilege_id))
        return self._state.differs(*key) and self._state.path_of(*key) is None

    def _flat(self, collection: str, path: str, query: Query) -> list[Resource]:
        node = self._state.nodes[path]
        if collection in PARTS:
            is_there = _is_listed(node.object, query)
            return [dict(part) for part in node.object.get(PARTS[collection]) or ()] if is_there else []
        return [self._shown(path, node, query)]

    def _of_renamed_groups(self, collection: str, query: Query) -> list[Resource]:
        """Return what the API has of groups that would have the name that is asked for."""
        name, found = query.get("group_name"), []
        for _path, node in self._state.of_collection("groups"):
            renamed = node.real_path and node.real_path.rpartition("/")[2] != _segment(node.object)
            if name is not None and renamed and node.object.get("name") == name:
                others = {key: value for key, value in query.items() if key != "group_name"}
                found += self._api.get_list(f"/{collection}", {**others, "group_id": str(node.object["id"])})
        return found

    def _stays(self, entry: Resource, query: Query) -> bool:
        """Tell whether the group of a VM would be there, under the name that is asked for, if one is."""
        if not self._state.differs("groups", entry.get("group_id")):
            return True
        at = self._state.path_of("groups", entry["group_id"])
        return at is not None and query.get("group_name") in (None, self._state.nodes[at].object.get("name"))

    def _matches(self, path: str, query: Query) -> bool:
        """Tell whether an object that differs matches the filters, all of them (whether they combine is assumed)."""
        found = self._state.nodes[path].object
        segments = path.strip("/").split("/")
        names = {kind: unquote(segment) for kind, segment in zip(segments[::2], segments[1::2], strict=True)}
        group = self._state.nodes.get("/".join(["", *segments[:4]]))
        is_group = collection_of(path) == "groups"
        actual = {
            "vm_name": found.get("name"),
            "vm_id": found.get("id"),
            "group_name": group.object.get("name") if group else names.get("groups"),
            "group_id": found.get("id" if is_group else "group_id"),
            "account_name": names.get("accounts"),
        }
        if "account_id" in query:
            actual["account_id"] = self._api.account_id(segments[1])
        return all(str(value) == query[key] for key, value in actual.items() if key in query)

    def _in_group(self, vm: Resource, group_path: str) -> Resource:
        """Return a VM with the host name that it has in a group that would be renamed."""
        group, parts = self._state.nodes.get(group_path), str(vm.get("hostname") or "").split(".")
        if group is None or len(parts) < 4 or parts[1] == group.object.get("name"):
            return vm
        return {**vm, "hostname": ".".join((parts[0], str(group.object["name"]), *parts[2:]))}


def _is_new_part(path: str) -> bool:
    """Tell whether a path is that of a disc or a NIC that would be created: it has the id of a placeholder."""
    return collection_of(path) in PARTS and path.rpartition("/")[2].startswith("-")


def _by_group(vm: Resource) -> tuple[bool, int]:
    """Return what orders VMs as the groups were created, those to be created being the last."""
    group_id = vm.get("group_id") or 0
    return group_id < 0, abs(group_id)


def _is_listed(found: Resource, query: Query) -> bool:
    return not found.get("deleted") or query.get("include_deleted") == "true"


def _segment(found: Resource) -> str:
    """Return what stands for an object in paths: its name, or its id where the name is a number."""
    name = str(found.get("name"))
    return str(found.get("id")) if is_id(name) else quote(name, safe="")


def _copied(value: Any) -> Any:
    return (
        [dict(item) for item in value] if isinstance(value, list) and all(isinstance(i, dict) for i in value) else value
    )


def _not_found(path: str) -> NotFound:
    return NotFound(f"There would be nothing at {path} after the earlier tasks of this check run.", status=404)
