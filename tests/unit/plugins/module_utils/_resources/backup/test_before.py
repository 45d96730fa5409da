# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Discs are backed up before they are wiped or deleted, and stay as they were where that fails."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.contract.test_plays import run

VM: dict[str, Any] = {
    "name": "web1", "cores": 1, "last_imaged_with": "jessie",
    "discs": [{"label": "root", "size": 1024}, {"label": "data", "size": 1024}],
}  # fmt: skip
OFF = {"power_on": False, "autoreboot_on": False}
REIMAGE = {"image": "stretch", "reimage": "changed", "backup_before": True}
DELETE = {"vm": "web1", "label": "data", "state": "absent", "purge": True, "backup_before": True}
BACK_UP = "back up disc root of VM web1.default.acme"
REFUSED = {"method": "POST", "path": "*/backups", "fault": "status", "status": 403}
BACKUPS_GO_TOO = (
    ", and the backups of a VM are purged with it, so a backup would not survive; set backup_before: false to "
    "continue without one"
)


def as_it_was(cloud: Any, power_on: bool = True, autoreboot_on: bool = True) -> bool:
    vm = cloud.vms()["web1"]
    found = (vm["power_on"], vm["autoreboot_on"], vm["cores"], vm["last_imaged_with"], len(vm["discs"]))
    return found == (power_on, autoreboot_on, 1, "jessie", 2)


def writes(cloud: Any) -> list[str]:
    return [write["path"].rsplit("/", 1)[1] for write in cloud.done()]


@pytest.mark.parametrize("wait", [True, False])
def test_nothing_is_wiped_before_the_backup_is_done(cloud, bigv_vm, wait):
    cloud.seed(VM, backup_time=0.5)
    result = bigv_vm(name="web1", state="running", wait=wait, **REIMAGE)
    (backup,) = result["backups"]
    assert (backup["vm"], backup["disc"], backup["done"], backup["manual"]) == ("web1.default.acme", "root", True, True)
    calls = cloud.calls()
    made = next(number for number, call in enumerate(calls) if call.startswith("POST") and call.endswith("/backups"))
    wiped = next(number for number, call in enumerate(calls) if call.endswith("/reimage"))
    asked = [call.rpartition("/")[2] for call in calls[made + 1 : wiped]]
    # It is looked for until it is done, and then the VM once more, as before any reimage.
    assert asked[-1] != "backups"
    assert len(asked) > 2
    assert set(asked[:-1]) == {"backups"}


def test_a_reimage_costs_no_more_than_the_backup(cloud, bigv_vm):
    costs = []
    for backup_before in (False, True):
        cloud.seed(VM, backup_time=0)
        assert not bigv_vm(name="web1", **REIMAGE | {"backup_before": backup_before}).get("failed")
        costs.append([call for call in cloud.calls() if call.endswith(("/backups", "/reimage", "/discs", "/signal"))])
    # What there was, the new one, and that it is done.
    assert [call.split()[0] for call in costs[1] if call.endswith("/backups")] == ["GET", "POST", "GET"]
    assert len(costs[1]) == len(costs[0]) + 3


@pytest.mark.parametrize("autoreboot_on", [True, False])
def test_a_backup_that_is_refused_leaves_the_vm_as_it_was(cloud, bigv_vm, autoreboot_on):
    cloud.seed({**VM, "autoreboot_on": autoreboot_on})
    cloud.faults(REFUSED)
    discs = [{"label": "new", "size": "1GiB"}]
    result = bigv_vm(name="web1", cores=2, discs=discs, state="running", **REIMAGE)
    assert result["error"]["status"] == 403
    assert f"Could not {BACK_UP}" in result["msg"]
    assert result["actions"][-1] == "start VM web1.default.acme again"
    assert as_it_was(cloud, autoreboot_on=autoreboot_on)


