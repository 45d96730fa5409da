# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The API's clock, as bigv_group_info tells it."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

DATES = {
    "Wed, 25 Nov 2026 23:37:00 GMT": "2026-11-25T23:37:00Z",
    "Wed, 25 Nov 2026 23:37:00 -0000": "2026-11-25T23:37:00Z",
    "Thu, 26 Nov 2026 01:37:00 +0200": "2026-11-25T23:37:00Z",
    "Sun Nov  6 08:49:37 1994": "1994-11-06T08:49:37Z",
    "Fri, 31 Dec 9999 23:59:59 -2300": None,
    "Wed, 25 Nov 2026 25:37:00 GMT": None,
    "Wed, 25 Nov 99999 23:37:00 GMT": None,
    "9" * 5000: None,
    "soon": None,
    "7": None,
    "": None,
}


@pytest.mark.parametrize("run", [run_module, run_in_controller])
@pytest.mark.parametrize("name", [None, "nothing"])
def test_what_the_answer_says(run, name):
    with recording_server() as server:
        options = {"api_url": server.url, "token": "t", "account": "acme", "name": name, "api_retries": 0}

        def answer(request, **headers):
            if request.path == "/accounts/acme":
                return Answer(body=b'{"id": 1, "name": "acme"}', headers=headers)
            return Answer(404 if name else 200, b"[]", headers=headers)

        for header, date in DATES.items():
            server.answer = lambda request, date=header: answer(request, Date=date)
            assert run("bigv_group_info", **options)["api_date"] == date, header
        server.answer = answer
        assert run("bigv_group_info", **options)["api_date"] is None


def test_the_date_is_of_the_answer_read_last_and_not_of_the_login():
    def answer(request):
        if request.path == "/session":
            return Answer(body=b"5e5510", kind="text/plain", headers={"Date": "Wed, 25 Nov 2020 00:00:00 GMT"})
        minute = len(server.requests)
        if request.path.endswith("/groups"):
            return Answer(404, headers={"Date": f"Wed, 25 Nov 2026 00:{minute:02}:00 GMT"})
        return Answer(body=b'{"id": 1, "name": "acme"}', headers={"Date": f"Wed, 25 Nov 2026 00:{minute:02}:00 GMT"})

    with recording_server(answer) as server:
        login = {"username": "u", "password": "p", "auth_url": server.url, "api_url": server.url, "account": "acme"}
        result = run_module("bigv_group_info", **login, api_retries=0)
    assert server.calls == ["POST /session", "GET /accounts/acme/groups", "GET /accounts/acme"]
    assert result["api_date"] == "2026-11-25T00:03:00Z"
