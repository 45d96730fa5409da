# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Carries out a plan: sends its writes in order and waits where it says so. Private to bytemark.cloud."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TypeVar

from .client import FULL_VIEW, Client
from .definitions import check_definitions
from .errors import BigvError, Interrupted
from .plan import (
    Plan,
    Resource,
    Step,
    Target,
    WaitCondition,
    describe_changes,
)

FIRST_INTERVAL = 0.1
MAX_INTERVAL = 10.0
GROWTH = 1.5
# What is refused for good, what only for now, without anything being done.
REJECTED = (400, 404)
THROTTLED = (429, 503)
# For how many seconds a read may answer from before a write that was carried out (assumed).
READS_LAG = 2.0
Seen = TypeVar("Seen")
MEANWHILE = "It was there a moment ago, so somebody else has removed, renamed or moved it. Run the task again."


class TimedOut(BigvError):
    """What was waited for did not come."""


def interrupted(when: str) -> Interrupted:
    return Interrupted(f"Interrupted {when}.")


class Pace:
    """How fast the steps of a plan go: here, as if there was no other plan."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def read(self, until: WaitCondition, end: float) -> Resource | None:
        """Return what is polled for, read by itself."""
        return self.client.find(until.path, until.waiting_for, within=end - time.monotonic(), **FULL_VIEW)

    def polls(self, until: WaitCondition, end: float) -> Iterator[Resource | None]:
        """Yield the resource as it is now, time and again; once more at ``end``, when whoever waits has to give up."""
        interval = FIRST_INTERVAL
        while True:
            yield self.read(until, end)
            if self.client.stopping.wait(max(0, min(interval, end - time.monotonic()))):
                raise interrupted(f"while waiting for {until.waiting_for}")
            interval = min(interval * GROWTH, MAX_INTERVAL)

    def turn(self, step: Step, is_first: bool) -> AbstractContextManager[float]:
        """Return the context in which to send a step, which says for how many seconds it was waited for."""
        return contextlib.nullcontext(0.0)


def carry_out(client: Client, plan: Plan, *, check_mode: bool, wait: bool = False, timeout: float = 60) -> list[str]:
    """Refuse what the API does not list, and then, unless in check mode, apply the plan. Answers with the actions."""
    check_definitions(client, plan.listed)
    return plan.actions if check_mode else apply(client, plan, wait=wait, timeout=timeout)


def apply(client: Client, plan: Plan, *, wait: bool, timeout: float, pace: Pace | None = None) -> list[str]:
    """Send the plan's writes; answers with their summaries. A failure carries those that had been sent.

    ``timeout`` is the one deadline, in seconds, for everything that is waited for. Without ``wait`` only what the next
    write depends on is waited for.
    """
    run = _Run(client, timeout, pace or Pace(client))
    steps = [step for step in plan.steps if wait or step.is_foreseen]
    if steps and not wait:
        steps[-1] = replace(steps[-1], until=None)
    with reporting(run.sent):
        for step in steps:
            run.perform(step)
        if wait and steps and plan.settled:
            run.wait(plan.settled)
    return run.sent


@contextlib.contextmanager
def reporting(sent: list[str]) -> Iterator[None]:
    """What fails within the block says what had been sent."""
    try:
        yield
    except BigvError as error:
        error.actions = sent
        raise


def wait_for(client: Client, until: WaitCondition, timeout: float) -> Resource | None:
    """Poll until the condition holds, for at most ``timeout`` seconds; answers with the resource as it then is."""
    run = _Run(client, timeout, Pace(client))
    run.wait(until)
    return run.seen


def read_back(client: Client, read: Callable[[], Seen], is_so: Callable[[Seen], bool]) -> Seen:
    """What is there after a change; read again for a while where what is read seems to be from before it."""
    end, interval = time.monotonic() + READS_LAG, FIRST_INTERVAL
    while True:
        seen = read()
        if is_so(seen) or time.monotonic() + interval > end or client.stopping.wait(interval):
            return seen
        interval *= GROWTH


def not_shown(what: str) -> str:
    """Return the warning about a change that the API accepted and a read does not show."""
    return f"The API accepted what was sent for {what}, but does not show the change. Check it, and run the task again."


class _Run:
    def __init__(self, client: Client, timeout: float, pace: Pace) -> None:
        self.client = client
        self.deadline = time.monotonic() + timeout
        self.pace = pace
        self.sent: list[str] = []
        self.seen: Resource | None = None
        self.waited_for: WaitCondition | None = None

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

    def wait(self, until: WaitCondition) -> None:
        self.waited_for = until
        end, hint = self.deadline, WaitCondition.hint
        if until.timeout is not None and time.monotonic() + until.timeout < end:
            end, hint = time.monotonic() + until.timeout, until.hint
        started = time.monotonic()
        # When it was last there; a soft-deleted one counts as there until the wait began.
        there_at = math.inf
        for seen in self.pace.polls(until, end):
            self.seen = seen
            if until.test(seen):
                return
            now = time.monotonic()
            if seen is not None:
                there_at = min(there_at, started) if seen.get("deleted") else now
            if now - there_at > READS_LAG:
                raise BigvError(f"Waited for {until.waiting_for}, but it has been removed.")
            if now >= end:
                raise TimedOut(
                    f"Waited {now - started:.0f} seconds for {until.waiting_for}; last seen: "
                    f"{_last_seen(seen)}. To go on, {hint}."
                )

    def _send(self, step: Step) -> None:
        path = self._path_of(step)
        if path is None:
            return
        try:
            with self.pace.turn(step, is_first=not self.sent) as waited:
                self.deadline += waited
                if self._send_until_sure(step, path):
                    self.sent.append(step.summary)
        except BigvError as error:
            if step.hint and error.status == 400:
                error.add(step.hint)
            elif error.status == 404 and error.method == step.method and not error.is_html:
                error.add(MEANWHILE)
            raise

    def _path_of(self, step: Step) -> str | None:
        """Return where to send the step, or None where there is nothing to send it to."""
        path = step.path if isinstance(step.path, str) else step.path(self._seen_whole())
        if step.target is None or path is None:
            return path
        found = self._confirm(step.target, step.summary)
        if found is None and step.method != "DELETE":
            raise BigvError(f"Could not {step.summary}: {step.target.description} is gone. {MEANWHILE}")
        # Whether what cannot be read is gone, the API says when it is asked to delete it.
        return (found or step.target.paths[0]) + path

    def _seen_whole(self) -> Resource:
        """Return the VM that was waited for, with what the API did not nest in it."""
        from .._resources.vm.read import with_nested

        if self.seen is None or self.waited_for is None:
            return {}
        return with_nested(self.client, self.waited_for.path, self.waited_for.waiting_for, self.seen)

    def _confirm(self, target: Target, summary: str) -> str | None:
        """Return the path at which the target is still what was planned for, or None where it cannot be read by now."""
        seen: dict[str, Resource | None] = {}

        def confirmed() -> str | None:
            for path in target.paths:
                seen[path] = self.client.find(path, f"{target.description} before the step: {summary}", **FULL_VIEW)
                if target.matches(seen[path]):
                    return path
            return None

        found = read_back(self.client, confirmed, lambda path: path is not None)
        others = [other for other in seen.values() if other is not None]
        if found is None and others:
            now = {key: others[-1].get(key) for key in target.expected}
            changes = {key: value for key, value in now.items() if value != target.expected[key]}
            raise BigvError(
                f"Could not {summary}: {target.description} is not the one that the plan was made for any more "
                f"({describe_changes(target.expected, changes)}), so it was left alone. Run the task again, which "
                "plans anew."
            )
        return found

    def _send_until_sure(self, step: Step, path: str) -> bool:
        """Send the write until it was surely carried out, and look before each repetition whether it already was.

        False where somebody else had done it: what is refused may be so already.
        """
        retries = self.client.retries()
        may_be_ours = False
        while True:
            try:
                self.client.send(step.method, path, step.summary, step.body, step.query)
                return True
            except BigvError as error:
                may_be_ours = may_be_ours or error.outcome_unknown
                if error.status in REJECTED and error.method == step.method:
                    if step.is_carried_out(self._look(step, path)):
                        return may_be_ours
                    raise
                if error.outcome_unknown and error.status not in THROTTLED:
                    seen = read_back(self.client, lambda: self._look(step, path), step.is_carried_out)
                    if step.is_carried_out(seen):
                        return True
                retries.pause(error)
                if error.status in THROTTLED and step.is_carried_out(self._look(step, path)):
                    return True

    def _look(self, step: Step, path: str) -> Resource | None:
        """What is there of what a write was to make so."""
        path = step.result_at or path
        key = "address" if path.startswith("/ips/") else "id"
        try:
            return self.client.find(path, f"what became of it: {step.summary}", key=key, **FULL_VIEW)
        except BigvError as error:
            error.add("Then run the task again, which looks first at what was done.")
            raise

    def _undo(self, step: Step, error: BaseException) -> None:
        """Send what a failure sends. It is seen to be so, if there is time, or the next run would find it half done."""
        if not isinstance(error, BigvError) or isinstance(error, Interrupted):
            self.client.stop()
        try:
            self._send(step)
        except BigvError as second:
            if isinstance(error, BigvError):
                error.add(f"Then, too: {second}")
            return
        if not self.client.stopping.is_set():
            with contextlib.suppress(BigvError):
                read_back(self.client, lambda: self._look(step, str(step.path)), step.is_carried_out)


def _last_seen(resource: Resource | None) -> str:
    if resource is None:
        return "it does not exist"
    shown = {key: resource[key] for key in ("power_on", "autoreboot_on", "deleted") if key in resource}
    said = [f"{key} {str(value).lower()}" for key, value in shown.items()]
    from .._resources.vm.read import addresses

    if any("ips" in nic for nic in resource.get("network_interfaces") or ()) and not any(addresses(resource)):
        said.append("no address")
    return ", ".join(said) or "it exists"
