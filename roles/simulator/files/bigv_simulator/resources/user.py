# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Users: who there is, and the keys with which they open the consoles of their VMs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Response
from typing_extensions import TypedDict

from ..core import rules
from ..core.attributes import body_rules, changes, view
from ..core.cloud import Cloud, as_id
from ..core.document import DocumentError, items_of, read, refuse_used, without_nulls
from ..core.http import Authenticated, Call
from ..core.objects import Parent
from ..core.openapi import NAME_OR_ID, described
from ..core.people import Level, Standing, User
from ..core.problem import Errors, Rule, forbidden, not_found, read_attributes
from ..core.redaction import Redactor
from ..core.resource import Resource
from .account import Account

TAG = "People"
USER = "/users/{user}"
TEAM = {"alice": 4, "bob": 5, "carol": 6}
"""Who has nothing but privileges in the default seed, and the ids of their API keys; carol has none yet."""
STANDING: dict[str, Rule] = {
    "accounts": rules.nullable(rules.list_of(rules.name, "names")),
    "read_only": rules.boolean,
}
_RULES: dict[str, Rule] = STANDING | {
    "id": rules.stored_id,
    "username": rules.text,
    "password": rules.text,
    "email": rules.nullable(rules.text),
    "authorized_keys": rules.nullable(rules.text),
    "yubikey": rules.text,
    "2fa": rules.text,
    "staff": rules.boolean,
}
router = APIRouter(tags=[TAG])


@changes(User)
class UserChanges(TypedDict, total=False):
    """All of the keys are replaced (documented)."""


class Users(Resource):
    collection = "users"
    first_ids = (("users", 0),)
    path_parameters = (("user", NAME_OR_ID, "admin"),)
    routers = (router,)

    def default(self, given: Mapping[str, Any]) -> Any:
        """Return users who see every account that a seed brings along: who sees what cannot be guessed for those."""
        accounts = None if "accounts" in given else ["acme"]
        known = {"password": "password", "accounts": accounts}
        users = [
            {"username": "admin", "email": "admin@acme.example", **known},
            {"username": "read-only", "email": "read-only@acme.example", "read_only": True, **known},
            {"username": "staff", "email": "staff@bigv.example", **known, "accounts": None, "staff": True},
        ]
        globex = {"username": "globex", "password": "password", "accounts": ["globex"]}
        return users if "accounts" in given else [*users, globex, *map(_of_team, TEAM)]

    def load_all(self, cloud: Cloud, parent: Parent, path: str, item: Mapping[str, Any]) -> None:
        known = cloud.identities.users
        for user_path, user in items_of(item, self.collection, path):
            values = read(user, user_path, _RULES, required=("username", "password"))
            refuse_used(values["username"], known, f"{user_path}.username")
            values["two_factor"] = values.pop("2fa", None)
            values["id"] = values.get("id") or cloud.new_id("users")
            standing = take_standing(cloud, user_path, values)
            known[values["username"]] = User(**values | {"standing": standing})

    def dump_all(self, parent: Cloud) -> Any:
        return [
            without_nulls(view(user) | {"password": user.password, "yubikey": user.yubikey, "2fa": user.two_factor})
            | {"staff": user.staff, **dump_standing(user.standing)}
            for user in parent.identities.users.values()
        ]

    def state_of(self, cloud: Cloud, redactor: Redactor) -> dict[str, Any]:
        """Return who there is; the keys are text that a client can write freely, a private one too."""
        users = map(view, cloud.identities.users.values())
        return {"users": [user | {"authorized_keys": _redacted(redactor, user["authorized_keys"])} for user in users]}


def _of_team(name: str) -> dict[str, Any]:
    return {"username": name, "password": "password", "email": f"{name}@acme.example", "accounts": []}


def _redacted(redactor: Redactor, keys: str | None) -> str | None:
    return None if keys is None else redactor.text(keys)


def take_standing(cloud: Cloud, path: str, values: dict[str, Any]) -> Standing:
    """Take what somebody may do without privileges out of the values that a seed has."""
    names = values.pop("accounts", None)
    level = Level.CLUSTER_ADMIN if values.get("staff") else Level.ACCOUNT_ADMIN
    if values.pop("read_only", False):
        level = Level.VM_CONSOLE
    known = cloud.children(Account).by_name
    for name in names or ():
        if name not in known:
            raise DocumentError(f"{path}.accounts: there is no account {name}")
    return Standing(None if names is None else tuple(known[name] for name in names), level)


def dump_standing(item: Standing) -> dict[str, Any]:
    accounts = None if item.accounts is None else [each.name for each in item.accounts if isinstance(each, Account)]
    return {"accounts": accounts, "read_only": item.read_only}


def find(call: Call, segment: str) -> User:
    """Return the user that a path names, or 404.

    Assumed: whoever may grant something finds everybody, as privileges are granted to people who have none yet.
    """
    users = call.cloud.identities.users
    by_id = next((user for user in users.values() if user.id == as_id(segment)), None)
    by_name = users.get(segment)
    first, second = (by_id, by_name) if call.cloud.settings.ids_win else (by_name, by_id)
    user = first or second
    if user is None or not (_is_known(call, user) or call.identity.highest > Level.VM_CONSOLE):
        raise not_found()
    return user


def _levels(call: Call, user: User) -> Iterator[Level]:
    """Yield the levels that whoever asks has where the user has access."""
    identity = call.identity
    yield identity.everywhere
    yield from (identity.level(account) for account in user.standing.accounts or ())
    for privilege in call.cloud.identities.privileges_of_user(user):
        if identity.sees_privilege(privilege):
            yield identity.level(privilege.target)


def _is_known(call: Call, user: User) -> bool:
    """Tell whether somebody is listed: oneself, and who has access where one administers it (assumed)."""
    return call.identity.owns(user.id) or max(_levels(call, user)) > Level.VM_CONSOLE


def _shown(call: Call, user: User) -> dict[str, Any]:
    """Return a user; of people from elsewhere only the name (assumed)."""
    shown = view(user)
    if not _is_known(call, user):
        return shown | {"email": None, "authorized_keys": None}
    if user.authorized_keys is not None and call.cloud.settings.keys_end_blank:
        shown["authorized_keys"] += "\n\n"
    return shown


@router.get("/users")
@described(list[User])
async def list_users(call: Authenticated) -> Response:
    """List those that the token may see (observed): oneself, and who has access to what one administers (assumed)."""
    users = call.cloud.identities.users.values()
    return call.answer([_shown(call, user) for user in users if _is_known(call, user)])


@router.get(USER)
@described(User)
async def read_user(call: Authenticated, user: str) -> Response:
    """Documented. A setting has the keys end in blank lines (observed)."""
    return call.answer(_shown(call, find(call, user)))


@router.put(USER)
@described(User, takes=UserChanges)
async def update_user(call: Authenticated, user: str) -> Response:
    """Replace all of the keys; `username` is ignored (documented).

    Assumed: one's own, and those of who has access to an account that one administers.
    """
    found = find(call, user)
    if not call.identity.owns(found.id) and max(_levels(call, found)) < Level.ACCOUNT_ADMIN:
        raise forbidden()
    call.require_own()
    update(call.cloud, found, call.body())
    return call.answer(_shown(call, found))


def update(cloud: Cloud, user: User, body: dict[str, Any]) -> None:
    errors = Errors()
    values = read_attributes(body, body_rules(User, cloud.definitions), errors)
    errors.raise_any()
    user.authorized_keys = values.get("authorized_keys", user.authorized_keys)
