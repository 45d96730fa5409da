# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The backup schedules of a disc: what is desired of them, and the steps that close the difference. Pure.

A schedule is known by when it begins, its interval and its capacity. No call changes one (none is known): what differs
is a new one, which is made first, and an old one, which is deleted then. Private to bytemark.cloud.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from functools import partial
from typing import Any

from ..._core.durations import parse_duration, show_duration
from ..._core.errors import BigvError, one_line
from ..._core.moments import read_moment, read_time, show_moment
from ..._core.names import api_path, check_number
from ..._core.plan import Reader, Resource, Step, Target, object_at
from .attributes import DISC, SCHEDULES

MAX_TEXT = 40


def desired_schedules(option: str, given: Sequence[Mapping[str, Any]]) -> list[Resource]:
    """Return the schedules that an option asks for, as the API spells them. One that is listed twice counts once."""
    wanted: list[Resource] = []
    for position, entry in enumerate(given):
        schedule = _desired(f"{option}[{position}].", entry)
        if not any(_is_same(schedule, other) for other in wanted):
            wanted.append(schedule)
    return wanted


def _desired(prefix: str, entry: Mapping[str, Any]) -> Resource:
    start = str(entry["start_at"]).strip()
    if read_time(start) is None and read_moment(start) is None:
        raise BigvError(
            f"{prefix}start_at: {start[:MAX_TEXT]!r} is neither a time of day nor a date and time; specify one in "
            "quotes, such as '03:00' or '2027-02-24T12:00:00Z'"
        )
    interval = parse_duration(f"{prefix}interval", str(entry["interval"]))
    if interval < 1:
        raise BigvError(f"{prefix}interval: must be at least 1s, got {entry['interval']!r}")
    capacity = check_number(f"{prefix}capacity", entry["capacity"], 1)
    return {"start_at": start, "interval_seconds": interval, "capacity": capacity}


def known_schedules(disc: Resource) -> list[Resource] | None:
    """Return the schedules that a disc has, or None where the API does not say."""
    schedules = disc.get(SCHEDULES)
    if isinstance(schedules, list) and all(isinstance(schedule, dict) for schedule in schedules):
        return schedules
    return None


def schedule_lines(disc: Resource) -> list[str]:
    """Return what is shown of a disc's schedules, as far as the API says."""
    return sorted(map(_shown, known_schedules(disc) or ()))


def has_schedules(disc: Resource, wanted: Sequence[Resource]) -> bool:
    """Tell whether a disc has these schedules and no others. Of one of which the API does not say, that is none."""
    return _compare(wanted, known_schedules(disc) or []) == ([], [])


def has_planned_schedules(seen: Resource, planned: Resource) -> bool:
    """Tell whether a disc has the schedules that it was to have, as far as both are known."""
    wanted = known_schedules(planned)
    return wanted is None or known_schedules(seen) is None or has_schedules(seen, wanted)


def change_schedules(
    option: str, title: str, paths: Sequence[str], disc: Resource, wanted: Sequence[Resource]
) -> tuple[list[Step], list[Resource]]:
    """Return the steps to the schedules that are wanted of a disc, and those that it then has.

    What the API does not show cannot be compared: it would be made again in each run. ``title`` is what messages call
    the disc; ``paths`` is where to find it, by its label last.
    """
    there = known_schedules(disc)
    missing, extra = _compare(wanted, there or [])
    if (missing and there is None) or any(not isinstance(schedule.get("id"), int) for schedule in extra):
        raise BigvError(
            f"{option}: the API does not show the backup schedules of {title}, so they cannot be changed; "
            "leave the option out"
        )
    known = [schedule.get("id") for schedule in there or ()]
    steps = [_addition(title, paths[-1], disc, missing[: number + 1], known) for number in range(len(missing))]
    steps += [_deletion(title, paths, schedule) for schedule in extra]
    kept = [schedule for schedule in there or () if schedule not in extra]
    return steps, [*kept, *new_schedules(missing)]


def new_schedules(schedules: Sequence[Resource]) -> list[Resource]:
    """Return schedules that are to be made as they will be: what their ids are, the server says."""
    return [{"id": None, **schedule} for schedule in schedules]


