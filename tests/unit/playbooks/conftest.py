# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Ansible's real commands, against a simulated cloud of the test's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

BIN = Path(sys.executable).parent
CALLBACKS = Path(__file__).with_name("callback")


class Run(NamedTuple):
    """What came of a command."""

    status: int
    output: str

    @property
    def changed(self) -> int:
        """How many tasks changed something, by the recap."""
        return sum(map(int, re.findall(r"changed=(\d+)", self.output)))


Command = Callable[..., Run]


@pytest.fixture
def environment(cloud: Cloud) -> dict[str, str]:
    """An environment that says where the cloud is."""
    return os.environ | {
        "ANSIBLE_DEPRECATION_WARNINGS": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_NOCOLOR": "true",
        "BIGV_ACCOUNT": "acme",
        "BIGV_API_RETRIES": "0",
        "BIGV_API_URL": cloud.api_url,
        "BIGV_AUTH_URL": cloud.auth_url,
        "BIGV_TOKEN": cloud.token,
        "PYTHONUTF8": "1",
    }


@pytest.fixture
def command(environment: dict[str, str], tmp_path: Path) -> Command:
    """Run one of Ansible's commands in an empty folder."""

    def run(name: str, *arguments: str | Path, **more: str) -> Run:
        process = subprocess.run(
            [str(BIN / name), *map(str, arguments)],
            env=environment | more,
            cwd=tmp_path,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        return Run(process.returncode, process.stdout)

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Any], Path]:
    """Write a YAML file."""

    def to_file(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return path

    return to_file
