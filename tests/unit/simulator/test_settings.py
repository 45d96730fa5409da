# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The settings the other way round, and the simulators that the tests start with them."""

import requests
from ansible_collections.bytemark.cloud.tests.simulated_cloud import simulated_cloud
from bigv_simulator.core.settings import RULES, turned_round


def settings_of(facts):
    return requests.get(facts["api_url"] + "/_simulator/settings").json()


def test_every_choice_is_turned_round_and_nothing_else(start_simulator):
    usual = settings_of(start_simulator()[1])
    turned = settings_of(start_simulator("--turned-round")[1])
    assert turned.keys() == usual.keys() == RULES.keys()
    assert {name for name in usual if turned[name] != usual[name]} == turned_round().keys()
    # What guests do is no choice of the API's.
    booleans = {name for name, value in usual.items() if isinstance(value, bool)} - {"ignore_acpi"}
    assert turned_round() == {name: not usual[name] for name in booleans} | {"hardware_changes": "refused"}


def test_what_is_said_beside_it_wins(start_simulator, tmp_path):
    seed = tmp_path / "seed.json"
    seed.write_text('{"settings": {"ids_win": false, "build_time": 7}}')
    settings = settings_of(start_simulator("--turned-round", "--hardware-changes", "pending", "--seed", str(seed))[1])
    assert settings | {"hardware_changes": "pending", "ids_win": True, "build_time": 7} == settings


def test_the_environment_turns_the_tests_simulators_round_and_a_reset_keeps_that(monkeypatch):
    monkeypatch.setenv("SIMULATOR_OPTIONS", "--turned-round --latency '0.01'")
    with simulated_cloud() as facts:
        requests.put(facts["control_url"] + "/settings", json={"ids_win": False})
        requests.post(facts["control_url"] + "/reset")
        settings = settings_of(facts)
    assert settings | turned_round() | {"latency": 0.01} == settings
