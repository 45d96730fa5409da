# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The running simulator: the cloud of the moment, and what it is put back to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from . import seed, snapshot
from .cloud import Cloud
from .faults.plan import Plan
from .model import Clock, Settings
from .redaction import Redactor
from .request_log import RequestLog
from .settings import change_settings


class Simulator:
    def __init__(self, document: Any, settings: dict[str, Any] | None = None) -> None:
        self.clock = Clock()
        self.settings = Settings()
        self.redactor = Redactor()
        self.log = RequestLog(self.redactor)
        self.faults: Plan | None = None
        self._document = document
        self._take(seed.build(document, self.clock, self.settings))
        change_settings(self.settings, settings or {})
        self._first_settings = asdict(self.settings)

    def restore(self, document: Any, settings: dict[str, Any]) -> None:
        """Go on from a snapshot; these settings win over those in it."""
        self._take(snapshot.restore(document, self.clock, self.settings))
        change_settings(self.settings, settings)

    def reset(self) -> None:
        """Back to the start: seed, settings, clock, an empty log and no faults."""
        self.replace_faults(None)
        self.clock.offset = 0.0
        self.log.clear()
        self._take(seed.build(self._document, self.clock, self.settings))
        change_settings(self.settings, self._first_settings)

    def replace_faults(self, plan: Plan | None) -> None:
        """Whatever a fault of the plan before still holds up goes on."""
        if self.faults is not None:
            self.faults.end()
        self.faults = plan

    def seed(self, document: Any) -> None:
        """Another cloud, under the same clock and the settings of the moment."""
        self._take(seed.build(document, self.clock, self.settings))

    def _take(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.redactor.learn(cloud.identities.secrets())
