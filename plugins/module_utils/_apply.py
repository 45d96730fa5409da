# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Carries out a plan: sends its writes in order and waits where it says so. Private to bytemark.cloud."""

from __future__ import annotations

import random
import time
from dataclasses import replace

from ansible_collections.bytemark.cloud.plugins.module_utils._client import WHOLE, Client
from ansible_collections.bytemark.cloud.plugins.module_utils._definitions import check_definitions
from ansible_collections.bytemark.cloud.plugins.module_utils._errors import BigvError
from ansible_collections.bytemark.cloud.plugins.module_utils._plan import Plan, Resource, Step, Until

FIRST_INTERVAL = 0.1
LONGEST_INTERVAL = 10.0
GROWTH = 1.5


class TimedOut(BigvError):
    """What was waited for did not come."""


def carry_out(client: Client, plan: Plan, *, check_mode: bool, wait: bool = False, timeout: float = 60) -> list[str]:
    """Refuse what the API does not list, and then, unless in check mode, apply the plan. Answers with the actions."""
    check_definitions(client, plan.listed)
    return plan.actions if check_mode else apply(client, plan, wait=wait, timeout=timeout)


def apply(client: Client, plan: Plan, *, wait: bool, timeout: float) -> list[str]:
    """Send the plan's writes; answers with their summaries. A failure carries those that had been sent.

    ``timeout`` is the one deadline, in seconds, for everything that is waited for. Without ``wait`` only what the next
    write depends on is waited for.
    """
    run = _Run(client, time.monotonic() + timeout)
    steps = list(plan.steps)
    if steps and not wait:
        steps[-1] = replace(steps[-1], until=None)
    try:
        for step in steps:
            run.perform(step)
        if wait and steps and plan.settled:
            run.wait(plan.settled)
    except BigvError as error:
        error.actions = run.sent
        raise
    return run.sent


def wait_for(client: Client, until: Until, timeout: float) -> Resource | None:
    """Poll until the condition holds, for at most ``timeout`` seconds; answers with the resource as it then is."""
    run = _Run(client, time.monotonic() + timeout)
    run.wait(until)
    return run.seen


class _Run:
    def __init__(self, client: Client, deadline: float) -> None:
        self.client = client
        self.deadline = deadline
        self.sent: list[str] = []
        self.seen: Resource | None = None

    def perform(self, step: Step) -> None:
        try:
            self._send(step)
            if step.until:
                try:
                    self.wait(step.until)
                except TimedOut:
                    if step.otherwise is None:
                        raise
                    self.perform(step.otherwise)
        except BaseException as error:
            if step.on_failure:
                self._undo(step.on_failure, error)
            raise

    def wait(self, until: Until) -> None:
        end, hint = self.deadline, Until.hint
        if until.timeout is not None and time.monotonic() + until.timeout < end:
            end, hint = time.monotonic() + until.timeout, until.hint
        started, interval = time.monotonic(), FIRST_INTERVAL
        while True:
            self.seen = self.client.find(until.path, until.waiting_for, **WHOLE)
            if until.test(self.seen):
                return
            left = end - time.monotonic()
            if left <= 0:
                raise TimedOut(
                    f"Waited {time.monotonic() - started:.0f} seconds for {until.waiting_for}; last seen: "
                    f"{_last_seen(self.seen)}. To go on, {hint}."
                )
            if self.client.stopping.wait(min(interval, left)):
                raise BigvError(f"Interrupted while waiting for {until.waiting_for}.")
            interval = min(interval * GROWTH, LONGEST_INTERVAL)

    def _send(self, step: Step) -> None:
        path = step.path if isinstance(step.path, str) else step.path(self.seen or {})
        if path is None:
            return
        try:
            self._send_once(step, path)
        except BigvError as error:
            if step.hint and error.status == 400:
                error.args = (f"{error} {step.hint}",)
            raise
        self.sent.append(step.summary)

    def _send_once(self, step: Step, path: str) -> None:
        """Send the write until it was surely carried out, and look before each repetition whether it already was."""
        for pause in (*self._pauses(), None):
            try:
                self.client.send(step.method, path, step.summary, step.body, step.query)
                return
            except BigvError as error:
                if pause is None or not error.is_open or self.client.stopping.wait(pause):
                    raise
            if self._is_carried_out(step, step.result_at or path):
                return

    def _pauses(self) -> list[float]:
        """How long to wait before each repetition, in seconds: longer each time, and never the same twice."""
        growing = (FIRST_INTERVAL * 2**number for number in range(self.client.retries))
        jitter = random.SystemRandom()
        return [min(pause, LONGEST_INTERVAL) * jitter.uniform(0.5, 1.5) for pause in growing]

    def _is_carried_out(self, step: Step, path: str) -> bool:
        """Look, before a write is repeated, whether it was carried out although its answer was lost."""
        key = "address" if path.startswith("/ips/") else "id"
        return step.is_carried_out(self.client.find(path, f"what became of it: {step.summary}", key=key, **WHOLE))

    def _undo(self, step: Step, error: BaseException) -> None:
        try:
            self._send(step)
        except BigvError as second:
            if isinstance(error, BigvError):
                error.args = (f"{error} Then, too: {second}",)


def _last_seen(resource: Resource | None) -> str:
    if resource is None:
        return "it does not exist"
    shown = {key: resource[key] for key in ("power_on", "autoreboot_on", "deleted") if key in resource}
    return ", ".join(f"{key} {str(value).lower()}" for key, value in shown.items()) or "it exists"
