# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Examples and cases of groups."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.resources._types import ACCOUNT, Case, Example

GROUPS = f"{ACCOUNT}/groups"
EXAMPLES = {
    "bigv_group": Example({"name": "new"}),
    "bigv_group_info": Example(),
}
CASES = {
    "create a group": Case(
        "bigv_group",
        {"name": "preview"},
        repeated=[f"GET {GROUPS}/preview"],
        actions=["create group preview.acme"],
        writes=[("POST", GROUPS, {"name": "preview"})],
    ),
    "rename a group": Case(
        "bigv_group",
        {"name": "staging", "new_name": "preview"},
        repeated=[f"GET {GROUPS}/staging", f"GET {GROUPS}/preview"],
        actions=["rename group staging.acme to preview"],
        writes=[("PUT", f"{GROUPS}/staging", {"name": "preview"})],
    ),
    "delete a group": Case(
        "bigv_group",
        {"name": "staging", "state": "absent"},
        repeated=[f"GET {GROUPS}/staging"],
        actions=["delete group staging.acme"],
    ),
    "delete a group with its VMs": Case(
        "bigv_group",
        {"name": "staging", "state": "absent", "purge": True},
        repeated=[f"GET {GROUPS}/staging"],
        actions=["purge VM web1.staging.acme", "purge VM web3.staging.acme", "delete group staging.acme"],
        staging=[{"name": "web1"}, {"name": "web3", "deleted": True}],
    ),
    "list the groups": Case("bigv_group_info", {}, repeated=[f"GET {GROUPS}"]),
    "list the groups that a user reaches": Case(
        "bigv_group_info", {"user": "read-only"}, repeated=["GET /groups", f"GET {ACCOUNT}"]
    ),
    "read a group": Case("bigv_group_info", {"name": "staging.acme"}, repeated=[f"GET {GROUPS}/staging"]),
}
