# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The faults that the guide to reliability asks for happen, and a second run gets past them."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes


def test_reliability(reader: Reader) -> None:
    runs = reader.follow("guide_reliability")
    assert changes(runs) == [1, 1]
    assert [rule["happened"] for rule in reader.cloud.control("GET", "faults")["rules"]] == [2, 6, 1]
    assert set(reader.cloud.vms("staging")) == {"web1"}
