# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The forms in which the service answers, or may answer, about users, privileges and API keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.contract.test_forms_of_answers import (
    WAYS,
    Form,
    Reply,
    as_strings,
    each_object,
    relay,
    status,
    with_members,
    without_members,
    written,
)
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Request
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

ONE, TWO = "ssh-ed25519 AAAA one", "ssh-rsa BBBB two"
GROUP = {"level": "group_admin", "group": "default"}
OTHER = {"level": "vm_admin", "vm": "web1"}
Run = Callable[..., dict[str, Any]]


def with_blank_lines(shown: dict[str, Any]) -> dict[str, Any]:
    keys = shown.get("authorized_keys")
    return {**shown, "authorized_keys": f"\n{keys}\r\n\n \n"} if keys else shown


def without_keys(shown: dict[str, Any]) -> dict[str, Any]:
    return {**shown, "authorized_keys": shown.get("authorized_keys") or ""} if "username" in shown else shown


def moments(change: Callable[[str], str]) -> Form:
    def changed(shown: dict[str, Any]) -> dict[str, Any]:
        moment = shown.get("expires_at")
        return {**shown, "expires_at": change(moment)} if isinstance(moment, str) else shown

    return each_object(changed)


def not_nested(request: Request, reply: Reply) -> Reply:
    """Leave the privileges out of API keys."""
    if request.path != "/api_keys" or not isinstance(reply.body, list):
        return reply
    return reply._replace(
        body=[{name: value for name, value in key.items() if name != "privileges"} for key in reply.body]
    )


def deleted_with(number: int, body: Any = None) -> Form:
    return written(lambda request, reply: Reply(number, body) if request.method == "DELETE" else reply)


FORMS: dict[str, list[Form]] = {
    "as it is": [],
    "numbers as strings": [each_object(as_strings)],
    "keys that end in blank lines": [each_object(with_blank_lines)],
    "keys that are empty": [each_object(without_keys)],
    "nulls": [with_members(email=None, creating_username=None)],
    "few members": [
        without_members("email", "creating_username", "virtual_machine_name", "group_name", "account_name")
    ],
    "unknown members": [each_object(lambda shown: {**shown, "billing": {"plan": [None]}, "type": "x"})],
    "200": [status(200)],
    "201": [status(201)],
    "202": [status(202)],
    "a deletion answered 200": [deleted_with(200)],
    "a deletion answered with an object": [deleted_with(200, {"status": "ok"})],
    "privileges not nested": [not_nested],
    "privileges that are null": [with_members(privileges=None)],
    "moments with an offset": [moments(lambda text: text.replace("Z", "+0000"))],
    "moments with a blank": [moments(lambda text: text.replace("T", " ").replace("Z", " UTC"))],
    "moments without a fraction": [moments(lambda text: text.partition(".")[0] + "Z")],
    "blank lines": [lambda request, reply: reply._replace(tail="\r\n\n \n") if reply.status != 204 else reply],
    "vendor's type": [lambda request, reply: reply._replace(kind="application/vnd.bigv.privilege+json")],
}  # fmt: skip
TASKS: list[tuple[str, dict[str, Any]]] = [
    ("bigv_user", {"name": "read-only", "authorized_keys": [ONE, TWO]}),
    ("bigv_user", {"name": "read-only", "authorized_keys": [ONE], "state": "absent"}),
    ("bigv_user", {"authorized_keys": [ONE]}),
    ("bigv_privilege", {"user": "read-only", **GROUP}),
    ("bigv_privilege", {"user": "read-only", **GROUP, "yubikey_required": True, "yubikey_otp_max_age": "15m"}),
    ("bigv_privilege", {"user": "read-only", **GROUP, "state": "absent"}),
    ("bigv_api_key", {"label": "ci", "valid_for": "20d", "privileges": [GROUP]}),
    ("bigv_api_key", {"label": "ci", "privileges": [OTHER]}),
    ("bigv_privilege", {"user": "admin", **GROUP, "api_key": "ci"}),
    ("bigv_api_key", {"label": "ci", "valid_for": "90d", "renew_before": "30d", "exclusive": True}),
    ("bigv_api_key", {"label": "ci", "state": "absent"}),
]


@pytest.fixture(params=WAYS)
def run(request: pytest.FixtureRequest, cloud: Cloud) -> Run:
    def run(name: str, /, **options: Any) -> dict[str, Any]:
        shared = {"token": cloud.token, "account": "acme", "api_retries": 0, "auth_url": cloud.auth_url}
        return WAYS[request.param](name, **shared | options)

    return run


@pytest.mark.parametrize("with_offset", [False, True], ids=["in UTC", "with an offset"])
@pytest.mark.parametrize("form", FORMS)
def test_people_and_access_survive_it(run: Run, cloud: Cloud, form: str, with_offset: bool) -> None:
    cloud.seed({"name": "web1", "id": 1001}, expiry_with_offset=with_offset)
    with relay(cloud, *FORMS[form]) as server:
        for name, options in TASKS:
            predicted = run(name, api_url=server.url, check_mode=True, **options)
            done = run(name, api_url=server.url, **options)
            again = run(name, api_url=server.url, **options)
            for result in (predicted, done, again):
                assert not result.get("failed"), (name, options, result["msg"])
            assert predicted["changed"] is done["changed"] is True, (name, options)
            assert predicted["actions"] == done["actions"], (name, options)
            assert done.get("warnings", []) == [], name
            assert not again["changed"], (name, options, again["actions"])
        token = run("bigv_api_key", api_url=server.url, label="new")["token"]
        assert run("bigv_api_key_info", api_url=server.url, token=token, label="new")["api_keys"]
        for name, options, noun, count in (
            ("bigv_user_info", {"name": "read-only"}, "users", 1),
            ("bigv_privilege_info", {"user": "admin"}, "privileges", 0),
            ("bigv_api_key_info", {"label": "new"}, "api_keys", 1),
            ("bigv_vm_info", {"user": "admin"}, "vms", 1),
        ):
            found = run(name, api_url=server.url, **options)
            assert len(found[noun]) == count, found
            assert token not in str(found)
            assert all(isinstance(entry["id"], int) for entry in found[noun])
    keys = {user["username"]: user["authorized_keys"] for user in cloud.control("GET", "state")["users"]}
    assert keys["read-only"] == TWO
