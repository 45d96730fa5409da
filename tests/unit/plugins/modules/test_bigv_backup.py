# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_backup for real, against the simulated cloud: what is created, kept, restored, deleted and refused."""

from __future__ import annotations

import re
import time
from functools import partial
from threading import Thread

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core import executor, retries
from ansible_collections.bytemark.cloud.plugins.module_utils._core.client import Client
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.backup import kind as backup_kind
from ansible_collections.bytemark.cloud.tests.unit.support import is_as_predicted, run_in_controller, run_module

ON, OFF = {"power_on": True, "autoreboot_on": True}, {"power_on": False, "autoreboot_on": False}
DISCS = [{"label": "root", "size": 25600, "id": 5001}, {"label": "data", "size": 51200, "id": 5002}]
WEB1 = "/accounts/acme/groups/default/virtual_machines/web1"
ROOT = {"vm": "web1", "disc": "root"}
LABEL = re.compile(r"root-backup-\d{14}")
HOUR = 3600


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def way(request):
    return request.param


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(executor, "READS_LAG", 0.0)
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.01)


@pytest.fixture
def vm(cloud):
    def seed(is_on=False, **settings):
        settings = {"backup_time": 0, "restore_time": 0, "shutdown_time": 0, **settings}
        cloud.seed({"name": "web1", "id": 700, "discs": DISCS, **(ON if is_on else OFF)}, **settings)

    seed()
    return seed


def wait(cloud, seconds):
    cloud.control("PUT", "clock", {"advance": seconds})


def backups(cloud, disc="root"):
    return [backup["label"] for backup in cloud.api("GET", f"{WEB1}/discs/{disc}/backups")]


def back_up(cloud, number):
    """Create backups, an hour apart, and return their labels."""
    for _number in range(number):
        cloud.api("POST", f"{WEB1}/discs/root/backups")
        wait(cloud, HOUR)
    cloud.clear()
    return backups(cloud)


@pytest.mark.parametrize("disc", ["root", "5001"])
def test_each_run_creates_one(cloud, vm, bigv_backup, disc):
    predicted = bigv_backup(vm="web1", disc=disc, check_mode=True)
    assert backups(cloud) == []
    for number in (1, 2):
        done = bigv_backup(vm="web1", disc=disc)
        assert (done["changed"], done["actions"]) == (True, ["back up disc root of VM web1.default.acme"])
        wait(cloud, 1)
        assert len(backups(cloud)) == number
        assert done["backup"]["label"] == backups(cloud)[-1]
    assert LABEL.fullmatch(done["backup"]["label"])
    shown = {key: done["backup"][key] for key in ("vm", "disc", "done", "manual", "parent_disc_id", "size")}
    assert shown == {
        "vm": "web1.default.acme",
        "disc": "root",
        "done": True,
        "manual": True,
        "parent_disc_id": 5001,
        "size": 25600,
    }
    assert shown == {key: predicted["backup"][key] for key in shown}
    assert predicted["backup"]["id"] is predicted["backup"]["label"] is None
    assert done["deleted"] == predicted["deleted"] == []


def made(hours):
    """Return a disc with a backup that is so many hours old."""
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() - hours * HOUR))
    return {"label": "root", "size": 1024, "backups": [{"label": f"root-backup-{stamp}"}]}


def test_a_night_has_one(cloud, vm, bigv_backup):
    """The second run in an hour creates none, and makes two requests."""
    first = bigv_backup(**ROOT, max_age="20h")
    cloud.clear()
    second = bigv_backup(**ROOT, max_age="20h")
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["backup"] == second["backup"]
    assert [call.split("?")[0] for call in cloud.calls()] == [f"GET {WEB1}", f"GET {WEB1}/discs/5001/backups"]
    cloud.seed({"name": "web1", "discs": [made(21)], **OFF}, backup_time=0)
    assert bigv_backup(**ROOT, max_age="20h", check_mode=True)["changed"]
    assert bigv_backup(**ROOT, max_age="20h")["changed"]
    assert len(backups(cloud)) == 2


