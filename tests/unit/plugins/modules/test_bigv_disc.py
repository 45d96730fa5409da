# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_disc, bigv_disc_info and bigv_vm_info, for real, against the simulated cloud."""

from __future__ import annotations

import pytest

OFF = {"power_on": False, "autoreboot_on": False}
VM = "/accounts/acme/groups/default/virtual_machines/db1"


@pytest.fixture(autouse=True)
def vms(cloud):
    """db1 with the discs vda and data, and db2 with one disc; both off."""
    discs = [{"label": "vda", "size": 25600}, {"label": "data", "size": 1024}]
    cloud.seed({"name": "db1", "discs": discs, **OFF}, {"name": "db2", "discs": [{"size": 25600}], **OFF})


def sizes(cloud, vm="db1"):
    return {disc["label"]: disc["size"] for disc in cloud.vms()[vm]["discs"]}


def test_by_id(cloud, bigv_disc):
    disc_id = cloud.vms()["db1"]["discs"][1]["id"]
    assert not bigv_disc(id=disc_id, size="1GiB")["changed"]
    assert cloud.calls() == [f"GET /discs/{disc_id}"]
    predicted = bigv_disc(id=disc_id, size="3GiB", check_mode=True)
    done = bigv_disc(id=disc_id, size="3GiB")
    assert (done["disc"], done["diff"]) == (predicted["disc"], predicted["diff"])
    assert sizes(cloud)["data"] == 3072
    assert bigv_disc(id=disc_id, state="absent", purge=True)["changed"]
    assert sizes(cloud) == {"vda": 25600}
    assert not bigv_disc(id=disc_id, state="absent", purge=True)["changed"]
    assert "there is no disc with this id" in bigv_disc(id=disc_id, size="3GiB")["msg"]


def test_vm_by_id(cloud, bigv_disc):
    vm_id = cloud.vms()["db1"]["id"]
    assert bigv_disc(vm=str(vm_id), label="data", size="2GiB")["changed"]
    cloud.clear()
    assert not bigv_disc(vm=str(vm_id), label="data", size="2GiB")["changed"]
    assert cloud.calls() == ["GET /accounts/acme/groups/default/virtual_machines"]


def test_move_creates_on_the_new_vm_where_neither_has_it(cloud, bigv_disc):
    assert bigv_disc(vm="db1", label="logs", new_vm="db2", size="1GiB")["changed"]
    assert sizes(cloud, "db2")["logs"] == 1024


def test_absent_on_a_vm_that_is_not_there(cloud, bigv_disc):
    assert not bigv_disc(vm="nothing", label="data", state="absent", purge=True)["changed"]


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"label": "data", "size": "512M"}, "size: disc 'data' is 1 GiB and cannot shrink to 512 MiB"),
        ({"label": "data", "state": "absent"}, "purge: discs are always deleted permanently"),
        ({"label": "sdb", "size": "1G"}, "label: a disc cannot be called 'sdb'"),
        ({"label": "data", "new_label": "hdc"}, "new_label: a disc cannot be called 'hdc'"),
        ({"label": "data", "new_label": "vda"}, "new_label: VM db1.default.acme already has another disc called"),
        ({"label": "logs"}, "size: is required to create disc 'logs'"),
        ({"label": "logs", "size": "1G", "storage_grade": "sad"}, "storage_grade: 'sad' is not one of the API's"),
        (
            {"label": "data", "storage_grade": "sad"},
            "storage_grade: 'sad' is not one of the API's storage_grades: sata",
        ),
        ({"label": "vda", "new_vm": "db2"}, "new_vm: 'vda' is the root disc of VM db1.default.acme"),
        ({"label": "data", "size": "2G", "account": "nobody"}, "nobody"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(cloud, bigv_disc, task, message):
    for check_mode in (True, False):
        result = bigv_disc(**({"vm": "db1"} | task), check_mode=check_mode)
        assert result.get("failed")
        assert message in result["msg"]
    assert cloud.writes() == []


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"label": "data", "new_vm": "nothing"}, "new_vm: there is no VM nothing.default.acme"),
        ({"vm": "nothing", "label": "data"}, "vm: there is no VM nothing.default.acme"),
    ],
)
def test_a_vm_that_is_missing_is_refused_and_in_check_mode_a_warning(cloud, bigv_disc, task, message):
    done, predicted = (bigv_disc(**({"vm": "db1"} | task), check_mode=check_mode) for check_mode in (False, True))
    assert message in done["msg"]
    assert message in predicted["warnings"][0]
    assert not predicted.get("failed")
    assert cloud.writes() == []


