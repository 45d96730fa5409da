# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""HTTP to the Bytemark Cloud API: authentication, timeouts, retries, errors. Private to bytemark.cloud.

It knows nothing of VMs. The facts about the transport are documented by the provider unless said otherwise.
"""

from __future__ import annotations

import math
import re
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from .errors import BigvError
from .refusals import (
    Redactor,
    after_bad_login,
    is_html,
    is_plain_text,
    parse_refusal,
    remedy,
)
from .retries import Retries, seconds_to_wait
from .secrets import register_secrets
from .transport import (
    MAX_TEXT,
    TransportError,
    checked_url,
    exchange,
    open_session,
    origin,
)
from .validation import (
    InvalidResponse,
    Unsettled,
    validate,
    validate_list,
)

API_URL = "https://uk0.bigv.io"
AUTH_URL = "https://auth.bytemark.co.uk"
# What the id of a session does not begin with.
API_KEY = "apikey."
# Too many requests, a bad gateway, unavailable, a gateway's timeout: these pass, and say so before anything is done
# (the first and the third) or leave that open.
RETRYABLE_STATUSES = (429, 502, 503, 504)
# How long a request may take when everything is to end: so many seconds, or so many times what the slowest took so far.
LAST_REQUEST = 0.7
SLOWER = 3
# The values that the API lists. Reading them needs no token, so where the API is, this is.
DEFINITIONS = "/definitions"
# The query for a resource with all that is below it, soft-deleted VMs included.
FULL_VIEW: dict[str, Any] = {"view": "overview", "include_deleted": "true"}

SESSION_ID = re.compile(r"[\w.~+/=-]+", re.ASCII)

Answer = TypeVar("Answer")


class Client:
    """The way to the API, logged in when it first has to be. Times are in seconds.

    It may be used from several threads: no more than ``concurrency`` requests are under way at once, each on a
    connection that is kept alive. Whoever waits between requests gives up when ``stopping`` is set.
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
        api_timeout: float = 30,
        api_retries: int = 5,
        validate_certs: bool = True,
        ca_path: str | None = None,
        concurrency: int = 1,
    ) -> None:
        if not token and not (username and password):
            raise BigvError(
                "No credentials: give token (BIGV_TOKEN), an API key or a session id, or username and password "
                "(BIGV_USERNAME, BIGV_PASSWORD). No token is in the provider's client's file either "
                "($BM_CONFIG_DIR/token, or else ~/.bytemark/token)."
            )
        if token and not (token.isascii() and _is_one_word(token)):
            raise BigvError("token: holds characters that no token has; give an API key or the id of a session.")
        for option, value in (("username", username), ("yubikey", yubikey)):
            if value and not _is_one_word(value):
                raise BigvError(f"{option}: holds blanks or characters that cannot be printed; give it without them.")
        self._api_url = checked_url("api_url", api_url, API_URL)
        self._auth_url = checked_url("auth_url", auth_url, AUTH_URL)
        self._token = token or None
        self._accepted: str | None = None
        self._login = None if token else {"username": username, "password": password}
        self._has_one_time_password = bool(yubikey)
        if self._login and yubikey:
            self._login["yubikey"] = yubikey
        self._redactor = Redactor()
        self.expect(token, password, yubikey)
        self._timeout = api_timeout
        self._most_retries = api_retries
        self._slowest = 0.0
        self._date: str | None = None
        if not validate_certs:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")
        self._verify: bool | str = (ca_path or True) if validate_certs else False
        self._http = open_session(concurrency)
        self._in_flight = threading.BoundedSemaphore(concurrency)
        self._logging_in = threading.Lock()
        self.stopping = threading.Event()

    def stop(self) -> None:
        """End soon: who waits between requests gives up, and what still has to be sent gets little time."""
        self._timeout = min(self._timeout, self.last_request)
        self._most_retries = 0
        self.stopping.set()

    @property
    def last_request(self) -> float:
        """How long a request may take when everything is to end."""
        return max(LAST_REQUEST, SLOWER * self._slowest)

    @property
    def api_date(self) -> str | None:
        """The API's clock at its latest answer, in ISO 8601, or None where that told no time."""
        return _utc(self._date)

    def retries(self, within: float | None = None) -> Retries:
        """The tries after a first one, which end when their time is up, or after so many seconds."""
        seconds = self._longest if within is None else min(within, self._longest)
        return Retries(self._most_retries, seconds, self.stopping)

    @property
    def _longest(self) -> float:
        return self._timeout * (self._most_retries + 1)

    def hide(self, *secrets: str | None) -> None:
        """Keep the secrets out of every error, and have ansible-core mask them in what it prints."""
        register_secrets(filter(None, secrets))
        self._redactor.hide(*secrets)

    def expect(self, *secrets: str | None) -> None:
        """Hide secrets that the API may know, and keep them out of what ``censored`` returns."""
        self.hide(*secrets)
        self._redactor.expect(*secrets)

    def censored(self, value: Any) -> Any:
        """Return a value, such as a result, without the secrets that the API knows."""
        return self._redactor.censored(value)

    def find(
        self, path: str, what: str, *, key: str = "id", within: float | None = None, **query: str
    ) -> dict[str, Any] | None:
        """The object at a path, or None where there is none (404)."""
        try:
            return self.get(path, what, key=key, within=within, **query)
        except BigvError as error:
            if error.is_not_found:
                return None
            raise

    def get(
        self, path: str, what: str, *, key: str = "id", within: float | None = None, **query: str
    ) -> dict[str, Any]:
        """The object at a path, which has to have the ``key``."""
        answer = self._read(path, what, query, within)
        try:
            return validate(answer, key)
        except InvalidResponse as why:
            raise self._unreadable("GET", path, f"read {what}", str(why)) from None

    def get_list(self, path: str, what: str, **query: str) -> list[dict[str, Any]]:
        """The objects of a list, whole: the API has no pagination."""
        answer = self._read(path, what, query)
        try:
            return validate_list(answer)
        except InvalidResponse as why:
            raise self._unreadable("GET", path, f"read {what}", str(why)) from None

    def _read(self, path: str, what: str, query: Mapping[str, str], within: float | None = None) -> Any:
        """What a GET answers; it is made again until it is answered, ``within`` so many seconds.

        Whether the API's own 404 may be a web page is not known. It is taken for that if it stays while the API
        answers otherwise, and not for the page of a proxy.
        """

        def attempt() -> Any:
            return self.send("GET", path, f"read {what}", query=query)

        try:
            return self._patiently(attempt, within)
        except BigvError as error:
            if error.status != 404 or not error.is_html or not self._answers_elsewhere_than(path):
                raise
        try:
            return self._patiently(attempt, within)
        except BigvError as error:
            error.is_html = error.is_html and error.status != 404
            raise

    def _answers_elsewhere_than(self, path: str) -> bool:
        try:
            return path != DEFINITIONS and bool(self.get_list(DEFINITIONS, "the definitions"))
        except BigvError:
            return False

    def _patiently(self, attempt: Callable[[], Answer], within: float | None = None) -> Answer:
        retries = self.retries(within)
        while True:
            try:
                return attempt()
            except BigvError as error:
                retries.pause(error)

    def send(
        self,
        method: str,
        path: str,
        doing: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """Make one request, once; ``doing`` completes "Could not …". Answers with the decoded body.

        That is None for a write whose answer is empty or says of itself that it is no JSON.
        """
        token = self._authenticated()
        self._redactor.sent(body)
        response = self._request(method, path, doing, body, query, token)
        if response.status_code == 401 and self._login and not self._has_one_time_password:
            token = self._authenticated(instead_of=token)
            response = self._request(method, path, doing, body, query, token)
        if not 200 <= response.status_code < 300:
            raise self._refused(method, path, doing, response, token)
        self._accepted = token
        if method != "GET" and (not response.content.strip() or is_plain_text(response)):
            return None
        try:
            answer = response.json(parse_constant=_finite, parse_float=_finite)
        except (ValueError, RecursionError):
            raise self._unreadable(method, path, doing, "not JSON", is_transient=True) from None
        return Unsettled(answer) if response.status_code == 202 and isinstance(answer, dict) else answer

    def _authenticated(self, instead_of: str | None = None) -> str:
        """The token; a new session's where there is none yet, or where this one is no longer good."""
        with self._logging_in:
            if self._token is None or self._token == instead_of:
                self._token = self.log_in()
            return self._token

    def _request(
        self,
        method: str,
        path: str,
        doing: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None,
        token: str,
    ) -> Any:
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
        }

        def sign(request: Any) -> Any:
            request.headers["Authorization"] = f"Bearer {token}"
            return request

        url = self._api_url + path
        response = self._exchange(method, url, doing, json=body, params=query, headers=headers, auth=sign)
        self._date = response.headers.get("Date")
        return response

    def log_in(self) -> str:
        """A new session's id for the username and password."""
        return self._patiently(self._log_in)

    def _log_in(self) -> str:
        """The bare body of the answer. To log in twice does no harm, but a one-time password is good for once."""
        url = self._auth_url + "/session"
        response = self._exchange(
            "POST",
            url,
            "log in",
            json=self._login,
            headers={"Accept": "text/plain", "Content-Type": "application/json"},
            auth=lambda request: request,
            largest=MAX_TEXT,
        )
        status = response.status_code
        if status != 200:
            # What is no refusal may hold a session.
            said = parse_refusal(response, self._redactor)[0] if status >= 400 else ""
            raise BigvError(
                f"Could not log in as {self._login and self._login['username']!r} at {self._auth_url}: the service "
                f"answered {status}{said}. {after_bad_login(status)}",
                status=status,
                method="POST",
                url=url,
                is_transient=status in ((429, 503) if self._has_one_time_password else RETRYABLE_STATUSES),
                retry_after=seconds_to_wait(response.headers.get("Retry-After")),
            )
        token = str(response.text).strip()
        if not SESSION_ID.fullmatch(token):
            raise BigvError(
                f"Could not log in: what {url} answered is not a session id. Check auth_url.",
                status=status,
                method="POST",
                url=url,
                is_transient=not self._has_one_time_password,
            )
        self.expect(token)
        return token

    def session_user(self) -> str | None:
        """Return whose session the token is, or None if that cannot be found out. It is asked once."""
        url = f"{self._auth_url}/session/{quote(self._token or '', safe='')}"
        try:
            response = self._exchange(
                "GET", url, "log in", headers={"Accept": "application/json"}, auth=lambda request: request,
                largest=MAX_TEXT,
            )  # fmt: skip
            username = response.json()["username"] if response.status_code == 200 else None
        except (BigvError, ValueError, RecursionError, KeyError, TypeError):
            return None
        return username if isinstance(username, str) and username else None

    def _exchange(self, method: str, url: str, doing: str, **arguments: Any) -> Any:
        try:
            with self._in_flight:
                started = time.monotonic()
                end = started + self._longest
                response = exchange(self._http, method, url, self._timeout, end, verify=self._verify, **arguments)
        except TransportError as error:
            option = "auth_url" if doing == "log in" else "api_url"
            outcome_unknown = method != "GET" and option == "api_url" and error.was_sent
            once = option == "auth_url" and error.was_sent and self._has_one_time_password
            again = " Then run the task again, which looks first at what was done." if outcome_unknown else ""
            cause = error.cause
            said = f": {self._redactor.shown(cause.said)}" if cause.said else ""
            advice = cause.advice or f"Check {option}, the network and the proxy settings."
            raise BigvError(
                f"Could not {doing}: {cause.what} {cause.where} {origin(url)}{said}. {advice}{again}",
                method=method,
                url=url,
                is_transient=cause.is_transient and not once,
                outcome_unknown=outcome_unknown,
            ) from None
        self._slowest = max(self._slowest, time.monotonic() - started)
        return response

    def _refused(self, method: str, path: str, doing: str, response: Any, token: str) -> BigvError:
        status = response.status_code
        said, problems = parse_refusal(response, self._redactor)
        next_step = remedy(method, response, has_expired=token == self._accepted)
        retry_after = seconds_to_wait(response.headers.get("Retry-After"))
        if retry_after:
            next_step = f"It asks to be left alone for {retry_after:.0f} seconds. {next_step}"
        return BigvError(
            f"Could not {doing}: the API answered {status}{said}. {next_step}",
            status=status,
            problems=problems,
            method=method,
            url=self._api_url + path,
            is_transient=status in RETRYABLE_STATUSES or (status == 500 and method == "GET"),
            outcome_unknown=status in RETRYABLE_STATUSES and method != "GET",
            retry_after=retry_after,
            is_html=is_html(response),
        )

    def _unreadable(self, method: str, path: str, doing: str, why: str, is_transient: bool = False) -> BigvError:
        return BigvError(
            f"Could not {doing}: what {self._api_url} answered is {why}. "
            "Check that api_url is the Bytemark Cloud API and that no proxy answers for it.",
            method=method,
            url=self._api_url + path,
            is_transient=is_transient,
            outcome_unknown=method != "GET",
        )


def _is_one_word(text: str) -> bool:
    return text.isprintable() and " " not in text


def _utc(date: str | None) -> str | None:
    """Return the moment that a ``Date`` header tells, such as ``2026-11-25T23:37:00Z``, or None if it tells none."""
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
    """A number that JSON can say, which Python takes NaN and Infinity for too."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number")
    return number
