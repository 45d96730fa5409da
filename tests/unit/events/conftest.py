# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The event source, run as ansible-rulebook runs it, beside the test."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.recording_server import RecordingServer, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import COLLECTION, Cloud

SOURCE = COLLECTION / "extensions" / "eda" / "plugins" / "event_source" / "bigv_changes.py"
INTERVAL = 0.1
PATIENCE = 60
Event = dict[str, Any]


def load_source() -> Any:
    """Import the file by its path. Under ansible-test, `runpy`, which ansible-rulebook uses, takes it for a folder."""
    spec = spec_from_file_location(SOURCE.stem, SOURCE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Source:
    """The source in a thread of its own, which is also the queue that it puts events into.

    ``count_polls`` says how many polls have begun.
    """

    def __init__(self, options: dict[str, Any], count_polls: Callable[[], int]) -> None:
        self._main = load_source().main
        self._options = options
        self._count_polls = count_polls
        self._told: list[Event] = []
        self._begun = threading.Event()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._begun.wait()

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._put_all())

    async def _put_all(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._begun.set()
        try:
            await self._main(self, self._options)
        except Exception as error:
            self.error = error

    async def put(self, event: Event) -> None:
        """Keep a copy, and change what is given, as filters of events may."""
        self._told.append(deepcopy(event))
        event["vm"].clear()

    def events(self) -> list[Event]:
        """Return the events that were told since the last call, after a poll that began after this one."""
        wanted = self._count_polls() + 2
        end = time.monotonic() + PATIENCE
        while self._count_polls() < wanted:
            assert self._thread.is_alive(), f"The source has ended: {self.error}"
            assert time.monotonic() < end, "The source polls no longer."
            time.sleep(0.02)
        told, self._told = self._told, []
        return told

    def cancel(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)

    def wait(self) -> None:
        """Wait for the end of the source."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "The source goes on."

    def stop(self) -> None:
        if self._thread.is_alive():
            self.cancel()
        self.wait()


@pytest.fixture
def start() -> Iterator[Callable[..., Source]]:
    """Start a source with these options; it is stopped after the test."""
    sources: list[Source] = []

    def run(count_polls: Callable[[], int], **options: Any) -> Source:
        sources.append(Source({"interval": INTERVAL, "api_retries": 0} | options, count_polls))
        return sources[-1]

    yield run
    for source in sources:
        source.stop()


@pytest.fixture
def watch(cloud: Cloud, start: Callable[..., Source]) -> Callable[..., Source]:
    """Watch the simulated cloud, as soon as the baseline is known."""

    def run(**options: Any) -> Source:
        source = start(lambda: cloud.calls().count("GET /virtual_machines"), **cloud.access | options)
        assert {event["type"] for event in source.events()} <= {"existing"}
        return source

    return run


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    """Start a server that answers 404 until a test exchanges its answer."""
    with recording_server() as recording:
        yield recording


@pytest.fixture
def watch_server(server: RecordingServer, start: Callable[..., Source]) -> Callable[..., Source]:
    """Watch what the server of the test's own answers."""

    def run(**options: Any) -> Source:
        options = {"api_url": server.url, "token": "apikey.h0st1le", "account": "acme"} | options
        return start(lambda: server.calls.count("GET /virtual_machines"), **options)

    return run
