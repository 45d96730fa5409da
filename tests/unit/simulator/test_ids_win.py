# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A number as a path segment: a name first, or with `ids_win` an id first, wherever the token can see it."""

import pytest

# Each name that is a number is also the id of something else.
SEED = {
    "accounts": [
        {
            "id": 7,
            "name": "acme",
            "groups": [
                {"id": 70, "name": "default"},
                {
                    "id": 71,
                    "name": "web",
                    "virtual_machines": [
                        {
                            "id": 710,
                            "name": "720",
                            "discs": [{"id": 5, "label": "6", "size": 100}],
                            "network_interfaces": [{"id": 90, "label": "91"}],
                        }
                    ],
                },
                {
                    "id": 72,
                    "name": "71",
                    "virtual_machines": [
                        {
                            "id": 720,
                            "name": "db",
                            "discs": [{"id": 6, "label": "root", "size": 100}],
                            "network_interfaces": [{"id": 91}],
                        },
                        {"id": 721, "name": "gone", "deleted": True, "discs": [{"id": 8, "label": "old", "size": 100}]},
                        {"id": 722, "name": "721"},
                        {"id": 723, "name": "810"},
                    ],
                },
            ],
        },
        {
            "id": 8,
            "name": "7",
            "groups": [{"id": 81, "name": "default", "virtual_machines": [{"id": 810, "name": "other"}]}],
        },
        {"id": 9, "name": "8"},
    ],
    "api_keys": [{"token": "apikey.all"}, {"token": "apikey.acme", "accounts": ["acme"]}],
}
WEB = "/accounts/acme/groups/web/virtual_machines"


@pytest.fixture
def numbers(api, connect):
    """Seed the cloud of numbers, and connect with a key that sees all of it."""
    api.seed(SEED)
    return connect(api.url, "apikey.all")


@pytest.fixture
def ids_win(numbers):
    numbers.settings(ids_win=True)
    return numbers


def test_it_is_off_by_default(api):
    assert api.read("/_simulator/settings")["ids_win"] is False


@pytest.mark.parametrize(
    ("path", "by_name", "by_id"),
    [
        ("/accounts/7", 8, 7),
        ("/accounts/acme/groups/71", 72, 71),
        (WEB + "/720", 710, 720),
        (WEB + "/710/discs/6", 5, 6),
        (WEB + "/710/nics/91", 90, 91),
        ("/groups/71", 72, 71),
        ("/virtual_machines/720", 710, 720),
        ("/accounts/acme/groups/71/virtual_machines/db", 720, None),
    ],
)
def test_which_one_a_number_is(numbers, path, by_name, by_id):
    assert numbers.read(path)["id"] == by_name
    numbers.settings(ids_win=True)
    if by_id is None:
        assert numbers.get(path).status_code == 404
    else:
        assert numbers.read(path)["id"] == by_id


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/accounts/acme/groups/81", 81),
        ("/accounts/nobody/groups/71", 71),
        (WEB + "/721?include_deleted=true", 721),
        (WEB + "/810", 810),
        ("/accounts/nobody/groups/nothing/virtual_machines/720", 720),
        ("/accounts/acme/groups/72/virtual_machines/db/discs/5", 5),
        (WEB + "/nothing/discs/6", 6),
        (WEB + "/nothing/nics/91", 91),
    ],
)
def test_an_id_is_found_whatever_stands_before_it(numbers, path, found):
    assert numbers.get(path).status_code == 404
    numbers.settings(ids_win=True)
    assert numbers.read(path)["id"] == found


@pytest.mark.parametrize("path", [WEB + "/721", WEB + "/720/discs/8", "/virtual_machines/721"])
def test_what_is_deleted_still_has_to_be_asked_for(ids_win, path):
    assert ids_win.get(path).status_code == 404
    assert ids_win.get(path + "?include_deleted=true").status_code == 200


def test_names_are_found_where_no_id_wins(ids_win):
    assert ids_win.read("/accounts/acme/groups/web")["id"] == 71
    assert ids_win.read("/accounts/acme/groups/71/virtual_machines")[0]["id"] == 710
    assert ids_win.read("/virtual_machines/db")["id"] == 720
    created = ids_win.create("999", group="/accounts/acme/groups/web")
    assert ids_win.read(WEB + "/999")["id"] == created["id"]


def test_the_id_of_what_is_invisible_does_not_win(ids_win, connect):
    acme = connect(ids_win.url, "apikey.acme")
    assert acme.read("/accounts/acme/groups/72/virtual_machines/810")["id"] == 723
    assert acme.read("/virtual_machines/810")["id"] == 723
    assert acme.get("/accounts/7/groups/81").status_code == 404
    assert acme.get("/accounts/8").status_code == 404


def test_writes_go_by_ids_too(ids_win):
    assert ids_win.put(WEB + "/720", {"cores": 3}).json()["id"] == 720
    assert ids_win.put(WEB + "/720/discs/6", {"size": 200}).json()["id"] == 6
    assert ids_win.post("/accounts/8/groups", {"name": "new"}).json()["account_id"] == 8
    assert ids_win.put("/accounts/acme/groups/71", {"name": "renamed"}).json()["id"] == 71
    assert ids_win.post(WEB + "/710/nics/91/ip_create", {"reason": "TLS"}).status_code == 201
    assert len(ids_win.state("db")["network_interfaces"][0]["extra_ips"]) == 1
    assert ids_win.delete(WEB + "/720/discs/5", purge="true").status_code == 204
    assert ids_win.state("720")["discs"] == []
    assert ids_win.delete(WEB + "/720", purge="true").status_code == 204
    assert [vm["id"] for vm in ids_win.read("/virtual_machines", include_deleted="true")] == [710, 721, 722, 723, 810]


def test_a_fault_hits_the_one_that_the_path_is_of(ids_win):
    for path in (WEB + "/720", "/virtual_machines/720"):
        ids_win.put("/_simulator/faults", {"rules": [{"fault": "vm_deleted", "count": 1}]})
        assert ids_win.get(path).status_code == 404
        assert ids_win.state("db")["deleted"] is True
        assert ids_win.state("720")["deleted"] is False
        ids_win.put("/accounts/acme/groups/72/virtual_machines/db", {"deleted": False})
