# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Requests with timeouts, from several threads, that end when the task does. Private to bytemark.cloud."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from .errors import LOOKS_FIRST, OutcomeUnknown, RequestError, Unreachable
from .redaction import Redactor
from .retries import Retries
from .transport import Response, Session, TransportError, origin, request

# How long a request may take when everything is to end: so many seconds, or so many times what the slowest took so far.
LAST_REQUEST = 0.7
SLOWER = 3

Answer = TypeVar("Answer")


class Connection:
    """Makes requests, no more than ``concurrency`` at once, on connections that are kept alive. Times are in seconds.

    Whoever waits between requests gives up when ``stopping`` is set.
    """

    def __init__(
        self,
        *,
        api_timeout: float = 30,
        api_retries: int = 5,
        validate_certs: bool = True,
        ca_path: str | None = None,
        concurrency: int = 1,
    ) -> None:
        self.redactor = Redactor()
        self.stopping = threading.Event()
        self._timeout = api_timeout
        self._max_retries = api_retries
        self._slowest = 0.0
        if not validate_certs:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")
        self._session = Session(concurrency, (ca_path or True) if validate_certs else False)
        self._in_flight = threading.BoundedSemaphore(concurrency)

    def stop(self) -> None:
        """End soon: waits between requests are abandoned, and requests that still have to be sent get little time."""
        self._timeout = min(self._timeout, self.last_request)
        self._max_retries = 0
        self.stopping.set()

    @property
    def last_request(self) -> float:
        """Return how long a request may take when everything is to end."""
        return max(LAST_REQUEST, SLOWER * self._slowest)

    @property
    def _longest(self) -> float:
        return self._timeout * (self._max_retries + 1)

    def retries(self, within: float | None = None) -> Retries:
        """Return the tries after a first one, which end when their time is up, or after so many seconds."""
        seconds = self._longest if within is None else min(within, self._longest)
        return Retries(self._max_retries, seconds, self.stopping)

    def retry(self, attempt: Callable[[], Answer], within: float | None = None) -> Answer:
        """Return the result of an attempt that is made again while it fails with what may pass."""
        retries = self.retries(within)
        while True:
            try:
                return attempt()
            except RequestError as error:
                retries.pause(error)

    def request(
        self, method: str, url: str, doing: str, option: str, *, may_repeat: bool = True, **arguments: Any
    ) -> Response:
        """Make one request; ``doing`` completes "Could not …", and ``option`` is the one that gives the URL.

        One that may not be repeated is not transient once it was sent.
        """
        try:
            with self._in_flight:
                started = time.monotonic()
                end = started + self._longest
                response = request(self._session, method, url, self._timeout, end, **arguments)
        except TransportError as error:
            is_write = method != "GET" and option == "api_url" and error.was_sent
            again = f" {LOOKS_FIRST}" if is_write else ""
            cause = error.cause
            said = f": {self.redactor.redact_text(cause.said)}" if cause.said else ""
            advice = cause.advice or f"Check {option}, the network and the proxy settings."
            raise (OutcomeUnknown if is_write else Unreachable)(
                f"Could not {doing}: {cause.what} {cause.where} {origin(url)}{said}. {advice}{again}",
                method=method,
                url=url,
                is_transient=cause.is_transient and (may_repeat or not error.was_sent),
            ) from None
        self._slowest = max(self._slowest, time.monotonic() - started)
        return response
