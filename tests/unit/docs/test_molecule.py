# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The scenario of the guide to Molecule tests a role, as Molecule itself says, and stops what it has started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.bytemark.cloud.tests.unit.docs.conftest import Terminal
from ansible_collections.bytemark.cloud.tests.unit.docs.test_guides import follow
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no ``USER``, as in many a container."""
    monkeypatch.delenv("USER", raising=False)


def test_the_scenario_tests_the_role(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    # The simulator's requirements are there already, and are not installed again.
    variables = tmp_path / "molecule" / "default" / "group_vars" / "all.yml"
    variables.parent.mkdir(parents=True)
    variables.write_text(yaml.safe_dump({"simulator_python": sys.executable}))
    terminal("export NO_COLOR=1")
    came_of = follow("guide_molecule", tmp_path, terminal)
    for step in ("create", "converge", "idempotence", "verify", "destroy"):
        assert f"{step}: Executed: Successful" in came_of["molecule test"].output

    tasks = tmp_path / "tasks" / "main.yml"
    tasks.write_text(tasks.read_text().replace("state: running", "state: stopped"))
    failed = terminal("molecule test")
    assert failed.status != 0
    assert "verify: Executed: Failed" in failed.output
    assert "destroy: Executed: Successful" in failed.output
    # All of that was done to the cloud of the scenario, and not to the one that the environment names.
    assert cloud.calls() == []
