# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The document of a fleet's plan, as a file keeps it. Pure. Private to bytemark.cloud.

::

    version         1; what a release does not read, it refuses
    collection      the release of the collection
    account         the name of the account
    created_at      2026-11-26T09:49:15Z
    checksum        over everything else in the file
    resources       every group and VM of the task, and every VM that is pruned: the groups first, each kind by name:
      kind          group or VM
      name          the dotted name, as it is now
      renamed_to    the dotted name that it gets (only where it gets another)
      digest        of ``before``; null where nothing is there, or what is there counts as absent
      before        what is there, as far as a task can set it, with its id; null as above. ``discs`` by label
      after         the same when all writes were sent; null where nothing is left. What only the server can choose,
                    such as the id of a new VM, is missing
      writes        in the order in which they are sent; empty where all is as desired:
        summary     the line in ``actions``
        method      POST, PUT or DELETE
        path        null where it is known only when the VM is there, such as an address that the server chooses
        body        null if there is none. The id of a group that the same plan creates is null in it
        effect      create, change, restart, wipe, delete or purge
        query       (only where there is one)
        note        more about the effect, such as "permanently" (only where there is more)
        hidden      the names of the secrets that the task gives and the body leaves out (only where it gives any)
      precautions   writes, too, which are sent only where something fails or takes too long (only where there are any)

Stars stand for the credentials in a URL and for every secret that a text holds.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

from ..._core.arguments import secret_names, secrets_in
from ..._core.plan import Plan, Resource, Step, given
from ..._core.redaction import STARS
from ..._core.release import RELEASE
from ..disc.steps import label_of
from .desired import FLEET_OPTIONS

VERSION = 1
NoneType = type(None)
OPTIONAL: dict[str, Any] = {"renamed_to": "", "precautions": []}
NOTHING_IN_IT: dict[str, Any] = {"discs": {}, "rdns": {}}
SECRETS = secret_names(FLEET_OPTIONS)
# What of a URL may be, or hold, credentials: what stands before the host, and after the path.
BEFORE_THE_HOST = re.compile(r"^((?:[^?#]*?//)?)[^?#]+@")
AFTER_THE_PATH = re.compile(r"([?#]).+", re.DOTALL)


class Planned(NamedTuple):
    """A group or a VM with its plan: ``before`` and ``after`` are what a diff shows of it."""

    kind: str
    name: str
    new_name: str
    plan: Plan
    before: Resource | None
    after: Resource | None


def plan_document(
    params: Mapping[str, Any], account: str, planned: Iterable[Planned], redact: Callable[[Any], Any]
) -> dict[str, Any]:
    """Return the document of a task's plan, without its time."""
    secrets = secrets_in([params["vms"], params["defaults"]], SECRETS)
    resources = sorted((_resource(resource, secrets) for resource in planned), key=_groups_first)
    said = redact({"account": account, "resources": resources})
    document: dict[str, Any] = json.loads(encoded({"version": VERSION, "collection": RELEASE, **said}))
    for resource in document["resources"]:
        resource["digest"] = resource["before"] and digest(resource["before"])
    return document


def key_of(resource: Mapping[str, Any]) -> tuple[str, str]:
    """Return what identifies a resource of a document."""
    return resource["kind"], resource["name"]


def _groups_first(resource: Mapping[str, Any]) -> tuple[bool, str]:
    return resource["kind"] != "group", resource["name"]


def encoded(document: Mapping[str, Any]) -> bytes:
    """Return the document as it stands in a file: sorted and indented, so that two of them can be compared."""
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode(errors="replace")


