# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""What the guides show works as it stands: their files are written and their commands run, in their order."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import GUIDES, blocks_of
from ansible_collections.bytemark.cloud.tests.unit.docs.conftest import Terminal
from ansible_collections.bytemark.cloud.tests.unit.docs.yaml_checks import module_options
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, Run

# What a newcomer has to have, and the tests have already.
GIVEN = ("pip install ", "ansible-galaxy collection install ")
API_KEY = "apikey.0123456789"


def seed(cloud: Cloud, **accounts: Mapping[str, list[dict[str, Any]]]) -> None:
    """Accounts with groups of VMs; the API key that the guides show is good for all of them."""
    keys = [{"token": token, "username": "admin"} for token in (cloud.token, API_KEY)]
    groups = {
        account: [{"name": name, "virtual_machines": vms} for name, vms in content.items()]
        for account, content in accounts.items()
    }
    cloud.control(
        "POST",
        "seed",
        {
            "accounts": [{"name": account, "groups": content} for account, content in groups.items()],
            "api_keys": keys,
            "settings": {"build_time": 0, "shutdown_time": 0},
        },
    )


def follow(guide: str, folder: Path, terminal: Terminal, typed: Mapping[str, str] | None = None) -> dict[str, Run]:
    """Do what a guide says. Answers with what came of each command; where one is run twice, of the last run.

    Files come first, as a guide may show one after the command that uses it. ``typed`` is what is added to a command,
    for what a terminal would be asked.
    """
    blocks = blocks_of(f"docs/docsite/rst/{guide}.rst")
    for block in blocks:
        if block.kind == "yaml" and block.file_name:
            path = folder / block.file_name
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(block.text, encoding="utf-8")
    came_of = {}
    for line in [line for block in blocks if block.kind == "shell" for line in block.commands]:
        if not line.startswith(GIVEN):
            run = terminal(line + (typed or {}).get(line, ""))
            assert run.status == 0, f"{line}\n{run.output}"
            came_of[line] = run
    return came_of


def changes_of_last_runs(came_of: Mapping[str, Run]) -> list[int]:
    return [run.changed for line, run in came_of.items() if line.startswith("ansible-playbook")]




def test_safety(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    servers = {"web": [{"name": f"web{number}"} for number in (1, 2, 3)]}
    servers |= {"staging": [{"name": "web3"}, {"name": "db1"}]}
    seed(cloud, acme={"default": [], **servers})
    came_of = follow("guide_safety", tmp_path, terminal)
    checked = came_of["ansible-playbook remove.yml --check --diff"].output
    shown = next(block for block in blocks_of("docs/docsite/rst/guide_safety.rst") if block.kind == "text").text
    for line in shown.splitlines():
        assert line.strip() in ("…", *map(str.strip, checked.splitlines()))
    (protected,) = [run for line, run in came_of.items() if "protected.yml" in line]
    assert "protect: VM db1.staging.acme is protected by the pattern" in protected.output
    assert "2 to create, 3 to delete" in came_of["ansible-playbook fleet.yml --check --diff"].output
    assert "2 created, 3 deleted" in came_of["ansible-playbook fleet.yml"].output
    assert {name for name, vm in cloud.vms("web").items() if not vm["deleted"]} == {"web4", "web5"}
    assert set(cloud.vms("staging")) == {"web3", "db1"}




def test_ci(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    follow("guide_ci", tmp_path, terminal)
    assert set(cloud.groups()) == {"default", "staging"}
    scenario = tmp_path / "molecule" / "default"
    (scenario / "inventory").mkdir()
    terminal(f"export USER=me WAIT_FOR_SSH=false; cd {shlex.quote(str(scenario))}")
    made = terminal(f"ansible-playbook {scenario}/create.yml")
    assert made.status == 0, made.output
    assert any(name.startswith("ci-me-molecule-") for name in cloud.groups())
    listed = terminal(f"ansible-inventory -i {scenario}/inventory --list")
    assert '"instance.ci-me-molecule-' in listed.output
    removed = terminal(f"ansible-playbook {scenario}/destroy.yml")
    assert removed.status == 0, removed.output
    assert set(cloud.groups()) == {"default", "staging"}


def test_upgrading(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    """On an account that the old modules made: the disc at the first position is found, whatever it is called."""
    web1 = {"name": "web1", "cores": 2, "memory": 2048, "discs": [{"label": "vda", "size": 25600}]}
    seed(cloud, acme={"staging": [web1 | {"last_imaged_with": "stretch"}]})
    came_of = follow("guide_upgrading", tmp_path, terminal)
    assert '+        "backups": {' in came_of["ansible-playbook site.yml --check --diff"].output
    assert changes_of_last_runs(came_of) == [1, 1, 0]


@pytest.mark.parametrize("module", ["bigv_vm", "bigv_disc"])
def test_upgrading_names_options_that_there_are(module: str) -> None:
    guide = (GUIDES / "guide_upgrading.rst").read_text(encoding="utf-8")
    table = guide.partition(f"``bytemark.cloud.{module}``\n      - What to mind\n")[2].partition("\n\n")[0]
    options = re.findall(r"^    \* - ``\w+``\n      - (?:``(\w+)``|none)$", table, re.MULTILINE)
    assert len(options) == table.count("    * - ") > 8
    assert {*options} - {""} <= {*module_options(module)}


def test_troubleshooting(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    came_of = follow("guide_troubleshooting", tmp_path, terminal)
    assert "rescued=1" in came_of["ansible-playbook rescue.yml"].output
