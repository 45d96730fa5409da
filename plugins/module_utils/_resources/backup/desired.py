# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The desired state of the backups of a disc. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..._core.durations import parse_duration
from ..._core.errors import BigvError
from ..._core.names import check_name, check_number
from ..vm.desired import POWER_OPTIONS, check_power_options

LATEST = "latest"
BACKUP_OPTIONS: dict[str, Any] = {
    "vm": {"type": "str", "required": True},
    "group": {"type": "str"},
    "disc": {"type": "str", "required": True},
    "backup": {"type": "str"},
    "max_age": {"type": "str"},
    "keep": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "restored", "absent"], "default": "present"},
    "purge": {"type": "bool", "default": False},
    **POWER_OPTIONS,
}
# What options mean nothing with the other states.
MEANT_FOR = {"backup": ("restored", "absent"), "max_age": ("present",), "keep": ("present",)}


class DesiredBackup(NamedTuple):
    """The desired state of the backups of a disc. ``max_age`` is in seconds; ``params`` are the options as given."""

    state: str
    disc: str
    backup: str | None
    max_age: int | None
    keep: int | None
    params: Mapping[str, Any]


def desired_backup(params: Mapping[str, Any]) -> DesiredBackup:
    """Return what the options of ``bigv_backup`` ask for. Refuse what contradicts itself."""
    check_power_options(params)
    state, backup = params["state"], params["backup"]
    for option, states in MEANT_FOR.items():
        if params[option] is not None and state not in states:
            raise BigvError(
                f"{option}: cannot be used with state: {state}; leave it out, or set state: {' or '.join(states)}"
            )
    if backup == LATEST and state == "absent":
        raise BigvError("backup: 'latest' may be a different backup by now; name the backup to delete")
    if not params["purge"] and (state == "absent" or params["keep"] is not None):
        option = "keep" if state == "present" else "state: absent"
        raise BigvError(f"purge: backups are always deleted permanently, so {option} requires purge: true")
    max_age = params["max_age"]
    return DesiredBackup(
        state=state,
        disc=check_name("disc", params["disc"], dots=True),
        backup=backup or None,
        max_age=None if max_age is None else parse_duration("max_age", max_age),
        keep=check_number("keep", params["keep"], 1),
        params=params,
    )
