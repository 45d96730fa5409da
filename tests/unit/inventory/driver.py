# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Ansible's own inventory manager in a process of its own: a job a line in, an inventory a line out.

It is apart from the tests because Ansible finds collections in a way that does not mix with importing them.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from ansible import constants, context
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, inventory_loader
from ansible.utils import vars as ansible_vars
from ansible.utils.display import Display

NAME = "bytemark.cloud.bigv"


def take_in(job: dict[str, Any]) -> dict[str, Any]:
    """The inventory of the job's sources, and what Ansible said."""
    said: list[str] = []
    Display.warning = lambda self, msg, *args, **kwargs: said.append(f"warning: {msg}")
    Display.error = lambda self, msg, *args, **kwargs: said.append(f"error: {msg}")
    environment = dict(os.environ)
    os.environ.update(job.get("env", {}))
    context.CLIARGS = ImmutableDict(extra_vars=job.get("extra_vars", ()))
    ansible_vars.load_extra_vars.extra_vars = None
    plain = Plain() if job.get("documented_path") else None
    made_up = MadeUp(job["vms"]) if "vms" in job else None
    for patch in filter(None, (plain, made_up)):
        patch.__enter__()
    try:
        manager = InventoryManager(DataLoader(), sources=job["sources"], cache=job.get("cache", True))
    except AnsibleError as error:
        return {"failed": str(error), "said": said}
    finally:
        for patch in filter(None, (plain, made_up)):
            patch.__exit__()
        os.environ.clear()
        os.environ.update(environment)
    ours = ("inventory_dir", "inventory_file")
    return {
        "hosts": {
            name: {key: value for key, value in host.vars.items() if key not in ours}
            for name, host in manager.hosts.items()
        },
        "groups": {
            name: {
                "hosts": [host.name for host in group.hosts],
                "children": [child.name for child in group.child_groups],
            }
            for name, group in manager.groups.items()
        },
        "said": said,
    }


class Plain:
    """The documented path: every variable is set, and every expression evaluated, by ansible-core's own methods."""

    def __enter__(self) -> None:
        self.plugin = type(inventory_loader.get(NAME))
        self.kept = self.plugin._add, self.plugin._look_up
        module = sys.modules[self.plugin.__module__]

        def add(plugin: Any, host: str, variables: dict[str, Any], groups: tuple[str, ...]) -> None:
            plugin.inventory.add_host(host)
            for group in groups:
                plugin.inventory.add_child(group, host)
            for name, value in variables.items():
                plugin.inventory.set_variable(host, name, value)

        self.plugin._add = add
        self.plugin._look_up = lambda plugin, expression, variables: module.UNSURE

    def __exit__(self) -> None:
        self.plugin._add, self.plugin._look_up = self.kept


class MadeUp:
    """These VMs, without any API."""

    def __init__(self, vms: list[dict[str, Any]]) -> None:
        self.vms = vms

    def __enter__(self) -> None:
        self.plugin = type(inventory_loader.get(NAME))
        self.kept = self.plugin._vms
        self.plugin._vms = lambda plugin, path, cache: self.vms

    def __exit__(self) -> None:
        self.plugin._vms = self.kept


def main() -> None:
    init_plugin_loader()
    constants.INVENTORY_UNPARSED_WARNING = False
    for line in sys.stdin:
        print(json.dumps(take_in(json.loads(line)), default=str), flush=True)


if __name__ == "__main__":
    main()
