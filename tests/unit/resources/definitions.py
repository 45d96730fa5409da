# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Examples and cases of the API's definitions."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.resources._types import Case, Example

EXAMPLES = {"bigv_definitions_info": Example()}
CASES = {"read the definitions": Case("bigv_definitions_info", {}, repeated=["GET /definitions"])}