def test_a_vm_that_is_off_stays_off_and_as_it_was(cloud, bigv_vm):
    cloud.seed({**VM, **OFF})
    cloud.faults(REFUSED)
    result = bigv_vm(name="web1", cores=2, state="running", **REIMAGE)
    assert (result["error"]["status"], result["actions"]) == (403, [])
    assert as_it_was(cloud, **OFF)


@pytest.mark.parametrize("wait", [True, False])
def test_a_backup_that_takes_too_long_wipes_nothing(cloud, bigv_vm, wait):
    cloud.seed(VM, backup_time=60)
    result = bigv_vm(name="web1", wait=wait, wait_timeout=1, **REIMAGE)
    assert "for the backup of disc root of VM web1.default.acme to be done; last seen: its" in result["msg"]
    assert "increase wait_timeout" in result["msg"]
    assert as_it_was(cloud)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_the_backup_is_made_starts_the_vm_again(cloud, bigv_vm, number):
    cloud.seed(VM, backup_time=60)
    threading.Timer(1, os.kill, (os.getpid(), number)).start()
    result = bigv_vm(name="web1", **REIMAGE)
    assert f"Interrupted by {number.name}" in result["msg"]
    assert writes(cloud)[-2:] == ["backups", "web1"]
    assert as_it_was(cloud)


def test_without_a_change_there_is_no_backup(cloud, bigv_vm):
    cloud.seed({**VM, "last_imaged_with": "stretch"})
    result = bigv_vm(name="web1", **REIMAGE)
    assert (result["changed"], result["backups"]) == (False, [])
    assert len(cloud.calls()) == 1


def test_a_disc_that_is_not_there_yet_is_not_backed_up(cloud, bigv_vm):
    cloud.seed({**VM, "discs": []})
    result = bigv_vm(name="web1", discs=[{"label": "root", "size": "1GiB"}], **REIMAGE)
    assert (result["changed"], result["backups"]) == (True, [])
    assert "backups" not in writes(cloud)


def test_a_vm_that_is_not_there_is_created(cloud, bigv_vm):
    cloud.seed()
    result = bigv_vm(name="web1", discs=[{"label": "root", "size": "1GiB"}], **REIMAGE)
    assert (result["changed"], result["backups"]) == (True, [])


def test_without_the_option_the_result_is_as_before(cloud, bigv_vm):
    cloud.seed(VM)
    assert "backups" not in bigv_vm(name="web1", **REIMAGE | {"backup_before": False})


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"state": "absent", "purge": True}, "state: absent with purge: true purges the VM"),
        ({"on_deleted": "replace"}, "on_deleted: replace purges the soft-deleted VM"),
    ],
    ids=["purge", "replace"],
)
def test_what_loses_the_backups_is_refused(cloud, bigv_vm, bigv_fleet, options, why, check_mode):
    cloud.seed({**VM, "deleted": "on_deleted" in options})
    result = bigv_vm(name="web1", backup_before=True, check_mode=check_mode, **options)
    assert result["msg"] == f"backup_before: {why}{BACKUPS_GO_TOO}"
    result = bigv_fleet(vms=[{"name": "web1", **options}], defaults={"backup_before": True}, check_mode=check_mode)
    assert f"backup_before: {why}{BACKUPS_GO_TOO}" in result["msg"]
    assert cloud.writes() == []
    assert not bigv_fleet(vms=[{"name": "web1", "backup_before": False, **options}]).get("failed")


def test_a_deletion_that_can_be_undone_keeps_the_discs(cloud, bigv_vm):
    cloud.seed({**VM, **OFF})
    result = bigv_vm(name="web1", state="absent", backup_before=True)
    assert (result["actions"], result["backups"]) == (["delete VM web1.default.acme"], [])


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_fleet_that_purges_what_is_not_listed_is_refused(cloud, bigv_fleet, check_mode):
    cloud.seed(VM, {**VM, "name": "web2"})
    pruned = {"vms": [{"name": "web1.default"}], "defaults": {"backup_before": True}, "prune": "delete"}
    result = bigv_fleet(**pruned, purge=True, check_mode=check_mode)
    why = "prune: delete with purge: true purges VMs that are not listed"
    assert result["msg"].endswith(f"defaults.backup_before: {why}{BACKUPS_GO_TOO}")
    assert cloud.writes() == []
    done = bigv_fleet(**pruned, check_mode=check_mode)
    assert done["actions"][-1] == "delete VM web2.default.acme"


