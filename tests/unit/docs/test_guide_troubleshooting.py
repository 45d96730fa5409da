# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The playbook in the guide to troubleshooting tells one failure from another."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader


def test_troubleshooting(reader: Reader) -> None:
    reader.follow("guide_troubleshooting")
    # Nothing was created, and nothing else was tried.
    assert [write["path"] for write in reader.cloud.writes()] == ["/accounts/acme/groups/default/virtual_machines"]
    assert reader.cloud.vms("default") == {}
