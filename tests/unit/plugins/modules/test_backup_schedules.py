# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The option backup_schedules of bigv_disc, bigv_vm and bigv_fleet: what the contract of all modules does not say."""

from __future__ import annotations

import json

import pytest
from ansible_collections.bytemark.cloud.tests.unit.contract.test_forms_of_answers import (
    FORMS,
    Reply,
    relay,
    with_members,
    without_members,
)
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

DB1 = "/accounts/acme/groups/default/virtual_machines/db1"
DATA = f"{DB1}/discs/data"
DAY, WEEK = 86400, 604800
NIGHTLY = {"start_at": "03:00", "interval": "1d"}
WEEKLY = {"start_at": "2026-11-24 00:00:00 UTC", "interval_seconds": WEEK, "capacity": 1}


@pytest.fixture(params=[run_module, run_in_controller])
def way(request):
    return request.param


@pytest.fixture
def seed(cloud):
    """Put db1 there, with a disc data that has these schedules."""

    def seed(*schedules):
        disc = {"label": "data", "size": 1024, "backup_schedules": list(schedules)}
        cloud.seed({"name": "db1", "discs": [{"size": 25600}, disc]}, flat_overview=True)

    return seed


@pytest.fixture
def data(bigv_disc):
    """Run bigv_disc on that disc."""
    return lambda **options: bigv_disc(vm="db1", label="data", **options)


def schedules(cloud):
    found = cloud.vms()["db1"]["discs"][1]["backup_schedules"]
    return [(schedule["start_at"], schedule["interval_seconds"], schedule["capacity"]) for schedule in found]


@pytest.mark.parametrize(
    ("there", "wanted", "is_same"),
    [
        ("00:00", "00:00:00", True),
        ("03:00", "05:00+02:00", True),
        ("03:00", "03:01", False),
        ("2026-11-24 00:00:00 UTC", "2026-11-24T01:00:00+0100", True),
        ("2026-11-24 00:00:00 UTC", "2026-11-24", True),
        ("2026-11-24T00:00:00.031Z", " 2026-11-24T00:00Z ", True),
        ("2026-11-24 00:00:00 UTC", "2026-11-25 00:00:00 UTC", False),
        ("2026-11-24 03:00:00 UTC", "03:00", True),
        ("03:00", "2026-11-24T03:00:00Z", True),
        ("2026-11-24 03:00:00 UTC", "03:00:01", False),
    ],
)
def test_a_beginning_is_the_same_however_it_is_spelled(cloud, seed, data, there, wanted, is_same):
    seed({"start_at": there, "interval_seconds": DAY})
    result = data(backup_schedules=[{"start_at": wanted, "interval": "24h"}])
    assert result["changed"] is not is_same
    if is_same:
        assert cloud.calls() == [f"GET {DB1}"]
    else:
        assert [write["method"] for write in cloud.writes()] == ["POST", "DELETE"]
        assert schedules(cloud) == [(wanted, DAY, 1)]


def test_a_time_of_day_does_not_take_the_place_of_a_moment_that_is_wanted_itself(cloud, seed, data):
    moments = ["2026-11-24T03:00:00Z", "2026-11-25T03:00:00Z"]
    seed(*({"start_at": moment, "interval_seconds": DAY} for moment in moments))
    assert not data(backup_schedules=[NIGHTLY, {**NIGHTLY, "start_at": moments[0]}])["changed"]


def test_the_requests_of_a_disc_by_its_id_stay_one(cloud, seed, bigv_disc):
    seed(WEEKLY)
    disc = cloud.vms()["db1"]["discs"][1]
    assert not bigv_disc(id=disc["id"], backup_schedules=[{"start_at": "00:00", "interval": "7d"}])["changed"]
    assert cloud.calls() == [f"GET /discs/{disc['id']}"]
    assert bigv_disc(id=disc["id"], backup_schedules=[])["disc"]["backup_schedules"] == []


def test_what_is_omitted_says_nothing_and_an_empty_list_means_none(cloud, seed, data):
    seed(WEEKLY)
    assert not data(size="1GiB")["changed"]
    assert data(size="2GiB")["disc"]["backup_schedules"] == [{"id": 1, **WEEKLY}]
    done = data(backup_schedules=[])
    assert done["actions"] == [
        "delete backup schedule 2026-11-24T00:00:00Z every 1w, keeps 1, of disc data of VM db1.default.acme"
    ]
    assert done["diff"]["before"]["backup_schedules"] == ["2026-11-24T00:00:00Z every 1w, keeps 1"]
    assert "backup_schedules" not in done["diff"]["after"]
    assert schedules(cloud) == []


