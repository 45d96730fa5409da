# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A fleet has no more VMs down at once than it may, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest

LARGER = {"memory": "2GiB"}
RESTARTING = {"allow_restart": True, "shutdown_timeout": 1}
START = {"fault": "status", "status": 400, "method": "PUT"}


@pytest.fixture
def down_at_once(cloud):
    """Return the order in which VMs went off, and how many were off at once at the most."""

    def look() -> tuple[list[str], int]:
        order, off, most = [], set(), 0
        for change in cloud.control("GET", "history")["virtual_machines"]:
            if change["power_on"]:
                off.discard(change["name"])
            else:
                off.add(change["name"])
                order.append(change["name"])
                most = max(most, len(off))
        return order, most

    return look


@pytest.fixture
def fleet(cloud, bigv_fleet):
    """Seed so many VMs that are on, and give them more memory."""

    def run(
        count: int, *, settings: dict[str, Any] | None = None, faults: tuple = (), **options: Any
    ) -> dict[str, Any]:
        vms = [{"name": f"web{number}", "memory": 1024} for number in range(count)]
        cloud.seed(*vms, **{"shutdown_time": 0.2, "boot_time": 0.2, **(settings or {})})
        cloud.faults(*faults)
        own = [{"name": vm["name"], **LARGER} for vm in vms]
        return bigv_fleet(**{"vms": own, "defaults": RESTARTING, **options})

    return run


@pytest.mark.parametrize(
    ("count", "limit", "allowed"),
    [(3, None, 1), (8, None, 2), (4, 2, 2), (4, "2", 2), (5, "50%", 2), (3, "1%", 1), (4, "100%", 4), (3, 9, 3)],
)
@pytest.mark.parametrize("concurrency", [1, 8])
def test_so_many_are_down_at_once_as_the_task_allows(fleet, down_at_once, count, limit, allowed, concurrency):
    more = {} if limit is None else {"max_unavailable": limit}
    result = fleet(count, concurrency=concurrency, **more)
    assert result["summary"]["changed"] == count, result
    order, most = down_at_once()
    assert most == allowed
    if allowed == 1:
        assert order == [f"web{number}" for number in range(count)]