def test_only_the_newest_manual_ones_are_kept(cloud, vm, bigv_backup):
    labels = back_up(cloud, 4)
    predicted = bigv_backup(**ROOT, keep=2, purge=True, check_mode=True)
    done = bigv_backup(**ROOT, keep=2, purge=True)
    assert done["deleted"] == predicted["deleted"] == sorted(labels)[:3]
    assert done["actions"] == predicted["actions"]
    assert done["actions"] == [
        "back up disc root of VM web1.default.acme",
        *(f"purge backup {label} of disc root of VM web1.default.acme" for label in sorted(labels)[:3]),
    ]
    assert sorted(backups(cloud)) == [sorted(labels)[3], done["backup"]["label"]]
    writes = [(write["method"], write["query"]) for write in cloud.done()]
    assert writes == [("POST", ""), *[("DELETE", "purge=true")] * 3]


def test_what_is_kept_holds_where_none_is_created_too(cloud, vm, bigv_backup):
    labels = sorted(back_up(cloud, 3))
    done = bigv_backup(**ROOT, max_age="2h", keep=1, purge=True)
    assert (done["deleted"], done["backup"]["label"]) == (labels[:2], labels[2])
    assert not bigv_backup(**ROOT, max_age="2h", keep=1, purge=True)["changed"]


def test_the_last_good_one_stays_until_another_is_complete(cloud, vm, bigv_backup):
    (label,) = back_up(cloud, 1)
    cloud.settings(backup_time=9999)
    failed = bigv_backup(**ROOT, keep=1, purge=True, wait=False, wait_timeout=1)
    assert "the backup of disc root of VM web1.default.acme to be done" in failed["msg"]
    assert failed["actions"] == ["back up disc root of VM web1.default.acme"]
    assert label in backups(cloud)
    again = bigv_backup(**ROOT, max_age="30m", keep=1, purge=True, wait=False)
    assert (again["changed"], again["backup"]["done"]) == (False, False)
    assert label in backups(cloud)


def test_one_that_is_under_way_is_waited_for(cloud, vm, bigv_backup):
    cloud.settings(backup_time=2)
    assert not bigv_backup(**ROOT, wait=False)["backup"]["done"]
    predicted = bigv_backup(**ROOT, max_age="1h", check_mode=True)
    done = bigv_backup(**ROOT, max_age="1h")
    assert not done["changed"]
    assert done["backup"]["done"]
    assert not predicted["changed"]
    assert is_as_predicted(predicted["backup"], done["backup"])
    assert is_as_predicted(predicted["diff"], done["diff"])


def test_a_backup_is_restored_each_time(cloud, vm, bigv_backup):
    older, newer = sorted(back_up(cloud, 2))
    for name, label in ((older, older), ("latest", newer)):
        for check_mode in (True, False):
            cloud.clear()
            done = bigv_backup(**ROOT, state="restored", backup=name, check_mode=check_mode)
            assert done["actions"] == [f"restore backup {label} to disc root of VM web1.default.acme"]
            assert (done["changed"], done["backup"]["label"]) == (True, label)
        ((method, path, body),) = [(write["method"], write["path"], write["body"]) for write in cloud.writes()]
        assert (method, path, body) == ("PUT", f"{WEB1}/discs/5001/backups/{done['backup']['id']}", {"restore": True})
    assert not cloud.vms()["web1"]["power_on"]


def test_a_vm_that_is_on_is_shut_down_for_it(cloud, vm, bigv_backup):
    vm(is_on=True, restore_time=1)
    (label,) = back_up(cloud, 1)
    task = {**ROOT, "state": "restored", "backup": label}
    refused = bigv_backup(**task)
    assert "allow_restart: VM web1.default.acme is on" in refused["msg"]
    assert cloud.writes() == []
    predicted = bigv_backup(**task, allow_restart=True, check_mode=True)
    for options in ({}, {"wait": False}):
        done = bigv_backup(**task, **options, allow_restart=True)
        assert done["actions"] == predicted["actions"]
        assert done["actions"][-2:] == [
            f"restore backup {label} to disc root of VM web1.default.acme",
            "start VM web1.default.acme again",
        ]
        machine = cloud.vms()["web1"]
        assert (machine["power_on"], machine["autoreboot_on"]) == (True, True)


def test_a_vm_is_started_again_where_the_restore_is_refused(cloud, vm, quick, bigv_backup):
    vm(is_on=True)
    (label,) = back_up(cloud, 1)
    cloud.faults({"fault": "status", "status": 403, "path": "*/backups/*", "method": "PUT"})
    failed = bigv_backup(**ROOT, state="restored", backup=label, allow_restart=True)
    assert "403" in failed["msg"]
    machine = cloud.vms()["web1"]
    assert (machine["power_on"], machine["autoreboot_on"]) == (True, True)


