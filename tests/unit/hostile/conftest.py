# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Modules, run either way, and the inventory, all directed to a server of the test's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller
from ansible_collections.bytemark.cloud.tests.unit.plugins.inventory.conftest import Driver, inventory, source
from ansible_collections.bytemark.cloud.tests.unit.recording_server import RecordingServer, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module

__all__ = ["inventory", "source"]
TOKEN = "apikey.h0st1le"
PROXIES = [name + "_proxy" for name in ("http", "https", "all", "no")]


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    """Start a server that answers 404 until a test exchanges its answer."""
    with recording_server() as server:
        yield server


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def run(request: pytest.FixtureRequest, server: RecordingServer) -> Callable[..., dict[str, Any]]:
    """Run a module, by default on the server."""
    _in_controller._clients.clear()
    shared = {"api_url": server.url, "auth_url": server.url, "token": TOKEN, "account": "acme", "api_retries": 0}

    def run(module_name: str, **options: Any) -> dict[str, Any]:
        return request.param(module_name, **shared | options)

    return run


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    """Ansible's own inventory manager, without any proxy."""
    clean = {name: value for name, value in os.environ.items() if name.lower() not in PROXIES}
    driver = Driver(clean | {"BIGV_API_RETRIES": "0", "BIGV_TOKEN": TOKEN, "PYTHONUTF8": "1"})
    yield driver
    driver.close()


def failure(result: dict[str, Any]) -> str:
    """Return the one clear line of a failed module."""
    assert result["failed"]
    assert result["msg"].isprintable()
    assert len(result["msg"]) < 1000
    assert TOKEN not in str(result)
    return result["msg"]


def source_failure(taken: dict[str, Any]) -> str:
    """Return the one clear line of a failed source."""
    assert taken["hosts"] == {}
    (line,) = taken["said"]
    assert line.startswith("error: ")
    assert line.isprintable()
    assert len(line) < 1000
    assert TOKEN not in line
    return line
