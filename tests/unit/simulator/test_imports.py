# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The imports of the simulator's files: one direction, no circle, and a core that knows no resource."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import bigv_simulator
import pytest

FOLDER = Path(bigv_simulator.__file__).parent
PACKAGE = FOLDER.name


def module_name(path):
    parts = path.relative_to(FOLDER.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path, modules):
    """Return the modules of the package that a file imports, wherever in it: in functions and for types too."""
    name = module_name(path)
    package = name.split(".") if path.stem == "__init__" else name.split(".")[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *filter(None, [node.module])])
            found.update(member if (member := f"{source}.{alias.name}") in modules else source for alias in node.names)
    return (found & modules) - {name}


@pytest.fixture(scope="module")
def imports():
    paths = {module_name(path): path for path in FOLDER.rglob("*.py")}
    return {name: imported(path, paths.keys()) for name, path in paths.items()}


def test_no_file_imports_itself_in_a_circle(imports):
    assert len(imports) > 40
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def test_the_core_imports_no_resource(imports):
    resources = f"{PACKAGE}.resources"
    assert any(name.startswith(resources) for name in imports)
    for name, others in imports.items():
        if name.startswith(f"{PACKAGE}.core"):
            assert not [other for other in others if other.startswith(resources)], name
