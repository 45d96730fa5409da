# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Section 6: discs."""

import pytest

DEFAULT = "/accounts/acme/groups/default/virtual_machines/"


@pytest.fixture
def discs(api, machine):
    api.create()
    return machine + "/discs"


def test_create_a_disc(api, discs):
    answer = api.post(discs, {"label": "data", "size": 2048, "storage_grade": "archive"})
    assert answer.status_code == 201
    assert answer.json() == api.read(discs + "/data")
    assert (answer.json()["size"], answer.json()["storage_grade"]) == (2048, "archive")


def test_defaults_of_a_disc(api, discs):
    for label in ("disc-2", "disc-3"):
        disc = api.post(discs, {"size": 50}).json()
        assert (disc["label"], disc["storage_grade"]) == (label, "sata")
    api.delete(discs + "/disc-2", purge="true")
    assert api.post(discs, {"size": 50, "label": None, "storage_grade": None}).json()["label"] == "disc-4"


@pytest.mark.parametrize(
    ("attribute", "bad"),
    [
        (attribute, value)
        for attribute, values in {
            "label": ["vda", "sdb", "hdc", "xvda", "vda1", "a/b", 3, True, [], "x" * 64, ".."],
            "size": [None, 49, 0, -1, "49", "50M", "", True, 50.5, [], 10**30],
            "storage_grade": ["iceberg", 3, True, {}],
        }.items()
        for value in values
    ],
)
def test_bad_attributes(api, discs, attribute, bad):
    for answer in (api.post(discs, {"size": 50, attribute: bad}), api.put(discs + "/disc-1", {attribute: bad})):
        assert answer.status_code == 400
        assert list(answer.json()) == [attribute]
    assert len(api.read(discs)) == 1


def test_labels_are_unique_in_a_vm(api, discs):
    api.post(discs, {"size": 50, "label": "data"})
    assert api.post(discs, {"size": 50, "label": "data"}).json() == {"label": ["has already been taken"]}
    assert api.put(discs + "/data", {"label": "disc-1"}).json() == {"label": ["has already been taken"]}
    assert api.put(discs + "/data", {"label": "data"}).status_code == 200


def test_an_old_label_may_stay(api):
    api.seed(
        {
            "accounts": [
                {
                    "name": "acme",
                    "groups": [
                        {
                            "name": "default",
                            "virtual_machines": [{"name": "old", "discs": [{"label": "vda", "size": 50}]}],
                        }
                    ],
                }
            ]
        }
    )
    assert api.put(DEFAULT + "old/discs/vda", {"label": "vda", "size": 60}).json()["size"] == 60
    assert api.put(DEFAULT + "old/discs/vda", {"label": "vdb"}).status_code == 400


def test_at_most_eight_discs(api, discs):
    for _count in range(7):
        assert api.post(discs, {"size": 50}).status_code == 201
    assert api.post(discs, {"size": 50}).status_code == 400
    assert len(api.read(discs)) == 8


@pytest.mark.parametrize("change", [{"size": 2048}, {"size": 1024}, {"label": "root"}, {"storage_grade": "ssd"}])
def test_change_a_disc(api, discs, change):
    before = api.read(discs)[0]
    after = api.put(discs + "/disc-1", change).json()
    assert after["storage_pool"].endswith(after["storage_grade"] + "1")
    assert after == before | change | {"storage_pool": after["storage_pool"]}
    assert api.read(discs) == [after]


def test_a_disc_only_grows(api, discs):
    answer = api.put(discs + "/disc-1", {"size": 1023})
    assert (answer.status_code, list(answer.json())) == (400, ["size"])
    assert api.read(discs)[0]["size"] == 1024


def test_iops_limit_is_for_cluster_administrators(api, discs):
    assert api.put(discs + "/disc-1", {"iops_limit": 100, "size": 2048}).status_code == 403
    assert api.read(discs)[0]["size"] == 1024


def test_delete_a_disc(api, discs):
    assert api.delete(discs + "/disc-1").status_code == 500
    assert api.delete(discs + "/disc-1", purge="false").status_code == 500
    assert len(api.read(discs)) == 1
    assert api.delete(discs + "/disc-1", purge="true").status_code == 204
    assert api.get(discs + "/disc-1").status_code == 404


def test_move_a_disc(api):
    api.create("from", 2)
    target = api.create("to", 1)
    moved = api.put(DEFAULT + "from/discs/disc-2", {"virtual_machine_id": target["id"]})
    assert (moved.status_code, moved.json()["virtual_machine_id"]) == (200, target["id"])
    assert [disc["label"] for disc in api.read(DEFAULT + "to/discs")] == ["disc-1", "disc-2"]
    assert [disc["label"] for disc in api.read(DEFAULT + "from/discs")] == ["disc-1"]


@pytest.mark.parametrize(
    "obstacle", ["source on", "target on", "root disc", "full", "label taken", "deleted", "999", "true", "name"]
)
def test_what_stands_in_the_way_of_a_move(api, obstacle):
    api.create("from", 3, autoreboot_on=obstacle == "source on")
    target = api.create("to", {"full": 8, "label taken": 3}.get(obstacle, 1), autoreboot_on=obstacle == "target on")
    wanted = {"999": 999, "true": True, "name": "to"}.get(obstacle, target["id"])
    disc = api.read(DEFAULT + "from/discs")[0 if obstacle == "root disc" else 2]
    if obstacle != "label taken":
        disc = api.put(f"{DEFAULT}from/discs/{disc['id']}", {"label": "moving"}).json()
    if obstacle == "deleted":
        api.delete(DEFAULT + "to")
    answer = api.put(f"{DEFAULT}from/discs/{disc['id']}", {"virtual_machine_id": wanted})
    assert answer.status_code == 400
    assert list(answer.json()) == ["label" if obstacle == "label taken" else "virtual_machine_id"]
    assert len(api.read(DEFAULT + "from/discs")) == 3
