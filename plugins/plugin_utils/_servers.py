# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""The servers of a fleet as hosts, of what the API calls their names and addresses. Pure. Private to bytemark.cloud.

What the API says is taken for a name or an address only if it is one: anything else could be an option of ssh, and one
such as ``-oProxyCommand`` runs a command on the controller. A name that means the controller, or more than a host, is
no server's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ._addresses import is_address, is_dns_name
from ._hosts import DEFAULT_PREFIX, NOT_IN_NAMES, TAKEN


class FleetServer(NamedTuple):
    """A server that bigv_fleet returned, with its usable name and address (empty if there is none)."""

    vm: str
    id: int
    hostname: str
    address: str
    running: bool
    unfit: tuple[str, ...]

    @property
    def host(self) -> str:
        return self.hostname or f"{DEFAULT_PREFIX}{self.id}"

    @property
    def group(self) -> str:
        """Return the group of the same name as in the inventory plugin."""
        _vm, group, account = self.vm.rsplit(".", 2)
        return NOT_IN_NAMES.sub("_", f"{DEFAULT_PREFIX}{account}_{group}")

    @property
    def complaint(self) -> str:
        """Return what is wrong with what the API calls it, or nothing."""
        if not self.unfit:
            return ""
        names = json.dumps(self.unfit, ensure_ascii=False)
        return f"{self.vm} cannot be named or reached by {names}, which is not the DNS name or IP address of a server."


def fleet_servers(vms: list[Mapping[str, Any]]) -> list[FleetServer]:
    """Return the servers that are there, of the results of bigv_fleet for each VM."""
    return [_server(entry["name"], entry["vm"]) for entry in vms if (entry.get("vm") or {}).get("id")]


def _server(name: str, vm: Mapping[str, Any]) -> FleetServer:
    hostname = vm.get("hostname") or ""
    fits = is_dns_name(hostname) and hostname.lower() not in TAKEN
    addresses = [*(vm.get("ipv4") or ()), *(vm.get("ipv6") or ())]
    return FleetServer(
        vm=name,
        id=vm["id"],
        hostname=hostname if fits else "",
        address=next(filter(is_address, addresses), ""),
        running=bool(vm.get("power_on")),
        unfit=(*([hostname] if hostname and not fits else ()), *(one for one in addresses if not is_address(one))),
    )
