# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Which of a task's arguments is not valid, and where it is. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from ansible.module_utils.common.parameters import DEFAULT_TYPE_VALIDATORS
from ansible.module_utils.common.validation import check_type_dict, check_type_list

from .arguments import (
    TEXTS,
    TRIPS,
    Spec,
    is_bracketed,
    is_text,
    read_list,
    secret_names,
    secrets_in,
)
from .errors import MAX_NAME_SHOWN, one_line

KINDS = {str: "text", bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "a dictionary"}
WANTED = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text", "path": "a path"}


def misfit(arguments: Mapping[Any, Any], spec: Spec) -> str:
    """Return what is wrong with the first invalid option, starting with its location; nothing if all are valid.

    A value is quoted only where it is one of an option that takes neither a list nor a dictionary, and holds no secret.

    >>> misfit({"discs": ["25GiB"]}, {"discs": {"type": "list", "elements": "dict"}})
    'discs[0]: must be a dictionary of options, got text'
    """
    return next(_Walk(secrets_in(arguments, secret_names(spec))).options(arguments, spec, ""), "")


class _Walk:
    """A walk through arguments that yields what is wrong with them."""

    def __init__(self, secrets: Set[str], quotes: bool = True) -> None:
        self._secrets = secrets
        self._quotes = quotes

    def options(self, arguments: Mapping[Any, Any], spec: Spec, prefix: str) -> Iterator[str]:
        for name, value in arguments.items():
            if name not in spec:
                yield self._unknown(str(name), spec, prefix)
            elif value is not None:
                yield from self._value(name, value, spec[name], f"{prefix}{name}")

    def _unknown(self, name: str, spec: Spec, prefix: str) -> str:
        location = prefix.rstrip(".") or "the task"
        if not (self._quotes and name.isidentifier() and not self._holds_a_secret(name)):
            return f"{location}: contains a key that is not an option; specify a dictionary of options"
        import difflib  # Only here: few tasks need it.

        near = difflib.get_close_matches(name, spec, n=1, cutoff=0.7)
        hint = f"did you mean {near[0]}?" if near else f"the options are {', '.join(sorted(spec))}"
        return f"{prefix}{name}: is not an option; {hint}"

    def _value(self, name: str, value: Any, spec: Spec, location: str) -> Iterator[str]:
        kind = spec.get("type", "str")
        if kind == "list":
            yield from self._list(name, value, spec, location)
        elif kind == "dict":
            yield from self._dictionary(value, spec, location)
        else:
            yield from self._scalar(name, value, spec, location)

    def _list(self, name: str, value: Any, spec: Spec, location: str) -> Iterator[str]:
        elements = spec.get("elements", "raw")
        try:
            entries = _entries(name, value)
            if elements == "dict" and not isinstance(value, list):
                entries = list(map(check_type_dict, entries))
        except TRIPS:
            yield f"{location}: must be a list{' of dictionaries' if elements == 'dict' else ''}, got {_kind(value)}"
            return
        walk = self if isinstance(value, list) else _Walk(self._secrets, quotes=False)
        for position, entry in enumerate(entries):
            whose = walk._name_of(entry)
            entry_spec = {**spec, "type": elements, "elements": None}
            for problem in walk._value(name, entry, entry_spec, f"{location}[{position}]"):
                yield f"{problem}{whose}"

    def _name_of(self, entry: Any) -> str:
        """Return the name of an entry, to be added to what is wrong with it."""
        name = entry.get("name") if isinstance(entry, Mapping) else None
        return f" (name: {self._shown(name)})" if name and isinstance(name, str) and self._quotes else ""

    def _dictionary(self, value: Any, spec: Spec, location: str) -> Iterator[str]:
        walk = self
        if isinstance(value, str):
            walk = _Walk(self._secrets, quotes=False)
        try:
            arguments = value if isinstance(value, Mapping) else check_type_dict(value)
        except TRIPS:
            yield f"{location}: must be a dictionary of options, got {_kind(value)}"
            return
        if "options" in spec:
            yield from walk.options(arguments, spec["options"], f"{location}.")
            for name, option in spec["options"].items():
                if option.get("required") and arguments.get(name) is None:
                    yield f"{location}.{name}: is required"
        for names in spec.get("required_one_of", ()):
            if not arguments.keys() & set(names):
                yield f"{location}: {' or '.join(names)} is required"
        for names in spec.get("mutually_exclusive", ()):
            given = [name for name in names if name in arguments]
            if len(given) > 1:
                yield f"{location}: {' and '.join(given)} are mutually exclusive; set only one of them"

    def _scalar(self, name: str, value: Any, spec: Spec, location: str) -> Iterator[str]:
        kind, choices = spec.get("type", "str"), spec.get("choices")
        if kind == "raw":
            return
        wanted = WANTED.get(kind, kind)
        if value is None or isinstance(value, (list, Mapping)):
            yield f"{location}: must be {wanted}, got {_kind(value)}"
            return
        shown = _kind(value) if spec.get("no_log") else self._shown(value)
        if choices is None and kind in TEXTS and not is_text(name, value, spec):
            kind_shown = f" ({_kind(value)})" if shown == repr(value) else ""
            yield f"{location}: must be text, got {shown}{kind_shown}; put it in quotes"
            return
        try:
            if isinstance(value, bool) and kind in ("int", "float"):
                raise TypeError
            value = DEFAULT_TYPE_VALIDATORS[kind](value)
            str(value)  # A number of thousands of digits has no text.
        except TRIPS:
            yield f"{location}: must be {wanted}, got {shown}"
            return
        if choices and value not in choices:
            yield f"{location}: must be one of {', '.join(map(str, choices))}, got {shown}"

    def _shown(self, value: Any) -> str:
        if not self._quotes:
            return _kind(value)
        try:
            text = repr(value)
        except ValueError:
            return _kind(value)
        return _kind(value) if self._holds_a_secret(str(value)) else one_line(text, MAX_NAME_SHOWN)

    def _holds_a_secret(self, text: str) -> bool:
        return any(secret in text for secret in self._secrets)


def _entries(name: str, value: Any) -> list[Any]:
    """Return the entries of a list, or of a text that stands for one."""
    value = read_list(name, value)
    if isinstance(value, (bool, float)) or (isinstance(value, str) and is_bracketed(value)):
        raise TypeError
    entries: list[Any] = check_type_list(value)
    return entries


def _kind(value: Any) -> str:
    return "null" if value is None else KINDS.get(type(value), "a value of another type")
