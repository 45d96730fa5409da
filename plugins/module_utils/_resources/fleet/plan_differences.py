# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The differences between the current plan and a saved one, in words. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..._core.errors import one_line
from ..._core.names import is_same_domain
from ..._core.plan import Resource
from .plan_document import digest, key_of

Entry = Mapping[str, Any]
MAX_VALUE = 60
# When a precaution is sent.
IF_IT_FAILS = " if something fails or takes too long"
# What the API may not tell for a while after a change (observed).
TOLD_LATER = "last_imaged_with"


def differences(kept: Sequence[Entry], now: Sequence[Entry], there: Mapping[str, Resource]) -> list[str]:
    """Return how the resources of two plans differ, each as one phrase; ``there`` are the VMs that are there by name.

    There is no difference where what is to be sent now is the rest of what was planned, and leads to the same.
    """
    found: list[str] = []
    current = {key_of(resource): resource for resource in now}
    if len(current) < len(now):
        return ["several of its groups and VMs have the same name once secrets are removed from it"]
    for planned in kept:
        resource = current.pop(key_of(planned), None)
        if resource is None:
            resource = current.pop((planned["kind"], planned.get("renamed_to", "")), None)
        if resource is not None:
            found += _differences(planned, resource)
        elif not _is_gone(planned, there):
            found.append(f"{_title(planned)} is in the plan but not in this task{_summaries(planned)}")
    found += [
        f"{_title(resource)} is in this task but not in the plan{_summaries(resource)}" for resource in current.values()
    ]
    return found


def _title(resource: Entry) -> str:
    return f"{resource['kind']} {resource['name']}"


def _summaries(resource: Entry) -> str:
    summaries = "; ".join(write["summary"] for write in resource["writes"])
    return f" ({summaries})" if summaries else ""


def _is_gone(planned: Entry, there: Mapping[str, Resource]) -> bool:
    """Tell whether a VM was deleted as planned: one that is pruned is in no plan any more then."""
    if planned["kind"] != "VM" or planned["after"] is not None or not planned["writes"]:
        return False
    vm = there.get(planned["name"])
    return vm is None or (bool(vm.get("deleted")) and planned["writes"][-1]["effect"] == "delete")


def _differences(planned: Entry, now: Entry) -> Iterator[str]:
    if digest(planned) == digest(now) or _is_the_rest(planned, now):
        return
    title, said = _title(planned), False
    if changes := _changes(planned["before"], now["before"]):
        said = True
        yield f"{title} has changed since: {changes}"
    for part, names, when in (("writes", ("method", "path"), ""), ("precautions", ("summary",), IF_IT_FAILS)):
        then, at_present = (_named(resource.get(part, ()), names) for resource in (planned, now))
        for difference in _write_differences(then, at_present, when):
            said = True
            yield f"{title}: {difference}"
    if not said:
        yield f"{title}: {_changes(planned, now)}"


def _is_the_rest(planned: Entry, now: Entry) -> bool:
    """Tell whether only the last of the planned writes, or none, are to be sent, and all others were carried out."""
    sent = len(planned["writes"]) - len(now["writes"])
    known = set(map(digest, planned.get("precautions", ())))
    return (
        sent > 0
        and all(map(_is_as_planned, planned["writes"][sent:], now["writes"]))
        and known.issuperset(map(digest, now.get("precautions", ())))
        and _leads_to(planned["after"], now["after"])
    )


def _is_as_planned(planned: Entry, now: Entry) -> bool:
    """Tell whether a write is a planned one. Where the server was still to choose its path, the plan has none."""
    if planned["path"] is None:
        now = {**now, "path": None, "summary": planned["summary"]}
    return digest(planned) == digest(now)


def _leads_to(planned: Resource | None, now: Resource | None) -> bool:
    """Tell whether one thing is as planned. Of one that is new, only what was planned counts."""
    if planned is None or now is None:
        return planned is now
    names = planned.keys() | (now.keys() if "id" in planned else set())
    return all(_agree(name, planned.get(name), now.get(name)) for name in names)


def _agree(name: str, planned: Any, now: Any) -> bool:
    if name == "discs" and planned and now:
        return planned.keys() == now.keys() and all(_leads_to(disc, now[label]) for label, disc in planned.items())
    if name == "rdns" and planned and now:
        return planned.keys() == now.keys() and all(is_same_domain(rdns, now[ip]) for ip, rdns in planned.items())
    return bool(planned == now or (name == TOLD_LATER and None in (planned, now)))


def _write_differences(planned: Mapping[Any, Entry], now: Mapping[Any, Entry], when: str) -> Iterator[str]:
    for key, write in planned.items():
        if key not in now:
            yield f"would no longer be sent{when}: {write['summary']}"
        elif changes := _changes(_sent(write), _sent(now[key])):
            yield f"{write['summary']}: {changes}"
    for key, write in now.items():
        if key not in planned:
            yield f"would be sent{when} but was not planned: {write['summary']}"
    if planned.keys() == now.keys() and list(planned) != list(now):
        yield "the same requests would be sent in a different order"


def _named(writes: Iterable[Entry], names: Sequence[str]) -> dict[Any, Entry]:
    """Return writes by these of their parts, and by how many with the same parts are before them."""
    named: dict[Any, Entry] = {}
    for write in writes:
        parts = [write[name] for name in names]
        named[(*parts, sum(list(key[:-1]) == parts for key in named))] = write
    return named


def _sent(write: Entry) -> Entry:
    """Return a write without what is only said of it."""
    return {
        **{key: value for key, value in write.items() if key not in ("summary", "note")},
        "hidden": dict.fromkeys(write.get("hidden", ()), "given"),
    }


def _changes(planned: Any, now: Any) -> str:
    """Return the values that differ, old and new, each called by its keys.

    >>> _changes({"body": {"cores": 1, "discs": [{"size": 5}]}}, {"body": {"cores": 2, "discs": []}})
    'body.cores 1 → 2, body.discs[0].size 5 → none'
    """
    before, after = dict(_leaves("", planned)), dict(_leaves("", now))
    return ", ".join(
        f"{path} {_value(before.get(path))} → {_value(after.get(path))}".lstrip()
        for path in dict.fromkeys((*before, *after))
        if before.get(path) != after.get(path)
    )


def _value(value: str | None) -> str:
    return "none" if value is None else one_line(value, MAX_VALUE)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _leaves(f"{path}.{key}".lstrip("."), value[key])
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _leaves(f"{path}[{index}]", entry)
    elif value is not None:
        yield path, json.dumps(value, ensure_ascii=False)
