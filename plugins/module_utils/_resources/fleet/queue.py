# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The groups and VMs of a fleet that wait to be begun. Private to bytemark.cloud."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..._core.errors import BigvError
from ..._core.plan import Plan
from .alike import first_names


@dataclass
class Item:
    """A group or a VM of the fleet on its way: the plan, and what came of it.

    ``actions`` grow as they are sent, and nothing more is to come when it ``ended``. ``is_back`` tells whether the VM
    is up again that the plan took down, or never was down.
    """

    name: str
    plan: Plan
    actions: list[str] = field(default_factory=list)
    error: BigvError | None = None
    reason: str | None = None
    ended: bool = False
    is_back: bool = True

    @property
    def is_done(self) -> bool:
        """Tell whether everything was sent and waited for."""
        return self.ended and not (self.error or self.skipped)

    @property
    def skipped(self) -> bool:
        """Tell whether the plan was not started; ``reason`` says why."""
        return self.reason is not None


class Queue:
    """The items that wait, in their order. A VM that its plan takes down for a while waits for one of the places.

    A VM that does not come back keeps its place.
    """

    def __init__(self, items: Iterable[Item], places: int) -> None:
        self._others: deque[tuple[int, Item]] = deque()
        self._restarts: deque[tuple[int, Item]] = deque()
        for position, item in enumerate(items):
            (self._restarts if item.plan.back else self._others).append((position, item))
        self.places = places
        self.down: dict[str, Item] = {}
        self.lost: list[str] = []

    def __len__(self) -> int:
        """Return how many items wait."""
        return len(self._others) + len(self._restarts)

    @property
    def waits_for_places(self) -> bool:
        """Tell whether somebody waits for a place."""
        return bool(self._restarts)

    def take(self, most: int) -> list[Item]:
        """Return the next items that may begin, at most so many."""
        taken: list[Item] = []
        while len(taken) < most:
            has_place = len(self.down) + len(self.lost) < self.places
            queues = [queue for queue in (self._others, self._restarts if has_place else None) if queue]
            if not queues:
                break
            _position, item = min(queues, key=lambda queue: queue[0]).popleft()
            if item.plan.back:
                self.down[item.name] = item
            taken.append(item)
        return taken

    def end(self, item: Item) -> None:
        """Take back the place of an item that has ended, if it has one to give back."""
        if self.down.pop(item.name, None) and not item.is_back:
            self.lost.append(item.name)

    def skip(self, reason: str | None) -> list[Item]:
        """Return what is not begun any more, with why: all for a reason, or what no place is left for."""
        queues = [self._restarts, self._others]
        if reason is None:
            if len(self.lost) < self.places:
                return []
            queues = [self._restarts]
            reason = (
                f"only {self.places} may be down at once (max_unavailable) and these have not come back: "
                + first_names(self.lost)
            )
        skipped = [item for queue in queues for _position, item in queue]
        for queue in queues:
            queue.clear()
        for item in skipped:
            item.reason = reason
        return skipped
