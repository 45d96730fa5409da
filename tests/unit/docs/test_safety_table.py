# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The table in the guide to safety is what the modules do."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, run_module

OFF = {"power_on": False, "autoreboot_on": False}
BACKUP = "data-backup-20261101030000"
DISCS = [{"label": "root", "size": 1024}, {"label": "data", "size": 1024, "backups": [{"label": BACKUP}]}]
DATA = {"vm": "web1", "disc": "data", "backup": BACKUP}
EXTRA = "198.18.0.77"
NICS = [{"ips": ["198.18.0.70"], "extra_ips": {EXTRA: "198.18.0.70"}}]
VM = {"name": "web1", "last_imaged_with": "jessie", "discs": DISCS, **OFF}
IMAGE = {"image": "stretch", "reimage": "changed"}
PRUNE = {"groups": ["default"], "vms": [{"name": "web2"}], "prune": "delete"}
# What each row of the table says, as tasks.
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "delete a VM": ("bigv_fleet", {"vms": [{"name": "web1", "state": "absent"}]}),
    "delete a VM permanently": ("bigv_fleet", {"vms": [{"name": "web1", "state": "absent", "purge": True}]}),
    "replace a soft-deleted VM": ("bigv_fleet", {"vms": [{"name": "gone", "on_deleted": "replace"}]}),
    "install another image": ("bigv_fleet", {"vms": [{"name": "web1", **IMAGE}]}),
    "delete a disc": ("bigv_disc", {"vm": "web1", "label": "data", "state": "absent", "purge": True}),
    "restore a disc from a backup": ("bigv_backup", {**DATA, "state": "restored", "wait": False}),
    "delete a backup": ("bigv_backup", {**DATA, "state": "absent", "purge": True}),
    "move a disc to another VM": ("bigv_disc", {"vm": "web1", "label": "data", "new_vm": "web2"}),
    "delete an address": ("bigv_ip", {"address": EXTRA, "state": "absent", "purge": True}),
    "delete an empty group": ("bigv_fleet", {"groups": [{"name": "empty", "state": "absent"}]}),
    "delete a group and its VMs": ("bigv_fleet", {"groups": [{"name": "staging", "state": "absent"}], "purge": True}),
    "delete unlisted VMs": ("bigv_fleet", PRUNE),
    "delete unlisted VMs permanently": ("bigv_fleet", {**PRUNE, "purge": True}),
}
AFTERWARDS = {
    "can be restored for 21 days": lambda before, now: now["web1"]["deleted"],
    "gone, with its backups": lambda before, now: "web1" not in now or now["gone"]["id"] != before["gone"]["id"],
    "the first disc is wiped": lambda before, now: now["web1"]["last_imaged_with"] == "stretch",
    "gone": lambda before, now: "empty" not in now or len(now["web1"]["discs"]) == 1,
    "the disc is overwritten": lambda before, now: now["web1"]["discs"][1]["storage_grade"] == "iceberg",
    "the disc is unchanged": lambda before, now: [disc["backup_count"] for disc in now["web1"]["discs"]] == [0, 0],
    "the first VM no longer has it": lambda before, now: len(now["web1"]["discs"]) == 1,
    "another customer may get it": lambda before, now: EXTRA not in now["web1"]["network_interfaces"][0]["extra_ips"],
    "all of it is gone": lambda before, now: "staging" not in now,
}


def table() -> dict[str, list[str]]:
    guide = (TREE / "docs/docsite/rst/guide_safety.rst").read_text(encoding="utf-8")
    block = guide.partition(".. csv-table::")[2].partition("\n\n")[2].partition("\n\n")[0]
    return {row[0]: row[1:] for row in csv.reader(block.splitlines(), skipinitialspace=True)}


@pytest.fixture
def attempt(cloud: Cloud) -> Callable[..., dict[str, Any]]:
    def run(module_name: str, **options: Any) -> dict[str, Any]:
        others = [{**VM, "name": "web2", "discs": DISCS[:1]}, {**VM, "name": "gone", "deleted": True}]
        groups = [
            {"name": "default", "virtual_machines": [{**VM, "network_interfaces": NICS}, *others]},
            {"name": "staging", "virtual_machines": [VM]},
            {"name": "empty"},
        ]
        cloud.control("POST", "seed", {"accounts": [{"name": "acme", "groups": groups}]})
        cloud.clear()
        where = {"api_url": cloud.api_url, "token": cloud.token, "account": "acme", "api_retries": 0}
        return run_module(module_name, **where, **options)

    return run


def test_the_table_has_every_row() -> None:
    assert list(table()) == list(ROWS)


@pytest.mark.parametrize("what", ROWS)
def test_the_table_says_what_is_done(cloud: Cloud, attempt: Callable[..., dict[str, Any]], what: str) -> None:
    _says, protect, limit, afterwards = table()[what]
    module_name, options = ROWS[what]

    protected = attempt(module_name, **options, protect=["web1", "gone", "empty", "staging"])
    if protect == "refuses it":
        assert protected["msg"].startswith("protect: ")
        assert cloud.writes() == []
    else:
        assert (protect, what, protected["changed"]) == ("does not apply", "delete a backup", True)

    if module_name == "bigv_fleet":
        refused = attempt(module_name, **options, max_deletions=0).get("msg", "").startswith("max_deletions: ")
        assert refused is limit.startswith("counts")
        assert limit in ("counts it", "counts the VMs", "does not count it")
    else:
        assert limit == "does not apply"

    attempt(module_name, **options, check_mode=True)
    before = {**cloud.groups(), **cloud.vms()}
    assert attempt(module_name, **options)["changed"]
    assert AFTERWARDS[afterwards](before, {**cloud.groups(), **cloud.vms()})
