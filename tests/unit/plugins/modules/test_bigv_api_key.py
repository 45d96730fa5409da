# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_api_key for real, against the simulated cloud: creation, renewal, privileges, deletion, and what goes wrong."""

from __future__ import annotations

import json
import stat
import time
from threading import Thread

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core import executor, retries
from ansible_collections.bytemark.cloud.plugins.module_utils._core.client import Client
from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

ADMIN = {"token": "apikey.simulator-admin", "label": "admin", "username": "admin"}
GROUP = {"level": "group_admin", "group": "default"}
STAGING = {"level": "group_admin", "group": "staging"}
NEW = {"label": "ci", "valid_for": "90d", "privileges": [GROUP]}


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def way(request):
    yield request.param
    # A task that renews the key it runs on goes on with the new one.
    _in_controller._clients.clear()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(executor, "READS_LAG", 0.0)
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.01)


def key(key_id, days=None, label="ci"):
    expiry = {} if days is None else {"expires_at": time.time() + days * 86400}
    return {"token": f"apikey.simulator-{key_id}", "label": label, "username": "admin", "id": key_id, **expiry}


def granted(key_id, group="default"):
    what = {"username": "admin", "level": "group_admin", "group": f"{group}.acme"}
    return {**what, "api_key_id": key_id, "password_required": False}


@pytest.fixture
def seeded(cloud):
    def seed(*keys, privileges=(), **settings):
        document = {"api_keys": [ADMIN, *keys], "privileges": list(privileges)}
        cloud.seed(document=document, **settings)

    seed()
    return seed


def keys(cloud, label="ci"):
    return [entry["id"] for entry in cloud.control("GET", "state")["api_keys"] if entry["label"] == label]


def groups_of(api_key):
    return sorted(entry["group_id"] for entry in api_key["privileges"])


def works(cloud, token, bigv_group_info):
    return not bigv_group_info(token=token).get("failed")


def test_a_new_key_works_where_it_may(cloud, seeded, bigv_api_key, bigv_group_info):
    predicted = bigv_api_key(**NEW, check_mode=True)
    assert (predicted["changed"], "token" in predicted, keys(cloud)) == (True, False, [])
    done = bigv_api_key(**NEW)
    assert done["token"].startswith("apikey.")
    assert done["actions"] == predicted["actions"]
    assert done["api_key"]["label"] == "ci"
    assert "api_key" not in done["api_key"]
    assert works(cloud, done["token"], bigv_group_info)
    again = bigv_api_key(**NEW)
    assert (again["changed"], "token" in again) == (False, False)
    assert again["api_key"] == done["api_key"]
    # The privileges are read again by whoever lists them.
    assert groups_of(again["api_key"]) == [cloud.groups()["default"]["id"]]


def test_the_key_goes_into_a_file_that_nobody_else_reads(cloud, seeded, bigv_api_key, tmp_path):
    file = tmp_path / "token"
    done = bigv_api_key(**NEW, token_file=str(file))
    assert file.read_text(encoding="ascii") == f"{done['token']}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


@pytest.mark.parametrize("path", ["missing/token", "."])
def test_a_file_that_cannot_be_written_makes_no_key(cloud, seeded, bigv_api_key, tmp_path, path):
    failed = bigv_api_key(**NEW, token_file=str(tmp_path / path))
    assert failed["msg"].startswith("token_file: ")
    assert keys(cloud) == []


@pytest.mark.parametrize(("days", "is_renewed"), [(None, False), (30, False), (13, True), (-1, True)])
def test_a_key_is_renewed_before_it_expires(cloud, seeded, bigv_api_key, days, is_renewed):
    seeded(key(31, days), privileges=[granted(31)])
    task = {"label": "ci", "valid_for": "90d", "renew_before": "14d"}
    done = bigv_api_key(**task)
    assert not done.get("failed"), done
    assert done["changed"] is is_renewed
    assert len(keys(cloud)) == 1 + is_renewed
    if is_renewed:
        # It gets what the key that it follows has.
        assert groups_of(done["api_key"]) == [cloud.groups()["default"]["id"]]
        assert not bigv_api_key(**task)["changed"]


