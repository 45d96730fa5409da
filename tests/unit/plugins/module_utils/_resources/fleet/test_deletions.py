# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A fleet deletes no more than its task means: named groups, a limit, and only once everything else is there."""

from __future__ import annotations

import pytest

OFF = {"power_on": False, "autoreboot_on": False}
FIVE = [{"name": f"web{number}"} for number in range(1, 6)]
TYPO = {"groups": ["default"], "vms": [{"name": "web01"}]}


@pytest.fixture
def refused(cloud, bigv_fleet):
    """Run a task in check mode and for real, which both have to refuse with the same message and no write."""

    def run(**task):
        before = cloud.groups()
        predicted, done = bigv_fleet(**task, check_mode=True), bigv_fleet(**task)
        assert predicted["failed"], predicted["actions"]
        assert done["msg"] == predicted["msg"]
        assert cloud.writes() == []
        assert cloud.groups() == before
        return done["msg"]

    return run


@pytest.mark.parametrize("vms", [{"vms": []}, {"vms": None}, {}], ids=str)
@pytest.mark.parametrize("groups", [{"groups": ["default"]}, {"defaults": {"group": "default"}}], ids=str)
@pytest.mark.parametrize("more", [{}, {"max_deletions": "100%"}], ids=str)
def test_an_empty_list_prunes_nothing(cloud, refused, vms, groups, more):
    cloud.seed(*FIVE)
    message = refused(**vms, **groups, **more, prune="delete", purge=True)
    assert message.startswith("vms: is empty")
    for number in range(1, 6):
        assert f"web{number}.default.acme" in message


def test_an_empty_list_prunes_not_even_one(cloud, refused):
    cloud.seed({"name": "web1"})
    assert refused(groups=["default"], prune="delete").startswith("vms: is empty")


def test_an_empty_list_is_fine_where_there_is_nothing_to_prune(cloud, bigv_fleet):
    cloud.seed({"name": "old", "deleted": True})
    assert not bigv_fleet(groups=["default"], vms=[], prune="delete")["changed"]


def test_a_typo_does_not_delete_the_rest(cloud, refused):
    cloud.seed(*FIVE)
    message = refused(**TYPO, prune="delete", purge=True)
    assert message.startswith("max_deletions: this would delete 5 of the 5 VMs")
    for number in range(1, 6):
        assert f"web{number}.default.acme" in message


@pytest.mark.parametrize(
    ("existing", "limit", "allowed"),
    [
        (5, None, 1),
        (19, None, 1),
        (20, None, 2),
        (5, "3", 3),
        (5, 3, 3),
        (5, "0", 0),
        (5, "0%", 0),
        (5, "10%", 1),
        (5, "50%", 2),
        (5, "100%", 5),
    ],
)
def test_as_many_as_are_allowed(cloud, bigv_fleet, existing, limit, allowed):
    vms = [{"name": f"web{number:02}", **OFF} for number in range(existing)]
    more = {} if limit is None else {"max_deletions": limit}
    for unlisted in (allowed, min(allowed + 1, existing - 1)):
        listed = [{"name": vm["name"]} for vm in vms[unlisted:]] or [{"name": "new"}]
        cloud.seed(*vms, {"name": "gone", "deleted": True})
        for check_mode in (True, False):
            result = bigv_fleet(groups=["default"], vms=listed, prune="delete", check_mode=check_mode, **more)
            assert bool(result.get("failed")) == (unlisted > allowed), result.get("msg")
        if unlisted <= allowed:
            assert sum(vm["deleted"] for vm in cloud.vms().values()) == 1 + unlisted


@pytest.mark.parametrize("limit", ["-1", "101%", "ten", "", "1.5", "10 percent", "%", "9" * 30])
def test_a_limit_that_is_none(cloud, refused, limit):
    cloud.seed(*FIVE)
    expected = f"max_deletions: must be a number or a percentage, such as 5 or 25%, got {limit!r}"
    assert refused(**TYPO, max_deletions=limit) == expected


def test_what_is_listed_as_absent_counts_only_where_the_limit_is_given(cloud, bigv_fleet):
    task = {
        "groups": [{"name": "staging", "state": "absent"}],
        "vms": [{"name": "web1", "state": "absent"}, {"name": "web2", "state": "absent"}],
        "purge": True,
    }
    cloud.seed(*FIVE, staging=[{"name": "db1"}, {"name": "db2", "deleted": True}])
    result = bigv_fleet(**task, max_deletions=2)
    assert result["msg"].startswith("max_deletions: this would delete 3 of the 6 VMs")
    assert "web1.default.acme, web2.default.acme" in result["msg"]
    assert cloud.writes() == []
    assert bigv_fleet(**task, max_deletions=3)["changed"]
    cloud.seed(*FIVE, staging=[{"name": "db1"}])
    assert bigv_fleet(**task)["changed"]


@pytest.mark.parametrize(
    "task",
    [
        {"vms": [{"name": "web1"}], "groups": ["staging"]},
        {"vms": [{"name": "web1"}, {"name": "db1.staging"}]},
        {"vms": [{"name": "web1"}, {"name": "db1", "group": "staging"}]},
        {"vms": [{"name": "web1", "autoreboot": True}], "defaults": {"autoreboot": True}},
    ],
)
def test_a_group_that_is_only_implied_is_not_pruned(cloud, bigv_fleet, task):
    cloud.seed({"name": "web1"}, {"name": "bystander"}, staging=[{"name": "db1"}])
    for prune in ("report", "delete"):
        result = bigv_fleet(**task, prune=prune, max_deletions="100%")
        assert "bystander" not in str(result["unmanaged"])
    assert not cloud.vms()["bystander"]["deleted"]


