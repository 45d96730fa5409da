# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""What a plan is made of. Pure: no HTTP, no clock, no AnsibleModule. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from .names import (
    GroupName,
    VmName,
    is_same_domain,
    is_same_name,
)

Resource = dict[str, Any]
# How the attributes are compared that the API may spell otherwise than they were written.
COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {"name": is_same_name, "rdns": is_same_domain}
# What a write does beyond a plain change, as its line in the diff says it.
EFFECTS = {
    "create": "",
    "change": "",
    "restart": "restarts it",
    "wipe": "wipes its first disc for good",
    "delete": "can be undone for 21 days",
    "purge": "for good",
}


@dataclass(frozen=True)
class WaitCondition:
    """What to poll for: ``test`` holding of the resource at ``path`` (None where there is none).

    ``timeout`` in seconds, where the wait has a shorter one than the whole task; ``hint`` is what to do when it ends.
    """

    path: str
    waiting_for: str
    test: Callable[[Resource | None], bool]
    timeout: float | None = None
    hint: str = "give it longer with wait_timeout"


@dataclass(frozen=True)
class Target:
    """What has to be as it was when the plan was made, right before a step is sent.

    ``paths`` is where to find the resource, by its id first: one of them has to show it with the attributes
    ``expected``. ``owner`` is the VM or the group that is destroyed by the step, wholly or in part, if one is.
    """

    owner: VmName | GroupName | None
    description: str
    paths: tuple[str, ...]
    expected: Mapping[str, Any]

    def matches(self, seen: Resource | None) -> bool:
        """Return whether the resource seen is the one that was planned for."""
        return seen is not None and not differences(seen, self.expected)


@dataclass(frozen=True)
class Step:
    """One write and the line that says it; then, perhaps, something to wait for before the next one.

    ``path`` may be derived from the resource as last read, where only the server knows it; None leaves the step out.
    ``otherwise`` is sent when ``until`` is not met in time; ``on_failure`` when the step fails for good. ``hint`` is
    what else to do about a refusal. ``result_at`` is where to look whether the step was carried out, if not at its own
    path, and ``carried_out`` what tells, if not what goes for every request of its method. ``resource_id`` is the id of
    what is written, where it is known, so that a look takes nothing else for it. ``effect`` is one of `EFFECTS`. A step
    with a ``target`` is sent only if that is still the same, and its ``path`` is what follows the target's path. Of the
    steps that ``takes_turns`` a task sends only so many at once. A step that is not ``is_foreseen`` makes up for an API
    that does not do as documented: it is not foretold, and sent only by a task that waits.
    """

    summary: str
    method: str
    path: str | Callable[[Resource], str | None]
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    query: Mapping[str, str] | None = None
    until: WaitCondition | None = None
    otherwise: Step | None = None
    on_failure: Step | None = None
    hint: str | None = None
    result_at: str | None = None
    carried_out: Callable[[Resource | None], bool] | None = None
    resource_id: int | None = None
    effect: str = "change"
    target: Target | None = None
    takes_turns: bool = False
    is_foreseen: bool = True

    @property
    def announcement(self) -> str:
        """Return the step's line in the diff, in ASCII, as callbacks escape anything else."""
        line = self.summary.replace("→", "->")
        return f"{line} ({EFFECTS[self.effect]})" if EFFECTS[self.effect] else line

    @property
    def deletes(self) -> bool:
        """Return whether the step deletes its target."""
        return self.effect in ("delete", "purge")

    def is_carried_out(self, seen: Resource | None) -> bool:
        """Whether what is seen shows that the step was carried out."""
        is_another = seen is not None and self.resource_id not in (None, seen.get("id"))
        if self.method == "DELETE":
            return seen is None or is_another or (not self.query and bool(seen.get("deleted")))
        if is_another:
            return False
        if self.carried_out:
            return self.carried_out(seen)
        return seen is not None and shows(seen, self.body or {})


class DefinitionCheck(NamedTuple):
    """A value about to be written that has to be in one of the lists of ``/definitions``; ``vm`` is whose it is."""

    option: str
    definition: str
    value: str
    vm: str = ""


@dataclass(frozen=True)
class Plan:
    """What has to be sent, in order, and the resource before and after (None: it is not there).

    ``settled`` is what ``wait`` waits for when everything has been sent; ``listed`` are the values that have to be
    among those that the API lists; ``pending`` are the attributes that take effect only at the next start; ``warnings``
    say what the plan leaves undone.
    """

    before: Resource | None
    after: Resource | None
    steps: tuple[Step, ...] = ()
    settled: WaitCondition | None = None
    listed: tuple[DefinitionCheck, ...] = ()
    pending: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def actions(self) -> list[str]:
        return [step.summary for step in self.steps if step.is_foreseen]

    def announced(self, actions: Sequence[str]) -> list[str]:
        """Return the lines in the diff of the steps that were carried out, or would be in check mode."""
        return [step.announcement for step in self.steps if step.summary in actions]


def with_compensation(steps: list[Step], on_failure: Step) -> list[Step]:
    """The steps, each undone by ``on_failure`` where it has no way back of its own."""
    return [replace(step, on_failure=step.on_failure or on_failure) for step in steps]


def differences(current: Mapping[str, Any], desired: Mapping[str, Any]) -> Resource:
    """The desired attributes that are not yet so: the body of a partial PUT."""
    return {key: value for key, value in desired.items() if current.get(key) != value}


def shows(seen: Mapping[str, Any], written: Mapping[str, Any]) -> bool:
    """Tell whether what is seen is what was written, however the API spells names.

    >>> shows({"rdns": "www.example.com"}, {"rdns": "WWW.example.com."})
    True
    """
    return all(
        COMPARED[key](seen.get(key), value) if key in COMPARED else seen.get(key) == value
        for key, value in written.items()
    )


def given(**attributes: Any) -> Resource:
    """The attributes that were given at all: what is omitted is neither sent nor compared."""
    return {key: value for key, value in attributes.items() if value is not None}


def describe_changes(current: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
    """The changes as one phrase.

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
    kind: str, name: str, before: Resource | None, after: Resource | None, announcements: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the diff as Ansible shows it: first what is done, then what the task could have set, before and after.

    Ansible sorts the keys, and no attribute comes before ``actions``.
    """
    return {
        "before_header": f"{kind} {name}",
        "after_header": f"{kind} {name}",
        "before": before or {},
        "after": {**({"actions": list(announcements)} if announcements else {}), **(after or {})},
    }