def test_the_key_that_expires_last_counts(cloud, seeded, bigv_api_key):
    seeded(key(31, 3), key(32, 40), key(33, 5))
    assert bigv_api_key(label="ci", valid_for="90d", renew_before="14d")["api_key"]["id"] == 32


def test_others_of_the_label_are_deleted_only_if_asked(cloud, seeded, bigv_api_key):
    seeded(key(31, 3), key(32, 5), key(33, 5, label="other"), privileges=[granted(32)])
    done = bigv_api_key(label="ci", valid_for="90d", renew_before="14d", exclusive=True)
    assert keys(cloud) == [done["api_key"]["id"]]
    assert keys(cloud, "other") == [33]
    writes = [(write["method"], write["path"].rstrip("0123456789")) for write in cloud.done()]
    # The new key can do everything before an old one goes.
    assert writes[-2:] == [("DELETE", "/api_keys/")] * 2
    assert ("POST", "/users/1/privileges") in [(write["method"], write["path"]) for write in cloud.done()][:-2]


def test_the_privileges_are_the_exact_set(cloud, seeded, bigv_api_key):
    seeded(key(31), privileges=[granted(31)])
    done = bigv_api_key(label="ci", privileges=[STAGING])
    assert done["actions"] == [
        "grant group_admin of group staging.acme to API key ci",
        f"revoke group_admin of group {cloud.groups()['default']['id']} to API key ci",
    ]
    assert groups_of(done["api_key"]) == [cloud.groups()["staging"]["id"]]
    assert keys(cloud) == [31]
    assert groups_of(bigv_api_key(label="ci", privileges=[])["api_key"]) == []
    assert not bigv_api_key(label="ci", privileges=[])["changed"]
    assert not bigv_api_key(label="ci")["changed"]


def test_absent_deletes_all_of_a_label_or_one(cloud, seeded, bigv_api_key):
    seeded(key(31), key(32), key(33))
    assert bigv_api_key(id=32, state="absent")["changed"]
    assert keys(cloud) == [31, 33]
    assert bigv_api_key(label="ci", state="absent")["changed"]
    assert keys(cloud) == []
    for gone in ({"label": "ci"}, {"id": 31}):
        assert not bigv_api_key(**gone, state="absent")["changed"]


def test_one_does_not_lock_oneself_out(cloud, seeded, bigv_api_key):
    refused = bigv_api_key(label="admin", state="absent")
    assert "force: true" in refused["msg"]
    assert keys(cloud, "admin") == [1]
    assert bigv_api_key(label="admin", state="absent", force=True)["changed"]


REFUSED = {
    "a key of somebody else": ({"label": "ci", "user": "read-only"}, "user: read-only is not the user"),
    "an unknown user": ({"label": "ci", "user": "nobody"}, "user: there is no user 'nobody'"),
    "an unknown id": ({"id": 99}, "id: you have no API key with the id 99"),
    "a group that is not there": (
        {"label": "ci", "privileges": [{"level": "group_admin", "group": "nowhere"}]},
        "privileges[0].group: there is no group nowhere.acme",
    ),
    "no group": ({"label": "ci", "privileges": [{"level": "group_admin"}]}, "privileges[0].group: is required"),
    "twice the same": (
        {"label": "ci", "privileges": [GROUP, GROUP]},
        "privileges[1]: group_admin of group default.acme",
    ),
    "a moment that is past": (
        {"label": "ci", "expires_at": "2020-01-01"},
        "expires_at: 2020-01-01T00:00:00Z is in the past",
    ),
    "no moment": ({"label": "ci", "expires_at": "tomorrow"}, "expires_at: 'tomorrow' is not a date and time"),
    "no duration": ({"label": "ci", "valid_for": "3 moons"}, "valid_for: '3 moons' is not a duration"),
    "renewed at once": (
        {"label": "ci", "valid_for": "1d", "renew_before": "2d"},
        "renew_before: must be less than valid_for",
    ),
    "renewed for ever": ({"label": "ci", "renew_before": "2d"}, "renew_before: the new key would never expire"),
    "a blank label": ({"label": " "}, "label: must not be blank"),
}