def digest(value: Any) -> str:
    """Return a digest of a value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def sealed(document: Mapping[str, Any], created_at: str) -> dict[str, Any]:
    """Return the document with its time and a checksum over everything."""
    document = {**document, "created_at": created_at}
    return {**document, "checksum": digest(document)}


def is_sealed(document: Mapping[str, Any]) -> bool:
    """Tell whether the checksum of a document fits."""
    content = {key: value for key, value in document.items() if key != "checksum"}
    return bool(document.get("checksum") == digest(content))


def is_document(value: Mapping[str, Any]) -> bool:
    """Tell whether a dictionary has the shape of a document, as far as anything relies on it."""
    return _has(value, account=str, created_at=str, resources=list) and all(map(_is_resource, value["resources"]))


def _is_resource(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and _has({**OPTIONAL, **value}, kind=str, name=str, renamed_to=str, writes=list, precautions=list)
        and all(_is_write(write) for write in [*value["writes"], *value.get("precautions", ())])
        and _is_state(value.get("before"))
        and _is_state(value.get("after"))
    )


def _is_write(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and _has({"hidden": [], **value}, summary=str, method=str, path=(str, NoneType), effect=str, hidden=list)
        and all(isinstance(name, str) for name in value.get("hidden", ()))
    )


def _is_state(value: Any) -> bool:
    if value is None:
        return True
    parts = {**NOTHING_IN_IT, **value} if isinstance(value, dict) else {}
    return (
        _has(parts, discs=dict, rdns=dict)
        and all(isinstance(disc, dict) for disc in parts["discs"].values())
        and all(isinstance(rdns, (str, NoneType)) for rdns in parts["rdns"].values())
    )


def _has(value: Any, **kinds: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), kind) for key, kind in kinds.items())


def _resource(planned: Planned, secrets: Set[str]) -> dict[str, Any]:
    plan = planned.plan
    is_renamed = planned.after is not None and planned.new_name != planned.name
    precautions = [_write(step, secrets) for step in _precautions(plan.steps)]
    resource: dict[str, Any] = {
        "kind": planned.kind,
        "name": planned.name,
        "before": _with_ids(planned.before, plan.before),
        "after": _with_ids(planned.after, plan.after),
        "writes": [_write(step, secrets) for step in plan.steps if step.is_foreseen],
        **({"renamed_to": planned.new_name} if is_renamed else {}),
        **({"precautions": precautions} if precautions else {}),
    }
    # One may be the beginning of another.
    urls = sorted(secrets_in(resource, {"cdrom_url"}), key=len, reverse=True)
    shown: dict[str, Any] = _shown(resource, [(url, _without_credentials(url)) for url in urls])
    return shown


def _without_credentials(url: str) -> str:
    """Return a URL without what may be credentials.

    >>> _without_credentials("https://me:secret@example.com/rescue.iso?token=secret")
    'https://********@example.com/rescue.iso?********'
    """
    return AFTER_THE_PATH.sub(rf"\1{STARS}", BEFORE_THE_HOST.sub(rf"\1{STARS}@", url))


def _with_ids(shown: Resource | None, resource: Resource | None) -> Resource | None:
    """Return what a diff shows of a resource with the ids that tell it, and its discs, from others of the name."""
    if shown is None or resource is None:
        return None
    ids = {label_of(disc): given(id=disc.get("id")) for disc in resource.get("discs") or ()}
    # The name says which group it is in. The id of a new one is not known yet.
    state = {**{name: value for name, value in shown.items() if name != "group_id"}, **given(id=resource.get("id"))}
    if "discs" in shown:
        state["discs"] = {label: {**disc, **ids[label]} for label, disc in shown["discs"].items()}
    if "id" not in state:
        # The addresses of a new VM are not known yet.
        state.pop("rdns", None)
    return state


def _precautions(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield what is sent only where something fails, takes too long, or is not as documented."""
    seen: list[Step] = []
    for step in steps:
        for other in (None if step.is_foreseen else step, step.on_timeout, *step.on_failure):
            if other and other.summary not in [known.summary for known in seen]:
                seen.append(other)
                yield other


def _write(step: Step, secrets: Set[str]) -> dict[str, Any]:
    path = step.path if isinstance(step.path, str) else None
    if step.target and path is not None:
        path = step.target.paths[0] + path
    hidden = sorted(name for name in SECRETS if secrets_in([step.body or {}], {name}) & secrets)
    return {
        "summary": step.summary,
        "method": step.method,
        "path": path,
        "body": step.body and _without_secrets(step.body),
        "effect": step.effect,
        **({"query": step.query} if step.query else {}),
        **({"note": step.note} if step.note else {}),
        **({"hidden": hidden} if hidden else {}),
    }


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_secrets(entry) for key, entry in value.items() if key not in SECRETS}
    return [_without_secrets(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def _shown(value: Any, urls: Sequence[tuple[str, str]]) -> Any:
    """Return a value with the URLs in its texts as they may be shown."""
    if isinstance(value, Mapping):
        return {key: _shown(entry, urls) for key, entry in value.items()}
    if isinstance(value, list):
        return [_shown(entry, urls) for entry in value]
    if isinstance(value, str):
        for url, shown in urls:
            value = value.replace(url, shown)
    return value
