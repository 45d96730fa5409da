# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Examples and cases of users. The simulated cloud has admin, whose credentials tasks use, and read-only."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.resources._types import Case, Example

ONE, TWO = "ssh-ed25519 AAAA one", "ssh-rsa BBBB two"
EXAMPLES = {"bigv_user": Example({"name": "read-only", "authorized_keys": [ONE]}), "bigv_user_info": Example()}
CASES = {
    "add keys to a user": Case(
        "bigv_user",
        {"name": "read-only", "authorized_keys": [ONE, TWO]},
        repeated=["GET /users/read-only"],
        actions=["change the authorized keys of user read-only: 2 added, 0 removed"],
        writes=[("PUT", "/users/read-only", {"authorized_keys": f"{ONE}\n{TWO}"})],
    ),
    "add a key to one's own user": Case(
        "bigv_user",
        {"authorized_keys": [ONE]},
        repeated=["GET /api_keys", "GET /users/1"],
        writes=[("PUT", "/users/admin", {"authorized_keys": ONE})],
    ),
    "list the users": Case("bigv_user_info", {}, repeated=["GET /users"]),
    "read a user": Case("bigv_user_info", {"name": "admin"}, repeated=["GET /users/admin"]),
}
