# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Imports of an ordinary module, which are most of what it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

COLLECTION = Path(__file__).resolve().parents[4]
MODULE_UTILS = COLLECTION / "plugins" / "module_utils"
# What is for failures, logins, proxies, certificates, encoded texts and plans in files only, and what is for changes.
LATER = (
    "requests",
    "urllib3",
    "certifi",
    *(f"_core.{name}" for name in ("connection_errors", "login", "proxied", "spellings")),
    *(f"fleet.{name}" for name in ("plan_document", "plan_differences", "plan_file")),
)
FOR_CHANGES = ("_core.executor", "_core.protection")
COUNTED = """
import builtins, collections, json, sys
compiled, compile_ = collections.Counter(), compile
def counting(source, path, *arguments, **options):
    compiled[path] += 1
    return compile_(source, path, *arguments, **options)
builtins.compile = counting
sys.path.insert(0, sys.argv[1])
import package.zip_imports, package.part, package.below, package.below.part
modules = [module for name, module in sys.modules.items() if name.startswith("package.") and "zip_" not in name]
print(json.dumps({module.__name__: [module.__file__, compiled[module.__file__]] for module in modules}))
"""


def python(code: str, *arguments: str) -> str:
    """Return what a program prints."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


@pytest.mark.parametrize("name", sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py")))
def test_a_module_imports_nothing_that_may_not_be_needed(name: str) -> None:
    imported = python(
        f"import sys, ansible_collections.bytemark.cloud.plugins.modules.{name}; print(*sys.modules, sep='\\n')"
    ).split()
    # A fleet is read to be changed.
    later = LATER if name == "bigv_fleet" else (*LATER, *FOR_CHANGES)
    assert [module for module in imported if module.endswith(later)] == []


def test_each_file_in_a_zip_is_compiled_once(tmp_path: Path) -> None:
    payload = tmp_path / "payload.zip"
    with zipfile.ZipFile(payload, "w") as archive:
        for path in ("__init__", "part", "below/__init__", "below/part"):
            archive.writestr(f"package/{path}.py", "number = 7\n")
        archive.write(MODULE_UTILS / "_core" / "zip_imports.py", "package/zip_imports.py")
    assert json.loads(python(COUNTED, str(payload))) == {
        "package.part": [f"{payload}/package/part.py", 1],
        "package.below": [f"{payload}/package/below/__init__.py", 1],
        "package.below.part": [f"{payload}/package/below/part.py", 1],
    }