def _compare(wanted: Sequence[Resource], there: Sequence[Resource]) -> tuple[list[Resource], list[Resource]]:
    """Return which schedules are wanted and not there, and which are there and not wanted.

    Each is paired with one that is spelled otherwise at most, and only then with one of which less is known.
    """
    missing, extra = list(wanted), list(there)
    for is_one in (_is_same, _is_alike):
        for schedule in tuple(missing):
            found = next((other for other in extra if is_one(schedule, other)), None)
            if found is not None:
                missing.remove(schedule)
                extra.remove(found)
    return missing, extra


def _is_same(one: Resource, other: Resource) -> bool:
    """Tell whether two schedules are the same, however their beginning is spelled."""
    return _comparable(one) == _comparable(other)


def _is_alike(wanted: Resource, seen: Resource) -> bool:
    """Tell whether a schedule may be the wanted one: the API may make a moment of a time of day, or not say it all."""
    starts = [schedule.get("start_at") for schedule in (wanted, seen)]
    moments, times = ([read(start) for start in starts] for read in (read_moment, _time_of_day))
    is_same_start = None in starts or (None in moments and times[0] is not None and times[0] == times[1])
    return is_same_start and all(
        None in (wanted.get(name), seen.get(name)) or wanted[name] == seen[name]
        for name in ("interval_seconds", "capacity")
    )


def _time_of_day(start: Any) -> time | None:
    moment = read_moment(start)
    return moment.time().replace(microsecond=0) if moment else read_time(start)


def _comparable(schedule: Resource) -> Resource:
    """Return what a schedule is known by, with its beginning in the one spelling."""
    return {
        "start_at": _shown_start(schedule.get("start_at")),
        **{name: schedule.get(name) for name in ("interval_seconds", "capacity")},
    }


def _shown_start(start: Any) -> str:
    moment, time_of_day = read_moment(start), read_time(start)
    if moment:
        return show_moment(moment)
    if time_of_day:
        return time_of_day.isoformat("seconds" if time_of_day.second else "minutes")
    return one_line(str(start), MAX_TEXT)


def _shown(schedule: Resource) -> str:
    """Return a schedule as a person would write it."""
    interval = schedule.get("interval_seconds")
    every = show_duration(interval) if isinstance(interval, int) else one_line(str(interval), MAX_TEXT)
    capacity = one_line(str(schedule.get("capacity")), MAX_TEXT)
    return f"{_shown_start(schedule.get('start_at'))} every {every}, keeps {capacity}"


def _addition(title: str, path: str, disc: Resource, added: Sequence[Resource], known: Sequence[Any]) -> Step:
    """Return the write that makes the last of the schedules that are added: none of them was ``known`` before."""

    def is_done(seen: Resource | None) -> bool:
        new = [schedule for schedule in known_schedules(seen or {}) or () if schedule.get("id") not in known]
        return not _compare(added, new)[0]

    return Step(
        f"add backup schedule {_shown(added[-1])}, to {title}",
        "POST",
        f"{path}/{SCHEDULES}",
        DISC,
        added[-1],
        verify=object_at(path, DISC),
        is_done=is_done,
        is_idempotent=False,
        resource_id=disc.get("id"),
    )


def _deletion(title: str, paths: Sequence[str], schedule: Resource) -> Step:
    """Return the write that deletes a schedule, if it is still the one that is not wanted."""
    description = f"backup schedule {_shown(schedule)}, of {title}"
    part = partial(_find, schedule["id"])

    def verify(reader: Reader, what: str) -> Resource | None:
        return part(object_at(paths[0], DISC)(reader, what))

    return Step(
        f"delete {description}",
        "DELETE",
        api_path(SCHEDULES, schedule["id"]),
        DISC,
        verify=verify,
        resource_id=schedule["id"],
        target=Target(
            owner=None,
            description=description,
            schema=DISC,
            paths=tuple(paths),
            expected={"id": schedule["id"], **_comparable(schedule)},
            part=part,
        ),
    )


def _find(schedule_id: int, disc: Resource | None) -> Resource | None:
    """Return a schedule of a disc, if it has it."""
    schedules = known_schedules(disc or {}) or ()
    found = next((schedule for schedule in schedules if schedule.get("id") == schedule_id), None)
    return found and {"id": schedule_id, **_comparable(found)}
