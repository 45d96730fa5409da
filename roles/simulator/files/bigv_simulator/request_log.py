# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""What the API was asked: for tests that count requests and look at what was sent."""

from __future__ import annotations

import itertools
import json
import sys
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

_SECRET = {"root_password", "password", "firstboot_script", "yubikey", "2fa"}
_DEPTH = 8
_ENTRIES = 100_000
_SHORT = 200


@dataclass(slots=True)
class Entry:
    time: float
    method: str
    path: str
    query: str
    connection: int | str
    body: bytes = b""
    status: int = 0
    fault: str | None = None

    def shown(self) -> dict[str, Any]:
        return {"time": self.time, "method": self.method, "path": self.path, "query": self.query,
                "status": self.status, "fault": self.fault, "connection": self.connection,
                "body": shown_body(self.body)}


class RequestLog:
    """Bodies are kept as they came, and lose their secrets whenever they are shown."""

    def __init__(self) -> None:
        self.echo = False
        self.clear()

    def clear(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_ENTRIES)
        self.total = 0
        self._by_method: Counter[str] = Counter()
        self._by_status: Counter[str] = Counter()
        self._connections: set[int | str] = set()

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self.total += 1
        self._by_method[entry.method] += 1
        self._by_status[str(entry.status)] += 1
        self._connections.add(entry.connection)
        if self.echo:
            fault = [entry.fault] if entry.fault else []
            print(entry.method, entry.path, entry.query or "-", entry.status, *fault, file=sys.stderr, flush=True)

    def last(self, count: int) -> list[dict[str, Any]]:
        """The newest first, numbered, with as much of the body as fits a line."""
        return [{"number": self.total - back, "time": entry.time, "method": entry.method, "path": entry.path,
                 "query": entry.query, "status": entry.status, "body": _in_short(entry.body)}
                for back, entry in enumerate(itertools.islice(reversed(self._entries), count))]

    def shown(self) -> dict[str, Any]:
        return {
            "requests": [entry.shown() for entry in self._entries],
            "counters": {"total": self.total, "by_method": dict(self._by_method),
                         "by_status": dict(self._by_status), "connections": len(self._connections)},
        }


def shown_path(path: str) -> str:
    """The id of a session is as good as a password."""
    start = "/auth/session/"
    return start + "***" if path.startswith(start) else path


def shown_body(body: bytes) -> Any:
    """None for what is not JSON: there is no telling which part of it is secret."""
    try:
        return _without_secrets(json.loads(body), _DEPTH) if body else None
    except (ValueError, RecursionError):
        return None


def _in_short(body: bytes) -> str:
    value = shown_body(body) if len(body) <= _SHORT * 20 else "…"
    line = "" if value is None else json.dumps(value, ensure_ascii=False)
    return line if len(line) <= _SHORT else line[:_SHORT] + "…"


def _without_secrets(value: Any, depth: int) -> Any:
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        return {key: "***" if key in _SECRET else _without_secrets(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item, depth - 1) for item in value]
    return value
