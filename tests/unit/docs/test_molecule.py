# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The scenario that the guide to Molecule shows tests a role, as Molecule itself says, and stops what it has started."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml
from ansible_collections.bytemark.cloud.tests.unit.docs.conftest import Terminal
from ansible_collections.bytemark.cloud.tests.unit.docs.test_guides import follow
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

GUIDE = "guide_molecule"


def write_variables(folder: Path) -> None:
    """Have the scenario run the simulator by this Python: its requirements are there already."""
    variables = folder / "molecule" / "default" / "group_vars" / "all.yml"
    variables.parent.mkdir(parents=True)
    variables.write_text(yaml.safe_dump({"simulator_python": sys.executable}))


def test_the_scenario_tests_the_role(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    write_variables(tmp_path)
    terminal("unset USER; export NO_COLOR=1")
    came_of = follow(GUIDE, tmp_path, terminal)
    for step in ("create", "converge", "idempotence", "verify", "destroy"):
        assert f"{step}: Executed: Successful" in came_of["molecule test"].output
    # The role wrote to the cloud of the scenario, and not to that of the environment.
    assert cloud.calls() == []


def test_the_scenario_fails_a_role_that_does_something_else(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    write_variables(tmp_path)
    follow(GUIDE, tmp_path, lambda line: terminal("true"))
    tasks = tmp_path / "tasks" / "main.yml"
    tasks.write_text(tasks.read_text().replace("state: running", "state: stopped"))
    failed = terminal("NO_COLOR=1 molecule test")
    assert failed.status != 0
    assert "verify: Executed: Failed" in failed.output
    assert "destroy: Executed: Successful" in failed.output
