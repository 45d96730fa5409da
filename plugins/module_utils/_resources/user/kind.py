# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The kinds behind ``bigv_user`` and ``bigv_user_info``. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.kind import STATE, InfoKind
from ..._core.names import check_name, name_of
from ..._core.plan import Plan, Prediction, Resource, Step, Target, object_at
from ..._core.public_keys import authorized_keys, key_of
from ..._core.resource import ResourceKind
from .attributes import USER, key_lines, keys_of
from .read import find_user, get_user, is_user, own_user, own_user_or_none, user_path

USER_OPTIONS: dict[str, Any] = {
    "name": {"type": "str"},
    "authorized_keys": {"type": "list", "elements": "str", "no_log": False},
    "exclusive": {"type": "bool", "default": False},
    "state": STATE,
    "force": {"type": "bool", "default": False},
}
INFO_OPTIONS: dict[str, Any] = {"name": {"type": "str"}}


class DesiredUser(NamedTuple):
    """The keys that a user should have, or should not have; None leaves them unchanged."""

    name: str | None
    keys: Sequence[str] | None
    exclusive: bool
    is_absent: bool
    force: bool

    @property
    def removes_keys(self) -> bool:
        """Tell whether the user should not have some keys, if there are any."""
        return self.is_absent or self.exclusive

    def keys_after(self, before: Sequence[str]) -> list[str]:
        """Return the keys that the user has afterwards, where it has these before."""
        if self.keys is None:
            return list(before)
        wanted = {key_of(line): line for line in self.keys}
        if self.is_absent:
            return [line for line in before if key_of(line) not in wanted]
        if self.exclusive:
            return list(wanted.values())
        # Another comment, or another option, on the same key replaces the line.
        kept = [wanted.pop(key_of(line), line) for line in before]
        return [*kept, *wanted.values()]


class ObservedUser(NamedTuple):
    """The user, and whether the task has its credentials, where that matters."""

    user: Resource
    is_own: bool = False


class UserKind(ResourceKind):
    """Users, of whom the keys that open consoles can be changed."""

    noun = "user"
    schema = USER
    sample_action = "change the authorized keys of user alice: 1 added, 0 removed"
    options = USER_OPTIONS

    def desired(self, params: dict[str, Any]) -> DesiredUser:
        """Return what the options ask for."""
        keys, is_absent = params["authorized_keys"], params["state"] == "absent"
        if params["name"] is not None:
            check_name("name", params["name"], dots=True)
        if is_absent and not keys:
            raise BigvError("authorized_keys: is required; list the keys to remove")
        if is_absent and params["exclusive"]:
            raise BigvError("exclusive: cannot be used with state: absent; leave it out")
        if params["exclusive"] and keys is None:
            raise BigvError("exclusive: requires authorized_keys, the keys that the user should have")
        lines = None if keys is None else key_lines(authorized_keys("authorized_keys", keys))
        return DesiredUser(params["name"], lines, params["exclusive"], is_absent, params["force"])

    def observe(self, client: Client, desired: DesiredUser) -> ObservedUser:
        """Read the user: one GET where the task names it."""
        user = get_user(client, "name", desired.name or own_user(client, "name"))
        before = keys_of(user)
        if desired.force or not _leaves_none(before, desired.keys_after(before)):
            return ObservedUser(user)
        return ObservedUser(user, desired.name is None or is_user(user, own_user_or_none(client)))

    def plan(self, observed: ObservedUser, desired: DesiredUser) -> Plan:
        """Return the one write that makes the keys as desired, if it takes one. Pure."""
        user = observed.user
        before = keys_of(user)
        keys = desired.keys_after(before)
        name = name_of(user, "username")
        if sorted(keys) == sorted(before):
            return Plan(user, user, warnings=_hidden_keys_warning(user, name) if desired.removes_keys else ())
        if not desired.force and not keys:
            raise BigvError(
                f"authorized_keys: this would leave user {name} without any key; set force: true to do it anyway"
            )
        if observed.is_own:
            raise BigvError(
                f"authorized_keys: this would remove every key that user {name}, whose credentials this task uses, "
                "has now; keep one of them, or set force: true to do it anyway"
            )
        added = sum(line not in before for line in keys)
        removed = sum(line not in keys for line in before)
        path = user_path(user)
        step = Step(
            f"change the authorized keys of user {name}: {added} added, {removed} removed",
            "PUT",
            "",
            USER,
            {"authorized_keys": "\n".join(keys)},
            verify=object_at(path, USER),
            resource_id=user["id"],
            # The text is replaced whole, so what somebody else has added meanwhile would be lost.
            target=Target(
                None, f"user {name}", USER, (path,), {key: user.get(key) for key in ("id", "authorized_keys")}
            ),
        )
        return Plan(user, {**user, "authorized_keys": keys}, (step,))

    def title(self, observed: ObservedUser, desired: DesiredUser, plan: Plan) -> str:
        """Return the name of the user."""
        return name_of(observed.user, "username")

    def predictions(self, observed: ObservedUser, desired: DesiredUser, plan: Plan) -> Iterable[Prediction]:
        """Return what becomes of the user."""
        path = user_path(observed.user)
        yield Prediction(path, path, plan.before, plan.after)

    def returned(self, resource: Resource | None) -> Resource | None:
        """Return the user with a list of keys, which may be empty."""
        return resource and {**resource, "authorized_keys": keys_of(resource)}

    def diffable(self, resource: Resource | None) -> Resource | None:
        """Return the keys of the user."""
        return resource and {"authorized_keys": keys_of(resource)}

    def read_back(
        self, client: Client, observed: ObservedUser, desired: DesiredUser, plan: Plan, answers: Sequence[Any]
    ) -> Resource | None:
        """Read the user again."""
        return find_user(client, "name", name_of(observed.user, "username"))


def _hidden_keys_warning(user: Resource, name: str) -> tuple[str, ...]:
    """Return a warning if the user may have keys that are not shown, as of users from elsewhere (assumed)."""
    if user.get("email") is not None or user.get("authorized_keys") is not None:
        return ()
    return (
        f"The API shows no SSH keys of user {name}, so none was removed. It may not show them to these credentials: "
        "remove the keys before you revoke the user's last privilege, or use other credentials.",
    )


def _leaves_none(before: Sequence[str], after: Sequence[str]) -> bool:
    """Tell whether none of the keys that are there stays."""
    kept = set(map(key_of, after))
    return bool(before) and not any(key_of(line) in kept for line in before)


class UserInfo(InfoKind):
    """The users that the credentials see, or one of them."""

    noun = "users"
    schema = USER
    options = INFO_OPTIONS

    def find(self, client: Client, params: dict[str, Any]) -> Iterable[Resource]:
        """Return the user that is named, if it is there, or all users."""
        if params["name"] is None:
            return client.get_list("/users", "the users", USER)
        user = find_user(client, "name", check_name("name", params["name"], dots=True))
        return [user] if user else []

    def returned(self, resource: Resource) -> Resource:
        """Return a user with a list of keys, which may be empty."""
        return {**resource, "authorized_keys": keys_of(resource)}