def test_one_that_is_listed_twice_counts_once_and_one_that_is_there_twice_is_one_too_many(cloud, seed, data):
    seed(WEEKLY, WEEKLY)
    weekly = {"start_at": "2026-11-24T00:00Z", "interval": WEEK}
    assert len(data(backup_schedules=[NIGHTLY, weekly, {**weekly, "capacity": 1}, NIGHTLY])["actions"]) == 2
    assert schedules(cloud) == [("2026-11-24 00:00:00 UTC", WEEK, 1), ("03:00", DAY, 1)]


def test_a_refusal_shows_what_the_api_said(cloud, seed, data):
    seed()
    problem = {"interval_seconds": "Missing interval_seconds parameter"}

    def refuse(request):
        return Reply(400, problem) if request.method == "POST" else None

    with relay(cloud, instead=refuse) as server:
        failed = data(backup_schedules=[NIGHTLY], api_url=server.url)
    assert "the API answered 400: interval_seconds Missing interval_seconds parameter" in failed["msg"]
    assert failed["error"]["problems"] == {"interval_seconds": ["Missing interval_seconds parameter"]}


def test_a_failure_between_the_two_writes_leaves_one_too_many(cloud, seed, data):
    seed(WEEKLY)
    cloud.faults({"method": "DELETE", "fault": "status", "status": 500})
    failed = data(backup_schedules=[NIGHTLY])
    assert len(failed["actions"]) == 1
    assert "delete backup schedule 2026-11-24T00:00:00Z every 1w, keeps 1, of disc data" in failed["msg"]
    assert len(schedules(cloud)) == 2
    cloud.faults()
    assert data(backup_schedules=[NIGHTLY])["actions"] == [
        "delete backup schedule 2026-11-24T00:00:00Z every 1w, keeps 1, of disc data of VM db1.default.acme"
    ]
    assert schedules(cloud) == [("03:00", DAY, 1)]


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_what_was_there_before_is_not_taken_for_what_was_made(cloud, seed, data, fault):
    """As long as nothing says that the API has not made a moment of a time of day, the two could be one."""
    moment = "2026-11-24T03:00:00Z"
    seed({"start_at": moment, "interval_seconds": DAY})
    cloud.faults({"method": "POST", "fault": fault, "count": 1})
    assert len(data(backup_schedules=[{**NIGHTLY, "start_at": moment}, NIGHTLY], api_retries=2)["actions"]) == 1
    assert schedules(cloud) == [(moment, DAY, 1), ("03:00", DAY, 1)]
    seed()
    cloud.faults({"method": "POST", "fault": fault, "skip": 1, "count": 1})
    assert len(data(backup_schedules=[{**NIGHTLY, "start_at": moment}, NIGHTLY], api_retries=2)["actions"]) == 2
    assert schedules(cloud) == [(moment, DAY, 1), ("03:00", DAY, 1)]


def test_one_that_somebody_else_deletes_meanwhile_is_not_this_tasks(cloud, seed, data):
    seed(WEEKLY)

    def delete_it(request):
        if request.method == "POST":
            cloud.api("DELETE", f"{DATA}/backup_schedules/1")

    with relay(cloud, instead=delete_it) as server:
        done = data(backup_schedules=[NIGHTLY], api_url=server.url)
    assert done["actions"] == ["add backup schedule 03:00 every 1d, keeps 1, to disc data of VM db1.default.acme"]
    assert schedules(cloud) == [("03:00", DAY, 1)]


def test_one_that_is_another_by_now_is_left_alone(cloud, seed, data):
    """No call changes a schedule, as far as is known. If there is one, somebody wants it as it is now."""
    seed(WEEKLY)
    is_posted = []

    def change_it(request, reply):
        is_posted.extend([request] if request.method == "POST" else [])
        text = json.dumps(reply.body)
        return reply._replace(body=json.loads(text.replace(str(WEEK), str(DAY)))) if is_posted else reply

    with relay(cloud, change_it) as server:
        failed = data(backup_schedules=[NIGHTLY], api_url=server.url)
    assert "is no longer the one that the plan was made for (interval_seconds 604800 → 86400)" in failed["msg"]
    assert len(schedules(cloud)) == 2


