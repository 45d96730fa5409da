# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A fault plan: its rules, which of them hits a request, and the record of the faults. No input and no output."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from ..cloud import Cloud

_RECORDED = 100_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold a request, as far as faults look at it."""

    method: str
    path: str
    body: bytes

    def says(self, key: str, value: Any) -> bool:
        """Tell whether the body is an object with this value."""
        try:
            given: Any = json.loads(self.body)
        except (ValueError, RecursionError):
            return False
        said = given.get(key) if isinstance(given, dict) else None
        return type(said) is type(value) and bool(said == value)


@dataclass(slots=True)
class FaultRule:
    """Hold one kind of fault, the requests that it hits, and what the kind needs. Times are seconds."""

    fault: str
    method: frozenset[str] | None = None
    path: str = "*"
    skip: int = 0
    count: int | None = None
    probability: float = 1.0
    seconds: float = 3600.0
    status: int = 200
    retry_after: str | None = None
    after: bool = False
    keys: bool = False
    purge: bool = False
    matched: int = 0
    fired: int = 0

    def matches(self, method: str, path: str) -> bool:
        return (self.method is None or method in self.method) and fnmatchcase(path, self.path)

    def fires(self, random: Random) -> bool:
        """Count a request that matches, and tell whether it is hit."""
        self.matched += 1
        if self.matched <= self.skip or self.fired == self.count:
            return False
        if self.probability < 1 and random.random() >= self.probability:
            return False
        self.fired += 1
        return True


@dataclass(slots=True)
class FaultRecord:
    """Record a fault that hit a request. The status is the cloud's, None while it was not asked."""

    time: float
    rule: int
    fault: str
    method: str
    path: str
    status: int | None = None

    def shown(self) -> dict[str, Any]:
        return {
            "time": self.time,
            "rule": self.rule,
            "fault": self.fault,
            "method": self.method,
            "path": self.path,
            "carried_out": self.status is not None and self.status < 400,
            "status": self.status,
        }


@dataclass(slots=True, eq=False)
class StaleReads:
    """Answer reads of this cloud from an older copy of it, until then."""

    until: float
    cloud: Cloud
    copy: Cloud


@dataclass(slots=True, eq=False)
class Plan:
    """Hold the rules and their record. Each rule draws from a generator of its own, whatever the others do."""

    seed: int
    given: list[dict[str, Any]]
    rules: list[FaultRule]
    record: deque[FaultRecord] = field(default_factory=lambda: deque(maxlen=_RECORDED))
    stale_reads: list[StaleReads] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    at_end: list[Callable[[], None]] = field(default_factory=list)
    _random: list[Random] = field(init=False)

    def __post_init__(self) -> None:
        self._random = [Random(f"{self.seed}/{number}") for number in range(len(self.rules))]

    def choose(self, method: str, path: str, applies: Callable[[FaultRule], bool]) -> tuple[int, FaultRule] | None:
        """Return the first rule that matches and fires, with its number; those after it do not count this request."""
        for number, rule in enumerate(self.rules):
            if rule.matches(method, path) and applies(rule) and rule.fires(self._random[number]):
                return number, rule
        return None

    def copy_to_read(self, cloud: Cloud, now: float) -> Cloud | None:
        """Return the copy of the oldest window that is still open."""
        self.stale_reads = [stale for stale in self.stale_reads if stale.until > now and stale.cloud is cloud]
        return self.stale_reads[0].copy if self.stale_reads else None

    async def pause(self, seconds: float) -> None:
        """Wait that many seconds of real time, or until the plan ends."""
        try:
            await asyncio.wait_for(self.ended.wait(), seconds)
        except asyncio.TimeoutError:
            return

    def end(self) -> None:
        """Do at once what is done at the end, and let whatever pauses go on."""
        self.ended.set()
        for action in self.at_end:
            action()

    def shown(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "rules": [given | {"happened": rule.fired} for given, rule in zip(self.given, self.rules, strict=True)],
            "record": [entry.shown() for entry in self.record],
        }
