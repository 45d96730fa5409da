# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_privilege and bigv_privilege_info for real, against the simulated cloud."""

from __future__ import annotations

from threading import Thread

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

ADMIN = {"token": "apikey.simulator-admin", "label": "admin", "username": "admin"}
BOB = {"username": "bob", "password": "password", "accounts": []}
USERS = [{"username": "admin", "password": "password", "staff": True}, BOB]
KEY = {"token": "apikey.simulator-ci", "label": "ci", "username": "admin", "id": 31, "accounts": []}
WEB1 = "/accounts/acme/groups/default/virtual_machines/web1"
ON_VM = {"user": "bob", "level": "vm_admin", "vm": "web1"}
ON_GROUP = {"user": "bob", "level": "group_admin", "group": "staging"}
ON_ACCOUNT = {"user": "bob", "level": "account_admin"}
# One grants levels below one's own only.
STAFF = {"token": None, "username": "admin", "password": "password"}
LIST = ["GET /users/bob", "GET /users/bob/privileges"]


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def way(request):
    return request.param


@pytest.fixture(autouse=True)
def seeded(cloud):
    def seed(*privileges, **settings):
        document = {"users": USERS, "api_keys": [ADMIN, KEY], "privileges": list(privileges)}
        cloud.seed({"name": "web1", "id": 700}, document=document, **settings)

    seed()
    return seed


def privileges(cloud):
    return cloud.control("GET", "state")["privileges"]


