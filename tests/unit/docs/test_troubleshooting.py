# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The messages in the guide to troubleshooting are what the modules and roles really say."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import blocks_of
from ansible_collections.bytemark.cloud.tests.unit.docs.conftest import Terminal
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, run_module

WEB1 = {"name": "web1", "power_on": True, "discs": [{"label": "root", "size": 51200}]}
GONE = {"name": "gone", "deleted": True}
DISC = [{"size": "25GiB"}]
TWO_OF_A_NUMBER = [{"name": "7001", "virtual_machines": [{"name": "web1"}]}, {"name": "staging", "id": 7001}]


def messages(cloud: Cloud, folder: Path) -> list[str]:
    """Return what the modules say in the situations of the guide, of a cloud at the provider's addresses."""
    said = []

    def attempt(module: str, /, **options: Any) -> None:
        where = {"api_url": cloud.api_url, "auth_url": cloud.auth_url, "token": cloud.token, "api_retries": 0}
        given = {name: value for name, value in (where | options).items() if value is not None}
        result = run_module(module, **given)
        text = result["msg"] if result.get("failed") else result["warnings"][0]
        for url, real in ((cloud.auth_url, "https://auth.bytemark.co.uk"), (cloud.api_url, "https://uk0.bigv.io")):
            text = text.replace(url, real)
        text = re.sub(r"-backup-\d{14}", "-backup-20261124030000", text)
        said.append(text.replace("http://127.0.0.1:9", "https://uk0.bigv.io").replace(f"{folder}/", ""))

    def start_over(**settings: Any) -> None:
        cloud.seed(staging=[WEB1, GONE], **settings)

    start_over()
    attempt("bigv_group", name="staging.acme", token=None)
    with recording_server(lambda request: Answer(407 if request.method == "CONNECT" else 403)) as refusing:
        for proxy in (refusing.url, "http://proxy:port", "http://127.0.0.1:9"):
            with mock.patch.dict(os.environ, {"https_proxy": proxy, "no_proxy": ""}):
                attempt("bigv_group", name="staging.acme", api_url="https://uk0.bigv.io")
        attempt("bigv_group", name="staging.acme", api_url=refusing.url)
    with mock.patch.dict(os.environ, {"REQUESTS_CA_BUNDLE": "/nowhere.pem", "no_proxy": "*"}):
        attempt("bigv_group", name="staging.acme", api_url="https://uk0.bigv.io")
    attempt("bigv_session", username="admin", token=None)
    attempt("bigv_session", username="ad min", password="geheim")
    attempt("bigv_group", name="staging.acme", token="apikey.wrong")
    attempt("bigv_group", name="staging.acme", token=None, username="admin", password="wrong")
    attempt("bigv_group", name="fabrikam", account="fabrikam")
    attempt("bigv_group", name="staging")
    attempt("bigv_group", name="staging.acme", account="globex")
    attempt("bigv_group", name="staging.acme", api_url="http://127.0.0.1:9")
    attempt("bigv_group", name="staging.acme", api_url="http://uk0.bigv.io")
    attempt("bigv_group", name="staging.acme", state="absent")
    attempt("bigv_vm", name="web1.staging.acme", zone="manchester")
    attempt("bigv_vm", name="web1.staging.acme", discs=[{"label": "root", "size": "25GiB"}])
    attempt("bigv_vm", name="web1.staging.acme", memory="2 GB")
    attempt("bigv_vm", name="web1.staging.acme", discs=[{"label": "vdb", "size": "25GiB"}])
    attempt("bigv_vm", name="web2.staging.acme", image="strech", discs=DISC)
    attempt("bigv_vm", name="web2.staging.acme", ipv4="10.0.0.1")
    attempt("bigv_vm", name="web1.staging.acme", cores=2)
    attempt("bigv_disc", vm="web1.staging.acme", label="root", state="absent")
    twice = [{"name": "web1.staging", "zone": "manchester"}, {"name": "web1.staging"}]
    attempt("bigv_fleet", account="acme", vms=twice)
    attempt("bigv_fleet", account="acme", vms=[{"name": "web1"}, "web2"])
    attempt("bigv_vm", name="web1.staging.acme", memmory="1GiB")
    attempt("bigv_vm", name="web1.staging.acme", ssh_public_keys=["-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl"])
    attempt("bigv_vm", name="web1.staging.acme", ssh_public_keys=["~/.ssh/id_ed25519.pub"])
    attempt("bigv_vm", name="web1.staging.acme", ssh_public_keys=["alice"])
    attempt("bigv_vm", name="web1.staging.acme", ssh_public_keys=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me"])
    attempt("bigv_group", name=False, account="acme")
    attempt("bigv_vm", name="web1.staging.acme", root_password=42798)
    attempt("bigv_vm", name="web1.staging.acme", protect="['web*', 'db*']")

    attempt("bigv_vm", name="web1.staging.acme", state="absent", protect=["*.staging"])
    attempt("bigv_vm", name="web1.staging.acme", state="absent", purge=True, backup_before=True)
    gone = {"vm": "web1.staging.acme", "label": "root", "state": "absent", "purge": True, "check_mode": True}
    attempt("bigv_disc", backup_before=True, **gone)
    attempt("bigv_vm", name="Web1.staging.acme")
    attempt("bigv_vm", name="web1.staging.acme", image="stretch", reimage="changed", discs=[{"label": "root"}])
    pruned = {"account": "acme", "groups": ["staging"], "prune": "delete"}
    attempt("bigv_fleet", vms=[], **pruned)
    cloud.seed(staging=[WEB1, WEB1 | {"name": "web2"}])
    attempt("bigv_fleet", vms=[{"name": "web3.staging"}], **pruned)
    cloud.control("POST", "seed", {"accounts": [{"name": "acme", "groups": TWO_OF_A_NUMBER}]})
    attempt("bigv_vm", name="web1.7001.acme", state="absent")

    attempt_addresses(cloud, attempt)
    attempt_backups(cloud, attempt)
    staging = {"level": "group_admin", "group": "staging.acme"}
    key = {"username": "alice", "label": "ci", "id": 7, "token": "apikey.alice", "accounts": []}
    keys = [{"token": cloud.token, "username": "admin"}, key]
    privileges = [{"username": "alice", **staging, "api_key_id": 7, "password_required": False}]
    cloud.seed(staging=[WEB1], document={"users": PEOPLE, "api_keys": keys, "privileges": privileges})
    attempt("bigv_privilege", user="alise", **staging)
    attempt("bigv_privilege", user="alice", **staging, token="apikey.alice")
    attempt("bigv_privilege", user="alice", level="group_admin", vm="web1.staging.acme")
    attempt("bigv_privilege", user="alice", **staging, api_key="deploy")
    attempt("bigv_privilege", user="alice", **staging, api_key="7", state="absent", token="apikey.alice")
    attempt("bigv_privilege", user="alice", **staging, api_key="7", password_required=True)
    attempt("bigv_api_key", label="ci", state="absent", token="apikey.alice")
    attempt("bigv_api_key", user="alice", label="ci")
    attempt("bigv_api_key", label="ci", valid_for="14d", renew_before="14d")
    attempt("bigv_api_key", label="ci", token_file=f"{folder}/ci.token", token="apikey.alice")
    newer = key | {"id": 8, "token": "apikey.newer"}
    cloud.seed(document={"users": PEOPLE, "api_keys": [*keys, newer]})
    attempt("bigv_api_key", label="ci", exclusive=True, token="apikey.alice")
    attempt("bigv_user", name="alice", authorized_keys=[], exclusive=True)
    cloud.seed(document={"api_keys": [{"token": cloud.token, "accounts": ["acme"]}]})
    attempt("bigv_user")

    start_over()
    planned = {"account": "acme", "vms": [{"name": "web1.staging", "keymap": "de"}]}
    run_module("bigv_fleet", **cloud.access | planned, save_plan=f"{folder}/fleet.plan.json", check_mode=True)
    cloud.api("PUT", "/accounts/acme/groups/staging/virtual_machines/web1", {"cores": 2})
    attempt("bigv_fleet", **planned, require_plan=f"{folder}/fleet.plan.json")

    start_over(hardware_changes="refused", ignore_acpi=True)
    attempt("bigv_vm", name="web1.staging.acme", cores=2)
    attempt("bigv_vm", name="web1.staging.acme", state="stopped", shutdown_timeout=0)

    cloud.seed(staging=[{**GONE, "name": "web1"}], build_time=60)
    attempt("bigv_vm", name="web1.staging.acme")
    cloud.seed(build_time=60)
    attempt("bigv_vm", name="web1.staging.acme", image="stretch", discs=DISC, state="running", wait_timeout=0)
    cloud.api("DELETE", "/accounts/acme/groups/staging/virtual_machines/web1?purge=true")
    cloud.api("DELETE", "/accounts/acme/groups/staging")
    attempt("bigv_group", name="staging.acme", token=cloud.read_only_token)
    attempt("bigv_vm", name="web1.staging.acme")
    attempt("bigv_vm", name="web1.staging.acme", check_mode=True)
    return said


def attempt_backups(cloud: Cloud, attempt: Callable[..., None]) -> None:
    """Make what the guide says of backups be said."""
    backup = {"label": "root-backup-20261124030000"}
    off = {"power_on": False, "autoreboot_on": False}
    cloud.seed(staging=[WEB1 | {"discs": [{"label": "root", "size": 25600}, {"label": "data", "size": 25600}]}])
    disc = {"vm": "web1.staging.acme", "disc": "root"}
    attempt("bigv_backup", **disc, keep=7)
    attempt("bigv_backup", **disc, state="absent", backup=backup["label"])
    attempt("bigv_backup", **disc, state="absent", backup="latest", purge=True)
    attempt("bigv_backup", **disc, state="restored", backup="latest")
    cloud.settings(backup_time=60)
    path = "/accounts/acme/groups/staging/virtual_machines/web1/discs/root/backups"
    unfinished = cloud.api("POST", path)["label"]
    attempt("bigv_backup", **disc, state="restored", backup=unfinished)
    discs = [{"label": "root", "size": 25600, "backups": [backup]}]
    cloud.seed(staging=[WEB1 | {"discs": discs}])
    attempt("bigv_backup", **disc, state="restored", backup="latest")
    cloud.seed(staging=[WEB1 | off | {"discs": discs}], restore_time=0)
    attempt("bigv_backup", **disc, state="restored", backup="latest", allow_restart=True)


def attempt_addresses(cloud: Cloud, attempt: Callable[..., None]) -> None:
    """Make what the guide says of addresses be said."""
    nic = {"ips": ["203.0.113.10", "2001:db8::10"], "extra_ips": {"203.0.113.77": "203.0.113.10"}}
    others = [WEB1 | {"name": "web2", "power_on": False, "network_interfaces": [{"ips": ["203.0.113.11"]}]}, GONE]
    cloud.seed(staging=[WEB1 | {"network_interfaces": [nic]}, *others])
    more = {"vm": "web1.staging.acme", "reason": "shops"}
    attempt("bigv_ip", address="203.0.113.0/24", rdns="www.example.com")
    attempt("bigv_ip", address="198.51.100.1", rdns="www.example.com")
    attempt("bigv_ip", address="203.0.113.77", state="absent")
    attempt("bigv_ip", address="203.0.113.10", state="absent", purge=True)
    attempt("bigv_ip", vm="web1.staging.acme", additional=2)
    attempt("bigv_ip", **more, additional=5)
    attempt("bigv_vm", name="web1.staging.acme", rdns={"203.0.113.11": "www.example.com"})
    attempt("bigv_vm", name="web3.staging.acme", rdns={"203.0.113.11": "www.example.com"})
    attempt("bigv_ip", vm="gone.staging.acme", additional=1, reason="shops")
    swap = {"vm": "web2.staging.acme", "with_vm": "web1.staging.acme"}
    attempt("bigv_ip_swap", **swap, address="203.0.113.10")
    attempt("bigv_ip_swap", **swap, address="203.0.113.12", allow_restart=True)
    attempt("bigv_ip_swap", **swap, address="203.0.113.77", allow_restart=True)
    back = {"vm": swap["vm"], "with_vm": swap["with_vm"], "address": "203.0.113.11"}
    attempt("bigv_ip_swap", **back, allow_restart=True)
    attempt("bigv_vm_action", vm="web2.staging.acme", action="reset")
    attempt("bigv_vm_action", vm="web1.staging.acme", action="sendkey", keys="ctrl-alt-entf")
    attempt("bigv_vm_action", vm="web1.staging.acme", action="rescue")
    cloud.faults({"fault": "reset_after", "path": "*/signal"})
    attempt("bigv_vm_action", vm="web1.staging.acme", action="reset")
    cloud.faults()


PEOPLE = [
    {"username": "admin", "password": "admin"},
    {"username": "alice", "password": "alice", "authorized_keys": "ssh-ed25519 AAAA alice@laptop"},
]
UNLISTED = [
    {"username": "alice", "level": level, "virtual_machine": "web1.staging.acme"}
    for level in ("vm_admin", "vm_console")
]
TEAM = {"people": [{"name": "admin", "privileges": [{"level": "vm_console", "vm": "web1.staging"}]}]}
ROLES: list[tuple[str, str, dict[str, Any]]] = [
    ("fleet", "teardown", {"bigv_fleet": {"vms": []}}),
    ("fleet", "teardown", {"bigv_fleet": {"vms": '[{"name": "web1"}]'}}),
    ("fleet", "main", {"bigv_fleet": {"conurrency": 3}}),
    ("access", "main", {"bigv_access": {"people": [{"name": "bob", "levels": "vm_admin"}]}}),
    ("access", "main", {"bigv_access": {"account": "fabrikam", "people": []}}),
    ("access", "main", {"bigv_access": TEAM, "access_prune": "delete"}),
    ("ephemeral", "teardown", {"ephemeral_job": "-molecule"}),
    ("ephemeral", "main", {"ephemeral_job": "1", "ephemeral_prefix": "ci-nightly"}),
]


def messages_of_roles(terminal: Terminal, folder: Path) -> list[str]:
    """Return what the roles say in the situations of the guide."""
    tasks: list[dict[str, Any]] = []
    for name, entry, variables in ROLES:
        include = {"name": f"bytemark.cloud.{name}", "tasks_from": entry}
        said = {"said": "{{ said | default([]) + [ansible_failed_result.msg] }}"}
        block = [{"ansible.builtin.include_role": include, "vars": variables}]
        tasks.append({"block": block, "rescue": [{"ansible.builtin.set_fact": said}]})
    tasks.append({"ansible.builtin.copy": {"content": "{{ said | to_json }}", "dest": str(folder / "said.json")}})
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    (folder / "play.yml").write_text(json.dumps([play]))
    run = terminal("ansible-playbook play.yml")
    assert run.status == 0, run.output
    return list(json.loads((folder / "said.json").read_text()))


def test_the_messages_are_what_is_said(cloud: Cloud, terminal: Terminal, tmp_path: Path) -> None:
    cloud_of_roles = {"users": PEOPLE, "privileges": UNLISTED}
    guide = blocks_of("docs/docsite/rst/guide_troubleshooting.rst")
    # What a command prints is compared where the guide is followed.
    messages_shown = [block for before, block in pairwise(guide) if block.kind == "text" and before.kind != "shell"]
    shown = {" ".join(block.text.split()) for block in [guide[0], *messages_shown]}
    # The waits that the guide speaks of would be long ones for a test.
    patient = {60: "powered off", 600: "powered on"}
    said = set(messages(cloud, tmp_path))
    for seconds, what in patient.items():
        said = {line.replace("0 seconds", f"{seconds} seconds") if f"to be {what}" in line else line for line in said}
    cloud.seed(staging=[WEB1], document=cloud_of_roles)
    said |= set(messages_of_roles(terminal, tmp_path))
    print("\n".join(sorted(said - shown)))
    assert shown == said
