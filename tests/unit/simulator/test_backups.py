# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Backups of discs: made, listed, restored and deleted, each in its time."""

import re
import time

import pytest
import requests

GROUP = "/accounts/acme/groups/default"
MACHINE = GROUP + "/virtual_machines/web1"
DISC = MACHINE + "/discs/disc-1"
BACKUPS = DISC + "/backups"


@pytest.fixture
def disc(api):
    """Make a VM that is off, and return its disc."""
    api.settings(backup_time=60, restore_time=60)
    api.create()
    return api.read(DISC)


def made(api, path=BACKUPS):
    """Return a backup that is done."""
    backup = api.post(path)
    assert backup.status_code == 201, backup.text
    api.advance(60)
    return next(each for each in api.read(path) if each["id"] == backup.json()["id"])


# --- Making


def test_a_backup_is_on_its_way_until_it_is_iceberg(api, disc):
    answer = api.post(BACKUPS)
    assert answer.status_code == 201
    backup = answer.json()
    assert backup.pop("migration_progress") < 50
    assert re.fullmatch(r"disc-1-backup-\d{14}", backup.pop("label"))
    assert backup == {
        "id": 8001,
        "manual": True,
        "size": 1024,
        "parent_disc_id": disc["id"],
        "virtual_machine_id": disc["virtual_machine_id"],
        "storage_grade": "sata",
        "storage_pool": "york-sata1",
        "new_storage_grade": "iceberg",
    }
    api.advance(30)
    [backup] = api.read(BACKUPS)
    assert (backup["storage_grade"], backup["new_storage_grade"]) == ("sata", "iceberg")
    assert 50 <= backup["migration_progress"] < 100
    api.advance(30)
    [backup] = api.read(BACKUPS)
    assert (backup["storage_grade"], backup["storage_pool"]) == ("iceberg", "york-iceberg1")
    assert (backup["new_storage_grade"], backup["migration_progress"]) == (None, None)


def test_its_label_is_the_moment_by_the_simulators_clock_in_utc(api, disc):
    api.advance(10**9)
    before = api.read("/_simulator/clock")["now"]
    label = api.post(BACKUPS).json()["label"]
    after = api.read("/_simulator/clock")["now"]
    stamps = [time.strftime("%Y%m%d%H%M%S", time.gmtime(moment)) for moment in (before, after)]
    assert stamps[0] <= label.removeprefix("disc-1-backup-") <= stamps[1]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"label": "mine", "manual": false}'])
def test_it_takes_no_body_and_survives_one(api, disc, body):
    headers = {**api.session.headers, "Content-Type": "application/json"}
    answer = requests.post(api.url + BACKUPS, data=body, headers=headers)
    assert answer.status_code == 201
    assert answer.json()["manual"] is True
    assert answer.json()["label"].startswith("disc-1-backup-")


def test_a_body_that_is_no_json_is_refused(api, disc):
    headers = {**api.session.headers, "Content-Type": "application/json"}
    assert requests.post(api.url + BACKUPS, data=b"{", headers=headers).status_code == 400
    assert api.read(BACKUPS) == []


def test_backups_of_one_second_have_different_labels(api, disc):
    labels = [api.post(BACKUPS).json()["label"] for _number in range(5)]
    assert len(set(labels)) == 5
    assert all(re.fullmatch(r"disc-1-backup-\d{14}", label) for label in labels)


def test_one_a_second_is_a_setting(api, disc):
    api.settings(one_backup_a_second=True)
    answers = [api.post(BACKUPS) for _number in range(5)]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert {(answer.status_code, answer.text) for answer in refused} == {(400, '{"label":["has already been taken"]}')}
    assert len(api.read(BACKUPS)) == 5 - len(refused)
    api.advance(5)
    assert api.post(BACKUPS).status_code == 201


def test_a_backup_keeps_the_size_and_the_label_of_its_day(api, disc):
    first = made(api)
    api.put(DISC, {"size": 2048, "label": "root"})
    path = MACHINE + "/discs/root/backups"
    second = made(api, path)
    assert [backup["size"] for backup in api.read(path)] == [1024, 2048]
    assert second["label"].startswith("root-backup-")
    assert api.read(path)[0] == first


