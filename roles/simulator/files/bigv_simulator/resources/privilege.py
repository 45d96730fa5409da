# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Privileges: who may do what where, as granted to people and to their API keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Response
from typing_extensions import NotRequired, TypedDict

from ..core import rules
from ..core.attributes import Attribute, body_rules, changes, creates, shows, stored_rules, stored_values, view
from ..core.cloud import Cloud, as_id
from ..core.document import DocumentError, items_of, read, refuse_used, without_nulls
from ..core.http import Authenticated, Call
from ..core.objects import Object, Parent
from ..core.openapi import CREATED_200, ID, described
from ..core.people import ApiKey, Privilege, User
from ..core.problem import TAKEN, Errors, Problem, Rule, forbidden, not_found, read_attributes
from ..core.redaction import Redactor
from ..core.resource import Resource, resource_of
from . import account as accounts
from . import group as groups
from . import user as users
from .account import ACCOUNT, FILTERS, Account
from .group import GROUP, Group
from .user import TAG, TEAM, USER
from .vm.model import VirtualMachine
from .vm.paths import MACHINE, find_to_read

router = APIRouter(tags=[TAG])
PRIVILEGE = "/privileges/{privilege}"
_TARGETS: dict[str, type[Object]] = {"virtual_machine": VirtualMachine, "group": Group, "account": Account}
_FITTING: dict[str, tuple[str, ...]] = {
    "virtual_machine": ("vm_admin", "vm_console"),
    "group": ("group_admin",),
    "account": ("account_admin",),
}
_CHANGING = ("yubikey_required", "yubikey_otp_max_age", "ip_restrictions")
REVOKED_200 = {200: "Revoked, and a setting has it said so (observed)."}


class Target(TypedDict, total=False):
    """Exactly one of them (observed)."""

    virtual_machine_id: Annotated[int, Attribute("For `vm_admin` and `vm_console` (observed).", 1001)]
    group_id: Annotated[int, Attribute("For `group_admin` (observed).", 101)]
    account_id: Annotated[int, Attribute("For `account_admin` (observed).", 1)]


@shows(Privilege)
class PrivilegeRead(Target):
    """To one VM, group or account (observed)."""

    virtual_machine_name: NotRequired[Annotated[str, Attribute("A setting has it said (observed).", "web1")]]
    group_name: NotRequired[Annotated[str, Attribute("A setting has it said (observed).", "default")]]
    account_name: NotRequired[Annotated[str, Attribute("A setting has it said (observed).", "acme")]]


@creates(Privilege)
class NewPrivilege(Target):
    api_key_id: NotRequired[
        Annotated[int | None, Attribute("An API key of that user, to grant it to (observed).", None)]
    ]


@changes(Privilege)
class PrivilegeChanges(TypedDict, total=False):
    """Nothing else changes (documented)."""


class Privileges(Resource):
    collection = "privileges"
    first_ids = (("privileges", 0),)
    path_parameters = (("privilege", ID, "1"),)
    routers = (router,)

    def default(self, given: Mapping[str, Any]) -> Any:
        """Return what the team of the default seed may do, unless the seed has other people or accounts."""
        if not given.keys().isdisjoint(("accounts", "users", "api_keys")):
            return []
        alice, bob, _carol = TEAM
        group: dict[str, Any] = {"level": "group_admin", "group": "default.acme"}
        return [
            {"username": alice, "level": "account_admin", "account": "acme"},
            {"username": bob, **group},
            {"username": alice, **group, "api_key_id": 4, "password_required": False},
            {"username": bob, **group, "api_key_id": 5, "password_required": False},
        ]

    def load_all(self, cloud: Cloud, parent: Parent, path: str, item: Mapping[str, Any]) -> None:
        for privilege_path, privilege in items_of(item, self.collection, path):
            _load(cloud, privilege_path, privilege)

    def dump_all(self, parent: Cloud) -> Any:
        return [
            without_nulls(
                stored_values(privilege)
                | {"username": privilege.username, "api_key_id": privilege.api_key_id}
                | {f"{_kind(privilege)}_id": privilege.target.id}
            )
            for privilege in parent.identities.privileges.values()
        ]

    def state_of(self, cloud: Cloud, redactor: Redactor) -> dict[str, Any]:
        return {"privileges": [show(cloud, privilege) for privilege in cloud.identities.privileges.values()]}


def _kind(privilege: Privilege) -> str:
    return next(kind for kind, model in _TARGETS.items() if isinstance(privilege.target, model))


def show(cloud: Cloud, privilege: Privilege) -> dict[str, Any]:
    kind, target = _kind(privilege), privilege.target
    shown = view(privilege) | {f"{kind}_id": target.id}
    if cloud.settings.privilege_names and isinstance(target, (VirtualMachine, Group, Account)):
        shown[f"{kind}_name"] = target.name
    return shown


