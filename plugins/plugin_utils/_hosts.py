# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors

"""What a VM is as a host: its variables, its possible names and addresses. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible_collections.bytemark.cloud.plugins.module_utils._names import VmName
from ansible_collections.bytemark.cloud.plugins.module_utils._plan import Resource
from ansible_collections.bytemark.cloud.plugins.module_utils._vm_read import addresses, place_of

DEFAULT_PREFIX = "bigv_"
NOT_IN_NAMES = re.compile(r"\W", re.ASCII)

try:
    # Since ansible-core 2.19 only what is tagged as trusted is ever templated, and what an API said never is.
    from ansible.template import trust_as_template as _trust_as_template  # noqa: F401

    def unsafe(value: Any) -> Any:
        """The value, marked so that it is never templated."""
        return value

except ImportError:
    from ansible.utils.unsafe_proxy import AnsibleUnsafeText

    def unsafe(value: Any) -> Any:
        """The value, marked so that it is never templated. Only what could be a template needs the mark."""
        if isinstance(value, str):
            return AnsibleUnsafeText(value) if "{" in value or value.startswith("#jinja2:") else value
        if isinstance(value, dict):
            return {unsafe(key): unsafe(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [unsafe(entry) for entry in value]
        return value


class Server:
    """A VM, with what hosts are named and connected to by."""

    __slots__ = ("ipv4", "ipv6", "place", "vm")

    def __init__(self, vm: Resource) -> None:
        self.vm: Resource = unsafe(vm)
        self.place: VmName | None = place_of(vm)
        self.ipv4, self.ipv6 = addresses(self.vm)

    @property
    def running(self) -> bool:
        return bool(self.vm.get("power_on"))

    @property
    def full_name(self) -> str:
        """The full DNS name; its id, should it ever have none."""
        name = self.vm.get("hostname") or f"{DEFAULT_PREFIX}{self.vm['id']}"
        return name if isinstance(name, str) else str(name)

    @property
    def short(self) -> str | None:
        return unsafe(str(self.place)) if self.place else None

    def attributes(self) -> dict[str, Any]:
        """Everything that becomes a variable."""
        shown = dict(self.vm)
        shown["ipv4"] = self.ipv4
        shown["ipv6"] = self.ipv6
        shown["account"] = unsafe(self.place.account) if self.place else None
        shown["group"] = unsafe(self.place.group) if self.place else None
        return shown


Pick = Callable[[Server], Any]

HOSTNAMES: dict[str, Pick] = {
    "name": lambda server: server.vm.get("name"),
    "hostname": lambda server: server.vm.get("hostname"),
    "short": lambda server: server.short,
    "id": lambda server: server.vm.get("id"),
    "ipv4": lambda server: next(iter(server.ipv4), None),
    "ipv6": lambda server: next(iter(server.ipv6), None),
}
CONNECTIONS: dict[str, Pick] = {
    "hostname": HOSTNAMES["hostname"],
    "ipv4": HOSTNAMES["ipv4"],
    "ipv6": HOSTNAMES["ipv6"],
    "management_address": lambda server: server.vm.get("management_address"),
}


class VariableNames:
    """The variable of each attribute: its name with the prefix, unless Ansible reserves what that gives."""

    def __init__(self, prefix: str, is_reserved: Callable[[str], bool], warn: Callable[[str], None]) -> None:
        self._prefix = prefix
        self._is_reserved = is_reserved
        self._warn = warn
        self._known: dict[str, str] = {}

    def rename(self, attributes: dict[str, Any]) -> dict[str, Any]:
        known = self._known
        try:
            return {known[attribute]: value for attribute, value in attributes.items()}
        except KeyError:
            known.update({attribute: self._name(attribute) for attribute in attributes if attribute not in known})
            return self.rename(attributes)

    def _name(self, attribute: str) -> str:
        name = self._prefix + NOT_IN_NAMES.sub("_", attribute)
        if not self._is_reserved(name) and name.isidentifier():
            return name
        kept = DEFAULT_PREFIX + NOT_IN_NAMES.sub("_", attribute)
        self._warn(f"hostvars_prefix: Ansible reserves the variable name {name!r}, so it stays {kept!r}.")
        return kept
