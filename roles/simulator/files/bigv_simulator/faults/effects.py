# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""What faults do to the cloud itself: before a request is handled, and once it has succeeded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import power, reading, virtual_machines
from ..cloud import Cloud, as_id
from ..model import Identity, VirtualMachine
from ..problem import Problem
from .plan import FaultRule, Plan, StaleReads

_EVERYTHING = Identity(None)
_WRITES = ("POST", "PUT", "DELETE", "PATCH")
_MACHINE = re.compile(r"(?:/accounts/([^/]+)/groups/([^/]+))?/virtual_machines/([^/]+)(?:/.*)?")
_BUILD = re.compile(r"/accounts/[^/]+/groups/[^/]+/(vm_create|virtual_machines)")
_SIGNAL = re.compile(r".*/virtual_machines/[^/]+/signal")

Afterwards = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    body: bytes


def applies(rule: FaultRule, cloud: Cloud, asked: Asked) -> bool:
    """Whether this kind of fault can happen to this request at all."""
    if rule.fault == "stale_reads":
        return asked.method in _WRITES and not asked.path.startswith("/auth/")
    if rule.fault in ("build_never_finishes", "build_fails"):
        return asked.method == "POST" and _BUILD.fullmatch(asked.path) is not None
    if rule.fault == "shutdown_ignored":
        return asked.method == "POST" and _SIGNAL.fullmatch(asked.path) is not None and _is_powerdown(asked.body)
    if rule.fault == "vm_deleted":
        machine = _named(cloud, asked.path)
        return machine is not None and (rule.purge or not machine.deleted)
    return True


def prepare(plan: Plan, rule: FaultRule, cloud: Cloud, asked: Asked) -> Afterwards | None:
    """Let happen what comes before the request; what is given back is for the body of a successful answer."""
    if rule.fault == "expire_session":
        cloud.identities.expire(rule.keys)
    elif rule.fault == "vm_deleted" and (machine := _named(cloud, asked.path)) is not None:
        virtual_machines.delete(cloud, machine, rule.purge)
    elif rule.fault == "stale_reads":
        return _stale_reads(plan, cloud, rule.seconds)
    elif rule.fault == "build_never_finishes":
        return lambda body: power.never_finish_build(_made(cloud, body))
    elif rule.fault == "build_fails":
        return lambda body: power.fail_build(_made(cloud, body))
    elif rule.fault == "shutdown_ignored" and (machine := _named(cloud, asked.path)) is not None:
        return _keep_due(machine)
    return None


def _stale_reads(plan: Plan, cloud: Cloud, seconds: float) -> Afterwards:
    copy = cloud.copy_to_read()

    def begin(_body: bytes) -> None:
        plan.stale_reads.append(StaleReads(cloud.clock.now() + seconds, cloud, copy))

    return begin


def _keep_due(machine: VirtualMachine) -> Afterwards:
    """A shutdown that an earlier signal began goes on."""
    due = machine.due

    def restore(_body: bytes) -> None:
        machine.due = due

    return restore


def _made(cloud: Cloud, body: bytes) -> VirtualMachine:
    answer = json.loads(body)
    return cloud.virtual_machines[int(answer.get("virtual_machine", answer)["id"])]


def _named(cloud: Cloud, path: str) -> VirtualMachine | None:
    """The VM that the path names, soft-deleted ones included."""
    parts = _MACHINE.fullmatch(path)
    if parts is None:
        return None
    account, group, machine = parts.groups()
    if account is None:
        if (winner := cloud.with_winning_id(_EVERYTHING, machine, cloud.virtual_machines)) is not None:
            return winner
        named = list(reading.virtual_machines(cloud, _EVERYTHING, {"vm_name": machine}, True))
        return named[0] if len(named) == 1 else cloud.virtual_machines.get(as_id(machine) or 0)
    try:
        return cloud.find_virtual_machine(_EVERYTHING, account, group, machine, True)
    except Problem:
        return None


def _is_powerdown(body: bytes) -> bool:
    try:
        given: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(given, dict) and given.get("signal") == "powerdown"
