# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The life of every kind of resource: read, plan, apply unless in check mode, report. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from .attributes import Schema
from .client import Client
from .errors import BigvError
from .names import api_path
from .plan import (
    FULL_VIEW,
    Owner,
    Plan,
    Reader,
    Resource,
    Step,
    Target,
    definition_checks,
    describe_changes,
    diff,
    differences,
    object_at,
)

Progress = Callable[[str], None]
STATE: dict[str, Any] = {"type": "str", "choices": ["present", "absent"], "default": "present"}


class Kind:
    """The part of a module that is its own: its options, what has to hold between them, and what it does.

    ``name_variables`` are the environment variables of the names that complete what a task leaves out: they are given
    as ``default_<name>``, beside ``default_account``. ``disclosed`` are the keys of secrets that a result holds because
    the task asks for them. ``sample_action`` documents the actions of what writes.
    """

    options: ClassVar[dict[str, Any]] = {}
    constraints: ClassVar[dict[str, Any]] = {}
    sample_action: ClassVar[str] = ""
    name_variables: ClassVar[Mapping[str, Sequence[str]]] = {}
    disclosed: tuple[str, ...] = ()

    def prepare(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return the options as the client is to be made of them."""
        return params

    def disclosing_parts(self, result: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the parts of a result that may hold secrets that are disclosed."""
        return [result]

    def run(self, client: Client, params: dict[str, Any], check_mode: bool, progress: Progress) -> dict[str, Any]:
        """Return the result of a task with these options."""
        raise NotImplementedError


class Outcome:
    """The outcome of a plan: the actions, what the API answered to each, and the resource afterwards."""

    def __init__(self, after: Resource | None, actions: Sequence[str] = (), answers: Sequence[Any] = ()) -> None:
        self.after = after
        self.actions = list(actions)
        self.answers = answers
        self.warnings: list[str] = []


class ResourceKind(Kind):
    """A kind of resource, and how a task makes it as desired. Subclasses say what is special about it.

    ``noun`` is the key of the result; what messages call it is the noun of the ``schema``.
    """

    noun: str
    schema: Schema

    def desired(self, params: dict[str, Any]) -> Any:
        """Return what the options ask for. Refuse what contradicts itself. Pure."""
        raise NotImplementedError

    def observe(self, client: Client, desired: Any) -> Any:
        """Read what the plan needs: one GET where nothing has to change."""
        raise NotImplementedError

    def plan(self, observed: Any, desired: Any) -> Plan:
        """Return what has to be sent for the resource to be as desired. Pure."""
        raise NotImplementedError

    def read_back(self, client: Client, observed: Any, desired: Any, plan: Plan, answers: Sequence[Any]) -> Any:
        """Return the resource after the plan was applied."""
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

    def spelling_warnings(self, observed: Any, desired: Any, seen: Resource | None) -> list[str]:
        """Return a warning where the API spells a name otherwise than it was written."""
        return []

    def run(self, client: Client, params: dict[str, Any], check_mode: bool, progress: Progress) -> dict[str, Any]:
        """Make the resource as the task asks."""
        return self.converge(client, params, check_mode)

    def converge(self, client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        """Read, plan, apply unless in check mode, and report."""
        desired = self.desired(params)
        client.add_secrets(*self.secrets(desired))
        observed = self.observe(client, desired)
        plan = self.plan(observed, desired)
        if not (plan.steps or plan.definition_checks):
            return self.report(desired, observed, plan, Outcome(plan.after), check_mode)
        # Only here: a task that changes nothing does without.
        from .definitions import check_definitions
        from .protection import check_protected

        check_protected(plan.steps, params["protect"])
        check_definitions(client, plan.definition_checks)
        if check_mode:
            outcome = Outcome(plan.after, plan.actions)
        else:
            outcome = self._apply(client, params, observed, desired, plan)
        return self.report(desired, observed, plan, outcome, check_mode)

    def _apply(self, client: Client, params: dict[str, Any], observed: Any, desired: Any, plan: Plan) -> Outcome:
        from .executor import apply, read_back, reporting

        wait = params.get("wait", False)
        applied = apply(client, plan, wait=wait, timeout=params.get("wait_timeout", 60))
        outcome = Outcome(plan.after, applied.actions, applied.answers)
        # What is to be gone was waited for.
        if not applied.actions or (wait and plan.after is None):
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
        # What is as desired does not differ, also where it is there and counts as absent.
        before = plan.before if outcome.actions else plan.after
        return {
            "changed": bool(outcome.actions),
            "actions": outcome.actions,
            self.noun: self.returned(outcome.after),
            "diff": diff(
                self.schema.noun,
                self.title(observed, desired, plan),
                self.diffable(before),
                self.diffable(outcome.after),
                plan.announced(outcome.actions),
            ),
            **({"warnings": warnings} if warnings else {}),
        }


def not_shown(what: str) -> str:
    """Return the warning about a change that the API accepted and a read does not show."""
    return f"The API accepted what was sent for {what}, but does not show the change. Check it, and run the task again."


class Desired:
    """The desired state of a resource that has nothing but attributes.

    ``path`` is where it is, ``parent`` the path that it is created at (None: only the server creates it), and
    ``attributes`` are those asked for, as the API spells them. ``identity`` are those that tell it from others, which a
    creation adds. ``owner`` is what a deletion takes it away from, if that can be protected.
    """

    def __init__(
        self,
        name: str,
        path: str,
        state: str,
        attributes: Resource,
        *,
        parent: str | None = None,
        identity: Resource | None = None,
        owner: Owner | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.state = state
        self.attributes = attributes
        self.parent = parent
        self.identity = identity or {}
        self.owner = owner


class SimpleResource(ResourceKind):
    """A resource at a path of its own that is created, changed attribute by attribute, and deleted."""

    delete_query: Mapping[str, str] | None = None

    def observe(self, client: Client, desired: Desired) -> Resource | None:
        """Read the resource."""
        what = f"{self.schema.noun} {desired.name}"
        found = client.find(desired.path, what, self.schema, **FULL_VIEW)
        # A number may be taken for an id.
        if found is not None and not self.schema.shows(found, desired.identity):
            raise BigvError(f"The API has another {self.schema.noun} for {what}, of the id {found.get('id')}.")
        if found is None and desired.parent and desired.state == "present":
            # Where there is no parent, check mode says so, too.
            client.get_list(desired.parent, f"the list that {what} is to be in", self.schema)
        return found

    def read_back(self, client: Client, observed: Any, desired: Any, plan: Plan, answers: Sequence[Any]) -> Any:
        """Read the resource again."""
        return self.observe(client, desired)

    def plan(self, observed: Resource | None, desired: Desired) -> Plan:
        """Return the one write that makes the resource as desired, if it takes one. Pure."""
        what = f"{self.schema.noun} {desired.name}"
        if desired.state == "absent":
            return Plan(observed, None, (self.deletion(observed, desired, what),) if observed else ())
        if observed is None:
            body = {**desired.identity, **desired.attributes}
            step, after = self.creation(desired, body, what), self.created(body)
        else:
            body = {
                name: value
                for name, value in desired.attributes.items()
                if not self.schema.shows(observed, {name: value})
            }
            step, after = self.change(observed, desired, body, what), {**observed, **body}
        steps = (step,) if observed is None or body else ()
        return Plan(observed, after, steps, definition_checks=tuple(definition_checks(self.schema, body)))

    def path_of(self, observed: Resource, desired: Desired) -> str:
        """Return the path of a resource that is there."""
        return desired.path

    def verification(self, desired: Desired) -> Callable[[Reader, str], Resource | None]:
        """Return how a step is verified: by reading the resource where it is."""
        return object_at(desired.path, self.schema)

    def created(self, body: Resource) -> Resource:
        """Return the resource that a body creates, as far as it can be predicted."""
        return {**dict.fromkeys(self.schema.attributes), **body}

    def creation(self, desired: Desired, body: Resource, what: str) -> Step:
        """Return the write that creates the resource."""
        if desired.parent is None:
            raise BigvError(f"There is no {what}, or these credentials cannot see it.", status=404)
        return Step(
            f"create {what}",
            "POST",
            desired.parent,
            self.schema,
            body,
            verify=self.verification(desired),
            effect="create",
        )

    def change(self, observed: Resource, desired: Desired, changes: Resource, what: str) -> Step:
        """Return the write that changes the resource."""
        return Step(
            f"change {what}: {describe_changes(observed, changes)}",
            "PUT",
            self.path_of(observed, desired),
            self.schema,
            changes,
            verify=self.verification(desired),
            resource_id=observed.get("id"),
        )

    def deletion(self, observed: Resource, desired: Desired, what: str) -> Step:
        """Return the write that deletes the resource."""
        return Step(
            f"delete {what}",
            "DELETE",
            "",
            self.schema,
            verify=self.verification(desired),
            query=self.delete_query,
            resource_id=observed.get("id"),
            effect="purge",
            note="for good",
            target=Target(
                owner=desired.owner,
                description=what,
                schema=self.schema,
                paths=(self.path_of(observed, desired),),
                expected={name: observed.get(name) for name in (self.schema.key, *desired.identity)},
            ),
        )


class ListedResource(SimpleResource):
    """A resource that is found in the list of its parent, by the attributes that make it the same: its identity.

    The server chooses its id, so that nothing but the list tells whether a creation was carried out.
    """

    def observe(self, client: Client, desired: Desired) -> Resource | None:
        """Find the resource in its list."""
        return self._find(client, desired, f"the list of {self.schema.noun} {desired.name}")

    def path_of(self, observed: Resource, desired: Desired) -> str:
        """Return the path of a resource of the list: by its id."""
        return f"{desired.path}{api_path(observed['id'])}"

    def verification(self, desired: Desired) -> Callable[[Reader, str], Resource | None]:
        """Return how a step is verified: by finding the resource in the list."""
        return lambda reader, what: self._find(reader, desired, what)

    def _find(self, reader: Reader, desired: Desired, what: str) -> Resource | None:
        listed = reader.get_list(desired.path, what, self.schema)
        return next((entry for entry in listed if self.schema.shows(entry, desired.identity)), None)


class InfoKind(Kind):
    """The resources of the ``schema`` that an ``_info`` module lists under the key ``noun``."""

    noun: str
    schema: Schema

    def find(self, client: Client, params: dict[str, Any]) -> Iterable[Resource]:
        """Return what the options ask for: one resource, many or none."""
        raise NotImplementedError

    def returned(self, resource: Resource) -> Resource | None:
        """Return a resource as modules return it."""
        return resource

    def run(self, client: Client, params: dict[str, Any], check_mode: bool, progress: Progress) -> dict[str, Any]:
        """Return the resources."""
        return {"changed": False, self.noun: [self.returned(found) for found in self.find(client, params)]}
