# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Examples and cases of every resource, which those tests take that go over every module."""

from __future__ import annotations

import importlib

from ansible_collections.bytemark.cloud.tests.unit.resources._types import Case, Example
from ansible_collections.bytemark.cloud.tests.unit.support import COLLECTION

RESOURCES = [
    importlib.import_module(f"ansible_collections.bytemark.cloud.tests.unit.resources.{path.stem}")
    for path in sorted(COLLECTION.glob("tests/unit/resources/[!_]*.py"))
]
EXAMPLES: dict[str, Example] = {name: example for kind in RESOURCES for name, example in kind.EXAMPLES.items()}
CASES: dict[str, Case] = {label: case for kind in RESOURCES for label, case in kind.CASES.items()}
# Modules without a resource of their own: they log in, and neither read nor write anything.
ONLY_LOGS_IN = {"bigv_session"}


def example(module_name: str) -> Example:
    """Return a module's example, which every module has to have."""
    assert module_name in EXAMPLES, f"{module_name} has no example: give one in tests/unit/resources"
    return EXAMPLES[module_name]
