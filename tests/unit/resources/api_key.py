# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Examples and cases of API keys."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.resources._types import DEFAULT, Case, Example

LIST = "GET /api_keys"
SOON = time.time() + 24 * 60 * 60
GROUP: dict[str, Any] = {"level": "group_admin", "group": "default"}
EXAMPLES = {"bigv_api_key": Example({"label": "ci"}, {"valid_for": "90d"}), "bigv_api_key_info": Example()}
CASES = {
    "create a key": Case(
        "bigv_api_key",
        {"label": "ci", "valid_for": "90d", "privileges": [GROUP]},
        repeated=[LIST, f"GET {DEFAULT}"],
        actions=["create API key ci", "grant group_admin of group default.acme to API key ci"],
        is_answered_once=True,
    ),
    "delete a key": Case(
        "bigv_api_key",
        {"label": "ci", "state": "absent"},
        repeated=[LIST],
        seed={
            "api_keys": [
                {"token": "apikey.simulator-admin", "label": "admin", "username": "admin"},
                {"token": "apikey.simulator-ci", "label": "ci", "username": "admin", "id": 31},
            ]
        },
        actions=["delete API key ci"],
    ),
    "renew a key": Case(
        "bigv_api_key",
        {"label": "ci", "valid_for": "90d", "renew_before": "14d", "exclusive": True},
        repeated=[LIST],
        seed={
            "api_keys": [
                {"token": "apikey.simulator-admin", "label": "admin", "username": "admin"},
                {"token": "apikey.simulator-ci", "label": "ci", "username": "admin", "id": 31, "expires_at": SOON},
            ]
        },
        actions=["create API key ci", "delete API key ci (id 31)"],
        is_answered_once=True,
    ),
    "list the keys": Case("bigv_api_key_info", {}, repeated=[LIST]),
}
