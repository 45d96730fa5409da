# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The contract of every module, for each case of its resource.

Check mode predicts the real run. A second run writes nothing, and costs the requests that the case says. A change whose
answers are lost, or that is killed at any step, is made all the same, and no write is made twice.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core import executor, retries
from ansible_collections.bytemark.cloud.plugins.module_utils._core.client import Client
from ansible_collections.bytemark.cloud.tests.unit.contract.checks import (
    Runner,
    check_and_do,
    check_repeat,
    essence,
    seed,
    sent,
)
from ansible_collections.bytemark.cloud.tests.unit.examples import CASES
from ansible_collections.bytemark.cloud.tests.unit.resources._types import Case
from ansible_collections.bytemark.cloud.tests.unit.support import (
    Cloud,
    is_as_predicted,
    run_in_controller,
    run_module,
)

WRITES = {"method": ["POST", "PUT", "DELETE"]}
# What the API did before each of these, or did not do.
LOST: dict[str, dict[str, Any]] = {
    "reset after": {"fault": "reset_after"},
    "truncated": {"fault": "truncate"},
    "not JSON": {"fault": "not_json"},
    "empty": {"fault": "empty"},
    "502 after": {"fault": "status", "status": 502, "after": True},
    "504 after": {"fault": "status", "status": 504, "after": True},
    "a web page after": {"fault": "html", "after": True},
}
NOT_DONE: dict[str, dict[str, Any]] = {
    "reset before": {"fault": "reset_before"},
    "refused": {"fault": "refuse", "seconds": 0.05},
    "429": {"fault": "status", "status": 429},
    "502": {"fault": "status", "status": 502},
    "503": {"fault": "status", "status": 503},
}
FAULTS = LOST | NOT_DONE
# Of what leaves no trace, nothing tells of the other ones whether it was done. An answer that is empty is good.
SURELY_NOT_DONE = ["429", "503"]
NOT_KNOWN = [label for label in FAULTS if label not in (*SURELY_NOT_DONE, "empty")]
CHANGES = {label: case for label, case in CASES.items() if not case.module.endswith("_info")}
WITHOUT_TRACE = {label: case for label, case in CHANGES.items() if case.leaves_no_trace}
VERIFIABLE = {label: case for label, case in CHANGES.items() if not (case.leaves_no_trace or case.is_answered_once)}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
each_verifiable_change = pytest.mark.parametrize("case", VERIFIABLE.values(), ids=VERIFIABLE)
each_change_without_trace = pytest.mark.parametrize("case", WITHOUT_TRACE.values(), ids=WITHOUT_TRACE)


@pytest.fixture
def run(case: Case, way: Any, cloud: Cloud) -> Runner:
    """Run the case's task."""
    options = {"wait_timeout": 10} if case.module in ("bigv_vm", "bigv_fleet") else {}
    return partial(way, case.module, **cloud.access | options | dict(case.options))


@pytest.mark.parametrize("way", [run_module, run_in_controller], ids=["as a module", "in the controller"])
@each_case
def test_what_is_predicted_is_done_and_repeated_for_nothing(cloud: Cloud, run: Runner, case: Case) -> None:
    # Requests are counted where the API nests what it can.
    seed(cloud, case, flat_overview=True)
    _predicted, done = check_and_do(cloud, run)
    assert not done.get("failed"), done["msg"]
    assert done["changed"] is not case.module.endswith("_info")
    if case.actions is not None:
        assert done["actions"] == case.actions
    if case.writes is not None:
        writes = cloud.writes()
        assert len(writes) == len(case.writes)
        for write, (method, path, body) in zip(writes, case.writes, strict=True):
            assert write["method"] == method
            assert fnmatchcase(write["path"], path), write["path"]
            assert is_as_predicted(body, write["body"])
    if case.acts_always:
        return
    again, requests = check_repeat(cloud, run, case.connections)
    if case.repeated is not None:
        assert requests == case.repeated
    if "diff" in again:
        assert again["diff"] == [] or again["diff"]["before"] == again["diff"]["after"]


