# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Building a cloud from a seed document, and saying where in the document something is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .cloud import Cloud
from .document import DocumentError, object_of, only_known
from .problem import Problem
from .resource import Resource
from .settings import Clock, Settings, change_settings


def sections(resources: Sequence[Resource]) -> Iterator[Resource]:
    """Yield the resources that stand at the top of a seed."""
    return (resource for resource in resources if resource.collection and resource.parent is None)


def build(resources: Sequence[Resource], document: Any, clock: Clock, settings: Settings) -> Cloud:
    """Build the cloud; only then are the settings that the seed says applied."""
    given = object_of(document, "seed")
    only_known(given, {"settings", *(resource.collection for resource in sections(resources))}, "seed")
    whole = {resource.collection: resource.default(given) for resource in sections(resources)} | given
    cloud = Cloud(clock, settings)
    _reserve_ids(resources, cloud, whole)
    for resource in sections(resources):
        resource.load_all(cloud, cloud, "", whole)
    try:
        change_settings(settings, object_of(whole.get("settings", {}), "settings"))
    except Problem as problem:
        raise DocumentError(f"settings: {problem.body}") from None
    return cloud


def _reserve_ids(resources: Sequence[Resource], cloud: Cloud, document: Mapping[str, Any]) -> None:
    """Let ids that are not given begin after the highest that is."""
    for resource in resources:
        for collection, first in resource.first_ids:
            cloud.reserve_ids(collection, first)
    pending: list[tuple[str, Any]] = list(document.items())
    while pending:
        collection, items = pending.pop()
        if collection in cloud.last_ids and isinstance(items, list):
            for item in items:
                if isinstance(item, dict):
                    pending += item.items()
                    if isinstance(item.get("id"), int):
                        cloud.reserve_ids(collection, item["id"])
