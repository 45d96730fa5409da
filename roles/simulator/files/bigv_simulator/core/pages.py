# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The pages for people with a browser: the status page at /, and the documentation of the API at /docs."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from fastapi_swagger import patch_fastapi

from .http import is_page, simulator_of
from .problem import not_found
from .resource import nested_in

router = APIRouter(include_in_schema=False)
_FOLDER = Path(__file__).parent / "status_page"
# Nothing comes from elsewhere, and no text from the cloud can become markup or code.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_DOCUMENTATION_POLICY = _POLICY.replace("img-src", "img-src 'self'").replace("style-src", "style-src 'unsafe-inline'")
_FILES: dict[str, Any] = {
    "swagger_js_url": "/docs/swagger-ui-bundle.js",
    "swagger_css_url": "/docs/swagger-ui.css",
    "swagger_favicon_url": "/docs/favicon.png",
}


class PageFiles(StaticFiles):
    """Have browsers check each file again, so that none of another release stays among those of this one."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def install(app: FastAPI) -> None:
    app.include_router(router)
    app.mount("/_simulator/page", PageFiles(directory=_FOLDER))
    patch_fastapi(app, redirect_from_root_to_docs=False, **_FILES)


@router.get("/")
async def status_page(request: Request) -> Response:
    """Serve browsers; others get what the API has at this path: nothing (assumed)."""
    if not is_page(request.scope):
        raise not_found()
    return FileResponse(
        _FOLDER / "index.html",
        headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache", "Vary": "Accept"},
    )


@router.get("/docs")
async def documentation(request: Request) -> Response:
    page = get_swagger_ui_html(
        openapi_url=request.app.openapi_url,
        title=request.app.title,
        **_FILES,
        swagger_ui_parameters={"tryItOutEnabled": True, "persistAuthorization": True, "validatorUrl": None},
    )
    scripts = "".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}' "
        for script in re.findall(rb"<script>(.*?)</script>", bytes(page.body), re.DOTALL)
    )
    page.headers["Content-Security-Policy"] = _DOCUMENTATION_POLICY.replace("script-src ", "script-src " + scripts)
    return page


@router.get("/_simulator/status")
async def read_status(request: Request, seen: str = "") -> Response:
    """Return what the status page shows; 204 when that is what has been `seen` already."""
    simulator = simulator_of(request)
    cloud = simulator.cloud
    cloud.run_due_events()
    body = json.dumps(
        {
            **{top.collection: [top.summary(item) for item in cloud.children(top.model)] for top in nested_in(None)},
            "requests": simulator.log.last_lines(),
            "writes": simulator.log.last_writes(),
            "total": simulator.log.total,
        }
    ).encode()
    version = hashlib.sha256(body).hexdigest()
    headers = {"Cache-Control": "no-store", "Version": version}
    if seen == version:
        return Response(status_code=204, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