def test_a_vm_is_not_started_while_the_restore_is_under_way(cloud, vm, quick, bigv_backup):
    vm(is_on=True, restore_time=9999)
    (label,) = back_up(cloud, 1)
    failed = bigv_backup(**ROOT, state="restored", backup=label, allow_restart=True, wait_timeout=2)
    assert "the restore of disc root of VM web1.default.acme to end" in failed["msg"]
    assert "VM web1.default.acme was left off because the restore of disc root" in failed["msg"]
    assert not cloud.vms()["web1"]["power_on"]
    waiting = bigv_backup(**ROOT, state="restored", backup=label, wait_timeout=1)
    assert "the restore of disc root of VM web1.default.acme to end" in waiting["msg"]
    assert waiting["actions"] == []
    wait(cloud, 9999)
    cloud.settings(restore_time=0)
    again = bigv_backup(**ROOT, state="restored", backup=label, allow_restart=True)
    assert "was already off and stays off" in again["warnings"][0]


def test_a_restore_whose_answer_is_lost_is_waited_for(cloud, vm, quick, bigv_backup):
    vm(is_on=True, restore_time=1)
    (label,) = back_up(cloud, 1)
    cloud.faults({"fault": "reset_after", "path": "*/backups/*", "method": "PUT", "count": 1})
    done = bigv_backup(**ROOT, state="restored", backup=label, allow_restart=True, api_retries=3)
    assert not done.get("failed"), done
    assert len([write for write in cloud.done() if write["method"] == "PUT" and "backups" in write["path"]]) == 1
    assert cloud.vms()["web1"]["power_on"]


def test_lost_answers_make_no_second_backup(cloud, vm, quick, bigv_backup):
    cloud.faults({"fault": "reset_after", "path": "*/backups", "method": "POST", "count": 1})
    done = bigv_backup(**ROOT, api_retries=3)
    assert (done["changed"], [done["backup"]["label"]]) == (True, backups(cloud))


