# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Calls that the API is known to have and the simulator has not: described, and a 404 like any unknown path."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from .openapi import described
from .problem import not_found


def unimplemented_routes() -> APIRouter:
    return APIRouter(tags=["Not simulated"])


def unimplemented(router: APIRouter, method: str, path: str, description: str, **facts: Any) -> None:
    """Add a call with the facts of its Description."""

    @described(**facts)
    async def endpoint() -> Response:
        raise not_found()

    name = f"{method.lower()} {path.rpartition('/')[2].strip('{}')}"
    router.add_api_route(path, endpoint, methods=[method], description=description, name=name)
