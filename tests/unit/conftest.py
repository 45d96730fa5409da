# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Fixtures of every test: a simulated cloud, and each module to run against it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.simulated_cloud import PACKAGE_FOLDER, simulated_cloud
from ansible_collections.bytemark.cloud.tests.unit.support import MODULES, Cloud, load_module, run_module

# Tests of the simulator import it.
sys.path.append(str(PACKAGE_FOLDER))


def pytest_configure(config: pytest.Config) -> None:
    """Let tests share a simulator under ansible-test too, which would fork for each test and leave one behind."""
    if fork_for_each_test := config.pluginmanager.get_plugin("ansible_forked"):
        config.pluginmanager.unregister(fork_for_each_test)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests have recorded."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session")
def simulator() -> Iterator[dict[str, str]]:
    """Start a simulated cloud: its api_url, auth_url, token, read_only_token and control_url."""
    with simulated_cloud() as facts:
        yield facts


@pytest.fixture(scope="session")
def session_cloud(simulator: dict[str, str]) -> Cloud:
    return Cloud(simulator)


@pytest.fixture
def cloud(session_cloud: Cloud) -> Iterator[Cloud]:
    """Reset the cloud: the account acme with the empty groups default and staging."""
    session_cloud.control("POST", "reset")
    session_cloud.seed()
    yield session_cloud
    # Others share the process.
    session_cloud.control("DELETE", "faults")


Way = Callable[..., dict[str, Any]]


@pytest.fixture
def way() -> Way:
    """Run modules as ordinary ones. A test of both ways overrides this."""
    return run_module


def _runner(name: str) -> Any:
    own = {"wait_timeout": 10} if "wait_timeout" in load_module(name).MODULE.kind.options else {}

    @pytest.fixture
    def runner(cloud: Cloud, way: Way) -> Callable[..., dict[str, Any]]:
        return partial(way, name, **cloud.access, **own)

    return runner


# Each module is a fixture of its own name.
globals().update({name: _runner(name) for name in MODULES})
