# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_user and bigv_user_info for real, against the simulated cloud."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.executor import Executor
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

ONE, TWO, THREE = "ssh-ed25519 AAAA one", "ssh-rsa BBBB two", "ssh-ed25519 CCCC three"
OTHER_COMMENT = "ssh-ed25519 AAAA one on the laptop"


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def way(request):
    return request.param


def people(**keys):
    """Return users as a seed has them: admin, whose credentials the tasks have, and bob."""
    known = {"password": "password"}
    return {
        "users": [
            {"username": name, **known, **({"authorized_keys": text} if (text := keys.get(name)) else {})}
            for name in ("admin", "bob")
        ],
        "api_keys": [{"token": "apikey.simulator-admin", "label": "admin", "username": "admin"}],
    }


def keys_of(cloud, name):
    (user,) = [user for user in cloud.control("GET", "state")["users"] if user["username"] == name]
    return user["authorized_keys"]


CHANGES = {
    "added": ("", {"authorized_keys": [ONE]}, [ONE]),
    "added to others": (f"{TWO}\n\n", {"authorized_keys": [ONE]}, [TWO, ONE]),
    "several in one entry": ("", {"authorized_keys": [f"{ONE}\n# a comment\n{TWO}"]}, [ONE, TWO]),
    "with another comment": (f"{ONE}\n{TWO}", {"authorized_keys": [OTHER_COMMENT]}, [OTHER_COMMENT, TWO]),
    "alone": (f"{ONE}\n{TWO}", {"authorized_keys": [TWO, THREE], "exclusive": True}, [TWO, THREE]),
    "removed": (f"{ONE}\n{TWO}", {"authorized_keys": [OTHER_COMMENT], "state": "absent"}, [TWO]),
    "none left, if meant": (ONE, {"authorized_keys": [ONE], "state": "absent", "force": True}, []),
    "emptied, if meant": (ONE, {"authorized_keys": [], "exclusive": True, "force": True}, []),
}


@pytest.mark.parametrize(("before", "task", "after"), CHANGES.values(), ids=CHANGES)
def test_keys_are_made_so(cloud, bigv_user, before, task, after):
    cloud.seed(document=people(bob=before))
    predicted, done = (bigv_user(name="bob", **task, check_mode=mode) for mode in (True, False))
    assert done["changed"], done
    assert done["user"]["authorized_keys"] == after
    assert {key: done[key] for key in ("user", "actions", "diff")} == {
        key: predicted[key] for key in ("user", "actions", "diff")
    }
    (write,) = cloud.writes()
    assert write["body"] == {"authorized_keys": "\n".join(after)}
    cloud.clear()
    again = bigv_user(name="bob", **task)
    assert (again["changed"], again["user"]) == (False, done["user"])
    assert cloud.calls() == ["GET /users/bob"]


@pytest.mark.parametrize("keys_end_blank", [False, True])
def test_lines_are_compared(cloud, bigv_user, keys_end_blank):
    cloud.seed(document=people(bob=f"  {ONE}  \r\n\r\n{TWO}\n\n"), keys_end_blank=keys_end_blank)
    for keys in ([ONE], [TWO, ONE]):
        assert not bigv_user(name="bob", authorized_keys=keys)["changed"]
    assert not bigv_user(name="bob", authorized_keys=[TWO, ONE], exclusive=True)["changed"]
    assert not bigv_user(name="bob", authorized_keys=[THREE], state="absent")["changed"]
    assert not bigv_user(name="bob")["changed"]


@pytest.mark.parametrize("name", ["bob", "2"])
def test_a_user_goes_by_name_or_id(cloud, bigv_user, name):
    cloud.seed(document=people(bob=ONE))
    result = bigv_user(name=name)
    assert (result["user"]["username"], result["user"]["id"], result["user"]["authorized_keys"]) == ("bob", 2, [ONE])


def test_by_default_it_is_whose_credentials_these_are(cloud, bigv_user):
    cloud.seed(document=people(admin=ONE))
    assert bigv_user()["user"]["username"] == "admin"
    login = {"token": None, "username": "bob", "password": "password"}
    assert bigv_user(**login)["user"]["username"] == "bob"


