# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The control interface, the command line and the seed."""

import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests


def test_reset(api, group):
    api.create()
    api.seed({"accounts": [{"name": "other"}], "settings": {"build_time": 9}})
    assert api.post("/_simulator/reset").status_code == 204
    assert api.requests() == []
    assert api.read("/_simulator/clock")["advanced"] == 0
    assert api.read("/_simulator/settings")["build_time"] == 2
    assert api.read(group + "/virtual_machines") == []


def test_the_log(api, group):
    api.delete("/_simulator/requests")
    api.read(group, view="overview")
    api.put(group, {"name": "default"})
    api.post(
        group + "/vm_create",
        {
            "virtual_machine": {"name": "x"},
            "reimage": {"distribution": "none", "root_password": "hidden", "firstboot_script": "hidden"},
        },
    )
    session = requests.post(api.url + "/auth/session", json={"username": "admin", "password": "password"}).text
    requests.get(f"{api.url}/auth/session/{session}")
    log = api.read("/_simulator/requests")
    read, put, create, login, _check = log["requests"]
    assert (read["method"], read["path"], read["query"], read["status"]) == ("GET", group, "view=overview", 200)
    assert put["body"] == {"name": "default"}
    assert create["body"]["reimage"] == {"distribution": "none", "root_password": "***", "firstboot_script": "***"}
    assert login["body"] == {"username": "admin", "password": "***"}
    assert log["counters"] == {
        "total": 5,
        "by_method": {"GET": 2, "PUT": 1, "POST": 2},
        "by_status": {"200": 4, "400": 1},
        "connections": 3,
    }
    for secret in ("hidden", session, "apikey."):
        assert secret not in json.dumps(log)
    api.delete("/_simulator/requests")
    assert api.read("/_simulator/requests")["counters"] == {
        "total": 0,
        "by_method": {},
        "by_status": {},
        "connections": 0,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"build_time": -1},
        {"build_time": True},
        {"build_time": "1"},
        {"junk": 1},
        {"flat_overview": 1},
        {"hardware_changes": "x"},
        {"ignore_acpi": "web1"},
    ],
)
def test_bad_settings_change_nothing(api, change):
    before = api.read("/_simulator/settings")
    answer = api.put("/_simulator/settings", {"latency": 1} | change)
    assert (answer.status_code, list(answer.json())) == (400, list(change))
    assert api.read("/_simulator/settings") == before


def test_latency_overlaps(api):
    api.settings(latency=0.3)
    begun = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _number: requests.get(api.url + "/definitions"), range(8)))
    assert 0.3 <= time.monotonic() - begun < 1.5


@pytest.mark.parametrize(
    ("seed", "path"),
    [
        ({"accounts": {}}, "accounts"),
        ({"accounts": [{}]}, "accounts[0].name"),
        ({"accounts": [{"name": "a"}, {"name": "a"}]}, "accounts[1].name"),
        (
            {"accounts": [{"name": "a", "groups": [{"name": "b", "virtual_machines": [{"name": "c", "cores": "x"}]}]}]},
            "accounts[0].groups[0].virtual_machines[0].cores",
        ),
        (
            {
                "accounts": [
                    {
                        "name": "a",
                        "groups": [
                            {"name": "b", "virtual_machines": [{"name": "c", "discs": [{"size": 50}, {"size": 1}]}]}
                        ],
                    }
                ]
            },
            "accounts[0].groups[0].virtual_machines[0].discs[1].size",
        ),
        ({"users": [{"username": "a", "password": "b", "accounts": ["nobody"]}]}, "users[0].accounts"),
        ({"api_keys": [{"token": "x"}]}, "api_keys[0].token"),
        ({"definitions": {"zone_names": "york"}}, "definitions.zone_names"),
        ({"settings": {"latency": -1}}, "settings"),
        ({"acounts": []}, "seed: unknown key 'acounts'"),
    ],
)
def test_a_bad_seed_names_the_place(api, seed, path):
    before = api.read("/_simulator/state")["accounts"]
    answer = api.post("/_simulator/seed", seed)
    assert answer.status_code == 400
    assert answer.text.startswith(path)
    assert api.read("/_simulator/state")["accounts"] == before


def test_definitions_are_data(api, group):
    api.seed({"definitions": {"zone_names": ["moon"], "storage_grades": ["tape"], "distributions": ["plan9"]}})
    body = {
        "virtual_machine": {"name": "web1", "zone_name": "moon"},
        "discs": [{"size": 50, "storage_grade": "tape"}],
        "reimage": {"distribution": "plan9"},
    }
    assert api.post(group + "/vm_create", body).status_code == 202
    assert api.put(group + "/virtual_machines/web1", {"zone_name": "york"}).status_code == 400


def test_command_line_options(start_simulator, tmp_path):
    seed = tmp_path / "grün seed.json"
    seed.write_text(json.dumps({"accounts": [{"name": "fabrikam"}], "settings": {"build_time": 7, "latency": 0}}))
    process, facts = start_simulator(
        "--seed",
        str(seed),
        "--shutdown-time",
        "0",
        "--hardware-changes",
        "refused",
        "--no-flat-overview",
        "--log-requests",
        "--setting",
        "ids_win=true",
        "--setting",
        'ignore_acpi=["web1", 7]',
    )
    settings = requests.get(facts["api_url"] + "/_simulator/settings").json()
    assert (
        settings
        | {
            "build_time": 7,
            "shutdown_time": 0,
            "hardware_changes": "refused",
            "flat_overview": False,
            "ids_win": True,
            "ignore_acpi": ["web1", 7],
        }
        == settings
    )
    answer = requests.get(facts["api_url"] + "/accounts", headers={"Authorization": f"Bearer {facts['token']}"})
    assert [account["name"] for account in answer.json()] == ["fabrikam"]
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=5)
    assert (process.returncode, output) == (0, "")
    assert errors == "GET /accounts - 200\n"


@pytest.mark.parametrize("content", [None, "{", "[]", '{"accounts": 3}'])
def test_an_unusable_seed_ends_it(run_simulator, tmp_path, content):
    seed = tmp_path / "seed.json"
    if content is not None:
        seed.write_text(content)
    ended = run_simulator("--seed", str(seed))
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert str(seed) in ended.stderr


def test_a_port_in_use_ends_it(run_simulator):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run_simulator("--port", str(taken.getsockname()[1]))
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("setting", ["ids_win", "ids_win=", "ids_win=yes", "ids_win=1", "idswin=true", "build_time=-1"])
def test_a_bad_setting_is_a_usage_error(run_simulator, setting):
    ended = run_simulator("--setting", setting)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"argument --setting: {setting}" in ended.stderr.splitlines()[-1]


def test_a_bad_time_is_a_usage_error(run_simulator):
    ended = run_simulator("--build-time", "-1")
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
