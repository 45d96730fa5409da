# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What is destroyed is what the plan was made for, and the diff says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.client import Client

OFF = {"power_on": False, "autoreboot_on": False}
DISCS = [{"label": "root", "size": 1024}, {"label": "data", "size": 1024}]
VM = {"name": "web1", "last_imaged_with": "jessie", "discs": DISCS, **OFF}
INSTALL = {"image": "stretch", "discs": [{"label": "root", "size": "1GiB"}]}
PATH = "/accounts/acme/groups/default/virtual_machines/web1"


@pytest.fixture
def meanwhile(monkeypatch) -> Callable[..., None]:
    """Have somebody else act once the plan has been read, right before the first look at what it destroys."""

    def run(act: Callable[[], Any], reads: int = 1) -> None:
        find, seen = Client.find, []

        def find_and_act(self: Client, *arguments: Any, **more: Any) -> Any:
            seen.append(arguments)
            if len(seen) == reads + 1:
                act()
            return find(self, *arguments, **more)

        monkeypatch.setattr(Client, "find", find_and_act)

    return run


def recreate(cloud) -> Callable[[], None]:
    def act() -> None:
        cloud.api("DELETE", f"{PATH}?purge=true")
        discs = [{"label": disc["label"], "size": disc["size"]} for disc in DISCS]
        body = {"virtual_machine": {"name": "web1"}, "discs": discs}
        cloud.api("POST", "/accounts/acme/groups/default/vm_create", body)

    return act


EXTRA = "198.18.0.77"
DELETE_ADDRESS = {"address": EXTRA, "state": "absent", "purge": True}


def with_nic(name: str, nic_id: int, *extra: str, **other: Any) -> dict[str, Any]:
    """Return a VM whose first address ends with the id of its NIC."""
    first = f"198.18.0.{nic_id}"
    return {
        "name": name,
        **OFF,
        "network_interfaces": [{"id": nic_id, "ips": [first], "extra_ips": dict.fromkeys(extra, first)}],
        **other,
    }


TASKS = {
    "bigv_ip": DELETE_ADDRESS,
    "bigv_vm": {"name": "web1", "state": "absent", "purge": True},
    "bigv_disc": {"vm": "web1", "label": "data", "state": "absent", "purge": True},
    "bigv_group": {"name": "staging", "state": "absent", "purge": True},
    "bigv_fleet": {"groups": ["default"], "vms": [{"name": "web2"}], "prune": "delete", "purge": True},
}


@pytest.mark.parametrize(
    ("module_name", "options"),
    [
        ("bigv_vm", {"name": "web1", "state": "absent", "purge": True}),
        ("bigv_vm", {"name": "web1", "state": "absent"}),
        ("bigv_vm", {"name": "web1", "reimage": "always", **INSTALL}),
        ("bigv_disc", {"vm": "web1", "label": "data", "state": "absent", "purge": True}),
        ("bigv_fleet", {"groups": ["default"], "vms": [{"name": "web2"}], "prune": "delete", "purge": True}),
        ("bigv_fleet", {"vms": [{"name": "web1", "state": "absent", "purge": True}]}),
    ],
)
def test_a_vm_that_was_recreated_under_its_name_is_left_alone(request, cloud, meanwhile, module_name, options):
    cloud.seed(VM, {"name": "web2", **OFF})
    old = cloud.vms()["web1"]["id"]
    meanwhile(recreate(cloud))
    result = request.getfixturevalue(module_name)(**options)
    new = cloud.vms()["web1"]
    assert result["failed"], result["actions"]
    assert "is no longer the one that the plan was made for" in result["msg"]
    assert new["id"] != old
    assert (new["deleted"], len(new["discs"])) == (False, 2)


def test_a_soft_deleted_vm_that_was_restored_is_not_replaced(cloud, bigv_vm, meanwhile):
    cloud.seed({**VM, "deleted": True})
    meanwhile(lambda: cloud.api("PUT", PATH, {"deleted": False}))
    result = bigv_vm(name="web1", on_deleted="replace")
    assert "deleted true" in result["msg"]
    assert not cloud.vms()["web1"]["deleted"]


