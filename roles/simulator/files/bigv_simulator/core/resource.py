# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The interface between a resource and the rest of the simulator.

A resource's file has its model, its rules, its routes and a subclass of `Resource`, of which `resources/__init__.py`
makes and lists one. The application, seeds, snapshots, the control interface and the OpenAPI document go through those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

from fastapi import APIRouter
from fastapi.routing import APIRoute

from .access import Rights
from .attributes import reader, required, stored_rules, stored_values
from .cloud import Cloud
from .document import items_of, read, refuse_used
from .faults.kinds import FaultKind
from .objects import Object, Parent
from .redaction import Redactor

T = TypeVar("T", bound=Object)
_BY_MODEL: dict[type, ObjectResource[Any]] = {}
_NESTED: dict[type | None, list[ObjectResource[Any]]] = {}
_IN_OVERVIEWS: dict[type, list[ObjectResource[Any]]] = {}


def resource_of(model: type[T]) -> ObjectResource[T]:
    return _BY_MODEL[model]


def nested_in(model: type | None) -> list[ObjectResource[Any]]:
    """Return the resources whose objects are in those of a model."""
    return _NESTED.setdefault(model, [])


def in_overviews_of(model: type) -> list[ObjectResource[Any]]:
    """Return those of them that an overview of such an object shows."""
    return _IN_OVERVIEWS.setdefault(model, [])


def show(
    item: Object, overview: bool = False, include_deleted: bool = False, rights: Rights | None = None
) -> dict[str, Any]:
    """Return an object as the API shows it; an overview nests what is in it, as far as the rights go."""
    return _BY_MODEL[item.__class__].show(item, overview, include_deleted, rights)


class Resource:
    """Base class of a part of the API, and of seeds if it has a `collection`."""

    collection: ClassVar[str] = ""
    """Its key in seeds and overviews."""
    first_ids: ClassVar[tuple[tuple[str, int], ...]] = ()
    """Each collection whose objects have ids, and the number before the first."""
    path_parameters: ClassVar[tuple[tuple[str, str, str], ...]] = ()
    """For the OpenAPI document: name, description and example of each."""
    runtime_keys: ClassVar[tuple[str, ...]] = ()
    """What it adds to the runtime state in a snapshot."""
    parent: ClassVar[type[Object] | None] = None
    """The model that its objects are in, None for what is in the cloud itself."""
    faults: ClassVar[Mapping[str, FaultKind]] = MappingProxyType({})
    routers: ClassVar[tuple[APIRouter, ...]] = ()

    def default(self, given: Mapping[str, Any]) -> Any:
        """Return its part of a seed that does not have one, such as this."""
        return []

    def load_all(self, cloud: Cloud, parent: Parent, path: str, item: Mapping[str, Any]) -> None:
        """Put its part of a seed into the cloud; DocumentError when that is not valid."""

    def dump_all(self, parent: Any) -> Any:
        """Return its part of a seed that has everything."""
        return []

    def take_runtime_state(self, cloud: Cloud) -> dict[str, Any]:
        """Return the state that a seed does not have, by the `runtime_keys`."""
        return {}

    def restore_runtime_state(self, cloud: Cloud, path: str, state: Mapping[str, Any]) -> None:
        """Put the cloud, which is built already, into the state that was taken; DocumentError when it is not valid."""

    def state_of(self, cloud: Cloud, redactor: Redactor) -> dict[str, Any]:
        """Return its part of what the control interface shows, by name."""
        return {}

    def history_of(self, cloud: Cloud) -> dict[str, Any]:
        """Return its part of what happened by and by, by name."""
        return {}


def routes(resources: Iterable[Resource]) -> Iterator[APIRoute]:
    for resource in resources:
        for router in resource.routers:
            yield from (route for route in router.routes if isinstance(route, APIRoute))