GRANTS = {
    "of a VM": (ON_VM, {"level": "vm_admin", "virtual_machine_id": 700}, [f"GET {WEB1}", *LIST]),
    "of a VM by its id": ({**ON_VM, "vm": "700"}, {"level": "vm_admin", "virtual_machine_id": 700}, None),
    "of a console": ({**ON_VM, "level": "vm_console"}, {"level": "vm_console", "virtual_machine_id": 700}, None),
    "of a group": (ON_GROUP, {"level": "group_admin"}, ["GET /accounts/acme/groups/staging", *LIST]),
    "of an account": ({**ON_ACCOUNT, **STAFF}, {"level": "account_admin"}, None),
    "by the id of the user": ({**ON_VM, "user": "2"}, {"level": "vm_admin", "virtual_machine_id": 700}, None),
    "with what it takes": (
        {**ON_VM, "password_required": True, "yubikey_required": True, "yubikey_otp_max_age": "15m",
         "ip_restrictions": "198.51.100.1"},
        {"password_required": True, "yubikey_required": True, "yubikey_otp_max_age": 900,
         "ip_restrictions": "198.51.100.1"},
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("task", "expected", "repeated"), GRANTS.values(), ids=GRANTS)
def test_it_is_granted_and_revoked(cloud, bigv_privilege, task, expected, repeated):
    predicted, done = (bigv_privilege(**task, check_mode=mode) for mode in (True, False))
    assert done["changed"], done
    assert done["actions"] == predicted["actions"]
    assert expected.items() <= done["privilege"].items()
    assert len(privileges(cloud)) == 1
    cloud.clear()
    again = bigv_privilege(**task)
    assert (again["changed"], again["privilege"]) == (False, done["privilege"])
    assert repeated is None or cloud.calls() == repeated
    predicted, gone = (bigv_privilege(**task, state="absent", check_mode=mode) for mode in (True, False))
    assert (gone["changed"], gone["privilege"]) == (predicted["changed"], predicted["privilege"]) == (True, None)
    assert privileges(cloud) == []
    assert not bigv_privilege(**task, state="absent")["changed"]


CHANGED = [{"yubikey_required": True}, {"yubikey_otp_max_age": "1h"}, {"ip_restrictions": "198.51.100.1"}]


@pytest.mark.parametrize("change", CHANGED, ids=str)
def test_three_things_are_changed_with_one_put(cloud, seeded, bigv_privilege, change):
    bigv_privilege(**ON_VM)
    cloud.clear()
    done = bigv_privilege(**ON_VM, **change)
    assert [write["method"] for write in cloud.writes()] == ["PUT"]
    assert not bigv_privilege(**ON_VM, **change)["changed"]
    assert not bigv_privilege(**ON_VM)["changed"]
    assert done["privilege"]["id"] == privileges(cloud)[0]["id"]


def test_restrictions_are_unset(cloud, bigv_privilege):
    bigv_privilege(**ON_VM, ip_restrictions="198.51.100.1")
    assert bigv_privilege(**ON_VM, ip_restrictions="")["privilege"]["ip_restrictions"] is None
    assert not bigv_privilege(**ON_VM, ip_restrictions="")["changed"]


def test_a_password_cannot_be_asked_for_later(cloud, bigv_privilege):
    bigv_privilege(**ON_VM, password_required=False)
    cloud.clear()
    failed = bigv_privilege(**ON_VM, password_required=True)
    assert failed["msg"].startswith(
        "password_required: cannot be changed on vm_admin of VM web1.default.acme to user bob"
    )
    assert cloud.writes() == []


@pytest.mark.parametrize("api_key", ["ci", "31"])
def test_a_key_is_granted_apart_from_its_user(cloud, bigv_privilege, api_key):
    task = {"user": "admin", "level": "vm_admin", "vm": "web1"}
    bigv_privilege(**task)
    done = bigv_privilege(**task, api_key=api_key)
    assert done["actions"] == ["grant vm_admin of VM web1.default.acme to API key ci"]
    assert (done["privilege"]["api_key_id"], done["privilege"]["password_required"]) == (31, False)
    assert len(privileges(cloud)) == 2
    assert not bigv_privilege(**task, api_key=api_key)["changed"]
    bigv_privilege(**task, state="absent")
    assert [entry["api_key_id"] for entry in privileges(cloud)] == [31]


REFUSED = {
    "an unknown user": ({**ON_VM, "user": "nobody"}, "user: there is no user 'nobody'"),
    "an unknown group": ({**ON_GROUP, "group": "nowhere"}, "group: there is no group nowhere.acme"),
    "an unknown VM": ({**ON_VM, "vm": "nothing"}, "vm: there is no VM nothing.default.acme"),
    "an unknown account": ({**ON_ACCOUNT, "account": "nowhere"}, "account: there is no account nowhere"),
    "an unknown key": ({**ON_VM, "api_key": "nothing"}, "api_key: there is no API key 'nothing'"),
    "a key of somebody else": ({**ON_VM, "api_key": "ci"}, "api_key: 'ci' is not a key of user bob"),
    "no VM": ({"user": "bob", "level": "vm_admin"}, "vm: is required; level vm_admin applies to a vm"),
    "a VM for a group": ({**ON_GROUP, "vm": "web1"}, "vm: cannot be used with level group_admin"),
    "a group for an account": ({**ON_ACCOUNT, "group": "staging"}, "group: cannot be used with level account_admin"),
    "no duration": ({**ON_VM, "yubikey_otp_max_age": "soon"}, "yubikey_otp_max_age: 'soon' is not a duration"),
}


@pytest.mark.parametrize(("task", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(cloud, bigv_privilege, task, message):
    failed = bigv_privilege(**task)
    assert failed["msg"].startswith(message), failed
    assert cloud.writes() == []


@pytest.mark.parametrize("task", [{**ON_VM, "vm": "nothing"}, {**ON_GROUP, "group": "nowhere"}])
def test_what_is_gone_has_taken_its_privileges_along(cloud, bigv_privilege, task):
    assert not bigv_privilege(**task, state="absent")["changed"]


def test_the_last_privilege_of_ones_session_stays(cloud, seeded, bigv_privilege):
    seeded({"username": "bob", "level": "account_admin", "account": "acme"})
    own = {"token": None, "username": "bob", "password": "password"}
    failed = bigv_privilege(**ON_ACCOUNT, **own, state="absent")
    assert "is the last privilege of the user whose session this is; set force: true" in failed["msg"]
    assert len(privileges(cloud)) == 1


def test_what_the_key_in_use_has_stays(cloud, bigv_privilege):
    document = {
        "users": [*USERS, {"username": "carol", "password": "password", "accounts": []}],
        "api_keys": [ADMIN, {**KEY, "username": "carol"}],
        "privileges": [{"username": "carol", "level": "group_admin", "group": "default.acme", "api_key_id": 31,
                        "password_required": False}],
    }  # fmt: skip
    cloud.seed(document=document)
    task = {"user": "carol", "level": "group_admin", "group": "default", "api_key": "ci", "state": "absent"}
    failed = bigv_privilege(**task, token=KEY["token"])
    assert "belongs to the API key that authenticates this task; set force: true" in failed["msg"], failed
    assert len(privileges(cloud)) == 1


def test_two_plays_at_once_grant_it_once(cloud):
    cloud.settings(latency=0.05)
    results = []
    threads = [
        Thread(target=lambda: results.append(run_in_controller("bigv_privilege", **cloud.access, **ON_VM)))
        for _number in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not any(result.get("failed") for result in results), results
    assert len(privileges(cloud)) == 1
    assert sum(result["changed"] for result in results) == 1


LISTED = [
    {"username": "bob", "level": "vm_admin", "virtual_machine": "web1.default.acme", "id": 1},
    {"username": "bob", "level": "group_admin", "group": "default.acme", "id": 2},
    {"username": "bob", "level": "account_admin", "account": "acme", "id": 3},
    {"username": "admin", "level": "vm_console", "virtual_machine": "web1.default.acme", "id": 4},
    {"username": "admin", "level": "group_admin", "group": "default.acme", "api_key_id": 31,
     "password_required": False, "id": 5},
]  # fmt: skip
FILTERS = {
    "all": ({}, [1, 2, 3, 4, 5]),
    "of a user": ({"user": "bob"}, [1, 2, 3]),
    "for a VM itself": ({"vm": "web1"}, [1, 4]),
    "for a group itself": ({"group": "default"}, [2, 5]),
    "for an account itself": ({"account_target": "acme"}, [3]),
    "of a level": ({"level": "group_admin"}, [2, 5]),
    "of a key": ({"api_key": "ci"}, [5]),
    "of everything that is said": ({"user": "bob", "vm": "web1", "level": "vm_admin"}, [1]),
    "of nothing": ({"user": "admin", "account_target": "acme"}, []),
    "for what is not there": ({"vm": "nothing"}, []),
}


@pytest.mark.parametrize(("task", "expected"), FILTERS.values(), ids=FILTERS)
def test_privileges_are_listed(cloud, seeded, bigv_privilege_info, task, expected):
    seeded(*LISTED)
    result = bigv_privilege_info(**task)
    assert not result.get("failed"), result
    assert sorted(entry["id"] for entry in result["privileges"]) == expected
