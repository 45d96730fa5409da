# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The arguments of a task: which secrets are in them, and what of them is shown. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from ansible_collections.bytemark.cloud.plugins.module_utils._spellings import texts

Spec = Mapping[str, Any]

# What ansible-core's validation and conversion of options raise.
TRIPS = (TypeError, OverflowError, ValueError)
PUBLIC_KEYS = "ssh_public_keys"
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


def has_misplaced_containers(arguments: Mapping[Any, Any], spec: Spec) -> bool:
    """Tell whether a list or a dictionary stands where text or a number has to be: ansible-core makes it text.

    >>> has_misplaced_containers({"name": ["web1"]}, {"name": {"type": "str"}})
    True
    """
    return any(
        _is_misplaced(value, spec[name])
        for name, value in arguments.items()
        if value.__class__ in (list, dict) and name in spec
    )


def _is_misplaced(value: Any, spec: Spec) -> bool:
    kind = spec.get("type", "str")
    if kind == "list" and value.__class__ is list:
        element = {"type": spec.get("elements", "raw"), "options": spec.get("options")}
        return any(_is_misplaced(entry, element) for entry in value if entry.__class__ in (list, dict))
    if kind == "dict" and value.__class__ is dict:
        return has_misplaced_containers(value, spec.get("options") or {})
    return bool(kind != "raw")


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
        from ansible_collections.bytemark.cloud.plugins.module_utils._public_keys import is_public

        return [key if is_public(key) else HIDDEN for key in map(str, value)]
    if isinstance(value, dict):
        return {key: _shown(key, entry, names) for key, entry in value.items() if entry is not None}
    return [_shown("", entry, names) for entry in value] if isinstance(value, list) else value
