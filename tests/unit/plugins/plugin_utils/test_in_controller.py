# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Run in the controller's process, a module returns what it returns as an ordinary one, to the letter."""

from __future__ import annotations

import json
import re
import signal
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller
from ansible_collections.bytemark.cloud.tests.unit.contract.checks import seed
from ansible_collections.bytemark.cloud.tests.unit.examples import CASES, example
from ansible_collections.bytemark.cloud.tests.unit.resources._types import Case
from ansible_collections.bytemark.cloud.tests.unit.support import MODULES, Cloud, run_in_controller, run_module

VM = {"name": "web1", "memory": 1024, "discs": [{"label": "data", "size": 2000}]}
# Besides a good task of every module: values in other forms, and what is refused on the way.
ODD: list[tuple[str, dict[str, Any]]] = [
    ("bigv_vm", {"name": "web1", "memory": "2GiB", "allow_restart": "yes", "rdns": "www.example.com"}),
    ("bigv_vm", {"name": "web2", "cores": "2", "discs": [{"size": 1024}], "image": "stretch", "root_password": "web2"}),
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
    ("bigv_disc", {"vm": "web1", "label": "data", "size": "1"}),
    ("bigv_fleet", {"vms": [{"name": "web1", "root_password": "hunter2"}, {"nonsense": "hunter2"}]}),
]
STAMP = re.compile(r"-backup-\d{14}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
both_modes = pytest.mark.parametrize("check_mode", [True, False])


def comparable(result: dict[str, Any], case: Case) -> dict[str, Any]:
    """Return the result without the trace that ansible-core gets of a failure, the API's clock, and a session.

    The label of a new backup and the expiry of a new API key hold the time of the API's clock.
    """
    kept = {key: value for key, value in result.items() if key not in ("exception", "api_date", "token")}
    seeded = str(case)
    return json.loads(STAMP.sub(lambda found: found[0] if found[0] in seeded else "now", json.dumps(kept)))


def check_both_ways(cloud: Cloud, case: Case, check_mode: bool) -> None:
    """Run a task either way, and see that results, cloud and requests are the same."""
    results, states, writes = [], [], []
    # One at a time, a fleet's VMs get their ids in the order of the list.
    in_order = {"concurrency": 1, "on_error": "stop"} if case.module == "bigv_fleet" else {}
    for way in (run_module, run_in_controller):
        seed(cloud, case)
        results.append(
            comparable(way(case.module, check_mode=check_mode, **cloud.access | in_order | dict(case.options)), case)
        )
        states.append(cloud.groups())
        writes.append([(write["method"], write["path"]) for write in cloud.writes()])
        for secret in ("pa55word", "s3cr3t", "hunter2", "apikey."):
            assert secret not in str(results[-1])
    assert results[0] == results[1]
    assert states[0] == states[1]
    assert writes[0] == writes[1]


@both_modes
@pytest.mark.parametrize("name", MODULES)
def test_a_good_task_of_each_module(cloud, name, check_mode):
    check_both_ways(cloud, Case(name, example(name).options, None, default=[VM, {"name": "web2"}]), check_mode)


@both_modes
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_case(cloud, case, check_mode):
    check_both_ways(cloud, case, check_mode)


@both_modes
@pytest.mark.parametrize(("name", "options"), ODD)
def test_odd_tasks(cloud, name, options, check_mode):
    check_both_ways(cloud, Case(name, options, None, default=[VM]), check_mode)


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
