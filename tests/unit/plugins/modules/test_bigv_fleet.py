# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_fleet for real, against the simulated cloud."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.tests.unit.examples import CASES

ACCOUNT = "GET /accounts/acme"


@pytest.mark.parametrize("flat_overview", [True, False])
def test_a_fleet_is_read_at_once_and_summed_up(cloud, bigv_fleet, flat_overview):
    fleet = CASES["create a fleet"].options
    cloud.settings(flat_overview=flat_overview)
    predicted = bigv_fleet(**fleet, check_mode=True)
    assert predicted["summary"]["text"] == "3 to create, groups: 2 to create"
    assert cloud.calls() == [ACCOUNT, "GET /definitions"]
    done = bigv_fleet(**fleet)
    counts = {"total": 3, "changed": 3, "unchanged": 0, "failed": 0, "skipped": 0}
    assert done["summary"] == {**counts, "text": "3 created, groups: 2 created"}
    assert [result["name"] for result in done["vms"]] == ["web1.web.acme", "web2.web.acme", "db1.db.acme"]
    assert all(result["vm"]["ipv4"] for result in done["vms"])
    assert len(done["diff"]) == 5
    cloud.clear()
    assert [result["vm"] for result in bigv_fleet(**fleet)["vms"]] == [result["vm"] for result in done["vms"]]
    assert cloud.calls() == [ACCOUNT]


def test_a_vm_moves_into_a_group_that_is_created_in_the_same_task(cloud, bigv_fleet):
    cloud.seed({"name": "web1"})
    task = {"groups": ["new"], "vms": [{"name": "web1", "new_group": "new"}]}
    assert bigv_fleet(**task, check_mode=True)["changed"]
    assert bigv_fleet(**task)["vms"][0]["vm"]["hostname"] == "web1.new.acme.uk0.bigv.io"
    assert set(cloud.vms("new")) == {"web1"}
    assert not bigv_fleet(**task)["changed"]


def test_nothing_is_written_when_anything_is_impossible(cloud, bigv_fleet):
    cloud.seed({"name": "web1", "discs": [{"label": "data", "size": 2000}]})
    task = {
        "groups": ["new"],
        "vms": [
            {"name": "fine"},
            {"name": "web1", "discs": [{"label": "data", "size": "1000"}]},
            {"name": "web2", "group": "nothing"},
        ],
    }
    for check_mode in (True, False):
        result = bigv_fleet(**task, check_mode=check_mode)
        assert result["failed"]
        assert "vms[1] (web1.default.acme): discs[0].size: disc 'data' is 2000 MiB and cannot shrink" in result["msg"]
        # In check mode, an earlier task may be about to create the group.
        missing = "vms[2] (web2.nothing.acme): group: account acme has no group 'nothing'"
        assert (missing in result["msg"]) != check_mode
    result = bigv_fleet(vms=[{"name": "a", "zone": "mars"}, {"name": "b", "hardware_profile": "none"}])
    assert "vms[0].zone: 'mars' is not one of the API's zone_names: york, manchester" in result["msg"]
    assert "vms[1].hardware_profile: 'none' is not one of the API's" in result["msg"]
    assert cloud.writes() == []


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"vms": [{"name": "a"}, {"name": "a.default"}]}, "vms[1] (a.default.acme): is already listed as vms[0]"),
        ({"vms": [{"name": "a", "new_name": "b"}, {"name": "b"}]}, "vms[1] (b.default.acme): is already listed"),
        ({"vms": [{"name": "a.b.other"}]}, "vms[0].account: 'acme' contradicts name: 'a.b.other'"),
        ({"vms": [{"name": "a", "memory": "x"}]}, "vms[0].memory: 'x' is not a size"),
        ({"vms": [{"cores": 1}]}, "vms[0]: name or id is required"),
        ({"vms": [{"name": "a", "nonsense": 1}]}, "vms[0].nonsense: is not an option"),
        ({"groups": [{"name": "a", "state": "gone"}]}, "groups[0].state: must be one of present, absent, got 'gone'"),
        ({"groups": [None]}, "groups[0].name: specify the name of a group"),
        (
            {"groups": [{"name": "staging", "state": "absent"}], "vms": [{"name": "a.staging"}]},
            "which has state: absent",
        ),
        ({"concurrency": 0}, "concurrency: must be at least 1, got 0"),
        ({"account": "nobody"}, "account: there is no account 'nobody'"),
    ],
)
def test_bad_input(cloud, bigv_fleet, task, message):
    result = bigv_fleet(**task)
    assert result["failed"]
    assert message in result["msg"]
    assert cloud.writes() == []