def test_two_plays_at_once_make_one_backup(cloud, vm):
    cloud.settings(latency=0.05)
    results = []
    task = partial(run_in_controller, "bigv_backup", **cloud.access, **ROOT, max_age="1h")
    threads = [Thread(target=lambda: results.append(task())) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not any(result.get("failed") for result in results), results
    assert len({result["backup"]["label"] for result in results}) <= len(backups(cloud))


def test_a_backup_is_deleted_for_good(cloud, vm, bigv_backup):
    older, newer = sorted(back_up(cloud, 2))
    for check_mode in (True, False):
        done = bigv_backup(**ROOT, state="absent", backup=older, purge=True, check_mode=check_mode)
        assert (done["changed"], done["backup"], done["deleted"]) == (True, None, [older])
    assert backups(cloud) == [newer]
    for gone in (ROOT, {"vm": "web1", "disc": "none"}, {"vm": "none", "disc": "root"}):
        done = bigv_backup(**gone, state="absent", backup=older, purge=True)
        assert (done["changed"], done["deleted"]) == (False, [])


REFUSED = {
    "no such VM": ({"vm": "none", "disc": "root"}, "vm: there is no VM none.default.acme"),
    "no such disc": ({"vm": "web1", "disc": "none"}, "disc: VM web1.default.acme has no disc 'none'"),
    "no such backup": (
        {**ROOT, "state": "restored", "backup": "none"},
        "backup: disc root of VM web1.default.acme has no backup 'none'",
    ),
    "nothing to restore": ({**ROOT, "state": "restored", "backup": "latest"}, "has no complete backup"),
    "no backup named": ({**ROOT, "state": "restored"}, "backup: is required"),
    "no backup named to delete": ({**ROOT, "state": "absent", "purge": True}, "backup: is required"),
    "latest deleted": ({**ROOT, "state": "absent", "backup": "latest", "purge": True}, "backup: 'latest' may be"),
    "deleted without purge": ({**ROOT, "state": "absent", "backup": "some"}, "purge: backups are always deleted"),
    "kept without purge": ({**ROOT, "keep": 3}, "purge: backups are always deleted permanently, so keep requires"),
    "none kept": ({**ROOT, "keep": 0, "purge": True}, "keep: must be at least 1, got 0"),
    "no duration": ({**ROOT, "max_age": "tonight"}, "max_age: 'tonight' is not a duration"),
    "an age of what is restored": (
        {**ROOT, "state": "restored", "backup": "latest", "max_age": "1h"},
        "max_age: cannot be used with state: restored",
    ),
    "a name of what is created": ({**ROOT, "backup": "mine"}, "backup: cannot be used with state: present"),
}


MISSING = (
    "no such VM",
    "no such disc",
    "no such backup",
    "nothing to restore",
    "no backup named",
    "no backup named to delete",
)


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_before_anything_is_written(cloud, vm, bigv_backup, case):
    task, message = REFUSED[case]
    assert message in bigv_backup(**task)["msg"]
    predicted = bigv_backup(**task, check_mode=True)
    # Of what is missing, an earlier task of a check run may be about to create it.
    assert message in (predicted.get("msg") or predicted["warnings"][0])
    assert bool(predicted.get("failed")) == (case not in MISSING)
    assert cloud.writes() == []


def test_what_is_protected_is_not_restored(cloud, vm, bigv_backup):
    (label,) = back_up(cloud, 1)
    refused = bigv_backup(**ROOT, state="restored", backup=label, protect=["web*"])
    assert "protect: VM web1.default.acme is protected" in refused["msg"]
    assert cloud.writes() == []
    assert bigv_backup(**ROOT, protect=["web*"])["changed"]


def test_one_that_is_not_complete_is_not_restored(cloud, vm, bigv_backup):
    (label,) = back_up(cloud, 1)
    cloud.settings(backup_time=9999)
    unfinished = bigv_backup(**ROOT, wait=False)["backup"]["label"]
    refused = bigv_backup(**ROOT, state="restored", backup=unfinished)
    assert f"backup: {unfinished} of disc root of VM web1.default.acme is not complete yet" in refused["msg"]
    assert bigv_backup(**ROOT, state="restored", backup="latest", check_mode=True)["backup"]["label"] == label


LIKE_AN_ID = [{"label": "root", "size": 1024, "id": 5001}, {"label": "5001", "size": 1024, "id": 5002}]


@pytest.mark.parametrize("ids_win", [False, True])
def test_a_label_that_is_the_id_of_another_disc(cloud, bigv_backup, ids_win):
    """Whichever of the two the API takes the number for, no other disc is backed up."""
    cloud.seed({"name": "web1", "discs": LIKE_AN_ID, **OFF}, backup_time=0, ids_win=ids_win)
    assert bigv_backup(**ROOT)["backup"]["parent_disc_id"] == 5001
    assert [int(backup["parent_disc_id"]) for backup in cloud.api("GET", f"{WEB1}/discs/root/backups")] == [5001]
    refused = bigv_backup(vm="web1", disc="5001")
    assert "the name of one disc and the id of another" in refused["msg"]


def test_a_schedule_that_fires_meanwhile_costs_no_manual_backup(cloud, vm, bigv_backup, monkeypatch):
    older, newer = "root-backup-20261101030000", "root-backup-20261102030000"
    disc = {"label": "root", "size": 1024, "backups": [{"label": older}, {"label": newer}]}
    cloud.seed({"name": "web1", "discs": [disc], **OFF}, backup_time=0)
    read = backup_kind.list_backups

    def read_before_a_schedule_fires(client, place, what=""):
        found = read(client, place, what)
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(cloud.control("GET", "clock")["now"] + 2))
        cloud.api("POST", f"{WEB1}/discs/root/backup_schedules", {"start_at": soon, "interval_seconds": 86400})
        wait(cloud, 3)
        assert len(backups(cloud)) == 3
        return found

    with monkeypatch.context() as once:
        once.setattr(backup_kind, "list_backups", read_before_a_schedule_fires)
        done = bigv_backup(**ROOT, max_age="1h", keep=1, purge=True)
    assert done["deleted"] == [older, newer]
    assert done["backup"]["manual"]
    assert done["backup"]["label"] in backups(cloud)


def test_a_server_that_does_not_say_what_is_manual(cloud, vm, bigv_backup, monkeypatch):
    """Then a new one is found all the same, and none is deleted by its number."""
    read = Client.get_list

    def without_manual(self, path, what, schema, **query):
        found = read(self, path, what, schema, **query)
        return [{key: value for key, value in entry.items() if key != "manual"} for entry in found]

    labels = back_up(cloud, 2)
    monkeypatch.setattr(Client, "get_list", without_manual)
    done = bigv_backup(**ROOT, keep=1, purge=True)
    assert (done["changed"], done["deleted"]) == (True, [])
    assert {*labels, done["backup"]["label"]} == {*backups(cloud)}