class ObjectResource(Resource, Generic[T]):
    """Base class of a resource whose objects are in those of a parent, or in the cloud itself."""

    model: type[T]
    parent_field: ClassVar[str] = ""
    """The field of the model for the parent."""
    soft_deletes: ClassVar[bool] = False
    """Whether its objects can be deleted and still be there, by themselves and not just with their parents."""
    in_overviews: ClassVar[bool] = True
    """Whether overviews of what its objects are in show them too."""
    filter: ClassVar[str | None] = None
    """Its prefix in the queries of flat lists, as in `group_id` and `group_name`."""

    def __init__(self) -> None:
        self.children = nested_in(self.model)
        self.shown_children = in_overviews_of(self.model)
        model: Any = self.model
        self.view = reader(model)
        _BY_MODEL[self.model] = self
        nested_in(self.parent).append(self)
        if self.in_overviews and self.parent is not None:
            in_overviews_of(self.parent).append(self)

    def show(self, item: T, overview: bool, include_deleted: bool, rights: Rights | None) -> dict[str, Any]:
        shown = self.view(item)
        if overview:
            rights = None if rights is None or rights.reaches(item) else rights
            for child in self.shown_children:
                nested: Iterable[Any] = item.children(child.model)
                if rights is not None:
                    nested = filter(rights.sees, nested)
                if child.soft_deletes and not include_deleted:
                    nested = [each for each in nested if not each.deleted]
                shown[child.collection] = (
                    [child.show(each, True, include_deleted, rights) for each in nested]
                    if child.shown_children
                    else list(map(child.view, nested))
                )
        return shown

    def load_all(self, cloud: Cloud, parent: Parent, path: str, item: Mapping[str, Any]) -> None:
        for item_path, child in items_of(item, self.collection, path):
            self.load(cloud, parent, item_path, child)

    def load(self, cloud: Cloud, parent: Any, path: str, item: dict[str, Any]) -> T:
        """Put one object of a seed into the cloud, with all that is in it."""
        values = self.read(cloud, parent, path, item)
        values["id"] = values.get("id") or cloud.new_id(self.collection)
        refuse_used(values["id"], cloud.objects(self.model), f"{path}.id")
        if "name" in values:
            refuse_used(values["name"], parent.children(self.model).by_name, f"{path}.name")
        made = self.make(cloud, parent, path, values)
        for child in self.children:
            child.load_all(cloud, made, path, item)
        return made

    def read(self, cloud: Cloud, parent: Any, path: str, item: dict[str, Any]) -> dict[str, Any]:
        """Return the values of an object of a seed."""
        return read(
            item,
            path,
            stored_rules(self.model, cloud.definitions),
            required=required(self.model),
            children=tuple(child.collection for child in self.children),
        )

    def make(self, cloud: Cloud, parent: Any, path: str, values: dict[str, Any]) -> T:
        """Make an object of these values, and add it to the cloud."""
        made = self.model(**(values if self.parent is None else {self.parent_field: parent, **values}))
        cloud.add(made, parent)
        return made

    def dump_all(self, parent: Parent) -> Any:
        return [self.dump(item) for item in parent.children(self.model)]

    def dump(self, item: T) -> dict[str, Any]:
        return stored_values(item) | {child.collection: child.dump_all(item) for child in self.children}

    def state_of(self, cloud: Cloud, redactor: Redactor) -> dict[str, Any]:
        if self.parent is not None:
            return {}
        return {self.collection: [self.state(item, redactor) for item in cloud.children(self.model)]}

    def state(self, item: T, redactor: Redactor) -> dict[str, Any]:
        """Return an object for the control interface, with all that is in it."""
        return show(item) | {
            child.collection: [child.state(nested, redactor) for nested in item.children(child.model)]
            for child in self.children
        }

    def summary(self, item: Any) -> dict[str, Any]:
        """Return what the status page shows of an object, and of what is in it."""
        return {name: value for name, value in self.view(item).items() if name in ("id", "name")} | {
            child.collection: [child.summary(nested) for nested in item.children(child.model)]
            for child in self.children
        }