def test_a_vm_that_was_renamed_is_left_alone(cloud, bigv_vm, meanwhile):
    cloud.seed(VM)
    meanwhile(lambda: cloud.api("PUT", PATH, {"name": "precious"}))
    assert "name web1 → precious" in bigv_vm(name="web1", state="absent", purge=True)["msg"]
    assert set(cloud.vms()) == {"precious"}


def test_a_vm_that_is_gone_is_gone(cloud, bigv_vm, meanwhile):
    cloud.seed(VM)
    meanwhile(lambda: cloud.api("DELETE", f"{PATH}?purge=true"))
    result = bigv_vm(name="web1", state="absent", purge=True)
    assert (result["changed"], result["actions"]) == (False, [])


ADDRESS_MEANWHILE = {
    "it moved to another VM": [with_nic("web1", 11), with_nic("web2", 12, EXTRA)],
    "it moved within the VM": [
        {
            **with_nic("web1", 11),
            "network_interfaces": [
                {"id": 11, "ips": ["198.18.0.11"]},
                {"id": 14, "ips": ["198.18.0.14"], "extra_ips": {EXTRA: "198.18.0.14"}},
            ],
        }
    ],
    "its VM is gone, and another has it": [with_nic("web2", 12, EXTRA)],
    "its VM was recreated": [with_nic("web1", 13, EXTRA)],
    "its VM was renamed": [with_nic("www", 11, EXTRA)],
    "its VM has one more": [with_nic("web1", 11, EXTRA, "198.18.0.78")],
    "it has become a primary one": [with_nic("web1", 11), {"name": "web2", "network_interfaces": [{"ips": [EXTRA]}]}],
}


@pytest.mark.parametrize("now", ADDRESS_MEANWHILE.values(), ids=ADDRESS_MEANWHILE)
def test_an_address_that_is_anothers_by_now_is_left_alone(cloud, bigv_ip, meanwhile, now):
    cloud.seed(with_nic("web1", 11, EXTRA), with_nic("web2", 12))
    # The address and its VM are read for the plan. Where ids win, the NIC is found whatever its VM is called.
    meanwhile(lambda: cloud.seed(*now, ids_win=False), reads=2)
    result = bigv_ip(**DELETE_ADDRESS)
    assert (result["failed"], result["changed"], result["actions"]) == (True, False, [])
    assert "Run the task again" in result["msg"]
    assert cloud.writes() == []
    assert EXTRA in cloud.control("GET", "state")["ips"]


def test_an_address_that_somebody_else_deletes_in_the_last_moment_is_gone(cloud, bigv_ip, monkeypatch):
    cloud.seed(with_nic("web1", 11, EXTRA))
    send = Client.send

    def send_too_late(self: Client, *arguments: Any, **more: Any) -> Any:
        cloud.api("DELETE", f"/ips/{EXTRA}")
        return send(self, *arguments, **more)

    monkeypatch.setattr(Client, "send", send_too_late)
    result = bigv_ip(**DELETE_ADDRESS)
    assert (result.get("msg"), result["changed"], result["actions"]) == (None, False, [])


def test_what_is_deleted_is_named_by_its_id(cloud, bigv_vm, bigv_disc, bigv_group):
    cloud.seed(VM, staging=[VM])
    vm = cloud.vms()["web1"]
    staged, group = cloud.vms("staging")["web1"], cloud.groups()["staging"]
    bigv_disc(vm="web1", label="data", state="absent", purge=True)
    bigv_vm(name="web1", reimage="always", **INSTALL)
    bigv_vm(name="web1", state="absent", purge=True)
    bigv_group(name="staging", state="absent", purge=True)
    paths = [write["path"] for write in cloud.writes()]
    group_path, groups_path = PATH.rpartition("/")[0], "/accounts/acme/groups"
    assert f"{PATH}/discs/{vm['discs'][1]['id']}" in paths
    assert f"{group_path}/{vm['id']}/reimage" in paths
    assert paths[-3:] == [
        f"{group_path}/{vm['id']}",
        f"{groups_path}/staging/virtual_machines/{staged['id']}",
        f"{groups_path}/{group['id']}",
    ]


