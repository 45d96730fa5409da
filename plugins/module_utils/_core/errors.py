# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The one error that users of the collection see. Private to bytemark.cloud."""

from __future__ import annotations

from typing import Any

MAX_MESSAGE = 4000
MAX_NAME_SHOWN = 60


class BigvError(Exception):
    """What went wrong, in the user's words: what was being done, what the API said, what to do next. One line.

    ``status`` is the HTTP status, if the API answered at all; ``problems`` is what it said of each attribute
    (``base`` for what it said of none); ``actions`` are the writes that had been sent before.

    ``is_transient`` says that the same request may go better in a while, after ``retry_after`` seconds;
    ``outcome_unknown`` that it may have been carried out all the same: a look tells.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        problems: dict[str, list[str]] | None = None,
        method: str | None = None,
        url: str | None = None,
        is_transient: bool = False,
        outcome_unknown: bool = False,
        retry_after: float | None = None,
        is_html: bool = False,
    ) -> None:
        super().__init__(one_line(message, MAX_MESSAGE))
        self.status = status
        self.problems = problems or {}
        self.method = method
        self.url = url
        self.is_transient = is_transient
        self.outcome_unknown = outcome_unknown
        self.retry_after = retry_after
        self.is_html = is_html
        self.actions: list[str] = []

    @property
    def is_not_found(self) -> bool:
        """Whether the API said that there is nothing to be read. A login or a web page does not say that."""
        return self.status == 404 and self.method == "GET" and not self.is_html

    def add(self, sentence: str) -> None:
        """Say this, too."""
        self.args = (f"{self} {sentence}",)

    def result(self) -> dict[str, Any]:
        """The failure as a module reports it."""
        return {
            "msg": str(self),
            "changed": bool(self.actions),
            "actions": self.actions,
            "error": {
                "status": self.status,
                "problems": self.problems,
                "method": self.method,
                "url": self.url,
            },
        }


class Interrupted(BigvError):
    """Somebody wants it to end now."""

    def __init__(self, message: str = "Interrupted. Run the task again to go on from there.") -> None:
        super().__init__(message)


def shown_name(name: Any) -> str:
    """What the API calls something, as a message can show it."""
    return repr(one_line(str(name), MAX_NAME_SHOWN))


def one_line(text: str, longest: int) -> str:
    """The text as it can be shown: printable, in one line, and of a sensible length.

    >>> one_line("too small,\\n and too late", 10)
    'too small…'
    """
    start = text[: 2 * longest]
    line = " ".join("".join(character if character.isprintable() else " " for character in start).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def flatten_problems(body: Any, prefix: str = "") -> dict[str, list[str]]:
    """The messages of a 400 body by attribute, whatever its shape. (Three shapes were observed.)

    >>> flatten_problems({"discs": [{}, {"size": ["is too small"]}]})
    {'discs[1].size': ['is too small']}
    """
    if isinstance(body, dict):
        items = [(f"{prefix}.{key}" if prefix else str(key), value) for key, value in body.items()]
    elif isinstance(body, list) and any(isinstance(entry, (dict, list)) for entry in body):
        items = [(f"{prefix}[{position}]", value) for position, value in enumerate(body)]
    else:
        messages = body if isinstance(body, list) else [] if body is None else [body]
        return {prefix or "base": [str(message) for message in messages]} if messages else {}
    problems: dict[str, list[str]] = {}
    for key, value in items:
        problems.update(flatten_problems(value, key))
    return problems


def describe_problems(problems: dict[str, list[str]]) -> str:
    """The problems as one phrase, attribute by attribute."""
    return "; ".join(
        ", ".join(messages) if attribute == "base" else f"{attribute} {', '.join(messages)}"
        for attribute, messages in problems.items()
    )
