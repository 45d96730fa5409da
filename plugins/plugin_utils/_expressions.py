# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""What users write as expressions: whether they can be one, and what plain names stand for. Private to bytemark.cloud.

Plain variable names are looked up without the template engine, which compiles them again for every host. A look-up
answers only where it is sure of what ansible-core's own evaluation would give; everything else is UNSURE, and the
caller asks ansible-core.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible import constants
from ansible.plugins.loader import filter_loader, test_loader
from jinja2 import Environment, TemplateSyntaxError, nodes

from ..module_utils._core.errors import BigvError, one_line

try:
    from ansible.template import is_trusted_as_template, trust_as_template

    as_template = trust_as_template
    MARKS_TRUST = True
except ImportError:
    as_template = str
    # Before ansible-core 2.19, strings that look like templates are templated, and results that look like Python are
    # evaluated.
    MARKS_TRUST = False

NATIVE_JINJA = bool(getattr(constants, "DEFAULT_JINJA2_NATIVE", False))
UNSURE: Any = object()
PLAIN = re.compile(r"([a-z][a-z0-9_]*)((?:\.(?:[a-z][a-z0-9_]*|0|[1-9][0-9]*))*)", re.ASCII)
# Names that mean something else to Jinja, at the beginning of an expression or anywhere.
JINJA_WORDS = """
    and as block call caller cycler dict elif else endblock endfor endif extends false filter finalize for from if
    import in include is joiner kwargs lipsum lookup loop macro namespace none not now omit or print q query range raw
    recursive self set super true undef varargs vars with without
"""
NOT_VARIABLES = frozenset(JINJA_WORDS.split())

MAX_SHOWN = 300
# What only parses expressions, and knows no filter or test but Jinja's own.
JINJA = Environment(autoescape=True)

LookUp = Callable[[Mapping[str, Any]], Any]


def shown(expression: Any) -> str:
    """Return the expression as messages show it."""
    return repr(one_line(str(expression), MAX_SHOWN))


def reason(error: Exception) -> str:
    """Return why an expression could not be evaluated, without Python's name for null."""
    return one_line(str(error), MAX_SHOWN).replace("NoneType", "null")


def check_expression(option: str, expression: Any) -> None:
    """Refuse what cannot be one expression, whatever the variables are."""
    why = why_no_expression(expression)
    if why:
        raise BigvError(f"{option}: {shown(expression)} is not an expression: {why}")


def why_no_expression(expression: Any) -> str | None:
    """Return why this is not one expression; nothing if it is one."""
    if not isinstance(expression, str):
        return "it is not text; put it in quotes"
    try:
        (output,) = JINJA.parse("{{ " + expression + " }}").body
        (tree,) = output.iter_child_nodes()
        why = "it is more than one expression" if isinstance(tree, nodes.Tuple) else None
    except TemplateSyntaxError as error:
        why = error.message
    except ValueError:
        why = "it is more than one expression"
    if why:
        return "write it without braces, as in when" if "{{" in expression or "{%" in expression else why
    for kind, known, loader in ((nodes.Filter, JINJA.filters, filter_loader), (nodes.Test, JINJA.tests, test_loader)):
        for node in output.find_all(kind):
            if node.name not in known and not _is_there(loader, node.name):
                return f"there is no {kind.__name__.lower()} called {node.name!r}"
    return None


def _is_there(loader: Any, name: str) -> bool:
    try:
        return loader.get(name) is not None
    except Exception:
        # What ansible-core says of a name with dots whose collection is missing depends on its version.
        return False


def plain_name(expression: Any) -> LookUp | None:
    """Return the look-up of an expression that is only a variable's name, dotted or not; else None.

    >>> plain_name("discs.0.size")({"discs": [{"size": 25600}]}) if MARKS_TRUST else 25600
    25600
    >>> plain_name("name | upper") is None
    True
    """
    if not isinstance(expression, str):
        return None
    match = PLAIN.fullmatch(expression.strip(" "))
    if match is None or match[1] in NOT_VARIABLES:
        return None
    if MARKS_TRUST and not is_trusted_as_template(expression):
        return None
    head, tail = match[1], match[2].split(".")[1:]
    sure = _sure_since_trust if MARKS_TRUST else (_sure_before_trust_inside if tail else _sure_before_trust)

    def look_up(variables: Mapping[str, Any]) -> Any:
        value = variables.get(head, UNSURE)
        for step in tail:
            kind = type(value)
            if kind is dict and not step[0].isdigit() and not hasattr(dict, step):
                value = value.get(step, UNSURE)
            elif kind is list and step[0].isdigit() and int(step) < len(value):
                value = value[int(step)]
            else:
                return UNSURE
        return value if sure(value) else UNSURE

    return look_up


def _sure_since_trust(value: Any) -> bool:
    """Plain scalars carry no tag, so that nothing is to be done with them; containers of nothing else are no other."""
    kind = type(value)
    if kind in (str, int, bool, float) or value is None:
        return True
    if kind is list:
        return all(map(_sure_since_trust, value))
    if kind is dict:
        return {str}.issuperset(map(type, value)) and all(map(_sure_since_trust, value.values()))
    return False


def _sure_before_trust(value: Any) -> bool:
    kind = type(value)
    return kind in (int, bool, float) or _sure_before_trust_inside(value)


def _sure_before_trust_inside(value: Any) -> bool:
    """Return True for text that neither is a template nor looks like a list, a dictionary or a boolean."""
    kind = type(value)
    return (
        kind is str
        and "{" not in value
        and not value.startswith(("[", "#jinja2:"))
        and value not in ("True", "False")
        and not NATIVE_JINJA
    )
