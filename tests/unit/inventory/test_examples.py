# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Every example of the plugin's documentation and of the inventory guide works as it stands."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

TREE = Path(__file__).resolve().parents[3]
GUIDE = (TREE / "docs" / "docsite" / "rst" / "guide_inventory.rst").read_text(encoding="utf-8")
PLUGIN = (TREE / "plugins" / "inventory" / "bigv.py").read_text(encoding="utf-8")
EXAMPLES = re.search(r'EXAMPLES = r"""\n(.*?)"""', PLUGIN, re.DOTALL)[1].split("\n---\n")
BLOCKS = [
    (kind, textwrap.dedent(text).strip() + "\n")
    for kind, text in re.findall(r"\.\. code-block:: (\w+)\n\n((?:    .*\n|\n)+)", GUIDE)
]


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
            ]
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


def test_the_guide(command: Any, tmp_path: Path, cloud: Cloud) -> None:
    """Write its files and run its commands, in their order."""
    (tmp_path / "password").write_text("open sesame")
    (tmp_path / "token.txt").write_text(cloud.token + "\n")
    env = {"ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "password")}
    assert command("ansible-vault", "encrypt", "token.txt", **env).returncode == 0
    ran = []
    for kind, text in BLOCKS:
        if kind == "yaml":
            path = tmp_path / text.split("\n", 1)[0].removeprefix("# ")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            assert yaml.safe_load(text)
        elif kind == "shell":
            for line in text.splitlines():
                name, *arguments = shlex.split(line)
                more = env | ({"BIGV_TOKEN": ""} if "vault" in line else {})
                done = command(name, *arguments, **more)
                assert (done.returncode, done.stderr) == (0, ""), line
                ran.append((line, done.stdout))
        else:
            assert kind == "ini"
            (tmp_path / "ansible.cfg").write_text(text)
            done = command("ansible-inventory", "-i", "all.bigv.yml", "--list", BIGV_API_URL="http://127.0.0.1:1")
            assert done.returncode != 0
            assert "'yaml'" not in done.stderr
            assert command("ansible-inventory", "-i", "all.bigv.yml", "--list").stderr == ""
    shown = dict(ran)
    assert "|--db1.staging.globex.uk0.bigv.io" in shown["ansible-inventory -i all.bigv.yml --graph"]
    assert "web2" not in shown["ansible-inventory -i running.bigv.yml --graph"]
    assert "test1" not in shown["ansible-inventory -i running.bigv.yml --graph"]
    assert "|--web1.default.acme\n" in shown["ansible-inventory -i acme.bigv.yml --graph"]
    assert "|--db1\n" in shown["ansible-inventory -i globex.bigv.yml --graph"]
    assert "192.0.2.2" not in shown["ansible-inventory -i ipv6.bigv.yml --list"]
    assert "@image_stretch:" in shown["ansible-inventory -i groups.bigv.yml --graph"]
    assert "web1" in shown["ansible-inventory -i groups.bigv.yml --list --limit 'image_stretch:&zone_york'"]
    assert "@zone_york:" in shown["ansible-inventory -i sources --graph"]
    assert list((tmp_path / "cache").iterdir())