def test_the_group_of_a_vm_by_id_is_not_pruned(cloud, bigv_fleet):
    cloud.seed(staging=[{"name": "db1"}, {"name": "bystander"}])
    task = {"vms": [{"id": cloud.vms("staging")["db1"]["id"]}], "prune": "delete"}
    assert bigv_fleet(**task)["unmanaged"] == []
    assert not cloud.vms("staging")["bystander"]["deleted"]


@pytest.mark.parametrize(
    "task",
    [
        {"groups": ["staging"], "vms": [{"name": "db1.staging"}]},
        {"vms": [{"name": "db1.staging"}]},
        {"vms": [{"name": "db1", "group": "staging"}]},
        {"defaults": {"group": "staging"}, "vms": [{"name": "db1"}]},
        {"vms": [{"name": "web1", "new_group": "staging"}, {"name": "db1.staging"}]},
    ],
)
def test_a_group_that_is_named_is_pruned(cloud, bigv_fleet, task):
    cloud.seed({"name": "web1"}, staging=[{"name": "db1"}, {"name": "old1"}])
    assert bigv_fleet(**task, prune="delete")["unmanaged"] == ["old1.staging.acme"]
    assert cloud.vms("staging")["old1"]["deleted"]


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("on_error", ["continue", "stop"])
@pytest.mark.parametrize("path", ["*/virtual_machines", "/accounts/acme/groups"])
def test_nothing_is_pruned_before_everything_else_is_there(cloud, bigv_fleet, wait, on_error, path):
    cloud.seed({"name": "old1"}, {"name": "old2"}, staging=[{"name": "db1"}])
    cloud.faults({"method": "POST", "path": path, "fault": "status", "status": 400})
    task = {
        "groups": ["default", "new", {"name": "staging", "state": "absent"}],
        "vms": [{"name": "web1.default"}, {"name": "web2.default"}],
        "prune": "delete",
        "purge": True,
        "max_deletions": "100%",
    }
    result = bigv_fleet(**task, wait=wait, on_error=on_error)
    assert result["failed"]
    assert {"old1", "old2"} <= set(cloud.vms())
    assert set(cloud.vms("staging")) == {"db1"}
    pruned = [item for item in result["vms"] if item["name"].startswith("old")]
    assert [(item["skipped"], item["changed"]) for item in pruned] == [(True, False)] * 2
    assert all("not everything else succeeded" in item["reason"] for item in pruned)
    assert "Not started because not everything else succeeded: " in result["msg"]
    cloud.control("DELETE", "faults")
    assert not bigv_fleet(**task).get("failed")
    assert set(cloud.vms()) == {"web1", "web2"}
    assert set(cloud.groups()) == {"default", "new"}


def test_a_vm_by_id_leaves_a_group_that_is_to_be_absent(cloud, bigv_fleet):
    cloud.seed(staging=[{"name": "web1"}, {"name": "web2"}])
    vm_id = cloud.vms("staging")["web1"]["id"]
    groups = [{"name": "staging", "state": "absent"}]
    refused = bigv_fleet(groups=groups, vms=[{"id": vm_id}])
    assert "VM web1.staging.acme would be in the group 'staging'" in refused["msg"]
    task = {"groups": groups, "vms": [{"id": vm_id, "new_group": "default"}], "purge": True}
    predicted, done = bigv_fleet(**task, check_mode=True), bigv_fleet(**task)
    assert done["actions"] == predicted["actions"]
    assert "purge VM web1.staging.acme" not in done["actions"]
    assert set(cloud.vms()) == {"web1"}
    assert set(cloud.groups()) == {"default"}


def test_pruning_comes_last(cloud, bigv_fleet):
    cloud.seed({"name": "old1", "autoreboot_on": False})
    bigv_fleet(groups=["default"], vms=[{"name": "web1", "state": "running"}], prune="delete")
    created, shut_down, deleted = cloud.writes()
    assert created["path"].endswith("/virtual_machines")
    assert shut_down["path"].endswith("/old1/signal")
    assert deleted["method"] == "DELETE"


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ({"groups": ["default"], "vms": [{"name": "Web1"}], "prune": "delete", "purge": True}, "'web1'"),
        ({"vms": [{"name": "WEB1", "state": "absent"}]}, "'web1'"),
        ({"vms": [{"name": "web1"}, {"name": "web9", "new_name": "wEb1"}]}, "'web1'"),
        ({"groups": ["Staging"]}, "'staging'"),
        ({"groups": [{"name": "STAGING", "state": "absent"}], "purge": True}, "'staging'"),
    ],
)
def test_a_name_that_differs_in_case_only(cloud, refused, task, said):
    cloud.seed({"name": "web1"}, {"name": "web2"}, staging=[{"name": "db1"}])
    message = refused(**task)
    assert said in message
    assert "in case only" in message


def test_names_that_differ_in_case_and_are_both_there(cloud, bigv_fleet):
    cloud.seed({"name": "web1"}, {"name": "Web1", **OFF})
    assert not bigv_fleet(groups=["default"], vms=[{"name": "web1"}, {"name": "Web1"}], prune="delete")["changed"]
    assert bigv_fleet(groups=["default"], vms=[{"name": "web1"}], prune="delete")["actions"] == [
        "delete VM Web1.default.acme"
    ]
