# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_vm for real, against the simulated cloud: creation, change, removal, refusals."""

from __future__ import annotations

import pytest

ID = "GET /accounts/acme/groups/default/virtual_machines/web1"
DISCS = [{"size": "25GiB"}, {"label": "data", "size": "10 GiB", "storage_grade": "ssd"}]


@pytest.mark.parametrize(
    ("task", "autoreboot", "on"),
    [
        ({}, False, False),
        ({"state": "running"}, True, True),
        ({"state": "stopped"}, False, False),
        ({"image": "stretch", "discs": DISCS}, True, True),
        ({"image": "stretch", "discs": DISCS, "autoreboot": False}, False, True),
        ({"image": "stretch", "discs": DISCS, "state": "stopped"}, False, False),
        ({"cdrom_url": "https://example.com/rescue.iso"}, True, True),
        ({"autoreboot": True}, True, True),
        ({"autoreboot": False, "state": "running"}, False, True),
    ],
)
def test_autoreboot_and_power_at_creation(cloud, bigv_vm, task, autoreboot, on):
    predicted = bigv_vm(name="web1", check_mode=True, **task)
    done = bigv_vm(name="web1", **task)
    for result in (predicted, done):
        assert (result["vm"]["autoreboot_on"], result["vm"]["power_on"]) == (autoreboot, on)
    assert not bigv_vm(name="web1", **task)["changed"]


def test_creation_waits_for_the_build(cloud, bigv_vm):
    cloud.settings(build_time=0.4)
    assert bigv_vm(name="web1", state="running")["vm"]["power_on"]
    polls = [call for call in cloud.calls() if call == ID]
    assert len(polls) > 2

    assert not bigv_vm(name="web2", state="running", wait=False)["vm"]["power_on"]


def test_waiting_ends_with_what_was_waited_for_and_last_seen(cloud, bigv_vm):
    cloud.settings(build_time=60)
    result = bigv_vm(name="web1", state="running", wait_timeout=0)
    assert result["failed"]
    assert result["changed"]
    assert result["actions"] == ["create VM web1.default.acme"]
    assert "for VM web1.default.acme to be powered on with an address; last seen: power_on false" in result["msg"]
    assert "wait_timeout" in result["msg"]


def test_hardware_of_a_running_vm_is_pending(cloud, bigv_vm):
    cloud.seed({"name": "web1", "memory": 1024}, hardware_changes="pending")
    predicted = bigv_vm(name="web1", memory="2G", check_mode=True)
    done = bigv_vm(name="web1", memory="2G")
    for result in (predicted, done):
        assert result["restart_required"]
        assert "gets its new memory at its next start" in str(result["warnings"])
    assert done["diff"] == predicted["diff"]
    assert cloud.vms()["web1"]["running_hardware"]["memory"] == 1024
    assert not bigv_vm(name="web1", memory="2G")["restart_required"]


def test_refusal_of_a_running_vm_names_allow_restart(cloud, bigv_vm):
    cloud.seed({"name": "web1", "memory": 1024}, hardware_changes="refused")
    result = bigv_vm(name="web1", memory="2G")
    assert result["failed"]
    assert not result["changed"]
    assert "allow_restart: true" in result["msg"]
    assert result["error"]["status"] == 400
    assert "memory" in result["error"]["problems"]


