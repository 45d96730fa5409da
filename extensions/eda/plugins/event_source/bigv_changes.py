# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Event source for ansible-rulebook: what becomes of the servers of Bytemark Cloud."""

from __future__ import annotations

import asyncio
import importlib
import sys
import threading
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any, TypeVar

DOCUMENTATION = r"""
"""

EXAMPLES = r"""
"""

# The collection that this file is in, under a name of its own: ansible-core's loader of collections is not at work in
# ansible-rulebook, and another installation of the collection may come before this one.
PACKAGE = "_bytemark_cloud_of_bigv_changes"
PLUGINS = Path(__file__).resolve().parents[4] / "plugins"

Answer = TypeVar("Answer")


async def main(queue: asyncio.Queue[Any], args: Mapping[str, Any]) -> None:
    """Put an event into the queue for whatever becomes of the servers, until the task is cancelled."""
    watch = _collection_module("plugin_utils._watch").Watch(args)
    try:
        while True:
            for event in await _in_thread(watch.poll):
                await queue.put(event)
            await asyncio.sleep(watch.interval)
    finally:
        watch.stop()


def _collection_module(name: str) -> Any:
    """Import a module from the plugins of the collection that this file is in."""
    if PACKAGE not in sys.modules:
        spec = ModuleSpec(PACKAGE, None, is_package=True)
        spec.submodule_search_locations = [str(PLUGINS)]
        sys.modules[PACKAGE] = module_from_spec(spec)
    try:
        return importlib.import_module(f"{PACKAGE}.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "ansible":
            raise
        raise RuntimeError(
            f"bytemark.cloud.bigv_changes needs ansible-core in the Python that runs ansible-rulebook, {sys.executable}."
        ) from None


async def _in_thread(function: Callable[[], Answer]) -> Answer:
    """Return what a function that blocks returns. Whoever is cancelled does not wait for it, and neither does the process.

    The loop's own threads are waited for when it closes.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Answer] = loop.create_future()

    def settle(set_outcome: Callable[[Any], None], outcome: Any) -> None:
        if not future.done():
            set_outcome(outcome)

    def work() -> None:
        try:
            outcome = future.set_result, function()
        except BaseException as error:
            outcome = future.set_exception, error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=work, daemon=True).start()
    return await future
