# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""bigv_fleet for real, against the simulated cloud."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import is_as_predicted

OFF = {"power_on": False, "autoreboot_on": False}
ACCOUNT = "GET /accounts/acme"
FLEET = {
    "groups": ["web", {"name": "db"}],
    "defaults": {"group": "web", "memory": "2GiB", "image": "stretch", "discs": [{"size": "25GiB"}]},
    "vms": [
        {"name": "web1", "state": "running"},
        {"name": "web2"},
        {"name": "db1.db", "memory": "8GiB", "discs": [{"size": "25GiB"}, {"label": "data", "size": "100GiB"}]},
    ],
}


@pytest.mark.parametrize("flat_overview", [True, False])
def test_create_check_do_repeat(cloud, bigv_fleet, flat_overview):
    cloud.settings(flat_overview=flat_overview)
    predicted = bigv_fleet(**FLEET, check_mode=True)
    assert cloud.writes() == []
    assert cloud.calls() == [ACCOUNT, "GET /definitions"]
    done = bigv_fleet(**FLEET)
    assert done["changed"]
    assert done["plan"] == predicted["plan"]
    assert done["actions"] == predicted["actions"]
    assert done["actions"][:2] == ["create group web.acme", "create group db.acme"]
    assert [result["name"] for result in done["vms"]] == ["web1.web.acme", "web2.web.acme", "db1.db.acme"]
    for told, real in zip(predicted["vms"], done["vms"], strict=True):
        assert is_as_predicted(told["vm"], real["vm"])
        assert real["vm"]["ipv4"]
    assert done["summary"] == {
        "total": 3,
        "changed": 3,
        "unchanged": 0,
        "failed": 0,
        "skipped": 0,
        "text": "3 created, groups: 2 created",
    }
    assert predicted["summary"]["text"] == "3 to create, groups: 2 to create"
    assert len(done["diff"]) == 5
    assert set(cloud.vms("web")) == {"web1", "web2"}
    assert cloud.vms("db")["db1"]["memory"] == 8192

    cloud.clear()
    again = bigv_fleet(**FLEET)
    assert (again["changed"], again["actions"], again["diff"]) == (False, [], [])
    assert [result["vm"] for result in again["vms"]] == [result["vm"] for result in done["vms"]]
    assert cloud.calls() == [ACCOUNT]


def test_it_does_what_bigv_vm_does(cloud, bigv_fleet, bigv_vm):
    vms = [{"name": "web1", "memory": 1024}, {"name": "web2", **OFF}, {"name": "web3", "deleted": True}]
    tasks = [
        {"name": "web1", "memory": "2GiB", "allow_restart": True, "rdns": "www.example.com"},
        {"name": "web2", "state": "running", "cores": 2, "new_name": "www2", "new_group": "staging"},
        {"name": "web3", "state": "running", "on_deleted": "restore"},
        {"name": "web4", "state": "stopped", "image": "stretch", "discs": [{"size": "1GiB"}]},
    ]
    cloud.seed(*vms)
    one_by_one = [bigv_vm(**task) for task in tasks]
    writes = sorted((write["method"], write["path"]) for write in cloud.writes())
    cloud.seed(*vms)
    together = bigv_fleet(vms=tasks)
    assert [result["actions"] for result in together["vms"]] == [result["actions"] for result in one_by_one]
    assert sorted((write["method"], write["path"]) for write in cloud.writes()) == writes
    assert not bigv_fleet(vms=[task for task in tasks if task["name"] != "web3"])["changed"]


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
        assert "vms[1] (web1.default.acme): discs[0].size: disc 'data' has 2000 MiB and cannot shrink" in result["msg"]
        assert "vms[2] (web2.nothing.acme): group: account acme has no group 'nothing'" in result["msg"]
    result = bigv_fleet(vms=[{"name": "a", "zone": "mars"}, {"name": "b", "hardware_profile": "none"}])
    assert "vms[0].zone: 'mars' is none of the API's zone_names: york, manchester" in result["msg"]
    assert "vms[1].hardware_profile: 'none' is none of the API's" in result["msg"]
    assert cloud.writes() == []


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"vms": [{"name": "a"}, {"name": "a.default"}]}, "vms[1] (a.default.acme): is listed already, as vms[0]"),
        ({"vms": [{"name": "a", "new_name": "b"}, {"name": "b"}]}, "vms[1] (b.default.acme): is listed already"),
        ({"vms": [{"name": "a.b.other"}]}, "vms[0].account: 'acme' contradicts name: 'a.b.other'"),
        ({"vms": [{"name": "a", "memory": "x"}]}, "vms[0].memory: 'x' is not a size"),
        ({"vms": [{"cores": 1}]}, "vms[0]: give name or id"),
        ({"vms": [{"name": "a", "nonsense": 1}]}, "vms[0].nonsense: is not an option"),
        ({"groups": [{"name": "a", "state": "gone"}]}, "groups[0].state: 'gone' is not one of present, absent"),
        ({"groups": [None]}, "groups[0].name: give the name of a group"),
        ({"groups": [{"name": "staging", "state": "absent"}], "vms": [{"name": "a.staging"}]}, "which is to be absent"),
        ({"concurrency": 0}, "concurrency: 0 is too small"),
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
    cloud.seed({"name": "web1"}, {"name": "web2"}, {"name": "old", "deleted": True}, staging=[{"name": "other"}])
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
    assert "holds VMs" in bigv_fleet(**task)["msg"]
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


def test_secrets_are_never_shown(cloud, bigv_fleet):
    secrets = {"root_password": "hunter2-hunter2", "firstboot_script": "echo s3cr3t-script"}
    item = {"name": "web1", "image": "stretch", "discs": [{"size": 1}], **secrets}
    for task in ({"vms": [item]}, {"vms": [item | {"discs": [{"size": "1G"}]}]}):
        result = bigv_fleet(**task)
        for secret in (*secrets.values(), cloud.token):
            assert secret not in str(result)


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
def test_an_impossible_item_is_named_by_its_place_and_its_name(cloud, bigv_fleet, item):
    cloud.seed({"name": "web1", "discs": [{"label": "data", "size": 2000}]})
    message = bigv_fleet(vms=[{"name": "fine"}, item])["msg"]
    assert "vms[1]" in message
    assert "web1" in message.replace("discs", "")
    assert cloud.writes() == []
