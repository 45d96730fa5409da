# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Applies the plans of a fleet's groups and VMs, many at once. Private to bytemark.cloud."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.executor import Applied, apply
from ..._core.plan import Plan, Resource
from .pace import FleetPace, Skipped

# Waiting for a build takes a thread but no request, so there may be more threads than requests under way.
MAX_THREADS = 256
# A signal that comes to another thread is seen by the main one when that wakes up.
MAX_SLEEP = 0.3


@dataclass
class Item:
    """A group or a VM of the fleet on its way: the plan, and what came of it.

    ``actions`` grow as they are sent, and nothing more is to come when it ``ended``.
    """

    name: str
    plan: Plan
    actions: list[str] = field(default_factory=list)
    error: BigvError | None = None
    reason: str | None = None
    ended: bool = False

    @property
    def is_done(self) -> bool:
        """Tell whether everything was sent and waited for."""
        return self.ended and not (self.error or self.skipped)

    @property
    def skipped(self) -> bool:
        """Tell whether the plan was not begun; ``reason`` says why."""
        return self.reason is not None


class FleetExecutor:
    """Applies plans, many at once, and keeps going, or stops, when one fails."""

    def __init__(
        self,
        client: Client,
        params: dict[str, Any],
        tell_failure: Callable[[Item], None],
        read_all: Callable[[], dict[str, Resource]],
    ) -> None:
        self.client = client
        self.tell_failure = tell_failure
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
        waiting: SimpleQueue[Item | None] = SimpleQueue()
        ended: SimpleQueue[tuple[Item, BaseException | None]] = SimpleQueue()
        under_way = {item.name: item for item in items if item.plan.steps}
        todo = list(under_way.values())
        self.items += todo
        for item in todo:
            waiting.put(item)
        threads = min(self.threads, len(todo))
        self.pace.add_workers(threads)
        for _number in range(threads):
            waiting.put(None)
            Thread(target=self._work, args=(waiting, ended), daemon=True).start()
        try:
            while under_way:
                try:
                    item, crash = ended.get(timeout=MAX_SLEEP)
                except Empty:
                    continue
                if crash:
                    raise crash
                del under_way[item.name]
                if item.error:
                    self.tell_failure(item)
        except BaseException as error:
            self.client.stop()
            self.pace.wake()
            _await_the_last(under_way, ended, self.client.last_request)
            if isinstance(error, BigvError):
                error.actions = self.actions
                finished = [item for item in self.items if item.ended and item.actions and not item.error]
                error.add(f"{len(finished)} of {len(self.items)} groups and VMs were finished.")
            raise

    def _work(self, waiting: SimpleQueue[Item | None], ended: SimpleQueue[tuple[Item, BaseException | None]]) -> None:
        while item := waiting.get():
            crash = None
            try:
                self._apply(item)
            except BaseException as error:
                crash = error
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
        try:
            applied = Applied(item.actions)
            apply(self.client, item.plan, wait=self.wait, timeout=self.timeout, pace=self.pace, applied=applied)
        except Skipped as skipped:
            item.reason = str(skipped)
        except BigvError as error:
            item.error = error
            self.failed = True
        finally:
            item.ended = True


def _await_the_last(
    under_way: dict[str, Item], ended: SimpleQueue[tuple[Item, BaseException | None]], seconds: float
) -> None:
    """Give those that are under way the time that a last request takes."""
    end = time.monotonic() + seconds
    while under_way and (left := end - time.monotonic()) > 0:
        try:
            item, _crash = ended.get(timeout=left)
        except Empty:
            return
        under_way.pop(item.name, None)
