# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The role starts, leaves alone and stops a simulator, from a path with spaces and accents."""

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROLE = Path(__file__).resolve().parents[3] / "roles" / "simulator"
INCLUDE = {"name": "simulator"}


def is_running(pid: int | str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_start_again_stop(tmp_path, scheme):
    place = tmp_path / "ein Örtchen"
    shutil.copytree(ROLE, place / "roles" / "simulator", ignore=shutil.ignore_patterns("__pycache__"))
    facts = place / "facts.json"
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "module_defaults": {"uri": {"ca_path": "{{ simulator_ca_path or omit }}"}},
        "vars": {
            "simulator_dir": str(place / "run"),
            "simulator_python": sys.executable,
            "simulator_tls": scheme == "https",
            "simulator_seed": {"accounts": [{"name": "fabrikam"}]},
            "simulator_faults": {"rules": [{"fault": "status", "status": 503, "path": "/definitions"}]},
            "simulator_state": "state.json",
            "simulator_settings": {"created_is_200": True, "ignore_acpi": ["web 1", 7]},
            "simulator_allowed_hosts": ["sim.example", "other.example"],
        },
        "tasks": [
            {"include_role": INCLUDE},
            {"set_fact": {"first": "{{ simulator_pid }}"}},
            {"include_role": INCLUDE},
            {
                "uri": {
                    "url": "{{ simulator_url }}/accounts",
                    "headers": {"Authorization": "Bearer {{ simulator_read_only_token }}"},
                },
                "register": "accounts",
            },
            {"uri": {"url": "{{ simulator_url }}/_simulator/settings"}, "register": "settings"},
            {
                "uri": {
                    "url": "{{ simulator_status_url }}",
                    "headers": {"Accept": "text/html"},
                    "return_content": True,
                },
                "register": "page",
                "failed_when": "'<h1>Simulated Bytemark Cloud</h1>' not in page.content",
            },
            {"uri": {"url": "{{ simulator_url }}/definitions", "status_code": 503}},
            *(
                {
                    "uri": {
                        "url": "{{ simulator_url }}/accounts",
                        "headers": {"Host": host},
                        "status_code": status,
                    }
                }
                for host, status in (("sim.example", 401), ("other.example", 401), ("evil.example", 421))
            ),
            {
                "copy": {
                    "dest": str(facts),
                    "content": (
                        "{{ {'pids': [first, simulator_pid], 'accounts': accounts.json, 'auth': simulator_auth_url,"
                        " 'url': simulator_url, 'status': simulator_status_url,"
                        " 'ca': simulator_ca_path, 'token': simulator_token, 'settings': settings.json} | to_json }}"
                    ),
                }
            },
            {"include_role": INCLUDE | {"tasks_from": "stop"}},
            {"include_role": INCLUDE | {"tasks_from": "stop"}},
        ],
    }
    playbook = place / "play.yml"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "ansible",
            "playbook",
            "-i",
            "localhost,",
            "-e",
            json.dumps({"ansible_python_interpreter": sys.executable}),
            str(playbook),
        ],
        check=False,
        cwd=place,
        env=os.environ | {"LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_PIPELINING": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = json.loads(facts.read_text(encoding="utf-8"))
    assert int(said["pids"][0]) == int(said["pids"][1]) > 0
    assert [account["name"] for account in said["accounts"]] == ["fabrikam"]
    assert (said["auth"].startswith(f"{scheme}://127.0.0.1:"), said["token"]) == (True, "apikey.simulator-admin")
    assert bool(said["ca"]) == (scheme == "https")
    # Each time the role starts it or finds it running, it ends by reporting where it is, and prints no token.
    for report in (f"API: {said['url']}", f"Status page: {said['status']} ", "set api_url to the fact simulator_url"):
        assert ran.stdout.count(report) == 2
    assert ("ca_path to simulator_ca_path" in ran.stdout) == (scheme == "https")
    assert "apikey." not in ran.stdout
    assert said["settings"] | {"created_is_200": True, "ignore_acpi": ["web 1", 7]} == said["settings"]
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in (place / "run").iterdir()} == {
        "errors": 0o600,
        "faults.json": 0o600,
        "seed.json": 0o600,
    }
    assert json.loads((place / "state.json").read_text())["cloud"]["accounts"][0]["name"] == "fabrikam"
    # Seed, fault plan, start, the file with the facts, stop, forget: starting or stopping twice changes nothing more.
    assert "changed=7" in ran.stdout
    # The port is free once the role is done; the process ends, and is reaped, a moment later.
    ends = time.monotonic() + 10
    while is_running(said["pids"][0]) and time.monotonic() < ends:
        time.sleep(0.05)
    assert not is_running(said["pids"][0])
