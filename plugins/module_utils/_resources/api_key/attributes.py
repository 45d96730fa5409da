# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""API keys, declared. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from ..._core.attributes import Attribute, Schema, identifier
from ..._core.moments import is_same_moment
from ..privilege.attributes import PRIVILEGE

API_KEY = Schema(
    "API key",
    identifier("key", 12),
    Attribute("user_id", "int", "The id of the user whose key it is.", 7),
    Attribute(
        "label", "optional text", "The label of the key. Several keys may have the same label.", "ci", compared=True
    ),
    Attribute(
        "expires_at",
        "optional text",
        "When the key expires, in ISO 8601; V(none) for never.",
        "2027-02-24T12:00:00Z",
        is_same=is_same_moment,
        compared=True,
    ),
    nested={"privileges": PRIVILEGE},
    computed=(
        Attribute(
            "privileges",
            "list of dict",
            "What the key may do.",
            [{"id": 31, "level": "group_admin", "group_id": 123, "api_key_id": 12}],
        ),
    ),
)
