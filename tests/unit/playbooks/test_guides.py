# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""What the guides show works as it stands: their files are written and their commands run, in their order."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path

import pytest
import yaml

GUIDES = Path(__file__).resolve().parents[3] / "docs" / "docsite" / "rst"
# What a newcomer has to have, and the tests have already.
GIVEN = ("pip install ansible-core requests", "ansible-galaxy collection install bytemark.cloud", "export BIGV_")


def blocks_of(guide):
    """The kind and the text of each code block."""
    text = (GUIDES / f"{guide}.rst").read_text(encoding="utf-8")
    found = re.findall(r"\.\. code-block:: (\w+)\n\n((?:    .*\n|\n)+)", text)
    return [(kind, textwrap.dedent(block).strip() + "\n") for kind, block in found]


@pytest.mark.parametrize("guide", ["guide_provisioning", "guide_ci", "guide_large_fleets"])
def test_a_guide(cloud, command, tmp_path, guide):
    cloud.seed({"name": "old1", "power_on": True})
    changes = []
    for kind, text in blocks_of(guide):
        if kind == "yaml":
            path = tmp_path / text.split("\n", 1)[0].removeprefix("# ")
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(text, encoding="utf-8")
            assert yaml.safe_load(text)
            continue
        assert kind == "shell"
        for line in text.splitlines():
            if line.startswith(GIVEN):
                continue
            words = shlex.split(line)
            more = {}
            if words[0] == "env":
                more, words = dict([words[1].split("=")]), words[2:]
            run = command(*words, **more)
            assert run.status == 0, f"{line}\n{run.output}"
            changes.append(run.changed)
    if guide == "guide_provisioning":
        # check, do, repeat; adopt, check that; the own playbook; drift; down, and down for good.
        assert changes == [1, 1, 0, 1, 0, 0, 0, 1, 1]
        assert set(cloud.groups()) == {"default", "staging"}
        prompted = ("-e", "user=admin", "-e", "password=password", "-e", "otp=")
        run = command("ansible-playbook", "session.yml", *prompted, BIGV_TOKEN="")
        assert run.status == 0, run.output
        assert "old1.default.acme.uk0.bigv.io" in run.output
    if guide == "guide_ci":
        assert set(cloud.groups()) == {"default", "staging"}
        scenario = tmp_path / "molecule" / "default"
        (scenario / "inventory").mkdir()
        made = command("ansible-playbook", scenario / "create.yml", USER="me", WAIT_FOR_SSH="false")
        assert made.status == 0, made.output
        assert any(name.startswith("ci-me-molecule-") for name in cloud.groups())
        listed = command("ansible-inventory", "-i", scenario / "inventory", "--list")
        assert '"instance.ci-me-molecule-' in listed.output
        removed = command("ansible-playbook", scenario / "destroy.yml", USER="me")
        assert removed.status == 0, removed.output
        assert set(cloud.groups()) == {"default", "staging"}
    if guide == "guide_large_fleets":
        assert len(cloud.vms("web")) == 200
