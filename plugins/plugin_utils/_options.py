# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The options of a source, checked before ansible-core reads them. Private to bytemark.cloud.

ansible-core takes what is no boolean for false, cuts text at its commas where it wants a list, evaluates no template,
and ignores an option that it does not know, all without a word.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.bytemark.cloud.plugins.module_utils._errors import BigvError, shown_name
from ansible_collections.bytemark.cloud.plugins.plugin_utils._expressions import as_template

# Lists of expressions, which may hold commas and are evaluated for each VM.
EXPRESSIONS = ("include", "exclude", "hostnames")
WHOLE_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*", re.ASCII)

Definitions = Mapping[str, Mapping[str, Any]]
Template = Callable[[str, Any], Any]
Reader = Callable[[str, Any], Any]


def checked_options(
    options: Mapping[str, Any], definitions: Definitions, environment: Mapping[str, str], template: Template
) -> dict[str, Any]:
    """Return the options of the file as ansible-core cannot misread them.

    ``template`` evaluates a value, and names the option or the environment variable where it cannot.
    """
    _refuse_unknown(options, definitions)
    checked = dict(options)
    for option, definition in definitions.items():
        read = _reader(option, definition)
        given = [pair for pair in _places(option, options, definition, environment) if pair[1] is not None]
        if option in EXPRESSIONS and given:
            checked[option] = options[option] if isinstance(options[option], list) else [options[option]]
        elif read and given:
            place, value = given[0]
            checked[option] = read(place, template(place, value))
    return checked


def _reader(option: str, definition: Mapping[str, Any]) -> Reader | None:
    kind = definition.get("type")
    if kind == "list":
        return _names if definition.get("elements") == "str" else None
    return {"bool": _boolean, "boolean": _boolean, "int": _whole_number, "integer": _whole_number}.get(str(kind))


def _refuse_unknown(options: Mapping[str, Any], definitions: Definitions) -> None:
    unknown = _unknown("", options, definitions)
    keyed_groups = options.get("keyed_groups")
    for number, keyed in enumerate(keyed_groups if isinstance(keyed_groups, list) else ()):
        if isinstance(keyed, Mapping):
            unknown += _unknown(f"keyed_groups[{number}].", keyed, definitions["keyed_groups"]["suboptions"])
    if unknown:
        raise BigvError(
            f"There is no option {', '.join(unknown)}. ansible-doc -t inventory bytemark.cloud.bigv lists all that "
            "there are."
        )


def _unknown(place: str, options: Mapping[str, Any], definitions: Definitions) -> list[str]:
    """Return the options that there are not, each with those that may have been meant."""
    unknown = [str(option) for option in options if option not in definitions]
    near = [" or ".join(difflib.get_close_matches(option, definitions, n=2, cutoff=0.7)) for option in unknown]
    return [
        shown_name(place + option) + (f" (did you mean {meant}?)" if meant else "")
        for option, meant in zip(unknown, near, strict=True)
    ]


def _places(
    option: str, options: Mapping[str, Any], definition: Mapping[str, Any], environment: Mapping[str, str]
) -> list[tuple[str, Any]]:
    """Return where the option may be given, each place with its value: the file goes first, the last variable next."""
    variables = [entry["name"] for entry in reversed(definition.get("env") or [])]
    given = [(name, as_template(environment[name])) for name in variables if name in environment]
    return [(option, options.get(option)), *given]


def _boolean(place: str, value: Any) -> bool:
    try:
        return bool(boolean(value))
    except TypeError:
        raise BigvError(f"{place}: {shown_name(value)} is neither true nor false; give one of the two") from None


def _whole_number(place: str, value: Any) -> int:
    if isinstance(value, bool) or not WHOLE_NUMBER.fullmatch(str(value)):
        raise BigvError(f"{place}: {shown_name(value)} is not a whole number")
    return int(value)


def _names(option: str, value: Any) -> Any:
    """Return the list with its numbers as text. Text alone is left to ansible-core, which splits it at its commas."""
    if isinstance(value, str):
        return value
    return [_name(option, entry) for entry in (value if isinstance(value, (list, tuple)) else [value])]


def _name(option: str, value: Any) -> str:
    if isinstance(value, (bool, float)) or not isinstance(value, (str, int)):
        raise BigvError(f"{option}: {shown_name(value)} is not a name; put names that YAML reads otherwise in quotes")
    return value if isinstance(value, str) else str(value)
