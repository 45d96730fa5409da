# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""What ``bigv_privilege`` does: what somebody may do is granted, changed and revoked. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..._core.client import Client
from ..._core.durations import parse_duration
from ..._core.errors import BigvError
from ..._core.kind import STATE
from ..._core.names import api_path, find_by_name_or_id, is_numeric
from ..._core.plan import Plan, Prediction, Resource
from ..._core.resource import ResourceKind
from ..api_key.read import list_api_keys
from ..names import NAME_VARIABLES
from ..user.read import get_user, is_user, own_user_or_none
from .attributes import PRIVILEGE, TARGET_IDS, TARGETS
from .read import list_privileges
from .steps import change, describe, grant, granted, revoke
from .target import PrivilegeTarget, check_target, find_target, missing_target

PRIVILEGE_OPTIONS: dict[str, Any] = {
    "user": {"type": "str", "required": True},
    "level": {"type": "str", "required": True, "choices": list(TARGETS)},
    "vm": {"type": "str"},
    "group": {"type": "str"},
    "api_key": {"type": "str", "no_log": False},
    **PRIVILEGE.option_specs,
    "password_required": {"type": "bool", "no_log": False},
    "yubikey_otp_max_age": {"type": "str", "no_log": False},
    "state": STATE,
    "force": {"type": "bool", "default": False},
}


class DesiredPrivilege(NamedTuple):
    """What is to be granted or revoked: ``attributes`` as the API spells them, ``params`` the options that name it."""

    params: dict[str, Any]
    attributes: Resource
    is_absent: bool


class ObservedPrivilege(NamedTuple):
    """The privilege, if it is there; whose it is, and what it is for. ``in_use`` says what the task needs it for."""

    user: Resource
    target: PrivilegeTarget
    privilege: Resource | None
    api_key: Resource | None = None
    in_use: str = ""

    @property
    def identity(self) -> Resource:
        """Return the attributes that identify the privilege among those of the user."""
        key_id = self.api_key["id"] if self.api_key else None
        return {**dict.fromkeys(TARGET_IDS), **self.target.identity, "api_key_id": key_id}

    @property
    def description(self) -> str:
        """Return what messages call the privilege."""
        label = str(self.api_key.get("label") or self.api_key["id"]) if self.api_key else ""
        return describe(self.user, self.target.level, self.target.name, label)


