# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Reading VMs, one or many, whichever way the API answers. Private to bytemark.cloud."""

from __future__ import annotations

from typing import Any

from ansible_collections.bytemark.cloud.plugins.module_utils._client import WHOLE, Client
from ansible_collections.bytemark.cloud.plugins.module_utils._errors import BigvError, shown_name
from ansible_collections.bytemark.cloud.plugins.module_utils._names import VmName, api_path, is_id
from ansible_collections.bytemark.cloud.plugins.module_utils._plan import Resource

NESTED = {"discs": "discs", "network_interfaces": "nics"}


def find_vm(client: Client, name: VmName) -> Resource | None:
    """The VM of that name with its discs and NICs, soft-deleted or not, or None.

    The API takes an id where it takes a name, so a name that is all digits could find another VM: that is refused.
    """
    vm = client.find(name.path, f"VM {name}", **WHOLE)
    if vm is None:
        return None
    if vm.get("name", name.vm) != name.vm:
        found = shown_name(vm.get("name"))
        if not is_id(name.vm):
            raise BigvError(f"name: the API has the VM {found} for {name.vm!r}; give the name as it is there")
        raise BigvError(f"name: {name.vm!r} is the id of the VM {found}, not a name; say id: {name.vm}")
    return _with_nested(client, name.path, name, vm)


def find_vm_by_id(client: Client, vm_id: int) -> tuple[Resource | None, VmName]:
    """The VM of that id, and where it is: its host name is ``<vm>.<group>.<account>.<cluster>`` (documented)."""
    path = api_path("virtual_machines", vm_id)
    vm = client.find(path, f"the VM with id {vm_id}", **WHOLE)
    if vm is None:
        return None, VmName(str(vm_id), "", "")
    place = place_of(vm)
    if place is None:
        path_of_group = api_path("groups", vm.get("group_id"))
        group = client.get(path_of_group, f"the group of the VM with id {vm_id}", key="account_id")
        place = VmName(str(vm.get("name")), str(group.get("name")), str(group.get("account_id")))
    return _with_nested(client, place.path, place, vm), place


def place_of(vm: Resource) -> VmName | None:
    """Where a VM is, by its host name."""
    parts = str(vm.get("hostname") or "").split(".")
    return VmName(*parts[:3]) if len(parts) > 3 else None


def _with_nested(client: Client, path: str, name: VmName, vm: Resource) -> Resource:
    """The VM with its discs and NICs, read apart where the API did not nest them."""
    missing = {key: part for key, part in NESTED.items() if key not in vm}
    if not missing or vm.get("deleted"):
        return vm
    return {
        **vm,
        **{key: client.get_list(f"{path}/{part}", f"the {part} of VM {name}") for key, part in missing.items()},
    }


def list_vms(client: Client, **filters: str) -> list[Resource]:
    """The VMs that match the filters of the flat lists, with their discs and NICs.

    One request; one or two more where the API does not nest discs and NICs in flat lists (which is not known). Never
    one for each VM. There are none where the API does not know (404) what is filtered by.
    """
    try:
        vms = client.get_list("/virtual_machines", "the virtual machines", view="overview", **filters)
    except BigvError as error:
        if not error.says_missing or filters.keys() <= {"include_deleted"}:
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
    """The VMs at the place; an empty component means any.

    Whether the API combines filters is not known, so what it answers is filtered here as well. The id of an account is
    left to the API, as a VM does not tell it.
    """
    filters = {
        f"{kind}_{'id' if is_id(value) else 'name'}": value
        for kind, value in zip(("vm", "group", "account"), wanted, strict=True)
        if value
    }
    if include_deleted:
        filters["include_deleted"] = "true"
    return [vm for vm in list_vms(client, **filters) if _is_at(vm, wanted)]


def _is_at(vm: Resource, wanted: VmName) -> bool:
    place = place_of(vm) or VmName(str(vm.get("name")), wanted.group, wanted.account)
    ids = VmName(str(vm.get("id")), str(vm.get("group_id")), wanted.account)
    return all(
        not component or component == (number if is_id(component) else name)
        for component, name, number in zip(wanted, place, ids, strict=True)
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
