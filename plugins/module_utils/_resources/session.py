# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The story of ``bigv_session``: log in, and hand over what that gives. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._core.client import Client
from .._core.errors import BigvError
from .._core.module import Module


def log_in(client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The story of ``bigv_session``, the same in check mode: a session changes nothing that is managed."""
    return {"changed": False, "username": params["username"], "token": client.log_in()}


class SessionModule(Module):
    """A module that logs in, whatever token there is."""

    def tell(
        self,
        params: dict[str, Any],
        check_mode: bool,
        client: Callable[[dict[str, Any]], Client],
        say: Callable[[str], None] | None = None,
    ) -> dict[str, Any]:
        for option in ("username", "password"):
            if not params[option]:
                error = BigvError(f"{option}: is missing; give it, or set BIGV_{option.upper()}")
                return {"failed": True, **error.result()}
        return super().tell({**params, "token": None}, check_mode, client, say)
