# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""No module escapes the tests that go over every module. What one lacks, it fails for by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from ansible_collections.bytemark.cloud.plugins.module_utils._core.module import SHARED_OPTIONS
from ansible_collections.bytemark.cloud.tests.unit.examples import CASES, EXAMPLES, ONLY_LOGS_IN, example
from ansible_collections.bytemark.cloud.tests.unit.support import COLLECTION, MODULES, load_module

each_module = pytest.mark.parametrize("module_name", MODULES)


@each_module
def test_it_has_an_example_with_every_secret(module_name: str) -> None:
    options = load_module(module_name).MODULE.kind.options
    secrets = set(secret_options(options)) - SHARED_OPTIONS.keys()
    assert secrets <= set(keys(example(module_name).options)), f"the example of {module_name} lacks a secret option"


@each_module
def test_it_has_a_case(module_name: str) -> None:
    has_case = any(case.module == module_name for case in CASES.values())
    assert has_case or module_name in ONLY_LOGS_IN, f"{module_name} has no case in tests/unit/resources"


@each_module
def test_it_has_an_integration_target(module_name: str) -> None:
    target = COLLECTION / "tests" / "integration" / "targets" / module_name / "tasks" / "main.yml"
    assert target.exists(), f"{module_name} has no {target.relative_to(COLLECTION)}"


@each_module
def test_it_has_an_action_plugin_and_belongs_to_the_action_group(module_name: str) -> None:
    assert (COLLECTION / "plugins" / "action" / f"{module_name}.py").exists(), f"{module_name} has no action plugin"
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert module_name in runtime["action_groups"]["bigv"]


def test_examples_and_cases_are_of_modules_that_exist() -> None:
    assert {*EXAMPLES, *(case.module for case in CASES.values())} <= {*MODULES}


def secret_options(spec: Mapping[str, Any]) -> Iterator[str]:
    for name, option in spec.items():
        if option.get("no_log"):
            yield name
        yield from secret_options(option.get("options", {}))


def keys(value: Any) -> Iterator[str]:
    """Yield every key in a value, however deep."""
    if isinstance(value, Mapping):
        yield from value
        for inner in value.values():
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)
