# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What the API calls things is never evaluated, however much it looks like a template."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import Cloud, machine
from ansible_collections.bytemark.cloud.tests.unit.recording_server import recording_server

HACK = "{{ lookup('ansible.builtin.pipe', 'touch hacked') }}"


@pytest.mark.parametrize("in_controller", [True, False])
def test_a_template_for_a_name(command, write, tmp_path, in_controller):
    vms = [machine(7, HACK, "default", hostname="web1.default.acme.uk0.bigv.io", head=HACK, zone_name=HACK)]
    shared = {"token": "apikey.t", "account": "acme", "run_in_controller": in_controller}
    tasks = [
        {"bytemark.cloud.bigv_vm_info": {}, "register": "done"},
        {"ansible.builtin.debug": {"var": "done.vms"}},
        {"ansible.builtin.debug": {"msg": "It is called {{ done.vms[0].name }} in {{ done.vms[0].zone_name }}"}},
        {"ansible.builtin.set_fact": {"name_of_it": "{{ done.vms[0].name }}"}},
        {"ansible.builtin.debug": {"msg": "As a fact, {{ name_of_it }}"}},
        {"bytemark.cloud.bigv_vm": {"id": 7, "zone": "elsewhere"}, "register": "done", "ignore_errors": True},
        {"ansible.builtin.debug": {"msg": "{{ done.msg }}"}},
    ]
    with recording_server(Cloud(vms, True, [])) as server:
        defaults = {"group/bytemark.cloud.bigv": {**shared, "api_url": server.url}}
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "module_defaults": defaults}
        run = command("ansible-playbook", write("play.yml", [{**play, "tasks": tasks}]), "-v", COLUMNS="4000")
    assert run.status == 0, run.output
    for said in (f"It is called {HACK} in {HACK}", f"As a fact, {HACK}", f"is in {HACK!r} and cannot move"):
        assert said in run.output.replace('\\"', '"'), run.output
    assert not (tmp_path / "hacked").exists()
