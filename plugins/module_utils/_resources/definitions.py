# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The kind behind ``bigv_definitions_info``. Private to bytemark.cloud."""

from __future__ import annotations

from typing import Any

from .._core.client import Client
from .._core.definitions import read_definitions
from .._core.kind import Kind

CREDENTIALS = ("token", "username", "password", "yubikey")


class DefinitionsInfo(Kind):
    """The API's definitions, which are read without credentials."""

    def prepare(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return the options without credentials: a one-time password would be spent in vain."""
        return {**params, **dict.fromkeys(CREDENTIALS)}

    def run(self, client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        """Return the definitions."""
        return {"changed": False, "definitions": read_definitions(client)}
