# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Two plays that converge the same VMs at the same time: no duplicate, no crash, and one cloud in the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

DISCS = [{"label": "root", "size": "25GiB"}, {"label": "data", "size": "1GiB"}]
ADDRESSES = {"additional_ipv4": 1, "additional_ipv4_reason": "a second site", "rdns": "www.example.com"}
SERVER = {"image": "stretch", "discs": DISCS, "state": "running", "allow_restart": True, **ADDRESSES}
OLD = {"name": "old1", "discs": [{"label": "root", "size": 25600}]}
TASKS = {
    "fleet": [
        {
            "bytemark.cloud.bigv_fleet": {
                "groups": ["new"],
                "vms": [
                    {"name": "web1.new", **SERVER},
                    {"name": "web2.new", **SERVER},
                    {"name": "old1", "new_group": "staging", "discs": DISCS, **ADDRESSES},
                    {"name": "old2", "state": "absent", "purge": True},
                ],
            }
        }
    ],
    "one by one": [
        {"bytemark.cloud.bigv_group": {"name": "new"}},
        {"bytemark.cloud.bigv_vm": {"name": "web1.new", **SERVER}},
        {"bytemark.cloud.bigv_disc": {"vm": "web1.new", "label": "logs", "size": "2GiB"}},
        {"bytemark.cloud.bigv_vm": {"name": "old1", "new_name": "www", "keymap": "de", **ADDRESSES}},
        {"bytemark.cloud.bigv_vm": {"name": "old2", "state": "absent", "purge": True}},
        {"bytemark.cloud.bigv_group": {"name": "staging", "state": "absent"}},
    ],
}


@pytest.mark.parametrize("tasks", TASKS.values(), ids=TASKS)
def test_two_plays_at_once(cloud, command, write, tasks):
    cloud.seed(OLD, OLD | {"name": "old2"}, latency=0.05)
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    path = write("play.yml", [play])
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _number: command("ansible-playbook", path), range(2)))
    assert [run.status for run in runs] == [0, 0], "\n".join(run.output for run in runs)
    after = cloud.groups()
    for group in after.values():
        names = [vm["name"] for vm in group["virtual_machines"]]
        assert len(names) == len(set(names))
        for vm in group["virtual_machines"]:
            labels = [disc["label"] for disc in vm["discs"]]
            assert len(labels) == len(set(labels))
    again = command("ansible-playbook", path)
    assert (again.status, again.changed) == (0, 0), again.output
    assert cloud.groups() == after
