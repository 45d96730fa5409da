# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Logging in to the authentication service, as the provider documents it. Private to bytemark.cloud."""

from __future__ import annotations

import re
from urllib.parse import quote

from .connection import Connection
from .errors import BigvError, NotAuthenticated, Transient, Unreachable
from .refusals import RETRYABLE_STATUSES, THROTTLED, login_remedy, parse_refusal
from .retries import seconds_to_wait
from .transport import MAX_TEXT

SESSION_ID = re.compile(r"[\w.~+/=-]+", re.ASCII)
OPTION = "auth_url"


class Login:
    """A username with a password, and a one-time password, if there is one: that is good for one login."""

    def __init__(self, username: str, password: str, yubikey: str | None) -> None:
        self.username = username
        self.has_one_time_password = bool(yubikey)
        self._body = {"username": username, "password": password, **({"yubikey": yubikey} if yubikey else {})}

    def log_in(self, connection: Connection, auth_url: str) -> str:
        """Return the id of a new session."""
        return connection.retry(lambda: self._log_in(connection, auth_url))

    def _log_in(self, connection: Connection, auth_url: str) -> str:
        """Return the bare body of the answer. To log in twice does no harm."""
        url = auth_url + "/session"
        response = connection.request(
            "POST",
            url,
            "log in",
            OPTION,
            may_repeat=not self.has_one_time_password,
            body=self._body,
            headers={"Accept": "text/plain", "Content-Type": "application/json"},
            largest=MAX_TEXT,
        )
        status = response.status_code
        if status != 200:
            # What is no refusal may hold a session.
            said = parse_refusal(response, connection.redactor)[0] if status >= 400 else ""
            is_transient = status in (THROTTLED if self.has_one_time_password else RETRYABLE_STATUSES)
            raise (Transient if is_transient else NotAuthenticated)(
                f"Could not log in as {self.username!r} at {auth_url}: the service answered {status}{said}. "
                f"{login_remedy(status)}",
                status=status,
                method="POST",
                url=url,
                is_transient=is_transient,
                retry_after=seconds_to_wait(response.headers.get("Retry-After")),
            )
        token = str(response.text).strip()
        if not SESSION_ID.fullmatch(token):
            raise Unreachable(
                f"Could not log in: the answer from {url} is not a session id. Check auth_url.",
                status=status,
                method="POST",
                url=url,
                is_transient=not self.has_one_time_password,
            )
        return token


def session_user(connection: Connection, auth_url: str, token: str) -> str | None:
    """Return whose session the token is, or None if that cannot be found out. It is asked once."""
    url = f"{auth_url}/session/{quote(token, safe='')}"
    headers = {"Accept": "application/json"}
    try:
        response = connection.request("GET", url, "log in", OPTION, headers=headers, largest=MAX_TEXT)
        username = response.json()["username"] if response.status_code == 200 else None
    except (BigvError, ValueError, RecursionError, KeyError, TypeError):
        return None
    return username if isinstance(username, str) and username else None
