# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What a task's arguments are made of: both ways of running a module take them alike."""

from __future__ import annotations

import pytest

PLAY = """\
- hosts: localhost
  gather_facts: false
  vars:
    token: {vaulted}
  tasks:
    - name: A vaulted value, as it is and through a template
      bytemark.cloud.bigv_fleet:
        token: "{{{{ token }}}}"
        vms:
          - name: web1
            root_password: {vaulted}
    - name: A date
      bytemark.cloud.bigv_vm_info:
        token: "{{{{ token }}}}"
        name: 2026-01-02
"""
VALUES = """\
- hosts: localhost
  gather_facts: false
  tasks:
    - bytemark.cloud.bigv_fleet:
        groups: "{{ wanted }}"
    - bytemark.cloud.bigv_group:
        name: 555
    - bytemark.cloud.bigv_vm:
        name: web1
        image: stretch
        root_password: "{{ password }}"
        ssh_public_keys: "{{ lookup('ansible.builtin.file', 'keys') }}"
        discs: [{size: 1GiB}]
    - bytemark.cloud.bigv_group:
        name: no
      ignore_errors: true
    - bytemark.cloud.bigv_group:
        name: 1.10
      ignore_errors: true
    - bytemark.cloud.bigv_vm:
        name: web2
        root_password: 0123456
      ignore_errors: true
"""


@pytest.mark.parametrize("in_controller", ["true", "false"])
def test_vaulted_values_and_dates(cloud, command, tmp_path, in_controller):
    cloud.seed({"name": "web1"})
    (tmp_path / "password").write_text("open sesame")
    env = {
        "ANSIBLE_INJECT_INVOCATION": "true",  # ansible-core 2.21 and newer
        "ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "password"),
        "BIGV_RUN_IN_CONTROLLER": in_controller,
        "BIGV_TOKEN": "",
    }
    encrypted = command("ansible-vault", "encrypt_string", cloud.token, **env)
    vaulted = encrypted.output[encrypted.output.index("!vault") :].rstrip().removesuffix("Encryption successful")
    path = tmp_path / "play.yml"
    path.write_text(PLAY.format(vaulted=vaulted.strip().replace("\n", "\n      ")))
    run = command("ansible-playbook", path, "-vvv", **env)
    assert run.status == 0, run.output
    assert '"name": "2026-01-02"' in run.output
    assert cloud.token not in run.output


def test_results_show_the_options_either_way_or_neither(command, write):
    """Since ansible-core 2.21 they do not, unless it is configured to."""
    tasks = [
        {"bytemark.cloud.bigv_group_info": {"run_in_controller": here}, "register": name}
        for here, name in ((True, "one"), (False, "other"))
    ]
    tasks.append({"ansible.builtin.assert": {"that": "(one.invocation is defined) == (other.invocation is defined)"}})
    play = write("play.yml", [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
    for configured in ("false", "true"):
        run = command("ansible-playbook", play, ANSIBLE_INJECT_INVOCATION=configured)
        assert run.status == 0, run.output


def test_values_from_the_command_line_and_from_yaml(cloud, command, write, tmp_path):
    """Text of a list, what YAML makes of text, and a file of keys, in either way of running."""
    key = "ssh-ed25519 AAAA me"
    (tmp_path / "keys").write_text(f'# mine\nfrom="192.0.2.0/24,198.51.100.7" {key}\n\n{key}\n')
    (tmp_path / "play.yml").write_text(VALUES)
    for here in ("true", "false"):
        cloud.seed()
        variables = ("-e", 'wanted=["web","db"]', "-e", "password=0123456")
        run = command("ansible-playbook", "play.yml", *variables, BIGV_RUN_IN_CONTROLLER=here)
        assert run.status == 0, run.output
        assert set(cloud.groups()) == {"default", "staging", "web", "db", "555"}
        (created,) = [write["body"]["reimage"] for write in cloud.writes() if write["path"].endswith("/vm_create")]
        assert created["ssh_public_key"] == f'from="192.0.2.0/24,198.51.100.7" {key}\n{key}'
        assert "name: must be text, got False (a boolean); put it in quotes" in run.output
        assert "name: must be text, got 1.1 (a number); put it in quotes" in run.output
        assert "root_password: must be text, got a number; put it in quotes" in run.output
        assert "42798" not in run.output
