# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""What a VM is as a host: its variables, its possible names and addresses. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ansible.constants import LOCALHOST

from ..module_utils._core.plan import Resource
from ..module_utils._resources.ip.attributes import addresses
from ..module_utils._resources.names import VmName
from ..module_utils._resources.vm.read import location_of
from ._addresses import is_address, is_dns_name

DEFAULT_PREFIX = "bigv_"
NOT_IN_NAMES = re.compile(r"\W", re.ASCII)
# What ansible-core cannot list as a host, or takes for the controller.
TAKEN = frozenset(("all", "ungrouped", *LOCALHOST))
ORDERS = re.compile(r"_*ansible_")
# The pattern of every attribute, and what a host gets besides attributes.
ANYTHING = "*"
CONNECTION_VARIABLES = ("ansible_host",)

try:
    # Since ansible-core 2.19 only what is tagged as trusted is ever templated, and what an API said never is.
    from ansible.template import trust_as_template as _trust_as_template  # noqa: F401

    def unsafe(value: Any) -> Any:
        """Mark the value so that it is never templated."""
        return value

except ImportError:
    from ansible.utils.unsafe_proxy import AnsibleUnsafeText

    def unsafe(value: Any) -> Any:
        """Mark the value so that it is never templated. Only what could be a template needs the mark."""
        if isinstance(value, str):
            return AnsibleUnsafeText(value) if "{" in value or value.startswith("#jinja2:") else value
        if isinstance(value, dict):
            return {unsafe(key): unsafe(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [unsafe(entry) for entry in value]
        return value


class Server:
    """A VM, with what hosts are named and connected to by.

    ``api_url`` is where it is known. What the API says is neither a name nor an address where it has to be one is left
    out, and is in ``unfit``.
    """

    __slots__ = ("api_url", "hostname", "ipv4", "ipv6", "management_address", "place", "unfit", "vm")

    def __init__(self, vm: Resource, api_url: str) -> None:
        self.api_url = api_url
        self.unfit: dict[str, Any] = {}
        self.vm: Resource = unsafe(vm)
        self.hostname: str | None = self._checked("hostname")
        self.management_address: str | None = self._checked("management_address")
        self.place: VmName | None = location_of(vm) if self.hostname else None
        self.ipv4, self.ipv6 = addresses(self.vm)
        for address in (*self.ipv4, *self.ipv6):
            if not is_address(address):
                self._leave_addresses_out()
                break

    def _checked(self, attribute: str) -> str | None:
        """Return the attribute if it is a name or an address. The controller's own name is no VM's."""
        value = self.vm.get(attribute)
        if not value:
            return None
        text = str(value)
        if (is_dns_name(text) or is_address(text)) and text.lower() != "localhost":
            return text
        self.unfit[attribute] = value
        return None

    def _leave_addresses_out(self) -> None:
        nics = []
        for nic in self.vm["network_interfaces"]:
            for key in ("ips", "extra_ips"):
                found = nic.get(key) or ()
                bad = [address for address in found if not is_address(address)]
                if bad:
                    self.unfit[key] = bad[0]
                    good = [address for address in found if address not in bad]
                    nic = {
                        **nic,
                        key: {address: found[address] for address in good} if isinstance(found, dict) else good,
                    }
            nics.append(nic)
        self.vm = {**self.vm, "network_interfaces": nics}
        self.ipv4, self.ipv6 = addresses(self.vm)

    @property
    def additional_ips(self) -> list[str]:
        """Return the additional addresses, in the order of the NICs."""
        nics = self.vm.get("network_interfaces") or ()
        return [address for nic in nics for address in nic.get("extra_ips") or ()]

    @property
    def running(self) -> bool:
        return bool(self.vm.get("power_on"))

    @property
    def name(self) -> str | None:
        name = str(self.vm.get("name") or "")
        if name and not is_dns_name(name):
            self.unfit["name"] = name
        return None if "name" in self.unfit else name or None

    @property
    def id(self) -> int:
        """Return the id, which every VM has."""
        return int(self.vm["id"])

    @property
    def full_name(self) -> str:
        """Return the full DNS name, or else one made of the id."""
        if self.hostname and self.hostname not in TAKEN:
            return self.hostname
        return f"{DEFAULT_PREFIX}{self.id}"

    @property
    def short(self) -> str | None:
        return str(self.place) if self.place else None

    def attributes(self) -> dict[str, Any]:
        """Everything that becomes a variable."""
        shown = dict(self.vm)
        for attribute in self.unfit:
            if attribute in ("hostname", "management_address"):
                del shown[attribute]
        shown["ipv4"] = self.ipv4
        shown["ipv6"] = self.ipv6
        shown["additional_ips"] = self.additional_ips
        shown["account"] = self.place.account if self.place else None
        shown["group"] = self.place.group if self.place else None
        return shown


Pick = Callable[[Server], Any]

HOSTNAMES: dict[str, Pick] = {
    "name": lambda server: server.name,
    "hostname": lambda server: server.hostname,
    "short": lambda server: server.short,
    "id": lambda server: server.id,
    "ipv4": lambda server: next(iter(server.ipv4), None),
    "ipv6": lambda server: next(iter(server.ipv6), None),
}
CONNECTIONS: dict[str, Pick] = {
    "hostname": HOSTNAMES["hostname"],
    "ipv4": HOSTNAMES["ipv4"],
    "ipv6": HOSTNAMES["ipv6"],
    "management_address": lambda server: server.management_address,
}


class VariableNames:
    """The variable of each attribute: its name with the prefix, unless Ansible reserves what that gives.

    What Ansible takes orders from, such as ``ansible_connection``, never comes from the API. Hosts get the variables
    whose names without the prefix match one of the ``patterns``.
    """

    def __init__(
        self,
        prefix: str,
        patterns: Sequence[str],
        is_reserved: Callable[[str], bool],
        warn: Callable[[str], None],
    ) -> None:
        self._prefix = prefix
        self._patterns = patterns
        self._is_reserved = is_reserved
        self._warn = warn
        self._known: dict[str, str] = {}
        self._taken = set(CONNECTION_VARIABLES)
        self._matching: set[str] = set()

    def of_hosts(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Return those of the variables that hosts get."""
        if ANYTHING in self._patterns:
            return variables
        return {name: value for name, value in variables.items() if name in self._taken}

    def warn_of_idle_patterns(self) -> None:
        """Warn of patterns that no attribute of any VM matches, if there is a VM."""
        idle = [pattern for pattern in self._patterns if pattern not in self._matching]
        if idle and self._known:
            self._warn(
                f"variables: no VM has an attribute that matches {', '.join(map(repr, idle))}. Specify names without "
                f"the prefix {self._prefix!r}; the attributes are {', '.join(sorted(map(_plain, self._known)))}."
            )

    def rename(self, attributes: dict[str, Any]) -> dict[str, Any]:
        known = self._known
        try:
            return {known[attribute]: value for attribute, value in attributes.items()}
        except KeyError:
            known.update({attribute: self._name(attribute) for attribute in attributes if attribute not in known})
            return self.rename(attributes)

    def _name(self, attribute: str) -> str:
        name = self._variable(attribute)
        matching = [pattern for pattern in self._patterns if fnmatchcase(_plain(attribute), pattern)]
        self._matching.update(matching)
        if matching:
            self._taken.add(name)
        return name

    def _variable(self, attribute: str) -> str:
        name = self._prefix + _plain(attribute)
        if name.isidentifier() and not ORDERS.match(name) and not self._is_reserved(name):
            return name
        kept = DEFAULT_PREFIX + _plain(attribute)
        self._warn(f"hostvars_prefix: Ansible reserves the variable name {name!r}, so it stays {kept!r}.")
        return kept


def _plain(attribute: str) -> str:
    """Return the name of an attribute as that of a variable without its prefix."""
    return NOT_IN_NAMES.sub("_", attribute)
