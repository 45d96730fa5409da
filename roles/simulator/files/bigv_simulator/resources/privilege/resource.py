# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Privileges in seeds, snapshots and the control interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core import rules
from ...core.attributes import stored_rules, stored_values
from ...core.cloud import Cloud
from ...core.document import DocumentError, items_of, read, refuse_used, without_nulls
from ...core.objects import Object, Parent
from ...core.openapi import ID
from ...core.people import Privilege
from ...core.problem import Rule
from ...core.redaction import Redactor
from ...core.resource import Resource
from ..account import Account
from ..group import Group
from ..user import TEAM
from ..vm.model import VirtualMachine
from .bodies import TARGETS, kind_for, show
from .grants import key_of
from .routes import router

_MODELS: tuple[type[Object], ...] = (Account, Group, VirtualMachine)


class Privileges(Resource):
    collection = "privileges"
    first_ids = (("privileges", 0),)
    path_parameters = (("privilege", ID, "1"),)
    routers = (router,)

    def default(self, given: Mapping[str, Any]) -> Any:
        """Return what the team of the default seed may do, unless the seed has other people or accounts."""
        if not given.keys().isdisjoint(("accounts", "users", "api_keys")):
            return []
        group: dict[str, Any] = {"level": "group_admin", "group": "default.acme"}
        return [
            {"username": "alice", "level": "account_admin", "account": "acme"},
            {"username": "bob", **group},
            {"username": "alice", **group, "api_key_id": TEAM["alice"]},
            {"username": "bob", **group, "api_key_id": TEAM["bob"]},
        ]

    def load_all(self, cloud: Cloud, parent: Parent, path: str, item: Mapping[str, Any]) -> None:
        for privilege_path, privilege in items_of(item, self.collection, path):
            _load(cloud, privilege_path, privilege)

    def dump_all(self, parent: Cloud) -> Any:
        return [
            without_nulls(
                stored_values(privilege)
                | {"username": privilege.username, "api_key_id": privilege.api_key_id}
                | {f"{kind_for(privilege.level)}_id": privilege.target.id}
            )
            for privilege in parent.identities.privileges.values()
        ]

    def state_of(self, cloud: Cloud, redactor: Redactor) -> dict[str, Any]:
        return {"privileges": [show(cloud, privilege) for privilege in cloud.identities.privileges.values()]}


def _load(cloud: Cloud, path: str, item: dict[str, Any]) -> None:
    """Put a privilege of a seed into the cloud; its target goes by its dotted name or its id."""
    names = dict.fromkeys(TARGETS, rules.text)
    ids = {f"{kind}_id": rules.stored_id for kind in TARGETS}
    others: dict[str, Rule] = {"username": rules.text, "api_key_id": rules.stored_id}
    known = stored_rules(Privilege, cloud.definitions) | names | ids | others
    values = read(item, path, known, required=("username", "level"))
    user = cloud.identities.users.get(values.pop("username"))
    if user is None:
        raise DocumentError(f"{path}.username: there is no user {item['username']}")
    api_key = None
    if (api_key_id := values.pop("api_key_id", None)) is not None:
        api_key = key_of(cloud, user, api_key_id)
        if api_key is None:
            raise DocumentError(f"{path}.api_key_id: {user.username} has no API key {api_key_id}")
    kind = kind_for(values["level"])
    target = _named(cloud, kind, values.get(kind), values.get(f"{kind}_id"))
    if target is None or len(values.keys() & {*names, *ids}) != 1:
        raise DocumentError(f"{path}.{kind}: has to name an existing target for the level {values['level']}")
    values = {name: value for name, value in values.items() if name not in names and name not in ids}
    values.setdefault("password_required", api_key is None)
    values["id"] = values.get("id") or cloud.new_id("privileges")
    refuse_used(values["id"], cloud.identities.privileges, f"{path}.id")
    cloud.identities.privileges[values["id"]] = Privilege(user=user, api_key=api_key, target=target, **values)


def _named(cloud: Cloud, kind: str, name: str | None, number: int | None) -> Object | None:
    """Return what a seed names, such as `web1.default.acme`, or gives the id of."""
    if name is None:
        return cloud.objects(TARGETS[kind]).get(number or 0)
    found: Any = cloud
    for model, part in zip(_MODELS[: _MODELS.index(TARGETS[kind]) + 1], reversed(name.split(".")), strict=False):
        found = found and found.children(model).by_name.get(part)
    return found if name.count(".") == _MODELS.index(TARGETS[kind]) else None