def test_move_to_a_running_vm_is_refused(cloud, bigv_disc):
    cloud.api("PUT", "/accounts/acme/groups/default/virtual_machines/db2", {"power_on": True})
    cloud.clear()
    result = bigv_disc(vm="db1", label="data", new_vm="db2")
    assert "new_vm: VM db2.default.acme is on, and a disc can only be moved between VMs that are off" in result["msg"]
    assert cloud.writes() == []


def test_info(cloud, bigv_disc_info):
    assert [disc["label"] for disc in bigv_disc_info(vm="db1")["discs"]] == ["vda", "data"]
    assert len(bigv_disc_info()["discs"]) == 3
    assert len(bigv_disc_info(group="staging")["discs"]) == 0
    assert [disc["size"] for disc in bigv_disc_info(label="data")["discs"]] == [1024]
    assert bigv_disc_info(vm="nothing")["discs"] == []
    disc_id = cloud.vms()["db1"]["discs"][1]["id"]
    assert bigv_disc_info(id=disc_id)["discs"][0]["label"] == "data"
    assert bigv_disc_info(id=999999)["discs"] == []


@pytest.mark.parametrize("flat_overview", [True, False])
def test_vm_info_costs_the_same_however_many_vms(cloud, bigv_vm_info, flat_overview):
    cloud.seed(
        *({"name": f"web{number}"} for number in range(20)),
        {"name": "old", "deleted": True},
        staging=[{"name": "web1"}],
        flat_overview=flat_overview,
    )
    vms = bigv_vm_info(group="default")["vms"]
    assert len(vms) == 20
    assert all(vm["ipv4"] and vm["discs"] for vm in vms)
    assert len(cloud.calls()) == (1 if flat_overview else 3)
    assert len(bigv_vm_info()["vms"]) == 21
    assert len(bigv_vm_info(group="default", include_deleted=True)["vms"]) == 21
    assert [vm["hostname"] for vm in bigv_vm_info(name="web1.staging")["vms"]] == ["web1.staging.acme.uk0.bigv.io"]
    assert bigv_vm_info(name="nothing")["vms"] == []
    assert "there is no account 'nobody'" in bigv_vm_info(account="nobody")["msg"]
    waiting = {"account": "nobody", "name": "web1", "wait_for": "running", "wait_timeout": 60}
    assert "there is no account 'nobody'" in bigv_vm_info(**waiting)["msg"]
    vm_id = vms[3]["id"]
    assert [vm["name"] for vm in bigv_vm_info(id=vm_id)["vms"]] == ["web3"]
    assert bigv_vm_info(id=999999)["vms"] == []


def test_vm_info_waits(cloud, bigv_vm_info):
    cloud.seed({"name": "web1"}, staging=[{"name": "web2", **OFF}])
    assert bigv_vm_info(name="web1", wait_for="running")["vms"][0]["power_on"]
    assert not bigv_vm_info(name="web2.staging", wait_for="stopped")["vms"][0]["power_on"]
    assert bigv_vm_info(name="nothing", wait_for="absent")["vms"] == []
    result = bigv_vm_info(name="web1", wait_for="stopped", wait_timeout=0)
    assert result["failed"]
    assert "for VM web1.default.acme to be stopped; last seen: power_on true" in result["msg"]
    assert "name, id" in bigv_vm_info(wait_for="stopped")["msg"]
