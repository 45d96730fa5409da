# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""An inventory that becomes part of the real one as a whole or not at all. Private to bytemark.cloud."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible.inventory.data import InventoryData
from ansible.inventory.group import Group
from ansible.inventory.host import Host

from ._addresses import is_fit

# The variables that say where to connect to.
ADDRESS_VARIABLES = re.compile(r"ansible_(\w+_)?host", re.ASCII)

Refuse = Callable[[str, str, Any], None]


class Staging(InventoryData):
    """What ansible-core's methods fill as they fill an inventory.

    It begins with the groups of the real one. A host gets what the real one of its name has when it is added.
    ``refuse`` is told the host, the variable and the value of an address that cannot be connected to.
    """

    def __init__(self, real: InventoryData, refuse: Refuse) -> None:
        self._closures: dict[tuple[str, ...], list[Group]] = {}
        super().__init__()
        self._real = real
        self._refuse = refuse
        self._copy_groups(real, self)

    @staticmethod
    def _copy_groups(source: InventoryData, target: InventoryData) -> None:
        for name in source.groups:
            target.add_group(name)
        for name, group in source.groups.items():
            for child in group.child_groups:
                target.add_child(name, child.name)

    def add_host(self, host: str, group: str | None = None, port: int | None = None) -> str:
        staged = self.hosts.get(host)
        if staged is None:
            staged = self.hosts[host] = _StagedHost(host, self)
            there = self._real.hosts.get(host)
            if there is not None:
                staged.vars = dict(there.vars)
                staged.groups_before = tuple(found.name for found in there.get_groups())
        if group:
            staged.own_groups[group] = None
        return host

    def add_child(self, group: str, child: str) -> bool:
        self._closures.clear()
        return bool(super().add_child(group, child))

    def with_ancestors(self, names: tuple[str, ...]) -> list[Group]:
        """Return the groups and all that they are in, worked out once for all hosts that are in the same groups."""
        found = self._closures.get(names)
        if found is None:
            own = [self.groups[name] for name in names]
            found = list({*own, *(ancestor for group in own for ancestor in group.get_ancestors())})
            self._closures[names] = found
        return found

    def set_variable(self, entity: str, varname: str, value: Any) -> None:
        """Set a variable of a host, also of one that is called as a group is."""
        if ADDRESS_VARIABLES.fullmatch(varname) and isinstance(value, str) and not is_fit(value):
            self._refuse(entity, varname, value)
        else:
            self.hosts[entity].set_variable(varname, value)

    def commit(self) -> None:
        """Make it part of the real inventory. Only what was staged with success gets here, so this cannot fail."""
        self._copy_groups(self, self._real)
        for name, staged in self.hosts.items():
            # ansible-core would add a group of this name to "ungrouped" instead of the host.
            for group in staged.own_groups or (None if staged.groups_before else "ungrouped",):
                self._real.add_host(name, group)
            self._real.hosts[name].vars.update(staged.vars)


class _StagedHost(Host):
    def __init__(self, name: str, staging: Staging) -> None:
        super().__init__(name, gen_uuid=False)
        self.own_groups: dict[str, None] = {}
        self.groups_before: tuple[str, ...] = ()
        self._staging = staging

    def add_group(self, group: Group) -> bool:
        self.own_groups[group.name] = None
        return True

    def get_groups(self) -> list[Group]:
        return self._staging.with_ancestors((*self.groups_before, *self.own_groups))


class HostsIntoGroups:
    """The inventory, for a method of ansible-core that calls ``add_child`` with nothing but hosts.

    ``add_child`` itself takes the group, where one is called as the host is.
    """

    def __init__(self, inventory: Any) -> None:
        self._inventory = inventory

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inventory, name)

    def add_child(self, group: str, child: str) -> None:
        self._inventory.add_host(child, group)
