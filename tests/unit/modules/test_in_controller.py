# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Run in the controller's process, a module answers what it answers as an ordinary one, to the letter."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

VM = {"name": "web1", "memory": 1024, "discs": [{"label": "data", "size": 2000}]}
CASES: list[tuple[str, dict[str, Any]]] = [
    ("bigv_vm", {"name": "web1"}),
    ("bigv_vm", {"name": "web1", "memory": "2GiB"}),
    ("bigv_vm", {"name": "web1", "memory": "2GiB", "allow_restart": "yes", "rdns": "www.example.com"}),
    ("bigv_vm", {"name": "web2", "cores": "2", "discs": [{"size": 1024}], "image": "stretch", "root_password": "web2"}),
    ("bigv_vm", {"name": "web1", "state": "absent"}),
    ("bigv_vm", {"name": "web1", "state": "gone"}),
    ("bigv_vm", {"name": "web1", "cores": "two"}),
    ("bigv_vm", {"name": "web1", "nonsense": 1}),
    ("bigv_vm", {"name": "web1", "discs": [{"nonsense": 1}]}),
    ("bigv_vm", {"name": "web1", "id": 1}),
    ("bigv_vm", {}),
    ("bigv_vm", {"name": "web1", "discs": [{"label": "data", "size": 1}], "firstboot_script": "data"}),
    (
        "bigv_vm",
        {"name": "web2", "cores": 9999, "image": "stretch", "discs": [{"size": 1}], "root_password": "pa55word"},
    ),
    ("bigv_vm", {"name": "web1", "token": "apikey.wrong"}),
    ("bigv_vm", {"name": "web1", "token": None}),
    ("bigv_vm", {"name": "web1", "token": None, "username": "admin", "password": "password"}),
    ("bigv_vm", {"name": "web1", "token": None, "username": "admin", "password": "wrong"}),
    ("bigv_vm", {"name": "web1", "api_url": "https://me:s3cr3t@example.com"}),
    ("bigv_vm", {"name": "web1", "account": "nobody"}),
    ("bigv_vm_info", {"group": "default"}),
    ("bigv_disc", {"vm": "web1", "label": "data", "size": "3GiB"}),
    ("bigv_disc", {"vm": "web1", "label": "data", "size": "1"}),
    ("bigv_disc_info", {}),
    ("bigv_group", {"name": "new"}),
    ("bigv_group_info", {}),
    ("bigv_fleet", {"groups": ["new"], "vms": [VM | {"discs": [{"label": "data", "size": "3GiB"}]}, {"name": "web2"}]}),
    ("bigv_fleet", {"vms": [{"name": "web1", "root_password": "hunter2"}, {"nonsense": "hunter2"}]}),
]


def comparable(result: dict[str, Any]) -> dict[str, Any]:
    """The result without the trace that a failed module leaves for ansible-core, and without the API's clock."""
    return {key: value for key, value in result.items() if key not in ("exception", "api_date")}


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_both_ways_are_equal(cloud, name, options, check_mode):
    shared = {"api_url": cloud.api_url, "auth_url": cloud.auth_url, "token": cloud.token, "account": "acme"}
    results, states, writes = [], [], []
    for way in (run_module, run_in_controller):
        cloud.seed(VM)
        results.append(comparable(way(name, check_mode=check_mode, **(shared | {"api_retries": 0} | options))))
        states.append(cloud.groups())
        # A fleet's VMs are written to at the same time.
        writes.append(sorted((write["method"], write["path"]) for write in cloud.writes()))
        for secret in ("pa55word", "s3cr3t", "hunter2", "apikey."):
            assert secret not in str(results[-1])
    assert results[0] == results[1]
    assert states[0] == states[1]
    assert writes[0] == writes[1]


def test_an_entry_shows_the_options_that_were_given(cloud):
    cloud.seed(VM)
    shared = {"api_url": cloud.api_url, "token": cloud.token, "account": "acme"}
    for way in (run_module, run_in_controller):
        shown = way("bigv_fleet", vms=[{"name": "web1", "root_password": "hunter2"}], **shared)["invocation"]
        assert shown["module_args"]["vms"] == [{"name": "web1", "root_password": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"}]
        assert shown["module_args"]["defaults"] is None


class Expired(BaseException):
    """What a task's ``timeout`` raises, which is no error that anything handles."""


def test_an_item_of_a_loop_runs_as_if_alone(cloud):
    """The client that the items share is stopped by a task's ``timeout``, which ends one item in mid-flight."""
    cloud.seed({"name": "web1"}, shutdown_time=60)
    shared = {"api_url": cloud.api_url, "token": cloud.token, "account": "acme"}

    def run_until_the_timeout(module_name, /, **options):
        def expire(number, frame):
            raise Expired

        before = signal.signal(signal.SIGALRM, expire)
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        try:
            with pytest.raises(Expired):
                run_in_controller(module_name, **shared, **options)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    for module_name, options in (
        ("bigv_fleet", {"vms": [{"name": "web1", "state": "restarted"}]}),
        ("bigv_vm", {"name": "web1", "state": "restarted"}),
    ):
        run_until_the_timeout(module_name, **options)
        cloud.seed({"name": "web1"})
        done = run_in_controller("bigv_fleet", **shared, vms=[{"name": "new1"}])
        assert (done.get("msg"), done["changed"]) == (None, True)
        assert set(cloud.vms()) == {"web1", "new1"}
        assert run_in_controller("bigv_vm", **shared, name="web1", state="restarted")["changed"]
        assert cloud.vms()["web1"]["power_on"]
        cloud.seed({"name": "web1"}, shutdown_time=60)


def test_a_fleet_ends_with_what_it_came_to(cloud):
    shared = {"api_url": cloud.api_url, "token": cloud.token, "account": "acme"}
    task = {"groups": ["new"], "vms": [{"name": "web1"}]}
    for check_mode, text in ((True, "1 to create, groups: 1 to create"), (False, "1 created, groups: 1 created")):
        said: list[str] = []
        result = _in_controller.run("bigv_fleet", shared | task, {}, check_mode, said.append, shows_invocation=True)
        assert said[-1] == result["summary"]["text"] == text
