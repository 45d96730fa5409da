# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Plans that are kept, with the real ansible-playbook and the role."""

from __future__ import annotations

import json

import pytest

FLEET = {
    "groups": ["web"],
    "vms": [{"name": "web1.web", "image": "stretch", "discs": [{"size": "25GiB"}]}],
    "save_plan": "{{ saved | default(none) }}",
    "require_plan": "{{ required | default(none) }}",
}


@pytest.mark.parametrize("run_in_controller", ["true", "false"])
def test_a_plan_is_saved_where_ansible_was_started_and_then_carried_out(
    cloud, command, write, tmp_path, run_in_controller
):
    (tmp_path / "files").mkdir()
    file = f"@{write('files/fleet.yml', {'bigv_fleet': FLEET})}"

    def provision(*arguments):
        playbook = ("ansible-playbook", "bytemark.cloud.provision", "-e", file)
        return command(*playbook, *arguments, BIGV_RUN_IN_CONTROLLER=run_in_controller)

    plan = provision("-e", "saved=fleet.plan.json", "--check")
    assert plan.status == 0, plan.output
    assert cloud.writes() == []
    saved = json.loads((tmp_path / "fleet.plan.json").read_text(encoding="utf-8"))
    assert [resource["name"] for resource in saved["resources"]] == ["web.acme", "web1.web.acme"]

    cloud.api("POST", "/accounts/acme/groups", {"name": "web"})
    cloud.api("POST", "/accounts/acme/groups/web/vm_create", {
        "virtual_machine": {"name": "web1"}, "discs": [{"label": "disc-1", "size": 25600}],
    })  # fmt: skip
    cloud.clear()
    refused = provision("-e", "required=fleet.plan.json")
    assert refused.status == 2
    assert "VM web1.web.acme: would no longer be sent: create VM web1.web.acme from stretch" in refused.output
    assert cloud.writes() == []

    cloud.seed()
    done = provision("-e", "required=./fleet.plan.json")
    assert done.status == 0, done.output
    assert set(cloud.vms("web")) == {"web1"}
    again = provision("-e", "required=fleet.plan.json")
    assert (again.status, again.changed) == (0, 0), again.output
