# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""What hosts are called, so that no two servers become one host. Private to bytemark.cloud."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from ._hosts import TAKEN, Server
from ._source import MAX_SHOWN, first_of


class Named(NamedTuple):
    """The server that a host is, and the source that named it so."""

    api_url: str
    vm_id: int
    full_name: str
    source: str

    def is_same_server(self, other: Named) -> bool:
        return self[:2] == other[:2]

    def instead(self) -> Iterator[str]:
        """Yield the names that it may get where it cannot have the one that was wanted."""
        yield self.full_name
        yield f"{self.full_name}.{self.vm_id}"
        for number in itertools.count(2):
            yield f"{self.full_name}.{number}"


# What the sources of one run have named, for each inventory that they go into. A refresh makes a new inventory.
_named: WeakKeyDictionary[Any, dict[str, Named]] = WeakKeyDictionary()


class HostNames:
    """The names that one source gives to its servers.

    A host of that name from another kind of source is the same host, as everywhere in Ansible.
    """

    def __init__(self, inventory: Any, source: str, warn: Callable[[str], None]) -> None:
        # Since ansible-core 2.19 each source gets a wrapper of its own around the inventory.
        self._all = _named.setdefault(getattr(inventory, "__wrapped__", inventory), {})
        self._source = os.path.realpath(source)
        self._warn = warn
        self._others = {name: named for name, named in self._all.items() if named.source != self._source}
        self._own: dict[str, Named] = {}
        self._renamed: list[str] = []

    def name(self, server: Server, wanted: str) -> str:
        """Return the name that the server gets: the one wanted, unless it is another's or cannot be a host's."""
        named = Named(server.api_url, server.id, server.full_name, self._source)
        other = self._other(wanted, named)
        name = wanted
        if other or wanted in TAKEN:
            name = next(name for name in named.instead() if name not in TAKEN and not self._other(name, named))
            self._renamed.append(name)
            if len(self._renamed) <= MAX_SHOWN:
                self._warn(f"hostnames: {_why_not(wanted, named, other)} is {name} instead.")
        self._own[name] = named
        return name

    def warn_of_more(self) -> None:
        """Warn in one line of the hosts that were renamed, except the first few."""
        more = self._renamed[MAX_SHOWN:]
        if more:
            self._warn(f"hostnames: the same applies to {len(more)} more, which are {first_of(more)} instead.")

    def keep(self) -> None:
        """Let the sources that come later know."""
        self._all.update(self._own)

    def _other(self, name: str, named: Named) -> Named | None:
        """Return what another server is that has the name, if any has."""
        found = self._own.get(name) or self._others.get(name)
        return None if found is None or found.is_same_server(named) else found


def _why_not(wanted: str, named: Named, other: Named | None) -> str:
    if other is None:
        return f"{named.full_name} would be called {wanted}, which has another meaning in Ansible; it"
    where = "" if other.source == named.source else f" (of {os.path.basename(other.source)})"
    return f"{other.full_name}{where} and {named.full_name} would both be called {wanted}; the latter"
