# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Users. The calls about them are not simulated; a seed says who there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from typing_extensions import TypedDict

from ..core import identities, rules
from ..core.attributes import Attribute, Id
from ..core.cloud import Cloud
from ..core.document import DocumentError, items_of, read, refuse_used, without_nulls
from ..core.identities import Identity
from ..core.objects import Parent
from ..core.problem import Rule
from ..core.resource import Resource
from ..core.unimplemented import unimplemented, unimplemented_routes
from .account import Account

USER = "/users/{user}"
AuthorizedKeys = Annotated[
    str, Attribute("All of the keys, one a line (documented).", "ssh-ed25519 AAAA… me\nssh-rsa …")
]
ACCESS: dict[str, Rule] = {
    "accounts": rules.nullable(rules.list_of(rules.name, "names")),
    "read_only": rules.boolean,
}
_RULES: dict[str, Rule] = ACCESS | {
    "id": rules.stored_id,
    "username": rules.text,
    "password": rules.text,
    "email": rules.nullable(rules.text),
    "authorized_keys": rules.text,
    "yubikey": rules.text,
    "2fa": rules.text,
    "staff": rules.boolean,
}
router = unimplemented_routes()


class User(TypedDict):
    id: Id
    username: str
    email: str | None
    authorized_keys: AuthorizedKeys


class UserChanges(TypedDict):
    authorized_keys: AuthorizedKeys


class Users(Resource):
    collection = "users"
    first_ids = (("users", 0),)
    path_parameters = (("user", "Its name (documented).", "admin"),)
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
        return users if "accounts" in given else [*users, globex]

    def load_all(self, cloud: Cloud, parent: Parent, path: str, item: Mapping[str, Any]) -> None:
        known = cloud.identities.users
        for user_path, user in items_of(item, self.collection, path):
            values = read(user, user_path, _RULES, required=("username", "password"))
            refuse_used(values["username"], known, f"{user_path}.username")
            identity = take_identity(cloud, user_path, values)
            values["two_factor"] = values.pop("2fa", None)
            values["id"] = values.get("id") or cloud.new_id("users")
            known[values["username"]] = identities.User(identity=identity, **values)

    def dump_all(self, parent: Cloud) -> Any:
        return [
            without_nulls(
                {
                    "id": user.id,
                    "username": user.username,
                    "password": user.password,
                    "email": user.email,
                    "authorized_keys": user.authorized_keys,
                    "yubikey": user.yubikey,
                    "2fa": user.two_factor,
                    "staff": user.staff or None,
                    **dump_identity(user.identity),
                }
            )
            for user in parent.identities.users.values()
        ]


def take_identity(cloud: Cloud, path: str, values: dict[str, Any]) -> Identity:
    """Take what somebody may do out of the values that a seed has."""
    accounts = values.pop("accounts", None)
    for name in accounts or ():
        if name not in cloud.children(Account).by_name:
            raise DocumentError(f"{path}.accounts: there is no account {name}")
    return Identity(None if accounts is None else frozenset(accounts), values.pop("read_only", False))


def dump_identity(item: Identity) -> dict[str, Any]:
    return {"accounts": None if item.accounts is None else sorted(item.accounts), "read_only": item.read_only}


unimplemented(router, "GET", "/users", "Documented.", answer=list[User])
unimplemented(router, "GET", USER, "Documented.", answer=User)
unimplemented(router, "PUT", USER, "Replaces all of the keys (documented).", answer=User, takes=UserChanges)
