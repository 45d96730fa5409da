# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""What an inventory reads from the API: a constant number of requests. Private to bytemark.cloud."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from ..module_utils._core.attributes import Schema
from ..module_utils._core.client import API_KEY, Client
from ..module_utils._core.errors import BigvError
from ..module_utils._core.names import find_by_name_or_id, is_id
from ..module_utils._core.plan import Resource
from ..module_utils._core.validation import validate_list
from ..module_utils._resources.account import ACCOUNT
from ..module_utils._resources.names import VmName
from ..module_utils._resources.reach import Reach
from ..module_utils._resources.vm.attributes import VM
from ..module_utils._resources.vm.read import list_reached_vms, list_vms, location_of

# How many of what was found a warning names.
MAX_SHOWN = 5


class Wanted(NamedTuple):
    """Which VMs: of these accounts and groups (names or ids), and what somebody reaches; none given means all."""

    accounts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    include_deleted: bool = False
    reach: Reach = Reach()


class Term(NamedTuple):
    """One of the accounts or groups that are wanted: as it was given, its name, and its id if that was given.

    ``is_known`` says that it is there for sure. Whether others are is not asked.
    """

    given: str
    name: str
    number: int | None = None
    is_known: bool = False

    def filter(self, kind: str) -> dict[str, str]:
        return {f"{kind}_name": self.name} if self.number is None else {f"{kind}_id": str(self.number)}


class Terms(NamedTuple):
    """What is wanted, when it is known which numbers are names and which are ids."""

    accounts: list[Term]
    groups: list[Term]
    include_deleted: bool

    def queries(self) -> list[dict[str, str]]:
        """Return the filters of each request: the API takes one account and one group at a time.

        Both are sent together where there is one group only; the rest is left to `keeps`.
        """
        groups = [group.filter("group") for group in self.groups]
        if self.accounts:
            both = groups[0] if len(groups) == 1 else {}
            queries = [{**account.filter("account"), **both} for account in self.accounts]
        else:
            queries = groups or [{}]
        return [{**query, "include_deleted": "true"} for query in queries] if self.include_deleted else queries

    def keeps(self, vm: Resource, is_filtered: bool = True) -> bool:
        """Return whether it is one of those wanted. Whether the API combines filters is not known, so it is asked here.

        What the VM does not say is left to the API, if the list ``is_filtered`` by accounts and groups there.
        """
        if not (self.accounts or self.groups):
            return True
        place = location_of(vm)
        if place is None:
            return is_filtered
        return (not self.groups or any(_is_in(group, vm, place) for group in self.groups)) and (
            not self.accounts or any(account.name == place.account for account in self.accounts)
        )

    def missed(self, vms: list[Resource]) -> dict[str, list[str]]:
        """Return the names, by option, that none of the VMs is in; both options as one if there is no VM at all.

        An account that is known may have no VM in the groups, and not every account has all of the groups.
        """
        if self.accounts and self.groups and not vms:
            return {"accounts, vm_groups": [term.given for term in (*self.accounts, *self.groups)]}
        places = [(vm, location_of(vm)) for vm in vms] if self.accounts or self.groups else []
        if any(place is None for _vm, place in places):
            return {}
        accounts = {place.account for _vm, place in places if place}
        missed = {
            "accounts": [
                term.given
                for term in self.accounts
                if term.name not in accounts and not (term.is_known and self.groups)
            ],
            "vm_groups": [
                term.given
                for term in self.groups
                if not self.accounts and not any(_is_in(term, vm, place) for vm, place in places if place)
            ],
        }
        return {option: names for option, names in missed.items() if names}


def _is_in(group: Term, vm: Resource, place: VmName) -> bool:
    if group.number is None or vm.get("group_id") is None:
        return place.group == group.name
    return bool(vm["group_id"] == group.number)


def _terms(client: Client, wanted: Wanted) -> Terms:
    """Find out of each number whether it is a name or else an id: one request for groups, one for accounts, if any."""
    has_numbers = any(map(is_id, wanted.groups))
    accounts, groups = [], []
    if any(map(is_id, wanted.accounts)) or (has_numbers and wanted.accounts):
        accounts = client.get_list("/accounts", "the accounts", ACCOUNT)
    account_terms = [_term("accounts", name, accounts, "account") for name in wanted.accounts]
    if has_numbers:
        from ..module_utils._resources.group import GROUP  # Only here: most names are no numbers.

        groups = client.get_list("/groups", "the groups", GROUP)
        if wanted.accounts:
            names = {term.name for term in account_terms}
            ids = {account["id"] for account in accounts if account.get("name") in names}
            groups = [group for group in groups if group.get("account_id") in ids]
    return Terms(
        account_terms, [_term("vm_groups", name, groups, "group") for name in wanted.groups], wanted.include_deleted
    )


