# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""The options of a source, checked before ansible-core reads them. Private to bytemark.cloud.

ansible-core takes what is no boolean for false, cuts text at its commas where it wants a list, evaluates no template,
ignores an option that it does not know, and takes a variable that is set but empty for an answer, all without a word.
What it does refuse, it refuses in words of its own code.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._core.arguments import is_bracketed
from ..module_utils._core.environment import VARIABLES, cleaned
from ..module_utils._core.errors import (
    MAX_NAME_SHOWN,
    BigvError,
    one_line,
    shown_name,
)
from ..module_utils._core.names import check_name, check_number
from ..module_utils._resources.reach import MAX_ID, REACH_OPTIONS
from ._expressions import as_template

# Lists of expressions, which may hold commas and are evaluated for each VM.
EXPRESSIONS = ("include", "exclude", "hostnames")
CREDENTIALS = ("token", "username", "password", "yubikey")
# Options of text that may be templates. Blank text says nothing.
WHERE_AND_WHO = ("api_url", "auth_url", *CREDENTIALS, "ca_path")
# Names and patterns of them.
PATTERNS = ("variables",)
WHOLE_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*", re.ASCII)
KINDS = (
    (type(None), "null"), (bool, "a boolean"), ((int, float), "a number"), (date, "a date"), (str, "text"),
    (Mapping, "a dictionary"), ((list, tuple), "a list"),
)  # fmt: skip

Definitions = Mapping[str, Mapping[str, Any]]
Template = Callable[..., Any]
Reader = Callable[[str, Any], Any]


@contextlib.contextmanager
def without_blanks(definitions: Definitions, environment: MutableMapping[str, str]) -> Iterator[None]:
    """Within the block, variables of the options that are set but blank are not set."""
    names = {name for option, definition in definitions.items() for name in _variables(option, definition)}
    blank = {name: environment.pop(name) for name in names if not environment.get(name, "x").strip()}
    try:
        yield
    finally:
        environment.update(blank)


def checked_options(
    options: Mapping[str, Any], definitions: Definitions, environment: Mapping[str, str], template: Template
) -> dict[str, Any]:
    """Return the options from the file and the environment, so that ansible-core cannot misread them.

    ``template`` evaluates a value, and names the option or the environment variable where it cannot; it is told of
    secrets.
    """
    _refuse_unknown(options, definitions)
    checked = {}
    for option, definition in definitions.items():
        read = _reader(option, definition, template)
        for place, value in _places(option, options, definition, environment):
            found = None if value is None else read(place, value)
            if found is not None:
                checked[option] = found
                break
    return checked


def _reader(option: str, definition: Mapping[str, Any], template: Template) -> Reader:
    """Return the reader for a value of the option; it returns None for a value that counts as omitted."""
    kind = str(definition.get("type", "str"))
    if option in EXPRESSIONS:
        return lambda place, value: value if isinstance(value, list) else [value]
    if kind == "list" and definition.get("elements") == "str":
        check = _pattern if option in PATTERNS else _checked_name(definition.get("choices"))
        return lambda place, value: _names(place, value, template, check)
    if option == "connections":
        return lambda place, value: _entries(place, value, definition["suboptions"], template)
    if kind == "list":
        return _dictionaries
    if option in REACH_OPTIONS:
        reached = _user if option == "user" else _privilege
        return lambda place, value: reached(place, cleaned(option, template(place, value)))
    if option in WHERE_AND_WHO:
        return lambda place, value: _said(option, place, value, template)
    evaluated = {"bool": _boolean, "boolean": _boolean, "int": _whole_number, "integer": _whole_number}.get(kind)
    if evaluated:
        return lambda place, value: evaluated(place, template(place, value))
    return _dictionary if kind in ("dict", "dictionary") else _text


def _refuse_unknown(options: Mapping[str, Any], definitions: Definitions) -> None:
    unknown = _unknown("", options, definitions)
    for option in ("keyed_groups", "connections"):
        entries = options.get(option)
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, Mapping):
                unknown += _unknown(f"{option}[{number}].", entry, definitions[option]["suboptions"])
    if unknown:
        raise BigvError(
            f"There is no option {', '.join(unknown)}. ansible-doc -t inventory bytemark.cloud.bigv lists the options."
        )


def _unknown(place: str, options: Mapping[str, Any], definitions: Definitions) -> list[str]:
    """Return the unknown options, each with the options that may have been meant."""
    unknown = [str(option) for option in options if option not in definitions]
    near = [" or ".join(difflib.get_close_matches(option, definitions, n=2, cutoff=0.7)) for option in unknown]
    return [
        shown_name(place + option) + (f" (did you mean {meant}?)" if meant else "")
        for option, meant in zip(unknown, near, strict=True)
    ]


def _variables(option: str, definition: Mapping[str, Any]) -> Iterable[str]:
    """Return the environment variables of an option, the first of which goes first."""
    return VARIABLES.get(option) or [entry["name"] for entry in reversed(definition.get("env") or [])]