@pytest.mark.parametrize(("task", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_before_anything_is_written(cloud, seeded, bigv_api_key, task, message):
    cloud.seed(document={"api_keys": [ADMIN]})
    for check_mode in (True, False):
        failed = bigv_api_key(**task, check_mode=check_mode)
        if check_mode and message.startswith("privileges[0].group: there"):
            continue
        assert failed["msg"].startswith(message), failed
    assert cloud.writes() == []


def test_a_lost_secret_is_made_anew(cloud, seeded, bigv_api_key, bigv_group_info):
    cloud.faults({"fault": "reset_after", "path": "/api_keys", "method": "POST", "count": 1})
    done = bigv_api_key(**NEW, api_retries=3)
    assert not done.get("failed"), done
    assert keys(cloud) == [done["api_key"]["id"]]
    assert works(cloud, done["token"], bigv_group_info)


def test_a_key_whose_privileges_are_refused_is_deleted_again(cloud, seeded, bigv_api_key):
    cloud.faults({"fault": "status", "status": 403, "path": "/users/1/privileges", "method": "POST"})
    failed = bigv_api_key(**NEW)
    assert "403" in failed["msg"]
    assert keys(cloud) == []


def test_a_key_that_cannot_even_be_deleted_is_named(cloud, seeded, bigv_api_key):
    cloud.faults(
        {"fault": "status", "status": 403, "path": "/users/1/privileges", "method": "POST"},
        {"fault": "status", "status": 403, "path": "/api_keys/*", "method": "DELETE"},
    )
    failed = bigv_api_key(**NEW)
    (left,) = keys(cloud)
    assert f"The new API key (id {left}) could not be deleted" in failed["msg"]


class Killed(BaseException):
    """The process is gone."""


def kill_at(monkeypatch, step):
    send, sent = Client.send, []

    def send_until_killed(self, method, path, *arguments, **more):
        if method != "GET":
            if len(sent) >= step:
                raise Killed
            sent.append(path)
        return send(self, method, path, *arguments, **more)

    monkeypatch.setattr(Client, "send", send_until_killed)
    return sent


@pytest.mark.parametrize("step", range(4))
def test_killed_at_any_step_the_next_run_leads_to_one_working_key(
    cloud, seeded, bigv_api_key, bigv_group_info, tmp_path, step
):
    seeded(key(31, 3), privileges=[granted(31)])
    file = tmp_path / "token"
    task = {**NEW, "renew_before": "14d", "exclusive": True, "token_file": str(file), "privileges": [GROUP, STAGING]}
    with pytest.MonkeyPatch.context() as monkeypatch:
        kill_at(monkeypatch, step)
        with pytest.raises(Killed):
            bigv_api_key(**task)
    done = bigv_api_key(**task)
    assert not done.get("failed"), done
    (only,) = keys(cloud)
    assert only == done["api_key"]["id"]
    assert len(done["api_key"]["privileges"]) == 2
    assert works(cloud, file.read_text(encoding="ascii").strip(), bigv_group_info)
    assert [path.name for path in tmp_path.iterdir()] == ["token"]
    assert not bigv_api_key(**task)["changed"]


def test_two_plays_at_once_make_one_key(cloud, seeded):
    cloud.settings(latency=0.05)
    results = []
    threads = [
        Thread(target=lambda: results.append(run_in_controller("bigv_api_key", **cloud.access, **NEW)))
        for _number in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not any(result.get("failed") for result in results), results
    assert len(keys(cloud)) == 1
    assert sum("token" in result for result in results) <= 1


def test_a_task_that_replaces_the_key_it_runs_on_goes_on_with_the_new_one(cloud, seeded, bigv_api_key):
    seeded(key(31, 3))
    done = bigv_api_key(
        label="ci", valid_for="90d", renew_before="14d", exclusive=True, token="apikey.simulator-31", privileges=[GROUP]
    )
    assert not done.get("failed"), done
    assert "warnings" not in done
    assert keys(cloud) == [done["api_key"]["id"]]


def test_deletions_that_fail_do_not_lose_the_secret(cloud, seeded, bigv_api_key):
    seeded(key(31, 3))
    cloud.faults({"fault": "status", "status": 403, "path": "/api_keys/31", "method": "DELETE"})
    done = bigv_api_key(label="ci", valid_for="90d", renew_before="14d", exclusive=True)
    assert done["token"].startswith("apikey.")
    assert any("the task is incomplete" in warning for warning in done["warnings"])
    cloud.faults()
    assert bigv_api_key(label="ci", valid_for="90d", renew_before="14d", exclusive=True)["changed"]
    assert keys(cloud) == [done["api_key"]["id"]]


@pytest.mark.parametrize("step", range(2))
def test_without_a_file_a_key_that_a_killed_run_has_left_without_privileges_is_replaced(
    cloud, seeded, bigv_api_key, bigv_group_info, step
):
    seeded(key(31, 3), privileges=[granted(31)])
    task = {**NEW, "renew_before": "14d", "exclusive": True, "privileges": [GROUP]}
    with pytest.MonkeyPatch.context() as monkeypatch:
        kill_at(monkeypatch, step)
        with pytest.raises(Killed):
            bigv_api_key(**task)
    done = bigv_api_key(**task)
    assert keys(cloud) == [done["api_key"]["id"]]
    assert works(cloud, done["token"], bigv_group_info)
    assert not bigv_api_key(**task)["changed"]


OWN = {"token": "apikey.simulator-31"}


@pytest.fixture
def on_an_older_key(cloud):
    """Have the task run on one of two keys, the older one."""
    cloud.seed(document={"api_keys": [key(31, 3), key(32, 40)]})


def test_the_key_that_the_task_may_run_on_is_not_deleted(cloud, on_an_older_key, bigv_api_key):
    refused = bigv_api_key(label="ci", exclusive=True, **OWN)
    assert "exclusive: the task may be authenticated by one of the API keys ci" in refused["msg"]
    assert keys(cloud) == [31, 32]


def test_the_key_in_the_file_has_to_be_good_before_the_one_in_use_is_deleted(
    cloud, on_an_older_key, bigv_api_key, tmp_path
):
    file = tmp_path / "token"
    task = {"label": "ci", "exclusive": True, "token_file": str(file), **OWN}
    file.write_text("apikey.no-longer\n", encoding="ascii")
    failed = bigv_api_key(**task)
    assert "the key in token_file, so the other keys were not deleted" in failed["msg"]
    assert "no-longer" not in str(failed)
    assert keys(cloud) == [31, 32]
    file.write_text("apikey.simulator-32\n", encoding="ascii")
    done = bigv_api_key(**task)
    assert not done.get("failed"), done
    assert keys(cloud) == [32]


def test_a_file_that_has_gone_while_its_key_is_there_is_warned_of(cloud, seeded, bigv_api_key, tmp_path):
    file = tmp_path / "token"
    task = {**NEW, "token_file": str(file)}
    assert "warnings" not in bigv_api_key(**task)
    assert "warnings" not in bigv_api_key(**task)
    file.unlink()
    done = bigv_api_key(**task)
    assert not done["changed"]
    assert "contains no key, and API key ci already exists" in done["warnings"][0]


def test_a_secret_that_the_list_shows_is_in_no_result_and_not_remembered(way, monkeypatch):
    listed = [
        {"id": number, "user_id": 7, "label": "ci", "api_key": "apikey.listed", "privileges": []} for number in (1, 2)
    ]
    remembered = []
    monkeypatch.setattr(Client, "remember", lambda self, predictions: remembered.extend(predictions))
    access = {"token": "a-session", "api_retries": 0}
    with recording_server(lambda request: Answer(body=json.dumps(listed).encode())) as server:
        tasks = [
            ("bigv_api_key", {"label": "ci", "exclusive": True, "check_mode": True}),
            ("bigv_api_key", {"label": "ci", "state": "absent", "check_mode": True}),
            ("bigv_api_key_info", {}),
        ]
        done = [way(module, api_url=server.url, **access, **options) for module, options in tasks]
    assert not any(result.get("failed") for result in done), done
    assert len(remembered) > 2
    assert "apikey.listed" not in f"{done} {remembered}"