@pytest.mark.parametrize(
    ("vms", "defaults", "is_refused"),
    [
        ([{"name": "web1.staging", "state": "absent", "backup_before": True}], None, True),
        ([{"name": "web1.staging", "state": "absent", "backup_before": False}], {"backup_before": True}, False),
        ([], {"backup_before": True}, True),
        ([{"name": "web2", "backup_before": True}], None, False),
    ],
    ids=["listed", "listed otherwise", "not listed", "another one"],
)
def test_a_group_that_goes_with_its_vms(cloud, bigv_fleet, vms, defaults, is_refused):
    cloud.seed(staging=[{**VM, **OFF}])
    absent = {"groups": [{"name": "staging", "state": "absent"}], "purge": True}
    result = bigv_fleet(vms=vms, **({"defaults": defaults} if defaults else {}), **absent)
    if is_refused:
        why = "group staging.acme: backup_before: purge: true purges its VMs web1.staging.acme"
        assert f"{why}{BACKUPS_GO_TOO}" in result["msg"]
        assert cloud.writes() == []
    else:
        assert not result.get("failed"), result["msg"]


def test_what_is_protected_is_not_even_backed_up(cloud, bigv_vm, bigv_disc, bigv_fleet):
    cloud.seed(VM)
    for result in (
        bigv_vm(name="web1", protect=["web1"], **REIMAGE),
        bigv_disc(protect=["web1"], **DELETE),
        bigv_fleet(vms=[{"name": "web1", **REIMAGE}], protect=["web1"]),
    ):
        assert result["msg"].startswith("protect: VM web1.default.acme is protected")
    assert cloud.writes() == []


def test_a_disc_is_deleted_when_its_backup_is_done(cloud, bigv_disc):
    cloud.seed(VM, backup_time=0.5)
    result = bigv_disc(**DELETE)
    assert writes(cloud)[0] == "backups"
    assert [(backup["disc"], backup["done"]) for backup in result["backups"]] == [("data", True)]
    assert result["warnings"] == [
        "backup_before: the API does not say whether the backups of disc data of VM web1.default.acme outlive it; "
        "check that they still exist before you rely on them."
    ]
    assert [disc["label"] for disc in cloud.vms()["web1"]["discs"]] == ["root"]
    again = bigv_disc(**DELETE)
    assert (again["changed"], again["backups"], again.get("warnings")) == (False, [], None)


@pytest.mark.parametrize("fault", ["refused", "too slow"])
def test_a_disc_without_a_backup_stays(cloud, bigv_disc, fault):
    cloud.seed(VM, backup_time=60)
    if fault == "refused":
        cloud.faults(REFUSED)
    result = bigv_disc(wait_timeout=1, **DELETE)
    assert "back up disc data" in result["msg"] or "the backup of disc data" in result["msg"]
    assert as_it_was(cloud)


def test_a_disc_that_moves_is_not_backed_up(cloud, bigv_disc):
    cloud.seed({**VM, **OFF}, {"name": "web2", **OFF})
    result = bigv_disc(vm="web1", label="data", new_vm="web2", backup_before=True)
    assert (result["changed"], result["backups"]) == (True, [])
    assert len(cloud.writes()) == 1


