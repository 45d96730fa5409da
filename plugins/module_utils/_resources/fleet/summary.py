# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The progress of a fleet and its summary, each in one line. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..._core.plan import Step
from ..names import VmName
from .queue import Item

DONE = {"create": "created", "change": "changed", "delete": "deleted"}
DETAILS = {
    "change": {"restart": ("restart", "restarts"), "wipe": ("wiped", "wiped")},
    "delete": {"purge": ("permanently", "permanently")},
}


def summary_text(groups: Sequence[Item], vms: Sequence[Item], check_mode: bool) -> str:
    """Return what was done, or in check mode would be, such as ``2 to create, 1 to change (1 restart)``."""
    of_vms: Counter[str] = Counter()
    of_groups: Counter[str] = Counter()
    for vm in vms:
        of_vms.update(_outcomes({step.effect for step in _steps_done(vm)}))
    for group in groups:
        for step in _steps_done(group):
            is_of_a_vm = step.target is not None and isinstance(step.target.owner, VmName)
            (of_vms if is_of_a_vm else of_groups).update(_outcomes({step.effect}))
    parts = list(_phrases(of_vms, check_mode))
    if of_groups:
        parts.append("groups: " + ", ".join(_phrases(of_groups, check_mode)))
    items = (*groups, *vms)
    failed, skipped = sum(bool(item.error) for item in items), sum(item.skipped for item in items)
    parts += [f"{number} {said}" for number, said in ((failed, "failed"), (skipped, "skipped")) if number]
    return ", ".join(parts) or ("nothing to change" if check_mode else "nothing changed")


def status_text(groups: Sequence[Item], vms: Sequence[Item], seconds: float, places: int) -> str:
    """Return the progress, such as ``12 s · 200 accepted · 137 built · 0 failed · 4 restarting (max 50)``."""
    aims = [_aim(vm) for vm in vms]
    reached = Counter(aim for vm, aim in zip(vms, aims, strict=True) if vm.is_done)
    counts = [
        ("accepted", sum(bool(vm.actions) for vm in vms)),
        ("built", reached["create"]),
        ("failed", sum(bool(item.error) for item in (*groups, *vms))),
    ]
    if any(vm.plan.back for vm in vms):
        counts.append((f"restarting (max {places})", sum(_is_restarting(vm) for vm in vms)))
    counts += [(done, reached[aim]) for aim, done in DONE.items() if aim in aims and aim != "create"]
    if skipped := sum(item.skipped for item in (*groups, *vms)):
        counts.append(("skipped", skipped))
    return " · ".join((f"{seconds:.0f} s", *(f"{number} {what}" for what, number in counts)))


def _aim(vm: Item) -> str:
    return next(_outcomes({step.effect for step in vm.plan.steps}))


def _is_restarting(vm: Item) -> bool:
    return not vm.ended and any(step.effect == "restart" for step in _steps_done(vm))


def _steps_done(item: Item) -> list[Step]:
    return [step for step in item.plan.steps if step.summary in item.actions]


def _outcomes(effects: set[str]) -> Iterator[str]:
    """Yield the outcome of the effects on one resource, with noteworthy details."""
    if "create" in effects:
        yield "create"
    if effects & {"delete", "purge"}:
        yield "delete"
    elif effects and "create" not in effects:
        yield "change"
    yield from effects & {"restart", "wipe", "purge"}


def _phrases(counts: Counter[str], check_mode: bool) -> Iterator[str]:
    for kind, done in DONE.items():
        if counts[kind]:
            details = [
                f"{counts[effect]} {one if counts[effect] == 1 else many}"
                for effect, (one, many) in DETAILS.get(kind, {}).items()
                if counts[effect]
            ]
            what = f"{counts[kind]} {f'to {kind}' if check_mode else done}"
            yield f"{what} ({', '.join(details)})" if details else what
