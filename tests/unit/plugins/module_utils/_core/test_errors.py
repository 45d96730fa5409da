# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The shapes of refusals."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.refusals import describe_problems, flatten_problems


@pytest.mark.parametrize(
    ("body", "problems", "phrase"),
    [
        (
            {"name": ["can't be blank"], "memory": ["is not included in the list", "is not a number"]},
            {"name": ["can't be blank"], "memory": ["is not included in the list", "is not a number"]},
            "name can't be blank; memory is not included in the list, is not a number",
        ),
        (
            {"interval_seconds": "Missing interval_seconds parameter"},
            {"interval_seconds": ["Missing interval_seconds parameter"]},
            "interval_seconds Missing interval_seconds parameter",
        ),
        (
            {"discs": [{}, {"size": ["must be greater than or equal to 50"]}]},
            {"discs[1].size": ["must be greater than or equal to 50"]},
            "discs[1].size must be greater than or equal to 50",
        ),
        ("The group is not empty", {"base": ["The group is not empty"]}, "The group is not empty"),
        (["one", "two"], {"base": ["one", "two"]}, "one, two"),
        ({}, {}, ""),
        ([], {}, ""),
        (None, {}, ""),
    ],
)
def test_every_documented_shape(body, problems, phrase):
    assert flatten_problems(body) == problems
    assert describe_problems(problems) == phrase
