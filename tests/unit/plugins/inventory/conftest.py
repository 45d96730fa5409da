# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A simulated cloud as an inventory, taken in by Ansible itself: in a process that stays, or by its commands."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, ansible_environment

DRIVER = Path(__file__).with_name("driver.py")


class Driver:
    """The other process; see driver.py. Of what is said, the source is taken away, which every line of ours names."""

    def __init__(self, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, DRIVER],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __call__(self, **job: Any) -> dict[str, Any]:
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        taken = json.loads(self.process.stdout.readline())
        return taken | {"said": [unnamed(line, job["sources"]) for line in taken["said"]]}

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()


# What ansible-core says of its own accord.
NOT_OURS = (
    "warning: Found both group and host with same name", "warning: error in 'jsonfile' cache plugin",
    "warning: Failed to parse", "warning: \n* Failed to parse", "warning: Unable to parse",
    "warning: Deprecation warnings can be disabled",
)  # fmt: skip


def unnamed(line: str, sources: list[str]) -> str:
    """Return the line without the source, which it has to name."""
    if line.startswith(NOT_OURS):
        return line
    kind, source, text = line.split(": ", 2)
    assert any(source == given or source.startswith(f"{given}/") for given in sources), line
    return f"{kind}: {text}"


@pytest.fixture(scope="session")
def cloud(simulator: dict[str, str]) -> Cloud:
    return Cloud(simulator)


@pytest.fixture(autouse=True)
def settings(cloud: Cloud) -> Iterator[None]:
    """Put the settings that a test changes back, for the tests share the cloud."""
    before = cloud.control("GET", "settings")
    yield
    cloud.settings(**before)


@pytest.fixture(scope="session")
def env(cloud: Cloud) -> dict[str, str]:
    """Return the environment of every command: where the simulated cloud is, and its token."""
    return ansible_environment(cloud) | {"COLUMNS": "4000"}


@pytest.fixture(scope="session")
def driver(env: dict[str, str]) -> Iterator[Driver]:
    driver = Driver(env)
    yield driver
    driver.close()


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., Path]:
    """Write an inventory source with these options."""

    def write(file_name: str = "test.bigv.yml", **options: Any) -> Path:
        path = tmp_path / file_name
        path.write_text(yaml.safe_dump({"plugin": "bytemark.cloud.bigv"} | options), encoding="utf-8")
        return path

    return write


@pytest.fixture
def inventory(driver: Driver, source: Callable[..., Path]) -> Callable[..., dict[str, Any]]:
    """Return the inventory that these options give."""

    def take_in(env: dict[str, str] | None = None, extra_vars: Any = (), **options: Any) -> Any:
        return driver(sources=[str(source(**options))], env=env or {}, extra_vars=extra_vars)

    return take_in


@pytest.fixture
def command(env: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run one of Ansible's commands."""

    def run(name: str, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [name, *map(str, arguments)],
            env=env | more,
            cwd=tmp_path,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
        )

    return run
