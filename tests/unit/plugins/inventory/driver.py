# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Ansible's own inventory manager in a process of its own: a job a line in, an inventory a line out.

It is apart from the tests because Ansible finds collections in a way that does not mix with importing them.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
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
    """Return the inventory of the job's sources, and what Ansible said."""
    said: list[str] = []
    Display.warning = lambda self, msg, *args, **kwargs: said.append(f"warning: {msg}")
    Display.error = lambda self, msg, *args, **kwargs: said.append(f"error: {msg}")
    environment = dict(os.environ)
    os.environ.update(job.get("env", {}))
    context.CLIARGS = ImmutableDict(extra_vars=job.get("extra_vars", ()))
    ansible_vars.load_extra_vars.extra_vars = None
    try:
        with contextlib.ExitStack() as stack:
            if job.get("documented_path"):
                stack.enter_context(documented_path())
            if "vms" in job:
                stack.enter_context(made_up(job["vms"]))
            seen = stack.enter_context(watched(job["watch"])) if "watch" in job else []
            manager = InventoryManager(DataLoader(), sources=job["sources"], cache=job.get("cache", True))
    except AnsibleError as error:
        return {"failed": str(error), "said": said}
    finally:
        os.environ.clear()
        os.environ.update(environment)
    ours = ("inventory_dir", "inventory_file")
    return {
        "watched": seen[-1] if seen else None,
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


@contextlib.contextmanager
def documented_path() -> Iterator[None]:
    """Every variable is set, and every expression evaluated, by ansible-core's own methods."""
    plugin = type(inventory_loader.get(NAME))
    unsure = sys.modules[plugin.__module__].UNSURE
    kept = plugin._add, plugin._look_up

    def add(self: Any, host: str, variables: dict[str, Any], groups: tuple[str, ...]) -> None:
        self.inventory.add_host(host)
        for group in groups:
            self.inventory.add_child(group, host)
        for name, value in variables.items():
            self.inventory.set_variable(host, name, value)

    plugin._add = add
    plugin._look_up = lambda self, expression, variables: unsure
    try:
        yield
    finally:
        plugin._add, plugin._look_up = kept


@contextlib.contextmanager
def made_up(vms: list[dict[str, Any]]) -> Iterator[None]:
    """Replace the API by these VMs."""
    plugin = type(inventory_loader.get(NAME))
    kept = plugin._vms
    plugin._vms = lambda self, path, cache: vms
    try:
        yield
    finally:
        plugin._vms = kept


@contextlib.contextmanager
def watched(option: str) -> Iterator[list[Any]]:
    """Record what the option is when VMs are read, without any API."""
    plugin = type(inventory_loader.get(NAME))
    kept = plugin._vms
    seen: list[Any] = []

    def record(self: Any, path: str, cache: bool) -> list[Any]:
        seen.append(self.get_option(option))
        return []

    plugin._vms = record
    try:
        yield seen
    finally:
        plugin._vms = kept


def main() -> None:
    init_plugin_loader()
    constants.INVENTORY_UNPARSED_WARNING = False
    for line in sys.stdin:
        print(json.dumps(take_in(json.loads(line)), default=str), flush=True)


if __name__ == "__main__":
    main()
