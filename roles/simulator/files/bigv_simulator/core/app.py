# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The FastAPI application."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException

from . import control, openapi, pages
from .faults import routes as fault_routes
from .faults.injector import FaultInjector
from .http import BodyReader, Recorder, TrailingSlash, problem_answer, text
from .problem import Problem
from .resource import routes
from .simulator import Simulator
from .state_file import Saver, StateFile


def create_app(simulator: Simulator, state_file: StateFile | None = None) -> FastAPI:
    app = FastAPI(
        title="Bytemark Cloud simulator",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        openapi_url="/docs/openapi.json",
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.simulator = simulator
    # One router for all: each that is included costs every request time.
    app.include_router(APIRouter(routes=list(routes(simulator.resources))))
    for module in (control, fault_routes):
        app.include_router(module.router, include_in_schema=False)
    pages.install(app)
    app.openapi = lambda: openapi.document(app, simulator.resources)  # type: ignore[method-assign]
    app.add_exception_handler(Problem, problem_answer)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_middleware(TrailingSlash)
    if state_file is not None:
        app.add_middleware(Saver, simulator=simulator, file=state_file)
    app.add_middleware(Recorder, simulator=simulator)
    app.add_middleware(FaultInjector, simulator=simulator)
    app.add_middleware(BodyReader, simulator=simulator)
    return app


def _no_route(_request: Request, _error: Exception) -> Response:
    """Answer an unknown path, or a method that it does not have, with 404 like an unknown resource (assumed)."""
    return text("Not found", 404)
