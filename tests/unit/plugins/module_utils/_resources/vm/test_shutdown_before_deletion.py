# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A VM that is on is shut down before it is deleted, and is started again if it is not."""

from __future__ import annotations

import pytest

ON = {"name": "web1"}
SHUTDOWN = ["change VM web1.default.acme: autoreboot_on true → false", "shut VM web1.default.acme down"]


def refused(method: str) -> dict[str, object]:
    return {"method": method, "path": "*/virtual_machines/*", "fault": "status", "status": 403}


@pytest.mark.parametrize("purge", [False, True])
@pytest.mark.parametrize("wait", [False, True])
@pytest.mark.parametrize("autoreboot", [False, True])
def test_a_vm_that_is_not_deleted_is_started_again(cloud, bigv_vm, purge, wait, autoreboot):
    cloud.seed({**ON, "autoreboot_on": autoreboot})
    cloud.faults(refused("DELETE"))
    result = bigv_vm(name="web1", state="absent", purge=purge, wait=wait)
    assert result["error"]["status"] == 403
    assert result["actions"] == [*SHUTDOWN[not autoreboot :], "start VM web1.default.acme again"]
    vm = cloud.vms()["web1"]
    assert (vm["power_on"], vm["autoreboot_on"], vm["deleted"]) == (True, autoreboot, False)


def test_a_fleet_shows_one_that_is_not_deleted_as_it_is(cloud, bigv_fleet):
    cloud.seed(ON)
    cloud.faults(refused("DELETE"))
    (entry,) = bigv_fleet(vms=[{**ON, "state": "absent"}])["vms"]
    assert entry["error"]["status"] == 403
    assert entry["vm"]["power_on"]


def test_one_that_does_not_shut_down_is_not_deleted(cloud, bigv_vm):
    cloud.seed(ON, ignore_acpi=True)
    result = bigv_vm(**ON, state="absent", shutdown_timeout=0)
    assert result["msg"].endswith("or shutdown_before_deletion: false to delete it without a shutdown.")
    vm = cloud.vms()["web1"]
    assert (vm["power_on"], vm["autoreboot_on"], vm["deleted"]) == (True, True, False)
    assert bigv_vm(**ON, state="absent", shutdown_timeout=0, force_stop=True)["actions"] == [
        *SHUTDOWN, "forcibly power off VM web1.default.acme", "delete VM web1.default.acme",
    ]  # fmt: skip


def test_another_that_has_got_the_name_meanwhile_is_left_alone(cloud, bigv_vm, monkeypatch):
    """Right before the deletion, the VM is renamed and a VM that is off takes its name."""
    from ansible_collections.bytemark.cloud.plugins.module_utils._core.executor import Executor

    confirm = Executor._confirm

    def meanwhile(self, target, summary):
        if summary.startswith("delete"):
            path = "/accounts/acme/groups/default/virtual_machines"
            cloud.api("PUT", f"{path}/web1", {"name": "moved"})
            cloud.api("POST", path, {"name": "web1", "autoreboot_on": False})
        return confirm(self, target, summary)

    monkeypatch.setattr(Executor, "_confirm", meanwhile)
    cloud.seed(ON)
    result = bigv_vm(**ON, state="absent")
    assert "is no longer the one that the plan was made for" in result["msg"]
    vms = cloud.vms()
    assert not vms["web1"]["power_on"]
    assert not vms["web1"]["deleted"]


@pytest.mark.parametrize("module", ["bigv_vm", "bigv_fleet"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_one_that_is_protected_is_not_shut_down(request, cloud, module, check_mode):
    cloud.seed(ON)
    task = {**ON, "state": "absent"}
    options = task if module == "bigv_vm" else {"vms": [task]}
    result = request.getfixturevalue(module)(**options, protect=["web*"], check_mode=check_mode)
    assert result["msg"].startswith("protect: ")
    assert cloud.writes() == []


def test_a_fleet_counts_it_as_one_deletion_of_several_actions(cloud, bigv_fleet):
    cloud.seed(ON, {"name": "web2", "power_on": False})
    task = {"vms": [{"name": "web1", "state": "absent"}, {"name": "web2", "state": "absent"}], "max_deletions": 2}
    predicted, done = bigv_fleet(**task, check_mode=True), bigv_fleet(**task)
    assert predicted["actions"] == done["actions"]
    assert done["vms"][0]["actions"] == [*SHUTDOWN, "delete VM web1.default.acme"]
    assert predicted["diff"][0]["after"]["actions"][-1] == "delete VM web1.default.acme (can be undone for 21 days)"
    assert (predicted["summary"]["text"], done["summary"]["text"]) == ("2 to delete", "2 deleted")


@pytest.mark.parametrize("place", ["vms", "defaults"])
def test_a_fleet_deletes_as_it_is_where_it_is_told_to(cloud, bigv_fleet, place):
    cloud.seed(ON)
    as_it_is = {"shutdown_before_deletion": False}
    vm = {**ON, "state": "absent", **(as_it_is if place == "vms" else {})}
    result = bigv_fleet(vms=[vm], defaults=as_it_is if place == "defaults" else {})
    assert result["actions"] == ["delete VM web1.default.acme"]


def test_what_is_pruned_is_shut_down_by_the_defaults(cloud, bigv_fleet):
    cloud.seed({"name": "web2"}, ON, ignore_acpi=True)
    task = {"groups": ["default"], "vms": [{"name": "web2"}], "prune": "delete"}
    assert "web1.default.acme" in bigv_fleet(**task, defaults={"shutdown_timeout": 0})["msg"]
    done = bigv_fleet(**task, defaults={"shutdown_timeout": 0, "force_stop": True})
    assert done["actions"][-2:] == ["forcibly power off VM web1.default.acme", "delete VM web1.default.acme"]
    refused = bigv_fleet(**task, defaults={"shutdown_timeout": -1})
    assert "defaults.shutdown_timeout: must be at least 0, got -1" in refused["msg"]


def test_a_group_takes_its_vms_as_they_are(cloud, bigv_fleet, bigv_group):
    for module, options in ((bigv_fleet, {"groups": [{"name": "staging", "state": "absent"}]}),
                            (bigv_group, {"name": "staging", "state": "absent"})):  # fmt: skip
        cloud.seed(staging=[ON])
        assert module(**options, purge=True)["actions"] == ["purge VM web1.staging.acme", "delete group staging.acme"]


@pytest.mark.parametrize("purge", [False, True])
def test_one_that_is_soft_deleted_is_not_shut_down(cloud, bigv_vm, purge):
    cloud.seed({**ON, "deleted": True})
    result = bigv_vm(**ON, state="absent", purge=purge)
    assert result["actions"] == (["purge VM web1.default.acme"] if purge else [])
