# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Checks of a task that every suite of the contract shares."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.resources._types import Case
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, is_as_predicted

Runner = Callable[..., dict[str, Any]]
# Parts of a result that differ by their nature: a fleet's summary says "to create" of what it will have "created".
PEOPLE = ("users", "privileges", "api_keys")
APART = {"invocation", "summary", "warnings", "api_date"}


def seed(cloud: Cloud, case: Case, **settings: Any) -> None:
    cloud.seed(*case.default, staging=case.staging, account=case.account, document=case.seed, **settings)


def sent(cloud: Cloud) -> list[tuple[str, str]]:
    """Return the method and path of each write that was carried out."""
    return [(write["method"], write["path"]) for write in cloud.done()]


def essence(cloud: Cloud) -> Any:
    """Return the account without what only the server chooses, which depends on the order of creation."""
    chosen = {
        "id", "api_key_id", "expires_at", "group_id", "head", "management_address", "network_interfaces",
        "storage_pool", "virtual_machine_id"
    }  # fmt: skip

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in chosen}
        if isinstance(value, str):
            return re.sub(r"-backup-\d{14}", "-backup", value)
        return sorted(map(strip, value), key=str) if isinstance(value, list) else value

    people = {key: entries for key, entries in cloud.control("GET", "state").items() if key in PEOPLE}
    return strip(people | cloud.account())


def check_and_do(cloud: Cloud, run: Runner, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run in check mode and for real, and hold the one to the other."""
    before = cloud.groups()
    predicted = run(check_mode=True, **options)
    assert cloud.writes() == []
    assert cloud.groups() == before
    cloud.clear()
    done = run(**options)
    if predicted.get("failed"):
        assert done["failed"]
        assert done["msg"] == predicted["msg"]
        assert cloud.writes() == []
    elif not done.get("failed"):
        assert done["changed"] == predicted["changed"] == bool(cloud.writes())
        for key in predicted.keys() - APART:
            assert is_as_predicted(predicted[key], done[key]), key
        if isinstance(predicted.get("diff"), dict):
            assert done["diff"]["before"] == predicted["diff"]["before"]
    return predicted, done


def check_repeat(
    cloud: Cloud, run: Runner, connections: int = 1, **options: Any
) -> tuple[dict[str, Any], Sequence[str]]:
    """Run again, see that nothing is written, and return the result with the requests that it took."""
    cloud.clear()
    again = run(**options)
    assert not again.get("failed"), again["msg"]
    assert not again["changed"]
    assert cloud.writes() == []
    assert cloud.connections() <= connections
    return again, cloud.calls()
