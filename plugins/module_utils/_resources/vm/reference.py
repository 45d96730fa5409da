# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The VM that an option of another module names, and what is done to it. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.names import find_by_name_or_id, is_id
from ..._core.plan import Plan, Prediction, Resource
from ..._core.resource import ResourceKind
from ..account import check_account
from ..names import VmName, anywhere_in, vm_name
from ..reach import Reach
from .attributes import VM
from .read import find_vm, find_vm_by_id, list_matching_vms, location_of

# A VM that an earlier task may be about to create.
ASSUMED_VM: Resource = {"id": 0, "power_on": False, "discs": []}


class PresentVm(NamedTuple):
    """A VM that is there, and where it is."""

    vm: Resource
    location: VmName

    @property
    def is_assumed(self) -> bool:
        """Tell whether the VM is one that an earlier task may be about to create."""
        return is_assumed(self.vm)


class PresentVmKind(ResourceKind):
    """Something that is done to a VM that is there, and leaves it where it is."""

    schema = VM

    def title(self, observed: PresentVm, desired: Any, plan: Plan) -> str:
        """Return where the VM is."""
        return str(observed.location)

    def predictions(self, observed: PresentVm, desired: Any, plan: Plan) -> Iterable[Prediction]:
        """Return what becomes of the VM."""
        path = observed.location.path
        yield Prediction(path, path, plan.before, plan.after)

    def read_back(
        self, client: Client, observed: PresentVm, desired: Any, plan: Plan, answers: Sequence[Any]
    ) -> Resource | None:
        """Read the VM again."""
        return find_vm(client, observed.location, in_any_spelling=True)[0]


def is_assumed(vm: Resource) -> bool:
    """Tell whether a VM does not exist yet, but what an earlier task may be about to create."""
    return bool(vm.get("id") == ASSUMED_VM["id"])


def find_present_vm(client: Client, option: str, params: Mapping[str, Any]) -> PresentVm:
    """Return the VM that an option names, and where it is. One that is soft-deleted, or not there, is refused."""
    vm, location = find_vm_by_name_or_id(client, option, params[option], params)
    if vm is None:
        return PresentVm(assumed_vm(client, option, location), location)
    if vm.get("deleted"):
        raise BigvError(f"{option}: VM {location} is soft-deleted, so it cannot be changed; restore it first")
    return PresentVm(vm, location)


def assumed_vm(client: Client, option: str, location: VmName) -> Resource:
    """Refuse a VM that does not exist, or return one that an earlier task may be about to create."""
    why = BigvError(f"{option}: there is no VM {location}, or these credentials cannot see it", status=404)
    if not location.account:
        # It was looked for by its id, which no task chooses.
        raise why
    client.report_missing(why)
    check_account(client, location.account)
    return ASSUMED_VM


def find_vm_by_name_or_id(
    client: Client, option: str, name: str, params: Mapping[str, Any]
) -> tuple[Resource | None, VmName]:
    """Return the VM of that name, or else of that id, and where it is.

    The VM of an id has to lie in the group and the account that are given. It is refused where both are there.
    """
    location = vm_name(
        name, params["group"], params["account"], params["default_account"], params["default_group"], option
    )
    vm, location = find_vm(client, location, option, may_be_id=True)
    # Without a group, the name is one in the default group, and the id may be one in any group.
    if not is_id(name) or params["group"] is not None or (vm is not None and vm["id"] == int(name)):
        return vm, location
    with_id, elsewhere = find_vm_by_id(client, int(name))
    if with_id is not None and elsewhere.account == location.account:
        found = find_by_name_or_id(option, name, [with_id, *([vm] if vm else [])], "VM")
        return (vm, location) if found is vm else (with_id, elsewhere)
    return vm, location


def find_vms(
    client: Client, params: Mapping[str, Any], reach: Reach | None = None
) -> list[tuple[VmName | None, Resource]]:
    """Return the VM that the option ``vm`` names, or those in the group and the account that are reached, and where.

    Soft-deleted ones are left out. Where a VM is that was not named, its host name says, if it has one.
    """
    if params["vm"] is None:
        wanted = anywhere_in(params["group"], params["account"], params["default_account"])
        return [(location_of(vm), vm) for vm in list_matching_vms(client, wanted, reach=reach)]
    vm, location = find_vm_by_name_or_id(client, "vm", params["vm"], params)
    if not vm or vm.get("deleted"):
        check_account(client, location.account)
        return []
    return [(location, vm)]
