# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Reading VMs, one or many, whichever way the API answers. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._core.client import FULL_VIEW, Client
from ..._core.errors import BigvError, shown_name
from ..._core.names import (
    NumericName,
    VmName,
    api_path,
    find_by_name_or_id,
    is_id,
    is_numeric,
    name_of,
)
from ..._core.plan import Resource

NESTED = {"discs": "discs", "network_interfaces": "nics"}


def find_vm(
    client: Client, name: VmName, option: str = "name", may_be_id: bool = False, in_any_spelling: bool = False
) -> tuple[Resource | None, VmName]:
    """Return the VM of that name, soft-deleted or not, with its discs and NICs, and where it is.

    One GET, and one more where the group or the account is a number. The id of a VM in the group is taken for its name
    only if it ``may_be_id``.
    """
    if any(map(is_numeric, name)):
        vm, place = _find_numeric_vm(client, name, option, may_be_id)
    else:
        vm, place = client.find(name.path, f"VM {name}", **FULL_VIEW), name
    if not vm:
        return None, place
    if (vm.get("name") or place.vm) != place.vm and not in_any_spelling:
        raise BigvError(
            f"{option}: the API has the VM {shown_name(vm.get('name'))} for {place.vm!r}; give the name as it is there"
        )
    return with_nested(client, place.path, f"VM {place}", vm), place


def _find_numeric_vm(client: Client, name: VmName, option: str, may_be_id: bool) -> tuple[Resource | None, VmName]:
    """Return the VM of a name in which a part is all digits, without what may have to be read apart, and its place."""
    # Only here: most names are none.
    from ..locate import find_numeric, locate_group

    group = locate_group(client, name.in_group)
    if group is None:
        return None, name
    place = VmName(name.vm, *group)
    if not is_numeric(name.vm):
        return client.find(place.path, f"VM {place}", **FULL_VIEW), place
    path = f"{group.path}/virtual_machines"
    vm = find_numeric(client, path, option, name.vm, may_be_id, f"say id: {name.vm}", **FULL_VIEW)
    return vm, VmName(name_of(vm), *group) if vm else place


def find_vm_by_id(client: Client, vm_id: int) -> tuple[Resource | None, VmName]:
    """Return the VM of that id, and where it is: its host name is ``<vm>.<group>.<account>.<cluster>`` (documented)."""
    vm = client.find(api_path("virtual_machines", vm_id), f"the VM with id {vm_id}", **FULL_VIEW)
    if vm is not None and vm.get("id") != vm_id:
        # There is a VM whose name is this number.
        vm = next((found for found in list_vms(client, vm_id=str(vm_id), include_deleted="true")), None)
    if vm is None or vm.get("id") != vm_id:
        return None, VmName(str(vm_id), "", "")
    place = place_of(vm)
    if place is None:
        path_of_group = api_path("groups", vm.get("group_id"))
        group = client.get(path_of_group, f"the group of the VM with id {vm_id}", key="account_id")
        place = VmName(str(vm.get("name")), str(group.get("name")), str(group.get("account_id")))
    if any(map(is_id, place)):
        from ..locate import locate_account

        group_id = vm.get("group_id")
        place = VmName(
            name_of({**vm, "name": place.vm}),
            name_of({"id": group_id, "name": place.group}),
            locate_account(client, place.account),
        )
    return with_nested(client, place.path, f"VM {place}", vm), place


def place_of(vm: Resource) -> VmName | None:
    """Where a VM is, by its host name."""
    parts = str(vm.get("hostname") or "").split(".")
    return VmName(*parts[:3]) if len(parts) > 3 else None


def with_nested(client: Client, path: str, what: str, vm: Resource) -> Resource:
    """Return the VM with its discs and NICs, read apart, and put in place, where the API did not nest them."""
    if not vm.get("deleted"):
        for key, part in NESTED.items():
            if key not in vm:
                vm[key] = client.get_list(f"{path}/{part}", f"the {part} of {what}")
    return vm


