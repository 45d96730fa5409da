# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Both ways of running a module are equal in what is registered and in what is shown, on every ansible-core.

Since 2.22 ansible-core masks what it is told is a secret wherever it is printed; the value itself still works.
"""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest
from ansible_collections.bytemark.cloud.tests.unit.examples import example
from ansible_collections.bytemark.cloud.tests.unit.support import MODULES

MASKS = find_spec("ansible.module_utils.secrets") is not None
WAYS = pytest.mark.parametrize("in_controller", [True, False], ids=["in the controller", "as a module"])
LOGIN = {"username": "admin", "password": "password"}
VM = {"image": "stretch", "discs": [{"size": "25GiB"}], "state": "running"}


def play(*tasks):
    return [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": list(tasks)}]


def task(module_name, register="done", **options):
    return {f"bytemark.cloud.{module_name}": options, "register": register}


def show(variable):
    return {"ansible.builtin.debug": {"var": variable}}


def keep(content):
    """Return a task that writes a value to a file, as one does that puts it into a vault."""
    copy = {"dest": "{{ playbook_dir }}/kept.json", "content": content, "mode": "0600"}
    return {"ansible.builtin.copy": copy, "no_log": True, "diff": False}


@WAYS
def test_a_session_is_masked_and_works(cloud, command, write, tmp_path, in_controller):
    path = write(
        "play.yml",
        play(
            task("bigv_session", "session", **LOGIN, run_in_controller=in_controller),
            show("session"),
            {"ansible.builtin.debug": {"msg": "It is {{ session.token }}."}},
            task("bigv_group", name="new", token="{{ session.token }}", run_in_controller=in_controller),
            keep("{{ [session.token] }}"),
        ),
    )
    run = command("ansible-playbook", path, "-vvvv", BIGV_TOKEN="")
    assert run.status == 0, run.output
    assert "new" in cloud.groups()
    (token,) = json.loads((tmp_path / "kept.json").read_text())
    assert (token in run.output) is not MASKS
    assert ("It is $REDACTED$." in run.output) is MASKS


@WAYS
def test_a_generated_root_password_is_masked_and_kept(cloud, command, write, tmp_path, in_controller):
    asked = {"return_root_password": True, "run_in_controller": in_controller}
    fleet = {**VM, "name": "web2", "return_root_password": True}
    path = write(
        "play.yml",
        play(
            task("bigv_vm", "one", name="web1", **VM, **asked),
            task("bigv_fleet", "many", vms=[fleet], run_in_controller=in_controller),
            show("one"),
            show("many"),
            keep("{{ [one.root_password, many.vms[0].root_password] }}"),
        ),
    )
    run = command("ansible-playbook", path, "-vvvv", "--diff")
    assert run.status == 0, run.output
    passwords = json.loads((tmp_path / "kept.json").read_text())
    assert [len(password) for password in passwords] == [24, 24]
    assert [password in run.output for password in passwords] == [not MASKS] * 2


def test_a_credential_of_an_inventory_is_masked(cloud, command, write):
    """One from the environment, and one from a template."""
    cloud.seed({"name": "web1"})
    options = {"plugin": "bytemark.cloud.bigv", "compose": {"shown": f"'{cloud.token}'"}}
    template = {"token": "{{ lookup('ansible.builtin.env', 'OTHER') }}"}
    for given, environment in (({}, {}), (template, {"BIGV_TOKEN": "", "OTHER": cloud.token})):
        path = write("test.bigv.yml", options | given)
        run = command("ansible-inventory", "-i", path, "--list", **environment)
        assert run.status == 0, run.output
        assert '"shown": ' in run.output
        assert (cloud.token in run.output) is not MASKS


def test_both_ways_show_the_same(cloud, command, write, tmp_path):
    """What a playbook registers, and what it prints, also of secrets that stand in results by chance."""
    shown = []
    for in_controller in ("true", "false"):
        cloud.seed({"name": "web1", "memory": 1024, "discs": [{"label": "root", "size": 25600}]})
        tasks = [
            task("bigv_vm", "made", name="web2", **VM, root_password="web2"),
            task("bigv_vm", "number", name="web1", memory=2048, image="stretch", root_password="2048"),
            task("bigv_vm", "refused", name="web3", cores=9999, **VM, firstboot_script="cores", root_password="must"),
            task("bigv_group", "misfit", name="web", state="password", token="password"),
        ]
        names = [each["register"] for each in tasks]
        for each in tasks:
            each["ignore_errors"] = True
        path = write("play.yml", play(*tasks, *map(show, names), keep(f"{{{{ [{', '.join(names)}] }}}}")))
        run = command("ansible-playbook", path, "--diff", "-v", BIGV_RUN_IN_CONTROLLER=in_controller)
        assert run.status == 0, run.output
        file = tmp_path / "kept.json"
        kept = json.loads(file.read_text())
        file.unlink()
        assert [result.get("failed", False) for result in kept] == [False, False, True, True]
        # What failed, ansible-core calls it by its name.
        shown.append((kept, run.output.replace("Module failed", "Action failed")))
    assert shown[0] == shown[1]


@WAYS
def test_what_is_no_secret_is_not_masked(cloud, command, write, in_controller):
    """ansible-core takes an option with "key" in its name for one, and names in reverse DNS are in a dictionary."""
    interface = {"ips": ["192.0.2.1"], "extra_ips": {"192.0.2.9": "192.0.2.1"}}
    cloud.seed({"name": "web1", "network_interfaces": [interface]})
    tasks = [
        task("bigv_vm_action", "pressed", vm="web1", action="sendkey", keys="ctrl-alt-delete"),
        task("bigv_vm", "named", name="web1", rdns={"192.0.2.9": "token.example.com"}),
        task("bigv_ip", "one", address="192.0.2.1", rdns="password.example.com"),
        task("bigv_ip", "added", vm="web1", additional=2, reason="a token of our esteem"),
        task("bigv_ip_info", "listed", vm="web1"),
    ]
    path = write("play.yml", play(*tasks, *(show(each["register"]) for each in tasks)))
    run = command("ansible-playbook", path, "-vvv", "--diff", BIGV_RUN_IN_CONTROLLER=str(in_controller))
    assert run.status == 0, run.output
    assert "no_log" not in run.output
    for text in (
        '"keys": "ctrl-alt-delete"',
        "press ctrl-alt-delete at the console of VM web1.default.acme",
        '"192.0.2.9": "token.example.com"',
        '"rdns": "password.example.com"',
        '"reason": "a token of our esteem"',
    ):
        assert text in run.output, text


def test_ansible_finds_nothing_that_will_be_gone(cloud, command, write):
    cloud.seed({"name": "web1"}, {"name": "web2"})
    write("test.bigv.yml", {"plugin": "bytemark.cloud.bigv", "compose": {"zone": "bigv_zone_name | upper"}})
    tasks = [
        task(name, **example(name).options, run_in_controller=in_controller)
        for in_controller in (True, False)
        for name in MODULES
    ]
    path = write("play.yml", play(*tasks))
    run = command("ansible-playbook", "-i", "test.bigv.yml", path, ANSIBLE_DEPRECATION_WARNINGS="true")
    assert run.status == 0, run.output
    assert "DEPRECAT" not in run.output


ROLES = {
    "fleet": lambda vms, defaults: {"bigv_fleet": {"vms": vms, "defaults": defaults, "password": "M4RK-password"}},
    "ephemeral": lambda vms, defaults: {"ephemeral_job": "7", "ephemeral_vms": vms, "ephemeral_vm_defaults": defaults},
}


@pytest.mark.parametrize("memory", ["1GiB", "much"])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_shows_no_secret(cloud, command, write, role, memory):
    defaults = {**VM, "firstboot_script": "#!/bin/sh\necho M4RK-script\n", "memory": memory}
    variables = ROLES[role]([{"name": "web1", "root_password": "M4RK-root"}], defaults)
    path = write("play.yml", play({"ansible.builtin.include_role": {"name": f"bytemark.cloud.{role}"}}))
    run = command("ansible-playbook", path, "-vvvv", "--diff", "-e", f"@{write('variables.yml', variables)}")
    assert run.status == (0 if memory == "1GiB" else 2), run.output
    assert "M4RK" not in run.output
