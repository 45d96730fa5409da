# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The life of every kind of resource: read, plan, apply unless in check mode, report. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from .attributes import Schema
from .client import Client
from .kind import Kind
from .plan import Plan, Prediction, Resource, diff, differences


class Outcome:
    """The outcome of a plan: the actions, what the API answered to each, and the resource afterwards."""

    def __init__(self, after: Resource | None, actions: Sequence[str] = (), answers: Sequence[Any] = ()) -> None:
        self.after = after
        self.actions = list(actions)
        self.answers = answers
        self.warnings: list[str] = []


class ResourceKind(Kind):
    """A kind of resource, and how a task makes it as desired. Subclasses say what is special about it.

    ``noun`` is the key of the result; what messages call it is the noun of the ``schema``. ``returned_when`` documents
    when a result has it.
    """

    noun: str
    schema: Schema
    returned_when: ClassVar[str] = "success"

    def desired(self, params: dict[str, Any]) -> Any:
        """Return what the options ask for. Refuse what contradicts itself. Pure."""
        raise NotImplementedError

    def observe(self, client: Client, desired: Any) -> Any:
        """Read what the plan needs: one GET where nothing has to change."""
        raise NotImplementedError

    def plan(self, observed: Any, desired: Any) -> Plan:
        """Return the plan that converges the resource. Pure."""
        raise NotImplementedError

    def read_back(self, client: Client, observed: Any, desired: Any, plan: Plan, answers: Sequence[Any]) -> Any:
        """Return the resource after the plan was applied."""
        raise NotImplementedError

    def predictions(self, observed: Any, desired: Any, plan: Plan) -> Iterable[Prediction]:
        """Return what the plan makes of the resource and of others, in the order in which it does. Pure."""
        raise NotImplementedError

    def title(self, observed: Any, desired: Any, plan: Plan) -> str:
        """Return what the diff calls the resource."""
        return str(desired.name)

    def written_title(self, observed: Any, desired: Any, plan: Plan) -> str:
        """Return what the resource is called after the plan, which may rename it."""
        return self.title(observed, desired, plan)

    def secrets(self, desired: Any) -> Iterable[str | None]:
        """Return what is to be hidden, beyond the options that are secrets."""
        return ()

    def is_current(self, plan: Plan, seen: Resource | None) -> bool:
        """Tell whether a read shows what was changed."""
        if plan.after is None or seen is None:
            return plan.after is seen
        written = differences(plan.before or {}, plan.after)
        compared = {name: value for name, value in written.items() if self.schema.is_compared(name)}
        return self.schema.shows(seen, compared)

    def is_complete(self, plan: Plan, seen: Resource | None) -> bool:
        """Tell whether there is nothing more to be expected of another read."""
        return self.is_current(plan, seen)

    def is_confirmed(self, client: Client, desired: Any, plan: Plan, seen: Resource | None) -> bool:
        """Tell whether everything that was changed is shown, which may take more reads."""
        return self.is_current(plan, seen)

    def returned(self, resource: Resource | None) -> Resource | None:
        """Return the resource as modules return it."""
        return resource

    def diffable(self, resource: Resource | None) -> Resource | None:
        """Return what of the resource a task can set, for the diff; what is not known is left out."""
        return resource and self.schema.compared(resource)

    def diffed(
        self, observed: Any, desired: Any, plan: Plan, outcome: Outcome
    ) -> tuple[Resource | None, Resource | None]:
        """Return the resource before and after, as the diff shows it."""
        # What is as desired does not differ, also where it is there and counts as absent.
        before = plan.before if outcome.actions else outcome.after
        return self.diffable(before), self.diffable(outcome.after)

    def spelling_warnings(self, observed: Any, desired: Any, seen: Resource | None) -> list[str]:
        """Return a warning where the API spells a name otherwise than it was written."""
        return []

    def run(self, client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        """Make the resource as the task asks."""
        return self.converge(client, params, check_mode)

    def converge(self, client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        """Read, plan, apply unless in check mode, and report."""
        desired = self.desired(params)
        client.add_secrets(*self.secrets(desired))
        observed = self.observe(client, desired)
        plan = self.plan(observed, desired)
        if not (plan.steps or plan.definition_checks):
            outcome = Outcome(plan.after)
            if plan.wait_for and params["wait"]:
                if check_mode:
                    client.remember(self.predictions(observed, desired, plan))
                else:
                    from .executor import wait_for

                    outcome.after = wait_for(client, plan.wait_for, params["wait_timeout"])
            return self.report(desired, observed, plan, outcome, check_mode)
        # Only here: a task that changes nothing does without.
        from .definitions import check_definitions
        from .protection import check_protected

        check_protected(plan.steps, params["protect"])
        check_definitions(client, plan.definition_checks)
        if check_mode:
            client.remember(self.predictions(observed, desired, plan))
            outcome = Outcome(plan.after, plan.actions)
        else:
            outcome = self._apply(client, params, observed, desired, plan)
        return self.report(desired, observed, plan, outcome, check_mode)

    def _apply(self, client: Client, params: dict[str, Any], observed: Any, desired: Any, plan: Plan) -> Outcome:
        from .executor import apply, read_back, reporting

        wait = params.get("wait", False)
        applied = apply(client, plan, wait=wait, timeout=params.get("wait_timeout", 60))
        outcome = Outcome(plan.after, applied.actions, applied.answers)
        # What is to be gone was waited for, or nothing was sent for it.
        if not plan.steps or (plan.after is None and (wait or not applied.actions)):
            return outcome
        with reporting(applied.actions):
            seen = read_back(
                client,
                lambda: self.read_back(client, observed, desired, plan, applied.answers),
                lambda now: self.is_complete(plan, now),
            )
            is_confirmed = self.is_confirmed(client, desired, plan, seen)
        # What is seen may count as absent.
        outcome.after = None if is_confirmed and plan.after is None else seen
        if not is_confirmed:
            outcome.warnings.append(not_shown(f"{self.schema.noun} {self.written_title(observed, desired, plan)}"))
        outcome.warnings += self.spelling_warnings(observed, desired, outcome.after)
        return outcome

    def report(self, desired: Any, observed: Any, plan: Plan, outcome: Outcome, check_mode: bool) -> dict[str, Any]:
        """Return what was done to the resource, and how it is after that."""
        warnings = [*plan.warnings, *outcome.warnings]
        before, after = self.diffed(observed, desired, plan, outcome)
        return {
            "changed": bool(outcome.actions),
            "actions": outcome.actions,
            self.noun: self.returned(outcome.after),
            "diff": diff(
                self.schema.noun,
                self.title(observed, desired, plan),
                before,
                after,
                plan.announced(outcome.actions),
            ),
            **({"warnings": warnings} if warnings else {}),
        }


def not_shown(what: str) -> str:
    """Return the warning about a change that the API accepted and a read does not show."""
    return f"The API accepted the requests for {what}, but does not show the change. Check it, and run the task again."
