# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Section 10: adding backup schedules to discs, and taking them away."""

import pytest

DAILY = {"start_at": "03:00", "interval_seconds": 86400, "capacity": 7}
MISSING = "Missing interval_seconds parameter"


@pytest.fixture
def disc(api, machine):
    api.create(discs=2)
    return machine + "/discs/disc-2"


def test_schedules_come_and_go(api, disc, machine):
    answers = [api.post(disc + "/backup_schedules", body) for body in (DAILY, DAILY, {"interval_seconds": 60})]
    assert [answer.status_code for answer in answers] == [201] * 3
    expected = [
        {"id": 1, **DAILY},
        {"id": 2, **DAILY},
        {"id": 3, "start_at": "00:00", "interval_seconds": 60, "capacity": 1},
    ]
    assert [answer.json() for answer in answers] == expected
    assert api.read(disc)["backup_schedules"] == expected
    assert api.read(disc)["backups_enabled"]
    assert api.delete(disc + "/backup_schedules/1").status_code == 204
    assert api.read(disc)["backup_schedules"] == expected[1:]
    assert api.read(machine + "/discs/disc-1")["backup_schedules"] == []


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"interval_seconds": MISSING}),
        (DAILY | {"interval_seconds": -86400}, {"interval_seconds": MISSING}),
        (DAILY | {"start_at": "noon"}, {"start_at": ["is not a time"]}),
        (DAILY | {"capacity": 0}, {"capacity": ["must be greater than or equal to 1"]}),
    ],
)
def test_bad_schedules(api, disc, body, errors):
    answer = api.post(disc + "/backup_schedules", body)
    assert (answer.status_code, answer.json()) == (400, errors)
    assert api.read(disc)["backup_schedules"] == []


@pytest.mark.parametrize("schedule", ["2", "disc-2", "0", "01"])
def test_what_is_not_there_is_a_404(api, disc, machine, schedule):
    api.post(disc + "/backup_schedules", DAILY)
    assert api.delete(f"{disc}/backup_schedules/{schedule}").status_code == 404
    assert api.delete(machine + "/discs/disc-1/backup_schedules/1").status_code == 404
    assert api.post(machine + "/discs/none/backup_schedules", DAILY).status_code == 404
    assert len(api.read(disc)["backup_schedules"]) == 1


def test_those_of_a_deleted_vm_stay_as_they_are(api, disc, machine):
    api.post(disc + "/backup_schedules", DAILY)
    api.delete(machine)
    assert api.post(disc + "/backup_schedules", DAILY).status_code == 400
    assert api.delete(disc + "/backup_schedules/1").status_code == 400
    assert len(api.read(disc + "?include_deleted=true")["backup_schedules"]) == 1


def test_they_move_with_the_disc(api, disc):
    api.post(disc + "/backup_schedules", DAILY)
    other = api.create("web2")
    api.put(disc, {"virtual_machine_id": other["id"]})
    moved = disc.replace("web1", "web2")
    assert api.read(moved)["backup_schedules"] == [{"id": 1, **DAILY}]
    assert api.delete(moved + "/backup_schedules/1").status_code == 204
