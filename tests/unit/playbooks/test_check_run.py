# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""``--check`` of a whole play says what the real run then does, task by task; `test_plays.py` tries many more plays."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.contract.test_plays import APART, without_addresses
from ansible_collections.bytemark.cloud.tests.unit.playbooks.conftest import CALLBACKS
from ansible_collections.bytemark.cloud.tests.unit.support import is_as_predicted

TREE = Path(__file__).resolve().parents[3]
LOCAL = {"hosts": "localhost", "connection": "local", "gather_facts": False}
# Beside what the modules return: how often ansible-core tried, how it runs loops, and how it shows failures.
OF_ANSIBLE = {
    "attempts",
    "exception",
    "_ansible_no_log",
    "_ansible_item_label",
    "_ansible_delegated_vars",
    "_ansible_verbose_override",
}
NIGHTLY, WEEKLY = {"start_at": "03:00", "interval": "1d"}, {"start_at": "2026-11-24 00:00:00 UTC", "interval": "1w"}
ROOT = {"label": "root", "size": "25GiB"}
SERVER = {"cores": 1, "memory": "1GiB", "image": "stretch", "root_password": "Geheimnis-17"}
SERVER |= {"discs": [{**ROOT, "backup_schedules": [NIGHTLY]}]}


def without_labels(outcome: Any) -> Any:
    """Return an outcome that calls backups as a check run does, which does not know their labels yet."""
    return json.loads(re.sub(r"backup \w+-backup-\d{14}", "the new backup", json.dumps(outcome)))