def _load(cloud: Cloud, path: str, item: dict[str, Any]) -> None:
    """Put a privilege of a seed into the cloud; its target goes by its dotted name or its id."""
    names = dict.fromkeys(_TARGETS, rules.text)
    ids = {f"{kind}_id": rules.stored_id for kind in _TARGETS}
    others: dict[str, Rule] = {"username": rules.text, "api_key_id": rules.stored_id}
    known = stored_rules(Privilege, cloud.definitions) | names | ids | others
    values = read(item, path, known, required=("username", "level"))
    user = cloud.identities.users.get(values.pop("username"))
    if user is None:
        raise DocumentError(f"{path}.username: there is no user {item['username']}")
    api_key = None
    if (api_key_id := values.pop("api_key_id", None)) is not None:
        api_key = _key_of(cloud, user, api_key_id)
        if api_key is None:
            raise DocumentError(f"{path}.api_key_id: {user.username} has no API key {api_key_id}")
    kind = _kind_for(values["level"])
    target = _named(cloud, kind, values.get(kind), values.get(f"{kind}_id"))
    if target is None or len(values.keys() & {*names, *ids}) != 1:
        raise DocumentError(f"{path}.{kind}: has to name what there is, for the level {values['level']}")
    values = {name: value for name, value in values.items() if name not in names and name not in ids}
    values["id"] = values.get("id") or cloud.new_id("privileges")
    refuse_used(values["id"], cloud.identities.privileges, f"{path}.id")
    cloud.identities.privileges[values["id"]] = Privilege(user=user, api_key=api_key, target=target, **values)


def _named(cloud: Cloud, kind: str, name: str | None, number: int | None) -> Object | None:
    """Return what a seed names, such as `web1.default.acme`, or gives the id of."""
    if name is None:
        return cloud.objects(_TARGETS[kind]).get(number or 0)
    found: Any = cloud
    models = (Account, Group, VirtualMachine)
    for model, part in zip(models[: models.index(_TARGETS[kind]) + 1], reversed(name.split(".")), strict=False):
        found = found and found.children(model).by_name.get(part)
    return found if name.count(".") == models.index(_TARGETS[kind]) else None


def _kind_for(level: str) -> str:
    return next(kind for kind, levels in _FITTING.items() if level in levels)


def _key_of(cloud: Cloud, user: User, number: int) -> ApiKey | None:
    keys = cloud.identities.api_keys.values()
    return next((key for key in keys if key.id == number and key.user is user), None)


def create(call: Call, user: User, body: dict[str, Any]) -> Privilege:
    """Grant a level below one's own, else 403 (documented)."""
    errors = Errors()
    ids: dict[str, Rule] = {f"{kind}_id": rules.nullable(rules.resource_id) for kind in _TARGETS}
    known = body_rules(Privilege, call.cloud.definitions) | ids | {"api_key_id": rules.nullable(rules.resource_id)}
    values = read_attributes({"level": None} | body, known, errors)
    errors.raise_any()
    target = _target(call, values, errors)
    api_key = None
    if (api_key_id := values.pop("api_key_id", None)) is not None:
        api_key = _key_of(call.cloud, user, api_key_id)
        if api_key is None:
            errors.add("api_key_id", "does not exist")
        if values["level"] == "account_admin":
            errors.add("level", "is not included in the list")
        if values.get("password_required"):
            errors.add("password_required", "must be false for an API key, which has no password")
        values["password_required"] = False
    errors.raise_any()
    granted = Privilege(id=0, user=user, api_key=api_key, target=target, **values)
    if not _may_grant(call, granted):
        raise forbidden()
    privileges = call.cloud.identities.privileges
    if any(_same(granted, privilege) for privilege in privileges.values()):
        raise Problem(400, {"level": [TAKEN]})
    granted.id = call.cloud.new_id("privileges")
    granted.creating_username = _username(call)
    privileges[granted.id] = granted
    return granted


def _target(call: Call, values: dict[str, Any], errors: Errors) -> Object:
    """Take the one target that fits the level out of the values of a body; a 400 for anything else (assumed)."""
    kind = _kind_for(values["level"])
    given = {name: number for name in _TARGETS if (number := values.pop(f"{name}_id", None)) is not None}
    if not given:
        raise Problem(400, {f"{kind}_id": ["can't be blank"]})
    if given.keys() != {kind}:
        raise Problem(400, {"level": ["is not included in the list"]})
    target = call.cloud.visible(call.identity, _TARGETS[kind], given[kind])
    if target is None or target.deleted:
        raise Problem(400, {f"{kind}_id": ["does not exist"]})
    return target


def _may_grant(call: Call, privilege: Privilege) -> bool:
    """Tell whether somebody may grant and change a privilege: a level below one's own (documented).

    Assumed: one's own API keys may get what one has oneself, or no key could be followed by another. A setting has
    that refused as well.
    """
    own = call.identity.level(privilege.target)
    passes_on = privilege.api_key is not None and call.identity.owns(privilege.user_id)
    if passes_on and not call.cloud.settings.strict_key_grants:
        return own >= privilege.rank
    return own > privilege.rank


def _same(one: Privilege, other: Privilege) -> bool:
    return (one.user, one.level, one.target, one.api_key) == (other.user, other.level, other.target, other.api_key)


