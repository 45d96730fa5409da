# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Reading VMs, one or many, whichever way the API answers. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._core.client import Client
from ..._core.errors import BigvError, NotFound, shown_name
from ..._core.locating import find_numeric, list_filter
from ..._core.names import api_path, find_by_name_or_id, is_id, is_numeric, name_of
from ..._core.plan import FULL_VIEW, Reader, Resource
from ..account import check_account, get_account, locate_account
from ..ip.attributes import NEW_IPV4, ips_of, nics_of
from ..names import VmName
from ..reach import Reach, list_reached
from .attributes import VM

# What the API may nest in a VM, and the path at which it is read apart where it does not.
NESTED = {"discs": "discs", "network_interfaces": "nics"}


def find_vm(
    client: Client, name: VmName, option: str = "name", may_be_id: bool = False, in_any_spelling: bool = False
) -> tuple[Resource | None, VmName]:
    """Return the VM of that name, soft-deleted or not, with its discs and NICs, and where it is.

    One GET, and one more where the group or the account is a number. The id of a VM in the group is taken for its name
    only if it ``may_be_id``.
    """
    if any(map(is_numeric, name)):
        vm, location = _find_numeric_vm(client, name, option, may_be_id)
    else:
        vm, location = client.find(name.path, f"VM {name}", VM, **FULL_VIEW), name
    if not vm:
        return None, location
    if (vm.get("name") or location.vm) != location.vm and not in_any_spelling:
        raise BigvError(
            f"{option}: the API has the VM {shown_name(vm.get('name'))} for {location.vm!r}; use the existing spelling"
        )
    return with_nested(client, location.path, f"VM {location}", vm), location


def read_vm(reader: Reader, location: VmName, what: str) -> Resource | None:
    """Return the VM at a place that is known, with its discs and NICs, or None where it does not exist any more."""
    vm = reader.find(location.path, what, VM, **FULL_VIEW)
    return vm and with_nested(reader, location.path, f"VM {location}", vm)


def _find_numeric_vm(client: Client, name: VmName, option: str, may_be_id: bool) -> tuple[Resource | None, VmName]:
    """Return the VM of a name in which a part is all digits, as the API nests it, and where it is."""
    # Only here: most names are none.
    from ..group import locate_group

    group = locate_group(client, name.in_group)
    if group is None:
        return None, name
    location = VmName(name.vm, *group)
    if not is_numeric(name.vm):
        return client.find(location.path, f"VM {location}", VM, **FULL_VIEW), location
    path = f"{group.path}/virtual_machines"
    instead = f"use id: {name.vm}"
    vm = find_numeric(client, path, option, name.vm, VM, may_be_id=may_be_id, instead=instead, **FULL_VIEW)
    return vm, VmName(name_of(vm), *group) if vm else location


def find_vm_by_id(client: Client, vm_id: int) -> tuple[Resource | None, VmName]:
    """Return the VM of that id, and where it is: its host name is ``<vm>.<group>.<account>.<cluster>`` (documented)."""
    vm = client.find(api_path("virtual_machines", vm_id), f"the VM with id {vm_id}", VM, **FULL_VIEW)
    if vm is not None and vm.get("id") != vm_id:
        # There is a VM whose name is this number.
        vm = next((found for found in list_vms(client, vm_id=str(vm_id), include_deleted="true")), None)
    if vm is None or vm.get("id") != vm_id:
        return None, VmName(str(vm_id), "", "")
    location = location_of(vm)
    if location is None:
        from ..group import GROUP_BY_ID  # Only here: most host names say it.

        path_of_group = api_path("groups", vm.get("group_id"))
        group = client.get(path_of_group, f"the group of the VM with id {vm_id}", GROUP_BY_ID)
        location = VmName(str(vm.get("name")), str(group.get("name")), str(group.get("account_id")))
    if any(map(is_id, location)):
        group_id = vm.get("group_id")
        location = VmName(
            name_of({**vm, "name": location.vm}),
            name_of({"id": group_id, "name": location.group}),
            locate_account(client, location.account),
        )
    return with_nested(client, location.path, f"VM {location}", vm), location


def no_vm_of_id(vm_id: int | None) -> BigvError:
    """Return the error of an id that no VM has."""
    return BigvError(f"id: there is no VM with the id {vm_id}, or these credentials cannot see it", status=404)


def location_of(vm: Resource) -> VmName | None:
    """Return where a VM is, by its host name."""
    parts = str(vm.get("hostname") or "").split(".")
    return VmName(*parts[:3]) if len(parts) > 3 else None


def with_nested(client: Reader, path: str, what: str, vm: Resource) -> Resource:
    """Return the VM with its discs and NICs, read apart, and put in place, where the API did not nest them."""
    if not vm.get("deleted"):
        for key, part in NESTED.items():
            if key not in vm:
                vm[key] = client.get_list(f"{path}/{part}", f"the {part} of {what}", VM.nested[key])
    return vm


