# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""What the plan of a fleet comes to, for people: sorted, counted and printable. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DESTRUCTIVE = frozenset(("delete", "purge", "wipe"))
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
NO_PLAN = "no plan could be made, so the changes are unknown"


def destroys(resource: Mapping[str, Any]) -> bool:
    """Tell whether a resource of a plan, or part of it, is destroyed."""
    return any(write["effect"] in DESTRUCTIVE for write in resource["writes"])


def outcome(resource: Mapping[str, Any]) -> str:
    """Return what becomes of a resource of a plan: create, replace, delete, wipe, change, or nothing."""
    effects = {write["effect"] for write in resource["writes"]}
    if "create" in effects:
        return "replace" if destroys(resource) else "create"
    if effects and resource["after"] is None:
        return "delete"
    if "wipe" in effects:
        return "wipe"
    return "change" if effects else ""


def printable(value: Any) -> Any:
    """Return a value whose texts hold nothing that moves a cursor, ends a line or turns the direction of reading.

    >>> printable({"a\\nb": ["\\u202eoi", 1]})
    {'a\ufffdb': ['\ufffdoi', 1]}
    """
    if isinstance(value, Mapping):
        return {printable(key): printable(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable(entry) for entry in value]
    if isinstance(value, str):
        return "".join(character if character.isprintable() else REPLACEMENT for character in value)
    return value


def fleet_report(
    result: Mapping[str, Any], plan: Mapping[str, Any] | None = None, fail_on_unmanaged: bool = False
) -> dict[str, Any]:
    """Return the report on a fleet's result in check mode and its plan; without a plan, why there is none."""
    planned = {(entry["kind"], entry["name"]): entry for entry in plan["resources"]} if plan else {}
    order = {entry["name"]: position for position, entry in enumerate(result.get("plan", ()))}
    resources = [_resource(entry) for entry in sorted(planned.values(), key=lambda entry: order.get(entry["name"], 0))]
    changed = sorted((entry for entry in resources if entry["actions"]), key=lambda entry: not entry["destroys"])
    unchanged = [entry["name"] for entry in resources if not entry["actions"]]
    unmanaged = list(result.get("unmanaged", ()))
    names = {entry["name"] for entry in resources}
    left_alone = [name for name in unmanaged if name not in names]
    error = None if plan else str(result.get("msg", "")) or "unknown"
    parts = [result["summary"]["text"] if plan else NO_PLAN]
    parts += [f"{len(unmanaged)} unmanaged"] if unmanaged else []
    report = {
        "drift": bool(changed or (left_alone and fail_on_unmanaged)),
        "error": error,
        "account": plan["account"] if plan else None,
        "collection": plan["collection"] if plan else None,
        "created_at": plan["created_at"] if plan else None,
        "resources": changed,
        "unchanged": unchanged,
        "unmanaged": unmanaged,
        "left_alone": left_alone,
        "fails_on_unmanaged": fail_on_unmanaged,
        "summary": {
            "total": len(resources) + len(left_alone),
            "changed": len(changed),
            "destroyed": sum(entry["destroys"] for entry in changed),
            "unchanged": len(unchanged),
            "unmanaged": len(unmanaged),
            "failed": int(error is not None),
            "text": ", ".join(parts),
        },
    }
    return printable(report)


def _resource(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": entry["name"],
        "kind": entry["kind"],
        "outcome": outcome(entry),
        "destroys": destroys(entry),
        "actions": [write["summary"] for write in entry["writes"]],
        "writes": [{**write, "destroys": write["effect"] in DESTRUCTIVE} for write in entry["writes"]],
    }
