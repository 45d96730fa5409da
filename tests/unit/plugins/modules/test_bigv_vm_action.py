# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_vm_action for real, against the simulated cloud: reset, sendkey, rescue, and what each is good for."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

ON, OFF = {"power_on": True, "autoreboot_on": True}, {"power_on": False, "autoreboot_on": False}
DISCS = [{"label": "root", "size": 25600}]
WEB1 = "/accounts/acme/groups/default/virtual_machines/web1"
RESCUE = {"autoreboot_on": True, "power_on": True, "appliance": {"name": "rescue", "permanent": False}}


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def way(request):
    return request.param


@pytest.fixture(autouse=True)
def vms(cloud):
    cloud.seed(
        {"name": "web1", "id": 700, "discs": DISCS, **ON},
        {"name": "off1", "id": 701, "discs": DISCS, **OFF},
        {"name": "gone", "id": 702, "deleted": True, **OFF},
    )


@pytest.mark.parametrize("named", [{"vm": "web1"}, {"vm": "700"}, {"id": 700}, {"vm": "web1.default.acme"}])
@pytest.mark.parametrize(
    ("task", "line", "body"),
    [
        ({"action": "reset"}, "reset VM web1.default.acme", {"signal": "reset"}),
        (
            {"action": "sendkey", "keys": "ctrl-alt-delete"},
            "press ctrl-alt-delete at the console of VM web1.default.acme",
            {"signal": "sendkey", "data": "ctrl-alt-delete"},
        ),
        (
            {"action": "sendkey", "keys": " ctrl-alt-f1 "},
            "press ctrl-alt-f1 at the console of VM web1.default.acme",
            {"signal": "sendkey", "data": "ctrl-alt-f1"},
        ),
    ],
)
def test_signals_are_sent_each_time(cloud, bigv_vm_action, named, task, line, body):
    predicted = bigv_vm_action(**named, **task, check_mode=True)
    assert cloud.writes() == []
    for _time in range(2):
        cloud.clear()
        done = bigv_vm_action(**named, **task)
        assert (done["changed"], done["actions"], done["vm"]) == (True, [line], predicted["vm"])
        assert done["vm"]["name"] == "web1"
        ((path, sent),) = [(write["path"], write["body"]) for write in cloud.writes()]
        assert path.endswith("/signal")
        assert sent == body
    assert (predicted["changed"], predicted["actions"]) == (True, [line])


def test_rescue_boots_a_vm_that_is_off(cloud, bigv_vm_action):
    predicted, done = (bigv_vm_action(vm="off1", action="rescue", check_mode=mode) for mode in (True, False))
    for result in (predicted, done):
        assert result["actions"] == ["boot VM off1.default.acme from the rescue system"]
        assert (result["vm"]["power_on"], result["vm"]["autoreboot_on"]) == (True, True)
    (write,) = cloud.writes()
    assert write["body"] == RESCUE


def test_rescue_restarts_a_vm_that_is_on(cloud, bigv_vm_action):
    task = {"vm": "web1", "action": "rescue"}
    for mode in (True, False):
        result = bigv_vm_action(**task, check_mode=mode)
        assert result["msg"] == (
            "allow_restart: VM web1.default.acme is on, and the rescue system can only boot on a VM that is off; set "
            "allow_restart: true to shut the VM down first"
        )
    assert cloud.writes() == []
    for _time in range(2):
        cloud.clear()
        assert bigv_vm_action(**task, allow_restart=True)["vm"]["power_on"]
        assert cloud.writes()[-1]["body"] == RESCUE


@pytest.mark.parametrize("force_stop", [False, True])
def test_rescue_of_a_guest_that_ignores_the_shutdown(cloud, bigv_vm_action, force_stop):
    cloud.settings(ignore_acpi=True)
    task = {"vm": "web1", "action": "rescue", "allow_restart": True, "shutdown_timeout": 0}
    result = bigv_vm_action(**task, force_stop=force_stop)
    if force_stop:
        assert result["actions"][-2:] == [
            "forcibly power off VM web1.default.acme",
            "boot VM web1.default.acme from the rescue system",
        ]
    else:
        assert "force_stop: true" in result["msg"]
        assert cloud.writes()[-1]["body"] == ON
    vm = cloud.vms()["web1"]
    assert (vm["power_on"], vm["autoreboot_on"]) == (True, True)


REFUSED = {
    "reset, off": (
        {"vm": "off1", "action": "reset"},
        "action: VM off1.default.acme is off, and reset requires a VM that is on; start it first with bigv_vm and",
    ),
    "sendkey, off": (
        {"vm": "off1", "action": "sendkey", "keys": "ctrl-alt-f1"},
        "off, and sendkey requires a VM that is on",
    ),
    "keys that do not exist": (
        {"vm": "web1", "action": "sendkey", "keys": "ctrl-alt-banana"},
        "keys: 'ctrl-alt-banana' is not one of the API's sendkeys: ",
    ),
    "no keys": ({"vm": "web1", "action": "sendkey"}, "keys"),
    "empty keys": ({"vm": "web1", "action": "sendkey", "keys": " "}, "keys: is required; specify the keys to press"),
    "keys for another action": (
        {"vm": "web1", "action": "reset", "keys": "ctrl-alt-f1"},
        "keys: cannot be used with action: reset; leave it out, or set action: sendkey",
    ),
    "no action": ({"vm": "web1"}, "action"),
    "another action": ({"vm": "web1", "action": "explode"}, "action"),
    "no VM": ({"action": "reset"}, "vm"),
    "a VM that is null": ({"vm": None, "action": "reset"}, "vm"),
    "a VM and an id": ({"vm": "web1", "id": 700, "action": "reset"}, "mutually exclusive: vm|id"),
    "a group and an id": ({"group": "default", "id": 700, "action": "reset"}, "mutually exclusive: group|id"),
    "soft-deleted": ({"vm": "gone", "action": "rescue"}, "vm: VM gone.default.acme is soft-deleted, so it cannot be"),
    "soft-deleted, by id": (
        {"id": 702, "action": "rescue"},
        "id: VM gone.default.acme is soft-deleted, so nothing can",
    ),
    "an id that is missing": ({"id": 99, "action": "reset"}, "id: there is no VM with the id 99, or these credentials"),
    "an account that is missing": ({"vm": "web1", "account": "nobody", "action": "reset"}, "nobody"),
    "a bad timeout": (
        {"vm": "off1", "action": "rescue", "wait_timeout": -1},
        "wait_timeout: must be at least 0, got -1",
    ),
}


@pytest.mark.parametrize(("task", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_before_anything_is_written(cloud, bigv_vm_action, task, message):
    for check_mode in (True, False):
        result = bigv_vm_action(**task, check_mode=check_mode)
        assert result.get("failed")
        assert message in result["msg"]
    assert cloud.writes() == []


@pytest.mark.parametrize(
    "task",
    [{"action": "reset"}, {"action": "sendkey", "keys": "ctrl-alt-f1"}, {"action": "rescue", "allow_restart": True}],
)
def test_a_vm_that_is_missing_is_refused_and_in_check_mode_a_warning(cloud, bigv_vm_action, task):
    done, predicted = (bigv_vm_action(vm="new", **task, check_mode=check_mode) for check_mode in (False, True))
    assert done["msg"] == "vm: there is no VM new.default.acme, or these credentials cannot see it"
    assert done["msg"] in predicted["warnings"][0]
    assert (predicted["changed"], predicted["vm"]) == (True, None)
    assert cloud.writes() == []
