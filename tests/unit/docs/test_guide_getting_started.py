# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide "Getting started", followed from nothing."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes


def test_getting_started(reader: Reader) -> None:
    runs = reader.follow("guide_getting_started")
    # Create a server, again; preview a change and apply it; remove it with its group.
    assert changes(runs) == [2, 0, 1, 1, 2]
