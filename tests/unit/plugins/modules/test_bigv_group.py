# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_group and bigv_group_info, for real, against the simulated cloud."""

from __future__ import annotations

import pytest


def test_dotted_name_says_the_account(cloud, bigv_group):
    assert bigv_group(name="preview.acme.uk0.bigv.io", account=None)["group"]["name"] == "preview"
    assert "preview" in cloud.groups()


def test_contradiction_is_refused_before_any_request(cloud, bigv_group):
    result = bigv_group(name="preview.globex")
    assert result["failed"]
    assert result["msg"] == (
        "account: 'acme' contradicts name: 'preview.globex', which means 'globex'; set only one of the two"
    )
    assert cloud.calls() == []


def test_account_of_the_environment_gives_way_to_a_dotted_name(cloud, bigv_group, monkeypatch):
    monkeypatch.setenv("BIGV_ACCOUNT", "globex")
    assert bigv_group(name="preview.acme", account=None)["changed"]
    assert "preview" in cloud.groups()


def test_account_from_the_environment(cloud, bigv_group, monkeypatch):
    monkeypatch.setenv("BM_ACCOUNT", "acme")
    assert bigv_group(name="preview", account=None)["changed"]
    assert "preview" in cloud.groups()


def test_no_account_at_all(cloud, bigv_group):
    result = bigv_group(name="preview", account=None)
    assert result["msg"].startswith("account: is required; set the option or the environment variable BIGV_ACCOUNT")


def test_unknown_account(cloud, bigv_group):
    for check_mode in (True, False):
        result = bigv_group(name="preview", account="nobody", check_mode=check_mode)
        assert result["failed"]
        assert result["msg"].startswith("account: there is no account 'nobody', or these credentials cannot see it.")
        assert result["error"]["status"] == 404
    assert cloud.writes() == []


def test_rename_creates_under_the_new_name_where_neither_exists(cloud, bigv_group):
    assert bigv_group(name="old", new_name="new")["actions"] == ["create group new.acme"]
    assert set(cloud.groups()) == {"default", "staging", "new"}


def test_rename_fails_where_both_exist(cloud, bigv_group):
    result = bigv_group(name="staging", new_name="default")
    assert "the groups staging.acme and default.acme both exist" in result["msg"]
    assert cloud.writes() == []


def test_absent_names_the_vms_that_the_group_holds(cloud, bigv_group):
    cloud.seed(
        {"name": "web1"},
        {"name": "web2", "power_on": False, "autoreboot_on": False},
        {"name": "web3", "deleted": True},
    )
    result = bigv_group(name="default", state="absent")
    assert "contains VMs" in result["msg"]
    assert "web1 (running), web2 (stopped), web3 (soft-deleted)" in result["msg"]
    assert "purge: true" in result["msg"]
    assert cloud.writes() == []


def test_name_that_is_an_id_is_refused(cloud, bigv_group):
    group_id = cloud.groups()["staging"]["id"]
    result = bigv_group(name=str(group_id), state="absent")
    assert result["msg"] == f"name: '{group_id}' is the id of the group 'staging', not a name; use the name"
    assert "staging" in cloud.groups()


def test_read_only_credentials_get_one_clear_error(cloud, bigv_group):
    result = bigv_group(name="preview", token=cloud.read_only_token)
    assert result["msg"].startswith("Could not create group preview.acme: the API answered 403")
    assert "use credentials with more privileges" in result["msg"]
    assert result["error"]["method"] == "POST"
    assert result["error"]["url"].endswith("/accounts/acme/groups")


def test_info_lists_all_groups_or_one_or_none(cloud, bigv_group_info):
    assert [group["name"] for group in bigv_group_info()["groups"]] == ["default", "staging"]
    assert [group["name"] for group in bigv_group_info(name="staging.acme")["groups"]] == ["staging"]
    assert bigv_group_info(name="nothing")["groups"] == []
    assert bigv_group_info(name="nothing")["changed"] is False


def test_info_refuses_an_unknown_account(cloud, bigv_group_info):
    assert "there is no account 'nobody'" in bigv_group_info(account="nobody")["msg"]


@pytest.mark.parametrize("options", [{"name": "Staging"}, {"name": "new", "new_name": "STAGING"}])
def test_a_name_that_differs_in_case_is_not_created(cloud, bigv_group, options):
    for check_mode in (True, False):
        assert "'staging' in case only" in bigv_group(**options, check_mode=check_mode)["msg"]
    assert not bigv_group(name="Staging", state="absent")["changed"]
    assert cloud.writes() == []
