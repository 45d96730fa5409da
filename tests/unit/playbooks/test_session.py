# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""bigv_session: the registered result holds the session, and nothing else does."""

from __future__ import annotations

import json

import pytest
from ansible_collections.bytemark.cloud.tests.unit.playbooks.conftest import CALLBACKS

LOGIN = {"username": "admin", "password": "password"}


def play(*tasks, **keywords):
    return [
        {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "module_defaults": {"group/bytemark.cloud.bigv": {"token": "{{ session.token | default(omit) }}"}},
            "tasks": list(tasks),
            **keywords,
        }
    ]


LOG_IN = {"name": "Log in", "bytemark.cloud.bigv_session": LOGIN, "register": "session"}
KEEP = {
    "name": "Keep the sessions",
    "ansible.builtin.copy": {
        "dest": "{{ playbook_dir }}/tokens.json",
        "content": "{{ [session.token, again.token] + (looped.results | map(attribute='token') | list) }}",
        "mode": "0600",
    },
    "check_mode": False,
    "diff": False,
    "no_log": True,
}


@pytest.mark.parametrize("arguments", [(), ("--check", "--diff")])
def test_the_session_is_in_the_registered_result_only(cloud, command, write, tmp_path, arguments):
    again = {"bytemark.cloud.bigv_session": {**LOGIN, "run_in_controller": False}, "register": "again"}
    looped = {
        "bytemark.cloud.bigv_session": {**LOGIN, "run_in_controller": "{{ item }}"},
        "loop": [True, False],
        "register": "looped",
    }
    path = write("play.yml", play(LOG_IN, again, looped, KEEP))
    env = {
        "BIGV_TOKEN": "",
        "ANSIBLE_LOG_PATH": str(tmp_path / "log"),
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "record",
        "RECORD_PATH": str(tmp_path / "record"),
    }
    run = command("ansible-playbook", path, "-vvvv", *arguments, **env)
    assert run.status == 0, run.output
    tokens = json.loads((tmp_path / "tokens.json").read_text())
    assert len(set(tokens)) == 4
    assert run.changed == 1  # the file
    record = (tmp_path / "record").read_text()
    assert record.count("'censored'") >= 5
    for said in (run.output, (tmp_path / "log").read_text(), record):
        assert not [token for token in tokens if token in said]


def test_one_login_serves_the_whole_play(cloud, command, write):
    list_groups = {"bytemark.cloud.bigv_group_info": {}}
    path = write("play.yml", play(LOG_IN, list_groups, {"bytemark.cloud.bigv_group": {"name": "new"}}))
    run = command("ansible-playbook", path, BIGV_TOKEN="")
    assert run.status == 0, run.output
    assert [request["path"] for request in cloud.writes()] == ["/auth/session", "/accounts/acme/groups"]
    assert "new" in cloud.groups()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"password": "wr0ng"}, "Could not log in as 'admin'"),
        ({"password": ""}, "password: is required; set the option or BIGV_PASSWORD"),
    ],
)
def test_a_failure_is_shown(cloud, command, write, options, message):
    path = write("play.yml", play({"bytemark.cloud.bigv_session": LOGIN | options}))
    run = command("ansible-playbook", path, "-vvvv")
    assert run.status == 2
    assert message in run.output
    assert "wr0ng" not in run.output.replace(str(path), "")


def test_no_background_job(cloud, command, write):
    path = write("play.yml", play({**LOG_IN, "async": 30, "poll": 1}))
    run = command("ansible-playbook", path)
    assert run.status == 2
    assert "async" in run.output
    assert cloud.writes() == []
