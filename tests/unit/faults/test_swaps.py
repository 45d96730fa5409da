# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A swap of addresses whatever fails: both VMs end on if they were on, and what was swapped is not swapped back."""

from __future__ import annotations

import os
import signal

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core import executor
from ansible_collections.bytemark.cloud.plugins.module_utils._core.client import Client
from ansible_collections.bytemark.cloud.tests.unit.contract.test_contract import Killed, kill_after

BLUE, GREEN = ["198.18.0.101", "2001:db8::101"], ["198.18.0.102", "2001:db8::102"]
SWAP = "/ips/swap_virtual_machine_ips"
TASK = {"vm": "green", "with_vm": "blue", "address": BLUE[0]}
RESTART = {**TASK, "allow_restart": True}
WRITES = ["POST", "PUT", "DELETE"]
# The writes of a swap of two VMs that are on: those that shut green down and blue, the swap, and the two starts.
STEPS = range(6)
FAILURES = {
    "400": {"fault": "status", "status": 400},
    "500": {"fault": "status", "status": 500},
    "500 after": {"fault": "status", "status": 500, "after": True},
    "reset before": {"fault": "reset_before"},
    "reset after": {"fault": "reset_after"},
}


@pytest.fixture
def seeded(cloud):
    """Seed blue and green: on, or else off; green without autoreboot."""

    def seed(on=True, **settings):
        vms = [
            {"name": name, "id": vm_id, "power_on": on, "autoreboot_on": on and name == "blue"}
            | {"network_interfaces": [{"id": 9000 + vm_id, "ips": ips, "extra_ips": {}}]}
            for name, vm_id, ips in (("blue", 1, BLUE), ("green", 2, GREEN))
        ]
        cloud.seed(*vms, **settings)

    seed()
    return seed


@pytest.fixture
def quickly(monkeypatch):
    """Have a lost answer looked for once: no read is stale here."""
    monkeypatch.setattr(executor, "READS_LAG", 0.0)


def is_swapped(cloud):
    nics = {name: vm["network_interfaces"][0]["ips"] for name, vm in cloud.vms().items()}
    assert nics in ({"blue": BLUE, "green": GREEN}, {"blue": GREEN, "green": BLUE})
    return nics["green"] == BLUE


def power(cloud):
    return {name: (vm["power_on"], vm["autoreboot_on"]) for name, vm in cloud.vms().items()}


AS_FOUND = {"blue": (True, True), "green": (True, False)}


def swaps(cloud):
    return [write["path"] for write in cloud.done()].count(SWAP)