@pytest.mark.parametrize("hardware_changes", ["pending", "refused"])
def test_allow_restart(cloud, bigv_vm, hardware_changes):
    cloud.seed({"name": "web1", "memory": 1024}, hardware_changes=hardware_changes)
    done = bigv_vm(name="web1", memory="2G", allow_restart=True)
    vm = cloud.vms()["web1"]
    assert (vm["power_on"], vm["autoreboot_on"], vm["running_hardware"]["memory"]) == (True, True, 2048)
    assert not done["restart_required"]


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"discs": [{"label": "data", "size": "500"}]}, "discs[0].size: disc 'data' is 1000 MiB and cannot shrink"),
        ({"discs": [{"label": "sdb", "size": "500"}]}, "discs[0].label: a disc cannot be called 'sdb'"),
        ({"discs": [{"label": "new"}]}, "discs[0].size: is required to create disc 'new'"),
        (
            {"discs": [{"label": "data", "storage_grade": "sdd"}]},
            "discs[0].storage_grade: 'sdd' is not one of the API's storage_grades: sata, ssd, archive",
        ),
        ({"discs": [{"label": "data"}, {"label": "data"}]}, "discs[1].label: 'data' is listed twice"),
        (
            {"discs": [{"label": f"d{number}", "size": "1G"} for number in range(8)]},
            "discs: VM web1.default.acme would have 10 discs, but the maximum is 8",
        ),
        ({"zone": "manchester"}, "zone: VM web1.default.acme is in 'york' and cannot move to 'manchester'"),
        ({"hardware_profile": "virtio"}, "hardware_profile: 'virtio' is not one of the API's hardware_profiles:"),
        ({"keymap": "klingon"}, "keymap: 'klingon' is not one of the API's keymaps:"),
        ({"memory": "2GB"}, "memory: '2GB' is not a size"),
        ({"memory": "0.3M"}, "memory: must be a whole number of MiB, got '0.3M'"),
        ({"memory": "0"}, "memory: must be at least 1 MiB, got '0'"),
        ({"cores": 0}, "cores: must be at least 1, got 0"),
        ({"state": "stopped", "autoreboot": True}, "autoreboot: true contradicts state: stopped"),
        ({"reimage": "always"}, "reimage: 'always' requires an image"),
        ({"image": "beos", "reimage": "always"}, "image: 'beos' is not one of the API's distributions: symbiosis,"),
        ({"name": "new", "image": "beos", "discs": DISCS}, "image: 'beos' is not one of the API's distributions"),
        ({"name": "new", "image": "stretch"}, "discs: the image 'stretch' requires a disc"),
        ({"name": "new", "zone": "mars"}, "zone: 'mars' is not one of the API's zone_names: york, manchester"),
        ({"name": "new", "account": "nobody"}, "account: there is no account 'nobody'"),
        ({"name": "web1/../web2"}, "is not a valid name"),
        ({"name": "web1.default.acme", "group": "staging"}, "group: 'staging' contradicts name: 'web1.default.acme'"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(cloud, bigv_vm, task, message):
    discs = [{"label": "root", "size": 25600}, {"label": "data", "size": 1000}]
    cloud.seed({"name": "web1", "zone_name": "york", "discs": discs})
    for check_mode in (True, False):
        result = bigv_vm(**({"name": "web1"} | task), check_mode=check_mode)
        assert result.get("failed")
        assert message in result["msg"]
    assert cloud.writes() == []


@pytest.mark.parametrize("task", [{"name": "new", "group": "nothing"}, {"name": "web1", "new_group": "nothing"}])
def test_a_group_that_is_missing_is_refused_and_in_check_mode_a_warning(cloud, bigv_vm, task):
    cloud.seed({"name": "web1"})
    done, predicted = (bigv_vm(**task, check_mode=check_mode) for check_mode in (False, True))
    assert "group: account acme has no group 'nothing'. Create it first" in done["msg"]
    assert "account acme has no group 'nothing'" in predicted["warnings"][0]
    assert not predicted.get("failed")
    assert cloud.writes() == []


def test_absent_soft_deletes_and_purge_is_for_good(cloud, bigv_vm):
    cloud.seed({"name": "web1"})
    assert bigv_vm(name="web1", state="absent")["vm"] is None
    assert cloud.vms()["web1"]["deleted"]
    assert bigv_vm(name="web1", state="absent", purge=True)["actions"] == ["purge VM web1.default.acme"]
    assert cloud.vms() == {}
    assert not bigv_vm(name="web1", state="absent", purge=True)["changed"]


def test_api_refusal_says_what_and_why(cloud, bigv_vm):
    result = bigv_vm(name="web1", cores=100000, memory=7)
    assert result["failed"]
    assert result["msg"].startswith("Could not create VM web1.default.acme: the API answered 400: ")
    assert result["error"]["status"] == 400
    assert result["error"]["problems"]
    assert result["error"]["method"] == "POST"
    assert result["error"]["url"] == f"{cloud.api_url}/accounts/acme/groups/default/virtual_machines"


def test_generated_root_password_is_returned_only_on_request(cloud, bigv_vm):
    task = {"image": "stretch", "discs": DISCS}
    assert "root_password" not in bigv_vm(name="web1", **task)
    assert len(bigv_vm(name="web2", return_root_password=True, **task)["root_password"]) >= 20
    assert "root_password" not in bigv_vm(name="web2", return_root_password=True, **task)


@pytest.mark.parametrize("options", [{"name": "Web1"}, {"name": "new", "new_name": "WEB1"}, {"name": "web1.Staging"}])
def test_a_name_that_differs_in_case_is_not_created(cloud, bigv_vm, options):
    cloud.seed({"name": "web1"}, {"name": "gone", "deleted": True}, staging=[{"name": "web1"}])
    for check_mode in (True, False):
        result = bigv_vm(**options, check_mode=check_mode)
        assert result["failed"]
        assert "in case only" in result["msg"]
    assert bigv_vm(name="Gone")["failed"]
    assert not bigv_vm(name="Web1", state="absent")["changed"]
    assert cloud.writes() == []


def test_an_image_without_a_name_is_refused_before_the_shutdown(cloud, bigv_vm):
    cloud.seed({"name": "web1", "power_on": True, "last_imaged_with": "jessie", "discs": [{"size": 1024}]})
    assert "is not one of the API's distributions" in bigv_vm(name="web1", image="", reimage="changed")["msg"]
    assert cloud.writes() == []
