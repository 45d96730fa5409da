# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
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
