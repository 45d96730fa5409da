# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Fixtures and settings of the fuzz tests."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from ansible_collections.bytemark.cloud.tests.unit.plugins.inventory.conftest import Driver, inventory, source
from ansible_collections.bytemark.cloud.tests.unit.recording_server import RecordingServer, recording_server
from hypothesis import HealthCheck, settings

__all__ = ["inventory", "source"]

EXAMPLES = settings(
    max_examples=int(os.environ.get("EXAMPLES", "200")),
    # The everyday cases are the same every day; a longer run draws others.
    derandomize="EXAMPLES" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# What Python says, and users should not have to read.
PYTHON = re.compile(r"Traceback|<class |<function | object at 0x|\b[A-Z]\w*(Error|Exception)\b|NoneType|dict_keys")


@pytest.fixture(scope="session")
def server() -> Iterator[RecordingServer]:
    with recording_server() as server:
        yield server


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    """Start Ansible's own inventory manager; each source says which server to ask."""
    driver = Driver(os.environ | {"BIGV_API_RETRIES": "0", "BIGV_TOKEN": "", "PYTHONUTF8": "1"})
    yield driver
    driver.close()
