# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""The plan for a team: what to grant, which privileges are not listed, and which of them to revoke.

Pure. Private to bytemark.cloud.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

from ..module_utils._core.errors import BigvError
from ..module_utils._core.plan import Resource
from ..module_utils._resources.fleet.limits import share_of
from ..module_utils._resources.privilege.attributes import TARGET_IDS, TARGETS
from ..module_utils._resources.privilege.steps import describe
from ..module_utils._resources.user.read import is_user
from ._plan_outcomes import printable
from ._team import Grant, Team, named, read_team

RANKS = {level: rank for rank, level in enumerate(TARGETS)}
KINDS = ("VM", "group", "account")
Key = tuple[str, Any]


class Place(NamedTuple):
    """An account, a group or a VM that is there; ``keys`` are its own key, and those of what it is in."""

    where: tuple[str, ...]
    keys: tuple[Key, ...]

    @property
    def description(self) -> str:
        """Return what messages call it."""
        return f"{KINDS[-len(self.where)]} {'.'.join(self.where)}"

    def is_called(self, where: Sequence[str]) -> bool:
        """Tell whether names, or ids in their place, refer to it."""
        pairs = zip(where, self.where, self.keys, strict=False)
        return len(where) == len(self.where) and all(part in (name, str(key[1])) for part, name, key in pairs)


class Unlisted(NamedTuple):
    """A privilege that the team does not list, and where it is; ``kept`` says why it may not be revoked, if so."""

    privilege: Resource
    place: Place
    kept: str

    @property
    def description(self) -> str:
        """Return who may do what, in the words of ``bigv_privilege``."""
        user, key_id = self.privilege.get("username"), self.privilege.get("api_key_id")
        key = "" if key_id is None else f"{key_id} of user {user}"
        return str(printable(describe(self.privilege, self.privilege["level"], self.place.description, key)))

    @property
    def options(self) -> dict[str, Any]:
        """Return the options of ``bigv_privilege`` that name it."""
        options = {"user": self.privilege["username"], "level": self.privilege["level"], **named(self.place.where)}
        key_id = self.privilege.get("api_key_id")
        return options if key_id is None else {**options, "api_key": str(key_id)}

    def report(self, is_revoked: bool) -> dict[str, Any]:
        """Return the report on it."""
        note = "to be revoked" if is_revoked else self.kept
        return {
            "description": self.description,
            "user": printable(self.privilege["username"]),
            "level": self.privilege["level"],
            "place": printable(self.place.description),
            "api_key_id": self.privilege.get("api_key_id"),
            "revoked": is_revoked,
            "kept": printable(self.kept),
            "line": f"not listed: {self.description}" + (f" ({printable(note)})" if note else ""),
        }


def access_plan(
    value: Any,
    name: str,
    defaults: Mapping[str, str | None],
    accounts: Sequence[Resource] | None = None,
    privileges: Iterable[Resource] = (),
    own: Resource | None = None,
    max_deletions: str | None = None,
) -> dict[str, Any]:
    """Return what to grant and, given the existing privileges, which ones are not listed and which of them to revoke.

    Nothing is revoked without ``max_deletions``. Where something does not fit, that is all that is returned.
    """
    try:
        team = read_team(value, name, **defaults)
        if accounts is not None:
            _check_accounts(team, name, accounts)
        found, there = unlisted(team, accounts or (), privileges, own)
        revoked = [each for each in found if max_deletions is not None and not each.kept]
        if max_deletions is not None:
            _check_revocations(max_deletions, revoked, there, own)
    except BigvError as error:
        return {"problem": str(error), "accounts": [], "people": [], "grants": [], "unlisted": [], "revocations": []}
    return {
        "problem": "",
        "accounts": team.accounts,
        "people": team.people,
        "grants": [grant.options for grant in team.grants],
        "unlisted": [each.report(bool(revoked) and not each.kept) for each in found],
        "revocations": [each.options for each in revoked],
    }


