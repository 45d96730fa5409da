# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Refusals by the API: their meaning and their messages, without secrets. Private to bytemark.cloud."""

from __future__ import annotations

import json
from typing import Any

from .errors import (
    HtmlAnswer,
    NotAuthenticated,
    NotFound,
    OutcomeUnknown,
    Rejected,
    RequestError,
    Transient,
    one_line,
)
from .redaction import MAX_TEXT, Redactor

# What is longer is no refusal of this API.
MAX_REFUSAL = 1 << 16

# The API asks for fewer requests, or is not available: it has done nothing.
THROTTLED = (429, 503)
# With a gateway's own errors: these may pass, and leave open what became of a write.
RETRYABLE_STATUSES = (*THROTTLED, 502, 504)

REMEDIES = {
    400: "Correct the values that it names and run the task again.",
    401: "The token is invalid or has expired: set a valid one in token (BIGV_TOKEN), or set username and password.",
    403: "These credentials can read it but not change it: use credentials with more privileges.",
    404: "It does not exist, or these credentials cannot see it; the API does not distinguish the two.",
    429: "Too many requests: try again later.",
    503: "The API is temporarily unavailable: try again later.",
}
SERVER_PROBLEM = "This is a problem on the server's side: try again, and contact the provider if it persists."
EXPIRED = (
    "The token was valid until now, so it has expired or was revoked. Run the task again with a new one in token "
    "(BIGV_TOKEN), or with username and password, which log in again."
)
NOT_TO_BE_READ = "These credentials cannot read it: use credentials with more privileges."
A_WEB_PAGE = "Check api_url, and that no proxy answers in its place."


def error_type(method: str, response: Any) -> tuple[type[RequestError], bool]:
    """Return the kind of error that a refusal is, and whether the same request may succeed in a while."""
    status, is_read = response.status_code, method == "GET"
    if status in RETRYABLE_STATUSES:
        return (Transient if is_read else OutcomeUnknown), True
    if status == 500 and is_read:
        return Transient, True
    if status == 401:
        return NotAuthenticated, False
    if status >= 500:
        return RequestError, False
    if is_html(response):
        return HtmlAnswer, False
    return (NotFound if status == 404 and is_read else Rejected), False


def parse_refusal(response: Any, redactor: Redactor) -> tuple[str, dict[str, list[str]]]:
    """Return the content of a refusal: a phrase for the message, and the problems by attribute."""
    if is_html(response):
        return " with a web page, as a proxy does", {}
    body = response.content[:MAX_REFUSAL]
    try:
        problems = flatten_problems(json.loads(body))
    except (ValueError, RecursionError):
        text = body.decode(errors="replace").strip().rstrip(".")
        problems = {"base": [text]} if text else {}
    problems = {
        redactor.redact_text(key): list(map(redactor.redact_text, messages)) for key, messages in problems.items()
    }
    said = one_line(describe_problems(problems), MAX_TEXT)
    return f": {said}" if said else "", problems


def remedy(method: str, response: Any, has_expired: bool) -> str:
    """Return what to do about a refusal; ``has_expired``: the token was accepted before."""
    status = response.status_code
    if status == 403 and method == "GET":
        return NOT_TO_BE_READ
    if status == 401 and has_expired:
        return EXPIRED
    if status == 404 and is_html(response):
        return A_WEB_PAGE
    return REMEDIES.get(status, SERVER_PROBLEM if status >= 500 else "Check api_url.")


def login_remedy(status: int) -> str:
    """Return what to do about a login that was refused."""
    if status in (400, 401, 403):
        return "Check username, password and yubikey."
    return REMEDIES[status] if status in (429, 503) else SERVER_PROBLEM if status >= 500 else "Check auth_url."


def is_html(response: Any) -> bool:
    """Tell whether an answer is a web page."""
    return "html" in response.headers.get("Content-Type", "") and response.content.lstrip()[:1] == b"<"


def flatten_problems(body: Any, prefix: str = "") -> dict[str, list[str]]:
    """Return the messages of a 400 body by attribute, whatever its shape, of which three were observed.

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
    """Return the problems as one phrase, attribute by attribute."""
    return "; ".join(
        ", ".join(messages) if attribute == "base" else f"{attribute} {', '.join(messages)}"
        for attribute, messages in problems.items()
    )
