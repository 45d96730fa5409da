# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The Bytemark Cloud API: credentials, reads that are repeated, writes that are made once. Private to bytemark.cloud.

The facts about the transport are documented by the provider unless said otherwise.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from threading import Event
from typing import Any

from .attributes import Attribute, Schema
from .connection import Connection
from .errors import BigvError, HtmlAnswer, NotFound, OutcomeUnknown, RequestError, Unreachable
from .plan import Prediction
from .progress import Progress
from .retries import Retries
from .secrets import register_secrets
from .transport import checked_url
from .validation import InvalidResponse, Unsettled, validate, validate_list

API_URL = "https://uk0.bigv.io"
AUTH_URL = "https://auth.bytemark.co.uk"
# What the id of a session does not begin with.
API_KEY = "apikey."
NEW_KEY = re.compile(re.escape(API_KEY) + r"([^\s\"'\\<>&,;]+)")
# The values that the API lists. Reading them needs no token, so where the API is, this is.
DEFINITIONS = "/definitions"
DEFINITION = Schema("definition", Attribute("id", "text", "The name of the list.", "zone_names"))


class Client:
    """The client of the API, which logs in when it first needs to. Times are in seconds.

    It may be used from several threads; `Connection` has the options that are not named here. ``progress`` is where
    whoever waits says so. ``missing`` is where a check run that remembers nothing notes what earlier tasks may be about
    to create; otherwise it is None.
    """

    def __init__(
        self,
        *,
        api_url: str = API_URL,
        auth_url: str = AUTH_URL,
        token: str | None = None,
        username: str | None = None,
        password: str | None = None,
        yubikey: str | None = None,
        **connection: Any,
    ) -> None:
        if token and not (token.isascii() and _is_one_word(token)):
            raise BigvError("token: contains characters that no token has; specify an API key or a session id.")
        for option, value in (("username", username), ("yubikey", yubikey)):
            if value and not _is_one_word(value):
                raise BigvError(f"{option}: contains white space or unprintable characters; remove them.")
        self._api_url = checked_url("api_url", api_url, API_URL)
        self._auth_url = checked_url("auth_url", auth_url, AUTH_URL)
        self._connection = Connection(**connection)
        self._token = token or None
        self._accepted: str | None = None
        self._login = None
        if username and password and not token:
            from .login import Login  # Only here: most tasks have a token.

            self._login = Login(username, password, yubikey)
        self._logging_in = threading.Lock()
        self.progress = Progress()
        self._date: str | None = None
        self.missing: list[str] | None = None
        self.add_known_secrets(token, password, yubikey)

    @property
    def stopping(self) -> Event:
        """Return the event at which whoever waits between requests gives up."""
        return self._connection.stopping

    @property
    def last_request(self) -> float:
        """Return how long a request may take when everything is to end."""
        return self._connection.last_request

    def stop(self) -> None:
        """End soon: waits between requests are abandoned, and requests that still have to be sent get little time."""
        self._connection.stop()

    def retries(self) -> Retries:
        """Return the tries of a request after the first one."""
        return self._connection.retries()

    @property
    def api_date(self) -> str | None:
        """The API's clock at its latest answer, in ISO 8601, or None where that told no time."""
        return _utc(self._date)

    @property
    def api_time(self) -> datetime:
        """The API's clock at its latest answer, or the one of this machine where that told no time."""
        from .moments import read_moment  # Only here: most tasks need no clock.

        return read_moment(self.api_date) or datetime.now(timezone.utc)

    def add_secrets(self, *secrets: str | None) -> None:
        """Keep the secrets out of every error, and have ansible-core mask them in what it prints."""
        register_secrets(filter(None, secrets))
        self._connection.redactor.add_secrets(*secrets)

    def add_known_secrets(self, *secrets: str | None) -> None:
        """Add secrets that the API may know, and echo: `redact` keeps them out of results, too."""
        self.add_secrets(*secrets)
        self._connection.redactor.add_known_secrets(*secrets)

    def redact(self, value: Any) -> Any:
        """Return a value, such as a result, without the secrets that the API knows."""
        return self._connection.redactor.redact(value)

    def remember(self, predictions: Iterable[Prediction]) -> None:
        """Keep what a task in check mode would do for the reads of later tasks. Here, nothing is kept."""

    def report_missing(self, why: BigvError) -> None:
        """Refuse a task for want of what its resource is to be in, unless an earlier task may be about to create it."""
        if self.missing is None:
            raise why
        warning = (
            f"{why} An earlier task of this check run may be about to create it. A module that runs outside the "
            "controller cannot know, so this task continues as if it existed."
        )
        if warning not in self.missing:
            self.missing.append(warning)

    def find(
        self, path: str, what: str, schema: Schema, *, within: float | None = None, **query: str
    ) -> dict[str, Any] | None:
        """Return the object at a path, or None where there is none (404)."""
        try:
            return self.get(path, what, schema, within=within, **query)
        except NotFound:
            return None

    def get(self, path: str, what: str, schema: Schema, *, within: float | None = None, **query: str) -> dict[str, Any]:
        """Return the object at a path."""
        answer = self._read(path, what, query, within)
        try:
            return validate(answer, schema)
        except InvalidResponse as why:
            raise self._unreadable("GET", path, f"read {what}", str(why)) from None

    def get_list(self, path: str, what: str, schema: Schema, **query: str) -> list[dict[str, Any]]:
        """Return the objects of a list, whole: the API has no pagination."""
        answer = self._read(path, what, query)
        try:
            return validate_list(answer, schema)
        except InvalidResponse as why:
            raise self._unreadable("GET", path, f"read {what}", str(why)) from None

    def _read(self, path: str, what: str, query: Mapping[str, str], within: float | None = None) -> Any:
        """Return the answer to a GET, which is made again until it is answered, ``within`` so many seconds.

        Whether the API's own 404 may be a web page is not known. It is taken for that if it stays while the API
        answers otherwise, and not for the page of a proxy.
        """

        def attempt() -> Any:
            return self.send("GET", path, f"read {what}", query=query)

        try:
            return self._connection.retry(attempt, within)
        except HtmlAnswer as error:
            if error.status != 404 or not self._answers_elsewhere_than(path):
                raise
        try:
            return self._connection.retry(attempt, within)
        except HtmlAnswer as error:
            if error.status != 404:
                raise
            raise NotFound(str(error), status=404, problems=error.problems, method="GET", url=error.url) from None

    def _answers_elsewhere_than(self, path: str) -> bool:
        try:
            return path != DEFINITIONS and bool(self.get_list(DEFINITIONS, "the definitions", DEFINITION))
        except BigvError:
            return False

    def send(
        self,
        method: str,
        path: str,
        doing: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """Make one request, once, and return the decoded body; ``doing`` completes "Could not …".

        A write whose answer is empty, or says of itself that it is no JSON, returns None.
        """
        token = self._authenticated(path)
        self._connection.redactor.note_sent(body)
        response = self._request(method, path, doing, body, query, token)
        if method == "POST":
            self._hide_new_keys(response.content, body)
        if response.status_code == 401 and self._login and not self._login.has_one_time_password:
            token = self._authenticated(path, instead_of=token)
            response = self._request(method, path, doing, body, query, token)
        if not 200 <= response.status_code < 300:
            raise self._refused(method, path, doing, response, token)
        self._accepted = token
        if method != "GET" and (not response.content.strip() or _is_plain_text(response)):
            return None
        try:
            answer = response.json(parse_constant=_finite, parse_float=_finite)
        except (ValueError, RecursionError):
            raise self._unreadable(method, path, doing, "not JSON", is_transient=True) from None
        return Unsettled(answer) if response.status_code == 202 and isinstance(answer, dict) else answer

    def _authenticated(self, path: str, instead_of: str | None = None) -> str | None:
        """Return the token; a new session's where there is none yet, or where this one is no longer good."""
        with self._logging_in:
            if self._login and (self._token is None or self._token == instead_of):
                self._token = self.log_in()
            if self._token is None and path != DEFINITIONS:
                raise no_credentials()
            return self._token

    def _request(
        self,
        method: str,
        path: str,
        doing: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None,
        token: str | None,
    ) -> Any:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = self._api_url + path
        response = self._connection.request(method, url, doing, "api_url", body=body, query=query, headers=headers)
        self._date = response.headers.get("Date")
        return response

    def _hide_new_keys(self, content: bytes, body: Mapping[str, Any] | None) -> None:
        """Keep a new API key, and what of it is no prefix, out of what is shown, also if its answer is unreadable."""
        if API_KEY.encode() in content:
            sent = str(body)
            for key in NEW_KEY.findall(content.decode(errors="replace")):
                if key not in sent:
                    self.add_known_secrets(f"{API_KEY}{key}", key)

    def log_in(self) -> str:
        """Return the id of a new session for the username and password."""
        if self._login is None:
            raise no_credentials()
        token = self._login.log_in(self._connection, self._auth_url)
        self.add_known_secrets(token)
        return token

    @property
    def has_api_key(self) -> bool:
        """Tell whether the credentials are an API key, and no session or login."""
        return bool(self._token and self._token.startswith(API_KEY) and self._login is None)

    def use_token(self, token: str | None) -> str | None:
        """Go on with another token, and return the one before."""
        former, self._token, self._accepted = self._token, token, None
        return former

    def session_user(self) -> str | None:
        """Return whose session the token is, or who logs in, or None if that cannot be found out."""
        from .login import session_user

        if self._login:
            return self._login.username
        return session_user(self._connection, self._auth_url, self._token or "")

    def _refused(self, method: str, path: str, doing: str, response: Any, token: str | None) -> RequestError:
        # Only here: most requests are not refused.
        from .refusals import error_type, parse_refusal, remedy
        from .retries import seconds_to_wait

        said, problems = parse_refusal(response, self._connection.redactor)
        next_step = remedy(method, response, has_expired=token == self._accepted)
        retry_after = seconds_to_wait(response.headers.get("Retry-After"))
        if retry_after:
            next_step = f"Wait {retry_after:.0f} seconds. {next_step}"
        error, is_transient = error_type(method, response)
        return error(
            f"Could not {doing}: the API answered {response.status_code}{said}. {next_step}",
            status=response.status_code,
            problems=problems,
            method=method,
            url=self._api_url + path,
            is_transient=is_transient,
            retry_after=retry_after,
        )

    def _unreadable(self, method: str, path: str, doing: str, why: str, is_transient: bool = False) -> RequestError:
        return (Unreachable if method == "GET" else OutcomeUnknown)(
            f"Could not {doing}: the answer from {self._api_url} is {why}. Check that api_url is the Bytemark Cloud "
            "API and that no proxy answers in its place.",
            method=method,
            url=self._api_url + path,
            is_transient=is_transient,
        )


def no_credentials() -> BigvError:
    """Return the error of a request that needs credentials where there are none."""
    return BigvError(
        "No credentials: set token (BIGV_TOKEN) to an API key or a session id, or set username and password "
        "(BIGV_USERNAME, BIGV_PASSWORD). The token file of the provider's client has none either "
        "($BM_CONFIG_DIR/token, or else ~/.bytemark/token)."
    )


def _is_plain_text(response: Any) -> bool:
    return str(response.headers.get("Content-Type", "")).startswith("text/plain")


def _is_one_word(text: str) -> bool:
    return text.isprintable() and " " not in text


def _utc(date: str | None) -> str | None:
    """Return the time in a ``Date`` header, such as ``2026-11-25T23:37:00Z``, or None if it has none."""
    from datetime import timezone
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(date or "")
        if moment.tzinfo:
            moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return f"{moment.isoformat()}Z"


def _finite(text: str) -> float:
    """Return a number that JSON can say: Python takes NaN and Infinity for numbers, too."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number")
    return number
