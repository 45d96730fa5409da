# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What whoever asks may see and do: what follows from privileges, and from what a seed says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from .objects import Object
from .people import Level, Privilege, Standing

T = TypeVar("T", bound=Object)
Place = tuple[type[Object], int]
"""What an object is, and its id: the same in a copy of the cloud."""


def place(item: Object) -> Place:
    return type(item), item.id


@dataclass(slots=True)
class Rights:
    """Say what may be seen and done where."""

    everywhere: Level = Level.NONE
    _granted: dict[Place, Level] = field(default_factory=dict)
    _above: set[Place] = field(default_factory=set)
    """What something granted is in, and which has to be seen to get there."""

    def add(self, standing: Standing, privileges: Iterable[Privilege]) -> None:
        if standing.accounts is None:
            self.everywhere = max(self.everywhere, standing.level)
        for account in standing.accounts or ():
            self._grant(account, standing.level)
        for privilege in privileges:
            self._grant(privilege.target, privilege.rank)

    def _grant(self, item: Object, level: Level) -> None:
        self._granted[place(item)] = max(level, self._granted.get(place(item), Level.NONE))
        self._above.update(map(place, item.containers()))

    @property
    def highest(self) -> Level:
        return max(self.everywhere, *self._granted.values(), Level.NONE)

    def level(self, item: Object) -> Level:
        """Return the highest level that is held for an object, or for something that it is in."""
        held = (self._granted.get(place(each), Level.NONE) for each in (item, *item.containers()))
        return max(self.everywhere, *held)

    def reaches(self, item: Object) -> bool:
        """Tell whether an object may be seen, and all that is in it."""
        return self.level(item) > Level.NONE

    def sees(self, item: Object) -> bool:
        """Tell whether an object may be seen, if only to get to something in it."""
        return place(item) in self._above or self.reaches(item)

    def seen(self, parent: Object, items: Iterable[T]) -> Iterable[T]:
        """Return those of the objects in a parent that may be seen."""
        return items if self.reaches(parent) else filter(self.sees, items)


@dataclass(slots=True)
class Identity(Rights):
    """Say who asks, and what they may see and do."""

    user_id: int | None = None
    api_key_id: int | None = None
    """The API key that the request came with, None with a session."""
    read_only: bool = False

    @property
    def changes_own(self) -> bool:
        """Tell whether one's own keys may be changed: a key that may only look writes nothing at all."""
        return not self.read_only and (self.api_key_id is None or self.highest > Level.VM_CONSOLE)

    def owns(self, user_id: int | None) -> bool:
        return user_id is not None and user_id == self.user_id

    def sees_privilege(self, privilege: Privilege) -> bool:
        """Tell whether a privilege may be seen: by its user, and by who administers its target (observed)."""
        return self.owns(privilege.user_id) or self.level(privilege.target) >= max(privilege.rank, Level.VM_ADMIN)


EVERYTHING = Identity(Level.CLUSTER_ADMIN)