def list_vms(client: Client, **filters: str) -> list[Resource]:
    """The VMs that match the filters of the flat lists, with their discs and NICs.

    One request; one or two more where the API does not nest discs and NICs in flat lists (which is not known). Never
    one for each VM. There are none where the API does not know (404) what is filtered by.
    """
    try:
        vms = client.get_list("/virtual_machines", "the virtual machines", view="overview", **filters)
    except BigvError as error:
        if not error.is_not_found or filters.keys() <= {"include_deleted"}:
            raise
        return []
    for key, part in NESTED.items():
        if any(key not in vm for vm in vms):
            nested: dict[Any, list[Resource]] = {}
            for resource in client.get_list(f"/{part}", f"the {part}", **filters):
                nested.setdefault(resource.get("virtual_machine_id"), []).append(resource)
            vms = [{**vm, key: vm.get(key, nested.get(vm.get("id"), []))} for vm in vms]
    return vms


def list_matching_vms(client: Client, wanted: VmName, include_deleted: bool = False) -> list[Resource]:
    """Return the VMs at the place; an empty component means any. An account that is not there is an error."""
    from ..locate import check_account

    vms = _matching_vms(client, wanted, include_deleted)
    if not vms and wanted.account:
        check_account(client, wanted.account)
    return vms


def _matching_vms(client: Client, wanted: VmName, include_deleted: bool) -> list[Resource]:
    """Return the VMs at the place.

    Whether the API combines filters is not known, so what it answers is filtered here as well.
    """
    from ..locate import locate_account

    account = locate_account(client, wanted.account) if wanted.account else ""
    filters = _filter("account", account)
    group_ids = _group_ids(client, wanted.group, account, filters) if is_numeric(wanted.group) else None
    if group_ids is None:
        filters |= _filter("group", wanted.group)
    elif len(group_ids) == 1:
        filters["group_id"] = str(group_ids[0])
    elif group_ids:
        filters["group_name"] = wanted.group
    else:
        return []
    if not is_numeric(wanted.vm):
        filters |= _filter("vm", wanted.vm)
    if include_deleted:
        filters["include_deleted"] = "true"
    vms = [vm for vm in list_vms(client, **filters) if _is_in(vm, wanted.group, group_ids, account)]
    if is_numeric(wanted.vm):
        vm = find_by_name_or_id("name", wanted.vm, vms, "VM")
        return [vm] if vm else []
    return [vm for vm in vms if wanted.vm in ("", vm.get("name"))]


def _filter(kind: str, name: str) -> dict[str, str]:
    if not name:
        return {}
    return {f"{kind}_id": str(name.id)} if isinstance(name, NumericName) else {f"{kind}_name": name}


def _group_ids(client: Client, group: str, account: str, filters: Mapping[str, str]) -> list[int]:
    """Return the ids of the groups, in the account if one is given, whose name is this number, or whose id it is."""
    path = api_path("accounts", account, "groups") if account else "/groups"
    try:
        groups = client.get_list(path, "the groups", **({} if account else filters))
    except BigvError as error:
        if not error.is_not_found:
            raise
        return [int(group)]
    found = find_by_name_or_id("group", group, groups, "group")
    named = [entry["id"] for entry in groups if entry.get("name") == group]
    return named or ([found["id"]] if found else [])


def _is_in(vm: Resource, group: str, group_ids: Sequence[int] | None, account: str) -> bool:
    place = place_of(vm)
    if group_ids is not None and vm.get("group_id") not in group_ids:
        return False
    if place is None:
        return True
    return (group_ids is not None or group in ("", place.group)) and (
        is_numeric(account) or account in ("", place.account)
    )


def read_rdns(client: Client, address: str) -> str | None:
    """The reverse DNS of an address; None too where it cannot be read, as for a soft-deleted VM (assumed)."""
    found = client.find(f"/ips/{address}", f"address {address}", key="address", include_deleted="true")
    return found.get("rdns") if found else None


def addresses(vm: Resource) -> tuple[list[str], list[str]]:
    """The IPv4 and the IPv6 addresses of a VM, the primary ones first, then the additional ones."""
    nics = vm.get("network_interfaces") or ()
    primary = [address for nic in nics for address in nic.get("ips") or ()]
    extra = [address for nic in nics for address in nic.get("extra_ips") or ()]
    both = list(dict.fromkeys((*primary, *extra)))
    return [address for address in both if ":" not in address], [address for address in both if ":" in address]


def present_vm(vm: Resource | None) -> Resource | None:
    """The VM as modules return it: the API's object plus its addresses."""
    if vm is None:
        return None
    ipv4, ipv6 = (None, None) if vm.get("network_interfaces") is None else addresses(vm)
    return {**vm, "ipv4": ipv4, "ipv6": ipv6}
