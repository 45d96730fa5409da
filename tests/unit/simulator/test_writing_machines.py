# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Section 6: groups and virtual machines."""

import pytest

DISCS = [{"size": 50}]
STAGING = "/accounts/acme/groups/staging"


def test_groups(api, group):
    created = api.post("/accounts/acme/groups", {"name": "staging"})
    assert created.status_code == 201
    assert created.json() == api.read(STAGING)
    renamed = api.put(STAGING, {"name": "live"})
    assert (renamed.status_code, renamed.json()) == (200, created.json() | {"name": "live"})
    assert api.get(STAGING).status_code == 404
    answer = api.delete("/accounts/acme/groups/live")
    assert (answer.status_code, answer.text) == (204, "")
    assert api.get("/accounts/acme/groups/live").status_code == 404


@pytest.mark.parametrize("name", [None, "", 3, True, [], {}, "a.b", "a/b", "a b", "é", "x" * 64, "-a", "a\n"])
def test_bad_names(api, group, name):
    assert api.post("/accounts/acme/groups", {"name": "staging"}).status_code == 201
    for answer in (
        api.post("/accounts/acme/groups", {"name": name}),
        api.put(STAGING, {"name": name}),
        api.post(group + "/virtual_machines", {"name": name}),
        api.post(group + "/vm_create", {"virtual_machine": {"name": name}, "discs": DISCS}),
    ):
        assert answer.status_code == 400
        assert list(answer.json()) == ["name"]


def test_names_are_unique(api, group, machine):
    api.post("/accounts/acme/groups", {"name": "staging"})
    api.create()
    api.create("web2")
    for answer in (
        api.post("/accounts/acme/groups", {"name": "staging"}),
        api.put(STAGING, {"name": "default"}),
        api.post(group + "/virtual_machines", {"name": "web1"}),
        api.put(machine, {"name": "web2"}),
        api.post(group + "/vm_create", {"virtual_machine": {"name": "web1"}, "discs": DISCS}),
    ):
        assert (answer.status_code, answer.json()) == (400, {"name": ["has already been taken"]})
    assert api.put(machine, {"name": "web1"}).status_code == 200


def test_a_group_that_is_not_empty_stays(api):
    api.post("/accounts/acme/groups", {"name": "staging"})
    api.create(group=STAGING)
    for _deleted in range(2):
        answer = api.delete(STAGING)
        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith("text/plain")
        api.delete(STAGING + "/virtual_machines/web1")
    api.delete(STAGING + "/virtual_machines/web1", purge="true")
    assert api.delete(STAGING).status_code == 204


def test_the_default_group_stays(api, group):
    assert api.delete(group).status_code == 400
    assert api.put(group, {"name": "other"}).status_code == 400


def test_vm_create_is_accepted_and_built_later(api, group, machine):
    body = {
        "virtual_machine": {"name": "web1", "cores": 1, "memory": 1024, "autoreboot_on": True, "zone_name": "york"},
        "discs": [{"label": "root", "size": 25600, "storage_grade": "ssd"}, {"size": 50}],
        "reimage": {
            "distribution": "stretch",
            "root_password": "secret",
            "ssh_public_key": "ssh-rsa x",
            "firstboot_script": "#!/bin/sh",
        },
    }
    answer = api.post(group + "/vm_create", body)
    assert answer.status_code == 202
    created = answer.json()
    assert created.keys() == {"virtual_machine", "discs", "reimage"}
    assert created["reimage"] == body["reimage"]
    vm = api.read(machine)
    unknown = {"last_imaged_with": None, "management_address": None}
    assert created["virtual_machine"] == vm | unknown != vm
    assert created["discs"] == api.read(machine + "/discs")
    vm = api.read(machine, view="overview")
    assert [(disc["label"], disc["size"], disc["storage_grade"]) for disc in vm["discs"]] == [
        ("root", 25600, "ssd"),
        ("disc-2", 50, "sata"),
    ]
    assert len(vm["network_interfaces"]) == 1
    assert vm["power_on"] is False
    api.advance(1)
    assert api.read(machine)["power_on"] is False
    api.advance(1)
    vm = api.read(machine)
    assert (vm["power_on"], vm["autoreboot_on"], vm["last_imaged_with"]) == (True, True, "stretch")
    assert api.state("web1")["image"] == {
        "distribution": "stretch",
        "has_root_password": True,
        "ssh_public_key": "ssh-rsa x",
        "has_firstboot_script": True,
    }


