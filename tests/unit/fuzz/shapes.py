# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Every option of a module that takes a list or a dictionary, with every shape that it does not take.

All of it is made from what the module declares. Secrets are in the wrong shapes and beside them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.bytemark.cloud.plugins.module_utils._core.arguments import secret_names
from ansible_collections.bytemark.cloud.tests.unit.examples import example
from ansible_collections.bytemark.cloud.tests.unit.support import load_module

MARK = "M4RK"


def secrets(names: set[str]) -> dict[str, str]:
    odd = " \"'\\{}\n\t=end"
    return {name: f"{MARK}-{name}{'' if name == 'token' else odd}" for name in sorted(names)}


def wrong_shapes(names: set[str], takes_text: bool) -> Iterator[tuple[str, Any]]:
    """Each with its name. Secrets are in all that can hold one; what takes text is given none as text."""
    inside = secrets(names)
    key = "nonsense" if takes_text else f"{MARK}-key"
    flat = {name: f"{MARK}-{name}" for name in names}
    if not takes_text:
        yield "text", f"{MARK}-text"
        yield "text of options", " ".join(f"{name}={value}" for name, value in flat.items())
        yield "text with a missing blank", ",".join(f"{name}:{value}=x" for name, value in flat.items())
        yield "JSON", json.dumps(inside)
        yield "JSON of a list", json.dumps([inside])
        yield "JSON that is cut", json.dumps(inside)[:-3]
        yield "a list of lists of texts", [[f"{MARK}-one"]]
        yield "a list of texts", [f"{MARK}-one", f"{MARK}-two"]
    yield "a number", 25
    yield "a fraction", 2.5
    yield "true", True
    yield "a list of numbers", [1, 2]
    yield "a list of nothing", [None]
    yield "a list of lists", [[inside]]
    yield "a dictionary", inside
    yield "a dictionary of dictionaries", {key: inside}
    yield "a list of dictionaries of dictionaries", [{key: inside}]
    yield "a list of secrets in lists", [{name: [value] for name, value in inside.items()}]
    yield "secrets in dictionaries", {name: {value: value} for name, value in inside.items()}


def positions(spec: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Where a list or a dictionary is taken, and one text beside each, with whether it takes text."""
    for name, option in spec.items():
        if option.get("type") in ("list", "dict"):
            yield (*path, name), "dict" not in (option["type"], option.get("elements"))
            yield from positions(option.get("options") or {}, (*path, name))
    for name in [name for name, option in spec.items() if option.get("type") == "str"][:1]:
        yield (*path, name), True


def cases(module_name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the options of each case, with the path of the wrong value."""
    module = load_module(module_name).MODULE
    about = example(module_name).about
    names = secret_names(module.argument_spec)
    for path, takes_text in positions(module.argument_spec):
        for shape, value in wrong_shapes(names, takes_text):
            yield f"{'.'.join(path)}: {shape}", {**about, **_options(module.argument_spec, path, value)}


def _options(spec: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return the options with the value at the path, and with all secrets beside each step to it."""
    beside = secrets({name for name, option in spec.items() if option.get("no_log")})
    name, *rest = path
    if rest:
        value = _options(spec[name]["options"], tuple(rest), value)
        value = [value] if spec[name]["type"] == "list" else value
    named = {"name": "web1"} if "name" in spec else {}
    return {**beside, **named, name: value}
