# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide to upgrading works as shown, on a server that the old modules have created."""

from __future__ import annotations

import re

import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import GUIDES
from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes
from ansible_collections.bytemark.cloud.tests.unit.docs.yaml_checks import module_options


def test_upgrading(reader: Reader) -> None:
    runs = reader.follow("guide_upgrading")
    # The example, checked and done; the account described, and the description checked.
    assert changes(runs) == [1, 1, 1, 0]
    discs = reader.cloud.vms("staging")["web1"]["discs"]
    assert [(disc["label"], disc["storage_grade"]) for disc in discs] == [("vda", "sata"), ("backups", "archive")]


@pytest.mark.parametrize("module", ["bigv_vm", "bigv_disc"])
def test_upgrading_names_options_that_exist(module: str) -> None:
    guide = (GUIDES / "guide_upgrading.rst").read_text(encoding="utf-8")
    table = guide.partition(f"``{module}``\n      - Notes\n")[2].partition("\n\n")[0]
    options = re.findall(r"^    \* - ``\w+``\n      - (?:``(\w+)``|none)$", table, re.MULTILINE)
    assert len(options) == table.count("    * - ") > 8
    assert {*options} - {""} <= {*module_options(module)}
