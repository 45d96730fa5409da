# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Applies a plan: sends its writes in order and waits where it says so. Private to bytemark.cloud."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .client import Client
from .errors import LOOKS_FIRST, BigvError, Interrupted, OutcomeUnknown, Rejected, RequestError, TimedOut
from .plan import FULL_VIEW, LONGER, Plan, Resource, Step, Target, WaitCondition, describe_changes
from .progress import Status
from .refusals import THROTTLED

FIRST_INTERVAL = 0.1
MAX_INTERVAL = 10.0
GROWTH = 1.5
# How the API refuses what is so already.
REJECTED = (400, 404)
# For how many seconds a read may return what was there before a write that was carried out (assumed).
READS_LAG = 2.0
# How many times as long what cannot be sent twice is looked for before it is sent again.
PATIENCE = 5
Seen = TypeVar("Seen")
MEANWHILE = "It existed a moment ago, so somebody else has removed, renamed or moved it. Run the task again."


@dataclass
class Applied:
    """The writes that were sent, one line for each, and the API's answers."""

    actions: list[str] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)


class Pace:
    """The pace at which the steps of a plan follow each other: here, as if there was no other plan."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def read(self, condition: WaitCondition, end: float) -> Resource | None:
        """Return what is polled for, read by itself."""
        if condition.read:
            return condition.read(self.client, condition.description)
        within = end - time.monotonic()
        return self.client.find(condition.path, condition.description, condition.schema, within=within, **FULL_VIEW)

    def polls(self, condition: WaitCondition, end: float) -> Iterator[Resource | None]:
        """Yield the resource as it is now, time and again; once more at ``end``, when whoever waits has to give up."""
        interval = FIRST_INTERVAL
        while True:
            yield self.read(condition, end)
            if self.client.stopping.wait(max(0, min(interval, end - time.monotonic()))):
                raise interrupted(f"while waiting for {condition.description}")
            interval = min(interval * GROWTH, MAX_INTERVAL)

    def showing(self, status: Status) -> AbstractContextManager[None]:
        """Return the context within which it is said what is waited for."""
        return self.client.progress.showing(status)

    def resting(self) -> AbstractContextManager[None]:
        """Return the context of a wait in which the plan makes no requests."""
        return contextlib.nullcontext()

    def turn(self, step: Step, is_first: bool) -> AbstractContextManager[float]:
        """Return the context in which to send a step; it gives the seconds that were spent waiting for a turn."""
        return contextlib.nullcontext(0.0)


def apply(
    client: Client,
    plan: Plan,
    *,
    wait: bool = False,
    timeout: float = 60,
    pace: Pace | None = None,
    applied: Applied | None = None,
) -> Applied:
    """Send the plan's writes. A failure carries the actions that had been sent.

    ``timeout`` is the one deadline, in seconds, for everything that is waited for. Without ``wait`` only what the next
    write depends on is waited for. What is ``applied`` can be looked at meanwhile.
    """
    executor = Executor(client, timeout, pace or Pace(client), applied or Applied())
    steps = [step for step in plan.steps if wait or step.is_foreseen]
    if steps and not wait:
        steps[-1] = steps[-1]._replace(wait_for=None)
    with reporting(executor.applied.actions):
        for step in steps:
            executor.run_step(step)
        if wait and steps and plan.wait_for:
            executor.wait(plan.wait_for)
    return executor.applied


@contextlib.contextmanager
def reporting(actions: list[str]) -> Iterator[None]:
    """Have what fails within the block carry the actions that had been sent."""
    try:
        yield
    except BigvError as error:
        error.actions = actions
        raise


def wait_for(client: Client, condition: WaitCondition, timeout: float) -> Resource | None:
    """Poll until the condition holds, for at most ``timeout`` seconds; return the resource as it then is."""
    executor = Executor(client, timeout, Pace(client), Applied())
    executor.wait(condition)
    return executor.seen


def read_back(client: Client, read: Callable[[], Seen], is_current: Callable[[Seen], bool], patience: int = 1) -> Seen:
    """Return what is there after a change; read again for a while where what is read seems to be from before it."""
    end, interval = time.monotonic() + READS_LAG * patience, FIRST_INTERVAL
    while True:
        seen = read()
        if is_current(seen) or time.monotonic() + interval > end or client.stopping.wait(interval):
            return seen
        interval *= GROWTH


def interrupted(when: str) -> Interrupted:
    """Return the error of a task that is interrupted at a moment that it knows."""
    return Interrupted(f"Interrupted {when}.")


class Executor:
    """Runs the steps of one plan: ``applied`` is what was sent, ``seen`` the resource as last read."""

    def __init__(self, client: Client, timeout: float, pace: Pace, applied: Applied) -> None:
        self.client = client
        self.deadline = time.monotonic() + timeout
        self.pace = pace
        self.applied = applied
        self.seen: Resource | None = None

    def run_step(self, step: Step) -> None:
        """Send a step, and wait for what it says; send what makes up for it where either fails."""
        try:
            self._send(step)
            if step.wait_for:
                try:
                    self.wait(step.wait_for)
                except TimedOut:
                    if step.on_timeout is None:
                        raise
                    self.run_step(step.on_timeout)
        except BaseException as error:
            for compensation in step.on_failure:
                self._compensate(compensation, error)
            raise

    def wait(self, condition: WaitCondition) -> None:
        """Poll until the condition holds."""
        end, hint = self.deadline, LONGER
        if condition.timeout is not None and time.monotonic() + condition.timeout < end:
            end, hint = time.monotonic() + condition.timeout, condition.hint
        started = time.monotonic()

        def status() -> str:
            seconds = time.monotonic() - started
            return f"waiting for {condition.description} ({seconds:.0f} s of {end - started:.0f} s)"

        with self.pace.showing(status):
            self._poll(condition, started, end, hint)

    def _poll(self, condition: WaitCondition, started: float, end: float, hint: str) -> None:
        # When it was last there; one that is gone, but can be seen, counts as there until the wait began.
        there_at = math.inf
        is_believed = not condition.was_so
        for seen in self.pace.polls(condition, end):
            self.seen = seen
            now = time.monotonic()
            is_so = condition.test(seen)
            is_believed = is_believed or not is_so or now - started > READS_LAG
            if is_so and is_believed:
                break
            if seen is not None:
                there_at = min(there_at, started) if condition.is_gone(seen) else now
            if now - there_at > READS_LAG:
                raise BigvError(f"Waited for {condition.description}, but it has been removed.")
            if now >= end:
                state = "it does not exist" if seen is None else condition.state(seen)
                raise TimedOut(
                    f"Waited {now - started:.0f} seconds for {condition.description}; last seen: {state}. To "
                    f"continue, {hint}."
                )
        if condition.port:
            from .ports import await_port  # Only here: most tasks do without.

            address = condition.port.address(self.client, self.seen or {})
            with self.pace.resting():
                await_port(self.client.stopping, condition.port, address, self.deadline)

    def _send(self, step: Step) -> None:
        path = self._path_of(step)
        if path is None:
            return
        try:
            with self.pace.turn(step, is_first=not self.applied.actions) as waited:
                self.deadline += waited
                is_ours, answer = self._send_verified(step, path)
                if is_ours:
                    self.applied.actions.append(step.summary)
                    self.applied.answers.append(answer)
        except Rejected as error:
            if error.status == 404 and error.__class__ is Rejected:
                error.add(MEANWHILE)
            elif step.hint and error.status == 400:
                error.add(step.hint)
            raise

    def _path_of(self, step: Step) -> str | None:
        """Return where to send the step, or None where there is nothing to send it to."""
        path = step.path if isinstance(step.path, str) else step.path(self.client, self.seen or {})
        if step.target is None or path is None:
            return path
        found, others = self._confirm(step.target, step.summary)
        if found is None and others:
            if step.target.owner is None and step.is_carried_out(others[-1]):
                # Somebody else has done it meanwhile.
                return None
            raise _is_another(step.target, others[-1], step.summary)
        # A step that is sent elsewhere could meet what is another's by now.
        if found is None and (step.method != "DELETE" or step.target.sent_to):
            raise BigvError(f"Could not {step.summary}: {step.target.description} is gone. {MEANWHILE}")
        # Whether what cannot be read is gone, the API says when it is asked to delete it.
        return (step.target.sent_to or found or step.target.paths[0]) + path

    def _confirm(self, target: Target, summary: str) -> tuple[str | None, list[Resource]]:
        """Return the path at which the target is still what was planned for, if it is, and what is at its paths."""
        seen: dict[str, Resource | None] = {}
        what = f"{target.description} before the step: {summary}"

        def confirmed() -> str | None:
            for path in target.paths:
                seen[path] = target.part(self.client.find(path, what, target.schema, **FULL_VIEW))
                if target.matches(seen[path]):
                    return path
            return None

        found = read_back(self.client, confirmed, lambda path: path is not None)
        return found, [other for other in seen.values() if other is not None]

    def _send_verified(self, step: Step, path: str) -> tuple[bool, Any]:
        """Send the write until it was surely carried out, and read before each repetition whether it already was.

        Return whether this task did it, rather than somebody else, and the API's answer, if it came.
        """
        retries = self.client.retries()
        may_be_ours = False
        while True:
            try:
                return True, self.client.send(step.method, path, step.summary, step.body, step.query)
            except RequestError as error:
                outcome_unknown = isinstance(error, OutcomeUnknown)
                may_be_done = outcome_unknown or (error.status or 0) >= 500
                if step.leaves_no_trace and may_be_done and error.status not in THROTTLED:
                    raise _may_be_done(error) from None
                may_be_ours = may_be_ours or outcome_unknown
                if isinstance(error, Rejected) and error.status in REJECTED:
                    is_meant = may_be_ours or not step.only_ours
                    if is_meant and step.is_carried_out(self._verify(step, path)):
                        return may_be_ours, None
                    raise
                if outcome_unknown and error.status not in THROTTLED:
                    patience = 1 if step.is_idempotent else PATIENCE
                    seen = read_back(self.client, lambda: self._verify(step, path), step.is_carried_out, patience)
                    if step.is_carried_out(seen):
                        return True, None
                retries.pause(error)
                if error.status in THROTTLED and step.is_carried_out(self._verify(step, path)):
                    return True, None

    def _verify(self, step: Step, path: str) -> Resource | None:
        """Return the resource that a write was meant to change."""
        what = f"the outcome of this step: {step.summary}"
        try:
            if step.verify:
                return step.verify(self.client, what)
            return self.client.find(path, what, step.schema, **FULL_VIEW)
        except BigvError as error:
            error.add(LOOKS_FIRST)
            raise

    def _compensate(self, step: Step, error: BaseException) -> None:
        """Send the step of a failure. It is verified if there is time, or the next run would find it half done."""
        if not isinstance(error, BigvError) or isinstance(error, Interrupted):
            self.client.stop()
        try:
            self._send(step)
        except BigvError as second:
            if isinstance(error, BigvError):
                error.add(f"This failed, too: {second}")
            return
        if not self.client.stopping.is_set():
            with contextlib.suppress(BigvError):
                read_back(self.client, lambda: self._verify(step, str(step.path)), step.is_carried_out)


def _is_another(target: Target, seen: Resource, summary: str) -> BigvError:
    """Return the error of a step whose target has changed since the plan was made."""
    now = {key: seen.get(key) for key in target.expected}
    changes = {key: value for key, value in now.items() if value != target.expected[key]}
    return BigvError(
        f"Could not {summary}: {target.description} is no longer the one that the plan was made for "
        f"({describe_changes(target.expected, changes)}), so it was left unchanged. Run the task again to make a new "
        "plan."
    )


def _may_be_done(error: RequestError) -> BigvError:
    """Return the error of a write whose outcome is unknown and cannot be read."""
    last = error.final()
    last.args = (str(error).removesuffix(f" {LOOKS_FIRST}"),)
    last.add(
        "It may have been done nevertheless. There is no way to tell, so it was not sent again. Check whether it was "
        "done before you run the task again."
    )
    return last
