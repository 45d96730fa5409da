# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The making of an API key that may take the place of others. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from ..._core.client import Client
from ..._core.errors import BigvError, NotAuthenticated
from ..._core.executor import apply, reporting
from ..._core.plan import Plan, Resource, Step
from ..._core.resource import Outcome
from .desired import DesiredApiKey
from .observe import ObservedApiKeys
from .plan import KeyPlan, steps_for
from .read import list_api_keys
from .steps import NewKey, create, deletion
from .token_file import TokenFile

Done = TypeVar("Done")


class Rotation:
    """The making of a key, from what has to go first to what has to go last."""

    def __init__(self, client: Client, observed: ObservedApiKeys, desired: DesiredApiKey, plan: KeyPlan) -> None:
        self.client = client
        self.observed = observed
        self.desired = desired
        self.plan = plan
        self.actions: list[str] = []
        self.file = TokenFile(desired.token_file) if desired.token_file else None

    def run(self) -> Outcome:
        """Make the key, and return it with its secret."""
        with reporting(self.actions):
            self._send(map(deletion, self.plan.go_first))
            known = {key["id"] for key in (*self.observed.keys, *self.observed.others)}
            if self.file:
                self.file.begin(known)
            body = self.plan.body or {}
            made = create(self.client, body, known)
            self.actions.append(f"create API key {self.desired.name}")
            try:
                winner = self._made_before(made, known)
                if winner is None:
                    self._send(steps_for(self.plan, made.key, self.observed, self.desired.name))
                    if self.file:
                        self.file.write(made.token)
            except BaseException as error:
                self._take_back(made, error)
                raise
            if winner is not None:
                return self._give_way(made, winner)
            if self.file:
                self.file.end()
            return self._finish(made)

    def _send(self, steps: Iterable[Step]) -> None:
        applied = apply(self.client, Plan(None, None, tuple(steps)))
        self.actions += applied.actions

    def _made_before(self, made: NewKey, known: set[int]) -> Resource | None:
        """Return the key that somebody else has made at the same time, and before this one."""
        return next(
            (
                key
                for key in list_api_keys(self.client, "whether somebody else has created an API key, too")
                if key["id"] not in known and key["id"] < made.key["id"] and key.get("label") == self.desired.label
            ),
            None,
        )

    def _take_back(self, made: NewKey, error: BaseException) -> None:
        """Delete a key that could not be finished."""
        try:
            self._send([deletion({**made.key, "label": self.desired.label})])
            if self.file:
                self.file.end()
        except BigvError as second:
            if isinstance(error, BigvError):
                error.add(f"The new API key (id {made.key['id']}) could not be deleted; delete it yourself: {second}")

    def _give_way(self, made: NewKey, winner: Resource) -> Outcome:
        """Delete the new key, because somebody else has made one at the same time."""
        self._send([deletion({**made.key, "label": self.desired.label})])
        if self.file:
            self.file.end()
        outcome = Outcome(winner, self.actions)
        outcome.warnings.append(
            f"Somebody else created an API key {self.desired.name} at the same time (id {winner['id']}), so this task "
            "created none."
        )
        return outcome

    def _going_on(self, made: NewKey, act: Callable[[], Done]) -> Done:
        """Do something, with the new key if the one that the task ran on has gone."""
        try:
            return act()
        except NotAuthenticated:
            self.client.use_token(made.token)
            return act()

    def _finish(self, made: NewKey) -> Outcome:
        """Delete what the key follows, if that is asked for, and return the key."""
        outcome = Outcome(None, self.actions, [made])
        try:
            for key in self.plan.go_last:
                self._going_on(made, partial(self._send, [deletion(key)]))
            listed = self._going_on(made, partial(list_api_keys, self.client))
        except BigvError as error:
            # The secret would be lost with the result of a failure.
            outcome.warnings.append(
                f"The new API key {self.desired.name} is valid, but the task is incomplete: {error}"
            )
            listed = []
        found = next((key for key in listed if key["id"] == made.key["id"]), None)
        outcome.after = found or {**made.key, "privileges": list(self.plan.grants)}
        outcome.actions = self.actions
        return outcome