def list_vms(client: Client, **filters: str) -> list[Resource]:
    """Return the VMs that match the filters of the flat lists, with their discs and NICs.

    One request; one or two more where the API does not nest discs and NICs in flat lists (which is not known). Never
    one for each VM. There are none where the API does not know (404) what is filtered by.
    """
    try:
        vms = client.get_list("/virtual_machines", "the virtual machines", VM, view="overview", **filters)
    except NotFound:
        if filters.keys() <= {"include_deleted"}:
            raise
        return []
    for key, part in NESTED.items():
        if any(key not in vm for vm in vms):
            nested: dict[Any, list[Resource]] = {}
            for resource in client.get_list(f"/{part}", f"the {part}", VM.nested[key], **filters):
                nested.setdefault(resource.get("virtual_machine_id"), []).append(resource)
            vms = [{**vm, key: vm.get(key, nested.get(vm.get("id"), []))} for vm in vms]
    return vms


def list_reached_vms(client: Client, reach: Reach, include_deleted: bool = False) -> list[Resource]:
    """Return the VMs that a user, or a privilege, reaches."""
    more = {"include_deleted": "true"} if include_deleted else {}
    return list_reached(client, reach, lambda **filters: list_vms(client, **filters, **more))


def list_matching_vms(
    client: Client, wanted: VmName, include_deleted: bool = False, reach: Reach | None = None
) -> list[Resource]:
    """Return the VMs at the location; an empty component means any. An account that does not exist is an error."""
    if reach is not None and reach.is_given:
        vms = _located(client, wanted, list_reached_vms(client, reach, include_deleted))
    else:
        vms = _matching_vms(client, wanted, include_deleted)
    if not vms and wanted.account:
        check_account(client, wanted.account)
    return vms


def _matching_vms(client: Client, wanted: VmName, include_deleted: bool) -> list[Resource]:
    """Return the VMs at the location.

    Whether the API combines filters is not known, so what it answers is filtered here as well.
    """
    account = locate_account(client, wanted.account) if wanted.account else ""
    filters = list_filter("account", account)
    group_ids = _group_ids(client, wanted.group, account, filters) if is_numeric(wanted.group) else None
    if group_ids is None:
        filters |= list_filter("group", wanted.group)
    elif len(group_ids) == 1:
        filters["group_id"] = str(group_ids[0])
    elif group_ids:
        filters["group_name"] = wanted.group
    else:
        return []
    if not is_numeric(wanted.vm):
        filters |= list_filter("vm", wanted.vm)
    if include_deleted:
        filters["include_deleted"] = "true"
    vms = [vm for vm in list_vms(client, **filters) if _is_in(vm, wanted.group, group_ids, account)]
    return _named(wanted.vm, vms)


def _located(client: Client, wanted: VmName, vms: Sequence[Resource]) -> list[Resource]:
    """Return those of the VMs that are at the location, of which the API was not told.

    One whose location it does not tell is left out, because it may be anywhere.
    """
    if not vms:
        return []
    account = locate_account(client, wanted.account) if wanted.account else ""
    if is_numeric(account):
        account = str(get_account(client, account).get("name"))
    group_ids = _group_ids(client, wanted.group, account, {}) if is_numeric(wanted.group) else None
    says_nothing = bool(account or (wanted.group and group_ids is None))
    there = [vm for vm in vms if _is_in(vm, wanted.group, group_ids, account)]
    return _named(wanted.vm, [vm for vm in there if location_of(vm) or not says_nothing])


def _named(name: str, vms: list[Resource]) -> list[Resource]:
    """Return those of the VMs that have the name, or all where it is empty. A number may be an id, too."""
    if is_numeric(name):
        vm = find_by_name_or_id("name", name, vms, "VM")
        return [vm] if vm else []
    return [vm for vm in vms if name in ("", vm.get("name"))]


def _group_ids(client: Client, group: str, account: str, filters: Mapping[str, str]) -> list[int]:
    """Return the ids of the groups, in the account if one is given, whose name is this number, or whose id it is."""
    from ..group import GROUP  # Only here: most names are none.

    path = api_path("accounts", account, "groups") if account else "/groups"
    try:
        groups = client.get_list(path, "the groups", GROUP, **({} if account else filters))
    except NotFound:
        return [int(group)]
    found = find_by_name_or_id("group", group, groups, "group")
    named = [entry["id"] for entry in groups if entry.get("name") == group]
    return named or ([found["id"]] if found else [])


def _is_in(vm: Resource, group: str, group_ids: Sequence[int] | None, account: str) -> bool:
    location = location_of(vm)
    if group_ids is not None and vm.get("group_id") not in group_ids:
        return False
    if location is None:
        return True
    return (group_ids is not None or group in ("", location.group)) and (
        is_numeric(account) or account in ("", location.account)
    )


def returned_vm(vm: Resource | None) -> Resource | None:
    """Return the VM as modules return it: the API's object with its addresses, of which new ones are not known."""
    if vm is None:
        return None
    shown = {key: value for key, value in vm.items() if key != NEW_IPV4}
    if vm.get("network_interfaces") is None:
        return {**shown, "ipv4": None, "ipv6": None}
    ips = sorted(ips_of(vm), key=lambda ip: bool(ip["additional"]))
    by_family = {family: [ip["address"] for ip in ips if ip["family"] == family] for family in ("ipv4", "ipv6")}
    return {**shown, "network_interfaces": [_returned_nic(nic) for nic in nics_of(vm)], **by_family}


def _returned_nic(nic: Resource) -> Resource:
    if NEW_IPV4 not in nic:
        return nic
    return {key: None if key in ("ips", "extra_ips") else value for key, value in nic.items() if key != NEW_IPV4}
