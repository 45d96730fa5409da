# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The log of API requests, for tests that count requests and look at what was sent."""

from __future__ import annotations

import json
import sys
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

from .redaction import Redactor

_ENTRIES = 100_000
_BYTES = 64 * 1024 * 1024
_BODY_BYTES = 64 * 1024
_SHORT = 200
_LINES = 50
_READS = ("GET", "HEAD")


@dataclass(slots=True)
class Entry:
    """Hold one request as it came, but for what its body has beyond the first 64 KiB."""

    time: float
    method: str
    path: str
    query: str
    connection: int | str
    body: bytes
    body_cut: bool = False
    status: int = 0
    fault: str | None = None

    def __post_init__(self) -> None:
        self.body_cut = len(self.body) > _BODY_BYTES
        self.body = self.body[:_BODY_BYTES]

    @property
    def size(self) -> int:
        return len(self.method) + len(self.path) + len(self.query) + len(self.body)

    @property
    def is_read(self) -> bool:
        return self.method in _READS

    def is_repeated_by(self, other: Entry) -> bool:
        """Tell whether both are the same read with the same status."""
        return self.is_read and all(
            getattr(self, name) == getattr(other, name) for name in ("method", "path", "query", "status")
        )


@dataclass(slots=True)
class Line:
    """Hold a write, or the newest of `count` consecutive equal reads; `number` is that of the first."""

    number: int
    entry: Entry
    count: int = 1


class RequestLog:
    """Keep requests as they came, and take out their secrets whenever they are shown."""

    def __init__(self, redactor: Redactor) -> None:
        self.echo = False
        self._redactor = redactor
        self.clear()

    def clear(self) -> None:
        self._entries: deque[Entry] = deque()
        self._size = 0
        self.total = 0
        self._by_method: Counter[str] = Counter()
        self._by_status: Counter[str] = Counter()
        self._connections: set[int | str] = set()
        self._lines: deque[Line] = deque(maxlen=_LINES)
        self._writes: deque[Line] = deque(maxlen=_LINES)

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._size += entry.size
        while len(self._entries) > _ENTRIES or self._size > _BYTES:
            self._size -= self._entries.popleft().size
        self.total += 1
        self._by_method[entry.method] += 1
        self._by_status[str(entry.status)] += 1
        self._connections.add(entry.connection)
        self._add_line(entry)
        if self.echo:
            path, query = self._redactor.path(entry.path), self._redactor.query(entry.query)
            fault = [entry.fault] if entry.fault else []
            print(entry.method, _on_one_line(path), query or "-", entry.status, *fault, file=sys.stderr, flush=True)

    def last_lines(self) -> list[dict[str, Any]]:
        """Return the newest first, each with as much of the body as fits a line."""
        return [self._shown_line(line) for line in reversed(self._lines)]

    def last_writes(self) -> list[dict[str, Any]]:
        """Return those lines that are writes, however many reads came after them."""
        return [self._shown_line(line) for line in reversed(self._writes)]

    def shown(self) -> dict[str, Any]:
        return {
            "requests": [
                {
                    **self._without_body(entry),
                    "fault": entry.fault,
                    "connection": entry.connection,
                    "body": self._redactor.body(entry.body),
                    "body_cut": entry.body_cut,
                }
                for entry in self._entries
            ],
            "counters": {
                "total": self.total,
                "by_method": dict(self._by_method),
                "by_status": dict(self._by_status),
                "connections": len(self._connections),
            },
        }

    def _add_line(self, entry: Entry) -> None:
        """Fold consecutive equal reads as they come, so that a long log costs nothing when it is shown."""
        if self._lines and self._lines[-1].entry.is_repeated_by(entry):
            self._lines[-1].entry = entry
            self._lines[-1].count += 1
            return
        line = Line(self.total, entry)
        self._lines.append(line)
        if not entry.is_read:
            self._writes.append(line)

    def _shown_line(self, line: Line) -> dict[str, Any]:
        return {
            "number": line.number,
            "count": line.count,
            **self._without_body(line.entry),
            "body": self._in_short(line.entry),
        }

    def _without_body(self, entry: Entry) -> dict[str, Any]:
        return {
            "time": entry.time,
            "method": entry.method,
            "path": self._redactor.path(entry.path),
            "query": self._redactor.query(entry.query),
            "status": entry.status,
        }

    def _in_short(self, entry: Entry) -> str:
        value = self._redactor.body(entry.body) if len(entry.body) <= _SHORT * 20 else "…"
        line = "" if value is None else json.dumps(value, ensure_ascii=False)
        return line if len(line) <= _SHORT else line[:_SHORT] + "…"


def _on_one_line(text: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