class PrivilegeKind(ResourceKind):
    """Privileges of a user, or of an API key."""

    noun = "privilege"
    schema = PRIVILEGE
    sample_action = "grant group_admin of group staging.acme to user alice"
    options = PRIVILEGE_OPTIONS
    name_variables = NAME_VARIABLES

    def desired(self, params: dict[str, Any]) -> DesiredPrivilege:
        """Return what the options ask for."""
        check_target(params)
        attributes = PRIVILEGE.given(params)
        if params["yubikey_otp_max_age"] is not None:
            attributes["yubikey_otp_max_age"] = parse_duration("yubikey_otp_max_age", params["yubikey_otp_max_age"])
        return DesiredPrivilege(params, attributes, params["state"] == "absent")

    def observe(self, client: Client, desired: DesiredPrivilege) -> ObservedPrivilege:
        """Read the list of privileges, and what the names stand for: one GET each."""
        params = desired.params
        target = find_target(client, params)
        if target.id is None and not desired.is_absent:
            client.report_missing(missing_target(target))
        user = get_user(client, "user", params["user"])
        key = find_api_key(client, user, params["api_key"]) if params["api_key"] is not None else None
        observed = ObservedPrivilege(user, target, None, key)
        if target.id is None:
            # What is gone has taken its privileges along.
            return observed
        listed = list_privileges(client, user)
        found = next((entry for entry in listed if PRIVILEGE.shows(entry, observed.identity)), None)
        observed = observed._replace(privilege=found)
        if found is None or not desired.is_absent or params["force"]:
            return observed
        return observed._replace(in_use=_use(client, user, found, listed))

    def plan(self, observed: ObservedPrivilege, desired: DesiredPrivilege) -> Plan:
        """Return the one write that makes the privilege as desired, if it takes one. Pure."""
        user, privilege, what = observed.user, observed.privilege, observed.description
        if desired.is_absent:
            if privilege is None:
                return Plan(None, None)
            if observed.in_use:
                raise BigvError(f"state: {what} {observed.in_use}; set force: true to revoke it anyway")
            return Plan(privilege, None, (revoke(user, privilege, what),))
        if privilege is None:
            defaults = {"password_required": False} if observed.api_key else {}
            body = {key: value for key, value in observed.identity.items() if value is not None}
            body |= {**defaults, **desired.attributes}
            return Plan(None, granted(user, body), (grant(user, body, what),))
        changes = {
            name: value for name, value in desired.attributes.items() if not PRIVILEGE.shows(privilege, {name: value})
        }
        if "password_required" in changes:
            raise BigvError(
                f"password_required: cannot be changed on {what}, which has a different value; revoke the privilege "
                "with state: absent, and grant it again"
            )
        steps = (change(user, privilege, changes, what),) if changes else ()
        return Plan(privilege, {**privilege, **changes}, steps)

    def title(self, observed: ObservedPrivilege, desired: DesiredPrivilege, plan: Plan) -> str:
        """Return who may do what."""
        return observed.description

    def predictions(self, observed: ObservedPrivilege, desired: DesiredPrivilege, plan: Plan) -> Iterable[Prediction]:
        """Return what becomes of the privilege."""
        if observed.privilege is None:
            yield Prediction(None, "/privileges/", None, plan.after)
            return
        path = api_path("privileges", observed.privilege["id"])
        yield Prediction(path, path, plan.before, plan.after)

    def read_back(
        self,
        client: Client,
        observed: ObservedPrivilege,
        desired: DesiredPrivilege,
        plan: Plan,
        answers: Sequence[Any],
    ) -> Resource | None:
        """Read the list again."""
        listed = list_privileges(client, observed.user)
        return next((entry for entry in listed if PRIVILEGE.shows(entry, observed.identity)), None)


def find_api_key(client: Client, user: Resource | None, wanted: str) -> Resource:
    """Return the API key, one of the user's, that an option names by its label or its id.

    Of somebody else's keys, only the ids can be read: those in what they may do.
    """
    keys = list_api_keys(client)
    found = find_by_name_or_id("api_key", wanted, keys, "API key", name_key="label")
    if found is None and user is not None and is_numeric(wanted):
        seen = {entry.get("api_key_id") for entry in list_privileges(client, user)}
        found = {"id": int(wanted), "user_id": user["id"]} if int(wanted) in seen else None
    if found is None:
        raise BigvError(
            f"api_key: there is no API key {wanted!r}, or it is not one of yours: only the keys of the user of these "
            "credentials can be read"
        )
    if sum(key.get("label") == wanted for key in keys) > 1:
        ids = ", ".join(str(key["id"]) for key in keys if key.get("label") == wanted)
        raise BigvError(f"api_key: several API keys have the label {wanted!r}; use the id of one of them: {ids}")
    if user is not None and found.get("user_id") not in (None, user.get("id")):
        raise BigvError(f"api_key: {wanted!r} is not a key of user {user.get('username')}")
    return dict(found)


def _use(client: Client, user: Resource, privilege: Resource, listed: Sequence[Resource]) -> str:
    """Return what the task needs a privilege for, as the end of a sentence; nothing where it needs it for nothing."""
    keys = list_api_keys(client) if client.has_api_key else None
    if not is_user(user, own_user_or_none(client, keys)):
        return ""
    key_id = privilege.get("api_key_id")
    if keys is not None:
        is_in_use = key_id is not None and [key["id"] for key in keys] == [key_id]
        return "belongs to the API key that authenticates this task" if is_in_use else ""
    own = [entry for entry in listed if entry.get("api_key_id") is None]
    return "is the last privilege of the user whose session this is" if key_id is None and len(own) == 1 else ""
