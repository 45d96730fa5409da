# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The examples for CI systems: their commands, in their order, against the simulated cloud."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
import yaml

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "ci"
# What a CI system sets.
VALUES = {"$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT": "77-1", "$CI_PIPELINE_ID": "77", "$SSH_PRIVATE_KEY": "key"}


def commands_of(name):
    """Return the ansible-playbook commands of an example, in order."""
    example = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))
    if "jobs" in example:
        lines = [step["run"] for job in example["jobs"].values() for step in job["steps"] if "run" in step]
    else:
        lines = [line for job in example.values() if isinstance(job, dict) for line in job.get("script", ())]
    found = []
    for line in lines:
        for variable, value in VALUES.items():
            line = line.replace(variable, value)
        if line.startswith("ansible-playbook"):
            found.append(shlex.split(line))
            assert "$" not in line
        else:
            assert line.startswith(("pip ", "ansible-galaxy collection install bytemark.cloud", "eval ", "chmod "))
    return found


@pytest.mark.parametrize("name", ["github-test.yml", "github-nightly.yml", "gitlab-ci.yml"])
def test_the_commands_work_in_their_order(cloud, command, tmp_path, name):
    for path in EXAMPLES.iterdir():
        shutil.copy(path, tmp_path)
    commands = commands_of(name)
    assert len(commands) >= 2
    made = False
    for words in commands:
        cloud.clear()
        if "test.yml" in words:
            # Nothing answers to SSH there: the hosts and the syntax are what can be looked at.
            run = command(*words, "--list-hosts")
            assert "hosts (2)" in run.output, run.output
            assert command(*words, "--syntax-check").status == 0
        elif "bytemark.cloud.drift" in words:
            run = command(*words)
            assert run.status == 2, run.output
            assert {"drift.json", "drift.xml"} <= {path.name for path in tmp_path.iterdir()}
        else:
            run = command(*words, WAIT_FOR_SSH="false")
            assert run.status == 0, run.output
            made = made or len(cloud.writes()) > 1
        if "teardown.yml" in words:
            assert set(cloud.groups()) == {"default", "staging"}
    assert made or name == "github-nightly.yml"