def _places(
    option: str, options: Mapping[str, Any], definition: Mapping[str, Any], environment: Mapping[str, str]
) -> list[tuple[str, Any]]:
    """Return where the option may be given, each place with its value: the file goes first."""
    variables = [name for name in _variables(option, definition) if name in environment]
    return [(option, options.get(option)), *((name, as_template(environment[name])) for name in variables)]


def _boolean(place: str, value: Any) -> bool:
    try:
        return bool(boolean(value))
    except TypeError:
        raise BigvError(f"{place}: must be true or false, got {shown_name(value)}") from None


def _whole_number(place: str, value: Any) -> int:
    if isinstance(value, bool) or not WHOLE_NUMBER.fullmatch(str(value)):
        raise BigvError(f"{place}: must be a whole number, got {shown_name(value)}")
    return int(value)


def _user(place: str, value: Any) -> str | None:
    return None if value is None else _name(place, value, partial(check_name, dots=True))


def _privilege(place: str, value: Any) -> int | None:
    return None if value is None else check_number(place, _whole_number(place, value), 1, MAX_ID)


def _text(place: str, value: Any, is_secret: bool = False) -> str:
    """Return the text, decrypted if need be. YAML has dropped the zeros of what is no text by now."""
    if isinstance(value, str):
        return value
    kind = _kind(value)
    if value is None or isinstance(value, (list, tuple, Mapping)):
        raise BigvError(f"{place}: must be text, got {kind}")
    if kind is not None:
        shown = kind if is_secret else f"{one_line(str(value), MAX_NAME_SHOWN)} ({kind})"
        raise BigvError(f"{place}: must be text, got {shown}; put it in quotes")
    return str(value)


def _said(option: str, place: str, value: Any, template: Template) -> str | None:
    is_secret = option in CREDENTIALS
    text: str | None = cleaned(option, _text(place, template(place, value, is_secret), is_secret))
    return text


def _names(place: str, value: Any, template: Template, check: Callable[[str, str], str]) -> list[str]:
    """Return the names of a list, of a text with commas between them or in JSON, or of a template of any of these."""
    if isinstance(value, (list, tuple)):
        entries = []
        for position, entry in enumerate(value):
            where = f"{place}[{position}]"
            found = template(where, entry)
            is_list = isinstance(entry, str) and isinstance(found, (list, tuple))
            entries += [(where, name) for name in (found if is_list else [found])]
    else:
        found = _listed(place, template(place, value))
        entries = [(f"{place}[{position}]" if len(found) > 1 else place, name) for position, name in enumerate(found)]
    return [_name(where, name, check) for where, name in entries]


def _listed(place: str, value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        raise BigvError(f"{place}: must be a list of names, got a dictionary")
    if not isinstance(value, str):
        return list(value) if isinstance(value, (list, tuple)) else [value]
    if not is_bracketed(value):
        return value.split(",")
    try:
        return list(json.loads(value))
    except (ValueError, RecursionError):
        raise BigvError(f"{place}: {shown_name(value)} starts like a list but is not a list in JSON") from None


def _name(place: str, value: Any, check: Callable[[str, str], str]) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return check(place, _text(place, value).strip())


def _checked_name(choices: Sequence[str] | None) -> Callable[[str, str], str]:
    """Return what checks a name: one of the choices, or of an account or a group."""

    def check(place: str, name: str) -> str:
        if choices is None:
            return check_name(place, name)
        if name not in choices:
            raise BigvError(f"{place}: must be one of {', '.join(choices)}, got {shown_name(name)}")
        return name

    return check


def _pattern(place: str, pattern: str) -> str:
    if not pattern:
        raise BigvError(f"{place}: must not be empty; specify the name of an attribute, or a pattern such as *_on")
    return pattern


def _dictionary(place: str, value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise BigvError(f"{place}: must be a dictionary, got {_kind(value)}")
    return value


def _dictionaries(place: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise BigvError(f"{place}: must be a list of dictionaries, got {_kind(value)}")
    return [_dictionary(f"{place}[{position}]", entry) for position, entry in enumerate(value)]


def _entries(place: str, value: Any, definitions: Definitions, template: Template) -> list[dict[str, Any]]:
    """Return dictionaries of options, read like those of the source, without omitted ones."""
    entries = []
    for position, entry in enumerate(_dictionaries(place, value)):
        read = {
            option: _reader(option, definitions[option], template)(f"{place}[{position}].{option}", given)
            for option, given in entry.items()
            if given is not None
        }
        entries.append({option: found for option, found in read.items() if found is not None})
    return entries


def _kind(value: Any) -> str | None:
    """Return what YAML makes of the value, or None where that is text that is encrypted."""
    return next((name for kind, name in KINDS if isinstance(value, kind)), None)
