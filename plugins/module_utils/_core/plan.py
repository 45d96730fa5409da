# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The types that plans are made of. Pure: no HTTP, no clock, no AnsibleModule. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from .attributes import Schema

# The query for a resource with all that is below it, soft-deleted ones included.
FULL_VIEW: dict[str, Any] = {"view": "overview", "include_deleted": "true"}

# What to do about a wait that the whole task's deadline ends.
LONGER = "increase wait_timeout"

Resource = dict[str, Any]
Test = Callable[["Resource | None"], bool]


class Owner(Protocol):
    """The dotted name of something that can be destroyed, of the parts ``name.parent.…``, and the kind of it."""

    @property
    def kind(self) -> str:
        """Return what messages call it."""

    def __getitem__(self, part: slice) -> tuple[str, ...]:
        """Return some of the parts."""

    def __len__(self) -> int:
        """Return the number of parts."""


class Reader(Protocol):
    """The client, as far as a verification reads with it."""

    def find(self, path: str, what: str, schema: Schema, **query: Any) -> Resource | None:
        """Return the object at a path, or None where there is none."""

    def get_list(self, path: str, what: str, schema: Schema, **query: str) -> list[Resource]:
        """Return the objects of a list."""


def _state(seen: Resource) -> str:
    return "it exists"


def _is_gone(seen: Resource | None) -> bool:
    return seen is None


def _whole(seen: Resource | None) -> Resource | None:
    return seen


class Port(NamedTuple):
    """A TCP port that has to answer within ``timeout`` seconds; ``address`` tells where the resource has it."""

    owner: str
    number: int
    timeout: float
    address: Callable[[Reader, Resource], str]


class WaitCondition(NamedTuple):
    """A condition to poll for: ``test`` holding of the resource at ``path`` (None where there is none).

    ``timeout`` in seconds, where the wait has a shorter one than the whole task; ``hint`` is what to do when it ends.
    ``state`` describes the resource as last seen, and ``is_gone`` tells that it need not be waited for any longer.
    ``port`` is what then has to answer, too. ``read`` reads the resource where it has no path of its own. The test of
    what ``was_so`` before the write holds for a while after it, too, where reads lag.
    """

    path: str
    description: str
    schema: Schema
    test: Test
    timeout: float | None = None
    hint: str = LONGER
    state: Callable[[Resource], str] = _state
    is_gone: Test = _is_gone
    port: Port | None = None
    read: Callable[[Reader, str], Resource | None] | None = None
    was_so: bool = False


class Target(NamedTuple):
    """A resource that has to be as it was when the plan was made, right before a step is sent.

    ``paths`` is where to find the resource, by its id first: one of them has to show it with the attributes
    ``expected``. ``owner`` is what is destroyed by the step, wholly or in part, if anything is. The step is sent to the
    path that showed the resource, or to ``sent_to``. ``part`` is what of the resource at a path is meant, if not all.
    """

    owner: Owner | None
    description: str
    schema: Schema
    paths: tuple[str, ...]
    expected: Mapping[str, Any]
    sent_to: str | None = None
    part: Callable[[Resource | None], Resource | None] = _whole

    def matches(self, seen: Resource | None) -> bool:
        """Tell whether the resource seen is the one that was planned for."""
        return seen is not None and not differences(seen, self.expected)


class Step(NamedTuple):
    """One write and the line that says it; then, perhaps, something to wait for before the next one.

    ``path`` may be derived from the resource as last read, where only the server knows it; None leaves the step out.
    ``on_timeout`` is sent when ``wait_for`` is not met in time; what is in ``on_failure`` when the step fails for good.
    ``hint`` is what else to do about a refusal. ``verify`` reads what was written, to see whether the step was carried
    out; by default, that is the object of the ``schema`` at the step's path. ``is_done`` tells, if not what goes for
    every request of its method. What ``leaves_no_trace`` is not sent again where its answer is lost; what is not
    ``is_idempotent`` is looked for longer before it is. What somebody else has done will do, unless it has to be
    ``only_ours``. ``resource_id`` is the id of what is written, if it is known, so that nothing else is taken for it.
    ``effect`` is one of create, change, restart, wipe, delete and purge, and ``note`` says more about it in the diff. A
    step with a ``target`` is sent only if that is still the same, and its ``path`` is what follows the target's path.
    Of the steps that ``takes_turns`` a task sends only so many at once. A step that is not ``is_foreseen`` makes up for
    an API that does not do as documented: it is not predicted, and sent only by a task that waits.
    """

    summary: str
    method: str
    path: str | Callable[[Reader, Resource], str | None]
    schema: Schema
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None
    wait_for: WaitCondition | None = None
    on_timeout: Step | None = None
    on_failure: tuple[Step, ...] = ()
    hint: str | None = None
    verify: Callable[[Reader, str], Resource | None] | None = None
    is_done: Test | None = None
    leaves_no_trace: bool = False
    is_idempotent: bool = True
    only_ours: bool = False
    resource_id: int | None = None
    effect: str = "change"
    note: str = ""
    target: Target | None = None
    takes_turns: bool = False
    is_foreseen: bool = True

    def __repr__(self) -> str:
        """Return what the step is, without the secrets that its body may hold."""
        return f"Step({self.summary!r})"

    @property
    def announcement(self) -> str:
        """Return the step's line in the diff, in ASCII, as callbacks escape anything else."""
        line = self.summary.replace("→", "->")
        return f"{line} ({self.note})" if self.note else line

    @property
    def deletes(self) -> bool:
        """Tell whether the step deletes its target."""
        return self.effect in ("delete", "purge")

    def is_carried_out(self, seen: Resource | None) -> bool:
        """Tell whether what is seen shows that the step was carried out."""
        is_another = seen is not None and self.resource_id not in (None, seen.get("id"))
        if self.method == "DELETE":
            return seen is None or is_another or bool(self.is_done and self.is_done(seen))
        if is_another:
            return False
        if self.is_done:
            return self.is_done(seen)
        return seen is not None and self.schema.shows(seen, self.body or {})


