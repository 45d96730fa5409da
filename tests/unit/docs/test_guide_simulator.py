# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide to the simulated cloud, followed from nothing."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader


def test_simulator(reader: Reader) -> None:
    runs = reader.follow("guide_simulator")
    # A start, and nothing else: the server of the first run is there.
    assert runs["ansible-playbook practise.yml"][1].changed == 1
    assert [run.changed for run in runs["ansible-playbook stop.yml"]] == [2, 2]
    assert not list(reader.folder.glob("*simulator/ready"))
