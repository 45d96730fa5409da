# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The kinds behind ``bigv_api_key`` and ``bigv_api_key_info``. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.kind import InfoKind
from ..._core.plan import Plan, Prediction, Resource
from ..._core.resource import Outcome, ResourceKind
from ..names import NAME_VARIABLES
from ..user.read import get_user, is_user, own_user_or_none
from .attributes import API_KEY
from .desired import API_KEY_CONSTRAINTS, API_KEY_OPTIONS, DesiredApiKey, desired_api_key
from .observe import ObservedApiKeys, not_own, observe, with_privileges
from .plan import plan_keys, whole_plan
from .read import list_api_keys
from .steps import NewKey
from .token_file import TokenFile

INFO_OPTIONS: dict[str, Any] = {"user": {"type": "str"}, "label": {"type": "str"}}
# What a diff shows of a privilege of a key.
SHOWN = ("level", "virtual_machine_id", "group_id", "account_id")


class ApiKeyKind(ResourceKind):
    """API keys: made, renewed, given privileges and deleted. The secret of a new one is returned once."""

    noun = "api_key"
    schema = API_KEY
    sample_action = "create API key ci"
    options = API_KEY_OPTIONS
    constraints = API_KEY_CONSTRAINTS
    name_variables = NAME_VARIABLES
    disclosed = ("token",)

    def desired(self, params: dict[str, Any]) -> DesiredApiKey:
        """Return what the options ask for."""
        desired = desired_api_key(params)
        if desired.token_file:
            TokenFile(desired.token_file).check()
        return desired

    def observe(self, client: Client, desired: DesiredApiKey) -> ObservedApiKeys:
        """Read the keys, with one GET, and what names stand for, with one each."""
        return observe(client, desired)

    def plan(self, observed: ObservedApiKeys, desired: DesiredApiKey) -> Plan:
        """Return the plan. Pure."""
        return whole_plan(plan_keys(observed, desired), observed, desired)

    def title(self, observed: ObservedApiKeys, desired: DesiredApiKey, plan: Plan) -> str:
        """Return the label or the id."""
        return desired.name

    def _apply(
        self, client: Client, params: dict[str, Any], observed: ObservedApiKeys, desired: DesiredApiKey, plan: Plan
    ) -> Outcome:
        keys = plan_keys(observed, desired)
        if keys.body is None:
            if keys.go_last and observed.is_among_them and observed.token:
                _go_on_with(client, observed.token)
            outcome = super()._apply(client, params, observed, desired, plan)
            if desired.token_file:
                TokenFile(desired.token_file).end()
            return outcome
        # Only here: most tasks make no key.
        from .rotation import Rotation

        return Rotation(client, observed, desired, keys).run()

    def read_back(
        self, client: Client, observed: ObservedApiKeys, desired: DesiredApiKey, plan: Plan, answers: Sequence[Any]
    ) -> Resource | None:
        """Read the keys again."""
        key_id = (plan.after or plan.before or {}).get("id")
        return next((key for key in list_api_keys(client) if key["id"] == key_id), None)

    def diffable(self, resource: Resource | None) -> Resource | None:
        """Return the key with what it may do."""
        if resource is None:
            return None
        privileges = [
            {name: value for name, value in entry.items() if name in SHOWN and value is not None}
            for entry in resource.get("privileges") or ()
        ]
        return {**API_KEY.compared(resource), "privileges": privileges}

    def predictions(self, observed: ObservedApiKeys, desired: DesiredApiKey, plan: Plan) -> Iterable[Prediction]:
        """Return what becomes of the keys, and of what they may do."""
        keys = plan_keys(observed, desired)
        gone = [*keys.go_first, *keys.go_last]
        revoked = [*keys.revocations, *(entry for key in gone for entry in key.get("privileges") or ())]
        for collection, objects in (("privileges", revoked), ("api_keys", gone)):
            for entry in objects:
                path = f"/{collection}/{entry['id']}"
                yield Prediction(path, path, entry, None)
        if keys.body is not None:
            yield Prediction(None, "/api_keys/", None, plan.after)
        elif plan.after is not None:
            for entry in plan.after["privileges"]:
                if entry["id"] is None:
                    yield Prediction(None, "/privileges/", None, entry)

    def report(
        self, desired: DesiredApiKey, observed: ObservedApiKeys, plan: Plan, outcome: Outcome, check_mode: bool
    ) -> dict[str, Any]:
        """Return the key, and the secret of one that was made."""
        result = super().report(desired, observed, plan, outcome, check_mode)
        made = next((answer for answer in outcome.answers if isinstance(answer, NewKey)), None)
        return {**result, "token": made.token} if made else result


def _go_on_with(client: Client, token: str) -> None:
    """Go on with the key in a file, if it works; the one that the task runs on may be deleted next."""
    client.add_known_secrets(token)
    former = client.use_token(token)
    try:
        list_api_keys(client)
    except BigvError as error:
        client.use_token(former)
        error.add(
            "This is the key in token_file, so the other keys were not deleted; set force: true if you have a key "
            "that works."
        )
        raise


class ApiKeyInfo(InfoKind):
    """The API keys of the user whose credentials these are."""

    noun = "api_keys"
    schema = API_KEY
    options = INFO_OPTIONS

    def find(self, client: Client, params: dict[str, Any]) -> Iterable[Resource]:
        """Return the keys, all or those of a label."""
        keys = list_api_keys(client)
        if params["user"] is not None:
            user = get_user(client, "user", params["user"])
            if not is_user(user, own_user_or_none(client, keys)):
                raise not_own(user)
        keys = [key for key in keys if params["label"] in (None, key.get("label"))]
        return [
            key
            for owner in dict.fromkeys(key.get("user_id") for key in keys)
            for key in with_privileges(
                client, {"id": owner, "username": str(owner)}, [key for key in keys if key.get("user_id") == owner]
            )
        ]