class Prediction(NamedTuple):
    """An object as a plan leaves it, for the reads of later tasks in a check run.

    ``was`` is the path that it is found at now (None: it is new), ``at`` the one that it is found at afterwards; it
    ends in a slash where only the server knows what follows. ``before`` and ``after`` are the object itself, with what
    is nested in it. Without an ``after`` it is gone.
    """

    was: str | None
    at: str
    before: Resource | None
    after: Resource | None


class DefinitionCheck(NamedTuple):
    """A value about to be written that has to be in one of the lists of ``/definitions``; ``owner`` is whose it is.

    With a ``separator``, it may be several of them.
    """

    option: str
    definition: str
    value: str
    owner: str = ""
    separator: str = ""


def definition_checks(schema: Schema, body: Mapping[str, Any], prefix: str = "") -> list[DefinitionCheck]:
    """Return the checks of a body's values; ``prefix`` stands before the options in messages."""
    attributes = (schema.attributes[name] for name in body if name in schema.attributes)
    return [
        DefinitionCheck(f"{prefix}{attribute.option}", attribute.definition, body[attribute.name])
        for attribute in attributes
        if attribute.definition and body[attribute.name] is not None
    ]


class Plan(NamedTuple):
    """The writes to send, in order, and the resource before and after (None: it does not exist).

    ``wait_for`` is what the option ``wait`` waits for when everything has been sent, or where nothing is to be sent;
    ``back`` is how a resource is when it is up again, which the plan takes down with the step whose effect is restart;
    ``definition_checks`` are the values that have to be among those that the API lists; ``pending_restart`` are the
    attributes that take effect only at the next start; ``warnings`` say what the plan leaves undone.
    """

    before: Resource | None
    after: Resource | None
    steps: tuple[Step, ...] = ()
    wait_for: WaitCondition | None = None
    back: WaitCondition | None = None
    definition_checks: tuple[DefinitionCheck, ...] = ()
    pending_restart: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def actions(self) -> list[str]:
        """Return the lines that say what is sent."""
        return [step.summary for step in self.steps if step.is_foreseen]

    def announced(self, actions: Sequence[str]) -> list[str]:
        """Return the lines in the diff of the steps that were carried out, or would be in check mode."""
        return [step.announcement for step in self.steps if step.summary in actions]


def object_at(path: str, schema: Schema) -> Callable[[Reader, str], Resource | None]:
    """Return the verification of a step that reads the object at another path than the step's own."""
    return lambda reader, what: reader.find(path, what, schema, **FULL_VIEW)


def with_compensation(steps: Iterable[Step], *on_failure: Step) -> list[Step]:
    """Return the steps, each undone by ``on_failure`` where it has no way back of its own."""
    return [step._replace(on_failure=step.on_failure or on_failure) for step in steps]


def differences(current: Mapping[str, Any], desired: Mapping[str, Any]) -> Resource:
    """Return the desired attributes that are not yet so: the body of a partial PUT."""
    return {key: value for key, value in desired.items() if current.get(key) != value}


def given(**attributes: Any) -> Resource:
    """Return the attributes that were given at all: what is omitted is neither sent nor compared."""
    return {key: value for key, value in attributes.items() if value is not None}


def describe_changes(current: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
    """Return the changes as one phrase.

    >>> describe_changes({"cores": 1}, {"cores": 2})
    'cores 1 → 2'
    """
    return ", ".join(f"{key} {_show(current.get(key))} → {_show(value)}" for key, value in changes.items())


def _show(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def diff(
    noun: str, name: str, before: Resource | None, after: Resource | None, announcements: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the diff as Ansible shows it: first what is done, then what the task could have set, before and after.

    Ansible sorts the keys, and no attribute comes before ``actions``.
    """
    return {
        "before_header": f"{noun} {name}",
        "after_header": f"{noun} {name}",
        "before": before or {},
        "after": {**({"actions": list(announcements)} if announcements else {}), **(after or {})},
    }
