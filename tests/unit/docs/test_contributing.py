# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The steps of CONTRIBUTING.md are followed in a copy of the collection, whose tests pass, and counted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE, Block, blocks_of

TESTS = Path("tests", "unit")
SIMULATOR = ("roles/simulator/", "tests/unit/simulator/")
# By hand, for an attribute of a VM.
MOST_HUNKS, MOST_FILES = 6, 6
# By hand, for a resource, and for its part of the simulator.
MOST_LINES, MOST_LINES_OF_SIMULATOR = 350, 200
NOTES = ("bigv_note", "bigv_note_info")
# Runs integration targets as roles, with the simulator that lies beside it.
TARGETS = """
import json, subprocess, sys
from pathlib import Path
from ansible_collections.bytemark.cloud.tests.simulated_cloud import simulated_cloud

with simulated_cloud() as cloud:
    variables = {
        "bigv_api_url": cloud["api_url"],
        "bigv_auth_url": cloud["auth_url"],
        "bigv_token": cloud["token"],
        "bigv_simulator_control": cloud["control_url"],
        "bigv_simulator_settings": {},
        "bigv_run_in_controller": True,
    }
    play = {"hosts": "localhost", "gather_facts": False, "roles": sys.argv[1:]}
    Path("targets.yml").write_text(json.dumps([play]))
    command = [Path(sys.executable).parent / "ansible-playbook", "targets.yml", "-e", json.dumps(variables)]
    sys.exit(subprocess.run(command).returncode)
"""


def blocks_below(heading: str) -> list[Block]:
    """Return the blocks of a section."""
    lines = (TREE / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
    start = lines.index(f"## {heading}, step by step")
    end = next((number for number in range(start + 1, len(lines)) if lines[number].startswith("## ")), len(lines))
    return [block for block in blocks_of("CONTRIBUTING.md") if start < block.line <= end]


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """Copy the collection to where Python finds it."""
    copy = tmp_path / "ansible_collections" / "bytemark" / "cloud"
    shutil.copytree(TREE, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "output"))
    return copy


def run(collection: Path, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command, such as a Python script, in the copy."""
    paths = {"PYTHONPATH": str(collection.parents[2]), "ANSIBLE_COLLECTIONS_PATH": str(collection.parents[2])}
    return subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"EXAMPLES": "5"} | paths | environment,
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
    path.write_text(whole(block), encoding="utf-8")


def whole(block: Block) -> str:
    """Return the text of a file that a block shows."""
    return block.text.partition("\n")[2]


def follow(blocks: list[Block], collection: Path) -> None:
    """Write the files that the blocks show, and apply their diffs."""
    for block in blocks:
        if block.kind == "diff":
            apply(block.text, collection)
        elif block.file_name:
            write(block, collection)


def generate(collection: Path, *stale: str) -> None:
    """Run the generator, which names these files first, and says nothing once it has run."""
    script = collection / "scripts" / "generate.py"
    checked = run(collection, script, "--check")
    assert checked.returncode == 1
    assert set(checked.stdout.splitlines()[:-1]) == {*stale}
    assert run(collection, script).returncode == 0
    assert run(collection, script, "--check").stdout == ""


def test_an_option_is_added_as_the_steps_say(collection: Path, record_property: Callable[[str, object], None]) -> None:
    blocks = blocks_below("Add an option to bigv_vm")
    own_test = TESTS / "plugins" / "modules" / "test_bigv_vm.py"
    [code] = [block.text for block in blocks if block.kind == "python"]
    with (collection / own_test).open("a", encoding="utf-8") as file:
        file.write(f"\n\n{code}")
    failed = run(collection, "-m", "pytest", own_test, "-k", "serial_console")
    assert "1 failed" in failed.stdout, failed.stdout
    assert "assert [] == [{'serial_console': True}]" in failed.stdout, failed.stdout

    follow(blocks, collection)
    generate(
        collection,
        "plugins/modules/bigv_ip_swap.py",
        "plugins/modules/bigv_vm.py",
        "plugins/modules/bigv_vm_action.py",
        "plugins/modules/bigv_vm_info.py",
        "roles/fleet/files/fleet.schema.json",
        "roles/fleet/templates/fleet.yml.j2",
    )
    diffs = "".join(block.text for block in blocks if block.kind == "diff")
    files = {*re.findall(r"(?m)^\+\+\+ b/(.*)", diffs), *(block.file_name for block in blocks if block.file_name)}
    files.add(str(own_test))
    hunks = len(re.findall("(?m)^@@", diffs)) + 2  # The test and the fragment are one each.
    record_property("An option of bigv_vm", f"{hunks} hunks in {len(files)} files by hand: {', '.join(sorted(files))}")
    assert hunks <= MOST_HUNKS
    assert len(files) <= MOST_FILES

    others = (
        TESTS / "contract" / "test_properties.py",
        TESTS / "simulator" / "test_reading.py",
        f"{TESTS}/simulator/test_openapi.py::test_it_has_every_attribute_of_a_vm",
        f"{TESTS}/hostile/test_answers.py::test_what_tasks_compare_has_its_shape_seen_to",
    )
    passed = run(collection, "-m", "pytest", own_test, *others)
    assert passed.returncode == 0, passed.stdout


def lines_of(blocks: list[Block]) -> dict[str, int]:
    """Return how many lines are written by hand in each file."""
    lines = {block.file_name: len(whole(block).splitlines()) for block in blocks if block.file_name}
    for block in blocks:
        if block.kind == "diff":
            [name] = re.findall(r"(?m)^\+\+\+ b/(.*)", block.text)
            lines[name] = len(re.findall(r"(?m)^\+(?!\+\+ )", block.text))
    return lines


def test_a_resource_is_added_as_the_steps_say(collection: Path, record_property: Callable[[str, object], None]) -> None:
    blocks = blocks_below("Add a resource")
    follow(blocks, collection)
    generated = [
        f"tests/integration/targets/{module}/{name}" for module in NOTES for name in ("aliases", "meta/main.yml")
    ]
    generated += [f"plugins/{kind}/{module}.py" for module in NOTES for kind in ("action", "modules")]
    generate(collection, "README.md", "docs/docsite/index.rst", "meta/runtime.yml", *generated)

    lines = lines_of(blocks)
    simulator = sum(count for name, count in lines.items() if name.startswith(SIMULATOR))
    others = sum(lines.values()) - simulator
    record_property("A resource", f"{others} lines by hand, and {simulator} in the simulator: {lines}")
    assert others <= MOST_LINES
    assert simulator <= MOST_LINES_OF_SIMULATOR

    written = [name for name in lines if name.endswith(".py")]
    for check in (["check"], ["format", "--check"]):
        clean = run(collection, "-m", "ruff", *check, "--no-cache", *written)
        assert clean.returncode == 0, clean.stdout
    suites = [TESTS / suite for suite in ("contract", "plugins", "fuzz", "hostile")]
    passed = run(collection, "-m", "pytest", *suites, TESTS / "simulator" / "test_openapi.py", "-k", "note or openapi")
    assert passed.returncode == 0, passed.stdout
    run_targets(collection)


def run_targets(collection: Path) -> None:
    """Run the integration targets of the resource against a simulated cloud of the copy."""
    script = collection / "targets.py"
    script.write_text(TARGETS, encoding="utf-8")
    passed = run(collection, script, *NOTES, ANSIBLE_ROLES_PATH=str(collection / "tests" / "integration" / "targets"))
    assert passed.returncode == 0, passed.stdout
