# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""API keys. The calls about them are not simulated; a seed says which there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from typing_extensions import NotRequired, TypedDict

from ..core import identities, rules
from ..core.attributes import Attribute, Id
from ..core.cloud import Cloud
from ..core.document import items_of, point_in_time, read, refuse_used, without_nulls
from ..core.identities import ADMIN_TOKEN, READ_ONLY_TOKEN
from ..core.objects import Parent
from ..core.openapi import ID
from ..core.problem import Invalid, Rule
from ..core.resource import Resource
from ..core.unimplemented import unimplemented, unimplemented_routes
from .user import ACCESS, dump_identity, take_identity

router = unimplemented_routes()


def _token(value: Any) -> str:
    if not rules.text(value).startswith("apikey."):
        raise Invalid("must begin with 'apikey.'")
    return str(value)


_RULES: dict[str, Rule] = ACCESS | {
    "id": rules.stored_id,
    "token": _token,
    "username": rules.text,
    "label": rules.nullable(rules.text),
    "expires_at": rules.nullable(point_in_time),
}


class NewApiKey(TypedDict):
    user_id: int
    label: str
    expires_at: NotRequired[str]


class ApiKey(NewApiKey):
    id: Id
    api_key: NotRequired[Annotated[str, Attribute("Answered once, when it is made (observed).")]]


class ApiKeys(Resource):
    collection = "api_keys"
    first_ids = (("api_keys", 0),)
    path_parameters = (("api_key", ID, "1"),)
    routers = (router,)

    def default(self, given: Mapping[str, Any]) -> Any:
        """Return keys that see every account that a seed brings along."""
        accounts = None if "accounts" in given else ["acme"]
        keys = [
            {"token": ADMIN_TOKEN, "label": "admin", "username": "admin", "accounts": accounts},
            {
                "token": READ_ONLY_TOKEN,
                "label": "read-only",
                "username": "read-only",
                "accounts": accounts,
                "read_only": True,
            },
        ]
        globex = {"token": "apikey.simulator-globex", "label": "globex", "username": "globex", "accounts": ["globex"]}
        return keys if "accounts" in given else [*keys, globex]

    def load_all(self, cloud: Cloud, parent: Parent, path: str, item: Mapping[str, Any]) -> None:
        known = cloud.identities.api_keys
        for key_path, key in items_of(item, self.collection, path):
            values = read(key, key_path, _RULES, required=("token",))
            refuse_used(values["token"], known, f"{key_path}.token", is_secret=True)
            identity = take_identity(cloud, key_path, values)
            values["id"] = values.get("id") or cloud.new_id("api_keys")
            known[values["token"]] = identities.ApiKey(identity=identity, **values)

    def dump_all(self, parent: Cloud) -> Any:
        return [
            without_nulls(
                {
                    "id": key.id,
                    "token": key.token,
                    "username": key.username,
                    "label": key.label,
                    "expires_at": key.expires_at,
                    **dump_identity(key.identity),
                }
            )
            for key in parent.identities.api_keys.values()
        ]


unimplemented(router, "GET", "/api_keys", "Observed.", answer=list[ApiKey], query=("overview",))
unimplemented(router, "POST", "/api_keys", "Observed.", answer=ApiKey, status=201, takes=NewApiKey)
unimplemented(router, "DELETE", "/api_keys/{api_key}", "Observed.", status=204)
