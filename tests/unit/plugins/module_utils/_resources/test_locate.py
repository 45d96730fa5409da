# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A number in place of a name is a name first and an id second, whichever of the two the API prefers.

Where it is both, the task is refused; where it is an id, what is given beside it has to fit.
"""

from __future__ import annotations

from typing import Any

import pytest

OFF = {"power_on": False, "autoreboot_on": False}
CI = "7483920"


@pytest.fixture(params=[False, True], ids=["names win", "ids win"], autouse=True)
def ids_win(request, cloud) -> bool:
    cloud.settings(ids_win=request.param)
    return request.param


@pytest.fixture
def seed(cloud):
    """Replace the cloud: accounts by name or by (name, id), their groups alike, and the VMs of each."""

    def named(key: Any) -> dict[str, Any]:
        return {"name": key} if isinstance(key, str) else {"name": key[0], "id": key[1]}

    def run(accounts: dict[Any, dict[Any, list[dict[str, Any]]]]) -> None:
        document = [
            {**named(account), "groups": [{**named(group), "virtual_machines": vms} for group, vms in groups.items()]}
            for account, groups in accounts.items()
        ]
        cloud.control("POST", "seed", {"accounts": document})
        cloud.clear()

    return run


@pytest.fixture
def existing(cloud):
    """Return the names of all VMs that are not deleted, with their group and account."""

    def read() -> set[str]:
        return {
            f"{vm['name']}.{group['name']}.{account['name']}"
            for account in cloud.control("GET", "state")["accounts"]
            for group in account["groups"]
            for vm in group["virtual_machines"]
            if not vm["deleted"]
        }

    return read


def vm(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, **OFF, **more}


def test_pruning_a_vm_whose_name_is_the_id_of_another(seed, existing, bigv_fleet):
    seed({"acme": {"web": [vm("1001", id=7), vm("web1")], "db": [vm("db-master", id=1001)]}})
    task = {"vms": [{"name": "web1.web"}, {"name": "db-master.db"}], "prune": "delete", "purge": True}
    assert bigv_fleet(**task)["actions"] == ["purge VM 1001.web.acme"]
    assert existing() == {"web1.web.acme", "db-master.db.acme"}


def test_a_vm_whose_id_is_the_name_of_another(seed, existing, bigv_vm, bigv_fleet, bigv_group):
    """Where a name wins over an id, going by the id alone would hit the other."""
    cloud = {"acme": {"default": [vm("1001", id=7), vm("web1", id=1001), vm("web2")]}}
    for purge in (
        lambda: bigv_vm(name="web1", state="absent", purge=True),
        lambda: bigv_vm(id=1001, state="absent", purge=True),
        lambda: bigv_fleet(vms=[{"name": "web1", "state": "absent", "purge": True}]),
        lambda: bigv_fleet(groups=["default"], vms=[{"id": 7}, {"name": "web2"}], prune="delete", purge=True),
    ):
        seed(cloud)
        assert purge()["actions"] == ["purge VM web1.default.acme"]
        assert existing() == {"1001.default.acme", "web2.default.acme"}


def test_a_disc_is_purged_on_the_vm_that_is_meant(cloud, seed, bigv_disc):
    disc = [{"label": "root", "size": 1024}, {"label": "data", "size": 1024}]
    task = {"vm": "1001", "group": "web", "label": "data", "state": "absent", "purge": True}
    seed({"acme": {"web": [vm("other")], "db": [vm("db1", id=1001, discs=disc)]}})
    assert not bigv_disc(**task)["changed"]
    seed({"acme": {"web": [vm("1001", id=7, discs=disc)], "db": [vm("db1", id=1001, discs=disc)]}})
    assert bigv_disc(**task)["actions"] == ["purge disc data of VM 1001.web.acme"]
    assert len(cloud.vms("db")["db1"]["discs"]) == 2
    assert len(cloud.vms("web")["1001"]["discs"]) == 1
    seed({"acme": {"web": [vm("web1", id=1001, discs=disc)]}})
    assert bigv_disc(**task)["actions"] == ["purge disc data of VM web1.web.acme"]


def test_the_vm_of_a_disc_in_another_account(seed, bigv_disc):
    disc = [{"label": "root", "size": 1024}, {"label": "data", "size": 1024}]
    seed({"acme": {"default": []}, "globex": {"default": [vm("db1", id=1001, discs=disc)]}})
    assert not bigv_disc(vm="1001", label="data", state="absent", purge=True)["changed"]


@pytest.mark.parametrize("group", [{"group": "web"}, {}])
def test_a_vm_that_is_two_is_refused(cloud, seed, bigv_disc, bigv_vm, bigv_fleet, group):
    disc = [{"label": "root", "size": 1024}, {"label": "data", "size": 1024}]
    name = group.get("group", "default")
    seed({"acme": {name: [vm("1001", id=7, discs=disc), vm("db1", id=1001, discs=disc)], "other": []}})
    for result in (
        bigv_disc(vm="1001", **group, label="data", state="absent", purge=True),
        bigv_vm(name="1001", **group, state="absent", purge=True),
        bigv_fleet(vms=[{"name": "1001", **group, "state": "absent", "purge": True}]),
    ):
        assert "'1001' is the name of one VM and the id of another, 'db1'" in result["msg"]
    assert cloud.writes() == []


def test_a_vm_in_default_and_another_of_that_id_elsewhere_is_refused(cloud, seed, bigv_disc):
    disc = [{"label": "root", "size": 1024}, {"label": "data", "size": 1024}]
    seed({"acme": {"default": [vm("1001", id=7, discs=disc)], "db": [vm("db1", id=1001, discs=disc)]}})
    assert "is the name of one VM and the id of another" in bigv_disc(vm="1001", label="data", size="2GiB")["msg"]
    assert bigv_disc(vm="1001", group="default", label="data", size="2GiB")["changed"]
    assert {d["size"] for d in cloud.vms("db")["db1"]["discs"]} == {1024}


def test_a_label_is_not_the_id_of_another_disc(cloud, seed, bigv_vm, bigv_disc):
    discs = [{"label": "root", "size": 1024}, {"label": "data", "size": 1024, "id": 5004}]
    seed({"acme": {"default": [vm("web1", discs=discs)]}})
    result = bigv_vm(name="web1", discs=[{"label": "5004", "size": "2GiB"}])
    assert "discs[0].label: '5004' is the id of the disc 'data', not a label" in result["msg"]
    assert cloud.writes() == []
    seed({"acme": {"default": [vm("web1", discs=[*discs, {"label": "5004", "size": 1024, "id": 9}])]}})
    assert "is the name of one disc and the id of another" in bigv_disc(vm="web1", label="5004", size="2GiB")["msg"]
    assert cloud.writes() == []


def test_a_disc_whose_label_is_the_id_of_one_of_another_vm(cloud, seed, bigv_disc, bigv_vm):
    root = {"label": "root", "size": 1024}
    vms = [vm("web1", discs=[root, {"label": "5004", "size": 1024, "id": 9}]), vm("db1", discs=[root | {"id": 5004}])]
    seed({"acme": {"default": vms}})
    assert bigv_vm(name="web1", discs=[{"label": "5004", "size": "2GiB"}])["changed"]
    assert bigv_disc(vm="web1", label="5004", size="3GiB")["changed"]
    assert bigv_disc(vm="web1", label="5004", state="absent", purge=True)["changed"]
    assert [d["label"] for d in cloud.vms()["web1"]["discs"]] == ["root"]
    assert [d["size"] for d in cloud.vms()["db1"]["discs"]] == [1024]


def test_the_group_of_a_ci_run(
    cloud, seed, existing, bigv_vm, bigv_vm_info, bigv_disc_info, bigv_group_info, bigv_group
):
    """What the writing modules create, the reading modules find, and the teardown removes."""
    seed({"acme": {"default": [], "other": [vm("job1")]}})
    assert bigv_group(name=CI)["changed"]
    assert bigv_vm(name="job1", group=CI, discs=[{"size": 1024}])["changed"]
    assert not bigv_vm(name="job1", group=CI, discs=[{"size": 1024}])["changed"]
    for found in (
        bigv_vm_info(group=CI),
        bigv_vm_info(group=CI, account=None, api_retries=0),
        bigv_vm_info(name=f"job1.{CI}.acme"),
        bigv_vm_info(name="job1", group=CI, wait_for="stopped"),
    ):
        assert [vm["hostname"] for vm in found["vms"]] == [f"job1.{CI}.acme.uk0.bigv.io"]
    assert len(bigv_disc_info(group=CI)["discs"]) == 1
    assert len(bigv_disc_info(vm=f"job1.{CI}")["discs"]) == 1
    assert [group["name"] for group in bigv_group_info(name=CI)["groups"]] == [CI]
    cloud.clear()
    assert not bigv_group(name=CI)["changed"]
    assert len(cloud.calls()) == 1
    assert bigv_vm(name="job1", group=CI, state="absent", purge=True)["changed"]
    assert bigv_group(name=CI, state="absent")["changed"]
    assert existing() == {"job1.other.acme"}


@pytest.mark.parametrize("nested", [True, False])
def test_a_fleet_of_a_ci_run(cloud, seed, existing, bigv_fleet, nested):
    cloud.settings(flat_overview=nested)
    seed({"acme": {"default": []}, "globex": {"other": [vm("job1")]}})
    task = {"groups": [CI], "vms": [{"name": f"job1.{CI}", "state": "running"}, {"name": "4242", "group": CI}]}
    predicted, done = bigv_fleet(**task, check_mode=True), bigv_fleet(**task)
    assert done["actions"] == predicted["actions"]
    assert not bigv_fleet(**task)["changed"]
    pruned = bigv_fleet(groups=[CI], vms=task["vms"][:1], prune="delete", purge=True)
    assert (pruned.get("msg"), pruned["actions"]) == (None, [f"purge VM 4242.{CI}.acme"])
    assert bigv_fleet(groups=[{"name": CI, "state": "absent"}], purge=True)["changed"]
    assert existing() == {"job1.other.globex"}


def test_a_group_whose_name_is_the_id_of_another(cloud, seed, existing, bigv_vm, bigv_vm_info, bigv_group, bigv_fleet):
    seed({"acme": {("214", 300): [vm("twin0")], ("web", 214): [vm("twin0")]}})
    before = cloud.groups()
    for result in (
        bigv_vm(name="twin0", group="214", state="absent", purge=True),
        bigv_vm_info(group="214"),
        bigv_group(name="214", state="absent", purge=True),
        bigv_fleet(vms=[{"name": "twin0", "group": "214", "state": "absent", "purge": True}]),
        bigv_fleet(groups=[{"name": "214", "state": "absent"}], purge=True),
    ):
        assert "'214' is the name of one group and the id of another, 'web'" in result["msg"]
    assert cloud.groups() == before
    # By another name, each of them can be had.
    assert bigv_vm(name="twin0.web", state="absent", purge=True)["changed"]
    assert existing() == {"twin0.214.acme"}


def test_a_group_of_another_account_with_that_id(seed, existing, bigv_vm, bigv_group, bigv_fleet):
    accounts = {"acme": {("214", 300): [vm("twin0")]}, "globex": {("web", 214): [vm("twin0")]}}
    for purge in (
        lambda: bigv_vm(name="twin0", group="214", state="absent", purge=True),
        lambda: bigv_group(name="214", state="absent", purge=True),
        lambda: bigv_fleet(vms=[{"name": "twin0", "group": "214", "state": "absent", "purge": True}]),
        lambda: bigv_fleet(groups=[{"name": "214", "state": "absent"}], purge=True),
    ):
        seed(accounts)
        assert purge()["changed"]
        assert existing() == {"twin0.web.globex"}


def test_an_account_whose_name_is_the_id_of_another(
    cloud, seed, existing, bigv_vm, bigv_vm_info, bigv_group, bigv_fleet
):
    seed({("214", 9): {"default": [vm("twin0")]}, ("globex", 214): {"default": [vm("twin0")]}})
    for result in (
        bigv_vm(name="twin0", account="214", state="absent", purge=True),
        bigv_vm_info(account="214"),
        bigv_group(name="default", account="214", state="absent", purge=True),
        bigv_fleet(account="214", vms=[{"name": "twin0", "state": "absent", "purge": True}]),
    ):
        assert "'214' is the name of one account and the id of another, 'globex'" in result["msg"]
    assert cloud.writes() == []


@pytest.mark.parametrize("account", ["214", "9"])
def test_an_account_by_a_number(seed, existing, bigv_vm, bigv_vm_info, bigv_group, bigv_fleet, account):
    accounts = {("214", 9): {"web": [vm("web1"), vm("web2")]}, "globex": {"web": [vm("web1")]}}
    seed(accounts)
    assert len(bigv_vm_info(account=account)["vms"]) == 2
    assert len(bigv_vm_info(account=account, group="web", name="web1")["vms"]) == 1
    assert not bigv_group(name="web", account=account)["changed"]
    assert not bigv_vm(name="web1.web", account=account)["changed"]
    assert bigv_vm(name="web1.web", account=account, state="absent", purge=True)["changed"]
    assert existing() == {"web2.web.214", "web1.web.globex"}
    assert bigv_fleet(account=account, groups=["web"], vms=[{"name": "new.web"}], prune="delete")["changed"]
    assert existing() == {"new.web.214", "web1.web.globex"}


def test_a_number_as_the_name_of_a_new_vm(cloud, seed, existing, bigv_vm, bigv_fleet, ids_win):
    """Where the API would take it for another VM from then on, it is refused."""
    for create in (lambda: bigv_vm(name="1001.web"), lambda: bigv_fleet(vms=[{"name": "1001.web"}])):
        seed({"acme": {"web": [], "db": [vm("db1", id=1001)]}})
        result = create()
        assert bool(result.get("failed")) is ids_win
        assert ("1001.web.acme" in existing()) is not ids_win
    seed({"acme": {"web": []}})
    assert bigv_vm(name="1234567", group="web", state="running")["changed"]
    assert not bigv_vm(name="1234567", group="web", state="running")["changed"]
    assert not bigv_fleet(vms=[{"name": "1234567.web", "state": "running"}])["changed"]
    assert bigv_vm(name="1234567.web", state="stopped", new_name="7654321")["changed"]
    assert bigv_vm(name="7654321.web", state="absent")["changed"]


def test_vms_by_number_in_a_list(seed, bigv_vm_info):
    seed({"acme": {"web": [vm("1001", id=7), vm("web1", id=8)], "db": [vm("db1", id=1001)]}})
    assert [vm["id"] for vm in bigv_vm_info(name="1001", group="web")["vms"]] == [7]
    assert [vm["id"] for vm in bigv_vm_info(name="8", group="web")["vms"]] == [8]
    assert bigv_vm_info(name="1001", group="web", account="acme", wait_for="stopped")["vms"][0]["id"] == 7
    assert [vm["name"] for vm in bigv_vm_info(id=1001)["vms"]] == ["db1"]
