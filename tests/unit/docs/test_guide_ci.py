# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide to CI works as shown, and leaves nothing behind in the account."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes


def test_ci(reader: Reader) -> None:
    runs = reader.follow("guide_ci")
    # An environment and its inventory, the same removed, the leftovers of a job, a scenario's instance, removed too.
    assert changes(runs) == [2, 2, 1, 2, 2]
    assert set(reader.cloud.groups()) == {"default"}
    assert not list(reader.folder.rglob("ephemeral.bigv.yml"))
