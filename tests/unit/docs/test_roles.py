# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The order of what a page lists; and each entry point of a role has an example that its specification takes."""

from __future__ import annotations

import re
import runpy

import pytest
import yaml
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE, Block
from ansible_collections.bytemark.cloud.tests.unit.docs.yaml_checks import check_yaml

EXAMPLES = {
    (path.parts[-3], entry_point): spec.get("examples", "")
    for path in sorted(TREE.glob("roles/*/meta/argument_specs.yml"))
    for entry_point, spec in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].items()
}
PAGE = """\
Title

.. _ansible_collections.bytemark.cloud.fleet_role__entrypoint-adopt:

Adopt

.. _ansible_collections.bytemark.cloud.fleet_role__entrypoint-main:

See :ref:`adopt <ansible_collections.bytemark.cloud.fleet_role__entrypoint-adopt>`.

.. _ansible_collections.bytemark.cloud.fleet_role__entrypoint-teardown:

Teardown

.. Extra links

Links
"""


@pytest.mark.parametrize(("role", "entry_point"), EXAMPLES)
def test_an_example_shows_the_entry_point(role: str, entry_point: str) -> None:
    text = EXAMPLES[role, entry_point]
    assert f"bytemark.cloud.{role}" in text
    assert entry_point == "main" or f"tasks_from: {entry_point}" in text
    check_yaml(Block(f"roles/{role}/meta/argument_specs.yml", 1, "yaml", text))


def test_main_comes_first() -> None:
    main_first = runpy.run_path(str(TREE / "docs" / "docsite" / "conf.py"))["main_first"]
    page = main_first(PAGE)
    assert re.findall(r"(?m)^\.\. _.*-(\w+):$", page) == ["main", "adopt", "teardown"]
    assert sorted(page) == sorted(PAGE)
    assert page.startswith("Title\n")
    assert page.endswith("Links\n")
    assert main_first("No entry points.\n") == "No entry points.\n"


def test_the_most_used_options_come_first() -> None:
    most_used_first = runpy.run_path(str(TREE / "docs" / "docsite" / "conf.py"))["most_used_first"]
    option = '  * - .. raw:: html\n\n        <div id="parameter-{}"></div>\n\n'
    options = "".join(map(option.format, ["account", "discs", "discs/size", "name", "root_password"]))
    words = r"The most used options are :ansopt:`x.bigv\_vm#module:name` and :ansopt:`x.bigv\_vm#module:discs`."
    page = f"- {words}\n\n.. Options\n\n.. list-table::\n\n{options}.. Attributes\n"
    names = re.findall(r'parameter-([\w/]+)"', most_used_first(page))
    assert names == ["name", "discs", "discs/size", "account", "root_password"]
    assert most_used_first(page.replace("most used", "other")) == page.replace("most used", "other")