@pytest.mark.parametrize("limit", [0, "0", "0%", "-1", "101%", "some"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_limit_that_is_none(cloud, bigv_fleet, limit, check_mode):
    result = bigv_fleet(vms=[{"name": "web1"}], max_unavailable=limit, check_mode=check_mode)
    assert result["msg"].startswith("max_unavailable: ")
    assert str(limit) in result["msg"]
    assert cloud.requests() == []


def test_what_is_meant_to_be_down_does_not_count(cloud, bigv_fleet, down_at_once):
    names = [f"web{number}" for number in range(8)]
    cloud.seed(*({"name": name, "memory": 1024} for name in names), shutdown_time=0.5, boot_time=0.2)
    vms = [{"name": name, **(LARGER if name in ("web6", "web7") else {"state": "stopped"})} for name in names]
    assert bigv_fleet(vms=vms, defaults=RESTARTING, max_unavailable=1)["summary"]["changed"] == 8
    order, most = down_at_once()
    assert order[-1] == "web7"
    assert most > 6


def test_a_percentage_is_of_the_vms_that_are_on(cloud, bigv_fleet, down_at_once):
    vms = [{"name": f"web{number}", "memory": 1024, "power_on": number < 4} for number in range(8)]
    cloud.seed(*vms, shutdown_time=0.2, boot_time=0.2)
    result = bigv_fleet(vms=[{"name": vm["name"], **LARGER} for vm in vms], defaults=RESTARTING, max_unavailable="50%")
    assert not result.get("failed"), result["msg"]
    assert down_at_once()[1] == 2


@pytest.mark.parametrize("change", [{"state": "restarted"}, {"image": "jessie", "reimage": "always"}])
def test_whatever_takes_a_vm_down_waits_for_its_turn(cloud, bigv_fleet, down_at_once, change):
    vms = [{"name": f"web{number}", "discs": [{"label": "root", "size": 1024}]} for number in range(3)]
    cloud.seed(*vms, shutdown_time=0.2, boot_time=0.2)
    assert bigv_fleet(vms=[{"name": vm["name"], **change} for vm in vms])["summary"]["changed"] == 3
    assert down_at_once() == (["web0", "web1", "web2"], 1)


def check_the_rest_is_skipped(result: dict[str, Any]) -> None:
    assert result["failed"]
    assert [entry["skipped"] for entry in result["vms"]] == [False, True, True]
    for entry in result["vms"][1:]:
        assert entry["actions"] == []
        assert entry["reason"].endswith("have not come back: web0.default.acme"), entry["reason"]
        assert entry["vm"]["memory"] == 1024
    assert "Not started because only 1 may be down at once (max_unavailable)" in result["msg"]


@pytest.mark.parametrize("wait", [True, False])
def test_a_vm_that_does_not_start_keeps_its_place(fleet, down_at_once, wait):
    # What is sent to it: autoreboot, the memory, the start.
    check_the_rest_is_skipped(fleet(3, faults=({**START, "path": "*/web0", "skip": 2},), wait=wait))
    assert down_at_once() == (["web0"], 1)


@pytest.mark.parametrize("wait", [True, False])
def test_a_vm_that_does_not_come_back_in_time_keeps_its_place(fleet, down_at_once, wait):
    check = fleet(3, settings={"boot_time": 60}, wait_timeout=2, wait=wait)
    if wait:
        check_the_rest_is_skipped(check)
    assert [entry["skipped"] for entry in check["vms"]] == [False, True, True]
    assert down_at_once() == (["web0"], 1)


def test_a_vm_that_may_yet_shut_down_keeps_its_place(fleet, down_at_once):
    check_the_rest_is_skipped(fleet(3, settings={"ignore_acpi": ["web0"]}))
    assert down_at_once() == ([], 0)


def test_one_that_is_lost_leaves_the_other_places(fleet, down_at_once):
    result = fleet(4, settings={"ignore_acpi": ["web1"]}, max_unavailable=2)
    assert [bool(entry["error"]) for entry in result["vms"]] == [False, True, False, False]
    assert result["summary"]["skipped"] == 0
    assert down_at_once() == (["web0", "web2", "web3"], 1)


@pytest.mark.parametrize("boot_time", [0, 1.5])
def test_a_vm_that_comes_back_from_a_refused_change_gives_its_place_back(fleet, down_at_once, boot_time):
    vms = [{"name": "web0", "cores": 100_000}, {"name": "web1", **LARGER}, {"name": "web2", **LARGER}]
    result = fleet(3, settings={"boot_time": boot_time}, vms=vms)
    assert [bool(entry["error"]) for entry in result["vms"]] == [True, False, False]
    assert result["summary"]["skipped"] == 0
    assert down_at_once() == (["web0", "web1", "web2"], 1)


def test_a_vm_that_is_refused_before_its_shutdown_gives_its_place_back(fleet, down_at_once):
    result = fleet(3, faults=({**START, "path": "*/web0"},))
    assert [bool(entry["error"]) for entry in result["vms"]] == [True, False, False]
    assert down_at_once() == (["web1", "web2"], 1)


def test_on_error_stop_begins_no_other_restart(fleet, down_at_once):
    result = fleet(3, faults=({**START, "path": "*/web0"},), on_error="stop", concurrency=1)
    assert [entry["skipped"] for entry in result["vms"]] == [False, True, True]
    assert result["vms"][1]["reason"] == "another one had failed (on_error: stop)"
    assert down_at_once() == ([], 0)


def test_without_waiting_a_vm_is_up_again_before_the_next_goes_down(fleet, down_at_once):
    result = fleet(4, settings={"boot_time": 1.5}, wait=False, max_unavailable=2)
    assert result["summary"]["changed"] == 4, result
    order, most = down_at_once()
    assert set(order) == {f"web{number}" for number in range(4)}
    assert most == 2


@pytest.mark.parametrize("fault", [{"fault": "reset_after"}, {"fault": "status", "status": 503}])
def test_lost_answers_take_no_more_vms_down(fleet, down_at_once, fault):
    result = fleet(3, faults=({**fault, "method": ["PUT", "POST"], "probability": 0.5},), api_retries=8)
    assert result["summary"]["changed"] == 3, result
    assert down_at_once() == (["web0", "web1", "web2"], 1)


def test_what_takes_no_vm_down_does_not_wait(cloud, fleet):
    vms = [{"name": "web0", **LARGER}, {"name": "web1", **LARGER}, {"name": "web2", "keymap": "de"}]
    fleet(3, vms=vms, settings={"boot_time": 1})
    puts = [write["path"].rpartition("/")[2] for write in cloud.writes() if write["method"] == "PUT"]
    assert puts.index("web2") < puts.index("web1")


def test_an_interruption_begins_nothing_more(fleet, down_at_once):
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    result = fleet(4, settings={"shutdown_time": 2})
    assert "Interrupted by SIGTERM" in result["msg"]
    assert down_at_once()[0] in ([], ["web0"])
