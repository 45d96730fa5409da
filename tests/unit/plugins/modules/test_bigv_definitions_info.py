# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_definitions_info: whatever the API lists, read without credentials."""

from __future__ import annotations

import json

import pytest
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

LISTED = {"zone_names": ["york"], "keymaps": [], "distribution_descriptions": {"stretch": "Debian 9"}, "news": None}
CREDENTIALS = {"token": "apikey.secret", "username": "admin", "password": "passw0rd", "yubikey": "cccccccc"}


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def run(request, cloud, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("BIGV_TOKEN", "BIGV_USERNAME", "BIGV_PASSWORD"):
        monkeypatch.delenv(variable, raising=False)

    def run(**options):
        shared = {"api_url": cloud.api_url, "auth_url": cloud.auth_url, "api_retries": 0}
        return request.param("bigv_definitions_info", **(shared | options))

    return run


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_lists_cost_one_get_without_credentials(cloud, run, check_mode):
    result = run(check_mode=check_mode)
    assert result["changed"] is False
    assert {"york", "manchester"} <= set(result["definitions"]["zone_names"])
    assert "stretch" in result["definitions"]["distributions"]
    assert cloud.calls() == ["GET /definitions"]


def test_whatever_is_listed_is_returned(run):
    listed = [{"id": name, "data": data} for name, data in LISTED.items()]
    with recording_server(lambda request: Answer(200, json.dumps(listed).encode())) as server:
        assert run(api_url=server.url)["definitions"] == LISTED


@pytest.mark.parametrize("credentials", [CREDENTIALS, {**CREDENTIALS, "token": None}, {"token": "no token"}])
def test_no_credentials_are_sent(run, credentials):
    """A one-time password is not spent on what needs none."""
    with recording_server(lambda request: Answer(200, b"[]")) as server:
        result = run(api_url=server.url, auth_url=server.url, **credentials)
    assert result["definitions"] == {}
    assert [request.target for request in server.requests] == ["/definitions"]
    [request] = server.requests
    assert "authorization" not in {name.lower() for name in request.headers}
    assert not any(secret in str(request) for secret in CREDENTIALS.values())


def test_a_refusal_is_one_clear_error(run):
    with recording_server(lambda request: Answer(500, b'{"base": ["out of order"]}')) as server:
        result = run(api_url=server.url)
    assert result["failed"]
    assert "Could not read the definitions: the API answered 500" in result["msg"]
