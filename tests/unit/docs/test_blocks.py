# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Every code block of every document is checked by what its kind asks for. A kind that nobody checks is refused."""

from __future__ import annotations

import configparser
import json
import re

import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE, Block, blocks_of, documents
from ansible_collections.bytemark.cloud.tests.unit.docs.command_checks import check_commands
from ansible_collections.bytemark.cloud.tests.unit.docs.yaml_checks import check_yaml
from ansible_rulebook.exception import ConditionParsingException
from jinja2 import TemplateSyntaxError

# What is printed, and what is done to files, are checked by tests of their own.
TESTED_BY = {
    "CONTRIBUTING.md": "test_contributing.py",
    "README.md": "test_readme.py",
    "docs/architecture.md": "test_readme.py",
    "docs/docsite/rst/guide_access.rst": "test_guide_access.py",
    "docs/docsite/rst/guide_addresses.rst": "test_addresses.py",
    "docs/docsite/rst/guide_authentication.rst": "test_guide_authentication.py",
    "docs/docsite/rst/guide_backups.rst": "test_guide_backups.py",
    "docs/docsite/rst/guide_ci.rst": "test_guide_ci.py",
    "docs/docsite/rst/guide_events.rst": "test_events.py",
    "docs/docsite/rst/guide_getting_started.rst": "test_guide_getting_started.py",
    "docs/docsite/rst/guide_inventory.rst": "test_guide_inventory.py",
    "docs/docsite/rst/guide_large_fleets.rst": "test_guide_large_fleets.py",
    "docs/docsite/rst/guide_molecule.rst": "test_molecule.py",
    "docs/docsite/rst/guide_plans.rst": "test_guide_plans.py",
    "docs/docsite/rst/guide_provisioning.rst": "test_guide_provisioning.py",
    "docs/docsite/rst/guide_reliability.rst": "test_guide_reliability.py",
    "docs/docsite/rst/guide_safety.rst": "test_guide_safety.py",
    "docs/docsite/rst/guide_simulator.rst": "test_guide_simulator.py",
    "docs/docsite/rst/guide_troubleshooting.rst": "test_troubleshooting.py",
    "docs/docsite/rst/guide_upgrading.rst": "test_guide_upgrading.py",
    "docs/docsite/rst/guide_vm_lifecycle.rst": "test_guide_vm_lifecycle.py",
    "docs/docsite/rst/reference_playbooks.rst": "test_playbooks.py",
    "roles/simulator/README.md": "test_readme.py",
}


def check_ini(block: Block) -> None:
    parser = configparser.ConfigParser()
    parser.read_string(block.text)
    assert parser.sections()


def check_elsewhere(block: Block) -> None:
    assert block.document in TESTED_BY, f"no test of its own checks this {block.kind}"


CHECKS = {
    "console": check_commands,
    "diff": check_elsewhere,
    "ini": check_ini,
    "json": lambda block: json.loads(block.text),
    "python": check_elsewhere,
    "shell": check_commands,
    "text": check_elsewhere,
    "yaml": check_yaml,
}
REFUSALS = (AssertionError, ConditionParsingException, SystemExit, TemplateSyntaxError, ValueError)
RULEBOOK = """
- name: Watch
  hosts: localhost
  sources: [{bytemark.cloud.%s: {}}]
  rules: [{name: Tell, condition: "%s", action: {debug: {msg: told}}}]
"""
BLOCKS = [block for document in documents() for block in blocks_of(document)]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.document}:{block.line}")
def test_block(block: Block) -> None:
    assert block.kind in CHECKS, f"nobody checks blocks of the kind {block.kind!r}"
    # The files of the steps in CONTRIBUTING.md are checked where they are written.
    check = check_elsewhere if block.document == "CONTRIBUTING.md" and block.file_name else CHECKS[block.kind]
    check(block)


