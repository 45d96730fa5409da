# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Converge fleets while everything goes wrong, and look what became of them.

Usage: campaign.py [--runs N] [--first NUMBER] [--workers N]

Each run, told by its number, draws a cloud, tasks and a plan of faults; converges the cloud under the faults and then
without them, until nothing changes; and holds what is there then against what was asked for. A run that fails is named,
and can be had again alone: --first NUMBER --runs 1.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller
from ansible_collections.bytemark.cloud.tests.chaos import checks
from ansible_collections.bytemark.cloud.tests.chaos.scenario import SECRET, Scenario, scenario
from ansible_collections.bytemark.cloud.tests.simulated_cloud import simulated_cloud
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, run_in_controller

# How often the tasks are run under the faults, and without them, at the most.
UNDER_FAULTS = 4
WITHOUT_FAULTS = 3
PASSWORD = f"{SECRET}-password"


@dataclass
class Outcome:
    """What became of a run: what went wrong, and what the modules made of each fault."""

    number: int
    wrong: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    converged: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    messages: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    writes: int = 0
    down: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


class Run:
    """One run against a simulated cloud of the worker's own."""

    def __init__(self, cloud: Cloud, drawn: Scenario) -> None:
        self.cloud = cloud
        self.drawn = drawn
        self.outcome = Outcome(drawn.number)
        login = {"username": "admin", "password": PASSWORD} if drawn.logs_in else {"token": f"apikey.{SECRET}"}
        self.access = {"api_url": cloud.api_url, "auth_url": cloud.auth_url, "account": "acme", **login}

    def account(self) -> dict[str, Any]:
        """Return the account, once nothing is going on in it any more."""
        while True:
            state = self.cloud.control("GET", "state")
            account = next(account for account in state["accounts"] if account["name"] == "acme")
            if not any(vm["due"] for vm in checks.vms_of(account).values()):
                return account
            time.sleep(0.05)

    def seed(self) -> None:
        identities = {
            "users": [{"username": "admin", "password": PASSWORD, "email": "admin@acme.example"}],
            "api_keys": [{"token": f"apikey.{SECRET}", "label": "admin", "username": "admin"}],
        }
        self.cloud.control("POST", "reset")
        self.cloud.control("POST", "seed", self.drawn.cloud | identities)
        self.cloud.clear()

    def converge(self, waits: bool = True, **patience: int) -> tuple[bool, str | None]:
        """Run the tasks in order until one fails; answers with whether anything changed, and how it failed."""
        _in_controller._clients.clear()
        changed = False
        for module, options in self.drawn.tasks:
            # Nothing is due any more, so that what goes off from here on does so because of the task.
            before, known = self.account(), len(self._history())
            wait = {} if waits or module != "bigv_fleet" else {"wait": False}
            result = run_in_controller(module, **self.access, **options, **wait, **patience)
            changed |= result["changed"]
            self._check_result(result)
            if module == "bigv_fleet":
                for name in checks.pruned_too_soon(options, result):
                    self.wrong(f"pruned too soon: {name}")
                self._check_down(options, before, known)
            if result.get("failed"):
                return changed, result["msg"]
        return changed, None

    def _history(self) -> list[dict[str, Any]]:
        return self.cloud.control("GET", "history")["virtual_machines"]

    def _check_down(self, fleet: dict[str, Any], before: dict[str, Any], known: int) -> None:
        most, allowed = checks.down_at_once(fleet, before, self.account(), self._history()[known:])
        self.outcome.down.update({"tasks": 1, "restarted": bool(most), "as many as allowed": most == allowed})
        if most > allowed:
            self.wrong(f"{most} VMs were down at once, of {allowed} that may be")

    def _check_result(self, result: dict[str, Any]) -> None:
        text = json.dumps(result)
        if SECRET in text:
            self.wrong("a secret is in the result")
        if result.get("failed") and (not result.get("msg") or "Traceback" in text or "\n" in result["msg"]):
            self.wrong(f"not a clear error: {result.get('msg')!r}")

    def wrong(self, what: str) -> None:
        self.outcome.wrong.append(what)

    def all_of_it(self) -> Outcome:
        started = time.monotonic()
        self.seed()
        before = self.account()
        reference = None if self.drawn.alters or self.drawn.is_refused else self._reference()
        self.cloud.control("PUT", "faults", {"seed": self.drawn.number, "rules": self.drawn.rules})
        for _attempt in range(UNDER_FAULTS):
            known = len(self.cloud.control("GET", "faults")["record"])
            _changed, failure = self.converge(self.drawn.waits, api_timeout=2, api_retries=4)
            record = self.cloud.control("GET", "faults")["record"][known:]
            self._count(record, failure)
            self._check_writes(repeats=not any(fault["fault"] == "vm_deleted" for fault in record))
        self.cloud.control("DELETE", "faults")
        failure = self._without_faults()
        if self.drawn.is_refused:
            self._check_refused(failure, before)
        else:
            if failure:
                self.wrong(failure)
            self._check_the_end(before, reference)
        self.outcome.seconds = time.monotonic() - started
        return self.outcome

    def _reference(self) -> Any:
        """Return the cloud as the same tasks leave it where nothing goes wrong."""
        failure = self._without_faults()
        if failure:
            self.wrong(f"even untroubled, {failure}")
        reference = self.account()
        self.seed()
        return reference

    def _without_faults(self) -> str | None:
        """Converge until nothing changes; answers with what is wrong if that does not come."""
        said = None
        for _attempt in range(WITHOUT_FAULTS):
            changed, failure = self.converge(api_timeout=60, api_retries=1)
            self._check_writes()
            if failure:
                said = failure
            elif not changed:
                return None
        return f"it did not settle: {said}"

    def _check_writes(self, repeats: bool = True) -> None:
        requests = self.cloud.requests()
        self.outcome.requests += len(requests)
        self.outcome.writes += sum(request["method"] != "GET" for request in requests)
        if repeats:
            self.outcome.wrong += [f"repeated: {write}" for write in checks.repeated(requests)]
        self.cloud.clear()

    def _count(self, record: Iterable[dict[str, Any]], failure: str | None) -> None:
        rules = self.drawn.rules
        kinds = Counter(
            " ".join([fault["fault"], str(rules[fault["rule"]].get("status", ""))]).strip() for fault in record
        )
        self.outcome.happened += kinds
        (self.outcome.failed if failure else self.outcome.converged).update(kinds.keys())
        if failure and len(kinds) == 1:
            self.outcome.messages.update(dict.fromkeys(kinds, failure))

    def _check_refused(self, failure: str | None, before: dict[str, Any]) -> None:
        if "in case only" not in (failure or ""):
            self.wrong(f"not refused: {failure}")
        self.outcome.wrong += [f"changed all the same: {what}" for what in checks.otherwise(before, self.account())]

    def _check_the_end(self, before: dict[str, Any], reference: Any) -> None:
        after = self.account()
        ips = self.cloud.control("GET", "state")["ips"]
        self.outcome.wrong += [
            f"not as desired: {what}" for what in checks.not_as_desired(self.drawn.tasks, after, ips)
        ]
        self.outcome.wrong += [f"there twice: {what}" for what in checks.duplicates(after)]
        self.outcome.wrong += [f"added twice: {what}" for what in checks.added_twice(before, after, self.drawn.tasks)]
        if not self.drawn.alters:
            self.outcome.wrong += [f"gone: {what}" for what in checks.lost(before, after, self.drawn.tasks)]
        if reference is not None:
            excused = checks.power_as_found(self.drawn.tasks) if self.outcome.failed else set()
            self.outcome.wrong += [
                f"otherwise than untroubled: {what}"
                for what in checks.otherwise(reference, after)
                if not what.startswith(tuple(excused))
            ]


