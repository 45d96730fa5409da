# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The steps of CONTRIBUTING.md for adding an option are followed in a copy of the collection, and its tests pass."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE, Block, blocks_of

BLOCKS = blocks_of("CONTRIBUTING.md")
TESTS = Path("tests", "unit")
# By hand, for an attribute of a VM.
MOST_HUNKS, MOST_FILES = 12, 9


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """Copy the collection to where Python finds it."""
    copy = tmp_path / "ansible_collections" / "bytemark" / "cloud"
    shutil.copytree(TREE, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "output"))
    return copy


def run(collection: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Python on the copy."""
    return subprocess.run(
        [sys.executable, *arguments],
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


def write(block: Block, collection: Path) -> None:
    """Write the file that a block shows whole."""
    path = collection / block.file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text.partition("\n")[2], encoding="utf-8")


def generate(collection: Path, *stale: str) -> None:
    """Run the generator, which names these files first, and says nothing once it has run."""
    script = collection / "scripts" / "generate.py"
    checked = run(collection, script, "--check")
    assert checked.returncode == 1
    assert set(checked.stdout.splitlines()[:-1]) == {*stale}
    assert run(collection, script).returncode == 0
    assert run(collection, script, "--check").stdout == ""


def test_an_option_is_added_as_the_steps_say(collection: Path) -> None:
    own_test = TESTS / "plugins" / "modules" / "test_bigv_vm.py"
    [code] = [block.text for block in BLOCKS if block.kind == "python"]
    with (collection / own_test).open("a", encoding="utf-8") as file:
        file.write(f"\n\n{code}")
    failed = run(collection, "-m", "pytest", own_test, "-k", "serial_console")
    assert "1 failed" in failed.stdout, failed.stdout
    assert "assert [] == [{'serial_console': True}]" in failed.stdout, failed.stdout

    diffs = [block.text for block in BLOCKS if block.kind == "diff"]
    [fragment] = [block for block in BLOCKS if block.file_name]
    for diff in diffs:
        apply(diff, collection)
    write(fragment, collection)
    generate(
        collection,
        "plugins/modules/bigv_vm.py",
        "plugins/modules/bigv_vm_info.py",
        "roles/fleet/templates/fleet.yml.j2",
    )
    changed = {name for diff in diffs for name in re.findall(r"(?m)^\+\+\+ b/(.*)", diff)}
    changed |= {str(own_test), fragment.file_name}
    hunks = sum(len(re.findall("(?m)^@@", diff)) for diff in diffs) + 2
    print(f"An option of bigv_vm: {hunks} hunks in {len(changed)} files by hand: {', '.join(sorted(changed))}")
    assert hunks <= MOST_HUNKS
    assert len(changed) <= MOST_FILES

    others = (
        TESTS / "contract" / "test_properties.py",
        TESTS / "simulator" / "test_reading.py",
        f"{TESTS}/simulator/test_openapi.py::test_it_has_every_attribute_of_a_vm",
        f"{TESTS}/hostile/test_answers.py::test_what_tasks_compare_has_its_shape_seen_to",
    )
    passed = run(collection, "-m", "pytest", own_test, *others)
    assert passed.returncode == 0, passed.stdout
