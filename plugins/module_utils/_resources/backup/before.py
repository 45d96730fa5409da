# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Backups of discs that are about to be wiped or deleted: the option ``backup_before``. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from ..._core.plan import Plan, Prediction, Resource, Step
from ..vm.draft import VmDraft
from .plan import new_backup, predicted_backup, with_more_backups
from .read import DiscPlace, place_of
from .steps import Creation


def back_up(place: DiscPlace) -> Step:
    """Return the write that backs a disc up, and is over only when the backup is done."""
    return Creation(place).step()


def back_up_what_is_wiped(draft: VmDraft) -> None:
    """Back up the first disc of a VM, if it has one: a reimage wipes no other (documented)."""
    discs = draft.vm.get("discs")
    if discs:
        draft.append(back_up(place_of(draft.location, discs[0], discs)))
        draft.vm["discs"] = [with_more_backups(discs[0], 1), *discs[1:]]


def may_not_outlive(place: DiscPlace) -> str:
    """Return the warning about the backups of a disc that is deleted."""
    return (
        f"backup_before: the API does not say whether the backups of {place} outlive it; check that they still exist "
        "before you rely on them."
    )


def created_backups(plan: Plan, actions: Sequence[str], check_mode: bool) -> list[Resource]:
    """Return the backups that the actions created, or would create in check mode."""
    return [
        creation.created or new_backup(creation.place, is_awaited=check_mode) for creation in _creations(plan, actions)
    ]


def predicted_backups(plan: Plan, now: datetime) -> Iterator[Prediction]:
    """Yield the backups that the plan creates."""
    for creation in _creations(plan, plan.actions):
        yield predicted_backup(creation.place, new_backup(creation.place, is_awaited=True), now)


def _creations(plan: Plan, actions: Iterable[str]) -> Iterator[Creation]:
    for step in plan.steps:
        if isinstance(step.verify, Creation) and step.summary in actions:
            yield step.verify
