# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Sections 3 to 5: names, nested and flat reading, and the objects."""

import pytest

KNOWN_VM_ATTRIBUTES = {
    "id",
    "name",
    "group_id",
    "hostname",
    "cores",
    "memory",
    "power_on",
    "autoreboot_on",
    "hardware_profile",
    "hardware_profile_locked",
    "cdrom_url",
    "keymap",
    "zone_name",
    "head",
    "management_address",
    "last_imaged_with",
    "deleted",
    "type",
}
SEED = {
    "accounts": [
        {
            "id": 7,
            "name": "acme",
            "groups": [
                {
                    "id": 70,
                    "name": "default",
                    "virtual_machines": [
                        {"id": 700, "name": "web1", "discs": [{"id": 5, "label": "vda", "size": 100}, {"size": 200}]},
                        {"id": 701, "name": "gone", "deleted": True},
                    ],
                },
                {"id": 71, "name": "staging", "virtual_machines": [{"id": 710, "name": "web1"}]},
            ],
        },
        {
            "id": 8,
            "name": "initech",
            "groups": [{"id": 80, "name": "staging", "virtual_machines": [{"id": 800, "name": "db1"}]}],
        },
    ]
}


@pytest.fixture
def seeded(api):
    api.seed(SEED)
    return api


def names(items):
    return [item["name"] for item in items]


def test_objects(seeded):
    vm = seeded.read("/virtual_machines/700", view="overview")
    assert KNOWN_VM_ATTRIBUTES | {"discs", "network_interfaces"} <= set(vm)
    assert vm["hostname"] == "web1.default.acme.uk0.bigv.io"
    assert {
        "id",
        "label",
        "size",
        "storage_grade",
        "storage_pool",
        "virtual_machine_id",
        "backup_count",
        "backup_schedules",
        "backups_enabled",
        "iops_limit",
        "new_storage_grade",
        "migration_progress",
    } <= set(vm["discs"][0])
    assert {key: vm["discs"][0][key] for key in ("id", "label", "size", "storage_grade", "virtual_machine_id")} == {
        "id": 5,
        "label": "vda",
        "size": 100,
        "storage_grade": "sata",
        "virtual_machine_id": 700,
    }
    nic = vm["network_interfaces"][0]
    assert {"id", "label", "mac", "vlan_num", "ips", "extra_ips", "virtual_machine_id"} <= set(nic)
    assert nic["label"] is None
    assert nic["extra_ips"] == {}
    v4, v6 = nic["ips"]
    assert "." in v4
    assert ":" in v6
    assert set(seeded.read("/accounts/acme")) == {"id", "name", "suspended"}
    assert set(seeded.read("/groups/70")) == {"id", "account_id", "name", "type"}
    assert seeded.read(f"/ips/{v4}") == {"address": v4, "rdns": None}


@pytest.mark.parametrize("account", ["acme", "7"])
@pytest.mark.parametrize("group", ["default", "70"])
@pytest.mark.parametrize("machine", ["web1", "700"])
@pytest.mark.parametrize("disc", ["vda", "5"])
def test_names_and_ids_in_every_segment(seeded, account, group, machine, disc):
    path = f"/accounts/{account}/groups/{group}/virtual_machines/{machine}"
    assert seeded.read(path)["id"] == 700
    assert seeded.read(f"{path}/discs/{disc}")["label"] == "vda"
    nic = seeded.read(f"{path}/nics")[0]
    assert seeded.read(f"{path}/nics/{nic['id']}") == nic


def test_an_id_of_another_parent_is_unknown(seeded):
    assert seeded.get("/accounts/acme/groups/80").status_code == 404
    assert seeded.get("/accounts/acme/groups/default/virtual_machines/710").status_code == 404
    assert seeded.get("/accounts/acme/groups/staging/virtual_machines/web1/discs/5").status_code == 404


def test_every_account_has_a_group_default(seeded):
    assert names(seeded.read("/accounts/initech/groups")) == ["staging", "default"]


