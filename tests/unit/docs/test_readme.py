# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The README and the other Markdown pages show what is really printed, and link to what is really there."""

from __future__ import annotations

import re
from typing import Any

import demo
import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE, blocks_of, documents
from ansible_collections.bytemark.cloud.tests.unit.docs.conftest import Terminal
from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader
from ansible_collections.bytemark.cloud.tests.unit.support import MODULES, Cloud, ansible_environment

REPOSITORY = "https://github.com/bytemark/bytemark.cloud"
MARKDOWN = [document for document in documents() if document.endswith(".md")]
LINK = re.compile(r"\[[^\]]*\]\(([^)]+)\)")


def texts_of(document: str) -> str:
    return "\n".join(block.text for block in blocks_of(document) if block.kind == "text")


def test_the_demo_prints_what_the_readme_shows(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: Terminal
) -> None:
    cloud.control("POST", "reset")
    path = terminal("echo $PATH").output.strip()
    monkeypatch.setattr(demo, "TREE", TREE)
    monkeypatch.setattr(demo, "environment", lambda: ansible_environment(cloud) | {"PATH": path})
    facts = {"api_url": cloud.api_url, "auth_url": cloud.auth_url, "token": cloud.token}
    demo.Demo(facts).show()
    printed = iter(capsys.readouterr().out.splitlines())
    [shown] = [block.text for block in blocks_of("README.md") if block.kind == "text" and "$ " in block.text]
    shown = [line for line in shown.splitlines() if line.strip() not in ("", "…")]
    assert len(shown) > 20
    for line in shown:
        assert line in printed, f"the demo does not print this, or not in this order: {line}"


def test_the_first_playbook_prints_what_the_readme_shows(reader: Reader) -> None:
    blocks = blocks_of("README.md")
    for block in blocks:
        if block.file_name:
            reader.write(block.file_name, block.text)
    reader.run("ansible-playbook start.yml")
    reader.run(". ./cloud.env")
    [shown] = [block.text for block in blocks if block.kind == "text" and "$ " not in block.text]
    checked = reader.run("ansible-playbook web.yml --check --diff")
    assert not reader.missing_line(shown, checked.output), checked.output
    assert [reader.run("ansible-playbook web.yml").changed for _repeated in range(2)] == [1, 0]
    assert "web1.default.acme.uk0.bigv.io" in reader.run("ansible-inventory -i servers.bigv.yml --graph").output


@pytest.mark.parametrize("page", ["README.md", "docs/docsite/index.rst"])
@pytest.mark.parametrize("module_name", MODULES)
def test_the_tables_name_every_module(page: str, module_name: str) -> None:
    text = (TREE / page).read_text(encoding="utf-8")
    assert re.search(rf"\b{module_name}\b", text), f"{page} does not name {module_name}"


def test_the_architecture_names_every_file_of_the_shared_code() -> None:
    text = (TREE / "docs" / "architecture.md").read_text(encoding="utf-8")
    shared = TREE / "plugins" / "module_utils"
    for path in shared.rglob("*.py"):
        folder = path.parent.relative_to(shared).as_posix()
        assert re.search(rf"^\| .*`{folder}/.*{path.name}`", text, re.MULTILINE), path.name
    for named in re.findall(r"`((?:_core|_resources)/[\w/]+\.py)`", text):
        assert (shared / named).exists(), named


def test_the_simulator_says_that_it_is_ready_as_its_readme_shows(simulator: dict[str, str]) -> None:
    facts: dict[str, Any] = dict(fact.split("=") for fact in texts_of("roles/simulator/README.md").split()[2:])
    assert {**facts, "control_url": ""}.keys() == simulator.keys()


@pytest.mark.parametrize("document", MARKDOWN)
def test_links(document: str) -> None:
    """Links lead to files that there are. Galaxy shows the README elsewhere, so its links are whole."""
    for link in LINK.findall((TREE / document).read_text(encoding="utf-8")):
        path = re.sub(rf"^{REPOSITORY}/(?:blob|tree)/main/", "", link).partition("#")[0]
        if document == "README.md":
            assert link.startswith("https://"), f"{link} is not absolute"
        if not path.startswith("https://"):
            assert ((TREE / document).parent / path).exists() or (TREE / path).exists(), f"{link} leads nowhere"
