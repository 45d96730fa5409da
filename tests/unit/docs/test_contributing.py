# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The steps of CONTRIBUTING.md for adding an option are followed in a copy of the collection, and its tests pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE, blocks_of

BLOCKS = blocks_of("CONTRIBUTING.md")
TESTS = Path("tests", "unit")


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """Copy the collection to where Python finds it."""
    copy = tmp_path / "ansible_collections" / "bytemark" / "cloud"
    shutil.copytree(TREE, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "output"))
    return copy


def run_tests(collection: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        env=os.environ | {"EXAMPLES": "5", "PYTHONPATH": str(collection.parents[2])},
        cwd=collection,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def apply(diff: str, collection: Path) -> None:
    done = subprocess.run(
        ["git", "apply", "-"], input=diff, cwd=collection, check=False, stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert done.returncode == 0, f"Bring this diff in CONTRIBUTING.md up to date:\n{done.stderr}"


def test_an_option_is_added_as_the_steps_say(collection: Path) -> None:
    own_test = TESTS / "plugins" / "modules" / "test_bigv_vm.py"
    [code] = [block.text for block in BLOCKS if block.kind == "python"]
    with (collection / own_test).open("a", encoding="utf-8") as file:
        file.write(f"\n\n{code}")
    failed = run_tests(collection, own_test, "-k", "serial_console")
    assert "1 failed" in failed.stdout, failed.stdout
    assert "assert [] == [{'serial_console': True}]" in failed.stdout, failed.stdout

    for block in BLOCKS:
        if block.kind == "diff":
            apply(block.text, collection)
    others = (
        TESTS / "contract" / "test_properties.py",
        TESTS / "simulator" / "test_reading.py",
        f"{TESTS}/simulator/test_openapi.py::test_it_has_every_attribute_of_a_vm",
        f"{TESTS}/hostile/test_answers.py::test_what_tasks_compare_has_its_shape_seen_to",
    )
    passed = run_tests(collection, own_test, *others)
    assert passed.returncode == 0, passed.stdout
