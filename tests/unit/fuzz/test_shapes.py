# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Options of a wrong shape: one line says which and where, no secret is shown, and both ways of running agree."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller
from ansible_collections.bytemark.cloud.tests.unit.fuzz.conftest import PYTHON
from ansible_collections.bytemark.cloud.tests.unit.fuzz.shapes import MARK, cases
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer
from ansible_collections.bytemark.cloud.tests.unit.support import MODULES, run_in_controller, run_module


@pytest.fixture(autouse=True)
def nothing_there(server: Any) -> None:
    """Forget the answers of the test before, which may be a VM that is never ready."""
    server.answer = lambda request: Answer(404)


def results(server: Any, module_name: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of both ways, without the trace that a failed module leaves for ansible-core."""
    shared = {"api_url": server.url, "auth_url": server.url, "account": "acme", "api_retries": 0}
    _in_controller._clients.clear()
    both = [way(module_name, **shared | options) for way in (run_module, run_in_controller)]
    return [{key: value for key, value in result.items() if key != "exception"} for result in both]


@pytest.mark.parametrize("module_name", MODULES)
def test_no_secret_is_shown_whatever_the_shape(server, module_name, capfd):
    server.requests.clear()
    for place, options in cases(module_name):
        as_a_module, in_the_controller = results(server, module_name, options)
        assert as_a_module == in_the_controller, place
        assert MARK not in json.dumps(as_a_module), place
        if as_a_module.get("failed"):
            message = as_a_module["msg"]
            assert message.isprintable(), place
            assert not PYTHON.search(message), (place, message)
            assert len(message) < 1000, (place, message)
        if as_a_module["invocation"]["module_args"] == {}:
            option = place.partition(":")[0].partition(".")[0]
            assert message.startswith((option, "the task")), (place, message)
            assert ": " in message, (place, message)
    assert MARK not in "".join(capfd.readouterr())


NOTHING = "Nothing was changed, because not everything is possible: "
PLACES = [
    ("bigv_fleet", {"vms": ["web1", "web2"]}, "vms[0]: must be a dictionary of options, got text"),
    ("bigv_fleet", {"vms": [{"name": "web1"}, "web2"]}, "vms[1]: must be a dictionary of options, got text"),
    ("bigv_fleet", {"vms": [[{"root_password": "hunter2"}]]}, "vms[0]: must be a dictionary of options, got a list"),
    ("bigv_fleet", {"vms": {"name": "web1"}}, "vms: must be a list of dictionaries, got a dictionary"),
    ("bigv_fleet", {"vms": True}, "vms: must be a list of dictionaries, got a boolean"),
    ("bigv_fleet", {"vms": [None]}, "vms[0]: must be a dictionary of options, got null"),
    ("bigv_fleet", {"defaults": "state: running"}, "defaults: must be a dictionary of options, got text"),
    ("bigv_fleet", {"defaults": [{"cores": 2}]}, "defaults: must be a dictionary of options, got a list"),
    ("bigv_fleet", {"vms": [{"name": "a", "discs": ["25GiB"]}]}, "vms[0].discs[0]: must be a dictionary of options"),
    ("bigv_fleet", {"vms": [{"name": "a", "discs": [{"sise": 5}]}]}, "vms[0].discs[0].sise: is not an option; did you"),
    ("bigv_fleet", {"vms": [{"name": "a", "cores": "two"}]}, "vms[0].cores: must be a whole number, got 'two'"),
    ("bigv_fleet", {"vms": [{"name": "a", "state": "on"}]}, "vms[0].state: must be one of present, running, stopped"),
    ("bigv_fleet", {"vms": [{"name": "a", "purge": "perhaps"}]}, "vms[0].purge: must be true or false, got 'perhaps'"),
    ("bigv_fleet", {"vms": [{"name": "a"}, {"cores": 2}]}, "vms[1]: name or id is required"),
    ("bigv_fleet", {"vms": [{"name": "a", "id": 5}]}, "vms[0]: name and id are mutually exclusive; set only"),
    ("bigv_fleet", {"vms": ["name=web1 cores=two"]}, "vms[0].cores: must be a whole number, got text"),
    ("bigv_vm", {"name": "web1", "discs": ["25GiB"]}, "discs[0]: must be a dictionary of options, got text"),
    ("bigv_vm", {"name": ["web1"]}, "name: must be text, got a list"),
    ("bigv_vm", {"name": "web1", "root_password": {"a": "b"}}, "root_password: must be text, got a dictionary"),
    ("bigv_vm", {"name": "web1", "cores": {"a": 1}}, "cores: must be a whole number, got a dictionary"),
    ("bigv_vm", {"name": "web1", "root_password": "two", "cores": "two"}, "cores: must be a whole number, got text"),
    ("bigv_vm", {"name": "web1", "ram": "1GiB"}, "ram: is not an option; the options are account, "),
    ("bigv_vm", {"name": "web1", "memmory": "1GiB"}, "memmory: is not an option; did you mean memory?"),
    ("bigv_vm", {"name": "web1", "a b": "1GiB"}, "the task: contains a key that is not an option; "),
    ("bigv_vm", {"name": "web1", "api_retries": "some"}, "api_retries: must be a whole number, got 'some'"),
    ("bigv_group", {"name": False}, "name: must be text, got False (a boolean); put it in quotes"),
    ("bigv_group", {"name": 1.1}, "name: must be text, got 1.1 (a number); put it in quotes"),
    ("bigv_group", {"name": "web", "new_name": True}, "new_name: must be text, got True (a boolean)"),
    ("bigv_vm", {"name": "web1", "account": False}, "account: must be text, got False (a boolean)"),
    ("bigv_vm", {"name": "web1", "keymap": False}, "keymap: must be text, got False (a boolean)"),
    ("bigv_vm", {"name": "web1", "root_password": 42798}, "root_password: must be text, got a number; put it"),
    ("bigv_vm", {"name": "web1", "root_password": 1.5}, "root_password: must be text, got a number; put it"),
    ("bigv_vm", {"name": "web1", "root_password": True}, "root_password: must be text, got a boolean; put it"),
    ("bigv_vm", {"name": "web1", "password": 42798}, "password: must be text, got a number; put it in quotes"),
    ("bigv_vm", {"name": "web1", "firstboot_script": ["a"]}, "firstboot_script: must be text, got a list"),
    ("bigv_vm", {"name": "web1", "discs": [{"label": False}]}, "discs[0].label: must be text, got False (a boolean)"),
    ("bigv_vm", {"name": "web1", "protect": ["web*", False]}, "protect[1]: must be text, got False (a boolean)"),
    ("bigv_vm", {"name": "web1", "protect": [None]}, "protect[0]: must be text, got null"),
    ("bigv_vm", {"name": "web1", "protect": False}, "protect: must be a list, got a boolean"),
    ("bigv_vm", {"name": "web1", "ssh_public_keys": [None]}, "ssh_public_keys[0]: must be text, got null"),
    ("bigv_vm", {"name": "web1", "ssh_public_keys": [{"key": "x"}]}, "ssh_public_keys[0]: must be text, got a dict"),
    ("bigv_vm", {"name": "web1", "ssh_public_keys": [5]}, "ssh_public_keys[0]: must be text, got 5 (a number)"),
    ("bigv_vm", {"name": "web1", "ssh_public_keys": 5}, "ssh_public_keys[0]: is not a public key"),
    ("bigv_vm", {"name": "web1", "discs": "web"}, "discs: must be a list of dictionaries, got text"),
    ("bigv_vm", {"name": "web1", "id": True}, "id: must be a whole number, got True"),
    ("bigv_disc", {"vm": 1.5, "label": "data"}, "vm: must be text, got 1.5 (a number)"),
    ("bigv_fleet", {"vms": [{"name": False}]}, "vms[0].name: must be text, got False (a boolean)"),
    ("bigv_fleet", {"vms": [{"name": "web1"}, {"name": 1.1}]}, "vms[1].name: must be text, got 1.1 (a number)"),
    ("bigv_fleet", {"vms": [{"name": "a"}, {"name": "b", "discs": "x"}]}, "vms[1].discs: must be a list of dict"),
    ("bigv_fleet", {"vms": [{"name": "a"}, {"name": "b", "discs": 5}]}, "vms[1].discs: must be a list of dict"),
    ("bigv_fleet", {"defaults": {"group": False}}, "defaults.group: must be text, got False (a boolean)"),
    ("bigv_fleet", {"defaults": '{"group": false}'}, "defaults.group: must be text, got a boolean"),
    ("bigv_fleet", {"vms": '[{"name": "a", "cores": "two"}]'}, "vms[0].cores: must be a whole number, got text"),
    ("bigv_fleet", {"groups": '["web", "db"'}, "groups: must be a list, got text"),
    ("bigv_fleet", {"groups": "['web', 'db']"}, "groups: must be a list, got text"),
    ("bigv_fleet", {"groups": [False]}, f"{NOTHING}groups[0].name: must be text, got False"),
    ("bigv_fleet", {"groups": [1.1]}, f"{NOTHING}groups[0].name: must be text, got 1.1 (a number)"),
    ("bigv_fleet", {"groups": [None]}, f"{NOTHING}groups[0].name: specify the name of a group"),
    ("bigv_fleet", {"groups": [{"nam": "a"}]}, f"{NOTHING}groups[0].nam: is not an option; did"),
    ("bigv_fleet", {"groups": [{"name": "a", "state": False}]}, f"{NOTHING}groups[0].state: must be one of"),
]  # fmt: skip


@pytest.mark.parametrize(("module_name", "options", "message"), PLACES)
def test_the_message_says_where_and_what_to_give(server, module_name, options, message):
    server.requests.clear()
    for result in results(server, module_name, {"token": "apikey.M4RK", **options}):
        assert result["failed"]
        assert result["msg"].startswith(message)
        assert result["invocation"] == {"module_args": {}} or result["error"]["status"] is None
    assert server.requests == []


def test_a_value_of_the_environment_that_does_not_fit(server, monkeypatch):
    monkeypatch.setenv("BIGV_API_TIMEOUT", "M4RK-token")
    monkeypatch.setenv("BIGV_TOKEN", "M4RK-token")
    for result in results(server, "bigv_group", {"name": "web"}):
        assert result["msg"] == "api_timeout: must be a whole number, got text"
        assert MARK not in json.dumps(result)


@pytest.mark.parametrize("secret", ["a", "ab", 7, 12345678, True])
def test_a_short_secret_or_a_number_does_not_spoil_a_refusal(server, secret):
    for result in results(server, "bigv_vm", {"token": "t", "discs": ["25GiB"], "root_password": secret}):
        assert result["msg"] == "discs[0]: must be a dictionary of options, got text"