@pytest.mark.parametrize(
    ("path", "nested"),
    [
        ("/accounts", True),
        ("/accounts/acme", True),
        ("/accounts/acme/groups", True),
        ("/accounts/acme/groups/default", True),
        ("/accounts/acme/groups/default/virtual_machines", True),
        ("/accounts/acme/groups/default/virtual_machines/web1", True),
        ("/groups/70", True),
        ("/virtual_machines/700", True),
        ("/groups", None),
        ("/virtual_machines", None),
    ],
)
@pytest.mark.parametrize("flat", [True, False])
def test_overview_nests(seeded, path, nested, flat):
    def reached(item):
        for children in ("groups", "virtual_machines"):
            if children in item:
                return reached(item[children][0])
        return set(item)

    def first(answer):
        return answer[0] if isinstance(answer, list) else answer

    seeded.settings(flat_overview=flat)
    assert not {"groups", "virtual_machines", "discs", "network_interfaces"} & set(first(seeded.read(path)))
    deepest = reached(first(seeded.read(path, view="overview")))
    assert ({"discs", "network_interfaces"} <= deepest) == (flat if nested is None else nested)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/acme/groups/default/virtual_machines/gone",
        "/virtual_machines/701",
        "/accounts/acme/groups/default/virtual_machines/gone/discs",
        "/accounts/acme/groups/default/virtual_machines/gone/nics",
    ],
)
def test_soft_deleted_vms_are_left_out(seeded, path):
    assert seeded.get(path).status_code == 404
    assert seeded.get(path, params={"include_deleted": "false"}).status_code == 404
    assert seeded.get(path, params={"include_deleted": "true"}).status_code == 200


def test_lists_with_soft_deleted_vms(seeded):
    path = "/accounts/acme/groups/default/virtual_machines"
    assert names(seeded.read(path)) == ["web1"]
    assert names(seeded.read(path, include_deleted="true")) == ["web1", "gone"]
    assert 701 not in [vm["id"] for vm in seeded.read("/virtual_machines")]
    assert 701 in [vm["id"] for vm in seeded.read("/virtual_machines", include_deleted="true")]
    assert 701 not in [disc["virtual_machine_id"] for disc in seeded.read("/discs")]
    assert 701 in [nic["virtual_machine_id"] for nic in seeded.read("/nics", include_deleted="true")]
    for include, expected in (("true", ["web1", "gone"]), ("false", ["web1"])):
        account = seeded.read("/accounts/acme", view="overview", include_deleted=include)
        assert names(account["groups"][0]["virtual_machines"]) == expected


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [700, 710, 800]),
        ({"account_name": "acme"}, [700, 710]),
        ({"account_id": "8"}, [800]),
        ({"group_name": "staging"}, [710, 800]),
        ({"group_id": "70"}, [700]),
        ({"vm_name": "web1"}, [700, 710]),
        ({"vm_id": "710"}, [710]),
        ({"vm_name": "web1", "group_name": "staging"}, [710]),
        ({"group_name": "staging", "account_name": "initech"}, [800]),
        ({"vm_id": "700", "account_id": "8"}, []),
        ({"vm_id": "700", "vm_name": "db1"}, []),
        ({"vm_id": "x"}, []),
        ({"account_name": "nobody"}, []),
        ({"colour": "red"}, [700, 710, 800]),
    ],
)
def test_flat_filters_are_anded(seeded, query, ids):
    assert [vm["id"] for vm in seeded.read("/virtual_machines", **query)] == ids
    assert sorted({disc["virtual_machine_id"] for disc in seeded.read("/discs", **query)}) == ids
    assert [nic["virtual_machine_id"] for nic in seeded.read("/nics", **query)] == ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"account_id": "7"}, [70, 71]),
        ({"group_name": "staging"}, [71, 80]),
        ({"vm_name": "web1"}, [70, 71]),
        ({"vm_id": "800", "group_name": "staging"}, [80]),
        ({"group_name": "staging", "account_name": "acme"}, [71]),
    ],
)
def test_flat_groups(seeded, query, ids):
    assert [group["id"] for group in seeded.read("/groups", **query)] == ids


def test_flat_single_objects(seeded):
    assert seeded.read("/virtual_machines/db1")["id"] == 800
    assert seeded.get("/virtual_machines/web1").status_code == 404, "two VMs are called so"
    assert seeded.read("/discs/5")["label"] == "vda"
    nic = seeded.read("/nics")[0]
    assert seeded.read(f"/nics/{nic['id']}") == nic
