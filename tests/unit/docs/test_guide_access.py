# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide to users, privileges and API keys works from nothing."""

from __future__ import annotations

import json
import stat

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes


def test_the_guide(reader: Reader) -> None:
    runs = reader.follow("guide_access")
    # See; a key, again; a pipeline, with a renewal; the clock; grant; remove somebody; a team, first without and then
    # with what is not listed; drift. What can be checked first is.
    assert changes(runs) == [0, 2, 0, 1, 1, 0, 3, 3, 2, 2, 2, 2, 1, 1, 0]
    assert stat.S_IMODE((reader.folder / "ci.token").stat().st_mode) == 0o600
    assert json.loads((reader.folder / "drift.json").read_text(encoding="utf-8"))["drift"] is False

    # The renewed key is the only one, it is in the file, and it needs no other credentials.
    keys = reader.cloud.control("GET", "state")["api_keys"]
    assert [key["label"] for key in keys].count("ci") == 1
    renewed = reader.run("BIGV_TOKEN= ansible-playbook pipeline.yml")
    assert (renewed.status, renewed.changed) == (0, 0)
