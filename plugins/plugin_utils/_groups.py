# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""The groups that every inventory gets: the tree of accounts and groups, and the states. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._hosts import Server

ROOT = "bigv"
RUNNING = "bigv_running"
STOPPED = "bigv_stopped"


class AutoGroups:
    """The groups of a VM, made when the first VM needs them."""

    def __init__(self, inventory: Any, sanitize: Callable[[str], str], warn: Callable[[str], None]) -> None:
        self._inventory = inventory
        self._sanitize = sanitize
        self._warn = warn
        self._meaning: dict[str, str] = {}
        self._leaves: dict[Any, str] = {}
        for name in (ROOT, RUNNING, STOPPED):
            self._meaning[inventory.add_group(name)] = f"the group {name}"

    def of(self, server: Server) -> tuple[str, str]:
        """Return the groups to put the VM in."""
        leaf = self._leaves.get(server.place and server.place[1:])
        return leaf or self._leaf(server), RUNNING if server.running else STOPPED

    def _leaf(self, server: Server) -> str:
        name = ROOT
        if server.place:
            account = self._child(ROOT, f"{ROOT}_{server.place.account}", f"account {server.place.account}")
            name = self._child(
                account,
                f"{ROOT}_{server.place.account}_{server.place.group}",
                f"group {server.place.group} of account {server.place.account}",
            )
        self._leaves[server.place and server.place[1:]] = name
        return name

    def _child(self, parent: str, name: str, meaning: str) -> str:
        """Add a group below its parent. Two may come out with one name, as _ takes the place of - in names."""
        name = self._inventory.add_group(self._sanitize(name))
        other = self._meaning.setdefault(name, meaning)
        if other != meaning:
            self._warn(f"auto_groups: {name} is {other} and {meaning} at the same time.")
        self._inventory.add_child(parent, name)
        return name