def check_rerun(cloud, bigv_ip_swap, had_swapped):
    """Run the task again: the swap is made, if it was not, both VMs are as they were found, and nothing is left."""
    cloud.faults()
    done = bigv_ip_swap(**RESTART)
    assert done.get("msg") is None
    assert done["changed"] is not had_swapped
    assert is_swapped(cloud)
    assert power(cloud) == AS_FOUND
    assert swaps(cloud) == 1
    assert not bigv_ip_swap(**RESTART)["changed"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", FAILURES.values(), ids=FAILURES)
def test_a_step_that_fails_for_good_leaves_both_vms_as_they_were_found(
    cloud, seeded, quickly, bigv_ip_swap, fault, step
):
    cloud.faults(fault | {"method": WRITES, "skip": step, "count": 1})
    result = bigv_ip_swap(**RESTART)
    assert cloud.happened() == [fault["fault"]]
    assert power(cloud) == AS_FOUND
    if fault["fault"] == "reset_after":
        assert result.get("msg") is None
        assert is_swapped(cloud)
    else:
        assert result["msg"].startswith("Could not ")
        assert "Traceback" not in result["msg"]
        assert result["changed"] == bool(result["actions"])
    check_rerun(cloud, bigv_ip_swap, is_swapped(cloud))


@pytest.mark.parametrize("step", STEPS)
def test_an_api_that_is_away_for_a_moment_is_waited_for(cloud, seeded, quickly, bigv_ip_swap, step):
    cloud.faults({"fault": "refuse", "seconds": 0.05, "method": WRITES, "skip": step, "count": 1})
    assert bigv_ip_swap(**RESTART, api_retries=8).get("msg") is None
    assert cloud.happened() == ["refuse"]
    check_rerun(cloud, bigv_ip_swap, had_swapped=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_an_interruption_at_any_step_leaves_both_vms_as_they_were_found(
    cloud, seeded, quickly, bigv_ip_swap, step, moment, number
):
    send, begun = Client.send, []

    def sending(self, method, *arguments, **more):
        is_it = method != "GET" and len(begun) == step
        begun.extend([method] if method != "GET" else [])
        if is_it and moment == "before":
            os.kill(os.getpid(), number)
        answer = send(self, method, *arguments, **more)
        if is_it and moment == "after":
            os.kill(os.getpid(), number)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "send", sending)
        failed = bigv_ip_swap(**RESTART)
    assert f"Interrupted by {number.name}" in failed["msg"]
    assert power(cloud) == AS_FOUND
    check_rerun(cloud, bigv_ip_swap, is_swapped(cloud))


def test_an_interruption_while_a_guest_shuts_down(cloud, seeded, bigv_ip_swap, monkeypatch):
    seeded(ignore_acpi=["blue"])
    polls = executor.Pace.polls

    def polling(self, condition, end):
        if "blue" in condition.description:
            os.kill(os.getpid(), signal.SIGTERM)
        return polls(self, condition, end)

    monkeypatch.setattr(executor.Pace, "polls", polling)
    assert "Interrupted by SIGTERM" in bigv_ip_swap(**RESTART)["msg"]
    assert power(cloud) == AS_FOUND
    assert not is_swapped(cloud)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_rerun_has_the_address_and_swaps_once(cloud, seeded, bigv_ip_swap, step):
    with pytest.MonkeyPatch.context() as patch:
        kill_after(patch, step)
        with pytest.raises(Killed):
            bigv_ip_swap(**RESTART)
    assert is_swapped(cloud) is (step > 3)
    done = bigv_ip_swap(**RESTART)
    assert done.get("msg") is None
    assert is_swapped(cloud)
    assert swaps(cloud) == 1
    if not cloud.vms()["green"]["power_on"]:
        assert "If an earlier run of this task was killed, start the VM" in done["warnings"][0]
    assert not bigv_ip_swap(**RESTART)["changed"]


@pytest.mark.parametrize("seconds", [0.5, 3])
def test_a_swap_whose_answer_is_lost_is_not_swapped_back_where_reads_lag(cloud, seeded, bigv_ip_swap, seconds):
    seeded(on=False)
    cloud.faults(
        {"fault": "stale_reads", "seconds": seconds, "path": "/accounts/acme/groups", "count": 1},
        {"fault": "reset_after", "path": SWAP},
    )
    cloud.api("POST", "/accounts/acme/groups", {"name": "other"})
    done = bigv_ip_swap(**TASK, api_retries=5)
    assert (done.get("msg"), done["changed"]) == (None, True)
    assert is_swapped(cloud)
    assert swaps(cloud) == 1


def before_the_swap(monkeypatch, act):
    """Do something right before it is looked whether the addresses are still to be swapped."""
    path_of = executor.Executor._path_of

    def acting(self, step):
        if step.summary.startswith("swap"):
            act()
        return path_of(self, step)

    monkeypatch.setattr(executor.Executor, "_path_of", acting)


def swap(cloud, one, other):
    body = {"virtual_machine_1_id": one, "virtual_machine_2_id": other, "move_additional_ips": False}
    cloud.api("POST", SWAP, body)


@pytest.mark.parametrize("on", [False, True])
def test_somebody_else_swaps_first(cloud, seeded, bigv_ip_swap, monkeypatch, on):
    seeded(on)
    found = power(cloud)
    before_the_swap(monkeypatch, lambda: swap(cloud, 1, 2))
    done = bigv_ip_swap(**RESTART)
    assert done.get("msg") is None
    assert not any(action.startswith("swap") for action in done["actions"])
    assert done["changed"] is on
    assert is_swapped(cloud)
    assert power(cloud) == found
    assert swaps(cloud) == 1


def test_somebody_else_takes_the_address_away(cloud, seeded, bigv_ip_swap, monkeypatch):
    off = {"name": "red", "power_on": False, "autoreboot_on": False}
    red = cloud.api("POST", "/accounts/acme/groups/default/virtual_machines", off)["id"]
    before_the_swap(monkeypatch, lambda: swap(cloud, 1, red))
    failed = bigv_ip_swap(**RESTART)
    assert f"one of them no longer has the address {BLUE[0]}, so both were left unchanged" in failed["msg"]
    assert power(cloud) == AS_FOUND | {"red": (False, False)}


@pytest.mark.parametrize("name", ["blue", "green"])
def test_somebody_else_purges_a_vm(cloud, seeded, bigv_ip_swap, monkeypatch, name):
    path = f"/accounts/acme/groups/default/virtual_machines/{name}?purge=true"
    before_the_swap(monkeypatch, lambda: cloud.api("DELETE", path))
    failed = bigv_ip_swap(**RESTART)
    assert "one of them is gone or is a different VM now, so both were left unchanged" in failed["msg"]
    other = {"blue": "green", "green": "blue"}[name]
    assert power(cloud) == {other: AS_FOUND[other]}
