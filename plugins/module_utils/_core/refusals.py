# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""What is said of an answer that is a refusal, without a secret in it. Private to bytemark.cloud."""

from __future__ import annotations

import json
from typing import Any

from .errors import (
    describe_problems,
    flatten_problems,
    one_line,
)
from .redaction import SHORTEST, STARS, censored, texts

MAX_TEXT = 300
SHORTEST_LINE = 8
# What is longer is no refusal of this API.
MAX_REFUSAL = 1 << 16

WHAT_NEXT = {
    400: "Correct what it names and run the task again.",
    401: "The token is wrong or has expired: give a valid one in token (BIGV_TOKEN), or username and password.",
    403: "These credentials may read it but not change it: use ones with more privileges.",
    404: "It does not exist, or these credentials cannot see it; the API does not tell which.",
    429: "Too many requests: try again later.",
    503: "The API is temporarily unavailable: try again later.",
}
SERVER_PROBLEM = "That is a problem on the server's side: try again, and tell the provider if it stays."
EXPIRED = (
    "The token was valid until now, so it has expired or was revoked. Run the task again with a new one in token "
    "(BIGV_TOKEN), or with username and password, which log in anew."
)
NOT_TO_BE_READ = "These credentials may not read it: use ones with more privileges."
A_WEB_PAGE = "Check api_url, and that no proxy answers for it."


class Redactor:
    """Keeps secrets out of what is shown, whatever the API may echo.

    What it hides is in no refusal. What it expects, the API may know: that is in no result either, however it is
    spelled, unless it is too short to be told from other text.
    """

    def __init__(self) -> None:
        self._hidden: set[str] = set()
        self._expected: set[str] = set()

    def hide(self, *secrets: str | None) -> None:
        for secret in filter(None, secrets):
            for part in (secret, *_lines(secret)):
                self._hidden.update((part, json.dumps(part)[1:-1]))

    def expect(self, *secrets: str | None) -> None:
        for secret in filter(None, secrets):
            self._expected.update(part for part in (secret, *_lines(secret)) if len(part) >= SHORTEST)

    def sent(self, body: Any) -> None:
        """Expect what is hidden and has been told to the API."""
        self.expect(*self._hidden.intersection(texts(body)))

    def shown(self, text: str) -> str:
        for secret in sorted(self._hidden, key=len, reverse=True):
            text = text.replace(secret, STARS)
        return one_line(self.censored(text), MAX_TEXT)

    def censored(self, value: Any) -> Any:
        """Return a value, such as a result, without what is expected."""
        return censored(value, sorted(self._expected, key=len, reverse=True))


def _lines(secret: str) -> list[str]:
    """Return the lines of a secret. Whoever echoes a script may break it up, and short lines tell nothing."""
    return [line.strip() for line in secret.splitlines() if len(line.strip()) >= SHORTEST_LINE]


def parse_refusal(response: Any, censor: Redactor) -> tuple[str, dict[str, list[str]]]:
    """What a refusal said: a phrase for the message, and the problems by attribute."""
    if is_html(response):
        return " with a web page, as a proxy does", {}
    body = response.content[:MAX_REFUSAL]
    try:
        problems = flatten_problems(json.loads(body))
    except (ValueError, RecursionError):
        text = body.decode(errors="replace").strip().rstrip(".")
        problems = {"base": [text]} if text else {}
    problems = {censor.shown(key): list(map(censor.shown, messages)) for key, messages in problems.items()}
    said = one_line(describe_problems(problems), MAX_TEXT)
    return f": {said}" if said else "", problems


def remedy(method: str, response: Any, has_expired: bool) -> str:
    """What to do about a refusal; ``has_expired`` is whether the token was accepted before."""
    status = response.status_code
    if status == 403 and method == "GET":
        return NOT_TO_BE_READ
    if status == 401 and has_expired:
        return EXPIRED
    if status == 404 and is_html(response):
        return A_WEB_PAGE
    return WHAT_NEXT.get(status, SERVER_PROBLEM if status >= 500 else "Check api_url.")


def after_bad_login(status: int) -> str:
    """What to do about a login that was refused."""
    if status in (400, 401, 403):
        return "Check username, password and yubikey."
    return WHAT_NEXT[status] if status in (429, 503) else SERVER_PROBLEM if status >= 500 else "Check auth_url."


def is_plain_text(response: Any) -> bool:
    return str(response.headers.get("Content-Type", "")).startswith("text/plain")


def is_html(response: Any) -> bool:
    return "html" in response.headers.get("Content-Type", "") and response.content.lstrip()[:1] == b"<"
