# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""What the collection says of itself."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from core_lines import PYTHONS

COLLECTION = Path(__file__).resolve().parents[2]


def test_the_action_group_lists_every_module() -> None:
    """So that module_defaults for the group reach all of them."""
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    modules = (COLLECTION / "plugins" / "modules").glob("*.py")
    assert runtime["action_groups"]["bigv"] == sorted(path.stem for path in modules)


def test_the_readme_says_what_is_tested() -> None:
    readme = (COLLECTION / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (2\.\d+) \| (.*) \| (.*) \|$", readme, re.MULTILINE)
    assert {line: (set(pythons.split(", ")), tested) for line, pythons, tested in rows} == {
        line: (set(pythons), pythons[0]) for line, pythons in PYTHONS.items()
    }
