# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Values that nobody should send, as hypothesis strategies."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

# Were the template ever evaluated, the product would show.
TEMPLATE, EVALUATED = "{{ 7000003 * 7 }}", "49000021"


def one_of(values: list[Any]) -> st.SearchStrategy[Any]:
    """Any of the values, by its number: hypothesis would write down what a strategy samples from."""
    return st.integers(0, len(values) - 1).map(values.__getitem__)


TEXTS: st.SearchStrategy[str] = one_of([
    "", " ", ".", "..", "...", "/", "../..", "a/b", "a%2fb", "a?b", "a#b", "a b", "a\nb", "a\r\nX-Injected: 1", "\x00",
    "\x1b[31m", "\u2028", "\ud800", "é", "e\u0301", "😀", "²", "\u0661", "\u202eb", "a" * 256, "x" * 10_000, "0", "-1",
    "7", "1e9", "1.5GiB", "nan", "inf", "None", "null", "true", "[]", "{}", "9" * 30, "9" * 5_000, "vda", "<b>",
    "'\"\\", "$(id)", TEMPLATE, "{% raw %}", "{#", "!unsafe x", "__class__", "web1.default.acme.uk0.bigv.io",
    "web1.default.other", "fe80::1%eth0", "010.0.0.1", "203.0.113.0/24", "\u0662\u0660\u0663.0.113.7", "203.0.113.7\n",
    "203.0.113.7?purge=true", "{'203.0.113.7': 'a'}", '{"203.0.113.7": ["a"]}', "{203.0.113.7=a", "203.0.113.7=a",
])  # fmt: skip
NUMBERS = st.sampled_from(
    [0, -1, 1, 3, 7, 8, 999, 2**31, 2**53, 2**63, 10**40, -(10**18), 0.5, 1e9, 1e308, float("nan"), float("inf")]
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
SHAPES: st.SearchStrategy[Any] = st.sampled_from([
    [], {}, [[]], [{}], [None], {"": None}, {"id": None}, {"id": 7}, [{"id": 7}], [{"id": 7}, {"id": 7}], {"ips": 7},
    {"203.0.113.7": 7}, {"203.0.113.7": None, "203.0.113.007": ""}, {"2001:db8::7": "a", "2001:DB8::7": "b"},
    [{"id": 9, "ips": [None]}], [{"id": 9, "extra_ips": {"": []}}], {"a": {"b": [{"c": None}]}}, ["a", 1, None],
])  # fmt: skip
VALUES = SCALARS | SHAPES
