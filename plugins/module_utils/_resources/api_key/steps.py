# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The writes that make and delete API keys. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, NamedTuple

from ..._core.client import Client
from ..._core.errors import BigvError, OutcomeUnknown, RequestError
from ..._core.names import api_path
from ..._core.plan import Plan, Reader, Resource, Step
from ..._core.validation import InvalidResponse, validate
from .attributes import API_KEY
from .read import list_api_keys, without_secret


class NewKey(NamedTuple):
    """A key that was made, and its secret."""

    key: Resource
    token: str


def creation(body: Resource) -> Step:
    """Return the write that makes a key, for a plan. Its answer alone holds the secret."""
    return Step(f"create API key {body['label']}", "POST", "/api_keys", API_KEY, body, effect="create")


def deletion(key: Resource, is_only: bool = False) -> Step:
    """Return the write that deletes a key, if it is still there. The ``is_only`` one of a label goes by that."""
    name = key["label"] if is_only and key.get("label") else _shown(key)

    def find(reader: Reader, what: str) -> Resource | None:
        return next((entry for entry in list_api_keys(reader, what) if entry["id"] == key["id"]), None)

    def path(reader: Reader, _seen: Resource) -> str | None:
        now = find(reader, f"API key {name} before it is deleted")
        if now is not None and now.get("label") != key.get("label"):
            raise BigvError(f"Could not delete API key {name}: its label has changed. Run the task again.")
        return api_path("api_keys", key["id"]) if now is not None else None

    return Step(
        f"delete API key {name}",
        "DELETE",
        path,
        API_KEY,
        verify=find,
        resource_id=key["id"],
        effect="purge",
        note="permanently",
    )


def _shown(key: Resource) -> str:
    return f"{key['label']} (id {key['id']})" if key.get("label") else str(key["id"])


def create(client: Client, body: Resource, known: Set[int]) -> NewKey:
    """Make a key, and return it with its secret. ``known`` are the ids of the keys that are there already.

    Where the answer is lost the key may be there, and its secret is gone: what has appeared is deleted, and one more is
    made.
    """
    step, retries = creation(body), client.retries()
    while True:
        try:
            answer = client.send(step.method, str(step.path), step.summary, step.body)
            return _read_answer(client, answer, step.summary)
        except RequestError as error:
            if isinstance(error, OutcomeUnknown):
                _delete_orphan(client, body, known, error)
            retries.pause(error)


def _read_answer(client: Client, answer: Any, doing: str) -> NewKey:
    try:
        key = validate(answer, API_KEY)
    except InvalidResponse as why:
        raise _no_key(doing, str(why)) from None
    token = str(key.get("api_key") or "").strip()
    if not (token.isascii() and token.isprintable() and token and " " not in token):
        raise _no_key(doing, "not an object with a key at api_key")
    client.add_known_secrets(token)
    return NewKey(without_secret(key), token)


def _no_key(doing: str, why: str) -> OutcomeUnknown:
    return OutcomeUnknown(f"Could not {doing}: the API's answer is {why}.", method="POST", is_transient=True)


def _delete_orphan(client: Client, body: Resource, known: Set[int], error: RequestError) -> None:
    """Delete the key that a lost answer was about, which no one can use. It has no privileges yet."""
    from ..._core.executor import apply, read_back  # Only here: most answers are not lost.

    def appeared() -> list[Resource]:
        return [
            key
            for key in list_api_keys(client, "which API key has appeared")
            if key["id"] not in known and key.get("label") == body["label"] and not key.get("privileges")
        ]

    try:
        orphans = read_back(client, appeared, bool)
        if len(orphans) > 1:
            raise BigvError("there is no way to tell which one it is.")
        apply(client, Plan(None, None, tuple(map(deletion, orphans))))
    except BigvError as second:
        ids = [str(key["id"]) for key in orphans] if "orphans" in locals() else []
        named = f"API key {' or '.join(ids)}" if ids else f"an API key with the label {body['label']}"
        error = error.final()
        error.add(f"Its secret is lost, so delete {named}: {second}")
        raise error from None
