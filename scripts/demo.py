# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Show the collection at work on a simulated cloud, and check what is shown."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys

import requests
from simulated_cloud import simulated_cloud
from workspace import TREE, environment, sync

ACCOUNT = "acme"
PLAYBOOK = ["ansible-playbook", "playbooks/quickstart.yml"]
INVENTORY = ["ansible-inventory", "-i", "playbooks/inventory/quickstart.bigv.yml"]
QUIET = {
    "ANSIBLE_DEPRECATION_WARNINGS": "false",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
}

SERVERS = f"/accounts/{ACCOUNT}/groups/{{}}/virtual_machines/{{}}"
# What changes behind Ansible's back, and what the check run has to say of it.
DRIFT = [
    ("PUT", SERVERS.format("web", "web2"), {"memory": 1024}, "web2.web has lost half of its memory"),
    ("PUT", SERVERS.format("db", "db2"), {"autoreboot_on": False}, "db2.db no longer starts again by itself"),
    ("DELETE", SERVERS.format("db", "db1") + "/discs/data?purge=true", None, "db1.db has lost its data disc"),
]
DRIFTED = {
    "web2.web": {"memory"},
    "db2.db": {"autoreboot_on"},
    "Add a data disc for the database": {"label", "size", "storage_grade", "virtual_machine_id"},
}


class DemoFailed(Exception):
    """What the demo should have shown, and did not."""


class Demo:
    def __init__(self, cloud: dict[str, str]) -> None:
        self.cloud = cloud
        self.environment = (
            environment()
            | QUIET
            | {
                "BIGV_API_URL": cloud["api_url"],
                "BIGV_AUTH_URL": cloud["auth_url"],
                "BIGV_TOKEN": cloud["token"],
                "BIGV_ACCOUNT": ACCOUNT,
            }
        )
        self.headings = 0

    def heading(self, text: str) -> None:
        self.headings += 1
        print(f"\n{self.headings}. {text}\n")

    def run(self, *command: str) -> str:
        print(f"$ {shlex.join(command)}", flush=True)
        with subprocess.Popen(
            command,
            cwd=TREE,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        ) as process:
            output = []
            for line in process.stdout:
                output.append(line)
                # The default output pads its headings with asterisks and leaves a blank line before each.
                if line.strip():
                    print("  " + re.sub(r" \*{3,}$", "", line.rstrip()), flush=True)
        if process.returncode:
            raise DemoFailed(f"{command[0]} ended with exit code {process.returncode}.")
        return "".join(output)

    def request(self, method: str, path: str, body: dict[str, object] | None) -> None:
        print(f"  {method} {path} {json.dumps(body) if body else ''}".rstrip())
        with requests.Session() as session:
            session.trust_env = False  # The simulated cloud is on this machine, whatever proxy there is.
            session.headers.update({"Accept": "application/json", "Authorization": f"Bearer {self.cloud['token']}"})
            session.request(method, self.cloud["api_url"] + path, json=body, timeout=10).raise_for_status()

    def show(self) -> None:
        self.heading("A check run of a playbook on an empty account: each task counts on what those before it would do")
        predicted = outcomes(self.run(*PLAYBOOK, "--check"))

        self.heading("Build a fleet: two groups, four servers and a data disc")
        if outcomes(self.run(*PLAYBOOK)) != predicted:
            raise DemoFailed("The run should have done what the check run said.")

        self.heading("Run the same playbook again: all is as it should be, so nothing changes")
        if not re.search(r"\bchanged=0\b", self.run(*PLAYBOOK)):
            raise DemoFailed("The second run should have changed nothing.")

        self.heading("The inventory plugin reads the fleet back from the API")
        self.run(*INVENTORY, "--graph")
        host = f"web1.web.{ACCOUNT}.uk0.bigv.io"
        self.run(*INVENTORY, "--host", host)

        self.heading("Somebody changes things behind Ansible's back, straight through the API")
        for method, path, body, meaning in DRIFT:
            print(f"  # {meaning}")
            self.request(method, path, body)

        self.heading("A check run says what is no longer as it should be, and changes nothing")
        report = self.run(*PLAYBOOK, "--check", "--diff")
        found = differences(report)
        if found != DRIFTED:
            raise DemoFailed(f"The check run should have reported {DRIFTED}, and reported {found}.")


def outcomes(report: str) -> list[str]:
    """Return what a run says became of each task and item, and its recap."""
    return re.findall(r"^(?:ok|changed|failed): .*|^localhost .*", report, re.MULTILINE)


def differences(report: str) -> dict[str, set[str]]:
    """Return what a run with --diff says it changes: task or item → attributes."""
    found: dict[str, set[str]] = {}
    task, attributes = "", set()
    for line in report.splitlines():
        if name := re.match(r"TASK \[(.*)\]", line):
            task = name[1]
        elif attribute := re.match(r'[-+]\s*"(?!actions")(\w+)":', line):
            attributes.add(attribute[1])
        elif outcome := re.match(r"(changed|ok): \[localhost\](?: => \(item=(.*)\))?", line):
            if outcome[1] == "changed":
                found[outcome[2] or task] = attributes
            attributes = set()
    return found


def main() -> None:
    sync()
    print("Starting a simulated Bytemark Cloud on a free port of this machine ...")
    with simulated_cloud() as cloud:
        print(f"It answers at {cloud['api_url']}; its account is called {ACCOUNT}.")
        Demo(cloud).show()
    print("\nDone. The first run did what its check run said, the second run changed nothing, and the last check run")
    print("found exactly what had been changed.")
    print("The simulated cloud is stopped.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped, and the simulated cloud with it.")
    except (DemoFailed, OSError, RuntimeError) as error:
        sys.exit(f"\nThe demo failed: {error}")