def test_one_failure_does_not_hide_the_others(cloud, bigv_fleet):
    result = bigv_fleet(vms=[{"name": "web1"}, {"name": "web2", "memory": 7, "cores": 9999}, {"name": "web3"}])
    assert result["failed"]
    assert result["changed"]
    assert result["msg"].startswith("1 of 3 groups and VMs failed. web2.default.acme: Could not create VM")
    assert [bool(item["error"]) for item in result["vms"]] == [False, True, False]
    assert result["vms"][1]["error"]["status"] == 400
    assert result["summary"].items() >= {"total": 3, "changed": 2, "unchanged": 0, "failed": 1, "skipped": 0}.items()
    assert result["summary"]["text"] == "2 created, 1 failed"
    assert set(cloud.vms()) == {"web1", "web3"}


def test_on_error_stop_skips_what_was_not_begun(cloud, bigv_fleet):
    vms = [{"name": "web1", "cores": 9999}, {"name": "web2"}, {"name": "web3"}]
    result = bigv_fleet(vms=vms, on_error="stop", concurrency=1)
    assert [item["skipped"] for item in result["vms"]] == [False, True, True]
    assert result["summary"]["skipped"] == 2
    assert cloud.vms() == {}


def test_prune(cloud, bigv_fleet):
    off = {"name": "web2", "power_on": False}
    cloud.seed({"name": "web1"}, off, {"name": "old", "deleted": True}, staging=[{"name": "other"}])
    listed = {"vms": [{"name": "web1.default"}]}
    assert bigv_fleet(**listed)["unmanaged"] == []
    reported = bigv_fleet(**listed, prune="report")
    assert (reported["changed"], reported["unmanaged"]) == (False, ["web2.default.acme"])
    predicted = bigv_fleet(**listed, prune="delete", check_mode=True)
    done = bigv_fleet(**listed, prune="delete")
    assert done["actions"] == predicted["actions"] == ["delete VM web2.default.acme"]
    assert cloud.vms()["web2"]["deleted"]
    assert not bigv_fleet(**listed, prune="delete")["changed"]
    assert bigv_fleet(**listed, prune="delete", purge=True)["changed"]
    assert set(cloud.vms()) == {"web1"}
    assert set(cloud.vms("staging")) == {"other"}


def test_teardown(cloud, bigv_fleet):
    cloud.seed(staging=[{"name": "web1"}, {"name": "web2", "deleted": True}])
    task = {"groups": [{"name": "staging", "state": "absent"}]}
    assert "contains VMs" in bigv_fleet(**task)["msg"]
    predicted = bigv_fleet(**task, purge=True, check_mode=True)
    done = bigv_fleet(**task, purge=True)
    assert done["actions"] == predicted["actions"]
    assert done["groups"][0]["changed"]
    assert set(cloud.groups()) == {"default"}
    assert not bigv_fleet(**task, purge=True)["changed"]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_requests_at_once_than_allowed(cloud, bigv_fleet, concurrency):
    cloud.settings(latency=0.02, build_time=0.2)
    vms = [{"name": f"web{number}", "state": "running"} for number in range(12)]
    assert bigv_fleet(vms=vms, concurrency=concurrency, concurrent_creations=12)["summary"]["changed"] == 12
    assert cloud.connections() == concurrency


def test_a_vm_that_was_not_begun_is_shown_as_it_is(cloud, bigv_fleet):
    cloud.faults({"method": "POST", "fault": "status", "status": 400})
    result = bigv_fleet(vms=[{"name": "web1", "cores": 1}])
    assert (result["failed"], result["vms"][0]["vm"]) == (True, None)


def test_a_group_that_is_to_be_absent_is_not_pruned_too(cloud, bigv_fleet):
    cloud.seed(staging=[{"name": "web1"}, {"name": "web2"}])
    task = {
        "groups": [{"name": "staging", "state": "absent"}],
        "vms": [{"name": "web1.staging", "state": "absent", "purge": True}],
        "prune": "delete",
        "purge": True,
    }
    predicted = bigv_fleet(**task, check_mode=True)["actions"]
    assert sorted(predicted) == sorted(bigv_fleet(**task)["actions"])


