# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide to large fleets, followed from nothing. Its lines of progress are tested in test_progress.py."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes


def test_large_fleets(reader: Reader) -> None:
    runs = reader.follow("guide_large_fleets")
    # Create; roll out; the same as an ordinary module, which adds nothing.
    assert changes(runs) == [1, 1]
    assert runs["env BIGV_RUN_IN_CONTROLLER=false ansible-playbook rollout.yml"][0].changed == 0
    vms = reader.cloud.vms("web")
    assert len(vms) == 200
    assert sorted(name for name, vm in vms.items() if vm["memory"] == 2048) == ["web001", "web002", "web003", "web004"]
