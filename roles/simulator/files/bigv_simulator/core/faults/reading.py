# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Reading a fault plan out of JSON, strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import rules
from ..problem import Errors, Invalid, Problem, Rule, read_attributes
from .kinds import FaultKind
from .plan import FaultRule, Plan

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
_MOST = 10**9


def _methods(value: Any) -> frozenset[str]:
    """Take one method, or an array of them."""
    values = value if isinstance(value, list) else [value]
    return frozenset(map(rules.one_of(_METHODS), values))


def _fraction(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise Invalid("is not a number between 0 and 1")
    return float(value)


_COMMON: dict[str, Rule] = {
    "fault": rules.text,
    "method": _methods,
    "path": rules.text,
    "skip": rules.integer(0, _MOST),
    "count": rules.nullable(rules.integer(0, _MOST)),
    "probability": _fraction,
}


def read_plan(body: Any, kinds: Mapping[str, FaultKind]) -> Plan:
    """Return the plan; the errors of rules are an array with one object for each of them, in order."""
    if not isinstance(body, dict):
        raise Problem(400, "A fault plan has to be an object")
    errors = Errors()
    values = read_attributes({"rules": None} | body, {"seed": rules.resource_id, "rules": _objects}, errors)
    for name in body:
        if name not in ("seed", "rules"):
            errors.add(name, "is not a key of a fault plan")
    read = [_read_rule(given, kinds) for given in values.get("rules", [])]
    if any(problems for _rule, problems in read):
        errors["rules"] = [problems for _rule, problems in read]
    errors.raise_any()
    return Plan(values.get("seed", 0), values["rules"], [rule for rule, _problems in read if rule is not None])


def _objects(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Invalid("is not an array of objects")
    return value


def _read_rule(given: dict[str, Any], kinds: Mapping[str, FaultKind]) -> tuple[FaultRule | None, dict[str, Any]]:
    errors = Errors()
    name_of_kind = str(given.get("fault"))
    kind = kinds.get(name_of_kind)
    if kind is None:
        errors.add("fault", f"is not one of {', '.join(kinds)}")
        return None, errors
    known = {**_COMMON, **kind.options}
    values = read_attributes(given, known, errors)
    for name in given:
        if name not in known:
            errors.add(name, f"is not an option of {name_of_kind}")
    if kind.required is not None and kind.required not in given:
        errors.add(kind.required, "can't be blank")
    return (None if errors else FaultRule(**values)), errors
