# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Ansible's real commands, against a simulated cloud of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, Run, ansible_environment, run_command

CALLBACKS = Path(__file__).with_name("callback")

Command = Callable[..., Run]


@pytest.fixture
def environment(cloud: Cloud) -> dict[str, str]:
    """Return an environment that says where the cloud is."""
    return ansible_environment(cloud) | {"BIGV_ACCOUNT": "acme"}


@pytest.fixture
def command(environment: dict[str, str], tmp_path: Path) -> Command:
    """Run one of Ansible's commands in an empty folder."""

    def run(name: str, *arguments: str | Path, **more: str) -> Run:
        return run_command(name, *arguments, env=environment | more, cwd=tmp_path)

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Any], Path]:
    """Write a YAML file."""

    def to_file(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return path

    return to_file


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def keeping(scratch: Path) -> dict[str, str]:
    """Have Ansible keep whatever it can keep in the scratch folder."""
    return {
        "ANSIBLE_ASYNC_DIR": str(scratch / "async"),
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(scratch / "cache"),
        "ANSIBLE_CALLBACKS_ENABLED": "record,ansible.builtin.junit,ansible.builtin.tree",
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACK_TREE_DIR": str(scratch / "tree"),
        "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true",
        "ANSIBLE_HOME": str(scratch / "ansible"),
        "ANSIBLE_INVENTORY_CACHE": "true",
        "ANSIBLE_LOCAL_TEMP": str(scratch / "local"),
        "ANSIBLE_LOG_PATH": str(scratch / "log"),
        "ANSIBLE_REMOTE_TEMP": str(scratch / "remote"),
        "ANSIBLE_RETRY_FILES_ENABLED": "true",
        "ANSIBLE_RETRY_FILES_SAVE_PATH": str(scratch),
        "HOME": str(scratch),
        "JUNIT_OUTPUT_DIR": str(scratch / "junit"),
        "RECORD_PATH": str(scratch / "record"),
    }