def unlisted(
    team: Team, accounts: Iterable[Resource], privileges: Iterable[Resource], own: Resource | None = None
) -> tuple[list[Unlisted], int]:
    """Return the privileges in the accounts that a team does not list, and how many there are in the team's places.

    A place is the team's if somebody is listed for it: elsewhere nothing is revoked. An API key may do what its user
    may, as the team has it. ``own`` is the user whose credentials these are.
    """
    places = {place.keys[0]: place for place in _places(accounts)}
    granted = [(grant, place) for grant in team.grants for place in [_find(places.values(), grant.where)] if place]
    teams = {place.keys[0] for _grant, place in granted}
    found, in_teams = [], 0
    for privilege in privileges:
        place = next((places[key] for key in _targets(privilege) if key in places), None)
        if place is None:
            continue
        in_teams += place.keys[0] in teams
        if not any(_lists(grant, there, privilege, place) for grant, there in granted):
            found.append(Unlisted(privilege, place, _kept(privilege, place, teams, own)))
    return found, in_teams


def _check_revocations(max_deletions: str, revoked: Sequence[Unlisted], there: int, own: Resource | None) -> None:
    """Refuse to revoke more privileges than ``access_max_deletions``, and any where they may be one's own."""
    if own is None:
        raise BigvError(
            "access_prune: the user of these credentials cannot be determined, so a privilege that they need could be "
            "revoked; use an API key that can list the keys of its user, or a session"
        )
    most = share_of("access_max_deletions", max_deletions, there)
    if len(revoked) > most:
        raise BigvError(
            f"access_max_deletions: this would revoke {len(revoked)} of the {there} privileges in the team's places, "
            f"but no more than {most} may be revoked at once ({max_deletions}). Check the team, or allow it with "
            f"access_max_deletions: {len(revoked)}. Nothing was changed. It would revoke: "
            + ", ".join(each.description for each in revoked)
        )


def _check_accounts(team: Team, name: str, accounts: Sequence[Resource]) -> None:
    places = list(_places(accounts))
    for account in team.accounts:
        if _find(places, (account,)) is None:
            raise BigvError(f"{name}: there is no account {account!r}, or these credentials cannot see it")


def _places(accounts: Iterable[Resource]) -> Iterator[Place]:
    for account in accounts:
        whole = Place((account["name"],), (("account_id", account["id"]),))
        yield whole
        for group in account["groups"]:
            part = Place((group["name"], *whole.where), (("group_id", group["id"]), *whole.keys))
            yield part
            for vm in group["virtual_machines"]:
                yield Place((vm["name"], *part.where), (("virtual_machine_id", vm["id"]), *part.keys))


def _find(places: Iterable[Place], where: tuple[str, ...]) -> Place | None:
    """Return the place of these names or, if there is none, of these ids."""
    called = [place for place in places if place.is_called(where)]
    return next((place for place in called if place.where == where), called[0] if called else None)


def _targets(privilege: Resource) -> list[Key]:
    return [(name, privilege[name]) for name in TARGET_IDS if privilege.get(name) is not None]


def _lists(grant: Grant, there: Place, privilege: Resource, place: Place) -> bool:
    """Tell whether a grant is a privilege of the user or, of an API key, allows the user as much."""
    if not is_user({"id": privilege.get("user_id"), "username": privilege.get("username")}, grant.user):
        return False
    if privilege.get("api_key_id") is None:
        return grant.level == privilege["level"] and there == place
    return there.keys[0] in place.keys and RANKS[grant.level] >= RANKS.get(privilege["level"], len(RANKS))


def _kept(privilege: Resource, place: Place, teams: Set[Key], own: Resource | None) -> str:
    if own and privilege.get("user_id") == own.get("id"):
        return "of the user of these credentials"
    if place.keys[0] not in teams:
        return f"nobody is listed for {place.description}"
    if TARGETS.get(privilege["level"], ("", ""))[1] != place.keys[0][0]:
        return "of an unknown level"
    return ""