ON = {**VM, "power_on": True, "autoreboot_on": True}
DIFFS = {
    "delete": ("bigv_vm", {"name": "web1", "state": "absent"}, "delete VM web1.default.acme (can be undone"),
    "purge": ("bigv_vm", {"name": "web1", "state": "absent", "purge": True}, "VM web1.default.acme (permanently)"),
    "restart": ("bigv_vm", {"name": "web1", "memory": "2GiB", "allow_restart": True}, "down (restarts it)"),
    "restarted": ("bigv_vm", {"name": "web1", "state": "restarted"}, "down (restarts it)"),
    "wipe": ("bigv_vm", {"name": "web1", "reimage": "always", "image": "jessie"}, "wipes its first disc (permanently)"),
    "create": ("bigv_vm", {"name": "new", "rdns": "www.example.com"}, "to www.example.com"),
    "replace": ("bigv_vm", {"name": "gone", "on_deleted": "replace"}, "purge VM gone.default.acme (permanently)"),
    "disc": ("bigv_disc", TASKS["bigv_disc"], "purge disc data of VM web1.default.acme (permanently)"),
    "group": ("bigv_group", TASKS["bigv_group"], "delete group staging.acme (permanently)"),
    "address": ("bigv_ip", DELETE_ADDRESS, f"address {EXTRA} of VM web3.default.acme (permanently)"),
    "fleet": ("bigv_fleet", TASKS["bigv_fleet"] | {"max_deletions": "100%"}, "web1.default.acme (permanently)"),
}  # fmt: skip


@pytest.mark.parametrize(("module_name", "options", "line"), DIFFS.values(), ids=DIFFS)
def test_the_diff_begins_with_what_is_done(request, cloud, module_name, options, line):
    cloud.seed(
        ON,
        {**VM, "name": "gone", "deleted": True},
        {"name": "web2"},
        with_nic("web3", 13, EXTRA),
        staging=[{"name": "db1"}],
    )
    module = request.getfixturevalue(module_name)
    predicted, done = module(**options, check_mode=True), module(**options)
    for result in (predicted, done):
        diffs = result["diff"] if isinstance(result["diff"], list) else [result["diff"]]
        announced = [said for diff in diffs for said in diff["after"]["actions"]]
        assert len(announced) == len(result["actions"])
        assert any(line in said for said in announced), announced
        for diff in diffs:
            assert sorted(diff["after"])[0] == "actions"
            assert "actions" not in diff["before"]
    again = module(**options)
    if not again["actions"]:
        assert "actions" not in str(again["diff"])


def test_the_reverse_dns_of_a_new_vm_is_in_its_diff(cloud, bigv_vm):
    predicted = bigv_vm(name="web1", rdns="www.example.com", check_mode=True)
    done = bigv_vm(name="web1", rdns="www.example.com")
    assert predicted["diff"]["after"]["rdns"] == done["diff"]["after"]["rdns"]
    assert set(done["diff"]["after"]["rdns"].values()) == {"www.example.com"}


def test_the_summary_of_a_fleet_in_words(cloud, bigv_fleet):
    cloud.seed(
        {**ON, "name": "web1"}, {**ON, "name": "web2"}, {**ON, "name": "web3"}, {**ON, "name": "old1"},
        staging=[{"name": "db1"}, {"name": "db2"}],
    )  # fmt: skip
    task = {
        "groups": ["default", {"name": "staging", "state": "absent"}],
        "vms": [
            {"name": "new1"},
            {"name": "new2"},
            {"name": "web1", "memory": "2GiB", "allow_restart": True},
            {"name": "web2", "reimage": "always", "image": "stretch"},
            {"name": "web3", "state": "absent"},
        ],
        "prune": "delete",
        "purge": True,
    }
    predicted = bigv_fleet(**task, check_mode=True)
    done = bigv_fleet(**task)
    assert predicted["summary"]["text"] == (
        "2 to create, 2 to change (2 restarts, 1 wiped), 4 to delete (3 permanently), groups: 1 to delete (1 "
        "permanently)"
    )
    assert done["summary"]["text"] == (
        "2 created, 2 changed (2 restarts, 1 wiped), 4 deleted (3 permanently), groups: 1 deleted (1 permanently)"
    )
    again = bigv_fleet(groups=["default"], vms=[{"name": "new1"}])
    assert again["summary"]["text"] == "nothing changed"


