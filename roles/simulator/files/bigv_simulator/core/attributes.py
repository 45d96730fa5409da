# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Attributes of models, each declared once, and all that follows from the declarations.

A model's annotation `Annotated[int, Attribute("Documented.", 2)]` declares an attribute: a field that is stored, or a
property or class variable that is only shown. What the API shows, the rules for bodies, seeds and snapshots, and the
schemas of the OpenAPI document follow.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, fields
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from typing_extensions import NotRequired, TypedDict

from . import rules
from .problem import Rule

Write = Literal["always", "at creation", "by change", "never"]
M = TypeVar("M")
_NO_EXAMPLE = object()
_MAX = 10**12


@dataclass(frozen=True, slots=True)
class Attribute:
    """Declare how an attribute is known (documented, observed or assumed), and what holds for its values."""

    description: str
    example: Any = _NO_EXAMPLE
    only_by_name: KW_ONLY
    write: Write = "always"
    required: bool = False
    at_creation: str | None = None
    """The description at creation, where it differs."""
    rule: Rule | None = None
    """For values that its type, its limits and `listed` do not describe."""
    listed: str | None = None
    """The definition that lists its values."""
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    shown_as: Any = None
    """The type in the OpenAPI document, where it differs."""
    next_start: bool = False
    """A guest that runs keeps the value that it was started with."""
    fixed_while_on: bool = False
    """The setting `hardware_changes` can have a change refused while the VM is on."""

    def __get_pydantic_json_schema__(
        self, core_schema: Any, handler: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        """Add what is declared here to the schema of the type."""
        declared = {
            "description": self.description,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "pattern": self.pattern,
        }
        examples = {} if self.example is _NO_EXAMPLE else {"examples": [self.example]}
        return handler(core_schema) | {key: value for key, value in declared.items() if value is not None} | examples


Id = Annotated[int, Attribute("Given by the brain (documented).", 1234, write="never", rule=rules.stored_id)]


class Declaration(NamedTuple):
    """Hold one attribute of a model."""

    kind: Any
    attribute: Attribute
    stored: bool
    base: Any
    """Its type, without None."""
    rule: Rule | None
    """None where the rule depends on the definitions."""

    @property
    def nullable(self) -> bool:
        return self.base is not self.kind


@lru_cache(None)
def declarations(model: type) -> dict[str, Declaration]:
    stored = {field.name for field in fields(model)}
    hints = get_type_hints(model, include_extras=True)
    for name in dir(model):
        if isinstance(member := getattr(model, name), property):
            hints[name] = get_type_hints(member.fget, include_extras=True).get("return")
    declared = {}
    for name, hint in hints.items():
        annotated = get_args(hint)[0] if get_origin(hint) is ClassVar else hint
        if get_origin(annotated) is Annotated:
            kind, attribute = get_args(annotated)[:2]
            base = _without_none(kind)
            declared[name] = Declaration(kind, attribute, name in stored, base, _fixed_rule(kind, base, attribute))
    return declared


def _without_none(kind: Any) -> Any:
    if get_origin(kind) not in (Union, types.UnionType) or types.NoneType not in get_args(kind):
        return kind
    return next(part for part in get_args(kind) if part is not types.NoneType)


def _fixed_rule(kind: Any, base: Any, attribute: Attribute) -> Rule | None:
    if attribute.rule is not None or attribute.listed is not None:
        return attribute.rule
    rule: Rule
    if base is bool:
        rule = rules.boolean
    elif base is int:
        rule = rules.number(attribute.minimum or 0, _MAX if attribute.maximum is None else attribute.maximum)
    else:
        rule = rules.text
    return rule if base is kind else rules.nullable(rule)


@lru_cache(None)
def reader(model: type, only_stored: bool = False) -> Callable[[Any], dict[str, Any]]:
    """Return a function of one expression, as fast as one written by hand: overviews have thousands of objects."""
    names = [name for name, declared in declarations(model).items() if declared.stored or not only_stored]
    expression = ", ".join(f"{name!r}: item.{name}" for name in names)
    read: Callable[[Any], dict[str, Any]] = eval(f"lambda item: {{{expression}}}")  # noqa: S307 - only names
    return read


def view(item: Any) -> dict[str, Any]:
    """Return an object as the API shows it."""
    return reader(item.__class__)(item)


def stored_values(item: Any) -> dict[str, Any]:
    """Return the values of an object that a seed has."""
    return reader(item.__class__, True)(item)


def at_next_start(model: type) -> list[str]:
    """Return the names of the attributes that a guest gets when it starts."""
    return [name for name, declared in declarations(model).items() if declared.attribute.next_start]


def fixed_while_on(model: type) -> list[str]:
    return [name for name, declared in declarations(model).items() if declared.attribute.fixed_while_on]


def body_rules(model: type, definitions: Mapping[str, Any]) -> dict[str, Rule]:
    """Return the rules for the attributes that a body may have."""
    return {
        name: _rule(declared, definitions)
        for name, declared in declarations(model).items()
        if declared.stored and declared.attribute.write in ("always", "at creation")
    }


def stored_rules(model: type, definitions: Mapping[str, Any]) -> dict[str, Rule]:
    """Return the rules for the attributes that a seed may have."""
    return {name: _rule(declared, definitions) for name, declared in declarations(model).items() if declared.stored}


def required(model: type) -> tuple[str, ...]:
    return tuple(name for name, declared in declarations(model).items() if declared.attribute.required)


def running_rules(model: type) -> dict[str, Rule]:
    """Return the rules for the values that a running guest may have, whatever the API takes by now."""
    plain: dict[Any, Rule] = {int: rules.integer(0, _MAX), bool: rules.boolean, str: rules.text}
    return {
        name: rules.nullable(plain[declared.base]) if declared.nullable else plain[declared.base]
        for name, declared in declarations(model).items()
        if declared.attribute.next_start
    }


def _rule(declared: Declaration, definitions: Mapping[str, Any]) -> Rule:
    if declared.rule is not None:
        return declared.rule
    rule = rules.one_of(definitions[declared.attribute.listed or ""])
    return rules.nullable(rule) if declared.nullable else rule


def typed_dict(name: str, members: Mapping[str, Any], doc: str | None = None) -> Any:
    make: Any = TypedDict
    made = make(name, dict(members))
    made.__doc__ = doc
    return made


def members_of(typed: Any) -> dict[str, Any]:
    """Return the members of a TypedDict, each optional one as NotRequired."""
    return {
        name: NotRequired[kind] if name in typed.__optional_keys__ and get_origin(kind) is not NotRequired else kind
        for name, kind in get_type_hints(typed, include_extras=True).items()
    }


def creates(model: type) -> Callable[[type[M]], type[M]]:
    """Decorate the TypedDict of a body that makes an object of this model: add the attributes that it may have."""
    return _completing(
        {
            name: members if declared.attribute.required else NotRequired[members]
            for name, declared in declarations(model).items()
            if declared.stored and declared.attribute.write in ("always", "at creation")
            for members in [_at_creation(declared)]
        }
    )


def _at_creation(declared: Declaration) -> Any:
    kind, attribute = declared.kind, declared.attribute
    if attribute.at_creation is None:
        return Annotated[kind, attribute]
    return Annotated[kind, Attribute(attribute.at_creation, attribute.example)]


def changes(model: type) -> Callable[[type[M]], type[M]]:
    """Decorate the TypedDict of a body that changes an object of this model: add the attributes that it may change."""
    return _completing(
        {
            name: NotRequired[Annotated[declared.kind, declared.attribute]]
            for name, declared in declarations(model).items()
            if (declared.stored and declared.attribute.write == "always") or declared.attribute.write == "by change"
        }
    )


def shows(model: type) -> Callable[[type[M]], type[M]]:
    """Decorate the TypedDict of an answer about an object of this model: add all of its attributes."""
    return _completing(
        {name: Annotated[declared.kind, declared.attribute] for name, declared in declarations(model).items()}
    )


def _completing(members: dict[str, Any]) -> Callable[[type[M]], type[M]]:
    def complete(body: Any) -> Any:
        return typed_dict(body.__name__, members | members_of(body), body.__doc__)

    return complete
