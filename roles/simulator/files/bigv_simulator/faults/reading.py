# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Reading a fault plan out of JSON, strictly."""

from __future__ import annotations

from typing import Any

from .. import rules
from ..problem import Errors, Invalid, Problem, Rule, read_attributes
from ..settings import duration
from .plan import FaultRule, Plan

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
_MOST = 10**9


def _methods(value: Any) -> frozenset[str]:
    """One method, or an array of them."""
    values = value if isinstance(value, list) else [value]
    return frozenset(map(rules.one_of(_METHODS), values))


def _fraction(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise Invalid("is not a number between 0 and 1")
    return float(value)


def _retry_after(value: Any) -> str:
    """Seconds or an HTTP date; any other text too, for servers that send nonsense."""
    if isinstance(value, str):
        if not (value.isascii() and value.isprintable()):
            raise Invalid("is not printable ASCII")
        return value
    return f"{duration(value):.15g}"


_COMMON: dict[str, Rule] = {
    "fault": rules.text,
    "method": _methods,
    "path": rules.text,
    "skip": rules.integer(0, _MOST),
    "count": rules.nullable(rules.integer(0, _MOST)),
    "probability": _fraction,
}
_SECONDS: dict[str, Rule] = {"seconds": duration}
_STATUS: dict[str, Rule] = {"status": rules.integer(200, 599)}
_AFTER: dict[str, Rule] = {"after": rules.boolean}
KINDS: dict[str, dict[str, Rule]] = {
    "latency": _SECONDS,
    "status": _STATUS | _AFTER | {"retry_after": _retry_after},
    "refuse": _SECONDS,
    "reset_before": {},
    "reset_after": {},
    "truncate": {},
    "not_json": {},
    "html": _STATUS | _AFTER,
    "empty": {},
    "hang": _SECONDS | _AFTER,
    "drip": _SECONDS,
    "expire_session": {"keys": rules.boolean},
    "stale_reads": _SECONDS,
    "build_never_finishes": {},
    "build_fails": {},
    "vm_deleted": {"purge": rules.boolean},
    "shutdown_ignored": {},
}
_REQUIRED = {"latency": "seconds", "status": "status", "refuse": "seconds", "drip": "seconds", "stale_reads": "seconds"}


def read_plan(body: Any) -> Plan:
    """Errors of rules are an array with one hash for each rule, in order, as those of discs are."""
    if not isinstance(body, dict):
        raise Problem(400, "A fault plan is a hash")
    errors = Errors()
    values = read_attributes({"rules": None} | body, {"seed": rules.resource_id, "rules": _hashes}, errors)
    for name in body:
        if name not in ("seed", "rules"):
            errors.add(name, "is not part of a fault plan")
    read = [_read_rule(given) for given in values.get("rules", [])]
    if any(problems for _rule, problems in read):
        errors["rules"] = [problems for _rule, problems in read]
    errors.raise_any()
    return Plan(values.get("seed", 0), values["rules"], [rule for rule, _problems in read if rule is not None])


def _hashes(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Invalid("is not an array of hashes")
    return value


def _read_rule(given: dict[str, Any]) -> tuple[FaultRule | None, dict[str, Any]]:
    errors = Errors()
    kind = str(given.get("fault"))
    options = KINDS.get(kind)
    if options is None:
        errors.add("fault", f"is not one of {', '.join(KINDS)}")
        return None, errors
    known = _COMMON | options
    values = read_attributes(given, known, errors)
    for name in given:
        if name not in known:
            errors.add(name, f"is not an option of {kind}")
    required = _REQUIRED.get(kind)
    if required is not None and required not in given:
        errors.add(required, "can't be blank")
    return (None if errors else FaultRule(**values)), errors
