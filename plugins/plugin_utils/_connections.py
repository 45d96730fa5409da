# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""The connections that one source reads, and the VMs of all of them. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ansible.config.manager import resolve_path

from ..module_utils._core.environment import with_client_token
from ..module_utils._core.plan import Resource
from ..module_utils._resources.reach import REACH_OPTIONS, reach_of
from ._options import WHERE_AND_WHO
from ._source import Wanted, first_of

CONNECTION_OPTIONS = (*WHERE_AND_WHO, "api_timeout", "api_retries", "validate_certs")
LOGIN = ("username", "password", "yubikey")


class Connection(NamedTuple):
    """Where to read VMs as whom, and which. ``place`` is what its options begin with: nothing for the source's own."""

    place: str
    params: dict[str, Any]
    wanted: Wanted

    @property
    def title(self) -> str:
        """Return what a message about the connection begins with."""
        return f"{self.place.rstrip('.')}: " if self.place else ""

    @property
    def api_url(self) -> str:
        """Return the address of the API as it tells one from another."""
        return str(self.params["api_url"]).rstrip("/")


def connections_of(get_option: Callable[[str], Any], environment: Mapping[str, str]) -> list[Connection]:
    """Return the connections of a source: those that it lists, or else the one of its own options."""
    own = {option: get_option(option) for option in (*CONNECTION_OPTIONS, "accounts", "vm_groups", *REACH_OPTIONS)}
    include_deleted = get_option("include_deleted")
    entries = get_option("connections")
    listed = [(f"connections[{number}].", _completed(own, entry)) for number, entry in enumerate(entries or ())]
    return [
        Connection(
            place,
            with_client_token({option: options[option] for option in CONNECTION_OPTIONS}, environment),
            Wanted(tuple(options["accounts"]), tuple(options["vm_groups"]), include_deleted, reach_of(options)),
        )
        for place, options in listed or [("", own)]
    ]


def _completed(own: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of an entry with those of the source that it leaves out.

    A token goes before a login, so an entry that says who logs in is not given that of the source.
    """
    options = {**own, **entry}
    if "token" not in entry and any(option in entry for option in LOGIN):
        options["token"] = None
    if "ca_path" in entry:
        options["ca_path"] = resolve_path(entry["ca_path"])
    return options


def each_once(
    read: Iterable[tuple[Connection, list[Resource]]], warn: Callable[[str], None]
) -> list[tuple[str, Resource]]:
    """Return the VMs, each with the address of its API, and once, as the first connection that shows it does."""
    found: dict[tuple[str, Any], Resource] = {}
    again: list[str] = []
    for connection, vms in read:
        for vm in vms:
            if found.setdefault((connection.api_url, vm["id"]), vm) is not vm:
                again.append(str(vm.get("hostname") or vm["id"]))
    if again:
        warn(
            f"connections: several of them list {first_of(again)}; each becomes one host, as the first of them lists "
            "it."
        )
    return [(api_url, vm) for (api_url, _id), vm in found.items()]
