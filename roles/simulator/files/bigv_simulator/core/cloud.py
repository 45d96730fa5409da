# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The cloud: all of its objects, ids that are free, and the events to come."""

from __future__ import annotations

import copy
import heapq
import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from .access import Identity, place
from .identities import Identities
from .objects import Object, Parent
from .settings import Clock, Settings

P = TypeVar("P")
T = TypeVar("T", bound=Object)
Event = Callable[[float], None]


class Labelled(Protocol):
    """An object that has an id, and perhaps a label."""

    @property
    def id(self) -> int:
        """Return the id."""

    @property
    def label(self) -> str | None:
        """Return the label."""


D = TypeVar("D", bound=Labelled)


def as_id(segment: str) -> int | None:
    return int(segment) if segment.isascii() and segment.isdigit() and len(segment) < 19 else None


class Cloud(Parent):
    """Hold all state but the clock and the settings, which outlive a new seed."""

    def __init__(self, clock: Clock, settings: Settings) -> None:
        super().__init__()
        self.clock = clock
        self.settings = settings
        self.definitions: dict[str, Any] = {}
        self.identities = Identities(clock, settings)
        self.last_ids: dict[str, int] = {}
        self._objects: dict[type, dict[int, Any]] = {}
        self._parts: dict[type, Any] = {}
        self._events: list[tuple[float, int, Event]] = []
        self._ticket = itertools.count()

    def objects(self, kind: type[T]) -> dict[int, T]:
        """Return all objects of a kind, whatever they are in, by id."""
        return self._objects.setdefault(kind, {})

    def part(self, kind: type[P]) -> P:
        """Return what the cloud keeps beside its objects, made when it is first asked for."""
        if kind not in self._parts:
            self._parts[kind] = kind()
        found: P = self._parts[kind]
        return found

    def add(self, item: Object, parent: Parent) -> None:
        self.objects(type(item))[item.id] = item
        parent.children(type(item)).add(item)

    def remove(self, item: Object, parent: Parent) -> None:
        """Forget an object for good, and all that is in it."""
        parent.children(type(item)).remove(item)
        gone = (item, *item.descendants())
        for each in gone:
            del self._objects[type(each)][each.id]
        self.identities.revoke_on(map(place, gone))

    def new_id(self, collection: str) -> int:
        self.last_ids[collection] = self.last_ids.get(collection, 0) + 1
        return self.last_ids[collection]

    def reserve_ids(self, collection: str, last: int) -> None:
        self.last_ids[collection] = max(last, self.last_ids.get(collection, 0))

    def schedule(self, at: float, event: Event) -> None:
        """Call this with its time once that has come."""
        heapq.heappush(self._events, (at, next(self._ticket), event))

    def run_due_events(self) -> None:
        """Fire every event that was due by now. Called before each request; nothing runs in between."""
        now = self.clock.now()
        while self._events and self._events[0][0] <= now:
            at, _ticket, event = heapq.heappop(self._events)
            event(at)

    def copy_to_read(self) -> Cloud:
        """Return the cloud as it is now. No event is run in a copy, and nobody is authenticated by it."""
        self.run_due_events()
        shared = (self.clock, self.settings, self.definitions, self._events, self._ticket)
        return copy.deepcopy(self, {id(part): part for part in shared})

    def visible(self, identity: Identity, kind: type[T], number: int) -> T | None:
        """Return the object with this id, if the identity sees it."""
        found = self.objects(kind).get(number)
        return found if found is not None and identity.sees(found) else None

    def with_winning_id(self, identity: Identity, segment: str, kind: type[T]) -> T | None:
        """Return what a number in a path is the id of while ids win over names, wherever the identity can see it."""
        number = as_id(segment) if self.settings.ids_win else None
        return None if number is None else self.visible(identity, kind, number)


def pick(segment: str, by_name: Mapping[str, P], by_id: Mapping[int, P]) -> P | None:
    """Return what a path segment names: by name or id (documented); which of them wins is not known, `ids_win` says."""
    found = by_name.get(segment)
    if found is None:
        number = as_id(segment)
        found = by_id.get(number) if number is not None else None
    return found


def pick_device(segment: str, candidates: Iterable[D]) -> D | None:
    """Return the disc or NIC of one VM that a path segment names, by label or id."""
    by_label = {}
    by_id = {}
    for candidate in candidates:
        by_label[candidate.label or ""] = candidate
        by_id[candidate.id] = candidate
    return pick(segment, by_label, by_id)
