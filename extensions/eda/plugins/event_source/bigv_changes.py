# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Event source for ansible-rulebook: changes to the servers of Bytemark Cloud."""

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
short_description: Events for changes to Bytemark Cloud servers (VMs)
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Polls the API of Bytemark Cloud (once called BigV) and sends ansible-rulebook the changes to the VMs of an account,
    or of all VMs that the credentials can see, from one poll to the next.
  - An event has a C(type) and a C(vm), which is the VM in its current or last known state.
  - C(created) means that a VM is new; if C(restored) is true, it had been soft-deleted. C(deleted) means that a VM was
    soft-deleted or, if C(purged) is true, permanently deleted. C(on) and C(off) mean that its power state changed.
  - C(changed) contains the differences, C(before) and C(after). It covers everything that a task can set (name, group,
    cores, memory, discs and so on) and the addresses. A VM that was renamed or moved has changed.
  - C(existing) means that a VM exists at the first poll. The first poll sends no other events, and sends C(existing)
    only if it is in O(events).
  - A poll is one request for any number of VMs (or three if the API does not nest discs and NICs in lists). Before a
    VM is reported as gone, or as having lost a disc or an address, its account is read, too, and must confirm it.
  - A poll that fails, after the retries of a request, is a warning in the log, and the next poll follows as scheduled.
    It then sends the changes that happened in the meantime. VMs that can no longer be seen do not count as deleted.
  - The source ends with an error if an option is not valid, if the API refuses the credentials, or if it refuses the
    first poll. With a user name and a password, it logs in again when a session has expired.
  - Values from the API are not evaluated by playbooks that receive them. A brace that starts a template is followed by
    a blank, and unprintable characters are replaced by blanks.
requirements:
  - ansible-core, in the Python that runs ansible-rulebook
  - requests >= 2.25, if a proxy is used
options:
  account:
    description:
      - The name or the id of the account. By default, all VMs that the credentials can see are polled.
      - If omitted, the environment variables E(BIGV_ACCOUNT) and E(BM_ACCOUNT) are used.
    type: str
  groups:
    description:
      - The names or ids of the groups to send events for. By default, all groups.
      - A VM that is moved from or to one of them has changed.
    type: list
    elements: str
    default: []
  events:
    description:
      - The types of events to send.
    type: list
    elements: str
    choices: [created, deleted, changed, 'on', 'off', existing]
    default: [created, deleted, changed, 'on', 'off']
  interval:
    description:
      - The seconds between the answer to a poll and the next poll, at least 0.1.
    type: float
    default: 60
  api_url:
    description:
      - The address of the API.
      - If omitted, the environment variables E(BIGV_API_URL) and E(BM_ENDPOINT) are used.
    type: str
    default: https://uk0.bigv.io
  auth_url:
    description:
      - The address of the authentication service, which is used only if there is no O(token).
      - If omitted, the environment variables E(BIGV_AUTH_URL) and E(BM_AUTH_ENDPOINT) are used.
    type: str
    default: https://auth.bytemark.co.uk
  token:
    description:
      - An API key or a session id. With a session id, the source ends when the session expires.
      - If omitted, the environment variables E(BIGV_TOKEN), E(BYTEMARK_AUTH_TOKEN) and E(BYTEMARK_TOKEN) are used, and
        otherwise the token of the provider's own command-line client.
    type: str
  username:
    description:
      - The user to log in as, if there is no O(token).
      - If omitted, the environment variables E(BIGV_USERNAME), E(BM_USER) and E(BIGV_USER) are used.
    type: str
  password:
    description:
      - The password to log in with, if there is no O(token).
      - If omitted, the environment variable E(BIGV_PASSWORD) is used.
    type: str
  yubikey:
    description:
      - The one-time password to log in with. It is valid for one session.
      - If omitted, the environment variable E(BIGV_YUBIKEY) is used.
    type: str
  api_timeout:
    description:
      - The timeout for the answer to one request, in seconds.
      - If omitted, the environment variable E(BIGV_API_TIMEOUT) is used.
    type: int
    default: 30
  api_retries:
    description:
      - How many times a request is retried after the first attempt, with exponential backoff.
      - If omitted, the environment variable E(BIGV_API_RETRIES) is used.
    type: int
    default: 5
  validate_certs:
    description:
      - Whether to verify the server's certificate.
      - If omitted, the environment variable E(BIGV_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - A file or a folder with the certificates of the authorities to trust.
      - If omitted, the environment variable E(BIGV_CA_PATH) is used.
    type: path
"""

EXAMPLES = r"""
- name: Send all changes in two groups, polling every ten seconds
  bytemark.cloud.bigv_changes:
    account: acme
    groups: [web, db]
    interval: 10

- name: Send an event when a server is deleted or powered off
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
