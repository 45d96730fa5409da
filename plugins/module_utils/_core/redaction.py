# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Keeping secrets out of texts, however they are spelled there. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from .errors import one_line

# What is shorter can be found by chance in what has nothing to do with it.
SHORTEST = 6
STARS = "********"
# A line of a secret that is shorter tells nothing.
SHORTEST_LINE = 8
# How much is shown of a text that comes from elsewhere.
MAX_TEXT = 300

# What in a text may stand for something else. Blanks may be left out in any text.
ENCODED = re.compile(r"[%&\\+]")
URLSAFE = str.maketrans("+/", "-_")


class Redactor:
    """Keeps secrets out of what is shown, whatever the API may echo.

    No secret is in a text about a failure. Those that the API may know are in no result either, however they are
    spelled, unless they are too short to be told from other text.
    """

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._known: set[str] = set()

    def add_secrets(self, *secrets: str | None) -> None:
        """Add secrets."""
        for secret in filter(None, secrets):
            for part in (secret, *_lines(secret)):
                self._secrets.update((part, json.dumps(part)[1:-1]))

    def add_known_secrets(self, *secrets: str | None) -> None:
        """Add secrets that the API may know."""
        for secret in filter(None, secrets):
            self._known.update(part for part in (secret, *_lines(secret)) if len(part) >= SHORTEST)

    def note_sent(self, body: Any) -> None:
        """Note that the API knows the secrets in a body from now on."""
        self.add_known_secrets(*self._secrets.intersection(texts(body)))

    def redact_text(self, text: str) -> str:
        """Return a text about a failure without secrets, in one line."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, STARS)
        return one_line(self.redact(text), MAX_TEXT)

    def redact(self, value: Any) -> Any:
        """Return a value, such as a result, without the secrets that the API may know."""
        return redacted(value, sorted(self._known, key=len, reverse=True))


def _lines(secret: str) -> list[str]:
    """Return the lines of a secret. Whoever echoes a script may break it up, and short lines tell nothing."""
    return [line.strip() for line in secret.splitlines() if len(line.strip()) >= SHORTEST_LINE]


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


def redacted(value: Any, secrets: Sequence[str]) -> Any:
    """Return the value, the same one if no secret is in it, without the secrets, of which the longest come first.

    A secret that stands as it is becomes stars; a text that holds one in another spelling becomes stars as a whole.

    >>> redacted({"name": "web1", "note": ["hunter2!", "say hunter%32%21", 5]}, ["hunter2!"])
    {'name': 'web1', 'note': ['********', '********', 5]}
    """
    if not secrets:
        return value
    there = texts(value)
    encoded = {text for text in there if ENCODED.search(text)}
    plain = there - encoded
    if not _holds("\0".join(plain), secrets):
        plain = set()
    shown = {text: _without(text, secrets) for text in plain | encoded}
    changes = {text: without for text, without in shown.items() if without != text}
    return _replaced(value, changes) if changes else value


def _without(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, STARS)
    if ENCODED.search(text):
        from .spellings import MAX_DECODED, readings  # Only here: few texts need it.

        is_hidden = len(text) > MAX_DECODED or any(_holds(reading, secrets) for reading in readings(text))
        return STARS if is_hidden else text
    return STARS if _holds(text, secrets) else text


def _holds(text: str, secrets: Sequence[str]) -> bool:
    """Tell whether one of the secrets is in the text, whatever its blanks, as it is or as base64."""
    text = "".join(text.split())
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


def _replaced(value: Any, changes: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return changes.get(value, value)
    if isinstance(value, dict):
        return {_replaced(key, changes): _replaced(entry, changes) for key, entry in value.items()}
    return [_replaced(entry, changes) for entry in value] if isinstance(value, (list, tuple)) else value
