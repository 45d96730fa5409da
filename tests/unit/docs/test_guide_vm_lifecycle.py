# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide to the life of a VM, followed from nothing. Its tables have tests of their own."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes


def test_vm_lifecycle(reader: Reader) -> None:
    runs = reader.follow("guide_vm_lifecycle")
    # Create; stop, again; start; resize; rescue and return; rename, again; delete and restore.
    assert changes(runs) == [1, 1, 0, 1, 1, 2, 1, 0, 2]
    assert {name: vm["power_on"] for name, vm in reader.cloud.vms("live").items()} == {"web2": False, "www1": True}
