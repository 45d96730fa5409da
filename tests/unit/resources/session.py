# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""An example of a session. There are no cases, for each session is a new one."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.resources._types import Case, Example

EXAMPLES = {"bigv_session": Example({"username": "admin", "password": "password"})}
CASES: dict[str, Case] = {}
