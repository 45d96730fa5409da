# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""API keys: made, shown without their secret, made to expire, and deleted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from typing_extensions import NotRequired, TypedDict

from ..core import moments, rules
from ..core.attributes import Attribute, Id
from ..core.cloud import Cloud, as_id
from ..core.document import items_of, point_in_time, read, refuse_used, without_nulls
from ..core.http import Authenticated, Call, simulator_of
from ..core.identities import ADMIN_TOKEN, READ_ONLY_TOKEN
from ..core.objects import Parent
from ..core.openapi import ID, described
from ..core.people import ApiKey, Standing, digest_of
from ..core.problem import Errors, Invalid, Rule, forbidden, not_found, read_attributes
from ..core.redaction import Redactor
from ..core.resource import Resource
from .privilege.bodies import PrivilegeRead
from .privilege.bodies import show as show_privilege
from .user import STANDING, TAG, TEAM, dump_standing, take_standing

API_KEY = "/api_keys/{api_key}"
_PREFIX = "apikey."
router = APIRouter(tags=[TAG])


def _token(value: Any) -> str:
    if not rules.text(value).startswith(_PREFIX):
        raise Invalid(f"must begin with '{_PREFIX}'")
    return str(value)


def _expires_at(value: Any) -> float | None:
    """Take a moment, in any of its forms; null and "" are never (assumed for the latter)."""
    return None if value in (None, "") else moments.moment(value)


_RULES: dict[str, Rule] = STANDING | {
    "id": rules.stored_id,
    "token": _token,
    "digest": rules.text,
    "username": rules.text,
    "label": rules.nullable(rules.text),
    "expires_at": rules.nullable(point_in_time),
}
ExpiresAt = Annotated[
    str | None,
    Attribute(
        "Taken in several forms, and answered as here or with an offset (observed); null is never.",
        "2027-03-21T00:24:45.0312Z",
    ),
]


class ApiKeyChanges(TypedDict, total=False):
    expires_at: ExpiresAt


class NewApiKey(ApiKeyChanges):
    user_id: NotRequired[Annotated[int, Attribute("Oneself (observed), as without it (assumed).", 1)]]
    label: Annotated[str, Attribute("There may be several of one label (assumed).", "deploy")]


class ApiKeyRead(TypedDict):
    id: Id
    user_id: int | None
    label: str | None
    expires_at: ExpiresAt
    privileges: NotRequired[Annotated[list[PrivilegeRead], Attribute("With `view=overview` only (observed).")]]


class ApiKeyMade(ApiKeyRead):
    api_key: Annotated[str, Attribute("The key itself, which nothing else ever answers (documented).")]


class ApiKeys(Resource):
    collection = "api_keys"
    first_ids = (("api_keys", 0),)
    path_parameters = (("api_key", ID, "1"),)
    routers = (router,)

    def default(self, given: Mapping[str, Any]) -> Any:
        """Return keys that see every account that a seed brings along."""
        accounts = None if "accounts" in given else ["acme"]
        keys: list[dict[str, Any]] = [
            {"token": ADMIN_TOKEN, "username": "admin", "accounts": accounts},
            {"token": READ_ONLY_TOKEN, "username": "read-only", "accounts": accounts, "read_only": True},
        ]
        if "accounts" not in given:
            keys.append({"token": "apikey.simulator-globex", "username": "globex", "accounts": ["globex"]})
            keys += ({"token": f"apikey.simulator-{name}", "username": name, "accounts": []} for name in TEAM)
        return [{"id": number, "label": key["username"], **key} for number, key in enumerate(keys, 1)]

    def load_all(self, cloud: Cloud, parent: Parent, path: str, item: Mapping[str, Any]) -> None:
        known = cloud.identities.api_keys
        for key_path, key in items_of(item, self.collection, path):
            values = read(key, key_path, _RULES, required=() if "digest" in key else ("token",))
            if "token" in values:
                values["digest"] = digest_of(values["token"])
            refuse_used(values["digest"], known, f"{key_path}.token", is_secret=True)
            standing = take_standing(cloud, key_path, values)
            values["id"] = values.get("id") or cloud.new_id("api_keys")
            user = cloud.identities.users.get(values.get("username", ""))
            known[values["digest"]] = ApiKey(**values | {"standing": standing, "user": user})

    def dump_all(self, parent: Cloud) -> Any:
        """Return the keys: of one that was made here, only the digest."""
        return [
            without_nulls(
                {
                    "id": key.id,
                    **({"digest": key.digest} if key.token is None else {"token": key.token}),
                    "username": key.username,
                    "label": key.label,
                    "expires_at": key.expires_at,
                }
            )
            | dump_standing(key.standing)
            for key in parent.identities.api_keys.values()
        ]

    def state_of(self, cloud: Cloud, redactor: Redactor) -> dict[str, Any]:
        return {"api_keys": [_show(cloud, key) for key in cloud.identities.api_keys.values()]}


