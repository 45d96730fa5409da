# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Ansible's real commands over a simulated cloud."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

HACK = "{{ lookup('ansible.builtin.pipe', 'touch hacked') }}"


@pytest.fixture(autouse=True)
def fleet(cloud: Cloud) -> None:
    cloud.seed(
        {"name": "web1", "last_imaged_with": HACK, "zone_name": "york"},
        {"name": "web2", "power_on": False, "zone_name": "manchester"},
        staging=[{"name": "db1", "zone_name": "york"}],
    )


def good(done: Any) -> str:
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_list(command: Any, source: Any) -> None:
    listed = json.loads(good(command("ansible-inventory", "-i", source(hostnames=["short"]), "--list")))
    assert set(listed["_meta"]["hostvars"]) == {"web1.default.acme", "web2.default.acme", "db1.staging.acme"}
    assert listed["bigv"] == {"children": ["bigv_acme"]}
    assert listed["bigv_acme_staging"] == {"hosts": ["db1.staging.acme"]}
    assert listed["_meta"]["hostvars"]["db1.staging.acme"]["bigv_discs"][0]["size"] == 25600


def test_export_and_limit(command: Any, source: Any) -> None:
    """What --export gives is an inventory for Ansible again."""
    listed = json.loads(
        good(command("ansible-inventory", "-i", source(), "--list", "--export", "--limit", "*.staging.*"))
    )
    assert list(listed["_meta"]["hostvars"]) == ["db1.staging.acme.uk0.bigv.io"]
    assert listed["bigv_acme_staging"] == {"hosts": ["db1.staging.acme.uk0.bigv.io"]}
    assert "bigv_stopped" not in listed


def test_yaml(command: Any, source: Any) -> None:
    assert "bigv_zone_name: manchester" in good(command("ansible-inventory", "-i", source(), "--list", "--yaml"))


def test_host(command: Any, source: Any) -> None:
    shown = json.loads(good(command("ansible-inventory", "-i", source(), "--host", "web2.default.acme.uk0.bigv.io")))
    assert shown["bigv_power_on"] is False
    assert shown["ansible_host"] == "web2.default.acme.uk0.bigv.io"


def test_graph(command: Any, source: Any) -> None:
    assert good(command("ansible-inventory", "-i", source(hostnames=["short"]), "--graph", "bigv")) == (
        "@bigv:\n"
        "  |--@bigv_acme:\n"
        "  |  |--@bigv_acme_default:\n"
        "  |  |  |--web1.default.acme\n"
        "  |  |  |--web2.default.acme\n"
        "  |  |--@bigv_acme_staging:\n"
        "  |  |  |--db1.staging.acme\n"
    )


def test_a_play_over_hosts_of_three_sources(command: Any, source: Any, tmp_path: Path) -> None:
    """The plugin, a file that adds to a host and a group, and constructed on top; what the API says is only text."""
    (tmp_path / "more.yml").write_text(
        "all:\n"
        "  hosts: {laptop: {}}\n"
        "  children:\n"
        "    bigv: {vars: {ansible_connection: local, mine: '{{ bigv_zone_name }}'}}\n"
    )
    (tmp_path / "zones.yml").write_text(
        "plugin: ansible.builtin.constructed\n"
        "keyed_groups: [{key: bigv_zone_name, prefix: zone}]\n"
        "groups: {templates: \"'lookup' in bigv_last_imaged_with | default('', true)\"}\n"
    )
    (tmp_path / "play.yml").write_text(
        "- hosts: zone_york\n"
        "  gather_facts: false\n"
        "  tasks:\n"
        "    - ansible.builtin.debug:\n"
        "        msg: \"{{ [inventory_hostname, mine, bigv_last_imaged_with, bigv_discs.0.size] | join('/') }}\"\n"
        '    - ansible.builtin.debug: {msg: "{{ groups.templates | join() }}"}\n'
    )
    done = command(
        "ansible-playbook", "-i", source(hostnames=["name"]), "-i", tmp_path / "more.yml", "-i", tmp_path / "zones.yml",
        tmp_path / "play.yml",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"web1/york/{HACK}/25600" in done.stdout.replace('\\"', '"')
    assert "db1/york/" in done.stdout
    assert '"msg": "web1"' in done.stdout
    assert "web2" not in done.stdout
    assert not (tmp_path / "hacked").exists()


def test_refresh_in_a_play(command: Any, source: Any, tmp_path: Path, cloud: Cloud) -> None:
    cloud.settings(flat_overview=True)
    (tmp_path / "play.yml").write_text(
        "- hosts: localhost\n"
        "  connection: local\n"
        "  gather_facts: false\n"
        "  tasks:\n"
        "    - ansible.builtin.meta: refresh_inventory\n"
        '    - ansible.builtin.debug: {msg: "{{ groups.bigv | length }} hosts"}\n'
    )
    options = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    cloud.clear()
    done = command("ansible-playbook", "-i", source(**options), tmp_path / "play.yml")
    assert "3 hosts" in done.stdout, done.stdout + done.stderr
    assert cloud.calls() == ["GET /virtual_machines"] * 2


@pytest.mark.parametrize("vault", ["value", "file"])
def test_vault(command: Any, source: Any, tmp_path: Path, cloud: Cloud, vault: str) -> None:
    """A token as a vaulted value in the source, or the whole source vaulted."""
    (tmp_path / "password").write_text("open sesame")
    secret = {"ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "password"), "BIGV_TOKEN": ""}
    path = source(hostnames=["name"], token=cloud.token)
    if vault == "file":
        assert command("ansible-vault", "encrypt", path, **secret).returncode == 0
    else:
        done = command("ansible-vault", "encrypt_string", "--name", "token", cloud.token, **secret)
        path.write_text("plugin: bytemark.cloud.bigv\nhostnames: [name]\n" + done.stdout)
    assert "apikey" not in path.read_text()
    listed = json.loads(good(command("ansible-inventory", "-i", path, "--list", **secret)))
    assert set(listed["_meta"]["hostvars"]) == {"web1", "web2", "db1"}
    assert "apikey" not in json.dumps(listed)


def test_nothing_secret_is_said(command: Any, source: Any, cloud: Cloud) -> None:
    done = command("ansible-inventory", "-i", source(username="admin", password="wrong-word"), "--list", "-vvvvvv",
                   BIGV_TOKEN="")  # fmt: skip
    assert "admin" in done.stderr
    assert "wrong-word" not in done.stdout + done.stderr
    done = command("ansible-inventory", "-i", source(token="apikey.wrong"), "--list", "-vvvvvv")
    assert "401" in done.stderr
    assert "apikey.wrong" not in done.stdout + done.stderr


def test_documentation(command: Any) -> None:
    assert "vm_groups" in good(command("ansible-doc", "-t", "inventory", "bytemark.cloud.bigv"))
