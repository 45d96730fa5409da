# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The kinds of faults: the options of each, the requests that it can hit, and what it does to the cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .. import rules
from ..cloud import Cloud
from ..problem import Invalid, Rule
from ..settings import duration
from .plan import Asked, FaultRule, Plan, StaleReads

Afterwards = Callable[[bytes], None]
_WRITES = ("POST", "PUT", "DELETE", "PATCH")


def _anywhere(_rule: FaultRule, _cloud: Cloud, _asked: Asked) -> bool:
    return True


def _nothing(_plan: Plan, _rule: FaultRule, _cloud: Cloud, _asked: Asked) -> Afterwards | None:
    return None


@dataclass(frozen=True, slots=True)
class FaultKind:
    """Describe one kind of fault. A fault that is `carried_out` lets the cloud handle the request as well."""

    options: Mapping[str, Rule] = field(default_factory=dict)
    required: str | None = None
    carried_out: bool = False
    applies: Callable[[FaultRule, Cloud, Asked], bool] = _anywhere
    """Tell whether a fault of this kind can happen to a request at all."""
    prepare: Callable[[Plan, FaultRule, Cloud, Asked], Afterwards | None] = _nothing
    """Do what comes before the request; what is returned is called with the body of a successful answer."""


def _retry_after(value: object) -> str:
    """Take seconds or an HTTP date; any other text too, for servers that send nonsense."""
    if isinstance(value, str):
        if not (value.isascii() and value.isprintable()):
            raise Invalid("is not printable ASCII")
        return value
    return f"{duration(value):.15g}"


def _is_write(_rule: FaultRule, _cloud: Cloud, asked: Asked) -> bool:
    return asked.method in _WRITES and not asked.path.startswith("/auth/")


def _expire_sessions(_plan: Plan, rule: FaultRule, cloud: Cloud, _asked: Asked) -> None:
    cloud.identities.expire(rule.keys)


def _stale_reads(plan: Plan, rule: FaultRule, cloud: Cloud, _asked: Asked) -> Afterwards:
    copy = cloud.copy_to_read()

    def begin(_body: bytes) -> None:
        plan.stale_reads.append(StaleReads(cloud.clock.now() + rule.seconds, cloud, copy))

    return begin


_SECONDS: dict[str, Rule] = {"seconds": duration}
_STATUS: dict[str, Rule] = {"status": rules.integer(200, 599)}
_AFTER: dict[str, Rule] = {"after": rules.boolean}
KINDS: dict[str, FaultKind] = {
    "latency": FaultKind(_SECONDS, "seconds", carried_out=True),
    "status": FaultKind(_STATUS | _AFTER | {"retry_after": _retry_after}, "status"),
    "refuse": FaultKind(_SECONDS, "seconds"),
    "reset_before": FaultKind(),
    "reset_after": FaultKind(carried_out=True),
    "truncate": FaultKind(carried_out=True),
    "not_json": FaultKind(carried_out=True),
    "html": FaultKind(_STATUS | _AFTER),
    "empty": FaultKind(carried_out=True),
    "hang": FaultKind(_SECONDS | _AFTER),
    "drip": FaultKind(_SECONDS, "seconds", carried_out=True),
    "expire_session": FaultKind({"keys": rules.boolean}, carried_out=True, prepare=_expire_sessions),
    "stale_reads": FaultKind(_SECONDS, "seconds", carried_out=True, applies=_is_write, prepare=_stale_reads),
}
