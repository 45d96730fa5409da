# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Granting privileges, and who may."""

from __future__ import annotations

from typing import Any

from ...core import rules
from ...core.attributes import body_rules
from ...core.cloud import Cloud
from ...core.http import Call
from ...core.objects import Object
from ...core.people import ApiKey, Privilege, User
from ...core.problem import TAKEN, Errors, Problem, Rule, forbidden, read_attributes
from .bodies import TARGETS, kind_for

_CHANGING = ("yubikey_required", "yubikey_otp_max_age", "ip_restrictions")


def key_of(cloud: Cloud, user: User, number: int) -> ApiKey | None:
    keys = cloud.identities.api_keys.values()
    return next((key for key in keys if key.id == number and key.user is user), None)


def create(call: Call, user: User, body: dict[str, Any]) -> Privilege:
    """Grant a level below one's own, else 403 (documented)."""
    errors = Errors()
    ids: dict[str, Rule] = {f"{kind}_id": rules.nullable(rules.resource_id) for kind in TARGETS}
    known = body_rules(Privilege, call.cloud.definitions) | ids | {"api_key_id": rules.nullable(rules.resource_id)}
    values = read_attributes({"level": None} | body, known, errors)
    errors.raise_any()
    target = _target(call, values)
    api_key = None
    if (api_key_id := values.pop("api_key_id", None)) is not None:
        api_key = key_of(call.cloud, user, api_key_id)
        if api_key is None:
            errors.add("api_key_id", "does not exist")
        if values["level"] == "account_admin":
            errors.add("level", "is not included in the list")
        if values.get("password_required"):
            errors.add("password_required", "must be false for an API key, which has no password")
        values["password_required"] = False
    errors.raise_any()
    granted = Privilege(**values | {"id": 0, "user": user, "api_key": api_key, "target": target})
    if not may_grant(call, granted):
        raise forbidden()
    privileges = call.cloud.identities.privileges
    if any(_same(granted, privilege) for privilege in privileges.values()):
        raise Problem(400, {"level": [TAKEN]})
    granted.id = call.cloud.new_id("privileges")
    granted.creating_username = _username(call)
    privileges[granted.id] = granted
    return granted


def _target(call: Call, values: dict[str, Any]) -> Object:
    """Take the one target that fits the level out of the values of a body; a 400 for anything else (assumed)."""
    kind = kind_for(values["level"])
    given = {name: number for name in TARGETS if (number := values.pop(f"{name}_id", None)) is not None}
    if not given:
        raise Problem(400, {f"{kind}_id": ["can't be blank"]})
    if given.keys() != {kind}:
        raise Problem(400, {"level": ["is not included in the list"]})
    target = call.cloud.visible(call.identity, TARGETS[kind], given[kind])
    if target is None or target.deleted:
        raise Problem(400, {f"{kind}_id": ["does not exist"]})
    return target


def may_grant(call: Call, privilege: Privilege) -> bool:
    """Tell whether somebody may grant and change a privilege: a level below one's own (documented).

    Assumed: one's own API keys may get what one has oneself, or no key could be followed by another.
    """
    own = call.identity.level(privilege.target)
    passes_on = privilege.api_key is not None and call.identity.owns(privilege.user_id)
    return own >= privilege.rank if passes_on else own > privilege.rank


def _same(one: Privilege, other: Privilege) -> bool:
    return (one.user, one.level, one.target, one.api_key) == (other.user, other.level, other.target, other.api_key)


def _username(call: Call) -> str | None:
    users = call.cloud.identities.users.values()
    return next((user.username for user in users if call.identity.owns(user.id)), None)


def update(cloud: Cloud, privilege: Privilege, body: dict[str, Any]) -> None:
    """Change what a privilege asks for beside a password (documented)."""
    errors = Errors()
    all_rules = body_rules(Privilege, cloud.definitions)
    values = read_attributes(body, {name: all_rules[name] for name in _CHANGING}, errors)
    errors.raise_any()
    for name, value in values.items():
        setattr(privilege, name, value)
