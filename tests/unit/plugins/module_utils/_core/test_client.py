# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""One clear error for what goes wrong between a module and the API, and no secret in it."""

from __future__ import annotations

import socket

import pytest


@pytest.fixture
def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_wrong_token(cloud, bigv_vm):
    result = bigv_vm(name="web1", token="apikey.wrong")
    assert result["failed"]
    assert result["msg"].startswith("Could not read VM web1.default.acme: the API answered 401")
    assert "set a valid one in token (BIGV_TOKEN), or set username and password" in result["msg"]
    assert result["error"]["status"] == 401
    assert "apikey.wrong" not in str(result)


def test_no_credentials(cloud, bigv_vm):
    assert bigv_vm(name="web1", token=None)["msg"].startswith("No credentials: set token (BIGV_TOKEN)")
    assert cloud.calls() == []


def test_unreachable_api(cloud, bigv_vm, closed_port):
    result = bigv_vm(name="web1", api_url=f"http://127.0.0.1:{closed_port}")
    assert result["failed"]
    assert result["msg"] == (
        f"Could not read VM web1.default.acme: the connection was refused at http://127.0.0.1:{closed_port}. "
        "Check api_url, the network and the proxy settings."
    )


def test_unreachable_auth_service(cloud, bigv_vm, closed_port):
    url = f"http://127.0.0.1:{closed_port}"
    result = bigv_vm(name="web1", token=None, username="admin", password="password", auth_url=url)
    assert result["msg"].startswith(f"Could not log in: the connection was refused at {url}. Check auth_url")


def test_login_costs_one_post(cloud, bigv_group):
    result = bigv_group(name="staging", token=None, username="admin", password="password")
    assert not result["changed"]
    assert cloud.calls() == ["POST /auth/session", "GET /accounts/acme/groups/staging"]
    assert cloud.connections() == 1


def test_bad_login(cloud, bigv_group):
    result = bigv_group(name="staging", token=None, username="admin", password="guessed")
    assert result["msg"].startswith("Could not log in as 'admin' at ")
    assert "Bad login credentials" in result["msg"]
    assert "guessed" not in str(result)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://uk0.bigv.io", "is plain http, which would expose the credentials to the network"),
        ("http://127.0.0.1.example.com", "is plain http"),
        ("uk0.bigv.io", "is not a URL"),
        ("ftp://uk0.bigv.io", "is not a URL"),
        ("https://", "is not a URL"),
        ("https://uk0.bigv.io:notaport", "is not a URL"),
        ("https://me:s3cr3t@uk0.bigv.io", "contains more than a host, a port and a path"),
    ],
)
def test_url_that_credentials_must_not_go_to(cloud, bigv_group, url, message):
    result = bigv_group(name="staging", api_url=url)
    assert result["msg"].startswith("api_url: ")
    assert message in result["msg"]
    assert "s3cr3t" not in str(result)


def test_answers_that_are_not_of_this_api(cloud, bigv_group):
    """A page that answers 200 with JSON of another kind, and one that answers 404."""
    result = bigv_group(name="staging", api_url=cloud.control_url + "/clock#")
    assert "contains more than a host" in result["msg"]
    result = bigv_group(name="staging", api_url=cloud.api_url + "/nothing/here")
    assert result["msg"].startswith("account: there is no account 'acme'")


@pytest.mark.parametrize(("option", "least"), [("api_timeout", 1), ("api_retries", 0)])
def test_shared_options_out_of_range(cloud, bigv_group, option, least):
    result = bigv_group(name="staging", **{option: least - 1})
    assert result["msg"] == f"{option}: must be at least {least}, got {least - 1}"


@pytest.mark.parametrize("option", ["api_timeout", "api_retries", "wait_timeout", "cores"])
def test_numbers_that_are_too_large(cloud, bigv_vm, option):
    result = bigv_vm(name="web1", **{option: 10**400})
    assert result["msg"] == f"{option}: must be at most 2000000"


def test_a_token_may_end_in_a_newline(cloud, bigv_group):
    assert not bigv_group(name="staging", token=f"{cloud.token}\n").get("failed")
    assert bigv_group(name="staging", token="apikey.ü")["msg"].startswith("token: contains characters")


def test_certificates_that_are_not_there(cloud, bigv_group):
    result = bigv_group(name="staging", api_url="https://127.0.0.1:1", ca_path="/nowhere.pem")
    assert "the certificate file or folder does not exist (ca_path)" in result["msg"]
