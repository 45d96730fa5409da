# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Whatever backups a disc has: what a plan creates, what it deletes, and what it never deletes.

EXAMPLES in the environment says how many cases to try.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.bytemark.cloud.plugins.module_utils._resources.backup.attributes import (
    is_done,
    made_at,
    newest_first,
)
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.backup.desired import DesiredBackup
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.backup.plan import (
    ObservedBackups,
    plan_backups,
)
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.backup.read import DiscPlace, shown_backup
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.names import VmName
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
HOUR = 3600
PLACE = DiscPlace(VmName("web1", "default", "acme"), {"id": 5001, "label": "root", "size": 1024})


def backup(number: int, hours: int, has_stamp: bool, manual: Any, grade: str) -> dict[str, Any]:
    stamp = (NOW - timedelta(hours=hours)).strftime("%Y%m%d%H%M%S")
    label = f"root-backup-{stamp}" if has_stamp else f"odd-{number}"
    return shown_backup(PLACE, {"id": number, "label": label, "manual": manual, "storage_grade": grade})


backups = st.lists(
    st.tuples(st.integers(0, 200), st.booleans(), st.sampled_from([True, True, False, None]), st.sampled_from("is")),
    max_size=8,
).map(
    lambda drawn: newest_first(
        backup(number, hours, has_stamp, manual, "iceberg" if grade == "i" else "sata")
        for number, (hours, has_stamp, manual, grade) in enumerate(drawn, 1)
    )
)


@settings(max_examples=int(os.environ.get("EXAMPLES", "200")), deadline=None)
@given(
    there=backups,
    max_age=st.none() | st.integers(0, 250),
    keep=st.none() | st.integers(1, 5),
    wait=st.booleans(),
)
def test_present(there: list[dict[str, Any]], max_age: int | None, keep: int | None, wait: bool) -> None:
    seconds = None if max_age is None else max_age * HOUR
    desired = DesiredBackup("present", "root", None, seconds, keep, {"wait": wait})
    plan = plan_backups(ObservedBackups({}, PLACE, there, None, NOW), desired)
    creations = [step for step in plan.steps if not step.deletes]
    deleted = [entry for entry in there if entry["id"] in [step.resource_id for step in plan.steps if step.deletes]]
    kept = [entry for entry in there if entry not in deleted]

    ages = [(NOW - time).total_seconds() for entry in there if (time := made_at(entry))]
    assert bool(creations) == (not seconds or not any(age < seconds for age in ages))
    assert len(creations) <= 1
    assert plan.steps[: len(creations)] == tuple(creations)
    assert all(step.wait_for for step in creations) or not deleted
    assert keep is not None or not deleted
    assert all(entry["manual"] and made_at(entry) for entry in deleted)
    counted = [entry for entry in kept if entry["manual"] and made_at(entry)]
    assert all(
        made_at(old) <= made_at(young) for old in deleted for young in counted if not is_done(young) or creations
    )
    if keep is not None:
        assert len(counted) + len(creations) <= keep or (not creations and len(counted) == keep + 1)
        assert len(counted) + len(creations) >= min(keep, len(counted) + len(deleted) + len(creations))
    # Something that can be restored is left, or is there before anything goes.
    assert creations or not any(map(is_done, deleted)) or any(map(is_done, kept))
