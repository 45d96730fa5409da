# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Examples and cases of accounts."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.resources._types import ACCOUNT, Case, Example

EXAMPLES = {"bigv_account_info": Example()}
CASES = {
    "list the accounts": Case("bigv_account_info", {"account": None}, repeated=["GET /accounts"]),
    "read an account": Case("bigv_account_info", {}, repeated=[f"GET {ACCOUNT}"]),
    "read an account with all that is in it": Case(
        "bigv_account_info", {"overview": True}, repeated=[f"GET {ACCOUNT}"]
    ),
}
