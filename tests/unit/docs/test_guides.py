# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""What the guides show works as it stands: their files are written and their commands run, in their order."""

from __future__ import annotations

import json
import re
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import blocks_of
from ansible_collections.bytemark.cloud.tests.unit.docs.conftest import Terminal
from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, Run

# What a newcomer has to have, and the tests have already.
GIVEN = ("pip install ", "ansible-galaxy collection install ")
API_KEY = "apikey.0123456789"


def seed(cloud: Cloud, **accounts: Mapping[str, list[dict[str, Any]]]) -> None:
    """Accounts with groups of VMs; the API key that the guides show is good for all of them."""
    keys = [{"token": token, "username": "admin"} for token in (cloud.token, API_KEY)]
    groups = {
        account: [{"name": name, "virtual_machines": vms} for name, vms in content.items()]
        for account, content in accounts.items()
    }
    cloud.control(
        "POST",
        "seed",
        {
            "accounts": [{"name": account, "groups": content} for account, content in groups.items()],
            "api_keys": keys,
            "settings": {"build_time": 0, "shutdown_time": 0},
        },
    )


def follow(guide: str, folder: Path, terminal: Terminal, typed: Mapping[str, str] | None = None) -> dict[str, Run]:
    """Do what a guide says. Answers with what came of each command; where one is run twice, of the last run.

    Files come first, as a guide may show one after the command that uses it. ``typed`` is what is added to a command,
    for what a terminal would be asked.
    """
    blocks = blocks_of(f"docs/docsite/rst/{guide}.rst")
    for block in blocks:
        if block.kind == "yaml" and block.file_name:
            path = folder / block.file_name
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(block.text, encoding="utf-8")
    came_of = {}
    for line in [line for block in blocks if block.kind == "shell" for line in block.commands]:
        if not line.startswith(GIVEN):
            run = terminal(line + (typed or {}).get(line, ""))
            assert run.status == 0, f"{line}\n{run.output}"
            came_of[line] = run
    return came_of


def changes_of_last_runs(came_of: Mapping[str, Run]) -> list[int]:
    return [run.changed for line, run in came_of.items() if line.startswith("ansible-playbook")]


def test_getting_started(reader: Reader) -> None:
    runs = reader.follow("guide_getting_started")
    # A server, again; a change, checked and carried out; removed with its group, and the cloud stopped.
    assert changes(runs)[:4] == [2, 0, 1, 1]
    assert changes(runs)[4] > 2


