# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide "From an API key to a fleet", followed from nothing."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes


def test_provisioning(reader: Reader) -> None:
    runs = reader.follow("guide_provisioning")
    # Preview, provision, again, repair; adopt, preview that; a play; a colleague's change, drift; delete, purge.
    provisioned = runs.pop("ansible-playbook bytemark.cloud.provision -e @fleet.yml")
    assert [run.changed for run in provisioned] == [1, 0, 1]
    assert changes(runs) == [1, 1, 0, 0, 1, 1, 1, 1]
    assert 'name: "old1"' in (reader.folder / "adopted.yml").read_text(encoding="utf-8")
    assert set(reader.cloud.groups()) == {"default"}
    assert not reader.cloud.vms("default")["old1"]["deleted"]
