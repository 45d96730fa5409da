# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Messages about groups and VMs that failed. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Sequence

from ..._core.progress import Progress
from .alike import first_names, groups_of_alike, without_own
from .queue import Item

MAX_REASONS = 5


class FailureTeller:
    """Reports why an item failed as soon as it did, once for all items that fail for the same reason."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._told: set[str] = set()

    def __call__(self, item: Item) -> None:
        """Report why the item failed, unless the same was reported for another."""
        reason = _reason(item)
        if reason not in self._told:
            self._told.add(reason)
            self._progress(f"{item.name}: FAILED: {item.error}")


def failure_text(items: Sequence[Item]) -> str:
    """Return what failed, and what was not started because of that."""
    failed = [item for item in items if item.error]
    said = [f"{len(failed)} of {len(items)} groups and VMs failed."] if failed else []
    reasons = list(groups_of_alike((item.name, str(item.error), _reason(item)) for item in failed))
    for text, names in reasons[:MAX_REASONS]:
        said.append(f"{names[0]}: {text}")
        if len(names) > 1:
            said.append(f"{len(names) - 1} more failed for the same reason: {first_names(names[1:])}.")
    others = sum(len(names) for _text, names in reasons[MAX_REASONS:])
    if others:
        said.append(f"See vms for the other {others}.")
    skipped = groups_of_alike((item.name, str(item.reason), str(item.reason)) for item in items if item.skipped)
    said += [f"Not started because {reason}: {first_names(names)}." for reason, names in skipped]
    return " ".join(said)


def _reason(item: Item) -> str:
    """Return why the item failed, without what is its own: its name, and what was being done to it."""
    return without_own(str(item.error), item.name, (step.summary for step in item.plan.steps))
