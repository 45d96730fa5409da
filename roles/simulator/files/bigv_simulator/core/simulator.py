# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The running simulator: its cloud, and the seed that it goes back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from . import seed, snapshot
from .cloud import Cloud
from .faults.kinds import KINDS
from .faults.plan import Plan
from .redaction import Redactor
from .request_log import RequestLog
from .resource import Resource
from .settings import Clock, Settings, change_settings


class Simulator:
    def __init__(self, resources: Sequence[Resource], document: Any, settings: dict[str, Any] | None = None) -> None:
        self.resources = resources
        self.fault_kinds = KINDS | {name: kind for resource in resources for name, kind in resource.faults.items()}
        self.clock = Clock()
        self.settings = Settings()
        self.redactor = Redactor()
        self.log = RequestLog(self.redactor)
        self.faults: Plan | None = None
        self._document = document
        self._take(seed.build(self.resources, document, self.clock, self.settings))
        change_settings(self.settings, settings or {})
        self._first_settings = asdict(self.settings)

    def restore(self, document: Any, settings: dict[str, Any]) -> None:
        """Go on from a snapshot; these settings win over those in it."""
        self._take(snapshot.restore(self.resources, document, self.clock, self.settings))
        change_settings(self.settings, settings)

    def reset(self) -> None:
        """Go back to the start: seed, settings, clock, an empty log and no faults."""
        self.replace_faults(None)
        self.clock.offset = 0.0
        self.log.clear()
        self._take(seed.build(self.resources, self._document, self.clock, self.settings))
        change_settings(self.settings, self._first_settings)

    def replace_faults(self, plan: Plan | None) -> None:
        """Take another fault plan, and let what the last one still holds up go on."""
        if self.faults is not None:
            self.faults.end()
        self.faults = plan

    def seed(self, document: Any) -> None:
        """Take another cloud, under the clock and the settings that there are."""
        self._take(seed.build(self.resources, document, self.clock, self.settings))

    def _take(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.redactor.add_secrets(cloud.identities.secrets())
