# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""Polling the API for what becomes of VMs: the event source without its queue. Private to bytemark.cloud."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ..module_utils._core.argument_errors import misfit
from ..module_utils._core.arguments import has_misplaced, read_texts, secret_names, secrets_in
from ..module_utils._core.environment import from_environment, given
from ..module_utils._core.errors import BigvError, Interrupted, NotAuthenticated, Transient, Unreachable
from ..module_utils._core.module import CLIENT_OPTIONS, SHARED_OPTIONS, UNFIT, connect, url_credentials
from ..module_utils._core.names import MAX_NUMBER, check_name
from ..module_utils._core.secrets import without_secrets
from ..module_utils._resources.account import locate_account
from ..module_utils._resources.names import anywhere_in
from ..module_utils._resources.overview import read_overview
from ..module_utils._resources.vm.read import list_matching_vms
from ._changes import (
    CHANGED,
    CREATED,
    DELETED,
    EXISTING,
    OFF,
    ON,
    Event,
    Portrait,
    changes,
    completed,
    has_lost,
    portraits,
)
from ._validation import validated_by

SHARED = (*CLIENT_OPTIONS, "account")
DEFAULT_TYPES = [CREATED, DELETED, CHANGED, ON, OFF]
LEAST_INTERVAL = 0.1
SPEC: dict[str, Any] = {
    **{option: SHARED_OPTIONS[option] for option in SHARED},
    "groups": {"type": "list", "elements": "str", "default": []},
    "events": {"type": "list", "elements": "str", "choices": [*DEFAULT_TYPES, EXISTING], "default": DEFAULT_TYPES},
    "interval": {"type": "float", "default": 60},
}
# What YAML makes of the names of two events.
BOOLEANS = {True: ON, False: OFF}

logger = logging.getLogger("bytemark.cloud.bigv_changes")


class Watch:
    """The VMs of an account, or all that the credentials see, and what becomes of them from one poll to the next."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        params = checked_options(arguments)
        self.interval: float = params["interval"]
        self._groups = {check_name("groups", group) for group in params["groups"]}
        self._types = set(params["events"])
        self._client = connect(params)
        self._secrets = secrets_in(params, secret_names(SPEC)) | url_credentials(params)
        self._where = anywhere_in(None, params["account"], from_environment("account", os.environ))
        self._known: dict[int, Portrait] | None = None
        self._is_blind = False

    def stop(self) -> None:
        """Have a poll that is under way end soon."""
        self._client.stop()

    def poll(self) -> list[Event]:
        """Return what has become of the VMs since the last poll that was answered: nothing, if this one is not.

        What no later poll could mend is raised: that the credentials are refused and, before the first answer, anything
        but a fault that may pass.
        """
        try:
            events = self._events()
        except (Interrupted, NotAuthenticated):
            raise
        except BigvError as error:
            if self._known is None and not isinstance(error, (Unreachable, Transient)):
                raise
            logger.warning("No events from this poll: %s", error)
            self._is_blind = True
            return []
        if self._is_blind:
            logger.warning("The API answers again.")
            self._is_blind = False
        return [self._shown(event) for event in events if event["type"] in self._types and self._concerns(event)]

    def _events(self) -> list[Event]:
        """Read the VMs, and return what has become of them."""
        now = portraits(list_matching_vms(self._client, self._where, include_deleted=True))
        if self._known is None:
            events = [{"type": EXISTING, "vm": vm} for vm in now.values() if not vm["deleted"]]
            self._warn_of_empty_groups(now)
        else:
            now = completed(self._known, {**now, **self._found_again(now)})
            events = list(changes(self._known, now))
        self._known = now
        return events

    def _found_again(self, now: Mapping[int, Portrait]) -> dict[int, Portrait]:
        """Return what a second read, of their accounts, finds of the VMs that are not whole in the list, or not in it.

        A VM is gone only if its account can be seen and has it no more: to lose sight of an account is no deletion.
        """
        lost: dict[str, dict[int, Portrait]] = {}
        for number, vm in (self._known or {}).items():
            if has_lost(vm, now.get(number)):
                lost.setdefault(self._where.account or vm.get("account", ""), {})[number] = vm
        found: dict[int, Portrait] = {}
        for account, theirs in lost.items():
            try:
                account = locate_account(self._client, account)
                there = portraits(read_overview(self._client, account)[2])
            except Interrupted:
                raise
            except BigvError as error:
                logger.warning("Events of %d VMs that are missing from the list may be delayed: %s", len(theirs), error)
                there = theirs
            found.update({number: there[number] for number in theirs.keys() & there.keys()})
        return found

    def _warn_of_empty_groups(self, now: Mapping[int, Portrait]) -> None:
        empty = self._groups - {name for vm in now.values() for name in _groups_of(vm)}
        if empty:
            logger.warning("groups: there is no VM in %s so far, or these credentials cannot see it.", sorted(empty))

    def _concerns(self, event: Event) -> bool:
        """Tell whether the VM is in one of the groups, or was until now."""
        groups = _groups_of(event["vm"]) | _groups_of(event.get("before", {}))
        return not self._groups or bool(self._groups & groups)

    def _shown(self, event: Event) -> Event:
        """Return the event without secrets, as a copy: filters of events may change what they are given."""
        return deepcopy(without_secrets(self._client.redact(event), self._secrets))


def _groups_of(vm: Mapping[str, Any]) -> set[str]:
    return {str(vm[key]) for key in ("group", "group_id") if key in vm}


def checked_options(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with their defaults, if all of them fit."""
    arguments = read_texts(given(arguments, SHARED, os.environ), SPEC)
    if isinstance(arguments.get("events"), list):
        arguments["events"] = [BOOLEANS[name] if isinstance(name, bool) else name for name in arguments["events"]]
    validated = validated_by(SPEC, arguments)
    if validated is None or validated.error_messages or has_misplaced(arguments, SPEC):
        raise BigvError(misfit(arguments, SPEC) or UNFIT)
    params: dict[str, Any] = validated.validated_parameters
    if not LEAST_INTERVAL <= params["interval"] <= MAX_NUMBER:
        raise BigvError(f"interval: must be {LEAST_INTERVAL} to {MAX_NUMBER} seconds, got {params['interval']}")
    if not params["events"]:
        raise BigvError(f"events: must not be empty; specify some of {', '.join(SPEC['events']['choices'])}")
    return params