def task(module: str, options: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    name = re.sub("[{}]", "", f"{module} {options} {keywords.get('check_mode', '')}")
    return {"name": name, f"bytemark.cloud.{module}": options, **keywords}


@pytest.fixture
def outcomes(command, tmp_path):
    """Run a play and return its status, its output, and the outcomes of its tasks by host, task and item."""

    def run(path: Path, *arguments: str, **more: str):
        file = tmp_path / "outcomes.jsonl"
        file.write_text("")
        recorded = {
            "ANSIBLE_CALLBACKS_ENABLED": "outcomes",
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "OUTCOMES_PATH": str(file),
        }
        ran = command("ansible-playbook", path, *arguments, **recorded | more)
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        return ran, {tuple(who): outcome for who, outcome in lines}

    return run


@pytest.fixture
def check_and_do(cloud, outcomes):
    """Run a play with ``--check`` and for real, and hold the one to the other."""

    def run(path: Path, *arguments: str, status: int = 0):
        checked, predicted = outcomes(path, *arguments, "--check", "--diff")
        assert cloud.writes() == []
        ran, done = outcomes(path, *arguments, "--diff")
        assert (checked.status, ran.status) == (status, status), f"{checked.output}\n{ran.output}"
        assert predicted.keys() == done.keys()
        for who, outcome in predicted.items():
            said, was = without_addresses(outcome), without_labels(without_addresses(done[who]))
            for key in said.keys() - APART - OF_ANSIBLE:
                assert is_as_predicted(said[key], was.get(key)), f"{key} of {who}\npredicted: {said}\ndone: {was}"
        return checked, predicted

    return run


PLAYS = {
    "everything": [
        task("bigv_group", {"name": "live"}),
        task("bigv_vm", {"name": "web1.live", **SERVER}),
        task("bigv_disc", {"vm": "web1.live", "label": "data", "size": "10GiB"}),
        task("bigv_disc", {"vm": "web1.live", "label": "data", "backup_schedules": [NIGHTLY, WEEKLY]}),
        task("bigv_disc", {"vm": "web1.live", "label": "data", "size": "20GiB", "backup_schedules": [WEEKLY]}),
        task("bigv_vm", {"name": "web1.live", "discs": [{**ROOT, "backup_schedules": [{**NIGHTLY, "capacity": 3}]}]}),
        task("bigv_vm", {"name": "web1.live", "rdns": "www.example.com"}),
        task("bigv_vm", {"name": "web1.live", "memory": "2GiB", "allow_restart": True}),
        task("bigv_vm", {"name": "web1.live", "new_name": "www", "new_group": "staging"}),
        task("bigv_group", {"name": "live", "new_name": "production"}),
        task("bigv_vm", {"name": "www.staging", "new_group": "production"}),
        task("bigv_vm_info", {"group": "production"}),
        task("bigv_disc_info", {"vm": "www.production"}),
        task("bigv_group_info", {}),
        task("bigv_disc", {"vm": "www.production", "label": "data", "state": "absent", "purge": True}),
        task("bigv_vm", {"name": "www.production", "state": "absent"}),
        task("bigv_vm", {"name": "www.production", "on_deleted": "restore", "state": "running"}),
        task("bigv_vm", {"name": "www.production", "state": "absent", "purge": True}),
        task("bigv_account_info", {"overview": True}),
        task("bigv_group", {"name": "production", "state": "absent"}),
    ],
    "a loop": [
        task("bigv_group", {"name": "{{ item }}"}, loop=["live", "test", "live"]),
        task("bigv_vm", {"name": "{{ item }}", **SERVER}, loop=["web1.live", "web2.live", "web1.test", "web1.live"]),
        task("bigv_group", {"name": "{{ item }}", "state": "absent", "purge": True}, loop=["live", "test"]),
    ],
    "fleets": [
        task("bigv_fleet", {"groups": ["live"], "vms": [{"name": "web1.live", **SERVER}, {"name": "web2.live"}]}),
        task("bigv_fleet", {"groups": ["live"], "vms": [{"name": "web1.live", "new_name": "www"}], "prune": "report"}),
        task("bigv_vm", {"name": "www.live", "state": "stopped"}),
        task("bigv_fleet", {"vms": [{"name": "www.live"}], "prune": "delete", "purge": True, "max_deletions": "1"}),
        task("bigv_fleet", {"groups": [{"name": "live", "state": "absent"}], "purge": True}),
    ],
    "backups": [
        task("bigv_vm", {"name": "db1", **SERVER, "state": "stopped"}),
        task("bigv_backup", {"vm": "db1", "disc": "root", "state": "restored", "backup": "latest"}, ignore_errors=True),
        task("bigv_backup", {"vm": "db1", "disc": "root", "max_age": "1h"}, register="made"),
        task("bigv_backup", {"vm": "db1", "disc": "root", "state": "restored", "backup": "{{ made.backup.label }}"}),
        task("bigv_backup", {"vm": "db1", "disc": "root", "max_age": "1h", "keep": 1, "purge": True}),
        task("bigv_disc_info", {"vm": "db1"}),
        task("bigv_vm", {"name": "db1", "new_name": "db2"}),
        task("bigv_backup_info", {}),
        task("bigv_backup", {"vm": "db2", "disc": "root", "state": "restored", "backup": "latest"}),
        task("bigv_disc", {"vm": "db2", "label": "root", "new_label": "system"}),
        task("bigv_backup", {"vm": "db2", "disc": "system", "max_age": "1h"}),
        task("bigv_disc", {"vm": "db2", "label": "data", "size": "10GiB"}),
        task("bigv_backup", {"vm": "db2", "disc": "data", "wait": False}),
        task("bigv_backup", {"vm": "db2", "disc": "data", "max_age": "1h"}),
        task("bigv_backup", {"vm": "db2", "disc": "data", "state": "restored", "backup": "latest"}),
        task("bigv_backup_info", {"vm": "db2", "disc": "data"}),
        task("bigv_vm", {"name": "db2", "state": "absent", "purge": True}),
        task("bigv_backup_info", {}),
    ],
    "two accounts": [
        task("bigv_group", {"name": "live.{{ item }}"}, loop=["acme", "globex"]),
        task("bigv_vm", {"name": "web1.live.{{ item }}", **SERVER}, loop=["acme", "globex"]),
        task("bigv_group", {"name": "live.acme", "state": "absent", "purge": True}),
        task("bigv_vm_info", {"account": "{{ item }}"}, loop=["acme", "globex"]),
    ],
    "what is refused": [
        task("bigv_vm", {"name": "web1.live"}, ignore_errors=True),
        task("bigv_group", {"name": "live"}),
        task("bigv_vm", {"name": "web1.live", **SERVER}),
        task("bigv_group", {"name": "live", "state": "absent"}, ignore_errors=True),
        task("bigv_disc", {"vm": "web1.live", "label": "root", "size": "1GiB"}, ignore_errors=True),
        task("bigv_vm", {"name": "WEB1.live"}, ignore_errors=True),
        task("bigv_vm", {"name": "web1.live", "state": "absent", "protect": ["web1"]}, ignore_errors=True),
        task("bigv_vm", {"name": "web1.live", "state": "absent"}),
        task("bigv_vm", {"name": "web1.live"}, ignore_errors=True),
    ],
    "a rescue": [
        {
            "block": [
                task("bigv_group", {"name": "live"}),
                task("bigv_vm", {"name": "web1.live", "zone": "mars"}),
                task("bigv_vm", {"name": "web2.live"}),
            ],
            "rescue": [task("bigv_vm", {"name": "web3.live"})],
            "always": [task("bigv_vm_info", {"group": "live"})],
        }
    ],
}


@pytest.mark.parametrize("tasks", PLAYS.values(), ids=PLAYS)
def test_a_play(cloud, check_and_do, write, tasks):
    start_empty(cloud)
    check_and_do(write("play.yml", [{**LOCAL, "tasks": tasks}]))


def start_empty(cloud):
    """Seed two accounts with nothing but the group of every account, and one that nobody needs."""
    accounts = [{"name": "acme", "groups": [{"name": "staging"}]}, {"name": "globex"}]
    settings = {"build_time": 0, "shutdown_time": 0, "boot_time": 0, "backup_time": 0.5, "restore_time": 0}
    cloud.control("POST", "seed", {"accounts": accounts, "settings": settings})
    cloud.clear()


ON_ALL = [
    task("bigv_group", {"name": "live"}, run_once=True),
    task("bigv_vm", {"name": "{{ inventory_hostname }}.live", **SERVER}),
    task("bigv_disc", {"vm": "{{ inventory_hostname }}.live", "label": "data", "size": "1GiB"}),
    task("bigv_vm", {"name": "{{ inventory_hostname }}.live", "new_name": "{{ inventory_hostname }}-new"}),
]


@pytest.mark.parametrize("keywords", [{}, {"serial": 2}, {"strategy": "free"}], ids=["linear", "serial", "free"])
def test_hosts_that_delegate_to_the_controller(cloud, check_and_do, write, tmp_path, keywords):
    start_empty(cloud)
    (tmp_path / "hosts").write_text("web1\nweb2\nweb3\nweb4\n")
    delegated = [{**step, "delegate_to": "localhost"} for step in ON_ALL]
    first = {"hosts": "all", "gather_facts": False, "tasks": delegated[:1]}
    each = {"hosts": "all", "gather_facts": False, "tasks": delegated[1:], **keywords}
    after = {**LOCAL, "tasks": [task("bigv_fleet", {"groups": ["live"], "vms": [{"name": "web1-new.live"}]})]}
    check_and_do(write("play.yml", [first, each, after]), "-i", str(tmp_path / "hosts"))


def test_parts_that_hosts_add_to_one_vm_at_once(cloud, outcomes, write, tmp_path):
    start_empty(cloud)
    labels = ["data", "logs", "mail"]
    (tmp_path / "hosts").write_text("\n".join(labels))
    create = {**LOCAL, "tasks": [task("bigv_vm", {"name": "web1", **SERVER})]}
    disc = {"vm": "web1", "label": "{{ inventory_hostname }}", "size": "1GiB"}
    each = {"hosts": "all", "gather_facts": False, "tasks": [task("bigv_disc", disc, delegate_to="localhost")]}
    after = {**LOCAL, "tasks": [task("bigv_disc_info", {"vm": "web1"})]}
    run, predicted = outcomes(write("play.yml", [create, each, after]), "--check", "-i", str(tmp_path / "hosts"))
    assert run.status == 0, run.output
    *_others, found = predicted.values()
    assert sorted(disc["label"] for disc in found["discs"]) == [*labels, "root"]


def test_the_quickstart_on_an_empty_account(cloud, check_and_do):
    start_empty(cloud)
    checked, _predicted = check_and_do(TREE / "playbooks" / "quickstart.yml")
    assert checked.changed == 3


CREATE = [task("bigv_group", {"name": "live"}), task("bigv_vm", {"name": "web1.live", **SERVER})]


def test_what_is_remembered_is_in_a_file_of_the_run_without_secrets(cloud, command, write, tmp_path, environment):
    file = (
        f"{{{{ lookup('ansible.builtin.pipe', 'ls {tmp_path}/ansible-local-*/bytemark_cloud_check_memory.jsonl') }}}}"
    )
    keep = {"src": file, "dest": str(tmp_path / "kept"), "mode": "preserve"}
    path = write("play.yml", [{**LOCAL, "tasks": [*CREATE, {"ansible.builtin.copy": keep, "check_mode": False}]}])
    run = command("ansible-playbook", path, "--check", ANSIBLE_LOCAL_TEMP=str(tmp_path))
    assert run.status == 0, run.output
    kept = (tmp_path / "kept").read_text()
    assert "web1" in kept
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o600
    for secret in (SERVER["root_password"], environment["BIGV_TOKEN"]):
        assert secret not in kept
    assert not list(tmp_path.glob("ansible-local-*"))


def test_without_the_memory_each_task_is_checked_by_itself(cloud, outcomes, write):
    path = write("play.yml", [{**LOCAL, "tasks": [*CREATE, task("bigv_vm_info", {"group": "live"})]}])
    run, predicted = outcomes(path, "--check", BIGV_CHECK_MEMORY="false")
    assert run.status == 0, run.output
    assert "An earlier task of this check run may be about to create it" in " ".join(run.output.split())
    assert [outcome.get("vms") for outcome in predicted.values()][-1] == []


def test_a_misspelt_switch_is_refused(cloud, command, write):
    run = command(
        "ansible-playbook", write("play.yml", [{**LOCAL, "tasks": CREATE}]), "--check", BIGV_CHECK_MEMORY="of"
    )
    assert run.status == 2
    assert "BIGV_CHECK_MEMORY: 'of' is not a boolean" in run.output


MISSING = {
    "the group of a VM": task("bigv_vm", {"name": "web1.live", **SERVER}),
    "the group that a VM moves to": task("bigv_vm", {"name": "old1", "new_group": "live"}),
    "the VM of a disc": task("bigv_disc", {"vm": "web1.live", "label": "data", "size": "1GiB"}),
    "the VM of a disc that it may have": task(
        "bigv_disc", {"vm": "web1.live", "label": "data", "storage_grade": "ssd"}
    ),
    "the VM that a disc moves to": task("bigv_disc", {"vm": "old1", "label": "data", "new_vm": "web1"}),
    "the group of a fleet's VM": task("bigv_fleet", {"vms": [{"name": "web1.live"}, {"name": "web2.live"}]}),
}


@pytest.mark.parametrize("missing", MISSING.values(), ids=MISSING)
def test_an_ordinary_module_predicts_on_what_may_be_about_to_be_created(cloud, outcomes, write, missing):
    cloud.seed({"name": "old1", "power_on": False, "discs": [ROOT | {"size": 1000}, {"label": "data", "size": 1000}]})
    path = write("play.yml", [{**LOCAL, "tasks": [missing]}])
    run, predicted = outcomes(path, "--check", "--diff", BIGV_RUN_IN_CONTROLLER="false")
    assert run.status == 0, run.output
    (outcome,) = predicted.values()
    assert outcome["changed"]
    assert outcome["actions"]
    said = " ".join(run.output.split())
    assert said.count("An earlier task of this check run may be about to create it") == 1
    assert cloud.writes() == []
    # Nothing is assumed in the controller, which knows, and when it is for real.
    for arguments, way in (("--check", "true"), ("--diff", "false")):
        run, _outcomes = outcomes(path, arguments, BIGV_RUN_IN_CONTROLLER=way)
        assert run.status == 2, run.output
    assert cloud.writes() == []


def test_a_task_in_check_mode_of_a_real_run_is_checked_against_what_is_there(cloud, outcomes, write):
    steps = [
        task("bigv_group", {"name": "live"}, check_mode=True),
        task("bigv_group_info", {"name": "live"}),
        task("bigv_group", {"name": "live"}),
        {**task("bigv_group", {"name": "live"}, check_mode=True), "name": "bigv_group again"},
    ]
    run, found = outcomes(write("play.yml", [{**LOCAL, "tasks": steps}]))
    assert run.status == 0, run.output
    assert [outcome["changed"] for outcome in found.values()] == [True, False, True, False]
    assert list(found.values())[1]["groups"] == []


def test_nothing_of_it_is_loaded_outside_check_mode(cloud):
    code = f"""
import sys
from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller
result = _in_controller.run("bigv_group", {cloud.access | {"name": "live"}!r}, {{}}, False, print, False)
assert result["changed"], result
print([name for name in sys.modules if "_check_memory" in name or "_predicted" in name])
"""
    found = subprocess.run([sys.executable, "-c", code], check=True, text=True, stdout=subprocess.PIPE)
    assert found.stdout.strip() == "[]"