def hit_each_write(cloud: Cloud, fault: dict[str, Any], writes: int) -> None:
    """Hit every write once: the first try, where that is not carried out, or else the only one."""
    if fault in LOST.values():
        cloud.faults(WRITES | fault)
    else:
        cloud.faults(*[WRITES | fault | {"skip": number, "count": 1} for number in range(writes)])


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@each_verifiable_change
def test_a_lost_answer_loses_nothing_and_repeats_no_write(
    cloud: Cloud, run: Runner, case: Case, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # No read is stale here, so there is no need to verify for long, nor to pause for long.
    monkeypatch.setattr(executor, "READS_LAG", 0.0)
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.01)
    seed(cloud, case)
    untroubled = run()
    in_the_end, writes = essence(cloud), sent(cloud)
    seed(cloud, case)
    hit_each_write(cloud, fault, len(writes))
    done = run(api_retries=8)
    assert not done.get("failed"), done["msg"]
    assert done["actions"] == untroubled["actions"]
    assert essence(cloud) == in_the_end
    # A fleet's VMs are written to at the same time.
    assert sorted(sent(cloud)) == sorted(writes)
    assert len(cloud.happened()) == len(writes)


@pytest.mark.parametrize("fault", [FAULTS[label] for label in NOT_KNOWN], ids=NOT_KNOWN)
@each_change_without_trace
def test_what_leaves_no_trace_is_sent_once(cloud: Cloud, run: Runner, fault: dict[str, Any], case: Case) -> None:
    seed(cloud, case)
    cloud.faults(WRITES | fault)
    failed = run(api_retries=8)
    assert failed["failed"]
    assert "It may have been done nevertheless" in failed["msg"]
    assert len(sent(cloud)) <= len(cloud.writes()) == 1


@pytest.mark.parametrize("fault", [NOT_DONE[label] for label in SURELY_NOT_DONE], ids=SURELY_NOT_DONE)
@each_change_without_trace
def test_what_was_surely_not_done_is_sent_again(
    cloud: Cloud, run: Runner, fault: dict[str, Any], case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.01)
    seed(cloud, case)
    cloud.faults(WRITES | fault | {"count": 1})
    done = run(api_retries=8)
    assert not done.get("failed"), done["msg"]
    assert len(sent(cloud)) == 1


class Killed(BaseException):
    """The process is gone: nothing that it had in mind for a failure is sent either."""


def kill_after(monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    send, sent = Client.send, []

    def send_until_killed(self: Client, method: str, path: str, *arguments: Any, **more: Any) -> Any:
        if len(sent) >= writes:
            raise Killed
        answer = send(self, method, path, *arguments, **more)
        if method != "GET":
            sent.append(path)
        return answer

    monkeypatch.setattr(Client, "send", send_until_killed)


# A fleet writes in threads of its own, which a signal ends in other ways.
KILLED = [
    pytest.param(case, hardware_changes, id=f"{label} {hardware_changes}")
    for label, case in CHANGES.items()
    if case.module != "bigv_fleet"
    for hardware_changes in (("pending", "refused") if "allow_restart" in case.options else ("pending",))
]


@pytest.mark.parametrize(("case", "hardware_changes"), KILLED)
def test_killed_at_any_step_the_next_run_converges(
    cloud: Cloud, run: Runner, case: Case, hardware_changes: str
) -> None:
    seed(cloud, case, hardware_changes=hardware_changes)
    assert run()["changed"]
    uninterrupted, writes = essence(cloud), len(cloud.writes())
    for step in range(writes):
        seed(cloud, case, hardware_changes=hardware_changes)
        with pytest.MonkeyPatch.context() as monkeypatch:
            kill_after(monkeypatch, step)
            with pytest.raises(Killed):
                run()
        assert len(cloud.writes()) == step
        # The next run is not in the same second, which is what a backup is called by.
        cloud.control("PUT", "clock", {"advance": 1})
        done = run()
        assert not done.get("failed"), (step, done["msg"])
        if case.survives_a_kill:
            assert essence(cloud) == uninterrupted, step
        assert case.acts_always or not run()["changed"]