def _username(call: Call) -> str | None:
    users = call.cloud.identities.users.values()
    return next((user.username for user in users if call.identity.owns(user.id)), None)


def _find(call: Call, segment: str) -> Privilege:
    """Return the privilege with this id, or 404."""
    found = call.cloud.identities.privileges.get(as_id(segment) or 0)
    if found is None or not call.identity.sees_privilege(found):
        raise not_found()
    return found


def _answer(call: Call, privileges: Iterable[Privilege]) -> Response:
    """Return the answer with those privileges that whoever asks may see."""
    seen = filter(call.identity.sees_privilege, privileges)
    return call.answer([show(call.cloud, privilege) for privilege in seen])


def _answer_below(call: Call, target: Object) -> Response:
    """Return the answer with the privileges on a target itself, those below one's own level (observed)."""
    own = call.identity.level(target)
    privileges = call.cloud.identities.privileges.values()
    return _answer(call, (each for each in privileges if each.target is target and each.rank < own))


def _matches(query: Mapping[str, str], privilege: Privilege) -> bool:
    """Tell whether a privilege matches all filters; those of a target take what is in it too (assumed)."""
    places: list[Any] = [privilege.target, *privilege.target.containers()]
    facts: dict[str, Any] = {f"{resource_of(type(each)).filter}_id": each.id for each in places}
    facts |= {f"{resource_of(type(each)).filter}_name": each.name for each in places}
    facts |= {"user_id": privilege.user_id, "user_name": privilege.username, "privilege_id": privilege.id}
    return all(
        facts.get(name) == (as_id(query[name]) or 0 if name.endswith("_id") else query[name])
        for name in FILTERS
        if name in query
    )


@router.get("/privileges")
@described(list[PrivilegeRead], query=FILTERS)
async def list_privileges(call: Authenticated) -> Response:
    """List one's own, and others' on what one administers (observed)."""
    privileges = call.cloud.identities.privileges.values()
    return _answer(call, (each for each in privileges if _matches(call.query, each)))


@router.get(USER + "/privileges")
@described(list[PrivilegeRead])
async def list_privileges_of_user(call: Authenticated, user: str) -> Response:
    """List what somebody may do, where one administers it (observed)."""
    found = users.find(call, user)
    return _answer(call, call.cloud.identities.privileges_of_user(found))


@router.get(ACCOUNT + "/privileges")
@described(list[PrivilegeRead])
async def list_privileges_of_account(call: Authenticated, account: str) -> Response:
    """List those on the account itself that are below one's own level (observed)."""
    return _answer_below(call, accounts.find(call.cloud, call.identity, account))


@router.get(GROUP + "/privileges")
@described(list[PrivilegeRead])
async def list_privileges_of_group(call: Authenticated, account: str, group: str) -> Response:
    """List those on the group itself that are below one's own level (observed)."""
    return _answer_below(call, groups.find(call.cloud, call.identity, account, group))


@router.get(MACHINE + "/privileges")
@described(list[PrivilegeRead], query=("include_deleted",))
async def list_privileges_of_machine(call: Authenticated, account: str, group: str, virtual_machine: str) -> Response:
    """List those on the VM that are below one's own level (observed)."""
    return _answer_below(call, find_to_read(call, account, group, virtual_machine))


@router.post(USER + "/privileges")
@described(PrivilegeRead, 201, NewPrivilege, alike=CREATED_200)
async def create_privilege(call: Authenticated, user: str) -> Response:
    """Grant a level below one's own (documented), to one's own API keys also the same (assumed)."""
    found = users.find(call, user)
    call.require_own()
    return call.created(show(call.cloud, create(call, found, call.body())))


@router.get(PRIVILEGE)
@described(PrivilegeRead)
async def read_privilege(call: Authenticated, privilege: str) -> Response:
    """Documented."""
    return call.answer(show(call.cloud, _find(call, privilege)))


@router.put(PRIVILEGE)
@described(PrivilegeRead, takes=PrivilegeChanges)
async def update_privilege(call: Authenticated, privilege: str) -> Response:
    """Change what it asks for beside a password; nothing else changes (documented)."""
    found = _find(call, privilege)
    call.require_own()
    if not _may_grant(call, found):
        raise forbidden()
    errors = Errors()
    all_rules = body_rules(Privilege, call.cloud.definitions)
    values = read_attributes(call.body(), {name: all_rules[name] for name in _CHANGING}, errors)
    errors.raise_any()
    for name, value in values.items():
        setattr(found, name, value)
    return call.answer(show(call.cloud, found))


@router.delete(PRIVILEGE)
@described(status=204, also=REVOKED_200)
async def delete_privilege(call: Authenticated, privilege: str) -> Response:
    """Revoke it (documented), one's own too (assumed); a setting has it answer 200 (observed)."""
    found = _find(call, privilege)
    call.require_own()
    is_own = call.identity.owns(found.user_id) and (call.identity.api_key_id is None or found.api_key is not None)
    if not is_own and not _may_grant(call, found):
        raise forbidden()
    del call.cloud.identities.privileges[found.id]
    return Response(status_code=200 if call.cloud.settings.revoked_is_200 else 204)
