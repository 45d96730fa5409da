# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The reference page of the playbooks says what they take, and shows what they print."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import GUIDES, TREE
from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes

PAGE = GUIDES / "reference_playbooks.rst"
# The demo's is no entry point of a role.
PLAYBOOKS = sorted(path.stem for path in (TREE / "playbooks").glob("*.yml") if path.stem != "quickstart")
ROW = re.compile(r"^    \* - \| ``(\w+)``\n        \| (.*)\n      - \S", re.MULTILINE)
# No default is in the spec where the environment has it.
FROM_ENVIRONMENT = {"fleet_account": "from ``BIGV_ACCOUNT`` or ``BM_ACCOUNT``"}


def options_of(playbook: str) -> dict[str, dict[str, Any]]:
    """Return the argument spec of the entry point that a playbook runs."""
    [play] = yaml.safe_load((TREE / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8"))
    [task] = play["tasks"]
    role = task.get("ansible.builtin.import_role") or task["ansible.builtin.include_role"]
    name = role["name"].removeprefix("bytemark.cloud.")
    specs = yaml.safe_load((TREE / "roles" / name / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    return specs["argument_specs"][role["tasks_from"]]["options"]


def type_and_default(name: str, option: dict[str, Any]) -> str:
    """Return what the page says of a variable with such a specification."""
    if name == "bigv_fleet":
        return "dictionary, required"
    kind = "list of " + option["elements"] if option["type"] == "list" else option["type"]
    if "default" not in option:
        return f"{kind}, {FROM_ENVIRONMENT[name]}"
    default = yaml.safe_dump(option["default"], default_flow_style=True).removesuffix("...\n").strip()
    return f"{kind}, empty" if option["default"] == "" else f"{kind}, ``{default}``"


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_it_lists_the_variables(playbook: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = text.partition(f".. list-table:: Variables of ``{playbook}``\n")[2].partition("\n\n**Fails if**")[0]
    options = options_of(playbook)
    assert options.keys() >= {"fleet_file" if playbook == "adopt" else "bigv_fleet"}
    assert dict(ROW.findall(table)) == {name: type_and_default(name, option) for name, option in options.items()}


def test_it_lists_the_playbooks() -> None:
    assert sorted(re.findall(r"\* - :ref:`(\w+) <", PAGE.read_text(encoding="utf-8"))) == PLAYBOOKS


def test_it_shows_what_is_printed(reader: Reader) -> None:
    runs = reader.follow("reference_playbooks")
    # A plan, applied; provisioned, which finds nothing to do, and no drift; deleted; the rest, described.
    assert changes(runs) == [1, 1, 0, 0, 1, 1]
    assert {name for name, vm in reader.cloud.vms("web").items() if vm["deleted"]} == {"web1", "web2"}
    assert all((reader.folder / name).exists() for name in ("plan.html", "drift.xml", "adopted.yml"))
