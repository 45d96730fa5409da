# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Backups that schedules make as the clock moves, and those that they let go."""

import calendar
import time

import pytest

GROUP = "/accounts/acme/groups/default"
MACHINE = GROUP + "/virtual_machines/web1"
BACKUPS = MACHINE + "/discs/disc-1/backups"
HOUR = 60 * 60
DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def _settings(api):
    api.settings(build_time=0, backup_time=60, restore_time=60)


def now(api):
    return api.read("/_simulator/clock")["now"]


def advance_to(api, moment):
    api.advance(moment - now(api))


def text_of(moment, form="%Y-%m-%d %H:%M:%S UTC"):
    return time.strftime(form, time.gmtime(moment))


def moments(api, path=BACKUPS):
    """Return when the backups were made, by their labels."""
    return [
        calendar.timegm(time.strptime(backup["label"].rpartition("-")[2], "%Y%m%d%H%M%S")) for backup in api.read(path)
    ]


def scheduled(api, *schedules, name="web1"):
    """Make a VM whose disc has these schedules, and return them."""
    disc = {"size": 50, "backup_schedules": list(schedules)}
    answer = api.post(GROUP + "/vm_create", {"virtual_machine": {"name": name}, "discs": [disc]})
    assert answer.status_code == 202, answer.text
    return answer.json()["discs"][0]["backup_schedules"]


