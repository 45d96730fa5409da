# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""What every test may use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TREE / "scripts"), str(TREE / "roles" / "simulator" / "files")]

from simulated_cloud import simulated_cloud  # noqa: E402


@pytest.fixture(scope="session")
def simulator() -> Iterator[dict[str, str]]:
    """A running simulated cloud: its api_url, auth_url, token, read_only_token and control_url."""
    with simulated_cloud() as facts:
        yield facts
