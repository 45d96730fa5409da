# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Resources that have nothing but attributes: at a path of their own, or in a list. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .client import Client
from .errors import BigvError, NotFound
from .names import api_path
from .plan import (
    FULL_VIEW,
    Owner,
    Plan,
    Prediction,
    Reader,
    Resource,
    Step,
    Target,
    definition_checks,
    describe_changes,
    object_at,
)
from .resource import ResourceKind

# No task creates what lies at the root of the API, such as ``/accounts/acme/…``.
ROOT_LIST = 3


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
            raise BigvError(
                f"The API returned a different {self.schema.noun} for {what}, with the id {found.get('id')}."
            )
        if found is None and desired.parent and desired.state == "present":
            try:
                client.get_list(desired.parent, f"the list that should contain {what}", self.schema)
            except NotFound as why:
                if desired.parent.count("/") <= ROOT_LIST:
                    raise
                client.report_missing(why)
        return found

    def predictions(self, observed: Resource | None, desired: Desired, plan: Plan) -> Iterable[Prediction]:
        """Return what becomes of the resource."""
        at = self.path_of(observed, desired) if observed else self.path_of_new(desired)
        return [Prediction(at if observed else None, at, plan.before, plan.after)]

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
            after, steps = self.created(body), [self.creation(desired, body, what)]
        else:
            body = {
                name: value
                for name, value in desired.attributes.items()
                if not self.schema.shows(observed, {name: value})
            }
            after = {**observed, **body}
            steps = [self.change(observed, desired, body, what)] if body else []
        return Plan(observed, after, tuple(steps), definition_checks=tuple(definition_checks(self.schema, body)))

    def path_of(self, observed: Resource, desired: Desired) -> str:
        """Return the path of a resource that is there."""
        return desired.path

    def path_of_new(self, desired: Desired) -> str:
        """Return the path of a resource that is to be created."""
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
            note="permanently",
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

    def path_of_new(self, desired: Desired) -> str:
        """Return the path of a resource that is to be created, up to its id."""
        return f"{desired.path}/"

    def verification(self, desired: Desired) -> Callable[[Reader, str], Resource | None]:
        """Return how a step is verified: by finding the resource in the list."""
        return lambda reader, what: self._find(reader, desired, what)

    def _find(self, reader: Reader, desired: Desired, what: str) -> Resource | None:
        listed = reader.get_list(desired.path, what, self.schema)
        return next((entry for entry in listed if self.schema.shows(entry, desired.identity)), None)
