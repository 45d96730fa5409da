# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Whether the commands of a block name what there is: programs, their options, targets, playbooks and files."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE, Block, blocks_of
from ansible_rulebook.cli import get_parser as rulebook_parser
from bigv_simulator.__main__ import _parser as simulator_parser

ANSIBLE = {
    "ansible": "adhoc.AdHocCLI",
    "ansible-doc": "doc.DocCLI",
    "ansible-galaxy": "galaxy.GalaxyCLI",
    "ansible-inventory": "inventory.InventoryCLI",
    "ansible-playbook": "playbook.PlaybookCLI",
    "ansible-vault": "vault.VaultCLI",
}
VARIABLE = re.compile(r"(\w+)=")
# What belongs to others, and is taken to be as their documentation says.
OTHERS = {
    "antsibull-changelog": ("lint", "release"),
    "gh": ("attestation", "release"),
    "git": ("add", "clone", "commit", "push", "switch", "tag"),
    "molecule": ("converge", "destroy", "test", "verify"),
    "pre-commit": ("install", "run"),
}


def check_commands(block: Block) -> None:
    for line in block.commands:
        for command in line.split("&&"):
            check_command(shlex.split(command, comments=True), block.document)


def check_command(words: Sequence[str], document: str) -> None:
    for name in re.findall(r"\bbytemark\.cloud\.(\w+)(?!\S*\.tar)", " ".join(words)):
        found = [*TREE.glob(f"plugins/*/{name}.py"), *TREE.glob(f"playbooks/{name}.yml"), TREE / "roles" / name]
        assert found[0].exists(), f"there is no bytemark.cloud.{name}"
    program, *arguments = [word for word in words if not _is_variable(word)] or ["export"]
    if program in ANSIBLE:
        _check_ansible(program, arguments, document)
    elif program == "ansible-rulebook":
        _check_rulebook(arguments, document)
    elif program in OTHERS:
        assert arguments[0] in OTHERS[program], f"{program} {arguments[0]} is checked by nobody"
    else:
        assert program in PROGRAMS, f"{program} is checked by nobody"
        PROGRAMS[program](arguments)


def _is_variable(word: str) -> bool:
    """Whether a word sets a variable, which something of ours has to read."""
    found = VARIABLE.match(word)
    if found and found[1].isupper():
        readers = [TREE / "Makefile", *TREE.glob("plugins/**/*.py"), *TREE.glob("scripts/*")]
        readers += [path for path in TREE.glob("tests/**/*.py") if path.parent != Path(__file__).parent]
        known = any(re.search(rf"\b{found[1]}\b", path.read_text(encoding="utf-8")) for path in readers)
        assert known or found[1] == "PYTHONPATH", f"nothing reads {found[1]}"
        return True
    return False


def _check_ansible(program: str, arguments: Sequence[str], document: str) -> None:
    """Ansible's own parser takes the options; files are in the document, or in the collection."""
    module, name = ANSIBLE[program].split(".")
    command_line = getattr(importlib.import_module(f"ansible.cli.{module}"), name)([program, *arguments])
    command_line.init_parser()
    options = command_line.parser.parse_args(arguments)
    if program == "ansible-playbook":
        names = [name for name in options.args if not name.startswith("bytemark.cloud.")]
        names += [word[1:] for word in arguments if word.startswith("@")]
        blocks = [*blocks_of(document), *blocks_of("docs/docsite/rst/guide_getting_started.rst")]
        # A file is shown here or in Getting started, written by a command (fleet_file=…), or in the collection.
        known = {block.file_name for block in blocks}
        known |= {name for block in blocks for name in re.findall(r"=(\S+)", block.text)}
        missing = [name for name in names if name not in known and not (TREE / name).exists()]
        assert not missing, f"{missing} is neither shown nor there"


def _check_make(arguments: Sequence[str]) -> None:
    targets = re.findall(r"^([a-z-]+): ##", (TREE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {*arguments} <= {*targets}, f"make {arguments}: the Makefile has {targets}"


def _check_pip(arguments: Sequence[str]) -> None:
    action, *what = arguments
    assert action == "install"
    if what[0] == "-r":
        assert (TREE / what[1]).exists()
    else:
        texts = [path.read_text(encoding="utf-8") for path in TREE.glob("**/requirements*.txt")]
        for name in what:
            assert any(re.search(rf"^{name}\b", text, re.MULTILINE) for text in texts), f"nothing here needs {name}"


def _check_python(arguments: Sequence[str]) -> None:
    assert arguments[:2] == ["-m", "bigv_simulator"]
    simulator_parser().parse_args(arguments[2:])


def _check_rulebook(arguments: Sequence[str], document: str) -> None:
    options = rulebook_parser().parse_args(arguments)
    shown = {block.file_name for block in blocks_of(document)}
    for name in (options.rulebook, options.vars, options.inventory):
        collected = TREE / "extensions" / "eda" / "rulebooks" / f"{str(name).removeprefix('bytemark.cloud.')}.yml"
        assert name is None or name in shown or collected.exists(), f"{name} is neither shown nor there"


def _nothing(arguments: Sequence[str]) -> None:
    """Check nothing: what these do shows in the commands after them."""


PROGRAMS: dict[str, Callable[[Sequence[str]], None]] = {
    ".": _nothing,
    "cd": _nothing,
    "sha256sum": _nothing,
    "env": _nothing,
    "export": _nothing,
    "make": _check_make,
    "pip": _check_pip,
    "python": _check_python,
    "touch": _nothing,
    "cat": _nothing,
    "echo": _nothing,
    "unset": _nothing,
}