def test_a_disc_counts_its_backups_and_an_overview_does_not_nest_them(api, disc):
    made(api)
    api.post(BACKUPS)
    assert disc["backup_count"] == 0
    for shown in (
        api.read(DISC),
        api.read(f"/discs/{disc['id']}"),
        api.read("/discs")[0],
        api.read(MACHINE, view="overview")["discs"][0],
        api.read("/accounts/acme", view="overview")["groups"][0]["virtual_machines"][0]["discs"][0],
    ):
        assert shown["backup_count"] == 2
        assert "backups" not in shown


def test_disc_and_backup_go_by_label_or_id(api, disc):
    backup = made(api)
    by_ids = f"{GROUP}/virtual_machines/{disc['virtual_machine_id']}/discs/{disc['id']}/backups"
    assert api.read(by_ids) == [backup]
    assert api.put(f"{by_ids}/{backup['label']}", {}).json() == backup
    assert api.put(f"{BACKUPS}/{backup['id']}", {}).json() == backup
    assert api.delete(f"{by_ids}/{backup['label']}", purge="true").status_code == 204
    assert api.read(by_ids) == []


@pytest.mark.parametrize("ids_win", [False, True])
def test_a_backup_is_of_the_disc_in_its_path_unless_ids_win(api, disc, ids_win):
    api.post(MACHINE + "/discs", {"size": 50})
    backup = made(api)
    api.settings(ids_win=ids_win)
    other = f"{MACHINE}/discs/disc-2/backups/{backup['id']}"
    assert api.put(other, {}).status_code == (200 if ids_win else 404)
    assert api.put(f"{BACKUPS}/disc-1-backup-20000101000000", {}).status_code == 404
    assert api.put(f"{BACKUPS}/9", {}).status_code == 404
    assert api.put(f"{BACKUPS}/8001/", {}).status_code == 200


def test_there_is_no_call_that_reads_one(api, disc):
    assert api.get(f"{BACKUPS}/{made(api)['id']}").status_code == 404


# --- Restoring


def test_a_restore_takes_its_time(api, disc):
    backup = made(api)
    answer = api.put(f"{BACKUPS}/{backup['id']}", {"restore": True})
    assert (answer.status_code, answer.json()) == (200, backup)
    api.advance(30)
    shown = api.read(DISC)
    assert 50 <= shown.pop("migration_progress") < 100
    under_way = {"storage_grade": "iceberg", "storage_pool": "york-iceberg1", "new_storage_grade": "sata"}
    before = {name: value for name, value in disc.items() if name != "migration_progress"}
    assert shown == before | under_way | {"backup_count": 1}
    assert api.read(BACKUPS) == [backup]
    api.advance(30)
    assert api.read(DISC) == disc | {"backup_count": 1}
    assert api.put(MACHINE, {"power_on": True, "autoreboot_on": True}).json()["power_on"] is True


@pytest.mark.parametrize("body", [{}, {"restore": False}, {"label": "other"}])
def test_nothing_but_restore_restores(api, disc, body):
    backup = made(api)
    assert api.put(f"{BACKUPS}/{backup['id']}", body).json() == backup
    assert api.read(DISC)["storage_grade"] == "sata"
    assert api.read(BACKUPS) == [backup]


@pytest.mark.parametrize("restore", ["true", 1, None, []])
def test_restore_is_a_boolean(api, disc, restore):
    answer = api.put(f"{BACKUPS}/{made(api)['id']}", {"restore": restore})
    assert (answer.status_code, answer.json()) == (400, {"restore": ["must be true or false"]})


def refused(answer, message):
    assert (answer.status_code, answer.json()) == (400, {"restore": [message]})


def test_a_restore_needs_the_vm_off(api, disc):
    path = f"{BACKUPS}/{made(api)['id']}"
    off = "cannot be done unless the virtual machine is powered off"
    api.settings(boot_time=5)
    api.put(MACHINE, {"power_on": True, "autoreboot_on": True})
    refused(api.put(path, {"restore": True}), off)
    api.advance(5)
    refused(api.put(path, {"restore": True}), off)
    api.put(MACHINE, {"power_on": False, "autoreboot_on": False})
    assert api.put(path, {"restore": True}).status_code == 200


