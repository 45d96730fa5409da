# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""Secrets in texts, however they are spelled there. Pure. Private to bytemark.cloud.

What echoes a secret may encode it for a URL, for HTML, for JSON or as base64, break it into lines, or do several of
these one after the other.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import unquote, unquote_plus

# What is shorter can be found by chance in what has nothing to do with it.
SHORTEST = 6
# What is longer is not decoded; a text with as many spellings, or more, is not one that a server spells by custom.
MAX_DECODED = 1 << 20
MAX_READINGS = 48
STARS = "********"

ENCODED = re.compile(r"[%&\\+\s]")
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
URLSAFE = str.maketrans("+/", "-_")


def texts(value: Any, numbers: bool = False) -> set[str]:
    """Return every text in a value, keys too, and its numbers as texts if they are asked for."""
    found: set[str] = set()
    todo = [value]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, dict):
            todo += value
            todo += value.values()
        elif isinstance(value, (list, tuple)):
            todo += value
        elif numbers and isinstance(value, (int, float)) and not isinstance(value, bool):
            found.add(str(value))
    return found


def censored(value: Any, secrets: Sequence[str]) -> Any:
    """Return the value, the same one if no secret is in it, without the secrets, of which the longest come first.

    A secret that stands as it is becomes stars; a text that holds one in another spelling becomes stars as a whole.

    >>> censored({"name": "web1", "note": ["hunter2!", "say hunter%32%21", 5]}, ["hunter2!"])
    {'name': 'web1', 'note': ['********', '********', 5]}
    """
    if not secrets:
        return value
    there = texts(value)
    encoded = {text for text in there if ENCODED.search(text)}
    plain = there - encoded
    if not _holds("\n".join(plain), secrets):
        plain = set()
    shown = {text: _without(text, secrets) for text in plain | encoded}
    changes = {text: without for text, without in shown.items() if without != text}
    return _replaced(value, changes) if changes else value


def _without(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, STARS)
    return STARS if spells(text, secrets) else text


def spells(text: str, secrets: Sequence[str]) -> bool:
    """Tell whether one of the secrets is in the text in any spelling."""
    if not ENCODED.search(text):
        return _holds(text, secrets)
    return len(text) > MAX_DECODED or any(_holds(reading, secrets) for reading in _readings(text))


def _holds(text: str, secrets: Sequence[str]) -> bool:
    return any(needle in text for secret in secrets for needle in _needles(secret))


@cache
def _needles(secret: str) -> tuple[str, ...]:
    """Return what of a secret can be looked for: itself without blanks, and what each base64 of it has in common."""
    data = secret.encode(errors="replace")
    needles = {"".join(secret.split())}
    for offset in range(3):
        # Each letter tells six bits: these are the ones that only the secret's own bits go into.
        first, end = -(-offset * 8 // 6), (offset + len(data)) * 8 // 6
        letters = base64.b64encode(bytes(offset) + data).decode()[first:end]
        needles |= {letters, letters.translate(URLSAFE)}
    return tuple(needles)


def _readings(text: str) -> Iterator[str]:
    """Yield what a text may mean, decoded in each way and order, with and without its blanks."""
    known, todo = {text}, [text]
    while todo:
        reading = todo.pop(0)
        yield reading
        for decode in DECODERS:
            other = decode(reading)
            if other not in known and len(known) < MAX_READINGS:
                known.add(other)
                todo.append(other)


def _unescaped(text: str) -> str:
    """Return the text of a JSON string, or of one of a programming language."""
    if "\\" not in text:
        return text
    return ESCAPE.sub(_character, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else ESCAPED.get(escape[3], escape[3])


def _without_entities(text: str) -> str:
    if "&" not in text:
        return text
    import html  # Only here: few texts need it.

    return html.unescape(text)


DECODERS: tuple[Callable[[str], str], ...] = (
    lambda text: "".join(text.split()),
    unquote,
    unquote_plus,
    _without_entities,
    _unescaped,
)


def _replaced(value: Any, changes: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return changes.get(value, value)
    if isinstance(value, dict):
        return {_replaced(key, changes): _replaced(entry, changes) for key, entry in value.items()}
    return [_replaced(entry, changes) for entry in value] if isinstance(value, (list, tuple)) else value
