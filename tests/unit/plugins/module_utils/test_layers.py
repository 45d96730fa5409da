# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The plugins' shared code has layers: modules, then resources, then what knows no resource."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"
FILES = sorted(PLUGINS.rglob("*.py"))
CORE = [path for path in FILES if "_core" in path.parts]
RESOURCES = re.compile(
    r"(?<![a-z])(vms?|virtual_machines?|discs?|nics?|ips?(?!_)|rdns|groups?|fleets?|backups?)(?![a-z])", re.I
)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PLUGINS).with_suffix("").parts)


MODULES = {module_of(path): path for path in FILES}


def imports_of(path: Path) -> Iterator[str]:
    """Yield the modules of the collection that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            package = path.relative_to(PLUGINS).parts[: -node.level]
            name = ".".join((*package, *filter(None, [node.module])))
            yield from (name,) if name in MODULES else (f"{name}.{alias.name}" for alias in node.names)


def texts_of(path: Path) -> Iterator[str]:
    """Yield the names and the strings of a file, but for its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and node.body
                  and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
        for field in ("id", "attr", "arg", "name"):
            if isinstance(text := getattr(node, field, None), str):
                yield text


def test_every_import_is_of_a_file_that_there_is():
    assert len(CORE) > 15
    for path in FILES:
        assert set(imports_of(path)) <= set(MODULES), path


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_the_core_knows_no_resource(path):
    assert not [name for name in imports_of(path) if "_core" not in name]
    assert not [text for text in texts_of(path) if RESOURCES.search(text)]


def test_resources_import_no_modules_or_plugins():
    for path in FILES:
        if "_resources" in path.parts:
            assert all(name.startswith("module_utils.") for name in imports_of(path)), path


def test_no_imports_go_in_circles():
    todo = {name: set(imports_of(path)) for name, path in MODULES.items()}
    while todo:
        leaves = [name for name, imported in todo.items() if not imported & todo.keys()]
        assert leaves, f"These import each other: {sorted(todo)}"
        for name in leaves:
            del todo[name]