@pytest.mark.parametrize("image", [None, ""])
def test_an_image_that_is_not_known_is_not_another_one(cloud, bigv_vm, bigv_fleet, image):
    cloud.seed({**VM, "last_imaged_with": image})
    task = {"name": "web1", "reimage": "changed", "image": "stretch"}
    for result in (bigv_vm(**task), bigv_fleet(vms=[task])):
        assert not result["changed"]
        (warning,) = result["warnings"]
        assert "reimage: always" in warning
        assert "web1.default.acme" in warning
    assert cloud.writes() == []
    assert bigv_vm(**task | {"reimage": "always"})["vm"]["last_imaged_with"] == "stretch"


def test_a_vm_that_is_being_built_is_stopped_all_the_same(cloud, bigv_vm, bigv_vm_info):
    cloud.settings(build_time=1, building_is_202=False)
    bigv_vm(name="web1", autoreboot=True, wait=False)
    vm = cloud.vms()["web1"]
    assert (vm["power_on"], vm["autoreboot_on"]) == (False, True)
    cloud.clear()
    predicted, done = bigv_vm(name="web1", state="stopped", check_mode=True), bigv_vm(name="web1", state="stopped")
    assert done["actions"] == predicted["actions"] == ["stop VM web1.default.acme from starting"]
    assert [write["body"] for write in cloud.writes()] == [{"autoreboot_on": False, "power_on": False}]
    cloud.control("PUT", "clock", {"advance": 10})
    assert not bigv_vm(name="web1", state="stopped")["changed"]
    assert not cloud.vms()["web1"]["power_on"]


def test_waiting_for_stopped_takes_more_than_a_vm_that_is_off(cloud, bigv_vm_info):
    cloud.seed({"name": "web1", "power_on": False, "autoreboot_on": True})
    assert "autoreboot_on true" in bigv_vm_info(name="web1", wait_for="stopped", wait_timeout=0)["msg"]
    cloud.api("PUT", PATH, {"autoreboot_on": False})
    assert bigv_vm_info(name="web1", wait_for="stopped", wait_timeout=0)["vms"]


def test_a_vm_that_has_started_by_itself_does_not_keep_its_old_hardware(cloud, bigv_vm, meanwhile):
    """One that is off with autoreboot on may be about to start."""
    cloud.seed({**VM, "autoreboot_on": True})
    meanwhile(lambda: cloud.api("PUT", PATH, {"power_on": True}))
    task = {"name": "web1", "state": "running", "memory": "2GiB", "allow_restart": True}
    result = bigv_vm(**task)
    assert "power_on false → true" in result["msg"]
    assert [write for write in cloud.writes() if "memory" in str(write["body"])] == []
    assert bigv_vm(**task)["changed"]
    assert cloud.vms()["web1"]["running_hardware"]["memory"] == 2048
    cloud.seed({**VM, "autoreboot_on": True})
    assert bigv_vm(**task)["actions"][-1] == "start VM web1.default.acme"


def test_the_diff_of_a_vm_without_addresses_shows_no_reverse_dns(cloud, bigv_vm):
    cloud.seed({**VM, "network_interfaces": []})
    result = bigv_vm(name="web1", memory="2GiB", rdns="www.example.com")
    assert result["changed"]
    assert "rdns" not in result["diff"]["after"]