@pytest.fixture
def midnight(api):
    """Let it be a minute before a midnight, and return that."""
    midnight = (now(api) // DAY + 2) * DAY
    advance_to(api, midnight - 60)
    return midnight


def test_a_schedule_makes_a_backup_at_its_moment_and_every_interval_after_it(api, midnight):
    scheduled(api, {"start_at": text_of(midnight + HOUR), "interval_seconds": 2 * HOUR, "capacity": 9})
    assert api.read(BACKUPS) == []
    advance_to(api, midnight + HOUR)
    [backup] = api.read(BACKUPS)
    assert (backup["manual"], backup["storage_grade"], backup["new_storage_grade"]) == (False, "sata", "iceberg")
    assert backup["label"] == f"disc-1-backup-{text_of(midnight + HOUR, '%Y%m%d%H%M%S')}"
    api.advance(60)
    assert api.read(BACKUPS)[0]["storage_grade"] == "iceberg"
    advance_to(api, midnight + 5 * HOUR)
    assert moments(api) == [midnight + hours * HOUR for hours in (1, 3, 5)]
    assert api.read(MACHINE + "/discs/disc-1")["backup_count"] == 3


@pytest.mark.parametrize(
    ("start_at", "first"),
    [
        ("00:00", 0),
        ("00:00:00 UTC", 0),
        ("00:00Z", 0),
        ("03:30", 3.5 * HOUR),
        ("23:00", 23 * HOUR),
        ("03:30:00+01:00", 2.5 * HOUR),
        ("%Y-%m-%d 00:00:00 UTC", 0),
        ("%Y-%m-%d", 0),
        ("%Y-%m-%dT01:00:00Z", HOUR),
        ("%Y-%m-%dT01:00:00.5Z", HOUR),
        ("%Y-%m-%dT01:00-0700", 8 * HOUR),
        ("2019-03-21T02:00:00Z", 2 * HOUR),
        ("2019-03-21", 0),
    ],
)
def test_every_form_of_its_start(api, midnight, start_at, first):
    scheduled(api, {"start_at": text_of(midnight, start_at), "interval_seconds": DAY, "capacity": 9})
    advance_to(api, midnight + first - 30)
    assert api.read(BACKUPS) == []
    advance_to(api, midnight + first + 1)
    assert moments(api) == [midnight + first]
    api.advance(DAY)
    assert moments(api) == [midnight + first, midnight + first + DAY]


def test_a_time_of_day_is_the_next_one_whatever_the_interval(api, midnight):
    scheduled(api, {"interval_seconds": 7 * DAY, "capacity": 2})
    advance_to(api, midnight + 8 * DAY)
    assert moments(api) == [midnight, midnight + 7 * DAY]


def test_nothing_is_made_up_for_a_start_that_is_over(api, midnight):
    scheduled(api, {"start_at": text_of(midnight - 1001 * HOUR), "interval_seconds": 2 * HOUR, "capacity": 9})
    advance_to(api, midnight + HOUR - 1)
    assert api.read(BACKUPS) == []
    advance_to(api, midnight + HOUR)
    assert moments(api) == [midnight + HOUR]


def test_none_is_made_before_a_start_that_is_many_intervals_ahead(api, midnight):
    scheduled(api, {"start_at": text_of(midnight + 5 * HOUR), "interval_seconds": HOUR, "capacity": 9})
    advance_to(api, midnight + 4 * HOUR)
    assert api.read(BACKUPS) == []
    advance_to(api, midnight + 6 * HOUR)
    assert moments(api) == [midnight + 5 * HOUR, midnight + 6 * HOUR]


def test_its_oldest_backups_go_and_no_others(api, midnight):
    capacities = {1: HOUR, 3: 2 * HOUR}
    schedules = scheduled(
        api, *({"interval_seconds": interval, "capacity": capacity} for capacity, interval in capacities.items())
    )
    manual = api.post(BACKUPS).json()
    for hour in range(13):
        advance_to(api, midnight + hour * HOUR)
        api.read(BACKUPS)
    kept = {schedule["id"]: [] for schedule in schedules} | {None: []}
    for backup in api.state("web1")["discs"][0]["backups"]:
        kept[backup["schedule_id"]].append(backup["label"])
    # Both have one due at even hours, and a label is not given twice: one has the next second.
    stamps = [[text_of(midnight + hours * HOUR, "%Y%m%d%H%M0") for hours in each] for each in ([12], [8, 10, 12])]
    *of_schedules, of_none = kept.values()
    assert [[label.removeprefix("disc-1-backup-")[:-1] for label in labels] for labels in of_schedules] == stamps
    assert {labels[-1][-2:] for labels in of_schedules} == {"00", "01"}
    assert of_none == [manual["label"]]
    assert [backup["manual"] for backup in api.read(BACKUPS)].count(True) == 1


def test_a_leap_of_the_clock_is_bounded_work(api, midnight):
    """Of a schedule that keeps any number, no more than a hundred are made at once, and the first that was due."""
    scheduled(api, {"interval_seconds": 1, "capacity": 10**9})
    scheduled(api, {"interval_seconds": 1, "capacity": 5}, name="web2")
    api.advance(10**9)
    made = moments(api)
    assert made[0] == midnight
    assert len(made) <= 101 + 60
    assert made[-100:] == list(range(made[-1] - 99, made[-1] + 1))
    assert now(api) - made[-1] < 60
    kept = moments(api, BACKUPS.replace("web1", "web2"))
    assert kept == list(range(kept[-1] - 4, kept[-1] + 1))


def test_the_clock_may_go_as_far_as_it_likes(api):
    scheduled(api, {"interval_seconds": DAY, "capacity": 3})
    for _leap in range(300):
        api.advance(10**9)
    assert len(api.read(BACKUPS)) == 3
    assert api.post(BACKUPS).status_code == 201
    assert len({backup["label"] for backup in api.read(BACKUPS)}) == 4


def test_none_is_made_of_a_vm_that_is_deleted(api, midnight):
    scheduled(api, {"interval_seconds": DAY, "capacity": 9})
    advance_to(api, midnight)
    api.delete(MACHINE)
    api.advance(3 * DAY)
    assert len(api.read(BACKUPS, include_deleted="true")) == 1
    api.put(MACHINE, {"deleted": False})
    api.advance(DAY)
    assert moments(api) == [midnight, midnight + 4 * DAY]


def test_none_is_made_during_a_restore(api, midnight):
    scheduled(api, {"interval_seconds": HOUR, "capacity": 1})
    advance_to(api, midnight + 120)
    [backup] = api.read(BACKUPS)
    api.settings(restore_time=2.5 * HOUR)
    assert api.put(f"{BACKUPS}/{backup['id']}", {"restore": True}).status_code == 200
    api.advance(2.4 * HOUR)
    assert api.read(BACKUPS) == [backup]
    api.advance(HOUR)
    assert moments(api) == [midnight + 3 * HOUR]


def test_a_disc_that_is_gone_is_not_backed_up(api, midnight):
    scheduled(api, {"interval_seconds": HOUR})
    api.delete(MACHINE + "/discs/disc-1", purge="true")
    api.post(MACHINE + "/discs", {"size": 50})
    api.advance(2 * DAY)
    assert api.read(BACKUPS) == []
    # Not even one that nobody sees.
    assert api.post(BACKUPS).json()["id"] == 8001


def test_a_disc_that_moves_takes_its_schedules_along(api, midnight):
    api.create()
    disc = {"size": 50, "label": "data", "backup_schedules": [{"interval_seconds": HOUR}]}
    api.post(MACHINE + "/discs", disc)
    target = api.create("web2")
    api.put(MACHINE + "/discs/data", {"virtual_machine_id": target["id"]})
    advance_to(api, midnight)
    [backup] = api.read(GROUP + "/virtual_machines/web2/discs/data/backups")
    assert backup["virtual_machine_id"] == target["id"]


@pytest.mark.parametrize("start_at", ["2026-02-30", "2026-11-24T24:00", "25:00", "00", "", "Z", "1969-12-31"])
def test_what_is_no_moment_is_no_start(api, start_at):
    api.create()
    answer = api.post(
        MACHINE + "/discs", {"size": 50, "backup_schedules": [{"interval_seconds": 60, "start_at": start_at}]}
    )
    assert (answer.status_code, answer.json()) == (400, {"backup_schedules": [{"start_at": ["is not a time"]}]})
