# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Values as people type them, in either way of running: taken as they are meant, or refused before anything is sent."""

from __future__ import annotations

import json

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"
OTHER = (
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAABAgMEBQYHCAkKCw"
    "wNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
)
FROM = f'from="10.0.0.0/8,192.0.2.1",no-pty {KEY} me'


@pytest.fixture(params=[run_module, run_in_controller])
def way(request):
    return request.param


def new_vm(**options):
    return {"name": "new", "image": "stretch", "discs": [{"size": 1024}], **options}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (FROM, FROM),
        (f"{FROM}\n", FROM),
        ([f"{KEY}\n"], KEY),
        (f"# mine\n\n{FROM}\n  {OTHER} two \n", f"{FROM}\n{OTHER} two"),
        ([KEY, f"{OTHER}\r\n{FROM}"], f"{KEY}\n{OTHER}\n{FROM}"),
        (json.dumps([FROM, OTHER]), f"{FROM}\n{OTHER}"),
        ([], None),
        ("[]", None),
    ],
)
def test_public_keys_arrive_whole(cloud, bigv_vm, bigv_fleet, given, sent):
    for module, options in (
        (bigv_vm, new_vm(ssh_public_keys=given)),
        (bigv_fleet, {"vms": [new_vm(ssh_public_keys=given)]}),
        (bigv_fleet, {"vms": [new_vm()], "defaults": {"ssh_public_keys": given}}),
        (bigv_fleet, {"vms": json.dumps([new_vm(ssh_public_keys=given)])}),
    ):
        cloud.seed()
        result = module(**options)
        assert result["changed"], result
        (write,) = cloud.writes()
        assert write["body"]["reimage"].get("ssh_public_key") == sent


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("", "[0]: contains no key; leave it out, or specify a public key"),
        ([KEY, ""], "[1]: contains no key"),
        ("~/.ssh/id_ed25519.pub", "[0]: is the path of a file; specify its content, with lookup("),
        (["/etc/keys/alice.pub"], "[0]: is the path of a file"),
        ([KEY, KEY[:-8]], "[1]: is a public key that is truncated or does not match its type"),
        (f"['{KEY}']", ": must be a list, got text"),
        ([[KEY]], "[0]: must be text, got a list"),
        ({"key": KEY}, ": must be a list, got a dictionary"),
        ([KEY, {"key": KEY}], "[1]: must be text, got a dictionary"),
        ([KEY, None], "[1]: must be text, got null"),
        (False, ": must be a list, got a boolean"),
        ([False], "[0]: must be text, got False (a boolean)"),
    ],
)
def test_what_is_no_public_key_is_refused_by_its_position(cloud, bigv_vm, bigv_fleet, given, problem):
    cloud.seed()
    for module, options, place in (
        (bigv_vm, new_vm(ssh_public_keys=given), ""),
        (bigv_vm, {"name": "new", "discs": [{"size": 1024}], "ssh_public_keys": given}, ""),
        (bigv_fleet, {"vms": [new_vm(ssh_public_keys=given)]}, "vms[0]."),
    ):
        result = module(**options)
        assert f"{place}ssh_public_keys{problem}" in result["msg"]
        assert KEY.split()[1] not in result["msg"]
    assert cloud.writes() == []


@pytest.mark.parametrize("script", [{"a": "b"}, ["#!/bin/sh"], 5, True, 1.5])
def test_a_script_is_text(cloud, bigv_vm, script):
    cloud.seed()
    result = bigv_vm(**new_vm(firstboot_script=script))
    assert result["msg"].startswith("firstboot_script: must be text, got ")
    assert cloud.writes() == []


@pytest.mark.parametrize(
    "groups", ['["web","db"]', ' [ "web" , "db" ] ', '["web", {"name": "db"}]', ["web", "db"], "web,db"]
)
def test_the_text_of_a_list_is_the_list(cloud, bigv_fleet, groups):
    cloud.seed()
    assert [group["name"] for group in bigv_fleet(groups=groups)["groups"]] == ["web.acme", "db.acme"]


def test_the_text_of_a_list_inside_another(cloud, bigv_fleet, bigv_vm):
    cloud.seed()
    discs = '[{"label": "data", "size": "1GiB"}, {"size": 2048}]'
    for module, options in (
        (bigv_vm, {"name": "new", "discs": discs}),
        (bigv_fleet, {"vms": [{"name": "new", "discs": discs}]}),
        (bigv_fleet, {"vms": [{"name": "new"}], "defaults": json.dumps({"discs": discs})}),
    ):
        cloud.seed()
        assert module(**options)["changed"]
        assert [disc["size"] for disc in cloud.vms()["new"]["discs"]] == [1024, 2048]


def test_protect_as_the_text_of_a_list(cloud, bigv_vm):
    cloud.seed({"name": "web1"})
    result = bigv_vm(name="web1", state="absent", protect='["db*", "web*"]')
    assert "protected by the pattern 'web*'" in result["msg"]
    assert cloud.writes() == []


def test_a_whole_number_is_a_name(cloud, bigv_group, bigv_fleet, bigv_vm, bigv_disc):
    cloud.seed()
    assert bigv_group(name=555)["group"]["name"] == "555"
    assert bigv_fleet(groups=[555, {"name": 556, "state": "present"}])["actions"] == ["create group 556.acme"]
    assert bigv_vm(name=557, group=555, discs=[{"label": 1, "size": 1024}])["vm"]["name"] == "557"
    assert bigv_disc(vm=557, group=555, label=2, size=1024)["disc"]["label"] == "2"
    assert set(cloud.groups()) == {"default", "staging", "555", "556"}


def test_an_unknown_account_is_an_error_wherever_one_is_read(cloud, bigv_vm_info, bigv_disc_info, bigv_group_info):
    cloud.seed()
    for module, options in (
        (bigv_vm_info, {"account": "acmee"}),
        (bigv_vm_info, {"account": "acmee", "group": "default"}),
        (bigv_vm_info, {"account": "acmee", "name": "web1"}),
        (bigv_vm_info, {"account": None, "name": "web1.default.acmee"}),
        (bigv_vm_info, {"account": "acmee", "name": "web1", "wait_for": "absent"}),
        (bigv_vm_info, {"account": "acmee", "name": "555"}),
        (bigv_disc_info, {"account": "acmee"}),
        (bigv_disc_info, {"account": "acmee", "vm": "web1"}),
        (bigv_disc_info, {"account": None, "vm": "web1.default.acmee"}),
        (bigv_group_info, {"account": "acmee"}),
        (bigv_group_info, {"account": "acmee", "name": "web"}),
        (bigv_group_info, {"account": None, "name": "web.acmee"}),
    ):
        result = module(**options)
        assert result["msg"].startswith("account: there is no account 'acmee', or these credentials cannot see it")
    assert bigv_vm_info()["vms"] == bigv_vm_info(name="web1")["vms"] == bigv_disc_info(vm="web1")["discs"] == []
    assert bigv_group_info(name="web")["groups"] == []
    assert "there is no account '999'" in bigv_vm_info(account="999")["msg"]


def test_an_unknown_account_of_the_environment(cloud, way, monkeypatch):
    monkeypatch.setenv("BIGV_ACCOUNT", "acmee")
    for module_name in ("bigv_vm_info", "bigv_disc_info", "bigv_group_info"):
        result = way(module_name, api_url=cloud.api_url, token=cloud.token, api_retries=0)
        assert result["msg"].startswith("account: there is no account 'acmee'")
