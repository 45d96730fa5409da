# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Follows a VM that its plan takes down for a while, until it is up again. Private to bytemark.cloud."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event

from ..._core.errors import BigvError, Rejected, TimedOut
from ..._core.executor import Pace
from ..._core.plan import Resource, Step, WaitCondition
from ..._core.progress import Status
from ..vm.conditions import is_off
from .pace import FleetPace


class Restart(Pace):
    """The pace of a plan that takes a VM down. It looks on, to tell whether the VM is down because of the plan.

    What was seen off, and then on, has been on in between: reads may lag, but do not go back in time (assumed).
    """

    def __init__(self, pace: FleetPace, back: WaitCondition, timeout: float) -> None:
        super().__init__(pace.client)
        self._pace = pace
        self._back = back
        self._end = time.monotonic() + timeout
        self._may_be_down = False
        self._was_off = False
        self._started_at: str | None = None

    def resting(self) -> AbstractContextManager[None]:
        """Return the context of a wait in which the plan makes no requests."""
        return self._pace.resting()

    def showing(self, status: Status) -> AbstractContextManager[None]:
        """Return the context within which it is said what is waited for."""
        return self._pace.showing(status)

    @contextmanager
    def turn(self, step: Step, is_first: bool) -> Iterator[float]:
        """Note what the step does to the VM's power: whatever may have been done counts as done."""
        if step.effect == "restart":
            self._may_be_down = True
        starts = bool(step.body and step.body.get("power_on"))
        if starts:
            self._started_at = str(step.path)
        try:
            with self._pace.turn(step, is_first) as waited:
                yield waited
        except Rejected:
            if starts:
                self._started_at = None
            raise

    def polls(self, condition: WaitCondition, end: float) -> Iterator[Resource | None]:
        """Yield what each of the shared reads shows of the VM."""
        for seen in self._pace.polls(condition, end):
            # What has a read of its own is no VM.
            self._was_off |= self._may_be_down and not condition.read and seen is not None and is_off(seen)
            yield seen

    def is_back(self, error: BigvError | None, waited: bool, given_up: Event) -> bool:
        """Tell whether the VM is up after its plan has ended, with an error or without, or was never down.

        Wait for one that is starting: as long as the plan could have taken, unless ``given_up`` is set before. One that
        has not shut down in time may still do so, and does not count as up.
        """
        if not self._may_be_down or (error is None and waited):
            return True
        path = self._back.path if error is None else self._started_at
        if not (self._was_off and path):
            return False
        end = time.monotonic() if isinstance(error, TimedOut) else self._end
        try:
            return self._comes_back(self._back._replace(path=path), end, given_up)
        except BigvError:
            return False

    def _comes_back(self, back: WaitCondition, end: float, given_up: Event) -> bool:
        for seen in self._pace.polls(back, end, given_up):
            if back.test(seen):
                break
            if time.monotonic() >= end:
                return False
        if back.port:
            from ..._core.ports import await_port  # Only here: most tasks do without.

            address = back.port.address(self.client, seen or {})
            with self.resting():
                await_port(given_up, back.port, address, end)
        return True