def work(numbers: Any, outcomes: Any) -> None:
    """Run numbers of the campaign against a cloud of this worker's own, until there is none left."""
    with open(os.devnull, "w", encoding="utf-8") as silence:
        sys.stdout = silence
        with simulated_cloud() as facts:
            cloud = Cloud(facts)
            while (number := numbers.get()) is not None:
                try:
                    outcomes.put(Run(cloud, scenario(number)).all_of_it())
                except Exception as error:
                    outcomes.put(Outcome(number, [f"the run itself failed: {type(error).__name__}: {error}"]))


def campaign(first: int, runs: int, workers: int) -> Iterator[Outcome]:
    """Yield the runs' outcomes, as they come in."""
    context = multiprocessing.get_context("fork")
    numbers, outcomes = context.Queue(), context.Queue()
    for number in [*range(first, first + runs), *[None] * workers]:
        numbers.put(number)
    processes = [context.Process(target=work, args=(numbers, outcomes)) for _number in range(workers)]
    for process in processes:
        process.start()
    for _run in range(runs):
        yield outcomes.get()
    for process in processes:
        process.join()


def report(outcomes: list[Outcome], seconds: float) -> None:
    """Print a table of the faults and their outcomes, and the totals."""
    print("\n| fault                | happened | went on to converge | tasks failed | what a user saw, for example |")
    print("| -------------------- | -------: | ------------------: | -----------: | ---------------------------- |")
    total = Outcome(0)
    for outcome in outcomes:
        for name in ("happened", "converged", "failed", "down"):
            getattr(total, name).update(getattr(outcome, name))
        total.messages.update(outcome.messages)
        total.requests += outcome.requests
        total.writes += outcome.writes
    for fault in sorted(total.happened):
        message = total.messages.get(fault, "")
        counts = f"{total.happened[fault]:8} | {total.converged[fault]:19} | {total.failed[fault]:12}"
        print(f"| {fault:20} | {counts} | {message} |")
    print(
        f"\n{total.down['tasks']} fleets, {total.down['restarted']} of them with restarts, "
        f"{total.down['as many as allowed']} with as many VMs down at once as may be"
    )
    print(
        f"{len(outcomes)} runs, {sum(total.happened.values())} faults, {total.requests} requests, {total.writes} of "
        f"them writes, in {seconds:.0f} seconds"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, metavar="NUMBER", help="the number of the first run")
    parser.add_argument(
        "--workers", type=int, default=4 * (os.cpu_count() or 1), help="runs at once, each mostly waiting"
    )
    arguments = parser.parse_args()
    started = time.monotonic()
    outcomes = []
    for outcome in campaign(arguments.first, arguments.runs, min(arguments.workers, arguments.runs)):
        outcomes.append(outcome)
        for what in outcome.wrong:
            print(f"run {outcome.number}: {what}", flush=True)
        if len(outcomes) % 100 == 0:
            print(f"{len(outcomes)} of {arguments.runs} runs", flush=True)
    report(outcomes, time.monotonic() - started)
    failed = sorted(outcome.number for outcome in outcomes if outcome.wrong)
    print(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed" + (f": {failed}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