def test_a_restore_needs_its_backup_done_and_no_other_under_way(api, disc):
    path = f"{BACKUPS}/{api.post(BACKUPS).json()['id']}"
    refused(api.put(path, {"restore": True}), "cannot be done before the backup is done")
    api.advance(60)
    api.post(BACKUPS)
    refused(api.put(path, {"restore": True}), "cannot be done while another backup of the disc is made")
    api.advance(60)
    assert api.put(path, {"restore": True}).status_code == 200
    refused(api.put(path, {"restore": True}), "cannot be done while a backup is restored to the disc")


def test_during_a_restore_nothing_happens_to_the_vm_the_disc_or_its_backups(api, disc):
    backup = made(api)
    assert api.put(f"{BACKUPS}/{backup['id']}", {"restore": True}).status_code == 200
    restoring = "A backup is being restored to the disc: wait until that is done"
    under_way = ["cannot be changed while a backup is restored to the disc"]
    start = {"power_on": ["cannot be turned on while a backup is restored to a disc"]}
    for answer, body in (
        (api.put(MACHINE, {"power_on": True, "autoreboot_on": True}), start),
        (api.put(MACHINE, {"power_on": False, "autoreboot_on": True}), start),
        (api.put(DISC, {"size": 2048}), {"size": under_way}),
        (api.put(DISC, {"storage_grade": "ssd"}), {"storage_grade": under_way}),
    ):
        assert (answer.status_code, answer.json()) == (400, body)
    for answer in (
        api.delete(DISC, purge="true"),
        api.delete(f"/discs/{disc['id']}", purge="true"),
        api.delete(f"{BACKUPS}/{backup['id']}", purge="true"),
        api.post(BACKUPS),
    ):
        assert (answer.status_code, answer.text) == (400, restoring)
    reimage = api.post(MACHINE + "/reimage", {"distribution": "stretch"})
    assert (reimage.status_code, reimage.text) == (400, "A backup is being restored to a disc: wait until that is done")
    assert api.put(MACHINE, {"power_on": False, "autoreboot_on": False}).status_code == 200
    assert api.put(DISC, {"label": "root"}).status_code == 200
    api.advance(60)
    assert api.read(MACHINE + "/discs/root") == disc | {"label": "root", "backup_count": 1}


def test_a_disc_that_is_restored_cannot_be_moved(api, disc):
    api.post(MACHINE + "/discs", {"size": 50})
    target = api.create("web2")
    path = MACHINE + "/discs/disc-2"
    backup = made(api, path + "/backups")
    api.put(f"{path}/backups/{backup['id']}", {"restore": True})
    answer = api.put(path, {"virtual_machine_id": target["id"]})
    assert answer.status_code == 400
    assert "virtual_machine_id" in answer.json()
    api.advance(60)
    assert api.put(path, {"virtual_machine_id": target["id"]}).status_code == 200


# --- Deleting, and what becomes of them


def test_deletion_is_for_good_and_needs_purge(api, disc):
    first, second = made(api), api.post(BACKUPS).json()
    for query in ({}, {"purge": "false"}):
        answer = api.delete(f"{BACKUPS}/{first['id']}", **query)
        assert (answer.status_code, answer.text) == (500, "Backups can only be purged")
    assert api.delete(f"{BACKUPS}/{first['id']}", purge="maybe").status_code == 400
    assert api.read(DISC)["backup_count"] == 2
    for backup in (first, second):
        answer = api.delete(f"{BACKUPS}/{backup['id']}", purge="true")
        assert (answer.status_code, answer.content) == (204, b"")
        assert api.delete(f"{BACKUPS}/{backup['id']}", purge="true").status_code == 404
    assert (api.read(BACKUPS), api.read(DISC)["backup_count"]) == ([], 0)
    api.advance(60)
    assert api.post(BACKUPS).json()["id"] == second["id"] + 1


