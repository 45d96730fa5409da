# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The whole simulator as one JSON document, and back.

The document is a seed that leaves nothing out, under `cloud`, and under `moment` the runtime state, which only a cloud
that runs has: its clock, what is due, and what will be handed out next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .cloud import Cloud
from .document import DocumentError, object_of, only_known, point_in_time, read
from .problem import Rule
from .resource import Resource
from .rules import counts
from .seed import build, sections
from .settings import Clock, Settings

VERSION = 1
RUNTIME_STATE = "moment"


def take(resources: Sequence[Resource], cloud: Cloud) -> dict[str, Any]:
    runtime_state: dict[str, Any] = {"advanced": cloud.clock.offset, "last_ids": cloud.last_ids}
    for resource in resources:
        runtime_state |= resource.take_runtime_state(cloud)
    return {
        "version": VERSION,
        "cloud": {
            **{resource.collection: resource.dump_all(cloud) for resource in sections(resources)},
            "settings": asdict(cloud.settings),
        },
        RUNTIME_STATE: runtime_state,
    }


def restore(resources: Sequence[Resource], document: Any, clock: Clock, settings: Settings) -> Cloud:
    """Build the cloud that a snapshot was taken of, and put clock and settings as they were then."""
    given = object_of(document, "state")
    if given.get("version") != VERSION:
        raise DocumentError(f"version: {given.get('version')!r} is not {VERSION}, the only supported version")
    only_known(given, {"version", "cloud", RUNTIME_STATE}, "state")
    cloud = build(resources, given.get("cloud"), clock, settings)
    state = object_of(given.get(RUNTIME_STATE), RUNTIME_STATE)
    _restore_core(cloud, state, tuple(key for resource in resources for key in resource.runtime_keys))
    for resource in resources:
        resource.restore_runtime_state(cloud, RUNTIME_STATE, state)
    return cloud


def _restore_core(cloud: Cloud, state: Mapping[str, Any], others: tuple[str, ...]) -> None:
    """Restore what no resource does: the clock, and the ids that were given last."""
    known: dict[str, Rule] = {"advanced": point_in_time, "last_ids": counts(cloud.last_ids)}
    values = read(state, RUNTIME_STATE, known, required=tuple(known), children=others)
    cloud.clock.offset = values["advanced"]
    for collection, last in values["last_ids"].items():
        cloud.reserve_ids(collection, last)
