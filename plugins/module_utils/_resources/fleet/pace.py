# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Paces the plans that a fleet applies at the same time. Private to bytemark.cloud."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from threading import BoundedSemaphore, Condition, Event

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.executor import GROWTH, MAX_INTERVAL, Pace, interrupted
from ..._core.plan import Resource, Step, WaitCondition
from ..._core.progress import Status

# How many seconds lie between two reads, at least.
SHORTEST_INTERVAL = 1.0


class Skipped(Exception):
    """A plan is no longer started; the text says why."""


class FleetPace(Pace):
    """Reads for all plans that wait at once, and sends so many creations of VMs at a time.

    The next read begins when the interval is over, which grows from one second to ten while the same plans wait; or at
    once, when a plan has begun to wait and no other is sending anything. A wait may end a second late because of that.

    ``read_all`` returns the resources by their paths, in small letters too. ``reason_to_skip`` returns why nothing new
    is to be begun, or None.
    """

    def __init__(
        self,
        client: Client,
        read_all: Callable[[], dict[str, Resource]],
        concurrent_creations: int,
        reason_to_skip: Callable[[], str | None],
    ) -> None:
        super().__init__(client)
        self._read_all = read_all
        self._reason_to_skip = reason_to_skip
        self._creations = BoundedSemaphore(concurrent_creations)
        self.creation_failed = False
        self._changed = Condition()
        self._working = 0
        self._waiting: list[WaitCondition] = []
        self._somebody_new_waits = False
        self._is_reading = False
        self._begun = self._finished = 0
        self._began_at = -math.inf
        self._interval = SHORTEST_INTERVAL
        self._seen: dict[str, Resource] | BigvError = {}

    def add_workers(self, number: int) -> None:
        """Expect requests of so many plans more."""
        with self._changed:
            self._working += number

    def remove_worker(self) -> None:
        """Expect no more requests of this plan."""
        with self._changed:
            self._stops_working()

    def wake(self) -> None:
        """Let whoever waits see that the task is to end."""
        with self._changed:
            self._changed.notify_all()

    def showing(self, status: Status) -> AbstractContextManager[None]:
        """Return no more than a context: what is shown is how far all plans are."""
        return nullcontext()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Have nobody wait for a plan that makes no requests for a while."""
        self.remove_worker()
        try:
            yield
        finally:
            self.add_workers(1)

    @contextmanager
    def turn(self, step: Step, is_first: bool) -> Iterator[float]:
        """Wait for a turn, if the step takes turns."""
        if not step.takes_turns:
            yield 0.0
            return
        asked_at = time.monotonic()
        with self._creations:
            reason = self._reason_to_skip()
            if reason and is_first:
                raise Skipped(reason)
            if self.client.stopping.is_set():
                raise interrupted(f"before the step: {step.summary}")
            try:
                yield time.monotonic() - asked_at
            except BigvError:
                # Noted before the next one has its turn.
                self.creation_failed = True
                raise

    def polls(self, condition: WaitCondition, end: float, given_up: Event | None = None) -> Iterator[Resource | None]:
        """Yield what each of the shared reads shows of the resource, until the task is to end, or it is given up."""
        if condition.read:
            with self.resting():
                yield from super().polls(condition, end)
            return
        given_up = given_up or self.client.stopping
        yield self._next(condition, end, given_up, is_new=True)
        while True:
            yield self._next(condition, end, given_up)

    def _next(self, condition: WaitCondition, end: float, given_up: Event, is_new: bool = False) -> Resource | None:
        """Return what the next read shows of a resource. It begins at ``end`` at the latest, or a second later."""
        with self._changed:
            self._somebody_new_waits |= is_new
            asked_after = self._begun
            self._waiting.append(condition)
            self._stops_working()
            try:
                while self._finished <= asked_after:
                    if given_up.is_set():
                        raise interrupted(f"while waiting for {condition.description}")
                    left = self._due(end) - time.monotonic()
                    if self._is_reading:
                        self._changed.wait()
                    elif left > 0:
                        self._changed.wait(left)
                    else:
                        self._read(end)
            finally:
                self._waiting.remove(condition)
                self._working += 1
            if isinstance(self._seen, BigvError):
                # What is added to an error is of one plan.
                raise copy(self._seen)
            return self._seen.get(condition.path, self._seen.get(condition.path.casefold()))

    def _stops_working(self) -> None:
        self._working -= 1
        if not self._working:
            self._changed.notify_all()

    def _due(self, end: float) -> float:
        """Return when to begin the next read, for one who waits until ``end``."""
        if self._somebody_new_waits and not self._working:
            return -math.inf
        return max(self._began_at + SHORTEST_INTERVAL, min(self._began_at + self._interval, end))

    def _read(self, end: float) -> None:
        """Read for everybody who waits by now, with the lock released meanwhile."""
        self._begun += 1
        self._is_reading = True
        longer = min(self._interval * GROWTH, MAX_INTERVAL)
        self._interval = SHORTEST_INTERVAL if self._somebody_new_waits else longer
        self._somebody_new_waits = False
        self._began_at = time.monotonic()
        waiting = list(self._waiting)
        self._changed.release()
        try:
            self._seen = self._look(waiting, end)
        finally:
            self._changed.acquire()
            self._is_reading = False
            self._finished = self._begun
            self._changed.notify_all()

    def _look(self, waiting: list[WaitCondition], end: float) -> dict[str, Resource] | BigvError:
        """Return the resources by their paths, or why they cannot be read."""
        first = waiting[0]
        try:
            if any(condition.path != first.path for condition in waiting):
                return self._read_all()
            resource = self.read(first, end)
        except BigvError as error:
            return error
        return {first.path: resource} if resource else {}
