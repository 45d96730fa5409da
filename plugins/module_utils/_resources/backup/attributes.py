# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Backups of discs, declared. Sizes are MiB. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timezone

from ..._core.attributes import Attribute, Schema, identifier
from ..._core.plan import Resource

# The grade of a backup that is done, and of a disc that is being restored (observed).
ICEBERG = "iceberg"
STAMP = re.compile(r"-backup-(\d{14})$", re.ASCII)
BACKUP = Schema(
    "backup",
    identifier("backup", 7001),
    Attribute("label", "text", "The label of the backup.", "root-backup-20261124030000"),
    Attribute("manual", "bool", "Whether the backup is manual; otherwise a schedule created it.", True),
    Attribute("parent_disc_id", "int", "The id of the disc that was backed up.", 4321),
    Attribute("size", "size", "The size, in MiB.", 25600),
    Attribute(
        "storage_grade", "text", "The storage grade, which is V(iceberg) when the backup is complete.", "iceberg"
    ),
    Attribute("storage_pool", "text", "The pool that the backup is stored in.", "tail01-iceberg1"),
    Attribute("virtual_machine_id", "int", "The id of the VM that the disc belongs to.", 1234),
    computed=(
        Attribute("vm", "text", "The VM, as C(<vm>.<group>.<account>).", "web1.default.acme"),
        Attribute("disc", "text", "The label of the disc, or its id if it has no label.", "root"),
        Attribute("done", "bool", "Whether the backup is complete.", True),
    ),
)


def is_done(backup: Resource) -> bool:
    """Tell whether a backup is complete; until then it is being moved to its place (observed)."""
    return bool(backup.get("storage_grade") == ICEBERG)


def is_new(backup: Resource) -> bool:
    """Tell whether a backup is one that an earlier task of a check run would create."""
    return (backup["id"] or 0) < 0


def is_manual(backup: Resource) -> bool:
    """Tell whether somebody asked for a backup. One that does not say so counts as made by a schedule."""
    return bool(backup.get("manual"))


def made_at(backup: Resource) -> datetime | None:
    """Return when a backup was made, which its label says (observed), in UTC (assumed); None where it does not.

    >>> made_at({"label": "root-backup-20261124030000"}).isoformat()
    '2026-11-24T03:00:00+00:00'
    """
    stamp = STAMP.search(str(backup.get("label") or ""))
    try:
        return stamp and datetime.strptime(stamp[1], "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def newest_first(backups: Iterable[Resource]) -> list[Resource]:
    """Return backups in the order in which they are listed: those whose time is not known are the last.

    In a check run, the ids of new ones are negative.
    """
    epoch = datetime.min.replace(tzinfo=timezone.utc)
    return sorted(backups, key=lambda backup: (made_at(backup) or epoch, abs(backup["id"])), reverse=True)


def is_restoring(disc: Resource) -> bool:
    """Tell whether a backup is being written over a disc (observed)."""
    return bool(disc.get("storage_grade") == ICEBERG and disc.get("new_storage_grade"))
