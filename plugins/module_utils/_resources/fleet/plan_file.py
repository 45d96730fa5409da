# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Plans in files: saved, and required. Private to bytemark.cloud."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from ..._core.errors import BigvError, shown_name
from ..._core.plan import Resource
from ..._core.release import RELEASE
from .plan_differences import differences
from .plan_document import VERSION, encoded, is_document, is_sealed, sealed

MAX_BYTES = 64 << 20
MAX_DIFFERENCES = 10
AGAIN = "Create a new plan (the playbook bytemark.cloud.plan, or save_plan in check mode), and review it."


def keep_plan(params: Mapping[str, Any], document: Mapping[str, Any], there: Mapping[str, Resource]) -> None:
    """Save a plan, and refuse it unless it is the required one; ``there`` has the existing VMs by name.

    What is refused is saved all the same, so that it can be compared with what was required.
    """
    saved, required = params["save_plan"], params["require_plan"]
    if None not in (saved, required) and os.path.realpath(saved) == os.path.realpath(required):
        raise BigvError(
            f"save_plan: {saved!r} is also the file of require_plan, and the plan in it would be lost; specify "
            "another file"
        )
    kept = None if required is None else load_plan(required, document["account"])
    if saved is not None:
        save_plan(saved, document)
    if kept is None:
        return
    found = differences(kept["resources"], document["resources"], there)
    if found:
        more = f"; and {len(found) - MAX_DIFFERENCES} more" if len(found) > MAX_DIFFERENCES else ""
        raise BigvError(
            f"require_plan: the current plan is not the one in {required!r}, so nothing was sent. {AGAIN} "
            f"Differences, as planned → now: {'; '.join(found[:MAX_DIFFERENCES])}{more}"
        )


def save_plan(path: str, document: Mapping[str, Any]) -> None:
    """Write a plan to a file that only its owner can read, as a whole or not at all."""
    content = encoded(sealed(document, datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")))
    try:
        target = os.path.realpath(path)
        if os.path.exists(target) and not os.path.isfile(target):
            raise OSError(0, "it exists and is not a file")
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".plan-")
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not a valid path"
        raise BigvError(
            f"save_plan: {path!r} cannot be written: {why}. Nothing was sent; specify a file in an existing folder "
            "that is writable."
        ) from None


def load_plan(path: str, account: str) -> dict[str, Any]:
    """Return the plan for an account that a file holds, as it was saved by this release of the collection."""
    document: Any
    try:
        document = json.loads(_read(path))
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise _refusal(path, f"cannot be read: {why}") from None
    version = document.get("version") if isinstance(document, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise _refusal(path, "contains no plan")
    for said, ours, what in (
        (version, VERSION, "the plan format"),
        (document.get("collection"), RELEASE, "the collection's release"),
    ):
        if said != ours:
            raise _refusal(path, f"was saved with {what} {shown_name(said)}, but this task needs {ours}")
    if not is_sealed(document):
        raise _refusal(path, "was changed after it was saved: its checksum does not match")
    if not is_document(document):
        raise _refusal(path, "contains no plan")
    if document["account"] != account:
        raise _refusal(path, f"is for the account {shown_name(document['account'])}, but this task is for {account!r}")
    return dict(document)


def _read(path: str) -> str:
    if not os.path.exists(path):
        raise OSError(0, "it does not exist")
    if not os.path.isfile(path):
        raise OSError(0, "it is not a file")
    with open(path, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError(0, f"it is larger than {MAX_BYTES >> 20} MiB")
    return content.decode()


def _refusal(path: str, why: str) -> BigvError:
    return BigvError(f"require_plan: {path!r} {why}. Nothing was sent. {AGAIN}")
