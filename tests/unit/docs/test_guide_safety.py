# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide to the safeguards works as shown: what it protects is still there afterwards."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes


def test_safety(reader: Reader) -> None:
    runs = reader.follow("guide_safety")
    # A deletion, checked; too many deletions, refused, checked and done; a server reimaged.
    assert changes(runs) == [1, 0, 1, 1, 1]
    assert {name for name, vm in reader.cloud.vms("web").items() if not vm["deleted"]} == {"web4", "web5"}
    staging = reader.cloud.vms("staging")
    assert set(staging) == {"db1", "web1", "web3"}
    assert staging["web1"]["last_imaged_with"] == "stretch"
