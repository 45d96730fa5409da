# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What somebody reaches, in a check run: what the API lists, as it would be after the tasks before."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.playbooks.test_check_run import LOCAL, check_and_do, outcomes, task

__all__ = ["check_and_do", "outcomes"]
OFF = {"power_on": False, "autoreboot_on": False}
LISTS = [
    task("bigv_vm_info", {"user": "bob"}),
    task("bigv_vm_info", {"user": "bob", "group": "staging"}),
    task("bigv_vm_info", {"privilege": 32}),
    task("bigv_disc_info", {"user": "bob"}),
    task("bigv_group_info", {"user": "bob"}),
]
TASKS = [
    task("bigv_vm", {"name": "web1.web", "cores": 2}),
    *LISTS,
    task("bigv_disc", {"vm": "web1.web", "label": "data", "size": "2GiB"}),
    task("bigv_vm", {"name": "web2.web", "new_name": "www"}),
    *LISTS,
    task("bigv_group", {"name": "web", "new_name": "live"}),
    task("bigv_vm", {"name": "web1.live", "state": "absent", "purge": True}),
    *LISTS,
    task("bigv_vm", {"name": "other.alone"}),
    *LISTS,
    task("bigv_privilege", {"user": "bob", "level": "vm_admin", "vm": "db1.staging", "state": "absent"}),
    task("bigv_vm_info", {"privilege": 32}, ignore_errors=True),
]


def test_what_is_listed_is_as_it_would_be(cloud, check_and_do, write):
    groups = [
        {"name": "web", "virtual_machines": [{"name": "web1", **OFF}, {"name": "web2", **OFF}]},
        {"name": "staging", "virtual_machines": [{"name": "db1", **OFF}]},
        {"name": "alone"},
    ]
    for flat_overview in (True, False):
        document = {
            "accounts": [{"name": "acme", "groups": groups}],
            "users": [
                {"username": "admin", "password": "password", "accounts": None},
                {"username": "bob", "password": "password", "accounts": []},
            ],
            "privileges": [
                {"id": 31, "username": "bob", "level": "group_admin", "group": "web.acme"},
                {"id": 32, "username": "bob", "level": "vm_admin", "virtual_machine": "db1.staging.acme"},
            ],
            "settings": {"build_time": 0, "flat_overview": flat_overview},
        }
        cloud.control("POST", "seed", document)
        cloud.clear()
        check_and_do(write("play.yml", [{**LOCAL, "tasks": TASKS}]))