def test_whose_credentials_these_are_may_not_be_known(cloud, bigv_user):
    document = people()
    del document["api_keys"][0]["username"]
    cloud.seed(document=document)
    failed = bigv_user(authorized_keys=[ONE])
    assert failed["msg"].startswith("name: is required, because the user of these credentials cannot be determined")
    assert cloud.writes() == []


REFUSED = {
    "an unknown user": ({"name": "nobody", "authorized_keys": [ONE]}, "name: there is no user 'nobody'"),
    "an empty list": ({"name": "bob", "authorized_keys": [], "exclusive": True}, "authorized_keys: this would leave"),
    "the last key": (
        {"name": "bob", "authorized_keys": [ONE], "state": "absent"},
        "authorized_keys: this would leave user bob without any key",
    ),
    "one's own keys": (
        {"authorized_keys": [THREE], "exclusive": True},
        "authorized_keys: this would remove every key that user admin, whose credentials this task uses, has now",
    ),
    "no key": ({"name": "bob", "authorized_keys": ["id_rsa"]}, "authorized_keys[0]: is the path of a file"),
    "nothing to remove": ({"name": "bob", "state": "absent"}, "authorized_keys: is required"),
    "exclusive without keys": ({"name": "bob", "exclusive": True}, "exclusive: requires authorized_keys"),
    "exclusive and absent": (
        {"name": "bob", "authorized_keys": [ONE], "state": "absent", "exclusive": True},
        "exclusive: cannot be used with state: absent",
    ),
}


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(("task", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(cloud, bigv_user, task, message, check_mode):
    cloud.seed(document=people(admin=f"{ONE}\n{TWO}", bob=ONE))
    failed = bigv_user(**task, check_mode=check_mode)
    assert failed["msg"].startswith(message), failed
    assert cloud.writes() == []


def test_other_peoples_keys_may_all_go_for_new_ones(cloud, bigv_user):
    cloud.seed(document=people(bob=ONE))
    assert bigv_user(name="bob", authorized_keys=[TWO], exclusive=True)["changed"]
    assert keys_of(cloud, "bob") == TWO


def test_what_somebody_else_adds_meanwhile_is_not_lost(cloud, bigv_user, monkeypatch):
    cloud.seed(document=people(bob=ONE))
    confirm = Executor._confirm

    def meanwhile(self, *arguments):
        cloud.api("PUT", "/users/bob", {"authorized_keys": f"{ONE}\n{TWO}"})
        return confirm(self, *arguments)

    monkeypatch.setattr(Executor, "_confirm", meanwhile)
    failed = bigv_user(name="bob", authorized_keys=[THREE])
    assert "is no longer the one that the plan was made for" in failed["msg"]
    assert keys_of(cloud, "bob") == f"{ONE}\n{TWO}"


HIDDEN = {"alone": {"authorized_keys": [], "exclusive": True}, "removed": {"authorized_keys": [ONE], "state": "absent"}}


@pytest.mark.parametrize("has_privilege", [True, False])
@pytest.mark.parametrize("change", HIDDEN)
def test_keys_that_cannot_be_seen_are_not_taken_for_none(cloud, bigv_user, change, has_privilege):
    document = people(bob=ONE)
    for owner, accounts in zip([*document["users"], *document["api_keys"]], (["acme"], [], ["acme"]), strict=True):
        owner["accounts"] = accounts
    document["privileges"] = [{"username": "bob", "level": "group_admin", "group": "default.acme"}] * has_privilege
    cloud.seed(document=document)
    done = bigv_user(name="bob", **HIDDEN[change], force=True)
    assert done["changed"] is has_privilege
    assert any("shows no SSH keys of user bob" in text for text in done.get("warnings", ())) is not has_privilege


def test_users_are_listed(cloud, bigv_user_info):
    cloud.seed(document=people(bob=ONE))
    users = bigv_user_info()["users"]
    assert [(user["username"], user["authorized_keys"]) for user in users] == [("admin", []), ("bob", [ONE])]
    assert [user["id"] for user in bigv_user_info(name="bob")["users"]] == [2]
    assert [user["username"] for user in bigv_user_info(name="2")["users"]] == ["bob"]
    assert bigv_user_info(name="nobody")["users"] == []
