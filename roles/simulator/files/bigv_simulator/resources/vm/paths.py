# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The paths of virtual machines, and finding what is at one."""

from __future__ import annotations

from ...core.access import Identity
from ...core.cloud import Cloud, pick
from ...core.http import Call
from ...core.problem import not_found
from .. import group as groups
from ..group import GROUP
from .model import VirtualMachine

MACHINE = GROUP + "/virtual_machines/{virtual_machine}"
Path = tuple[str, str, str]


def find(cloud: Cloud, identity: Identity, path: Path, include_deleted: bool) -> VirtualMachine:
    """Return the VM at a path of account, group and VM, or 404."""
    account, group, segment = path
    machine = cloud.with_winning_id(identity, segment, VirtualMachine)
    if machine is None:
        machines = groups.find(cloud, identity, account, group).children(VirtualMachine)
        machine = pick(segment, machines.by_name, machines.by_id)
    if machine is None or not identity.sees(machine) or (machine.deleted and not include_deleted):
        raise not_found()
    return machine


def find_to_read(call: Call, *path: str) -> VirtualMachine:
    account, group, segment = path
    return find(call.cloud, call.identity, (account, group, segment), call.include_deleted)


def find_to_write(call: Call, *path: str) -> VirtualMachine:
    """Return a VM, a soft-deleted one without include_deleted as well (observed for purging)."""
    account, group, segment = path
    return find(call.cloud, call.identity, (account, group, segment), True)
