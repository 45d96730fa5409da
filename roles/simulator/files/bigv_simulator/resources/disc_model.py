# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The models of a disc and of its backups, each attribute declared once, and the data on its way between the two."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from ..core import rules
from ..core.attributes import Attribute, view
from ..core.objects import Object
from ..core.problem import Invalid, Problem
from ..core.settings import Clock
from .backup_schedule import BackupSchedule
from .vm.model import VirtualMachine

ICEBERG = "iceberg"
"""The grade of the space for backups."""
_MIN_SIZE = 50
_MAX_SIZE = 100 * 1024 * 1024
_UNIX_DEVICE = re.compile(r"([hsv]d|xvd)[a-z]+[0-9]*")
_BACKUP_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")
_TYPE = "application/vnd.bigv.disc"


def _label(value: Any) -> str:
    """Take a label that is not that of a Unix device (documented)."""
    if _UNIX_DEVICE.fullmatch(rules.label(value)):
        raise Invalid("may not look like a Unix device name")
    return str(value)


def _size(value: Any) -> int:
    if value is None:
        raise Invalid("can't be blank")
    size: int = rules.number(_MIN_SIZE, _MAX_SIZE)(value)
    return size


def _backup_label(value: Any) -> str:
    if not _BACKUP_LABEL.fullmatch(rules.present(value)):
        raise Invalid("may hold only letters, digits, dots, hyphens and underscores, and at most 96 of them")
    return str(value)


@dataclass(slots=True)
class Transfer:
    """Hold where the data of a disc is on its way to a backup, or back."""

    clock: Clock
    since: float
    until: float
    grade: str
    """That of the disc, at one end of the way; at the other is iceberg."""

    @property
    def progress(self) -> float:
        """Return how far it is in percent."""
        passed, whole = self.clock.now() - self.since, self.until - self.since
        return round(min(max(100 * passed / whole, 0), 100), 1) if whole > 0 else 100.0


@dataclass(slots=True, eq=False, kw_only=True)
class Disc(Object):
    virtual_machine: VirtualMachine
    label: Annotated[
        str,
        Attribute(
            "Not the name of a Unix device such as `vda` (documented), although old discs have such "
            "labels (observed). Omitted, it is `disc-` and its position (observed).",
            "disc-1",
            rule=_label,
            next_start=True,
        ),
    ]
    size: Annotated[
        int,
        Attribute(
            "MiB (documented), at least 50 (observed).",
            25600,
            minimum=_MIN_SIZE,
            rule=_size,
            required=True,
            next_start=True,
        ),
    ]
    storage_grade: Annotated[
        str,
        Attribute(
            "One of `storage_grades` in the definitions (documented). Omitted, it is `sata` (observed).",
            "sata",
            listed="storage_grades",
            next_start=True,
        ),
    ]
    schedules: list[BackupSchedule] = field(default_factory=list)
    restoring: Transfer | None = None
    iops_limit: ClassVar[
        Annotated[int | None, Attribute("Set by administrators of the cluster only (observed).", None)]
    ] = None
    type: ClassVar[Annotated[str, Attribute("The kind of object (observed).", _TYPE)]] = _TYPE

    @property
    def container(self) -> VirtualMachine:
        return self.virtual_machine

    @property
    def deleted(self) -> bool:
        return self.virtual_machine.deleted

    @property
    def storage_pool(self) -> Annotated[str | None, Attribute("Where its data is (documented).", "york-sata1")]:
        return self.virtual_machine.pool(self.storage_grade)

    @property
    def virtual_machine_id(self) -> Annotated[int, Attribute("The VM that it belongs to (documented).", 1001)]:
        return self.virtual_machine.id

    @property
    def backup_schedules(
        self,
    ) -> Annotated[
        list[dict[str, Any]], Attribute("When backups are made of it (observed).", shown_as=list[BackupSchedule])
    ]:
        return list(map(view, self.schedules))

    @property
    def backups_enabled(
        self,
    ) -> Annotated[bool, Attribute("Observed; that it follows from the schedules is assumed.", False)]:
        return bool(self.schedules)

    @property
    def backup_count(self) -> Annotated[int, Attribute("Observed; that those being made count is assumed.", 0)]:
        return len(self.children(Backup))

    @property
    def new_storage_grade(
        self,
    ) -> Annotated[str | None, Attribute("Its own one, while a backup is restored to it (observed); else null.", None)]:
        return self.restoring.grade if self.restoring else None

    @property
    def migration_progress(
        self,
    ) -> Annotated[float | None, Attribute("How far that is (observed), in percent (assumed).", None)]:
        return self.restoring.progress if self.restoring else None


@dataclass(slots=True, eq=False, kw_only=True)
class Backup(Object):
    disc: Disc
    label: Annotated[
        str,
        Attribute(
            "`<disc>-backup-YYYYMMDDhhmmss` (observed), which is UTC (assumed).",
            "disc-1-backup-20261124000000",
            rule=_backup_label,
            required=True,
        ),
    ]
    manual: Annotated[bool, Attribute("Whether it was asked for, and not made by a schedule (observed).", True)]
    size: Annotated[
        int, Attribute("MiB (observed), as the disc had when it was made (assumed).", 25600, minimum=_MIN_SIZE)
    ]
    schedule_id: int | None = None
    transfer: Transfer | None = None

    @property
    def container(self) -> Disc:
        return self.disc

    @property
    def deleted(self) -> bool:
        return self.disc.deleted

    @property
    def parent_disc_id(self) -> Annotated[int, Attribute("The disc that it is of (observed).", 5001)]:
        return self.disc.id

    @property
    def virtual_machine_id(self) -> Annotated[int, Attribute("The VM of that disc (observed).", 1001)]:
        return self.disc.virtual_machine.id

    @property
    def storage_grade(self) -> Annotated[str, Attribute("`iceberg` when it is done (observed).", ICEBERG)]:
        return self.transfer.grade if self.transfer else ICEBERG

    @property
    def storage_pool(self) -> Annotated[str | None, Attribute("Where its data is (observed).", "york-iceberg1")]:
        return self.disc.virtual_machine.pool(self.storage_grade)

    @property
    def new_storage_grade(
        self,
    ) -> Annotated[str | None, Attribute("`iceberg` until it is done (observed); then null.", None)]:
        return ICEBERG if self.transfer else None

    @property
    def migration_progress(
        self,
    ) -> Annotated[float | None, Attribute("How far that is (observed), in percent (assumed).", None)]:
        return self.transfer.progress if self.transfer else None


def is_restoring(machine: VirtualMachine) -> bool:
    """Tell whether a backup is being restored to a disc of a VM."""
    return any(disc.restoring for disc in machine.children(Disc))


def refuse_restoring(disc: Disc) -> None:
    """Leave a disc and its backups alone while one of these is restored (assumed)."""
    if disc.restoring:
        raise Problem(400, "A backup is being restored to the disc: wait until that is done")
