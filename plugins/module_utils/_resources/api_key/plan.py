# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The plan for the API keys of a label. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..._core.errors import BigvError
from ..._core.moments import show_moment
from ..._core.plan import Plan, Resource, Step
from ..privilege.attributes import TARGET_IDS, TARGETS, identity_of
from ..privilege.steps import describe, grant, granted, revoke
from .desired import DesiredApiKey
from .observe import ObservedApiKeys, expiry_of
from .steps import creation, deletion


class KeyPlan(NamedTuple):
    """What is to be done: ``body`` makes a new key, if one is to be made, which then gets the ``grants``.

    What has to ``go_first`` a run that was killed has left; what has to ``go_last`` makes way for the new key.
    """

    before: Resource | None
    body: Resource | None
    grants: Sequence[Resource]
    revocations: Sequence[Resource] = ()
    go_first: Sequence[Resource] = ()
    go_last: Sequence[Resource] = ()


def plan_keys(observed: ObservedApiKeys, desired: DesiredApiKey) -> KeyPlan:
    """Return the plan that converges the keys."""
    current = observed.current(desired) if desired.label is not None else next(iter(observed.keys), None)
    if desired.is_absent:
        _check_way_in(observed, desired)
        return KeyPlan(
            current or next(iter(observed.keys), None), None, (), go_last=[*observed.keys, *observed.orphans]
        )
    followed = current or max(observed.keys, key=lambda key: key["id"], default=None)
    if current is None or _is_due(current, observed, desired):
        expiry = desired.expiry(observed.now)
        if expiry is not None and expiry <= observed.now:
            raise BigvError(f"expires_at: {show_moment(expiry)} is in the past, so the key would never be valid")
        body = {
            "user_id": observed.user["id"],
            "label": desired.label,
            **({} if expiry is None else {"expires_at": show_moment(expiry)}),
        }
        grants = _wanted(observed, desired, followed)
        last = observed.keys if desired.exclusive else ()
        return KeyPlan(current, body, grants, go_first=observed.orphans, go_last=last)
    there = {identity_of({**entry, "api_key_id": None}): entry for entry in current["privileges"]}
    wanted = {identity_of(entry): entry for entry in _wanted(observed, desired, current)}
    last = [key for key in observed.keys if key is not current] if desired.exclusive else []
    if last:
        _check_key_in_use(observed, desired, current)
    return KeyPlan(
        current,
        None,
        [entry for identity, entry in wanted.items() if identity not in there],
        [entry for identity, entry in there.items() if identity not in wanted],
        go_first=observed.orphans,
        go_last=last,
    )


def _is_due(current: Resource, observed: ObservedApiKeys, desired: DesiredApiKey) -> bool:
    """Tell whether a key is to be followed by a new one."""
    if desired.renew_before is None:
        return False
    return (expiry_of(current) - observed.now).total_seconds() < desired.renew_before


def _wanted(observed: ObservedApiKeys, desired: DesiredApiKey, followed: Resource | None) -> list[Resource]:
    """Return the privileges that the key is to have, or those of the key that it follows where the task gives none."""
    if desired.grants is not None:
        return [target.identity for target in observed.targets]
    kept = ("level", *TARGET_IDS)
    return [
        {key: entry[key] for key in kept if entry.get(key) is not None}
        for entry in (followed or {}).get("privileges", ())
    ]


def _check_way_in(observed: ObservedApiKeys, desired: DesiredApiKey) -> None:
    """Refuse to delete every key of the user where the task itself runs on one."""
    going = [*observed.keys, *observed.orphans]
    if going and observed.is_among_them and not desired.force:
        raise BigvError(
            f"state: API key {desired.name} authenticates this task, and its user has no other key; set force: true "
            "to delete it anyway"
        )


def _check_key_in_use(observed: ObservedApiKeys, desired: DesiredApiKey, current: Resource) -> None:
    """Refuse to delete the older keys where the task may run on one of them, and nobody may have the newest."""
    if observed.is_among_them and observed.token is None and not desired.force:
        raise BigvError(
            f"exclusive: the task may be authenticated by one of the API keys {desired.name} that it would delete, "
            f"because only the one with the id {current['id']} stays; set force: true if you have that key"
        )


def steps_for(plan: KeyPlan, key: Resource | None, observed: ObservedApiKeys, name: str) -> tuple[Step, ...]:
    """Return the writes that follow the creation of a key, or that change one: its privileges."""
    user, key_id = observed.user, key["id"] if key else None
    names = {target.id: target.name for target in observed.targets}
    grants = (
        grant(
            user,
            {**entry, "api_key_id": key_id, "password_required": False},
            describe(user, entry["level"], _target(entry, names), name),
        )
        for entry in plan.grants
    )
    revocations = (
        revoke(user, entry, describe(user, entry["level"], _target(entry, names), name)) for entry in plan.revocations
    )
    return (*grants, *revocations)


def _target(entry: Resource, names: dict[Any, str]) -> str:
    option, attribute = TARGETS.get(entry["level"], ("target", "id"))
    return names.get(entry.get(attribute)) or f"{option} {entry.get(attribute)}"


def whole_plan(plan: KeyPlan, observed: ObservedApiKeys, desired: DesiredApiKey) -> Plan:
    """Return the plan as check mode shows it."""
    name = desired.name
    warnings: tuple[str, ...] = ()
    if desired.token_file and plan.body is None and observed.token is None:
        warnings = (
            f"token_file: {desired.token_file} contains no key, and API key {name} already exists, whose secret "
            "cannot be read again. If nobody has the secret, delete the key (state: absent) and run the task again.",
        )
    is_only = plan.body is None and len(observed.keys) + len(observed.orphans) == 1
    first = (deletion(key, is_only) for key in plan.go_first)
    made = [creation(plan.body)] if plan.body else []
    steps = (
        *first,
        *made,
        *steps_for(plan, None if plan.body else plan.before, observed, name),
        *(deletion(key, is_only) for key in plan.go_last),
    )
    return Plan(plan.before, key_after(plan, observed), steps, warnings=warnings)


def key_after(plan: KeyPlan, observed: ObservedApiKeys) -> Resource | None:
    """Return the key as the plan leaves it."""
    if plan.body is not None:
        # When it expires, is counted from when it is made.
        key: Resource = {"id": None, **plan.body, "expires_at": None}
        return {**key, "privileges": list(_granted(plan.grants, None, observed))}
    if plan.before is None or plan.before in plan.go_last:
        return None
    gone = [entry["id"] for entry in plan.revocations]
    kept = [entry for entry in plan.before.get("privileges", ()) if entry["id"] not in gone]
    return {**plan.before, "privileges": [*kept, *_granted(plan.grants, plan.before["id"], observed)]}


def _granted(grants: Iterable[Resource], key_id: int | None, observed: ObservedApiKeys) -> Iterable[Resource]:
    user = {"id": observed.user["id"]}
    return (granted(user, {**entry, "api_key_id": key_id, "password_required": False}) for entry in grants)
