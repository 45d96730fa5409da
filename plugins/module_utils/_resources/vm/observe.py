# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The observed state of a VM, read from the API or from a snapshot of the account. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.names import check_spelling, find_by_name, is_id, name_of
from ..._core.plan import FULL_VIEW, Resource
from ..._core.validation import Unsettled
from ..ip.read import read_rdns
from ..names import GroupName, VmName
from .attributes import VM
from .desired import DesiredVm
from .read import find_vm, find_vm_by_id, no_vm_of_id, with_nested


class ObservedVm(NamedTuple):
    """The observed state: the VM, where it is or would be created, and what else the plan may need.

    ``group_id`` is the id of the group that the VM is to be in, where that is not the one it is in; ``rdns`` is the
    reverse DNS by address, of those of which something was asked for; ``now`` is the API's clock, where discs are to be
    backed up.
    """

    vm: Resource | None
    location: VmName
    target: VmName
    group_id: int | None = None
    rdns: Mapping[str, str | None] = MappingProxyType({})
    now: datetime | None = None


class StateReader(Protocol):
    """A source of the current state: the API, resource by resource, or a snapshot of an account."""

    def vm(self, name: VmName, option: str = "name") -> tuple[Resource | None, VmName]:
        """Return the VM of this name, if there is one, soft-deleted or not, and where it is."""

    def vm_by_id(self, vm_id: int) -> tuple[Resource | None, VmName]:
        """Return the VM of this id, if there is one, and where it is."""

    def group(self, name: GroupName) -> Resource | None:
        """Return the group of this name, if there is one. An account that does not exist is an error."""

    def check_new_name(self, name: VmName) -> None:
        """Refuse the name for a new VM of a group that has been read, if it could be taken for that of another VM."""

    def rdns(self, address: str) -> str | None:
        """Return the reverse DNS of an address, if it has any."""

    def now(self) -> datetime:
        """Return the time by the API's clock."""

    def report_missing(self, why: BigvError) -> None:
        """Refuse what lacks a group, unless an earlier task may be about to create that."""


class ApiReader:
    """The API, asked for one resource at a time.

    For a VM that is being built, and of which the API says so (202), it waits so many seconds, unless that is None.
    """

    def __init__(self, client: Client, build_timeout: float | None = None) -> None:
        self._client = client
        self._build_timeout = build_timeout
        self._vms: list[Resource] = []

    def vm(self, name: VmName, option: str = "name") -> tuple[Resource | None, VmName]:
        """Return the VM of this name, built if that is waited for, and where it is."""
        return self._built(*find_vm(self._client, name, option))

    def vm_by_id(self, vm_id: int) -> tuple[Resource | None, VmName]:
        """Return the VM of this id, built if that is waited for, and where it is."""
        return self._built(*find_vm_by_id(self._client, vm_id))

    def _built(self, vm: Resource | None, location: VmName) -> tuple[Resource | None, VmName]:
        if self._build_timeout is None or not isinstance(vm, Unsettled):
            return vm, location
        # Only here: few VMs are being built.
        from ..._core.executor import wait_for
        from .conditions import is_built, vm_condition

        condition = vm_condition(location.path, f"VM {location} to be built", is_built)
        seen = wait_for(self._client, condition, self._build_timeout)
        return seen and with_nested(self._client, location.path, f"VM {location}", seen), location

    def group(self, name: GroupName) -> Resource | None:
        """Return the group of this name, and keep the names of its VMs for `check_new_name`."""
        # Only here: a task that changes nothing does without.
        from ..group import find_group, list_groups, vms_of

        group, location = find_group(self._client, name, "group", may_be_id=True, **FULL_VIEW)
        if group is None:
            others = (known.get("name") for known in list_groups(self._client, location.account))
            check_spelling("group", "group", location.group, others)
        else:
            self._vms = vms_of(self._client, location, group)
        return group

    def check_new_name(self, name: VmName) -> None:
        """Refuse the name for a new VM of the group that was read, if it could be taken for that of another VM."""
        check_spelling("name", "VM", name.vm, (vm.get("name") for vm in self._vms))
        check_number_is_free(self._client, name)

    def rdns(self, address: str) -> str | None:
        """Return the reverse DNS of an address, if it has any."""
        return read_rdns(self._client, address)

    def now(self) -> datetime:
        """Return the time by the API's clock."""
        return self._client.api_time

    def report_missing(self, why: BigvError) -> None:
        """Refuse what lacks a group, unless an earlier task may be about to create that."""
        self._client.report_missing(why)


def check_number_is_free(client: Client, name: VmName) -> None:
    """Refuse a number as the name of a new VM where the API takes it for the id of another VM."""
    if is_id(name.vm):
        found = client.find(name.path, f"VM {name}", VM, **FULL_VIEW)
        find_by_name("name", name.vm, [found] if found else [], "VM", "choose another name for the new VM")


def observe(reader: StateReader, desired: DesiredVm) -> ObservedVm:
    """Read what the plan needs: one GET where nothing has to change and nothing is renamed."""
    if desired.name is None:
        vm, location = reader.vm_by_id(desired.id or 0)
        if vm is None and desired.state != "absent":
            raise no_vm_of_id(desired.id)
    else:
        vm, location = reader.vm(desired.name)
    target = desired.target(location)
    if desired.state == "absent":
        return ObservedVm(vm, location, target)
    if target != location:
        moved, target = reader.vm(target, "new_name")
        if moved and (vm is None or vm.get("deleted") or vm["id"] == moved["id"]):
            vm, location = moved, target
        elif moved:
            taken = "is taken by a soft-deleted VM; purge that first" if moved.get("deleted") else "already exists"
            raise BigvError(f"new_name: VM {location} cannot become {target}, which {taken}")
    group_id = None
    if vm is None or location.group != target.group:
        group = reader.group(target.in_group)
        if group is None:
            reader.report_missing(
                BigvError(
                    f"{'new_group' if desired.new_group else 'group'}: account {target.account} has no group "
                    f"{target.group!r}. Create it first with bigv_group.",
                    status=404,
                )
            )
        group_id = (group or {}).get("id")
    if vm is None or (vm.get("deleted") and desired.on_deleted == "replace"):
        target = target._replace(vm=str(target.vm))
        reader.check_new_name(target)
    else:
        target = target._replace(vm=name_of({**vm, "name": target.vm}))
    now = reader.now() if desired.backup_before else None
    return ObservedVm(vm, location, target, group_id, _rdns(reader, location, vm, desired), now)


def _rdns(reader: StateReader, location: VmName, vm: Resource | None, desired: DesiredVm) -> dict[str, str | None]:
    if vm is None or desired.rdns is None:
        return {}
    # Only here: most tasks do without.
    from ..ip.rdns import check_rdns, wanted_rdns

    check_rdns("rdns", location, vm, desired.rdns)
    return {address: reader.rdns(address) for address in wanted_rdns(vm, desired.rdns)}