def test_they_go_with_their_disc_and_with_a_vm_that_is_purged(api, disc):
    made(api)
    api.post(MACHINE + "/discs", {"size": 50})
    api.post(MACHINE + "/discs/disc-2/backups")
    api.delete(MACHINE + "/discs/disc-2", purge="true")
    assert [backup["id"] for backup in every_backup(api)] == [8001]
    api.delete(MACHINE, purge="true")
    api.advance(100)
    assert every_backup(api) == []
    api.create()
    assert api.read(BACKUPS) == []


def every_backup(api):
    return [
        backup
        for account in api.read("/_simulator/state")["accounts"]
        for group in account["groups"]
        for machine in group["virtual_machines"]
        for disc in machine["discs"]
        for backup in disc["backups"]
    ]


def test_a_vm_that_is_deleted_keeps_them_and_they_cannot_be_changed(api, disc):
    backup = made(api)
    api.delete(MACHINE)
    assert api.get(BACKUPS).status_code == 404
    assert api.read(BACKUPS, include_deleted="true") == [backup]
    for answer in (
        api.post(BACKUPS),
        api.put(f"{BACKUPS}/{backup['id']}", {"restore": True}),
        api.delete(f"{BACKUPS}/{backup['id']}", purge="true"),
    ):
        assert (answer.status_code, answer.text) == (400, "The virtual machine is deleted: undelete it first")
    api.put(MACHINE, {"deleted": False})
    assert api.read(BACKUPS) == [backup]


def test_they_move_with_their_disc(api, disc):
    api.post(MACHINE + "/discs", {"size": 50, "label": "data"})
    target = api.create("web2")
    done = made(api, MACHINE + "/discs/data/backups")
    api.post(MACHINE + "/discs/data/backups")
    assert api.put(MACHINE + "/discs/data", {"virtual_machine_id": target["id"]}).status_code == 200
    moved = GROUP + "/virtual_machines/web2/discs/data/backups"
    assert api.read(moved)[0] == done | {"virtual_machine_id": target["id"]}
    api.advance(60)
    assert [backup["storage_grade"] for backup in api.read(moved)] == ["iceberg", "iceberg"]
    assert api.put(f"{moved}/{done['id']}", {"restore": True}).status_code == 200


# --- Forms of answers, faults


def test_the_writes_can_answer_the_disc(api, disc):
    api.settings(backups_answer_disc=True, created_is_200=True, backup_deleted_is_200=True)
    answer = api.post(BACKUPS)
    assert (answer.status_code, answer.json()) == (200, disc | {"backup_count": 1})
    api.advance(60)
    [backup] = api.read(BACKUPS)
    answer = api.put(f"{BACKUPS}/{backup['label']}", {"restore": True})
    assert answer.json()["id"] == disc["id"]
    assert answer.json()["new_storage_grade"] == "sata"
    api.advance(60)
    answer = api.delete(f"{BACKUPS}/{backup['label']}", purge="true")
    assert (answer.status_code, answer.content) == (200, b"")
    assert api.read(BACKUPS) == []


def test_what_an_answer_that_is_lost_had_done_is_there(api, disc, inject):
    inject({"fault": "reset_after", "method": ["POST", "PUT", "DELETE"], "path": "*/backups*"})
    with pytest.raises(requests.ConnectionError):
        api.post(BACKUPS)
    api.advance(60)
    [backup] = api.read(BACKUPS)
    with pytest.raises(requests.ConnectionError):
        api.put(f"{BACKUPS}/{backup['id']}", {"restore": True})
    assert api.read(DISC)["new_storage_grade"] == "sata"
    api.advance(60)
    with pytest.raises(requests.ConnectionError):
        api.delete(f"{BACKUPS}/{backup['id']}?purge=true")
    assert api.read(BACKUPS) == []


