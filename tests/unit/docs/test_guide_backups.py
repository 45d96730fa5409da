# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide to backups works from nothing."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes

DISC = "/accounts/acme/groups/live/virtual_machines/db1/discs/data"


def test_the_guide(reader: Reader) -> None:
    runs = reader.follow("guide_backups")
    # Nightly, again; schedules, again; a change; one that fails; a look; a restore, checked; done; a deletion.
    assert changes(runs) == [1, 0, 1, 0, 1, 2, 0, 1, 1, 1]
    machine = reader.cloud.vms("live")["db1"]
    assert (machine["power_on"], machine["autoreboot_on"]) == (True, True)
    labels = [backup["label"] for backup in reader.cloud.api("GET", f"{DISC}/backups")]
    assert (len(labels), "data-backup-20251101030000" in labels) == (3, False)
    restores = [write for write in reader.cloud.done() if write["body"] == {"restore": True}]
    assert len(restores) == 2
