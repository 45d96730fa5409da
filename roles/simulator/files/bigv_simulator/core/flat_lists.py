# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The flat lists: GET only, filtered by the query, all filters having to match (assumed)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from .access import Identity, Rights
from .cloud import Cloud, as_id
from .objects import Object, Parent
from .people import Standing
from .problem import not_found
from .resource import ObjectResource, nested_in, resource_of

T = TypeVar("T", bound=Object)
TAG = "Flat lists"
_OF_PEOPLE = ("user_name", "user_id", "privilege_id")


@dataclass(frozen=True, slots=True)
class Search:
    """Search the cloud, as an identity sees it, with the filters of a query."""

    cloud: Cloud
    identity: Identity
    query: Mapping[str, str]
    include_deleted: bool

    def all(self, model: type[T]) -> Iterator[T]:
        """Yield the objects that match, and that hold a match for each filter of what is in them."""
        inner = [child for child in nested_in(model) if self._filters(child)]
        reach = self._reach()
        for item, _whole in self._below(resource_of(model)):
            if reach is not None and not reach.reaches(item):
                continue
            if all(any(True for _match in self.identity.seen(item, self._in(child, item))) for child in inner):
                yield item

    def _reach(self) -> Rights | None:
        """Return what the user and the privilege in the query have access to, None without them.

        Assumed: of a user, every privilege counts that whoever asks may see.
        """
        if self.query.keys().isdisjoint(_OF_PEOPLE):
            return None
        name, user_id, privilege_id = map(self.query.get, _OF_PEOPLE)
        rights = Rights()
        identities = self.cloud.identities
        for user in identities.users.values():
            if name in (None, user.username) and (user_id is None or as_id(user_id) == user.id):
                privileges = filter(self.identity.sees_privilege, identities.privileges_of_user(user))
                if privilege_id is None:
                    rights.add(user.standing, privileges)
                else:
                    rights.add(Standing(), (each for each in privileges if each.id == as_id(privilege_id)))
        return rights

    def one(self, model: type[T], segment: str, named: Iterable[T]) -> T:
        """Return an object by id, or by a name that only one visible object has, or 404.

        Assumed: nothing else makes a name clear here.
        """
        found = self.cloud.with_winning_id(self.identity, segment, model)
        if found is None:
            candidates = list(named)
            by_id = self.cloud.objects(model)
            found = candidates[0] if len(candidates) == 1 else by_id.get(as_id(segment) or 0)
        if found is None or not self.identity.sees(found):
            raise not_found()
        return found

    def _below(self, resource: ObjectResource[T]) -> Iterator[tuple[T, bool]]:
        """Yield the objects that may be seen, each with whether all that is in it may be seen too."""
        identity = self.identity
        parents: Iterable[tuple[Parent, bool]] = [(self.cloud, False)]
        if resource.parent is not None:
            parents = self._below(resource_of(resource.parent))
        for parent, whole in parents:
            for item in self._in(resource, parent):
                if whole or identity.sees(item):
                    yield item, whole or identity.reaches(item)

    def _in(self, resource: ObjectResource[T], parent: Parent) -> Iterator[T]:
        """Yield the children that match the filters of their own kind."""
        name, number = self.query.get(f"{resource.filter}_name"), self.query.get(f"{resource.filter}_id")
        children = parent.children(resource.model)
        candidates: Iterable[T | None] = children
        if number is not None:
            candidates = [children.by_id.get(as_id(number) or 0)]
        elif name is not None:
            candidates = [children.by_name.get(name)]
        for item in candidates:
            if item is not None and (self.include_deleted or not item.deleted) and self._is_called(item, name):
                yield item

    def _filters(self, resource: ObjectResource[Any]) -> bool:
        return resource.filter is not None and not self.query.keys().isdisjoint(
            (f"{resource.filter}_id", f"{resource.filter}_name")
        )

    def _is_called(self, item: Any, name: str | None) -> bool:
        return name is None or item.name == name