@pytest.mark.parametrize(
    ("attributes", "reimage", "on"),
    [
        ({}, None, False),
        ({"autoreboot_on": False}, None, False),
        ({"autoreboot_on": True}, None, True),
        ({}, {"distribution": "stretch"}, True),
        ({"power_on": True}, None, True),
        ({"power_on": False}, None, False),
        ({"power_on": False}, {"distribution": "stretch"}, False),
        ({"power_on": False, "autoreboot_on": False}, {"distribution": "stretch"}, False),
        ({"power_on": False, "autoreboot_on": True}, {"distribution": "stretch"}, True),
        ({"power_on": True, "autoreboot_on": False}, {"distribution": "stretch"}, True),
    ],
)
def test_what_makes_a_new_vm_boot(api, group, machine, attributes, reimage, on):
    body = {"virtual_machine": {"name": "web1", **attributes}, "discs": [{"size": 50}]}
    assert api.post(group + "/vm_create", body | ({"reimage": reimage} if reimage else {})).status_code == 202
    api.advance(60)
    assert api.read(machine)["power_on"] is on


def test_a_bare_machine(api, group, machine):
    assert api.post(group + "/virtual_machines", {"name": "web1"}).status_code == 202
    vm = api.read(machine, view="overview")
    assert (vm["discs"], len(vm["network_interfaces"]), vm["last_imaged_with"]) == ([], 1, None)


@pytest.mark.parametrize("build_time", [0, 5])
def test_build_time(api, group, machine, build_time):
    api.settings(build_time=build_time)
    api.post(group + "/virtual_machines", {"name": "web1", "autoreboot_on": True})
    api.advance(build_time)
    assert api.read(machine)["power_on"] is True


@pytest.mark.parametrize(
    ("attribute", "bad"),
    [
        (attribute, value)
        for attribute, values in {
            "cores": [0, -1, True, "0", "x", "", "1.0", " 1", "9" * 5000, None, 1.5, 10**30, []],
            "memory": [0, False, "1GiB", None, {}, 10**30],
            "autoreboot_on": [1, "true", None],
            "power_on": [0, "yes", None],
            "hardware_profile_locked": ["no", None],
            "zone_name": ["london", None, 1, []],
            "hardware_profile": ["none", "", {}],
            "keymap": ["xx", 1, []],
            "cdrom_url": [1, True, {}],
        }.items()
        for value in values
    ],
)
def test_bad_attributes(api, group, machine, attribute, bad):
    before = api.create()
    for answer in (
        api.put(machine, {attribute: bad}),
        api.post(group + "/virtual_machines", {"name": "x", attribute: bad}),
        api.post(group + "/vm_create", {"virtual_machine": {"name": "x", attribute: bad}, "discs": DISCS}),
    ):
        assert answer.status_code == 400
        assert list(answer.json()) == [attribute]
        assert all(isinstance(message, str) for message in answer.json()[attribute])
    assert api.read("/virtual_machines") == [before]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "web9"},
        {"cores": 4},
        {"memory": 4096},
        {"hardware_profile": "virtio2013"},
        {"keymap": "de"},
        {"hardware_profile_locked": True},
        {"cdrom_url": "https://cd.example/boot.iso"},
        {"autoreboot_on": True},
    ],
)
def test_settable_attributes(api, machine, change):
    before = api.create()
    after = before | change | {"hostname": before["hostname"].replace("web1", change.get("name", "web1"))}
    assert api.put(machine, change).json() == after
    assert api.read(f"/virtual_machines/{before['id']}") == after


def test_null_takes_cd_and_keymap_out(api, machine):
    api.create(keymap="de", cdrom_url="http://cd.example/x")
    vm = api.put(machine, {"keymap": None, "cdrom_url": None}).json()
    assert (vm["keymap"], vm["cdrom_url"]) == (None, None)


@pytest.mark.parametrize("url", ["junk", "file:///etc/passwd", "http://", "http://[x", "http://a b/"])
def test_a_bad_cdrom_url_is_a_500(api, machine, url):
    api.create()
    assert api.put(machine, {"cdrom_url": url, "cores": 3}).status_code == 500
    assert api.read(machine)["cores"] == 1


def test_the_zone_stays(api, machine):
    api.create(zone_name="manchester")
    answer = api.put(machine, {"zone_name": "york"})
    assert (answer.status_code, list(answer.json())) == (400, ["zone_name"])
    assert api.put(machine, {"zone_name": "manchester"}).status_code == 200


def test_moving_to_another_group(api, machine):
    staging = api.post("/accounts/acme/groups", {"name": "staging"}).json()
    vm = api.create()
    moved = api.put(machine, {"group_id": staging["id"]}).json()
    assert (moved["group_id"], moved["hostname"]) == (staging["id"], "web1.staging.acme.uk0.bigv.io")
    assert api.get(machine).status_code == 404
    api.create()
    assert api.put(machine, {"group_id": staging["id"]}).json() == {"name": ["has already been taken"]}
    for bad in (999, 102, "staging", True, None):
        answer = api.put(machine, {"group_id": bad})
        assert (answer.status_code, list(answer.json())) == (400, ["group_id"]), bad
    assert api.read(STAGING + "/virtual_machines/web1")["id"] == vm["id"]