@pytest.mark.parametrize(("hours", "is_fresh"), [(1, True), (23, True), (25, False), (24 * 365, False)])
def test_a_time_to_come_counts_for_a_day(cloud, bigv_backup, hours, is_fresh):
    cloud.seed({"name": "web1", "discs": [made(-hours)], **OFF}, backup_time=0)
    assert bigv_backup(**ROOT, max_age="1h", check_mode=True)["changed"] != is_fresh
    assert bigv_backup(**ROOT, max_age="0", check_mode=True)["changed"]


def backed_up(*labels):
    return [
        {"label": label, "size": 1024, "backups": [{"label": f"{label}-backup-20261101030000"}]} for label in labels
    ]


def test_a_vm_that_may_be_starting_is_kept_off(cloud, bigv_backup):
    cloud.seed({"name": "web1", "power_on": False, "autoreboot_on": True, "discs": backed_up("root")}, restore_time=1)
    done = bigv_backup(**ROOT, state="restored", backup="latest", allow_restart=True)
    assert done["actions"] == [
        "stop VM web1.default.acme from starting",
        "restore backup root-backup-20261101030000 to disc root of VM web1.default.acme",
        "start VM web1.default.acme again",
    ]
    machine = cloud.vms()["web1"]
    assert (machine["power_on"], machine["autoreboot_on"]) == (True, True)


def test_a_vm_is_not_started_while_another_disc_is_restored(cloud, bigv_backup):
    discs = backed_up("root", "data")
    cloud.seed({"name": "web1", "discs": discs, **ON}, shutdown_time=0, restore_time=3)
    path = f"{WEB1}/discs/data/backups/data-backup-20261101030000"

    def restore_another():
        while not any("/discs/" in call and call.startswith("PUT") for call in cloud.calls()):
            time.sleep(0.05)
        time.sleep(1.5)
        cloud.api("PUT", path, {"restore": True})

    Thread(target=restore_another, daemon=True).start()
    failed = bigv_backup(**ROOT, state="restored", backup="latest", allow_restart=True)
    assert (
        "VM web1.default.acme was left off because the restore of disc data is, or may be, in progress" in failed["msg"]
    )
    assert not cloud.vms()["web1"]["power_on"]


def test_no_failure_starts_a_vm_once_the_restore_is_accepted(cloud, vm, quick, bigv_backup):
    vm(is_on=True, restore_time=60)
    (label,) = back_up(cloud, 1)
    failed = bigv_backup(**ROOT, state="restored", backup=label, allow_restart=True, wait_timeout=1)
    assert (
        "VM web1.default.acme was left off because the restore of disc root is, or may be, in progress" in failed["msg"]
    )
    assert cloud.writes()[-1]["body"] == {"restore": True}


def test_absent_is_done_where_the_disc_has_gone_meanwhile(cloud, vm, bigv_backup):
    cloud.faults({"fault": "status", "status": 404, "path": "*/backups", "method": "GET"})
    done = bigv_backup(**ROOT, state="absent", backup="some", purge=True)
    assert (done.get("failed"), done["changed"]) == (None, False)
    assert "404" in bigv_backup(**ROOT)["msg"]


def test_a_restore_that_somebody_else_has_begun_is_not_taken_for_ours(cloud, bigv_backup):
    both = [{"id": 8001, "label": "root-backup-20261101030000"}, {"id": 8002, "label": "root-backup-20261102030000"}]
    cloud.seed(
        {"name": "web1", "discs": [{"label": "root", "size": 1024, "id": 5001, "backups": both}], **OFF}, restore_time=9
    )
    cloud.faults({"fault": "latency", "seconds": 1.5, "path": "*/backups/8002", "method": "PUT", "count": 1})

    def restore_another():
        while not any(call.endswith("/backups") for call in cloud.calls()):
            time.sleep(0.05)
        time.sleep(0.7)
        cloud.api("PUT", f"{WEB1}/discs/root/backups/8001", {"restore": True})

    Thread(target=restore_another, daemon=True).start()
    failed = bigv_backup(**ROOT, state="restored", backup="latest")
    assert failed["failed"]
    assert (failed["changed"], failed["error"]["status"]) == (False, 400)
