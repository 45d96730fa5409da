# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The log of API requests, for tests that count requests and look at what was sent."""

from __future__ import annotations

import itertools
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

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._size += entry.size
        while len(self._entries) > _ENTRIES or self._size > _BYTES:
            self._size -= self._entries.popleft().size
        self.total += 1
        self._by_method[entry.method] += 1
        self._by_status[str(entry.status)] += 1
        self._connections.add(entry.connection)
        if self.echo:
            path, query = self._redactor.path(entry.path), self._redactor.query(entry.query)
            fault = [entry.fault] if entry.fault else []
            print(entry.method, _on_one_line(path), query or "-", entry.status, *fault, file=sys.stderr, flush=True)

    def last(self, count: int) -> list[dict[str, Any]]:
        """Return the newest first, numbered, with as much of the body as fits a line."""
        return [
            {"number": self.total - back, **self._line(entry), "body": self._in_short(entry)}
            for back, entry in enumerate(itertools.islice(reversed(self._entries), count))
        ]

    def shown(self) -> dict[str, Any]:
        return {
            "requests": [
                {
                    **self._line(entry),
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

    def _line(self, entry: Entry) -> dict[str, Any]:
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
