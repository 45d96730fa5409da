# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_account_info: all accounts or one of them, with what is in it where that is asked for."""

from __future__ import annotations

import json

import pytest
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

VMS = [
    {"id": 8, "name": "web1", "group_id": 3, "discs": [], "network_interfaces": []},
    {"id": 9, "name": "web2", "group_id": 4, "discs": [], "network_interfaces": [], "deleted": False},
    {"id": 10, "name": "old1", "group_id": 4, "discs": [], "network_interfaces": [], "deleted": True},
]
GROUPS = [{"id": 3, "account_id": 2, "name": "default"}, {"id": 4, "account_id": 2, "name": "staging"}]
ACCOUNT = {"id": 2, "name": "acme", "suspended": False}


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def run(request, cloud, monkeypatch):
    for variable in ("BIGV_ACCOUNT", "BM_ACCOUNT"):
        monkeypatch.delenv(variable, raising=False)

    def run(**options):
        shared = {"api_url": cloud.api_url, "auth_url": cloud.auth_url, "token": cloud.token, "api_retries": 0}
        return request.param("bigv_account_info", **(shared | options))

    return run


@pytest.fixture
def two_accounts(cloud):
    """Seed the accounts acme, whose group web has VMs, and 77, whose name is a number; return the id of acme."""
    vms = [{"name": "web1"}, {"name": "old1", "power_on": False, "deleted": True}]
    groups = [{"name": "web", "virtual_machines": vms}, {"name": "default"}]
    cloud.control("POST", "seed", {"accounts": [{"name": "acme", "groups": groups}, {"name": "77"}]})
    cloud.clear()
    return next(account["id"] for account in cloud.control("GET", "state")["accounts"] if account["name"] == "acme")


def names(result):
    assert result["changed"] is False
    return [account["name"] for account in result["accounts"]]


@pytest.mark.parametrize("check_mode", [False, True])
def test_all_accounts_cost_one_get(cloud, run, two_accounts, check_mode):
    result = run(check_mode=check_mode)
    assert names(result) == ["acme", "77"]
    assert result["accounts"][0] == {"id": two_accounts, "name": "acme", "suspended": False}
    assert cloud.calls() == ["GET /accounts"]


def test_one_account_costs_one_get(cloud, run, two_accounts):
    assert names(run(account="acme")) == ["acme"]
    assert cloud.calls() == ["GET /accounts/acme"]


def test_a_number_is_a_name_or_an_id(run, two_accounts):
    assert names(run(account="77")) == ["77"]
    assert names(run(account=str(two_accounts))) == ["acme"]
    assert run(account="555")["accounts"] == []


def test_an_account_that_is_not_there_is_an_empty_list(run, two_accounts):
    assert run(account="nobody")["accounts"] == run(account="nobody", overview=True)["accounts"] == []


def test_the_account_of_the_environment_is_meant_where_none_is_named(cloud, run, two_accounts, monkeypatch):
    monkeypatch.setenv("BIGV_ACCOUNT", "acme")
    assert names(run()) == names(run(account="")) == ["acme"]
    assert names(run(account="77")) == ["77"]


def test_a_blank_account_does_not_stand_for_all(cloud, run, two_accounts):
    assert run(account="")["msg"].startswith("account: is required; set the option")
    assert cloud.calls() == []


@pytest.mark.parametrize("account", [None, "acme"])
def test_an_overview_has_groups_and_vms_for_one_get(cloud, run, two_accounts, account):
    account = run(overview=True, account=account)["accounts"][0]
    assert {group["name"]: [vm["name"] for vm in group["virtual_machines"]] for group in account["groups"]} == {
        "web": ["web1"],
        "default": [],
    }
    assert account["groups"][0]["virtual_machines"][0]["network_interfaces"]
    assert len(cloud.calls()) == 1


def with_vms(vms):
    return [{**group, "virtual_machines": [vm for vm in vms if vm["group_id"] == group["id"]]} for group in GROUPS]


@pytest.mark.parametrize(
    ("nested", "requests"),
    [
        ({"groups": with_vms(VMS)}, 1),
        ({"groups": GROUPS}, 2),
        ({"groups": [with_vms(VMS)[0], GROUPS[1]]}, 2),
        ({"groups": None}, 3),
        ({}, 3),
    ],
    ids=["all", "groups", "some VMs", "null", "nothing"],
)
def test_what_is_not_nested_is_read_apart(run, nested, requests):
    """Soft-deleted VMs are left out, whether or not they were asked for."""
    answers = {
        "/accounts/acme": {**ACCOUNT, **nested},
        "/accounts": [{**ACCOUNT, **nested}],
        "/accounts/acme/groups": GROUPS,
        "/virtual_machines": VMS,
    }
    with recording_server(lambda request: Answer(200, json.dumps(answers[request.path]).encode())) as server:
        expected = [{**ACCOUNT, "groups": with_vms(VMS[:2])}]
        assert run(api_url=server.url, account="acme", overview=True)["accounts"] == expected
        assert len(server.requests) == requests
        assert run(api_url=server.url, overview=True)["accounts"] == expected
        assert run(api_url=server.url)["accounts"] == [ACCOUNT]


@pytest.mark.parametrize("status", [403, 500])
def test_a_refusal_is_one_clear_error(run, status):
    with recording_server(lambda request: Answer(status, b"{}")) as server:
        for options in ({}, {"account": "acme"}, {"account": "7", "overview": True}):
            result = run(api_url=server.url, **options)
            assert result["failed"]
            assert str(status) in result["msg"]
