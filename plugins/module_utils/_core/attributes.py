# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Attributes of resources, each declared once. Pure. Private to bytemark.cloud.

What a module takes as options, compares, sends, checks against the API's definitions, shows in a diff and documents as
returned follows from these declarations, and so does the shape that an answer has to have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import eq
from typing import Any

from .names import check_number, is_same_name, parse_size

# The kinds of attributes, and the type that a value has. A "size" is MiB, which options may give with a unit. An
# "optional text" is null or empty where it is not set. Of other kinds, such as "addresses", any value may be.
TYPES: dict[str, type] = {"int": int, "size": int, "text": str, "optional text": str, "bool": bool}
OPTION_TYPES = {"int": "int", "size": "str", "text": "str", "optional text": "str", "bool": "bool"}

ALWAYS, NEXT_START, AT_CREATION = "always", "at the next start", "at creation"


class Attribute:
    """An attribute as the API spells it, ``option`` being the option that sets it, if there is one.

    ``takes_effect`` says when a change does. ``nullable``: an empty string unsets it. ``definition`` is the list of
    ``/definitions`` that its values are in. ``is_same`` compares a value with one that was written. ``spelled`` is
    another name that some answers have for it. ``convert`` puts a value into shape that is not of the type of its kind,
    or raises a `ValueError` that says what it is not. ``description`` and ``sample`` document it as a return value.
    What is ``compared`` is in the diff; by default that is what an option sets.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        description: str = "",
        sample: Any = None,
        *,
        option: str | None = None,
        takes_effect: str = ALWAYS,
        nullable: bool = False,
        least: int = 1,
        definition: str | None = None,
        is_same: Callable[[Any, Any], bool] = eq,
        spelled: str | None = None,
        convert: Callable[[Any], Any] | None = None,
        compared: bool | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.description = description
        self.sample = sample
        self.option = option
        self.takes_effect = takes_effect
        self.nullable = nullable
        self.least = least
        self.definition = definition
        self.is_same = is_same
        self.spelled = spelled
        self.convert = convert
        self.compared = option is not None if compared is None else compared

    @property
    def option_spec(self) -> dict[str, Any]:
        """Return the argument spec of the option."""
        # ansible-core takes any option whose name holds "key" for a secret.
        no_log = {"no_log": False} if "key" in (self.option or "") else {}
        return {"type": OPTION_TYPES[self.kind], **no_log}

    def value(self, option: str, given: Any) -> Any:
        """Return the value that an option, called so in messages, gives."""
        if self.kind == "size":
            return parse_size(option, given)
        if self.kind == "int":
            return check_number(option, given, self.least)
        return (given or None) if self.nullable else given


class Schema:
    """The attributes of a type of resource, which messages call ``noun``.

    Every object has the attribute ``key``. ``nested`` are the lists of other resources in it, and ``computed`` are
    attributes that modules add to what they return.
    """

    def __init__(
        self,
        noun: str,
        *attributes: Attribute,
        key: str = "id",
        nested: Mapping[str, Schema] | None = None,
        computed: tuple[Attribute, ...] = (),
    ) -> None:
        self.noun = noun
        self.attributes = {attribute.name: attribute for attribute in attributes}
        self.options = {attribute.option: attribute for attribute in attributes if attribute.option}
        self.types = {attribute.name: TYPES.get(attribute.kind) for attribute in attributes}
        self.optional = {attribute.name for attribute in attributes if attribute.kind == "optional text"}
        self.key = key
        self.nested = nested or {}
        self.computed = computed
        self.spellings = {attribute.spelled: attribute.name for attribute in attributes if attribute.spelled}

    @property
    def option_specs(self) -> dict[str, Any]:
        """Return the argument specs of the options that set attributes."""
        return {option: attribute.option_spec for option, attribute in self.options.items()}

    def given(self, params: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Return the attributes that a task's options ask for, as the API spells them."""
        return {
            attribute.name: attribute.value(prefix + option, params[option])
            for option, attribute in self.options.items()
            if params.get(option) is not None
        }

    def without_nested(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return a resource without the lists of other resources in it."""
        return {name: value for name, value in resource.items() if name not in self.nested}

    def is_compared(self, name: str) -> bool:
        """Tell whether an attribute is in the diff."""
        return name in self.attributes and self.attributes[name].compared

    def compared(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of a resource is in the diff; what is not known is left out."""
        return {
            name: resource[name]
            for name, attribute in self.attributes.items()
            if attribute.compared and resource.get(name) is not None
        }

    def shows(self, seen: Mapping[str, Any], written: Mapping[str, Any]) -> bool:
        """Tell whether what is seen is what was written, however the API spells it."""
        return all(self._is_same(name, seen.get(name), value) for name, value in written.items())

    def _is_same(self, name: str, seen: Any, written: Any) -> bool:
        attribute = self.attributes.get(name)
        return attribute.is_same(seen, written) if attribute else seen == written


def identifier(noun: str, sample: int) -> Attribute:
    """Return the attribute that is the id of a resource."""
    return Attribute("id", "int", f"The id of the {noun}.", sample)


def name(noun: str, sample: str) -> Attribute:
    """Return the attribute that is the name of a resource."""
    return Attribute("name", "text", f"The name of the {noun}.", sample, is_same=is_same_name, compared=True)
