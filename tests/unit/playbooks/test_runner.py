# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The playbooks under ansible-runner, which is how AWX and the automation controller run them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import yaml

FLEET = {
    "groups": ["web"],
    "defaults": {"group": "web", "state": "running"},
    "vms": [{"name": "web1"}, {"name": "web2", "discs": [{"label": "data", "size": "1GiB"}]}],
}


def test_provisioning_under_ansible_runner(cloud, command, tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "extravars").write_text(yaml.safe_dump({"bigv_fleet": FLEET}), encoding="utf-8")
    for ident, changed in (("first", 1), ("second", 0)):
        ran = command(
            "ansible-runner", "run", tmp_path, "--playbook", "bytemark.cloud.provision", "--ident", ident, "--json",
            PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        )  # fmt: skip
        assert ran.status == 0, ran.output
        artifacts = tmp_path / "artifacts" / ident
        assert (artifacts / "rc").read_text() == "0"
        events = [json.loads(event.read_text()) for event in (artifacts / "job_events").glob("*.json")]
        [stats] = [event["event_data"] for event in events if event["event"] == "playbook_on_stats"]
        assert sum(stats["changed"].values()) == changed
        assert stats["failures"] == {}
        for event in events:
            assert cloud.token not in json.dumps(event)
    assert set(cloud.vms("web")) == {"web1", "web2"}
