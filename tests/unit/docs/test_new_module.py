# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A module that is added, and nothing with it, fails by its name in every suite that goes over all modules."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ansible_collections.bytemark.cloud.tests.unit.docs.test_contributing import collection, run

__all__ = ["collection"]
NAME = "bigv_escapee"
SUITES = (
    "contract/test_every_module.py",
    "fuzz/test_modules.py",
    "hostile/test_echoes.py",
    "hostile/test_options.py",
    "hostile/test_transport.py",
    "playbooks/test_masking.py",
    "playbooks/test_secrets.py",
    "plugins/module_utils/_core/test_environment.py",
    "plugins/plugin_utils/test_in_controller.py",
    "docs/test_readme.py",
)
# These go over all modules in one test.
OVER_ALL = ("no_secret_of_a_module_is_left", "no_spelling_of_a_token", "nothing_that_will_be_gone")
LACKS = ("an_example_with_every_secret", "a_case", "an_integration_target", "an_action_plugin")


def test_no_module_escapes(collection: Path) -> None:
    modules = collection / "plugins" / "modules"
    shutil.copy(modules / "bigv_group_info.py", modules / f"{NAME}.py")
    ran = run(
        collection,
        "-m",
        "pytest",
        "-q",
        "-k",
        " or ".join((NAME, *OVER_ALL)),
        *(f"tests/unit/{suite}" for suite in SUITES),
    )
    failed = re.findall(r"^(?:FAILED|ERROR) tests/unit/(\S+?)::(.*)", ran.stdout, re.MULTILINE)
    assert {suite for suite, _test in failed} == {*SUITES}, ran.stdout
    for lack in LACKS:
        assert any(f"{lack}" in test and NAME in test for _suite, test in failed), lack
