# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""A team as the role ``access`` takes it: checked, and written out as options of the modules. Pure.

Private to bytemark.cloud.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..module_utils._core.argument_errors import misfit
from ..module_utils._core.arguments import read_texts
from ..module_utils._core.durations import parse_duration
from ..module_utils._core.errors import BigvError
from ..module_utils._core.names import check_name
from ..module_utils._core.public_keys import authorized_keys
from ..module_utils._resources.names import account_name, group_name, vm_name
from ..module_utils._resources.privilege.attributes import TARGETS
from ..module_utils._resources.privilege.kind import PRIVILEGE_OPTIONS
from ..module_utils._resources.privilege.target import OPTIONS as PLACES
from ..module_utils._resources.privilege.target import check_target
from ..module_utils._resources.user.kind import USER_OPTIONS
from ._validation import validated_by

TEXT = {"type": "str"}
RESTRICTIONS = ("password_required", "yubikey_required", "yubikey_otp_max_age", "ip_restrictions")
PRIVILEGE = {
    "level": {"type": "str", "choices": list(TARGETS)},
    **dict.fromkeys(PLACES, TEXT),
    **{name: PRIVILEGE_OPTIONS[name] for name in RESTRICTIONS},
}
PERSON = {
    "name": TEXT,
    **{name: USER_OPTIONS[name] for name in ("authorized_keys", "exclusive")},
    "privileges": {"type": "list", "elements": "dict", "options": PRIVILEGE},
}
TEAM: dict[str, Any] = {"account": TEXT, "people": {"type": "list", "elements": "dict", "options": PERSON}}


class Grant(NamedTuple):
    """A privilege to grant: a level on the VM, group or account that ``where`` names."""

    user: str
    level: str
    where: tuple[str, ...]
    restrictions: Mapping[str, Any]

    @property
    def options(self) -> dict[str, Any]:
        """Return the options of ``bigv_privilege`` that ask for it."""
        return {"user": self.user, "level": self.level, **named(self.where), **self.restrictions}


class Team(NamedTuple):
    """People with keys, as options of ``bigv_user``, what the team is to be allowed, and in which accounts."""

    accounts: list[str]
    people: list[dict[str, Any]]
    grants: list[Grant]


def named(where: tuple[str, ...]) -> dict[str, str]:
    """Return the options that name a place.

    >>> named(("staging", "acme"))
    {'group': 'staging', 'account': 'acme'}
    """
    return dict(zip(PLACES[-len(where) :], where, strict=True))


def read_team(value: Any, name: str, account: str | None = None, group: str | None = None) -> Team:
    """Return the team that a variable describes; refuse what does not fit. The account and the group are defaults."""
    spec = {name: {"type": "dict", "options": TEAM}}
    problem = misfit({name: value}, spec) if value else f"{name}: is required; specify a dictionary with people"
    validated = None if problem else validated_by(spec, read_texts({name: value}, spec))
    if validated is None or validated.error_messages:
        raise BigvError(problem or f"{name}: is not valid; specify a dictionary with people")
    team = validated.validated_parameters[name]
    people = team["people"] or []
    grants: dict[tuple[Any, ...], Grant] = {}
    seen = set()
    for position, person in enumerate(people):
        with _in(f"{name}.people[{position}]."):
            _check_person(person)
        if person["name"] in seen:
            raise BigvError(
                f"{name}.people: lists {person['name']!r} twice; combine everything about a person in one entry"
            )
        seen.add(person["name"])
        for number, entry in enumerate(person["privileges"] or ()):
            with _in(f"{name}.people[{position}].privileges[{number}]."):
                grant = _grant(person["name"], entry, team["account"] or account, group)
                if grants.setdefault(grant[:3], grant) is not grant:
                    raise BigvError(
                        f"level: {grant.level} of {'.'.join(grant.where)} is already listed; remove one of the two"
                    )
    accounts = dict.fromkeys([team["account"] or account, *(grant.where[-1] for grant in grants.values())])
    with_keys = [_keys(person) for person in people if person["authorized_keys"] is not None]
    return Team([each for each in accounts if each], with_keys, list(grants.values()))


@contextlib.contextmanager
def _in(place: str) -> Iterator[None]:
    """Say where in the variable it is that something does not fit."""
    try:
        yield
    except BigvError as error:
        raise BigvError(f"{place}{error}") from None


def _check_person(person: Mapping[str, Any]) -> None:
    if person["name"] is None:
        raise BigvError("name: is required; specify the name of a user")
    check_name("name", person["name"], dots=True)
    if person["authorized_keys"] is not None:
        authorized_keys("authorized_keys", person["authorized_keys"])
    elif person["exclusive"]:
        raise BigvError("exclusive: requires authorized_keys, the keys that the user should have")


def _keys(person: Mapping[str, Any]) -> dict[str, Any]:
    return {name: person[name] for name in ("name", "authorized_keys", "exclusive")}


def _grant(user: str, entry: Mapping[str, Any], account: str | None, group: str | None) -> Grant:
    level = entry["level"]
    if level is None:
        raise BigvError(f"level: is required; specify one of {', '.join(TARGETS)}")
    check_target(entry)
    if entry["yubikey_otp_max_age"] is not None:
        parse_duration("yubikey_otp_max_age", entry["yubikey_otp_max_age"])
    where: tuple[str, ...]
    if TARGETS[level][0] == "vm":
        where = vm_name(entry["vm"], entry["group"], entry["account"], account, group, "vm")
    elif TARGETS[level][0] == "group":
        where = group_name(entry["group"], entry["account"], account, "group")
    else:
        where = (account_name(entry["account"], account),)
    return Grant(user, level, tuple(where), {name: entry[name] for name in RESTRICTIONS if entry[name] is not None})
