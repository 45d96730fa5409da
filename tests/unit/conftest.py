# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""What every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud
from simulated_cloud import simulated_cloud


@pytest.fixture(scope="session")
def simulator() -> Iterator[dict[str, str]]:
    """A running simulated cloud: its api_url, auth_url, token, read_only_token and control_url."""
    with simulated_cloud() as facts:
        yield facts


@pytest.fixture(scope="session")
def session_cloud(simulator: dict[str, str]) -> Cloud:
    return Cloud(simulator)


@pytest.fixture
def cloud(session_cloud: Cloud) -> Iterator[Cloud]:
    """A cloud as new: the account acme with the empty groups default and staging."""
    session_cloud.control("POST", "reset")
    session_cloud.seed()
    yield session_cloud
    # Others share the process.
    session_cloud.control("DELETE", "faults")
