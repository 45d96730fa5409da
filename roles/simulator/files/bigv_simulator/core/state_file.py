# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The state in a file: written after each write that succeeded, before its answer goes out."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import sys
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import snapshot
from .http import text
from .simulator import Simulator

_READING = ("GET", "HEAD")


class StateFile:
    """Keep one file, readable by its owner only, that holds the old state or the new one, whole, at any time."""

    def __init__(self, path: str) -> None:
        """Take the file for this process; OSError when another has it, or when its folder cannot be written to."""
        self._path = os.path.realpath(path)
        self._lock = os.open(self._path + ".lock", os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        os.fchmod(self._lock, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(None, "another simulator is using this file") from None

    def read(self) -> Any:
        """Return what was written last, None if nothing was; ValueError when it is not JSON."""
        try:
            with open(self._path, encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def write(self, document: str) -> None:
        """Write aside, make durable, then rename into place: whoever kills the process finds one whole file."""
        aside = self._path + ".new"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)
        with open(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, self._path)
        folder = os.open(os.path.dirname(self._path), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def document_of(simulator: Simulator) -> str:
    """Return the state with one attribute a line, by json's C encoder, which is fast and knows no indentation."""
    return json.dumps(snapshot.take(simulator.resources, simulator.cloud), separators=(",\n", ": ")) + "\n"


class Saver:
    """Hold back the answer to a write until the state that it has made is in the file.

    Writes that arrive while the file is being written share the next one.
    """

    def __init__(self, app: ASGIApp, simulator: Simulator, file: StateFile) -> None:
        self.app = app
        self.simulator = simulator
        self.file = file
        self._writing = asyncio.Lock()
        self._changes = 0
        self._saved = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READING:
            await self.app(scope, receive, send)
            return
        refused = False

        async def saving_send(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] < 400:
                try:
                    await self._save()
                except OSError as error:
                    refused = True
                    print(f"bigv_simulator: cannot write the state: {error}", file=sys.stderr, flush=True)
                    await text(f"The state cannot be written: {error.strerror}", 500)(scope, receive, send)
            if not refused:
                await send(message)

        await self.app(scope, receive, saving_send)

    async def _save(self) -> None:
        self._changes += 1
        change = self._changes
        async with self._writing:
            if self._saved < change:
                included = self._changes
                await asyncio.to_thread(self.file.write, document_of(self.simulator))
                self._saved = included
