# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""A fleet, or the plan of one, as a Mermaid diagram. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ._plan_outcomes import outcome, printable

ACCOUNT = "account"
DEFAULT_GROUP = "default"
MAX_TEXT = 40
# With eight discs each they stay within the 500 edges that Mermaid draws.
MAX_VMS = 30
# All else of a text stands as its number. A dot or a hyphen between letters means nothing to Mermaid.
MARKUP = re.compile(r"(?<![A-Za-z0-9_])[^A-Za-z0-9_ ]|[^A-Za-z0-9_ .-]|[.-](?![A-Za-z0-9_])|[^\x00-\x7f]")
# Words say what becomes of something, so that nobody needs the colours. These go with light and dark pages.
CLASSES = {
    "create": ("create", "fill:#dafbe1,stroke:#1a7f37,color:#0b3d1a,stroke-width:2px"),
    "change": ("change", "fill:#fff8c5,stroke:#9a6700,color:#3b2300,stroke-width:2px"),
    "wipe": ("WIPE", "fill:#ffebe9,stroke:#cf222e,color:#5c0011,stroke-width:4px"),
    "replace": ("REPLACE", "fill:#ffebe9,stroke:#cf222e,color:#5c0011,stroke-width:4px"),
    "delete": ("DELETE", "fill:#ffebe9,stroke:#cf222e,color:#5c0011,stroke-width:4px,stroke-dasharray:6 4"),
}
DESTRUCTIVE = ("delete", "replace", "wipe")
# The shapes of accounts, groups, VMs and discs.
SHAPES = (("([", "])"), ("[[", "]]"), ("[", "]"), ("[(", ")]"))


@dataclass(eq=False)
class Node:
    """Something in a diagram, with what is in it. ``path`` is what tells it from all others."""

    path: tuple[str, ...]
    label: str
    outcome: str = ""
    children: dict[str, Node] = field(default_factory=dict)

    def child(self, name: str) -> Node:
        return self.children.setdefault(name, Node((*self.path, name), name))

    @property
    def identifier(self) -> str:
        return f"n{hashlib.sha256(repr(self.path).encode(errors='replace')).hexdigest()[:12]}"


def mermaid(value: Mapping[str, Any], max_vms: int = MAX_VMS) -> str:
    """Return the diagram of a fleet, which is the options of bigv_fleet, or of a plan, which is what it saved."""
    account = _of_plan(value) if "resources" in value else _of_fleet(value)
    return "\n".join(["flowchart LR", *_lines(account, max_vms)])


def _of_plan(plan: Mapping[str, Any]) -> Node:
    account = Node((), str(plan["account"]))
    for resource in plan["resources"]:
        if resource["kind"] == "group":
            account.child(_parts(resource["name"])[0]).outcome = outcome(resource)
            continue
        name, group, _account = (*_parts(resource["name"]), "", "")[:3]
        vm = account.child(group).child(name)
        vm.outcome = outcome(resource)
        if renamed := resource.get("renamed_to"):
            vm.label = f"{name} → {renamed}"
        before, after = ((resource[when] or {}).get("discs") or {} for when in ("before", "after"))
        for label in {**before, **after}:
            disc = vm.child(label)
            disc.label = _disc_label(label, (after.get(label) or before.get(label) or {}).get("size"))
            disc.outcome = _disc_outcome(vm.outcome, before.get(label), after.get(label))
    return account


def _disc_outcome(of_vm: str, before: Any, after: Any) -> str:
    """Return what becomes of a disc where it is not what becomes of its VM, which says it already."""
    if of_vm not in ("change", "wipe") or before == after:
        return ""
    return "create" if before is None else "delete" if after is None else "change"


def _of_fleet(fleet: Mapping[str, Any]) -> Node:
    defaults = fleet.get("defaults") or {}
    account = Node((), str(fleet.get("account") or ACCOUNT))
    for entry in fleet.get("groups") or ():
        named = entry if isinstance(entry, Mapping) else {"name": entry}
        group = account.child(_parts(named["name"])[0])
        group.outcome = _listed(named.get("state"))
    for position, entry in enumerate(fleet.get("vms") or ()):
        options = {**defaults, **entry}
        name, *of = _parts(options.get("name") or f"id {options.get('id', position)}")
        group = account.child(of[0] if of else _parts(options.get("group") or DEFAULT_GROUP)[0])
        vm = group.child(name)
        vm.outcome = _listed(options.get("state"))
        for number, disc in enumerate(options.get("discs") or (), 1):
            label = str(disc.get("label") or f"disc-{number}")
            vm.child(label).label = _disc_label(label, disc.get("size"))
    return account


def _listed(state: Any) -> str:
    return "delete" if state == "absent" else ""


def _parts(name: Any) -> list[str]:
    return str(name).split(".")


def _disc_label(label: str, size: Any) -> str:
    if isinstance(size, int):
        size = f"{size // 1024} GiB" if size % 1024 == 0 else f"{size} MiB"
    return f"{label} {size}" if size else label


def _lines(account: Node, limit: int) -> Iterator[str]:
    """Yield a line for each node, which draws it beside the one that it is in, and at last the classes."""
    drawn = [account]
    yield f"  {_drawn(account)}"
    for parent, node in _drawn_nodes(account, limit):
        drawn.append(node)
        yield f"  {parent.identifier} --> {_drawn(node)}"
    for name in sorted({node.outcome for node in drawn} - {""}):
        yield f"  classDef {name} {CLASSES[name][1]}"


def _drawn_nodes(account: Node, limit: int) -> Iterator[tuple[Node, Node]]:
    """Yield the groups, VMs and discs, each after the node that it is in, and how many more there are."""
    groups = list(account.children.values())
    vms = _first([vm for group in groups for vm in group.children.values()], limit)
    with_vms = {vm.path[0] for vm in vms}
    shown = _first([group for group in groups if group.path[0] not in with_vms], limit)
    for group in groups:
        if group.path[0] in with_vms or group in shown:
            yield account, group
            for vm in group.children.values():
                if vm in vms:
                    yield group, vm
                    yield from ((vm, disc) for disc in vm.children.values())
            yield from _more(group, [vm for vm in group.children.values() if vm not in vms], "more")
    yield from _more(
        account, [group for group in groups if group.path[0] not in with_vms and group not in shown], "more groups"
    )


def _first(nodes: list[Node], limit: int) -> list[Node]:
    """Return the nodes that are drawn: what is destroyed before all others, and what is left alone last."""
    return sorted(nodes, key=lambda node: (node.outcome not in DESTRUCTIVE, not node.outcome))[:limit]


def _more(parent: Node, left_out: list[Node], words: str) -> Iterator[tuple[Node, Node]]:
    if left_out:
        yield parent, Node((*parent.path, ""), f"{len(left_out)} {words}")


def _drawn(node: Node) -> str:
    begin, end = SHAPES[len(node.path)]
    label = escaped(node.label)
    if not node.outcome:
        return f'{node.identifier}{begin}"{label}"{end}'
    return f'{node.identifier}{begin}"{label}<br>{CLASSES[node.outcome][0]}"{end}:::{node.outcome}'


def escaped(text: str) -> str:
    """Return a text as it may stand in a quoted label: nothing in it means anything to Mermaid, Markdown or HTML.

    >>> escaped('web-1 "a`b" #35; <br>')
    'web-1 #34;a#96;b#34; #35;35#59; #60;br#62;'
    """
    text = printable(text)
    text = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
    return MARKUP.sub(lambda found: f"#{ord(found[0])};", text) or "#32;"
