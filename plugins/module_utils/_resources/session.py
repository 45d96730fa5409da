# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Sessions: a login that many tasks share. Private to bytemark.cloud."""

from __future__ import annotations

from typing import Any

from .._core.client import Client
from .._core.errors import BigvError
from .._core.kind import Kind


class SessionKind(Kind):
    """Logs in, whatever token there is. It does so in check mode, too: nothing that is managed is changed."""

    disclosed = ("token",)

    def prepare(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return the options without the token, if they hold a username and a password."""
        for option in ("username", "password"):
            if not params[option]:
                raise BigvError(f"{option}: is required; set the option or BIGV_{option.upper()}")
        return {**params, "token": None}

    def run(self, client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        """Return the session."""
        return {"changed": False, "username": params["username"], "token": client.log_in()}
