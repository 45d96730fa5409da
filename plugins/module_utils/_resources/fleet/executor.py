# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Applies the plans of a fleet's groups and VMs, many at once. Private to bytemark.cloud."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, TypeAlias

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.executor import Applied, apply
from ..._core.plan import Resource
from .pace import FleetPace, Skipped
from .queue import Item, Queue
from .restart import Restart

# Waiting for a build takes a thread but no request, so there may be more threads than requests under way.
MAX_THREADS = 256
# A signal that comes to another thread is seen by the main one when that wakes up.
MAX_SLEEP = 0.3
Ended: TypeAlias = "SimpleQueue[tuple[Item, BaseException | None]]"


class FleetExecutor:
    """Applies plans, many at once, and keeps going, or stops, when one fails.

    ``places`` is how many VMs that were on may be down at once because of that.
    """

    def __init__(
        self,
        client: Client,
        params: dict[str, Any],
        tell_failure: Callable[[Item], None],
        read_all: Callable[[], dict[str, Resource]],
        places: int,
    ) -> None:
        self.client = client
        self.tell_failure = tell_failure
        self.places = places
        self.pace = FleetPace(client, read_all, params["concurrent_creations"], self._reason_to_skip)
        self.wait, self.timeout = params["wait"], params["wait_timeout"]
        self.stops = params["on_error"] == "stop"
        # What is untried when an item fails has to be untried for good, so then items begin only as others end.
        self.threads = params["concurrency"] if self.stops else MAX_THREADS
        self.failed = False
        self.items: list[Item] = []

    @property
    def actions(self) -> list[str]:
        """Return what was sent for all items."""
        return [action for item in self.items for action in item.actions]

    def run(self, items: Iterable[Item]) -> None:
        """Apply the items' plans. The threads are daemons, so that none keeps the process when it is to end."""
        todo = [item for item in items if item.plan.steps and not item.skipped]
        queue = Queue(todo, self.places)
        under_way: dict[str, Item] = {}
        ended: Ended = SimpleQueue()
        self.items += todo
        self.nobody_waits = Event()
        try:
            # A loop right here would not be guarded throughout: CPython runs signal handlers where it jumps back, and
            # takes the first jump of a loop that begins a try block for one outside of it.
            self._run_all(queue, under_way, ended)
        except BaseException as error:
            self.client.stop()
            self._give_up()
            _await_the_last(under_way, ended, self.client.last_request)
            if isinstance(error, BigvError):
                error.actions = self.actions
                finished = [item for item in self.items if item.ended and item.actions and not item.error]
                error.add(f"{len(finished)} of {len(self.items)} groups and VMs were finished.")
            raise

    def _run_all(self, queue: Queue, under_way: dict[str, Item], ended: Ended) -> None:
        while queue or under_way:
            self._begin(queue, under_way, ended)
            try:
                item, crash = ended.get(timeout=MAX_SLEEP)
            except Empty:
                continue
            if crash:
                raise crash
            del under_way[item.name]
            queue.end(item)
            if item.error:
                self.tell_failure(item)

    def _begin(self, queue: Queue, under_way: dict[str, Item], ended: Ended) -> None:
        """Begin whatever may begin by now, and skip what will not begin any more."""
        for item in queue.skip(self._reason_to_skip()):
            under_way[item.name] = item
            ended.put((item, None))
        begun = queue.take(self.threads - len(under_way))
        self.pace.add_workers(len(begun))
        for item in begun:
            under_way[item.name] = item
            Thread(target=self._work, args=(item, ended), daemon=True).start()
        if not queue.waits_for_places:
            self._give_up()

    def _give_up(self) -> None:
        """Release the plans that wait only for others."""
        self.nobody_waits.set()
        self.pace.wake()

    def _work(self, item: Item, ended: Ended) -> None:
        crash = None
        try:
            self._apply(item)
        except BaseException as error:
            crash = error
        item.ended = True
        ended.put((item, crash))
        self.pace.remove_worker()

    def _reason_to_skip(self) -> str | None:
        if (self.failed or self.pace.creation_failed) and self.stops:
            return "another one had failed (on_error: stop)"
        return "the task was interrupted" if self.client.stopping.is_set() else None

    def _apply(self, item: Item) -> None:
        item.reason = self._reason_to_skip()
        if item.skipped:
            return
        restart = Restart(self.pace, item.plan.back, self.timeout) if item.plan.back else None
        try:
            applied = Applied(item.actions)
            pace = restart or self.pace
            apply(self.client, item.plan, wait=self.wait, timeout=self.timeout, pace=pace, applied=applied)
        except Skipped as skipped:
            item.reason = str(skipped)
        except BigvError as error:
            item.error = error
            self.failed = True
        if restart:
            item.is_back = restart.is_back(item.error, self.wait, self.nobody_waits)


def _await_the_last(under_way: dict[str, Item], ended: Ended, seconds: float) -> None:
    """Give the plans in progress time for a last request."""
    end = time.monotonic() + seconds
    while under_way and (left := end - time.monotonic()) > 0:
        try:
            item, _crash = ended.get(timeout=left)
        except Empty:
            return
        under_way.pop(item.name, None)