@pytest.mark.parametrize(
    "item",
    [
        {"name": "web1", "discs": [{"size": "much"}]},
        {"name": "web1", "memory": "much"},
        {"name": "web1", "discs": [{"label": "data", "size": 1}]},
        {"name": "web1", "discs": [{"label": "vda", "size": 1}]},
        {"name": "web1", "zone": "mars"},
        {"name": "web1", "discs": [{"label": "data", "storage_grade": "tape"}]},
        {"name": "web1", "new_group": "nowhere"},
        {"name": "web1", "hardware_profile": "none"},
        {"name": "web1", "autoreboot": True, "state": "stopped"},
        {"name": "web1", "nonsense": 1},
        {"name": "web1", "discs": ["25GiB"]},
        {"name": "web1", "state": "gone"},
        {"name": "web1", "group": "default", "id": 5},
    ],
    ids=str,
)
def test_an_impossible_item_is_named_by_its_position_and_name(cloud, bigv_fleet, item):
    cloud.seed({"name": "web1", "discs": [{"label": "data", "size": 2000}]})
    message = bigv_fleet(vms=[{"name": "fine"}, item])["msg"]
    assert "vms[1]" in message
    assert "web1" in message.replace("discs", "")
    assert cloud.writes() == []


def test_what_fails_alike_is_said_once(cloud, bigv_fleet):
    cloud.faults({"method": "POST", "fault": "status", "status": 401})
    vms = [{"name": f"web{number}", "image": "stretch" if number < 4 else "jessie"} for number in range(1, 8)]
    message = bigv_fleet(vms=vms, defaults={"discs": [{"size": "25GiB"}]}, on_error="continue")["msg"]
    assert message.startswith("7 of 7 groups and VMs failed. web1.default.acme: Could not create VM web1.default.acme")
    assert message.count("401") == message.count("expired") == 1
    assert message.endswith(
        "6 more failed for the same reason: web2.default.acme, web3.default.acme, web4.default.acme and 3 more."
    )


def test_what_fails_otherwise_is_said_too(bigv_fleet):
    vms = [{"name": "web1", "cores": 9999}, {"name": "web2", "memory": "9999GiB"}, {"name": "web3", "cores": 9999}]
    message = bigv_fleet(vms=vms)["msg"]
    assert message.count("web2.default.acme: Could not create VM web2.default.acme") == 1
    assert message.count("1 more failed for the same reason: web3.default.acme.") == 1


def test_what_is_refused_alike_is_said_once(cloud, bigv_fleet):
    disc = {"size": "25GiB", "storage_grade": "nope"}
    vms = [{"name": f"web{number}", "image": "stretch", "discs": [disc]} for number in range(60)]
    message = bigv_fleet(vms=[*vms, {"name": "other", "discs": [{**disc, "storage_grade": "gold"}]}])["msg"]
    assert message.count("'nope' is not one of the API's storage_grades") == 1
    assert "(VM web0.default.acme) (also in vms[1], vms[2], vms[3] and 56 more); vms[60].discs[0]" in message
    assert "'gold' is not one of the API's" in message
    assert cloud.writes() == []


def test_a_warning_about_many_is_one(cloud, bigv_fleet):
    cloud.seed(*({"name": f"web{number}", "network_interfaces": []} for number in range(6)))
    (warning,) = bigv_fleet(vms=[{"name": f"web{number}", "rdns": "www.example.com"} for number in range(6)])[
        "warnings"
    ]
    assert warning == (
        "rdns: VM web0.default.acme has no address, so no reverse DNS was set. (also for web1.default.acme, "
        "web2.default.acme, web3.default.acme and 2 more)"
    )


def test_vms_of_a_group_that_was_refused_are_not_begun(cloud, bigv_fleet):
    cloud.faults({"method": "POST", "path": "/accounts/acme/groups", "fault": "status", "status": 403})
    result = bigv_fleet(groups=["new"], vms=[{"name": "web1.new"}, {"name": "web2.default"}])
    assert "Not started because the group could not be created: web1.new.acme." in result["msg"]
    assert [vm["skipped"] for vm in result["vms"]] == [True, False]
    assert result["summary"]["skipped"] == 1
    assert "web2" in cloud.vms("default")
    assert not [write for write in cloud.writes() if "/groups/new/" in write["path"]]
