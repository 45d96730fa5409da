# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The scenario of the guide to Molecule tests a role, as Molecule itself says, and stops what it has started."""

from __future__ import annotations

import sys

import pytest
import yaml
from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

ROLE = "tasks/main.yml"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no ``USER``, as in many a container, and no colours."""
    monkeypatch.delenv("USER", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")


def test_the_scenario_tests_the_role(cloud: Cloud, reader: Reader) -> None:
    reader.run(f"export BIGV_API_URL={cloud.api_url} BIGV_TOKEN={cloud.token}")
    # The simulator's requirements are there already, and are not installed again.
    reader.write("molecule/default/group_vars/all.yml", yaml.safe_dump({"simulator_python": sys.executable}))
    runs = reader.follow("guide_molecule")
    assert "WARNING" not in "".join(run.output for each in runs.values() for run in each)

    role = (reader.folder / ROLE).read_text(encoding="utf-8")
    reader.write(ROLE, role.replace("state: running", "state: stopped"))
    failed = reader.run("molecule test")
    assert failed.status != 0
    assert "verify: Executed: Failed" in failed.output
    assert "destroy: Executed: Successful" in failed.output
    # All of that was done to the cloud of the scenario, and not to the one that the environment names.
    assert cloud.calls() == []
