# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors

"""What an inventory reads from the API: a constant number of requests. Private to bytemark.cloud."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any, NamedTuple

from ansible_collections.bytemark.cloud.plugins.module_utils._client import Client
from ansible_collections.bytemark.cloud.plugins.module_utils._plan import Resource
from ansible_collections.bytemark.cloud.plugins.module_utils._vm_read import list_vms, place_of


class Wanted(NamedTuple):
    """Which VMs: of these accounts and of these groups (names or ids); none given means all."""

    accounts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    include_deleted: bool = False

    def queries(self) -> list[dict[str, str]]:
        """The filters of each request: the API takes one account and one group at a time.

        Both are sent together where there is one group only; the rest is left to `keeps`.
        """
        groups = [_filter("group", group) for group in self.groups]
        if self.accounts:
            both = groups[0] if len(groups) == 1 else {}
            queries = [{**_filter("account", account), **both} for account in self.accounts]
        else:
            queries = groups or [{}]
        return [{**query, "include_deleted": "true"} for query in queries] if self.include_deleted else queries

    def keeps(self, vm: Resource) -> bool:
        """Whether it is one of those wanted. Whether the API combines filters is not known, so it is asked here too.

        What the VM does not say is left to the API: it has the id of its group, and of its account only the name.
        """
        place = place_of(vm)
        if place is None:
            return True
        return (not self.groups or place.group in self.groups or str(vm.get("group_id")) in self.groups) and (
            not self.accounts or place.account in self.accounts or any(name.isdigit() for name in self.accounts)
        )

    def missed(self, vms: list[Resource]) -> dict[str, list[str]]:
        """The names, by option, that none of the VMs is in; where both options are given, only if there is no VM.

        Ids are left out: a VM does not tell its account's.
        """
        if self.accounts and self.groups:
            return {} if vms else {"accounts, vm_groups": [*self.accounts, *self.groups]}
        places = [place_of(vm) for vm in vms] if self.accounts or self.groups else []
        if None in places:
            return {}
        option, names, part = ("accounts", self.accounts, 2) if self.accounts else ("vm_groups", self.groups, 1)
        found = {place[part] for place in places if place}
        missed = [name for name in names if not name.isdigit() and name not in found]
        return {option: missed} if missed else {}


def _filter(kind: str, value: str) -> dict[str, str]:
    return {f"{kind}_{'id' if value.isdigit() else 'name'}": value}


def fetch(client: Client, wanted: Wanted) -> tuple[list[Resource], dict[str, list[str]]]:
    """The VMs wanted, each once, with their discs and NICs; and, by option, the names in which there was none."""
    found: dict[Any, Resource] = {}
    for query in wanted.queries():
        for vm in list_vms(client, **query):
            if wanted.keeps(vm):
                found.setdefault(vm["id"], vm)
    vms = list(found.values())
    return vms, wanted.missed(vms)


def fingerprint(api_url: str, wanted: Wanted, identity: str) -> str:
    """What tells one answer from another in a cache: where it is from, the query, and (as a digest) who asked."""
    who = hashlib.sha256(identity.encode()).hexdigest()
    asked = json.dumps([api_url.rstrip("/"), sorted(map(sorted, map(dict.items, wanted.queries()))), wanted, who])
    return hashlib.sha256(asked.encode()).hexdigest()[:20]


def to_cache(vms: list[Resource]) -> dict[str, Any]:
    """The cache's entry: one text, which cache plugins store and copy far faster than what it says."""
    return {"fetched": int(time.time()), "vms": json.dumps(vms)}


def from_cache(entry: Any) -> tuple[list[Resource], float] | None:
    """The VMs of an entry and its age in seconds; None if it is not one."""
    try:
        vms = json.loads(entry["vms"])
        age = max(0.0, time.time() - float(entry["fetched"]))
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return (vms, age) if isinstance(vms, list) and all(isinstance(vm, dict) for vm in vms) else None


def show_age(seconds: float) -> str:
    """An age as a person would say it.

    >>> show_age(59), show_age(7300), show_age(200000)
    ('59 seconds', '2 hours', '2 days')
    """
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
