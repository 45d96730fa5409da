# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The URLs of privileges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Response

from ...core.cloud import as_id
from ...core.http import Authenticated, Call
from ...core.objects import Object
from ...core.openapi import CREATED_200, described
from ...core.people import Privilege
from ...core.problem import forbidden, not_found
from ...core.resource import resource_of
from .. import account as accounts
from .. import group as groups
from .. import user as users
from ..account import ACCOUNT, FILTERS
from ..group import GROUP
from ..user import TAG, USER
from ..vm.paths import MACHINE, find_to_read
from . import grants
from .bodies import NewPrivilege, PrivilegeChanges, PrivilegeRead, show

router = APIRouter(tags=[TAG])
PRIVILEGE = "/privileges/{privilege}"
_REVOKED_200 = {200: "Revoked, and a setting has it said so (observed)."}


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
    return call.created(show(call.cloud, grants.create(call, found, call.body())))


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
    if not grants.may_grant(call, found):
        raise forbidden()
    grants.update(call.cloud, found, call.body())
    return call.answer(show(call.cloud, found))


@router.delete(PRIVILEGE)
@described(status=204, also=_REVOKED_200)
async def delete_privilege(call: Authenticated, privilege: str) -> Response:
    """Revoke it (documented), one's own too (assumed); a setting has it answer 200 (observed)."""
    found = _find(call, privilege)
    call.require_own()
    is_own = call.identity.owns(found.user_id) and (call.identity.api_key_id is None or found.api_key is not None)
    if not is_own and not grants.may_grant(call, found):
        raise forbidden()
    del call.cloud.identities.privileges[found.id]
    return Response(status_code=200 if call.cloud.settings.revoked_is_200 else 204)
