# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Backup schedules as a property: whatever a disc has, and whatever is asked for, it then has that set and no other.

New ones are made before old ones are deleted, and no more of either than it takes. What is predicted is done, and the
second run writes nothing.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from itertools import permutations
from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.contract.checks import check_and_do, check_repeat
from ansible_collections.bytemark.cloud.tests.unit.contract.test_properties import EXAMPLES, WAYS
from ansible_collections.bytemark.cloud.tests.unit.support import run_module
from hypothesis import example, given
from hypothesis import strategies as st

Schedule = tuple[Any, int, int]
# What each spelling means: a time of day, or a moment.
STARTS = {
    "03:00": "03:00",
    "03:00:00 UTC": "03:00",
    "05:00+02:00": "03:00",
    "23:30": "23:30",
    "2026-11-24 03:00:00 UTC": datetime(2026, 11, 24, 3, tzinfo=timezone.utc),
    "2026-11-24T04:00:00.031+0100": datetime(2026, 11, 24, 3, tzinfo=timezone.utc),
    "2026-11-25T03:00:00Z": datetime(2026, 11, 25, 3, tzinfo=timezone.utc),
    "2026-11-24 23:30 UTC": datetime(2026, 11, 24, 23, 30, tzinfo=timezone.utc),
}
INTERVALS = {"1d": 86400, "24h": 86400, "1w": 604800, "604800": 604800}
starts = st.sampled_from(sorted(STARTS))
there_already = st.lists(
    st.fixed_dictionaries(
        {"start_at": starts, "interval_seconds": st.sampled_from([86400, 604800]), "capacity": st.sampled_from([1, 7])}
    ),
    max_size=4,
)
wanted_schedules = st.lists(
    st.fixed_dictionaries(
        {"start_at": starts, "interval": st.sampled_from(sorted(INTERVALS))},
        optional={"capacity": st.sampled_from([1, 7])},
    ),
    max_size=4,
)


def asked_for(wanted: list[dict[str, Any]]) -> set[Schedule]:
    return {(STARTS[each["start_at"]], INTERVALS[each["interval"]], each.get("capacity", 1)) for each in wanted}


def shown(found: list[dict[str, Any]]) -> list[Schedule]:
    return [(STARTS[each["start_at"]], each["interval_seconds"], each["capacity"]) for each in found]


def is_alike(one: Schedule, other: Schedule) -> bool:
    """Tell whether one schedule has the time of day of which the other is a moment, and they differ in nothing else."""
    kinds = {type(one[0]), type(other[0])}
    times = [start if isinstance(start, str) else start.strftime("%H:%M") for start in (one[0], other[0])]
    return len(kinds) == 2 and times[0] == times[1] and one[1:] == other[1:]


def pairs(wanted: set[Schedule], found: list[Schedule]) -> int:
    """Return how many of the wanted schedules are there: by one that fits exactly, else by one that is alike."""
    rest = list(found)
    for schedule in wanted & set(found):
        rest.remove(schedule)
    few, many = sorted((list(wanted - set(found)), rest), key=len)
    return len(wanted & set(found)) + max(sum(map(is_alike, few, order)) for order in permutations(many, len(few)))


TIME_OF_DAY, ONE_MOMENT, THE_NEXT_DAY = "03:00", "2026-11-24 03:00:00 UTC", "2026-11-25T03:00:00Z"


@EXAMPLES
@example(
    there=[{"start_at": start, "interval_seconds": 86400, "capacity": 1} for start in (TIME_OF_DAY, THE_NEXT_DAY)],
    wanted=[{"start_at": start, "interval": "1d"} for start in (TIME_OF_DAY, ONE_MOMENT)],
    label="data",
    module="bigv_disc",
    way=run_module,
)
@given(
    there=there_already,
    wanted=wanted_schedules,
    label=st.sampled_from(["data", "logs"]),
    module=st.sampled_from(["bigv_disc", "bigv_vm"]),
    way=WAYS,
)
def test_what_is_asked_for_is_then_there_and_nothing_else(cloud, there, wanted, label, module, way):
    cloud.seed({"name": "db1", "discs": [{"label": "data", "size": 1024, "backup_schedules": there}]})
    before = shown(there) if label == "data" else []
    options = {
        "bigv_disc": {"vm": "db1", "label": label, "size": "1GiB", "backup_schedules": wanted},
        "bigv_vm": {"name": "db1", "discs": [{"label": label, "size": "1GiB", "backup_schedules": wanted}]},
    }[module]
    run = partial(way, module, **cloud.access)

    _predicted, done = check_and_do(cloud, run, **options)

    assert not done.get("failed"), done
    discs = {disc["label"]: disc for disc in cloud.vms()["db1"]["discs"]}
    after = shown(discs[label]["backup_schedules"])
    assert len(after) == len(asked_for(wanted)) == pairs(asked_for(wanted), after)
    if label != "data":
        assert shown(discs["data"]["backup_schedules"]) == shown(there)
    kept = pairs(asked_for(wanted), before)
    methods = [write["method"] for write in cloud.writes() if "backup_schedules" in write["path"]]
    assert methods == ["POST"] * (len(after) - kept) + ["DELETE"] * (len(before) - kept)
    _again, requests = check_repeat(cloud, run, **options)
    assert len(requests) == 1
