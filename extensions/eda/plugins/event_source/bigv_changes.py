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
from concurrent.futures import Future
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any, TypeVar

DOCUMENTATION = r"""
name: bigv_changes
short_description: Events of what becomes of Bytemark Cloud servers (VMs)
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Polls the API of Bytemark Cloud (once called BigV), and tells ansible-rulebook what has become of the VMs of an
    account, or of all that the credentials see, from one poll to the next.
  - An event has a C(type), and C(vm), which is the VM as it is now, or as it was last seen.
  - C(created) is a VM that was not there before; where C(restored) is true, it had been soft-deleted. C(deleted) is a
    VM that was soft-deleted or, where C(purged) is true, is gone for good. C(on) and C(off) tell of its power.
  - C(changed) has what differs, C(before) and C(after). That is what a task can set (name, group, cores, memory, discs
    and so on) and the addresses; a VM that was renamed or moved has changed.
  - C(existing) is a VM that is there at the first poll. Nothing else is told of that one, and C(existing) itself only
    if O(events) names it.
  - A poll is one request, however many VMs there are (or three, where the API does not nest discs and NICs in lists).
    Before a VM is said to be gone, or to have lost a disc or an address, its account is read as well, and has to say
    the same.
  - A poll that fails, after the retries of a request, is a warning in the log, and the next one comes at its time. What
    has become of the VMs meanwhile is told then. That VMs can be seen no longer is no deletion.
  - The source ends with an error if an option does not fit, if the API refuses the credentials, and if it refuses the
    first poll. A user name and a password log in again when a session has ended.
  - What the API says is not evaluated by playbooks that get it. A brace that begins a template in it is followed by a
    blank, and characters that cannot be printed are blanks.
requirements:
  - ansible-core, in the Python that runs ansible-rulebook
  - requests >= 2.25, where a proxy is used
options:
  account:
    description:
      - The name or the id of the account. All that the credentials see, if it is not given.
      - The environment variables E(BIGV_ACCOUNT) and E(BM_ACCOUNT) are used where the option is not given.
    type: str
  groups:
    description:
      - The names or ids of the groups to tell of. All, if none is given.
      - A VM that is moved from or to one of them has changed.
    type: list
    elements: str
    default: []
  events:
    description:
      - The types of events to tell of.
    type: list
    elements: str
    choices: [created, deleted, changed, 'on', 'off', existing]
    default: [created, deleted, changed, 'on', 'off']
  interval:
    description:
      - The seconds from the answer of a poll to the next poll, 0.1 at least.
    type: float
    default: 60
  api_url:
    description:
      - The address of the API.
      - The environment variables E(BIGV_API_URL) and E(BM_ENDPOINT) are used where the option is not given.
    type: str
    default: https://uk0.bigv.io
  auth_url:
    description:
      - The address of the authentication service, which is asked only when there is no O(token).
      - The environment variables E(BIGV_AUTH_URL) and E(BM_AUTH_ENDPOINT) are used where the option is not given.
    type: str
    default: https://auth.bytemark.co.uk
  token:
    description:
      - An API key, or the id of a session, which ends with it.
      - The environment variables E(BIGV_TOKEN), E(BYTEMARK_AUTH_TOKEN) and E(BYTEMARK_TOKEN) are used where the option
        is not given, and else the token of the provider's own command-line client.
    type: str
  username:
    description:
      - The user to log in as, where there is no O(token).
      - The environment variables E(BIGV_USERNAME), E(BM_USER) and E(BIGV_USER) are used where the option is not given.
    type: str
  password:
    description:
      - The password to log in with, where there is no O(token).
      - The environment variable E(BIGV_PASSWORD) is used where the option is not given.
    type: str
  yubikey:
    description:
      - The one-time password to log in with. It is good for one session.
      - The environment variable E(BIGV_YUBIKEY) is used where the option is not given.
    type: str
  api_timeout:
    description:
      - How long to wait for the answer to one request, in seconds.
      - The environment variable E(BIGV_API_TIMEOUT) is used where the option is not given.
    type: int
    default: 30
  api_retries:
    description:
      - How often a request is repeated after the first try, with a growing pause.
      - The environment variable E(BIGV_API_RETRIES) is used where the option is not given.
    type: int
    default: 5
  validate_certs:
    description:
      - Whether the server's certificate has to verify.
      - The environment variable E(BIGV_VALIDATE_CERTS) is used where the option is not given.
    type: bool
    default: true
  ca_path:
    description:
      - A file or a folder with the certificates of the authorities to trust.
      - The environment variable E(BIGV_CA_PATH) is used where the option is not given.
    type: path
"""

EXAMPLES = r"""
- name: Tell of everything in two groups, every ten seconds
  bytemark.cloud.bigv_changes:
    account: acme
    groups: [web, db]
    interval: 10

- name: Tell of servers that are gone or go off
  bytemark.cloud.bigv_changes:
    account: acme
    token: "{{ token }}"
    events: [deleted, 'off']
"""

# The collection that this file is in, under a name of its own: ansible-core's loader of collections is not at work in
# ansible-rulebook, and another installation of the collection may come before this one.
PACKAGE = "_bytemark_cloud_of_bigv_changes"
PLUGINS = Path(__file__).resolve().parents[4] / "plugins"

Answer = TypeVar("Answer")


async def main(queue: asyncio.Queue[Any], args: Mapping[str, Any]) -> None:
    """Put an event into the queue for whatever becomes of the servers, until the task is cancelled."""
    watching = _collection_module("plugin_utils._watch")
    try:
        await _watch(watching.Watch(args), queue)
    except watching.BigvError as error:
        # ansible-rulebook logs each line of code that an error has come through. What it says is enough.
        raise error.with_traceback(None) from None


async def _watch(watch: Any, queue: asyncio.Queue[Any]) -> None:
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
            f"bytemark.cloud.bigv_changes requires ansible-core in the Python of ansible-rulebook, {sys.executable}."
        ) from None


async def _in_thread(function: Callable[[], Answer]) -> Answer:
    """Return what a function that blocks returns.

    Nobody waits for it any longer once this is cancelled, as the loop does for its own threads when it closes.
    """
    future: Future[Answer] = Future()

    def work() -> None:
        future.set_running_or_notify_cancel()
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return await asyncio.wrap_future(future)