def test_a_fleet_goes_on_without_the_one_that_has_no_backup(cloud, bigv_fleet):
    cloud.seed(VM, {**VM, "name": "web2"})
    cloud.faults({**REFUSED, "path": "*/web1/*/backups"})
    result = bigv_fleet(vms=[{"name": "web1"}, {"name": "web2"}], defaults=REIMAGE, max_unavailable="1")
    first, second = result["vms"]
    assert (first["error"]["status"], first["backups"]) == (403, [])
    assert [(backup["vm"], backup["done"]) for backup in second["backups"]] == [("web2.default.acme", True)]
    assert as_it_was(cloud)
    assert result["summary"]["text"] == "2 changed (2 restarts, 1 wiped), 1 failed"


def test_a_fleet_whose_backups_take_too_long_begins_no_other(cloud, bigv_fleet):
    cloud.seed(VM, {**VM, "name": "web2"}, backup_time=60)
    result = bigv_fleet(vms=[{"name": "web1"}, {"name": "web2"}], defaults=REIMAGE, wait_timeout=1, on_error="stop")
    first, second = result["vms"]
    assert "to be done" in first["error"]["msg"]
    assert [backup["done"] for backup in first["backups"]] == [False]
    assert second["skipped"]
    assert as_it_was(cloud)


def test_a_kept_plan_holds_the_backup(cloud, bigv_fleet, tmp_path: Path):
    cloud.seed(VM)
    task = {"vms": [{"name": "web1", "state": "running", **REIMAGE}]}
    path = tmp_path / "fleet.plan.json"
    bigv_fleet(**task, save_plan=str(path), check_mode=True)
    (planned,) = json.loads(path.read_text(encoding="utf-8"))["resources"]
    (write,) = (write for write in planned["writes"] if write["summary"] == BACK_UP)
    assert write == {"summary": BACK_UP, "method": "POST", "path": None, "body": {}, "effect": "change"}
    without = {"vms": [{**task["vms"][0], "backup_before": False}]}
    assert BACK_UP in bigv_fleet(**without, require_plan=str(path), check_mode=True)["msg"]
    # An interrupted run has made a backup already; the next one makes another one.
    cloud.faults({"method": "POST", "path": "*/reimage", "fault": "status", "status": 403})
    assert bigv_fleet(**task, require_plan=str(path))["failed"]
    cloud.faults()
    cloud.control("PUT", "clock", {"advance": 1})
    done = bigv_fleet(**task, require_plan=str(path))
    assert not done.get("failed"), done["msg"]
    assert cloud.vms()["web1"]["discs"][0]["backup_count"] == 2
    again = bigv_fleet(**task, require_plan=str(path))
    assert (again.get("failed"), again["changed"]) == (None, False)


@pytest.mark.parametrize("module", ["bigv_vm", "bigv_fleet"])
def test_later_tasks_of_a_check_run_know_of_the_backup(cloud, tmp_path: Path, module):
    cloud.seed(VM)
    reimage = {"name": "web1", **REIMAGE}
    play: list[tuple[str, dict[str, Any]]] = [
        (module, reimage if module == "bigv_vm" else {"vms": [reimage]}),
        ("bigv_backup", {"vm": "web1", "disc": "root", "max_age": "1h"}),
        ("bigv_disc", DELETE),
        ("bigv_disc", DELETE),
    ]
    predicted = [run(cloud, name, options, str(tmp_path / "memory"))["actions"] for name, options in play]
    assert cloud.writes() == []
    assert predicted[1] == []
    assert len(predicted[2]) == 2
    assert predicted == [run(cloud, name, options)["actions"] for name, options in play]


def test_the_disc_that_is_backed_up_can_be_changed_by_the_same_task(cloud, bigv_vm):
    discs = [{"label": "root", "size": "2GiB"}]
    said = []
    for check_mode in (True, False):
        cloud.seed(VM)
        said.append(bigv_vm(name="web1", discs=discs, check_mode=check_mode, **REIMAGE)["vm"]["discs"][0])
    assert [(disc["size"], disc["backup_count"]) for disc in said] == [(2048, 1), (2048, 1)]
