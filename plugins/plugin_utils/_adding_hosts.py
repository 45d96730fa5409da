# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""Many hosts added to the inventory of a running play by one task. Private to bytemark.cloud.

Since ansible-core 2.21 an action plugin adds as many as it likes. Before that, a result adds one host, and each result
is a line on the screen. There the inventory is taught to take several from one result. Ansible loads action plugins
before it forks, so that what is taught here is known where the inventory is.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible.inventory.manager import InventoryManager
from ansible.plugins.action import ActionBase

ADDS_MANY = hasattr(ActionBase, "add_host")
OTHERS = "bytemark_cloud_others"
LOADED_IN = os.getpid()


class Host(NamedTuple):
    """A host to add."""

    name: str
    groups: list[str]
    variables: dict[str, Any]


def add_hosts(action: ActionBase, hosts: Sequence[Host]) -> Mapping[str, Any]:
    """Add the hosts; answers with what the action's result has to hold for that."""
    if ADDS_MANY:
        for name, groups, variables in hosts:
            action.add_host(host_name=name, parent_group_names=groups, host_vars=variables)
    elif os.getpid() == LOADED_IN:
        raise RuntimeError("the strategy of this play loaded the action plugin too late to add hosts with it")
    elif hosts:
        first, *others = [{"host_name": name, "groups": groups, "host_vars": values} for name, groups, values in hosts]
        return {"add_host": {**first, OTHERS: others}}
    return {}


def _taught(add_one: Any) -> Any:
    @functools.wraps(add_one)
    def add_all(manager: InventoryManager, host_info: dict[str, Any], result_item: dict[str, Any]) -> None:
        changed = False
        for host in (host_info, *host_info.pop(OTHERS, ())):
            add_one(manager, host, result_item)
            changed |= bool(result_item.get("changed"))
        result_item["changed"] = changed

    return add_all


if not ADDS_MANY:
    InventoryManager.add_dynamic_host = _taught(InventoryManager.add_dynamic_host)