@pytest.mark.parametrize(
    "form",
    [with_members(backup_schedules=None), without_members("backup_schedules"), with_members(backup_schedules=[7])],
)
def test_a_disc_whose_schedules_the_api_does_not_show(cloud, seed, data, form):
    """Where the change would not show, each run would make it again."""
    seed(WEEKLY)
    with relay(cloud, form) as server:
        assert not data(backup_schedules=[], api_url=server.url)["changed"]
        assert data(size="2GiB", api_url=server.url)["changed"]
        cloud.clear()
        for check_mode in (True, False):
            failed = data(size="3GiB", backup_schedules=[NIGHTLY], api_url=server.url, check_mode=check_mode)
            assert failed["msg"] == (
                "backup_schedules: the API does not show the backup schedules of disc data of VM db1.default.acme, so "
                "they cannot be changed; leave the option out"
            )
    assert cloud.writes() == []


@pytest.mark.parametrize("unsaid", ["capacity", "start_at"])
def test_what_the_api_does_not_say_of_a_schedule_does_not_differ(cloud, seed, data, unsaid):
    seed(WEEKLY)
    with relay(cloud, without_members(unsaid)) as server:
        options = {"start_at": "03:00", "interval": "1w", "capacity": 7}
        differs = {"start_at": "00:00", "capacity": 1}
        wanted = {**options, **{key: differs[key] for key in differs if key != unsaid}}
        assert not data(backup_schedules=[wanted], api_url=server.url)["changed"]


def test_old_answers_are_read(cloud, seed, data):
    seed()
    with relay(cloud, *FORMS["old schedules"]) as server:
        assert not data(backup_schedules=[{"start_at": "2026-11-24", "interval": "1w"}], api_url=server.url)["changed"]


def test_a_creation_that_drops_schedules_is_said_and_made_good(cloud, bigv_vm):
    vm = {"name": "new1", "discs": [{"size": "1GiB", "backup_schedules": [NIGHTLY]}]}
    dropped = ', "backup_schedules": [{"start_at": "03:00", "interval_seconds": 86400, "capacity": 1}]'
    with relay(cloud, without=dropped) as server:
        done = bigv_vm(**vm, api_url=server.url)
        assert done["vm"]["discs"][0]["backup_schedules"] == []
        assert ["does not show the change" in warning for warning in done["warnings"]] == [True]
        again = bigv_vm(**vm, api_url=server.url)
        assert again["actions"] == [
            "add backup schedule 03:00 every 1d, keeps 1, to disc disc-1 of VM new1.default.acme"
        ]
        assert not bigv_vm(**vm, api_url=server.url)["changed"]


def test_reads_that_lag_behind_are_waited_for(cloud, seed, data):
    seed(WEEKLY)
    cloud.faults({"fault": "stale_reads", "seconds": 0.5, "method": "DELETE"})
    done = data(backup_schedules=[])
    assert done["disc"]["backup_schedules"] == []
    assert "warnings" not in done


def test_a_moment_that_the_api_makes_of_a_time_of_day_is_what_was_asked_for(cloud, seed, data):
    seed()

    def dated(request, reply):
        return reply._replace(body=json.loads(json.dumps(reply.body).replace("03:00", "2026-11-25 03:00:00 UTC")))

    with relay(cloud, dated) as server:
        done = data(backup_schedules=[NIGHTLY], api_url=server.url)
        assert done["disc"]["backup_schedules"][0]["start_at"] == "2026-11-25 03:00:00 UTC"
        assert "warnings" not in done
        assert not data(backup_schedules=[NIGHTLY], api_url=server.url)["changed"]


def test_a_fleets_item_has_its_own_discs_or_those_of_the_defaults(cloud, seed, bigv_fleet):
    seed(WEEKLY)
    defaults = {"discs": [{"label": "data", "size": "1GiB", "backup_schedules": [NIGHTLY]}]}
    vms = [{"name": "db1", "discs": [{"label": "data", "backup_schedules": []}]}, {"name": "db2"}]
    assert bigv_fleet(vms=vms, defaults=defaults)["actions"] == [
        "delete backup schedule 2026-11-24T00:00:00Z every 1w, keeps 1, of disc data of VM db1.default.acme",
        "create VM db2.default.acme",
    ]
    assert [disc["backup_schedules"] for disc in cloud.vms()["db2"]["discs"]] == [
        [{"id": 2, "start_at": "03:00", "interval_seconds": DAY, "capacity": 1}]
    ]
    assert not bigv_fleet(vms=vms, defaults=defaults)["changed"]
