# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""What a module does: the part of it that is its own. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from .attributes import Schema
from .client import Client
from .plan import Resource

STATE: dict[str, Any] = {"type": "str", "choices": ["present", "absent"], "default": "present"}


class Kind:
    """The part of a module that is its own: its options, what has to hold between them, and what it does.

    ``name_variables`` are the environment variables of the names that complete what a task leaves out: they are given
    as ``default_<name>``, beside ``default_account``. ``disclosed`` are the keys of secrets that a result holds because
    the task asks for them. ``sample_action`` documents the actions of what writes. A blank text says nothing of an
    option that ``may_be_blank``, as of those that all modules share.
    """

    options: ClassVar[dict[str, Any]] = {}
    constraints: ClassVar[dict[str, Any]] = {}
    sample_action: ClassVar[str] = ""
    name_variables: ClassVar[Mapping[str, Sequence[str]]] = {}
    disclosed: tuple[str, ...] = ()
    may_be_blank: tuple[str, ...] = ()

    def prepare(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return the options as the client is to be made of them."""
        return params

    def disclosing_parts(self, result: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the parts of a result that may hold secrets that are disclosed."""
        return [result]

    def run(self, client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        """Return the result of a task with these options."""
        raise NotImplementedError


class InfoKind(Kind):
    """The resources of the ``schema`` that an ``_info`` module lists under the key ``noun``."""

    noun: str
    schema: Schema

    def find(self, client: Client, params: dict[str, Any]) -> Iterable[Resource]:
        """Return what the options ask for: one resource, many or none."""
        raise NotImplementedError

    def returned(self, resource: Resource) -> Resource | None:
        """Return a resource as modules return it."""
        return resource

    def run(self, client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        """Return the resources."""
        return {"changed": False, self.noun: [self.returned(found) for found in self.find(client, params)]}
