# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A new API key that cannot be finished, or whose answer cannot be read, is deleted, or the failure names it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core import executor
from ansible_collections.bytemark.cloud.tests.unit.contract.test_forms_of_answers import relay
from ansible_collections.bytemark.cloud.tests.unit.echoing_keys import AFTERWARDS, Echoing
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, run_in_controller, run_module

PRIVILEGES = [{"level": "group_admin", "group": "default"}]


@pytest.mark.parametrize("way", [run_module, run_in_controller], ids=["as a module", "in the controller"])
@pytest.mark.parametrize("label", AFTERWARDS)
def test_no_key_is_lost_and_no_secret_is_shown(
    cloud: Cloud, label: str, way: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "READS_LAG", 0.0)
    echoing = Echoing()
    with relay(cloud, echoing.form, instead=echoing.instead) as server:
        result = way(
            "bigv_api_key",
            **cloud.access | {"api_url": server.url},
            label=label,
            valid_for="90d",
            privileges=PRIVILEGES,
        )
    assert echoing.tokens
    assert result["failed"], result
    assert "token" not in result
    shown = str({key: value for key, value in result.items() if key != "exception"})
    assert not [token for token in echoing.tokens if token.removeprefix("apikey.") in shown]
    left = [str(key["id"]) for key in cloud.control("GET", "state")["api_keys"] if key["label"] == label]
    if left:
        assert "delete it" in result["msg"] or "so delete" in result["msg"]
        assert any(number in result["msg"] for number in left) or f"with the label {label}" in result["msg"]