def test_authentication(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    seed(cloud, acme={"default": [{"name": "web1"}]})
    (tmp_path / "vault-password").write_text("open sesame")
    terminal("export ANSIBLE_VAULT_PASSWORD_FILE=vault-password")
    typed = {
        "ansible-playbook password.yml": " -e password=password",
        "ansible-playbook session.yml": " -e user=admin -e password=password -e otp=",
    }
    came_of = follow("guide_authentication", tmp_path, terminal, typed)
    assert changes_of_last_runs(came_of) == [0, 0, 1, 0]
    for playbook in ("servers", "session"):
        assert "web1.default.acme.uk0.bigv.io" in came_of[f"ansible-playbook {playbook}.yml"].output
    assert API_KEY not in (tmp_path / "vault.yml").read_text()


def test_access(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    cloud.control("POST", "reset")
    came_of = follow("guide_access", tmp_path, terminal)
    shown = [block.text for block in blocks_of("docs/docsite/rst/guide_access.rst") if block.kind == "text"]
    for text, line in zip(shown, ("who.yml", "access.yml -e @team.yml"), strict=True):
        printed = re.findall(r'^ {8}(".*)$', came_of[f"ansible-playbook {line}"].output, re.MULTILINE)
        assert [each.strip() for each in text.splitlines()] == printed
    # See; a key; a pipeline; grant; take somebody out; a team, first without and then with what is not listed; drift.
    assert changes_of_last_runs(came_of) == [0, 2, 1, 3, 3, 1, 1, 2, 2, 1, 1, 0]
    assert stat.S_IMODE((tmp_path / "ci.token").stat().st_mode) == 0o600
    assert json.loads((tmp_path / "drift.json").read_text())["drift"] is False

    first = (tmp_path / "ci.token").read_text()
    cloud.control("PUT", "clock", {"advance": 80 * 24 * 3600})
    assert terminal("BIGV_TOKEN= ansible-playbook pipeline.yml").changed == 1
    assert (tmp_path / "ci.token").read_text() != first
    assert [key["label"] for key in cloud.control("GET", "state")["api_keys"]].count("ci") == 1
    assert terminal("BIGV_TOKEN= ansible-playbook pipeline.yml").changed == 0


def test_provisioning(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    seed(cloud, acme={"default": [{"name": "old1", "power_on": True}]})
    came_of = follow("guide_provisioning", tmp_path, terminal)
    # Check, do and repeat (one line); adopt, check that; the own playbook; drift; down, and down for good.
    assert changes_of_last_runs(came_of) == [1, 0, 1, 0, 0, 0, 1, 1]
    assert set(cloud.groups()) == {"default"}


def test_plans(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    servers = [{"name": "web1", "memory": 1024, "power_on": True, "last_imaged_with": "stretch"}, {"name": "old1"}]
    seed(cloud, acme={"default": [], "web": servers})
    blocks = blocks_of("docs/docsite/rst/guide_plans.rst")
    said, refused = [block.text for block in blocks if block.kind == "text"]
    came_of = follow("guide_plans", tmp_path, terminal)
    [planned] = [run.output for line, run in came_of.items() if "bytemark.cloud.plan" in line]
    for line in said.splitlines():
        assert line.strip() in planned
    # Where a command stands twice, this is what came of the second.
    assert came_of["ansible-playbook bytemark.cloud.apply -e @fleet.yml"].changed == 0
    assert {name for name, vm in cloud.vms("web").items() if not vm["deleted"]} == {"web1", "web2"}
    assert "DELETE" in (tmp_path / "plan.mmd").read_text(encoding="utf-8")
    assert all((tmp_path / f"drift.{ending}").exists() for ending in ("json", "xml", "md", "html"))

    assert terminal("ansible-playbook bytemark.cloud.plan -e @fleet.yml").status == 0
    cloud.api("PUT", "/accounts/acme/groups/web/virtual_machines/web2", {"memory": 4096})
    moved = terminal("ansible-playbook bytemark.cloud.apply -e @fleet.yml")
    assert (moved.status, refused.strip() in moved.output) == (2, True), moved.output


def test_large_fleets(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    follow("guide_large_fleets", tmp_path, terminal)
    assert len(cloud.vms("web")) == 200


def test_simulator(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "group_vars").mkdir()
    # Its requirements are there already, and are not installed again.
    (tmp_path / "group_vars" / "all.yml").write_text(yaml.safe_dump({"simulator_python": sys.executable}))
    came_of = follow("guide_simulator", tmp_path, terminal)
    # A start, and nothing else: the server of the first run is there.
    assert came_of["ansible-playbook practise.yml"].changed == 1
    assert terminal("ansible-playbook stop.yml").status == 0
    assert cloud.writes() == []


def test_inventory(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    web1 = {"name": "web1", "last_imaged_with": "stretch", "zone_name": "york"}
    web2 = {"name": "web2", "power_on": False, "network_interfaces": [{"ips": ["192.0.2.2"]}]}
    seed(cloud, acme={"default": [web1, web2, {"name": "test1"}]}, globex={"staging": [{"name": "db1"}]})
    (tmp_path / "vault-password").write_text("open sesame")
    (tmp_path / "token.txt").write_text(cloud.token + "\n")
    terminal("export ANSIBLE_VAULT_PASSWORD_FILE=vault-password")
    assert terminal("ansible-vault encrypt token.txt").status == 0
    came_of = follow("guide_inventory", tmp_path, terminal)
    shown = {line: run.output for line, run in came_of.items()}
    assert "|--db1.staging.globex.uk0.bigv.io" in shown["ansible-inventory -i all.bigv.yml --graph"]
    assert "web2" not in shown["ansible-inventory -i running.bigv.yml --graph"]
    assert "test1" not in shown["ansible-inventory -i running.bigv.yml --graph"]
    assert "|--web1.default.acme\n" in shown["ansible-inventory -i acme.bigv.yml --graph"]
    assert "|--db1\n" in shown["ansible-inventory -i globex.bigv.yml --graph"]
    assert "192.0.2.2" not in shown["ansible-inventory -i ipv6.bigv.yml --list"]
    assert "@image_stretch:" in shown["ansible-inventory -i groups.bigv.yml --graph"]
    assert "web1" in shown["ansible-inventory -i groups.bigv.yml --list --limit 'image_stretch:&zone_york'"]
    assert "@zone_york:" in shown["ansible-inventory -i sources --graph"]
    assert "WARNING" not in "".join(shown.values())
    assert list((tmp_path / "cache").iterdir())
    assert "|--db1" in terminal("BIGV_TOKEN= ansible-inventory -i vault.bigv.yml --graph").output

    [settings] = [block for block in blocks_of("docs/docsite/rst/guide_inventory.rst") if block.kind == "ini"]
    (tmp_path / "ansible.cfg").write_text(settings.text)
    failed = terminal("BIGV_API_URL=http://127.0.0.1:1 ansible-inventory -i all.bigv.yml --list")
    assert failed.status != 0
    assert "'yaml'" not in failed.output
    assert "WARNING" not in terminal("ansible-inventory -i all.bigv.yml --list").output


def test_backups(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    old = {"label": "data-backup-20261101030000"}
    db1 = {
        "name": "db1",
        "discs": [{"label": "root", "size": 25600}, {"label": "data", "size": 51200, "backups": [old]}],
    }
    seed(cloud, acme={"default": [], "live": [db1]})
    cloud.settings(backup_time=0.1, restore_time=0.1)
    cloud.clear()
    came_of = follow("guide_backups", tmp_path, terminal)
    # Nightly, again; schedules, again; a change; one that fails; a look; a restore, checked; done; a deletion.
    assert changes_of_last_runs(came_of) == [0, 0, 1, 2, 0, 1, 1, 1]
    assert came_of["ansible-playbook backups.yml"].output.count("data-backup-") > 2
    assert "wipe" not in came_of["ansible-playbook restore.yml --check --diff"].output
    machine = cloud.vms("live")["db1"]
    assert (machine["power_on"], machine["autoreboot_on"]) == (True, True)
    labels = [
        backup["label"]
        for backup in cloud.api("GET", "/accounts/acme/groups/live/virtual_machines/db1/discs/data/backups")
    ]
    assert old["label"] not in labels
    restores = [write for write in cloud.done() if write["body"] == {"restore": True}]
    assert len(restores) == 2
