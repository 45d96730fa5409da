# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The check run of a play about backups says, task by task, what the real run then does.

EXAMPLES in the environment says how many plays to try.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.contract.test_plays import PLAYS, check_play, drawn, seed, task
from hypothesis import given
from hypothesis import strategies as st

OLD = [f"root-backup-2026110{number}030000" for number in (1, 2, 3)]
LABEL = re.compile(r"backup (\w+-backup-\d{14})")
DISCS = {"vm": ["web1", "web2.staging"], "disc": ["root", "data"]}
NIGHTLY = {"start_at": "03:00", "interval": "1d", "capacity": 7}
WEEKLY = {"start_at": "2026-11-24 00:00:00 UTC", "interval": "1w"}

backup = st.one_of(
    task("bigv_backup", drawn(DISCS, max_age=["1h", "1000w"])),
    task("bigv_backup", drawn({**DISCS, "keep": [1, 2, 3], "purge": [True]}, max_age=["1h", "1000w"])),
    task(
        "bigv_backup",
        drawn({**DISCS, "state": ["restored"], "backup": ["latest", *OLD]}, allow_restart=[True], protect=[["web2"]]),
    ),
    task("bigv_backup", drawn({**DISCS, "state": ["absent"], "backup": ["8001", *OLD], "purge": [True]})),
)
schedules = drawn({"backup_schedules": [[], [NIGHTLY], [NIGHTLY, WEEKLY], [WEEKLY | {"capacity": 2}]]})
scheduled = task(
    "bigv_disc",
    st.builds(
        lambda named, set_to: {**named, **set_to},
        drawn({"vm": DISCS["vm"], "label": DISCS["disc"], "size": ["2GiB"]}),
        schedules,
    ),
)
others = st.one_of(
    scheduled,
    task("bigv_disc", drawn({"vm": DISCS["vm"], "label": ["data"], "state": ["absent"], "purge": [True]})),
    task("bigv_vm", drawn({"name": DISCS["vm"], "new_name": ["web3"]})),
    task("bigv_vm", drawn({"name": DISCS["vm"], "state": ["absent"]}, purge=[True])),
    # Which of two that are created in one second is the newer one, only the backups of one disc tell.
    task("bigv_backup_info", drawn(DISCS)),
    task("bigv_disc_info", drawn({}, vm=DISCS["vm"])),
)
plays = st.lists(st.one_of(backup, backup, others), min_size=2, max_size=6)


def without_labels(value: Any) -> Any:
    """Return a result that calls new backups as a check run does, which does not know their labels."""
    if isinstance(value, dict):
        return {key: without_labels(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_labels(item) for item in value]
    if isinstance(value, str):
        return LABEL.sub(lambda found: found[0] if found[1] in OLD else "the new backup", value)
    return value


def vm(name: str, is_on: bool, number: int) -> dict[str, Any]:
    """Return a VM with a disc that has so many backups, the last of them by a schedule."""
    backups = [{"label": label, "manual": label != OLD[-1]} for label in OLD[:number]]
    return {
        "name": name,
        "power_on": is_on,
        "autoreboot_on": is_on,
        "discs": [
            {"label": "root", "size": 1024, "backups": backups, "backup_schedules": [{"interval_seconds": 604800}]},
            {"label": "data", "size": 1024},
        ],
    }


@PLAYS
@given(
    is_on=st.booleans(), number=st.integers(0, 3), play=plays, settings=st.sampled_from([{}, {"flat_overview": True}])
)
def test_plays_about_backups(cloud, is_on, number, play, settings):
    # That the API may refuse a second backup in one second, check mode cannot know.
    more = {"restore_time": 0, "one_backup_a_second": False, **settings}
    seed(cloud, vm("web1", is_on, number), vm("web2", False, 3 - number), **more)
    check_play(cloud, play, without_labels)
