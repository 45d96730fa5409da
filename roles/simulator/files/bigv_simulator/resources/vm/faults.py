# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The faults of VMs: builds that fail or never finish, VMs that vanish, guests that do not shut down."""

from __future__ import annotations

import json
import re

from ...core import rules
from ...core.access import EVERYTHING
from ...core.cloud import Cloud
from ...core.faults.kinds import Afterwards, FaultKind
from ...core.faults.plan import Asked, FaultRule, Plan
from ...core.flat_lists import Search
from ...core.problem import Problem
from . import lifecycle, power
from .model import VirtualMachine
from .paths import find

_MACHINE = re.compile(r"(?:/accounts/([^/]+)/groups/([^/]+))?/virtual_machines/([^/]+)(?:/.*)?")
_BUILD = re.compile(r"/accounts/[^/]+/groups/[^/]+/(vm_create|virtual_machines)")
_SIGNAL = re.compile(r".*/virtual_machines/[^/]+/signal")


def _is_build(_rule: FaultRule, _cloud: Cloud, asked: Asked) -> bool:
    return asked.method == "POST" and _BUILD.fullmatch(asked.path) is not None


def _is_powerdown(_rule: FaultRule, _cloud: Cloud, asked: Asked) -> bool:
    return asked.method == "POST" and _SIGNAL.fullmatch(asked.path) is not None and asked.says("signal", "powerdown")


def _can_vanish(rule: FaultRule, cloud: Cloud, asked: Asked) -> bool:
    machine = _named(cloud, asked.path)
    return machine is not None and (rule.purge or not machine.deleted)


def _never_finish(_plan: Plan, _rule: FaultRule, cloud: Cloud, _asked: Asked) -> Afterwards:
    return lambda body: power.never_finish_build(_made(cloud, body))


def _fail(_plan: Plan, _rule: FaultRule, cloud: Cloud, _asked: Asked) -> Afterwards:
    return lambda body: power.fail_build(_made(cloud, body))


def _vanish(_plan: Plan, rule: FaultRule, cloud: Cloud, asked: Asked) -> None:
    if (machine := _named(cloud, asked.path)) is not None:
        lifecycle.delete(cloud, machine, rule.purge)


def _ignore_shutdown(_plan: Plan, _rule: FaultRule, cloud: Cloud, asked: Asked) -> Afterwards | None:
    """Keep what was due, such as a shutdown that an earlier signal began."""
    machine = _named(cloud, asked.path)
    if machine is None:
        return None
    due = machine.due

    def restore(_body: bytes) -> None:
        machine.due = due

    return restore


def _made(cloud: Cloud, body: bytes) -> VirtualMachine:
    answer = json.loads(body)
    return cloud.objects(VirtualMachine)[int(answer.get("virtual_machine", answer)["id"])]


def _named(cloud: Cloud, path: str) -> VirtualMachine | None:
    """Return the VM that a path names, soft-deleted ones included."""
    parts = _MACHINE.fullmatch(path)
    if parts is None:
        return None
    account, group, machine = parts.groups()
    try:
        if account is None:
            search = Search(cloud, EVERYTHING, {"vm_name": machine}, True)
            return search.one(VirtualMachine, machine, search.all(VirtualMachine))
        return find(cloud, EVERYTHING, (account, group, machine), True)
    except Problem:
        return None


FAULTS = {
    "build_never_finishes": FaultKind(carried_out=True, applies=_is_build, prepare=_never_finish),
    "build_fails": FaultKind(carried_out=True, applies=_is_build, prepare=_fail),
    "vm_deleted": FaultKind({"purge": rules.boolean}, carried_out=True, applies=_can_vanish, prepare=_vanish),
    "shutdown_ignored": FaultKind(carried_out=True, applies=_is_powerdown, prepare=_ignore_shutdown),
}
