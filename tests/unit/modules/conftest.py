# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Fixtures for tests that run the real modules against the simulated cloud."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, run_module

Way = Callable[..., dict[str, Any]]


@pytest.fixture
def way() -> Way:
    """How modules are run: each in a process of its own, as far as the module can tell."""
    return run_module


def _runner(name: str, **own: Any) -> Any:
    @pytest.fixture
    def runner(cloud: Cloud, way: Way) -> Callable[..., dict[str, Any]]:
        options = {
            "api_url": cloud.api_url,
            "auth_url": cloud.auth_url,
            "token": cloud.token,
            "account": "acme",
            "api_retries": 0,
            **own,
        }
        return partial(way, name, **options)

    return runner


bigv_group = _runner("bigv_group")
bigv_group_info = _runner("bigv_group_info")
bigv_vm = _runner("bigv_vm", wait_timeout=10)
bigv_vm_info = _runner("bigv_vm_info")
bigv_disc = _runner("bigv_disc")
bigv_disc_info = _runner("bigv_disc_info")
bigv_fleet = _runner("bigv_fleet", wait_timeout=10)
bigv_session = _runner("bigv_session")