def test_soft_delete_undelete_purge(api, group, machine):
    vm = api.create(autoreboot_on=True)
    assert api.read(machine)["power_on"] is True
    assert api.delete(machine).status_code == 204
    assert api.get(machine).status_code == 404
    deleted = api.read(machine, include_deleted="true")
    assert (deleted["deleted"], deleted["power_on"]) == (True, False)
    assert api.post(group + "/virtual_machines", {"name": "web1"}).json() == {"name": ["has already been taken"]}
    assert api.put(machine, {"cores": 2}).status_code == 400
    assert api.put(machine, {"deleted": True}).status_code == 400
    assert api.put(machine, {"deleted": False}).json() == deleted | {"deleted": False}
    assert api.read(machine)["id"] == vm["id"]
    api.delete(machine)
    assert api.delete(machine, purge="true").status_code == 204
    assert api.get(machine, params={"include_deleted": "true"}).status_code == 404
    assert api.read("/discs", include_deleted="true") == api.read("/nics", include_deleted="true") == []
    assert api.create()["id"] != vm["id"]


def test_purging_at_once_frees_name_and_addresses(api, machine):
    api.create()
    address = api.read(machine + "/nics")[0]["ips"][0]
    assert api.delete(machine, purge="true").status_code == 204
    assert api.get(f"/ips/{address}").status_code == 404
    api.create()


def test_discs_and_nics_of_a_soft_deleted_vm_cannot_be_changed(api, machine):
    api.create(discs=2)
    nic = api.read(machine + "/nics")[0]
    extra = api.post(f"{machine}/nics/{nic['id']}/ip_create", {"reason": "TLS"}).json()["ips"][0]
    api.delete(machine)
    for answer in (
        api.post(machine + "/discs", {"size": 50}),
        api.put(machine + "/discs/disc-2", {"size": 2048}),
        api.delete(machine + "/discs/disc-2", purge="true"),
        api.put(f"/ips/{extra}", {"rdns": "a.example"}),
        api.post(f"{machine}/nics/{nic['id']}/ip_create", {"reason": "TLS"}),
        api.delete(f"/ips/{extra}"),
        api.post(machine + "/reimage", {"distribution": "stretch"}),
        api.post(machine + "/signal", {"signal": "reset"}),
    ):
        assert answer.status_code == 400
    vm = api.read(machine, view="overview", include_deleted="true")
    assert [disc["size"] for disc in vm["discs"]] == [1024, 1024]
    assert list(vm["network_interfaces"][0]["extra_ips"]) == [extra]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"virtual_machine": None},
        {"virtual_machine": []},
        {"virtual_machine": {"name": "x"}, "discs": {}},
        {"virtual_machine": {"name": "x"}, "discs": [{"size": 50}] * 9},
        {"virtual_machine": {"name": "x"}, "discs": [{"size": 50}], "reimage": 3},
        {"virtual_machine": {"name": "x"}, "reimage": {"distribution": "stretch"}},
        {"virtual_machine": {"name": "x"}, "discs": [{"size": 50}], "reimage": {"distribution": "beos"}},
        {
            "virtual_machine": {"name": "x"},
            "discs": [{"size": 50}],
            "reimage": {"distribution": "stretch", "root_password": 3},
        },
        {"virtual_machine": {"name": "x"}, "discs": [{"label": "a", "size": 50}, {"label": "a", "size": 50}]},
        {"virtual_machine": {"name": "x"}, "discs": [{"size": 50}], "ips": {"ipv4": "10.0.0.9"}},
        {"virtual_machine": {"name": "x"}, "discs": [{"size": 50}], "ips": "x"},
    ],
)
def test_vm_create_makes_all_or_nothing(api, group, body):
    answer = api.post(group + "/vm_create", body)
    assert answer.status_code == 400
    assert answer.json()
    assert api.read("/virtual_machines") == api.read("/discs") == []


def test_addresses_may_be_chosen_in_a_private_vlan(api, group, machine):
    api.seed({"private_vlans": [{"vlan_num": 1042, "account": "acme", "group": "default"}]})
    body = {"virtual_machine": {"name": "web1"}, "discs": DISCS, "ips": {"ipv4": "10.9.8.7", "ipv6": "2001:DB8::1"}}
    assert api.post(group + "/vm_create", body).status_code == 202
    nic = api.read(machine + "/nics")[0]
    assert (nic["vlan_num"], nic["ips"]) == (1042, ["10.9.8.7", "2001:db8::1"])
    taken = body | {"virtual_machine": {"name": "web2"}}
    assert api.post(group + "/vm_create", taken).json() == {
        "ipv4": ["has already been taken"],
        "ipv6": ["has already been taken"],
    }
    for bad in ({"ipv4": "300.1.1.1"}, {"ipv4": "::1"}, {"ipv6": 6}):
        answer = api.post(group + "/vm_create", taken | {"ips": bad})
        assert (answer.status_code, list(answer.json())) == (400, list(bad))
