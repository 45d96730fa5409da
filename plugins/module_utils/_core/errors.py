# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Everything that can go wrong, as a tree of exceptions. Private to bytemark.cloud.

Users see one error, which `BigvError.result` makes of any of them.

    BigvError               anything that ends a task: bad input, or one of these
    ├── Interrupted         the task is to end now
    ├── TimedOut            what was waited for did not come
    └── RequestError        a request failed
        ├── Unreachable     there is no answer, or none that can be read
        ├── NotAuthenticated
        ├── NotFound        there is nothing to be read, says the API (404)
        ├── Rejected        the API refuses it as it is
        │   └── HtmlAnswer  with a web page, as a proxy does
        ├── Transient       the same request may succeed in a while
        └── OutcomeUnknown  a write that may have been carried out: a read tells
"""

from __future__ import annotations

from copy import copy
from typing import Any

MAX_MESSAGE = 4000
# What to do about a write that may have been carried out.
LOOKS_FIRST = "Then run the task again: it first checks what was already done."
MAX_NAME_SHOWN = 60


class BigvError(Exception):
    """An error in the user's words: what was being done, what the API said, what to do next. One line.

    ``status`` is the HTTP status, if the API answered at all; ``problems`` is what it said of each attribute
    (``base`` for what it said of none); ``actions`` are the writes that had been sent before.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        problems: dict[str, list[str]] | None = None,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(one_line(message, MAX_MESSAGE))
        self.status = status
        self.problems = problems or {}
        self.method = method
        self.url = url
        self.actions: list[str] = []

    def add(self, sentence: str) -> None:
        """Say this, too."""
        self.args = (f"{self} {sentence}",)

    def result(self) -> dict[str, Any]:
        """Return the failure as a module reports it."""
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
    """The task is to end now."""

    def __init__(self, message: str = "Interrupted. Run the task again to continue.") -> None:
        super().__init__(message)


class TimedOut(BigvError):
    """A condition was not met in time."""


class RequestError(BigvError):
    """A request failed.

    ``is_transient`` says that the same request may succeed in a while, after ``retry_after`` seconds if the API asked
    for that.
    """

    def __init__(
        self, message: str, *, is_transient: bool = False, retry_after: float | None = None, **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.is_transient = is_transient
        self.retry_after = retry_after

    def final(self) -> RequestError:
        """Return the error as it is when the request is not made again."""
        error = copy(self)
        error.is_transient = False
        return error


class Unreachable(RequestError):
    """No answer came, or none that can be read."""


class NotAuthenticated(RequestError):
    """The credentials are not accepted."""


class NotFound(RequestError):
    """The API answered that nothing exists at the path."""


class Rejected(RequestError):
    """The API refuses the request as it is."""


class HtmlAnswer(Rejected):
    """The refusal is a web page, as of a proxy."""


class Transient(RequestError):
    """The API cannot do it now, and has done nothing."""


class OutcomeUnknown(RequestError):
    """A write may or may not have been carried out; a read shows which."""


def shown_name(name: Any) -> str:
    """Return what the API calls something, as a message can show it."""
    return repr(one_line(str(name), MAX_NAME_SHOWN))


def one_line(text: str, longest: int) -> str:
    """Return the text as it can be shown: printable, in one line, and of a sensible length.

    >>> one_line("too small,\\n and too late", 10)
    'too small…'
    """
    start = text[: 2 * longest]
    line = " ".join("".join(character if character.isprintable() else " " for character in start).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
