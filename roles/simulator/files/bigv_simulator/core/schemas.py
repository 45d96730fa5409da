# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""JSON schemas for the OpenAPI document, of models with attributes and of TypedDicts."""

from __future__ import annotations

from dataclasses import is_dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import TypeAdapter
from typing_extensions import NotRequired, is_typeddict

from .attributes import Attribute, declarations, members_of, typed_dict
from .resource import in_overviews_of

_TEMPLATE = "#/components/schemas/{model}"
_OVERVIEW = Attribute("With `view=overview` only (documented).")


class Schemas:
    """Make schemas, and gather in `components` those that they refer to."""

    def __init__(self) -> None:
        self.components: dict[str, Any] = {}
        self._shapes: dict[Any, Any] = {}

    def of_answer(self, kind: Any, operation: str) -> dict[str, Any]:
        """Return the schema of an answer, which refers to the components."""
        if kind is None:
            return {}
        schema = TypeAdapter(self._shape(kind)).json_schema(ref_template=_TEMPLATE, mode="serialization")
        self.components |= schema.pop("$defs", {})
        if "properties" in schema:
            self.components[schema["title"]] = schema
            return {"$ref": _TEMPLATE.format(model=schema["title"])}
        return schema | {"title": f"Response {operation.replace('_', ' ').title()}"}

    def in_place(self, kind: Any) -> dict[str, Any]:
        """Return a schema with what it is made of in place."""
        schema = TypeAdapter(self._shape(kind)).json_schema()
        parts = schema.pop("$defs", {})

        def filled(value: Any) -> Any:
            if isinstance(value, dict):
                if "$ref" in value:
                    return filled(parts[value["$ref"].rpartition("/")[2]])
                return {key: filled(item) for key, item in value.items()}
            return [filled(item) for item in value] if isinstance(value, list) else value

        whole: dict[str, Any] = filled(schema)
        return whole

    def _shape(self, kind: Any) -> Any:
        """Return a type with TypedDicts in place of the models in it."""
        if is_dataclass(kind) or is_typeddict(kind):
            if kind not in self._shapes:
                self._shapes[kind] = self._typed_dict(kind)
            return self._shapes[kind]
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            inner = next((part.shown_as for part in arguments[1:] if getattr(part, "shown_as", None)), arguments[0])
            return Annotated[(self._shape(inner), *arguments[1:])]
        if origin is None or origin is Literal:
            return kind
        shapes = tuple(map(self._shape, arguments))
        if origin in (Union, UnionType):
            return Union[shapes]  # noqa: UP007 - of a tuple
        return origin[shapes if len(shapes) > 1 else shapes[0]]

    def _typed_dict(self, kind: Any) -> Any:
        if is_typeddict(kind):
            shapes = {name: self._shape(member) for name, member in members_of(kind).items()}
            return typed_dict(kind.__name__, shapes, kind.__doc__)
        shapes = {
            name: self._shape(Annotated[declared.kind, declared.attribute])
            for name, declared in declarations(kind).items()
        }
        for child in in_overviews_of(kind):
            shapes[child.collection] = NotRequired[Annotated[list[self._shape(child.model)], _OVERVIEW]]  # type: ignore
        return typed_dict(kind.__name__, shapes)
