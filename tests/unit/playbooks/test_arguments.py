# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
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


def test_results_tell_the_options_either_way_or_neither(command, write):
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
