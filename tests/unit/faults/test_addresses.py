# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Additional addresses when answers are lost, or when somebody else is at work on the same NIC.

Only the answer to their creation names the new addresses, and a deleted one may be another customer's at once.
"""

from __future__ import annotations

import threading

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core import executor, retries
from ansible_collections.bytemark.cloud.plugins.module_utils._core.client import Client
from ansible_collections.bytemark.cloud.tests.unit.contract.test_contract import LOST
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller

FIRST, EXTRA = "198.18.0.101", "198.18.0.177"
DEFAULT = "/accounts/acme/groups/default/virtual_machines"
NIC = {"id": 9001, "ips": [FIRST, "2001:db8::101"], "extra_ips": {EXTRA: FIRST}}
WEB1 = {"name": "web1", "id": 700, "power_on": False, "autoreboot_on": False, "network_interfaces": [NIC]}
WEB2 = {"name": "web2", "id": 701, "power_on": False, "autoreboot_on": False}
THREE = {"vm": "web1", "additional": 3, "reason": "two more shops"}
DELETED = {"address": EXTRA, "state": "absent", "purge": True}


@pytest.fixture(autouse=True)
def vms(cloud, monkeypatch):
    monkeypatch.setattr(executor, "READS_LAG", 0.0)
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.01)
    cloud.seed(WEB1, WEB2)


def extra_ips(cloud, vm="web1"):
    return set(cloud.vms()[vm]["network_interfaces"][0]["extra_ips"])


def add(cloud, count):
    """Add addresses behind the module's back."""
    body = {"addresses": count, "family": "ipv4", "reason": "somebody else", "contiguous": False}
    return set(cloud.api("POST", f"{DEFAULT}/web1/nics/9001/ip_create", body)["ips"])


def meanwhile(monkeypatch, method, act):
    """Do something once, right before the executor's method is called."""
    original, done = getattr(executor.Executor, method), []

    def acting(self, *arguments):
        if not done:
            done.append(act())
        return original(self, *arguments)

    monkeypatch.setattr(executor.Executor, method, acting)
    return done


@pytest.mark.parametrize("tries_before", [0, 2])
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_addresses_whose_answer_is_lost_are_found_and_not_added_again(cloud, bigv_ip, fault, tries_before):
    busy = {"fault": "status", "status": 503, "method": "POST", "count": tries_before}
    cloud.faults(busy, fault | {"method": "POST", "count": 1})
    done = bigv_ip(**THREE, api_retries=5)
    assert done["changed"], done.get("msg")
    assert set(done["created"]) == extra_ips(cloud) - {EXTRA}
    assert len(done["created"]) == 2
    assert len(cloud.done()) == 1
    assert not bigv_ip(**THREE)["changed"]


RUBBISH = [None, [], {}, {"ips": None}, {"ips": []}, {"ips": "198.18.0.9"}, {"ips": [None, 7]}, {"ips": ["one", "two"]}]
RUBBISH += [{"ips": ["198.18.0.9"]}, {"ips": [["198.18.0.9"], {}]}]


@pytest.mark.parametrize("answer", RUBBISH, ids=str)
def test_addresses_that_the_answer_does_not_name_are_found(cloud, bigv_ip, monkeypatch, answer):
    send = Client.send

    def answered(self, method, *arguments, **more):
        real = send(self, method, *arguments, **more)
        return answer if method == "POST" else real

    monkeypatch.setattr(Client, "send", answered)
    done = bigv_ip(**THREE)
    assert set(done["created"]) == extra_ips(cloud) - {EXTRA}
    assert (len(done["created"]), len(cloud.done())) == (2, 1)


def test_somebody_else_adds_enough_before(cloud, bigv_ip, monkeypatch):
    meanwhile(monkeypatch, "_confirm", lambda: add(cloud, 2))
    done = bigv_ip(**THREE)
    assert (done.get("msg"), done["changed"], done["created"]) == (None, False, [])
    assert len(extra_ips(cloud)) == 3


def test_somebody_else_adds_some_before(cloud, bigv_ip, monkeypatch):
    meanwhile(monkeypatch, "_confirm", lambda: add(cloud, 1))
    failed = bigv_ip(**THREE)
    assert "is no longer the one that the plan was made for" in failed["msg"]
    assert failed["msg"].endswith("Run the task again to make a new plan.")
    assert len(extra_ips(cloud)) == 2
    assert len(bigv_ip(**THREE)["created"]) == 1
    assert len(extra_ips(cloud)) == 3


def test_what_somebody_else_adds_at_the_same_moment_is_not_taken_for_ours(cloud, bigv_ip, monkeypatch):
    theirs = meanwhile(monkeypatch, "_send_verified", lambda: add(cloud, 1))
    done = bigv_ip(**THREE)
    assert len(done["created"]) == 2
    assert set(done["created"]) == extra_ips(cloud) - {EXTRA} - theirs[0]


