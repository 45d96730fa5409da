# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The guide to events is followed, with the real ansible-rulebook."""

from __future__ import annotations

import ast
import contextlib
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import blocks_of
from ansible_collections.bytemark.cloud.tests.unit.docs.conftest import Terminal
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, ansible_environment

GUIDE = "docs/docsite/rst/guide_events.rst"
PATIENCE = 120
WEB1 = {
    "name": "web1",
    "memory": 1024,
    "power_on": True,
    "discs": [{"label": "vda", "size": 25600}],
    "network_interfaces": [{"ips": ["192.0.2.7"]}],
}


@contextlib.contextmanager
def running(command: str, folder: Path, env: dict[str, str]) -> Iterator[Path]:
    """Run a command for as long as the block does, and yield the file with what it says."""
    output = folder / f"output of {len(list(folder.iterdir()))}"
    with output.open("w") as file:
        process = subprocess.Popen(command.split(), cwd=folder, env=env, stdout=file, stderr=subprocess.STDOUT)
    try:
        yield output
    finally:
        process.terminate()
        process.wait()


def wait_for(pattern: str, output: Path) -> re.Match[str]:
    end = time.monotonic() + PATIENCE
    while not (found := re.search(pattern, output.read_text(), re.DOTALL)):
        assert time.monotonic() < end, output.read_text()
        time.sleep(0.2)
    return found


def test_the_guide(cloud: Cloud, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shutil.which("java"), "ansible-rulebook needs Java: install Debian's default-jre-headless, or another"
    path = terminal("echo $PATH").output.strip()
    blocks = blocks_of(GUIDE)
    for block in blocks:
        if block.file_name:
            (tmp_path / block.file_name).write_text(block.text)
    with (tmp_path / "fleet.yml").open("a") as file:
        file.write("changes_interval: 1\n")
    commands = [line for block in blocks for line in block.commands if line.startswith("ansible-rulebook ")]
    cloud.seed(account={"groups": [{"name": "default"}, {"name": "web", "virtual_machines": [WEB1]}]})
    env = ansible_environment(cloud) | {"PATH": path}
    with running(commands[0], tmp_path, env) as drift, running(commands[1], tmp_path, env) as watch:
        end = time.monotonic() + PATIENCE
        while cloud.calls().count("GET /virtual_machines") < 4:
            assert time.monotonic() < end, drift.read_text() + watch.read_text()
            time.sleep(0.2)
        cloud.api("PUT", "/accounts/acme/groups/web/virtual_machines/web1", {"memory": 2048})
        printed = ast.literal_eval(wait_for(r"\[event\] \*+\n(.*?)\n\*{9}", watch)[1])
        [shown] = [json.loads(block.text) for block in blocks if block.kind == "json"]
        assert printed.pop("meta")["source"]["name"] == "web servers"
        assert printed == shown
        found = wait_for(r"(\d) actions are needed: ([^\"\n]*)", drift)
        assert found.groups() == ("1", "change VM web1.web.acme: memory 2048 → 1024")
        cloud.api("PUT", "/accounts/acme/groups/web/virtual_machines/web1", {"power_on": False, "autoreboot_on": False})
        wait_for(r"TASK \[Start it\].*changed=1", watch)
    assert cloud.vms("web")["web1"]["power_on"]
