# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide to the inventory works from nothing."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader

FAILING = "BIGV_API_URL=http://127.0.0.1:1 BIGV_API_RETRIES=0 ansible-inventory -i all.bigv.yml --graph"


def test_the_guide(reader: Reader) -> None:
    runs = reader.follow("guide_inventory")
    [failed] = runs.pop(FAILING)
    assert (failed.status, "'yaml'" in failed.output) == (1, False)
    printed = {line: run.output for line, each in runs.items() for run in each}
    assert "WARNING" not in "".join(printed.values())
    for absent in ("web2", "test1"):
        assert absent not in printed["ansible-inventory -i running.bigv.yml --graph"]
    assert "globex" not in printed["ansible-inventory -i of-admin.bigv.yml --graph"]
    assert list((reader.folder / "cache").iterdir())

    # What the settings at the end leave: a source that works, and none of a kind that is not listed.
    assert reader.run("ansible-inventory -i all.bigv.yml --graph").status == 0
    assert reader.run("ansible-inventory -i sources --graph").status == 1
    assert "web2" not in reader.run("ansible-inventory -i ipv6.bigv.yml --graph").output
