# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""A write whose answer is lost, or that comes at a bad moment: looked at before it is repeated, never done twice."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core import executor as _apply
from ansible_collections.bytemark.cloud.tests.unit.modules.test_interruptions import OFF, VM_CASES, what_counts

WRITES = {"method": ["POST", "PUT", "DELETE"]}
# What the API did before each of these, or did not do.
LOST = {
    "reset after": {"fault": "reset_after"},
    "truncated": {"fault": "truncate"},
    "not JSON": {"fault": "not_json"},
    "empty": {"fault": "empty"},
    "502 after": {"fault": "status", "status": 502, "after": True},
    "504 after": {"fault": "status", "status": 504, "after": True},
    "a web page after": {"fault": "html", "after": True},
}
NOT_DONE = {
    "reset before": {"fault": "reset_before"},
    "refused": {"fault": "refuse", "seconds": 0.1},
    "429": {"fault": "status", "status": 429},
    "502": {"fault": "status", "status": 502},
    "503": {"fault": "status", "status": 503},
}
FAULTS = LOST | NOT_DONE


@pytest.fixture(autouse=True)
def reads_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    """No read is stale here, so there is no need to look for long."""
    monkeypatch.setattr(_apply, "READS_LAG", 0.0)


def hit_each_write(cloud: Any, fault: dict[str, Any], writes: int) -> None:
    """Every write is hit once: the first try, where that is not carried out, or else the only one."""
    if fault in LOST.values():
        cloud.faults(WRITES | fault)
    else:
        cloud.faults(*[WRITES | fault | {"skip": number, "count": 1} for number in range(writes)])


def sent(cloud: Any) -> list[tuple[str, str]]:
    return [(write["method"], write["path"]) for write in cloud.done()]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(("there", "task"), VM_CASES.values(), ids=VM_CASES)
def test_vm(cloud, bigv_vm, there, task, fault):
    """The change is made all the same, and none of its writes twice."""
    cloud.seed(*there)
    untroubled = bigv_vm(name="web1", **task)
    in_the_end, writes = what_counts(cloud), sent(cloud)
    cloud.seed(*there)
    hit_each_write(cloud, fault, len(writes))
    done = bigv_vm(name="web1", api_retries=3, **task)
    assert not done.get("failed"), done["msg"]
    assert done["actions"] == untroubled["actions"]
    assert what_counts(cloud) == in_the_end
    assert sent(cloud) == writes
    assert len(cloud.happened()) == len(writes)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(
    ("module", "task"),
    [
        ("bigv_group", {"name": "new"}),
        ("bigv_group", {"name": "staging", "new_name": "preview"}),
        ("bigv_group", {"name": "staging", "state": "absent"}),
        ("bigv_disc", {"vm": "web1", "label": "logs", "size": "1GiB"}),
        ("bigv_disc", {"vm": "web1", "label": "data", "size": "9GiB", "storage_grade": "ssd", "new_label": "logs"}),
        ("bigv_disc", {"vm": "web1", "label": "data", "new_vm": "web2"}),
        ("bigv_disc", {"vm": "web1", "label": "data", "state": "absent", "purge": True}),
        ("bigv_fleet", {"groups": ["new"], "vms": [{"name": "web3.new"}, {"name": "web2", "cores": 2}]}),
    ],
)
def test_others(cloud, request, module, task, fault):
    run = request.getfixturevalue(module)
    there = [{"name": "web1", "discs": [{"label": "root", "size": 99}, {"label": "data", "size": 99}], **OFF}]
    there.append({"name": "web2", **OFF})
    cloud.seed(*there)
    untroubled = run(**task)
    in_the_end, writes = what_counts(cloud), sent(cloud)
    cloud.seed(*there)
    hit_each_write(cloud, fault, len(writes))
    done = run(api_retries=3, **task)
    assert not done.get("failed"), done["msg"]
    assert done["actions"] == untroubled["actions"]
    assert what_counts(cloud) == in_the_end
    assert sorted(sent(cloud)) == sorted(writes)
    assert len(cloud.happened()) == len(writes)


def test_without_retries_a_lost_answer_is_looked_for_too(cloud, bigv_group):
    cloud.faults({"fault": "reset_after", "method": "POST"})
    assert bigv_group(name="new", api_retries=0)["actions"] == ["create group new.acme"]


def test_what_to_do_when_it_cannot_be_told_whether_a_write_was_carried_out(cloud, bigv_group):
    cloud.faults(
        {"fault": "reset_after", "method": "POST"}, {"fault": "reset_before", "path": "*/groups/new", "skip": 1}
    )
    result = bigv_group(name="new", api_retries=0)
    assert result["msg"].startswith("Could not read what became of it: create group new.acme: ")
    assert result["msg"].endswith("Then run the task again, which looks first at what was done.")
    cloud.faults()
    assert not bigv_group(name="new")["changed"]


def test_a_fault_that_stays_ends_the_task(cloud, bigv_group):
    cloud.faults({"fault": "status", "status": 503, "method": "POST"})
    result = bigv_group(name="new", api_retries=1)
    assert result["msg"].startswith("Could not create group new.acme: the API answered 503: ")
    assert cloud.happened() == ["status", "status"]
    assert not result["changed"]


def test_a_write_that_fails_on_the_server_is_not_repeated(cloud, bigv_group):
    cloud.faults({"fault": "status", "status": 500, "method": "POST"})
    result = bigv_group(name="new", api_retries=3)
    assert "the API answered 500" in result["msg"]
    assert cloud.happened() == ["status"]
