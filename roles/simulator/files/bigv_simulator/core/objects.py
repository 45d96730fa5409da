# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The objects of a cloud, each with others in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from .attributes import Id

T = TypeVar("T", bound="Object")


class Children(Generic[T]):
    """The objects of one kind in a parent, in order, by id and, if they have names, by name."""

    __slots__ = ("by_id", "by_name")

    def __init__(self) -> None:
        self.by_id: dict[int, T] = {}
        self.by_name: dict[str, T] = {}

    def __iter__(self) -> Iterator[T]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)

    def add(self, item: T) -> None:
        self.by_id[item.id] = item
        if hasattr(item, "name"):
            self.by_name[item.name] = item

    def change(self, item: T, values: Mapping[str, Any]) -> None:
        """Set attributes of a child, which may be its name."""
        if "name" in values:
            del self.by_name[item.name]  # type: ignore[attr-defined]
            self.by_name[values["name"]] = item
        for attribute, value in values.items():
            setattr(item, attribute, value)

    def remove(self, item: T) -> None:
        del self.by_id[item.id]
        if hasattr(item, "name"):
            del self.by_name[item.name]


@dataclass(slots=True, eq=False)
class Parent:
    """Hold objects of any number of kinds."""

    _children: dict[type, Children[Any]] = field(default_factory=dict, init=False, repr=False)

    def children(self, kind: type[T]) -> Children[T]:
        found = self._children.get(kind)
        if found is None:
            found = self._children[kind] = Children()
        return found

    def descendants(self) -> Iterator[Object]:
        for children in self._children.values():
            for child in children:
                yield child
                yield from child.descendants()


@dataclass(slots=True, eq=False, kw_only=True)
class Object(Parent):
    """Base class of the models of resources."""

    id: Id

    @property
    def deleted(self) -> bool:
        """Tell whether it is soft-deleted, and left out of lists unless they are asked for it."""
        return False

    @property
    def container(self) -> Object | None:
        """Return the object that this one is in, None for what is in the cloud itself."""
        return None

    def containers(self) -> Iterator[Object]:
        """Yield what the object is in, from the inside out."""
        container = self.container
        while container is not None:
            yield container
            container = container.container
