# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The arguments of a task: which secrets are in them, and what of them is shown. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from typing import Any

from ansible.module_utils.common.validation import check_type_dict

from .redaction import texts

Spec = Mapping[str, Any]

# What ansible-core's validation and conversion of options raise.
TRIPS = (TypeError, OverflowError, ValueError)
PUBLIC_KEYS = "ssh_public_keys"
TEXTS = ("str", "path")
# Options of text that are numbers, mostly with a unit.
AMOUNTS = ("memory", "size", "max_deletions", "max_unavailable", "ready_timeout")
# What an option of another kind does not take.
MISPLACED: Mapping[str, tuple[type, ...]] = {
    "list": (bool, float, dict),
    "dict": (list,),
    "int": (bool, list, dict),
    "float": (bool, list, dict),
    "bool": (list, dict),
}
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def secret_names(spec: Spec) -> set[str]:
    """Return the names of the options that are secrets, at any depth.

    >>> secret_names({"vms": {"options": {"root_password": {"no_log": True}}}, "name": {}})
    {'root_password'}
    """
    names = {name for name, option in spec.items() if option.get("no_log")}
    return names.union(*(secret_names(option.get("options") or {}) for option in spec.values()))


def secrets_in(values: Any, names: Set[str]) -> set[str]:
    """Return every text and number below an option of one of these names, wherever it is and whatever its shape.

    >>> sorted(secrets_in([[{"root_password": ["one", 2]}]], {"root_password"}))
    ['2', 'one']
    """
    found: set[str] = set()
    todo = [values]
    while todo:
        value = todo.pop()
        if isinstance(value, list):
            todo += value
        elif isinstance(value, dict):
            todo += value.values()
            for name in names & value.keys():
                found.update(texts(value[name], numbers=True))
    return found - {""}


def read_texts(arguments: Mapping[Any, Any], spec: Spec) -> dict[Any, Any]:
    """Return the arguments with each text that is a list in JSON, or a dictionary, read as what it is.

    >>> read_texts({"groups": '["web", "db"]'}, {"groups": {"type": "list", "elements": "raw"}})
    {'groups': ['web', 'db']}
    """
    return {
        name: _read(name, value, spec[name])
        if value is not None and name in spec and spec[name].get("type") in ("list", "dict")
        else value
        for name, value in arguments.items()
    }


def _read(name: str, value: Any, spec: Spec) -> Any:
    if spec["type"] == "dict":
        return _read_dictionary(value, spec)
    value = read_list(name, value)
    if spec.get("elements") == "dict" and isinstance(value, list):
        return [_read_dictionary(entry, spec) for entry in value]
    return value


def read_list(name: str, value: Any) -> Any:
    """Return the list that a text is in JSON; anything else as it is. The text of public keys is one entry.

    ansible-core cuts text at its commas, which stand in a public key's options, too.
    """
    if not isinstance(value, str):
        return value
    if is_bracketed(value):
        try:
            return json.loads(value)
        except (*TRIPS, RecursionError):
            return value
    return [value] if name == PUBLIC_KEYS else value


def is_bracketed(text: str) -> bool:
    """Tell whether a text begins as a list does."""
    return text.lstrip().startswith("[")


def _read_dictionary(value: Any, spec: Spec) -> Any:
    if isinstance(value, str):
        try:
            value = check_type_dict(value)
        except (*TRIPS, RecursionError):
            return value
    return read_texts(value, spec.get("options") or {}) if isinstance(value, dict) else value


def has_misplaced(arguments: Mapping[Any, Any], spec: Spec) -> bool:
    """Tell whether a value is of a type that its option does not take, which ansible-core would convert.

    >>> has_misplaced({"name": False}, {"name": {"type": "str"}})
    True
    """
    return any(
        value is not None and name in spec and _is_misplaced(name, value, spec[name])
        for name, value in arguments.items()
    )


def _is_misplaced(name: str, value: Any, spec: Spec) -> bool:
    kind = spec.get("type", "str")
    if kind in TEXTS:
        return not is_text(name, value, spec)
    if kind == "list" and isinstance(value, list):
        kind = spec.get("elements", "raw")
        entry_spec = {**spec, "type": kind}
        return kind != "raw" and any(entry is None or _is_misplaced(name, entry, entry_spec) for entry in value)
    if kind == "dict" and isinstance(value, dict):
        return has_misplaced(value, spec.get("options") or {})
    if kind == "list" and isinstance(value, str):
        return is_bracketed(value)
    return isinstance(value, MISPLACED.get(kind, ()))


def is_text(name: str, value: Any, spec: Spec) -> bool:
    """Tell whether an option of text takes the value: text, and those numbers that lose nothing when they become text.

    >>> is_text("name", 555, {}), is_text("name", 1.1, {}), is_text("size", 1024.0, {})
    (True, False, True)
    """
    if isinstance(value, str):
        return True
    if isinstance(value, int) and not isinstance(value, bool):
        return not (spec.get("no_log") or name == PUBLIC_KEYS)
    return isinstance(value, float) and name in AMOUNTS


def shown_options(params: Mapping[str, Any], names: Set[str]) -> dict[str, Any]:
    """Return the options as a result shows them: all of a module's, and of each entry in them those that were given.

    What has one of the names is not shown, and neither is what stands for a public key and is none.
    """
    return {name: _shown(name, value, names) for name, value in params.items()}


def _shown(name: str, value: Any, names: Set[str]) -> Any:
    if name in names:
        return None if value is None else HIDDEN
    if name == PUBLIC_KEYS and isinstance(value, list):
        # Only here: most tasks have none.
        from .public_keys import is_public

        return [key if is_public(key) else HIDDEN for key in map(str, value)]
    if isinstance(value, dict):
        return {key: _shown(key, entry, names) for key, entry in value.items() if entry is not None}
    return [_shown("", entry, names) for entry in value] if isinstance(value, list) else value
