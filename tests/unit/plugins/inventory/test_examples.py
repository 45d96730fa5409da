# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Every example of the plugin's documentation works as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import blocks_of
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

EXAMPLES = blocks_of("plugins/inventory/bigv.py")[0].text.split("\n---\n")


@pytest.fixture(autouse=True)
def fleet(cloud: Cloud) -> None:
    cloud.control(
        "POST",
        "seed",
        {
            "accounts": [
                {
                    "name": "acme",
                    "groups": [
                        {
                            "name": "default",
                            "virtual_machines": [
                                {"name": "web1", "last_imaged_with": "stretch", "zone_name": "york"},
                                {"name": "web2", "power_on": False, "network_interfaces": [{"ips": ["192.0.2.2"]}]},
                                {"name": "test1"},
                            ],
                        }
                    ],
                },
                {"name": "globex", "groups": [{"name": "staging", "virtual_machines": [{"name": "db1"}]}]},
            ],
            "users": [
                {"username": "admin", "password": "password", "accounts": None},
                {"username": "alice", "password": "password", "accounts": []},
            ],
            "privileges": [{"username": "alice", "level": "group_admin", "group": "default.acme"}],
        },
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.splitlines()[0].strip("# ."))
def test_examples(driver: Any, tmp_path: Path, cloud: Cloud, example: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".bigv-token").write_text(cloud.token)
    path = tmp_path / "example.bigv.yml"
    path.write_text(example)
    env = {"HOME": str(home)} | ({"BIGV_TOKEN": ""} if "token:" in example else {})
    taken = driver(sources=[str(path)], env=env)
    assert taken["hosts"]
    assert taken["said"] == []