@pytest.mark.parametrize("count", [2, 3])
def test_somebody_else_leaves_no_room_and_there_are_enough(cloud, bigv_ip, monkeypatch, count):
    meanwhile(monkeypatch, "_send_verified", lambda: add(cloud, count))
    done = bigv_ip(**THREE)
    assert (done.get("msg"), done["changed"], done["created"]) == (None, False, [])
    assert len(extra_ips(cloud)) == 1 + count


def test_somebody_else_leaves_no_room_and_there_are_too_few(cloud, bigv_ip, monkeypatch):
    meanwhile(monkeypatch, "_send_verified", lambda: add(cloud, 1))
    failed = bigv_ip(**THREE | {"additional": 4})
    assert "VM web1.default.acme now has the new addresses" in failed["msg"]
    assert "so somebody else seems to be adding addresses, too" in failed["msg"]
    assert len(extra_ips(cloud)) == 2


def test_somebody_else_adds_some_and_the_answer_is_lost(cloud, bigv_ip, monkeypatch):
    """Nothing tells whose the new ones are; there are as many as asked for, at least, and none is added again."""
    meanwhile(monkeypatch, "_send_verified", lambda: add(cloud, 1))
    cloud.faults({"fault": "reset_after", "method": "POST", "skip": 1})
    done = bigv_ip(**THREE, api_retries=5)
    assert set(done["created"]) == extra_ips(cloud) - {EXTRA}
    assert len(extra_ips(cloud)) == 4


def test_two_plays_at_once_add_no_more_than_is_asked_for(cloud, monkeypatch):
    """Both have planned before either writes, and the later one looks again right before it does."""
    confirm, send = executor.Executor._confirm, executor.Executor._send_verified
    later_has_planned, earlier_is_done, results = threading.Event(), threading.Event(), {}

    def is_later():
        return threading.current_thread().name == "later"

    def confirming(self, *arguments):
        if is_later():
            later_has_planned.set()
            assert earlier_is_done.wait(60)
        return confirm(self, *arguments)

    def sending(self, *arguments):
        assert later_has_planned.wait(60)
        answer = send(self, *arguments)
        earlier_is_done.set()
        return answer

    def play():
        results[is_later()] = run_in_controller("bigv_ip", **cloud.access, **THREE)

    monkeypatch.setattr(executor.Executor, "_confirm", confirming)
    monkeypatch.setattr(executor.Executor, "_send_verified", sending)
    plays = [threading.Thread(target=play, name=name) for name in ("earlier", "later")]
    for each in plays:
        each.start()
    for each in plays:
        each.join()
    assert (results[False]["changed"], len(results[False]["created"])) == (True, 2)
    assert (results[True].get("msg"), results[True]["changed"], results[True]["created"]) == (None, False, [])
    assert len(extra_ips(cloud)) == 3


@pytest.mark.parametrize("renames", [False, True])
def test_an_address_that_was_moved_meanwhile_is_not_deleted(cloud, bigv_ip, monkeypatch, renames):
    def move():
        body = {"virtual_machine_1_id": 700, "virtual_machine_2_id": 701, "move_additional_ips": True}
        cloud.api("POST", "/ips/swap_virtual_machine_ips", body)
        if renames:
            cloud.api("PUT", f"{DEFAULT}/web1", {"name": "www"})

    meanwhile(monkeypatch, "_confirm", move)
    failed = bigv_ip(**DELETED)
    assert failed["failed"]
    assert failed["msg"].startswith(f"Could not delete the additional address {EXTRA} of VM web1.default.acme: ")
    assert "Run the task again" in failed["msg"]
    assert (failed["changed"], extra_ips(cloud, "web2")) == (False, {EXTRA})


def test_somebody_else_has_deleted_the_address(cloud, bigv_ip, monkeypatch):
    for method in ("_confirm", "_send_verified"):
        cloud.seed(WEB1, WEB2)
        with monkeypatch.context() as patch:
            meanwhile(patch, method, lambda: cloud.api("DELETE", f"/ips/{EXTRA}"))
            done = bigv_ip(**DELETED)
        assert done.get("failed", False) is (method == "_confirm"), done
        assert not done["changed"]
        assert not bigv_ip(**DELETED)["changed"]


@pytest.mark.parametrize("status", [400, 500])
def test_a_refusal_is_one_clear_error(cloud, bigv_ip, status):
    cloud.faults({"fault": "status", "status": status, "method": ["POST", "PUT", "DELETE"]})
    for task in (THREE, DELETED, {"address": FIRST, "rdns": "www.example.com"}):
        failed = bigv_ip(**task, api_retries=3)
        assert failed["msg"].startswith("Could not ")
        assert f"the API answered {status}" in failed["msg"]
        assert not failed["changed"]
    assert extra_ips(cloud) == {EXTRA}
    assert len(cloud.writes()) == 3
