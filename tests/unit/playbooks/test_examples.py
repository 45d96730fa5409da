# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The examples for CI systems: their commands, in their order, against the simulated cloud."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
import yaml

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "ci"
# What a CI system sets.
OF_THE_CI_SYSTEM = ("chmod ", "curl ", "eval ", "gh ", "head=$(gh ", "request=$(curl ")
VALUES = {"$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT": "77-1", "$CI_PIPELINE_ID": "77", "$SSH_PRIVATE_KEY": "key"}


PIPELINES = ["github-test.yml", "github-nightly.yml", "gitlab-ci.yml"]
FLEETS = ["github-fleet.yml", "gitlab-ci.yml"]


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
            assert line.startswith((*OF_THE_CI_SYSTEM, "pip ", "ansible-galaxy collection install bytemark.cloud"))
    return found


def test_each_example_is_tried():
    assert {path.name for path in EXAMPLES.glob("git*.yml")} == {*PIPELINES, *FLEETS}


@pytest.mark.parametrize("name", PIPELINES)
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
            assert {"drift.json", "drift.xml", "drift.html"} <= {path.name for path in tmp_path.iterdir()}
        else:
            run = command(*words, WAIT_FOR_SSH="false")
            assert run.status == 0, run.output
            made = made or len(cloud.writes()) > 1
        if "teardown.yml" in words:
            assert set(cloud.groups()) == {"default", "staging"}
    assert made or name == "github-nightly.yml"


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("name", FLEETS)
def test_what_was_reviewed_is_what_is_done(cloud, command, tmp_path, name, moved):
    shutil.copy(EXAMPLES / "fleet.yml", tmp_path)
    commands = commands_of(name)
    [plan] = [words for words in commands if "bytemark.cloud.plan" in words]
    [apply] = [words for words in commands if "bytemark.cloud.apply" in words]
    # It is told apart from the job that may write.
    planned = command(*plan, BIGV_TOKEN=cloud.read_only_token)
    assert planned.status == 0, planned.output
    assert "`create VM web1.production.acme from stretch`" in (tmp_path / "plan.md").read_text(encoding="utf-8")
    cloud.clear()
    if moved:
        cloud.api("POST", "/accounts/acme/groups", {"name": "production"})
        cloud.api("POST", "/accounts/acme/groups/production/virtual_machines", {"name": "web1"})
        cloud.clear()
    applied = command(*apply)
    if moved:
        assert applied.status == 2
        assert "is not the one in" in applied.output
        assert cloud.writes() == []
    else:
        assert applied.status == 0, applied.output
        assert set(cloud.vms("production")) == {"web1", "web2"}