def _term(option: str, given: str, resources: list[Resource], kind: str) -> Term:
    """Return what is meant. A number that is neither a name nor an id of what the API lists is left to its filters."""
    if is_id(given):
        # Several groups may have the name, and it is well if the one with the id is among them.
        resources = sorted(resources, key=lambda found: found["id"] != int(given))
        found = find_by_name_or_id(option, given, resources, kind)
        if found is not None and found.get("name") != given:
            return Term(given, str(found.get("name")), found["id"], is_known=True)
    return Term(given, given, is_known=any(found.get("name") == given for found in resources))


class _Listener:
    """The client, listened to: whether it found anything, and what it was told where it did not."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.found_something = False
        self.missing: BigvError | None = None

    def get_list(self, path: str, what: str, schema: Schema, **query: str) -> list[Resource]:
        try:
            answer = self._client.get_list(path, what, schema, **query)
        except BigvError as error:
            self.missing = error
            raise
        self.found_something = True
        return answer


def fetch(client: Client, wanted: Wanted) -> tuple[list[Resource], dict[str, list[str]]]:
    """Return the VMs wanted, each once, with their discs and NICs; and, by option, the names in which there was none.

    One query without an answer (404) is a name without VMs. If none has one, something else is wrong.
    """
    terms = _terms(client, wanted)
    if wanted.reach.is_given:
        reached = list_reached_vms(client, wanted.reach, wanted.include_deleted)
        vms = [vm for vm in reached if terms.keeps(vm, is_filtered=False)]
        return vms, terms.missed(vms)
    listener = _Listener(client)
    found: dict[Any, Resource] = {}
    for query in terms.queries():
        for vm in list_vms(cast(Client, listener), **query):
            if terms.keeps(vm):
                found.setdefault(vm["id"], vm)
    if listener.missing and not listener.found_something:
        listener.missing.add("Check api_url, accounts and vm_groups.")
        raise listener.missing
    vms = list(found.values())
    return vms, terms.missed(vms)


def identity(params: dict[str, Any], connect: Callable[[dict[str, Any]], Client]) -> str | None:
    """Return who asks: the API key, or the user; None where it is not known whose session the token is.

    Each login makes a new session, so that an answer which is kept for a session would be of no use to the next one.
    """
    token = params["token"]
    if token and token.startswith(API_KEY):
        return str(token)
    user = connect(params).session_user() if token else params["username"]
    return user and json.dumps([params["auth_url"].rstrip("/"), user])


def fingerprint(api_url: str, wanted: Wanted, identity: str) -> str:
    """Return the key of a cached answer: the API's address, the query and, as a digest, the user."""
    who = hashlib.sha256(identity.encode()).hexdigest()
    asked = json.dumps([api_url.rstrip("/"), wanted, who])
    return hashlib.sha256(asked.encode()).hexdigest()[:20]


def to_cache(vms: list[Resource]) -> dict[str, Any]:
    """Return the cache's entry: one text, which cache plugins store and copy far faster than a structure."""
    return {"fetched": int(time.time()), "vms": json.dumps(vms)}


def from_cache(entry: Any) -> tuple[list[Resource], float] | None:
    """Return an entry's VMs and its age in seconds; None if it is not an entry, or no possible answer of the API."""
    try:
        vms = validate_list(json.loads(entry["vms"]), VM)
        age = max(0.0, time.time() - float(entry["fetched"]))
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return vms, age


def first_of(found: Sequence[str]) -> str:
    """Return the first few of what was found."""
    return ", ".join(found[:MAX_SHOWN]) + (", ..." if len(found) > MAX_SHOWN else "")


def show_age(seconds: float) -> str:
    """Return an age in words.

    >>> show_age(59), show_age(7300), show_age(200000)
    ('59 seconds', '2 hours', '2 days')
    """
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
