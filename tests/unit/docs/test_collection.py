# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The README says what is tested."""

from __future__ import annotations

import re

from ansible_collections.bytemark.cloud.tests.unit.support import COLLECTION
from core_lines import PYTHONS


def test_the_readme_says_what_is_tested() -> None:
    readme = (COLLECTION / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (2\.\d+) \| (.*) \| (.*) \|$", readme, re.MULTILINE)
    assert {line: (set(pythons.split(", ")), tested) for line, pythons, tested in rows} == {
        line: (set(pythons), pythons[0]) for line, pythons in PYTHONS.items()
    }