@pytest.mark.parametrize("settings", [{}, {"backups_answer_disc": True}, {"numbers_as_strings": True}])
def test_a_backup_or_a_restore_can_be_made_never_to_finish(api, disc, inject, fault_record, settings):
    backup = made(api)
    api.settings(**settings)
    inject({"fault": "backup_never_finishes", "count": 1}, {"fault": "restore_never_finishes", "count": 1})
    assert api.put(f"{BACKUPS}/{backup['id']}", {}).status_code == 200
    assert api.put(f"{BACKUPS}/{backup['id']}", {"restore": True}).status_code == 200
    api.advance(10**9)
    assert api.read(DISC)["storage_grade"] == "iceberg"
    assert fault_record() == [("restore_never_finishes", True, 200)]
    other = api.create("web2")
    path = f"{GROUP}/virtual_machines/{other['name']}/discs/disc-1/backups"
    for _number in range(2):
        assert api.post(path).status_code == 201
        api.advance(60)
    assert [backup["storage_grade"] for backup in api.read(path)] == ["sata", "iceberg"]
    assert fault_record()[1:] == [("backup_never_finishes", True, 201)]
    api.delete(MACHINE, purge="true")
    assert api.get(MACHINE, params={"include_deleted": "true"}).status_code == 404


def test_reads_can_be_stale(api, disc, inject):
    inject({"fault": "stale_reads", "method": "POST", "path": "*/backups", "seconds": 30})
    api.post(BACKUPS)
    assert (api.read(BACKUPS), api.read(DISC)) == ([], disc)
    api.advance(30)
    assert len(api.read(BACKUPS)) == 1


def test_the_log_has_the_paths(api, disc):
    api.delete("/_simulator/requests")
    backup = made(api)
    api.put(f"{BACKUPS}/{backup['label']}", {"restore": True})
    logged = [(entry["method"], entry["path"], entry["body"]) for entry in api.requests()]
    assert ("POST", BACKUPS, {}) in logged
    assert ("PUT", f"{BACKUPS}/{backup['label']}", {"restore": True}) in logged


# --- Seeds


def seed_of(backups):
    disc = {"size": 50, "backup_schedules": [{"id": 3, "interval_seconds": 3600, "capacity": 2}], "backups": backups}
    machine = {"name": "web1", "power_on": False, "autoreboot_on": False, "discs": [disc]}
    return {"accounts": [{"name": "acme", "groups": [{"name": "default", "virtual_machines": [machine]}]}]}


def test_a_seed_may_have_backups_that_are_done(api):
    labels = [f"disc-1-backup-2026112400000{number}" for number in range(4)]
    api.seed(
        seed_of(
            [
                {"id": 77, "label": labels[0]},
                {"label": labels[1], "size": 60, "manual": False},
                *({"label": label, "schedule_id": 3} for label in labels[2:]),
            ]
        )
    )
    shown = api.read(BACKUPS)
    assert [(backup["id"], backup["manual"], backup["size"]) for backup in shown] == [
        (77, True, 50),
        (8001, False, 60),
        (8002, False, 50),
        (8003, False, 50),
    ]
    assert {backup["storage_grade"] for backup in shown} == {"iceberg"}
    assert api.put(f"{BACKUPS}/{labels[0]}", {"restore": True}).status_code == 200
    api.advance(2 * 24 * 60 * 60)
    kept = [backup["id"] for backup in api.read(BACKUPS)]
    assert (kept[:2], len(kept)) == ([77, 8001], 4)
    assert not {8002, 8003} & set(kept)


@pytest.mark.parametrize(
    ("backups", "says"),
    [
        ([{}], "[0].label: can't be blank"),
        ([{"label": "a b"}], "[0].label: may hold only"),
        ([{"label": "a", "manual": "no"}], "[0].manual: must be true or false"),
        ([{"label": "a", "storage_grade": "iceberg"}], "[0]: unknown key 'storage_grade'"),
        ([{"label": "a"}, {"label": "a"}], "[1].label: a is already used"),
        ([{"label": "a", "id": 9}, {"label": "b", "id": 9}], "[1].id: 9 is already used"),
        ([{"label": "a", "size": -1}], "[0].size: must be greater than or equal to"),
        ("none", ": is not an array"),
    ],
)
def test_a_seed_with_bad_backups_says_where(api, backups, says):
    answer = api.post("/_simulator/seed", seed_of(backups))
    where = "accounts[0].groups[0].virtual_machines[0].discs[0].backups"
    assert (answer.status_code, answer.text[: len(where + says)]) == (400, where + says)