@pytest.mark.parametrize("path", [".github/workflows/ci.yml", ".pre-commit-config.yaml"])
def test_automation_runs_what_there_is(path: str) -> None:
    text = (TREE / path).read_text(encoding="utf-8")
    commands = re.findall(r"(?:- run|entry): (.*)", text)
    assert commands
    check_commands(Block(path, 1, "shell", "\n".join(commands)))


@pytest.mark.parametrize(
    ("kind", "text", "complaint"),
    [
        ("", "anything", "nobody checks blocks"),
        ("ruby", "puts 1", "nobody checks blocks"),
        ("json", "{", "Expecting property name"),
        ("text", "No test prints this.", "no test of its own checks this text"),
        ("shell", "make teas", "the Makefile has"),
        ("shell", "cowsay", "checked by nobody"),
        ("shell", "BIGV_TOKAN=1 make test", "nothing reads BIGV_TOKAN"),
        ("shell", "ansible-playbook bytemark.cloud.privision", "there is no bytemark.cloud.privision"),
        ("shell", "ansible-playbook bytemark.cloud.provision --dry-run", "2"),
        ("shell", "ansible-playbook bytemark.cloud.provision -e @no.yml", "neither shown nor there"),
        ("shell", "ansible-playbook no.yml", "neither shown nor there"),
        ("shell", "ansible-rulebook --rulebook no.yml", "neither shown nor there"),
        ("shell", "ansible-rulebook --rulebok bytemark.cloud.drift", "2"),
        ("shell", "pip install cowsay", "nothing here needs cowsay"),
        ("shell", "python -m bigv_simulator --prot 1", "2"),
        ("yaml", "- bytemark.cloud.bigv_vm: {name: web1, ram: 1GiB}", "Unsupported parameters: ram|ram. Supported"),
        ("yaml", "- bytemark.cloud.bigv_vm: {name: web1, state: tired}", "value of state must be one of"),
        ("yaml", "- bytemark.cloud.bigv_vm: {cores: 1}", "one of the following is required: name, id"),
        ("yaml", "- bytemark.cloud.bigv_vm: {name: web1, discs: [{size: 1GiB, grade: ssd}]}", "discs.grade"),
        ("yaml", "- bytemark.cloud.bigv_vm: {name: '{{ name'}", "unexpected end of template"),
        ("yaml", "- ansible.builtin.debug: {message: hello}", "option that ansible.builtin.debug does not have"),
        ("yaml", "- ansible.builtin.debag: {msg: hello}", "no module ansible.builtin.debag"),
        ("yaml", "- ansible.builtin.debug: {msg: hello}\n  whenn: true", "one module, not"),
        ("yaml", "- hosts: all\n  connction: local", "keyword that plays do not have"),
        ("yaml", "- hosts: all\n  roles: [{role: bytemark.cloud.simulator, simulator_prot: 1}]", "simulator_prot"),
        ("yaml", "- hosts: all\n  vars: {fleet_repotr: 1}", "no role takes fleet_repotr"),
        ("yaml", "module_defaults: {group/bytemark.cloud.bigv: {acount: acme}}", "acount"),
        ("yaml", "bigv_fleet: {vms: [{name: web1, ram: 1GiB}]}", "vms.ram"),
        ("yaml", "bigv_access: {people: [{name: bob, level: vm_admin}]}", r"people\[0\].level: is not an option"),
        ("yaml", "plugin: bytemark.cloud.bigv\ngruops: {}", "option that the plugin does not have"),
        ("yaml", "- bytemark.cloud.bigv_changes: {acount: acme}", "acount"),
        ("yaml", RULEBOOK % ("bigv_changes", "event.type =="), "Error parsing: event.type =="),
        ("yaml", RULEBOOK % ("bigv_chances", "event.type == 'on'"), "keyword that sources do not have"),
        ("yaml", "anything: else", "nobody checks such YAML"),
    ],
)
def test_what_is_wrong_is_refused(kind: str, text: str, complaint: str) -> None:
    block = Block("docs/releasing.md", 1, kind, text + "\n")
    with pytest.raises(REFUSALS, match=complaint):
        test_block(block)
