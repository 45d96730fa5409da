# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Decoding of texts that may hold a secret. Pure. Private to bytemark.cloud.

What echoes a secret may encode it for a URL, for HTML, for JSON or as base64, break it into lines, or do several of
these one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote, unquote_plus

# What is longer is not decoded; a text with as many spellings, or more, is not one that a server spells by custom.
MAX_DECODED = 1 << 20
MAX_READINGS = 48

ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def readings(text: str) -> Iterator[str]:
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