def _show(cloud: Cloud, key: ApiKey) -> dict[str, Any]:
    expires_at = key.expires_at
    return {
        "id": key.id,
        "user_id": key.user_id,
        "label": key.label,
        "expires_at": None if expires_at is None else moments.shown(expires_at, cloud.settings.expiry_with_offset),
    }


def _answered(call: Call, key: ApiKey) -> dict[str, Any]:
    shown = _show(call.cloud, key)
    if call.overview:
        found = call.cloud.identities.privileges_of_key(key)
        shown["privileges"] = [show_privilege(call.cloud, privilege) for privilege in found]
    return shown


def _own(call: Call) -> Iterator[ApiKey]:
    """Yield one's own API keys; one that belongs to nobody has no others beside it."""
    for key in call.cloud.identities.api_keys.values():
        if call.identity.owns(key.user_id) or key.id == call.identity.api_key_id:
            yield key


def find(call: Call, segment: str) -> ApiKey:
    """Return the API key of one's own that a path names, or 404."""
    found = next((key for key in _own(call) if key.id == as_id(segment)), None)
    if found is None:
        raise not_found()
    return found


def create(call: Call, body: dict[str, Any]) -> tuple[ApiKey, str]:
    """Make an API key, which has no privileges yet; the token is kept nowhere."""
    errors = Errors()
    known = {"user_id": rules.resource_id, "label": rules.present, "expires_at": _expires_at}
    values = read_attributes({"user_id": call.identity.user_id, "label": None} | body, known, errors)
    users = {user.id: user for user in call.cloud.identities.users.values()}
    user = users.get(values.get("user_id", 0))
    if user is None and "user_id" not in errors:
        errors.add("user_id", "does not exist")
    if user is not None and not call.identity.owns(user.id):
        raise forbidden()
    errors.raise_any()
    token = _PREFIX + secrets.token_hex(24)
    key = ApiKey(
        id=call.cloud.new_id("api_keys"),
        digest=digest_of(token),
        standing=Standing(),
        username=user.username if user else None,
        user=user,
        label=values["label"],
        expires_at=values.get("expires_at"),
    )
    call.cloud.identities.api_keys[key.digest] = key
    return key, token


@router.get("/api_keys")
@described(list[ApiKeyRead], query=("overview",))
async def list_api_keys(call: Authenticated) -> Response:
    """List one's own (observed), those that have expired too (assumed)."""
    return call.answer([_answered(call, key) for key in _own(call)])


@router.post("/api_keys")
@described(ApiKeyMade, 201, NewApiKey)
async def create_api_key(request: Request, call: Authenticated) -> Response:
    """Make a key for oneself: this answer alone has it (documented). It is given privileges by grants (observed)."""
    call.require_own()
    key, token = create(call, call.body())
    simulator_of(request).redactor.add_secrets([token])
    return call.answer(_show(call.cloud, key) | {"api_key": token}, 201)


@router.get(API_KEY)
@described(ApiKeyRead, query=("overview",))
async def read_api_key(call: Authenticated, api_key: str) -> Response:
    """Assumed, as the other calls with this path are observed."""
    return call.answer(_answered(call, find(call, api_key)))


@router.put(API_KEY)
@described(ApiKeyRead, takes=ApiKeyChanges)
async def update_api_key(call: Authenticated, api_key: str) -> Response:
    """Let it expire, now or later (observed)."""
    found = find(call, api_key)
    call.require_own()
    errors = Errors()
    values = read_attributes(call.body(), {"expires_at": _expires_at}, errors)
    errors.raise_any()
    found.expires_at = values.get("expires_at", found.expires_at)
    return call.answer(_show(call.cloud, found))


@router.delete(API_KEY)
@described(status=204)
async def delete_api_key(call: Authenticated, api_key: str) -> Response:
    """Delete it (observed), and its privileges (assumed)."""
    found = find(call, api_key)
    call.require_own()
    call.cloud.identities.delete_api_key(found)
    return Response(status_code=204)
