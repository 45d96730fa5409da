# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Show the collection at work on a practice cloud, and check that it does what is said.

KEEP=1 leaves the practice cloud running at the end, to try things on.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import requests
from simulated_cloud import leashed, simulated_cloud
from workspace import COLLECTIONS, TREE, environment, sync

ACCOUNT = "acme"
PLAYBOOK = ["ansible-playbook", "playbooks/quickstart.yml"]
INVENTORY = ["ansible-inventory", "-i", "playbooks/inventory/quickstart.bigv.yml"]
HOST = f"web1.web.{ACCOUNT}.uk0.bigv.io"
VARIABLES = ("ansible_host", "bigv_cores", "bigv_memory", "bigv_power_on", "bigv_zone_name")
QUIET = {
    "ANSIBLE_DEPRECATION_WARNINGS": "false",
    "ANSIBLE_DIFF_CONTEXT": "1",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
}
BOLD, DIM, CYAN = "1", "2", "36"
COLOUR = re.compile(r"\x1b\[[\d;]*m")

SERVERS = f"/accounts/{ACCOUNT}/groups/{{}}/virtual_machines/{{}}"
# What changes behind Ansible's back, and the differences that the check run has to report.
DRIFT = [
    ("PUT", SERVERS.format("web", "web2"), {"memory": 1024}, "web2.web loses half of its memory"),
    ("PUT", SERVERS.format("db", "db2"), {"autoreboot_on": False}, "db2.db no longer restarts by itself"),
    ("DELETE", SERVERS.format("db", "db1") + "/discs/data?purge=true", None, "db1.db loses its data disc"),
]
DRIFTED = [
    ("VM web2.web.acme", {"memory"}),
    ("VM db2.db.acme", {"autoreboot_on"}),
    ("disc data of db1", {"label", "size", "storage_grade", "virtual_machine_id"}),
]


class DemoFailed(Exception):
    """What the demo should have shown, and did not."""


class Demo:
    def __init__(self, cloud: dict[str, str], in_colour: bool = False) -> None:
        self.cloud = cloud
        self.in_colour = in_colour
        self.access = {
            "BIGV_API_URL": cloud["api_url"],
            "BIGV_AUTH_URL": cloud["auth_url"],
            "BIGV_TOKEN": cloud["token"],
            "BIGV_ACCOUNT": ACCOUNT,
        }
        colour = {"ANSIBLE_FORCE_COLOR": "true"} if in_colour else {}
        self.environment = environment() | QUIET | self.access | colour
        self.headings = 0

    def say(self, text: str, style: str) -> None:
        print(f"\x1b[{style}m{text}\x1b[0m" if self.in_colour else text)

    def heading(self, text: str) -> None:
        self.headings += 1
        print()
        self.say(f"{self.headings}. {text}", BOLD)
        print()

    def run(self, *command: str, excerpt: Callable[[Iterable[str]], Iterable[str]] = iter) -> str:
        """Run a command, print an excerpt of its output, and return all of it, without colour."""
        self.say(f"$ {shlex.join(command)}", CYAN)
        output: list[str] = []
        with leashed(*command, cwd=TREE, env=self.environment, stderr=subprocess.STDOUT) as process:
            for line in excerpt(tidied(process.stdout, output)):
                print(f"  {line}")
            status = process.wait()
        if status:
            raise DemoFailed(f"{command[0]} ended with exit code {status}.")
        return "".join(output)

    def request(self, method: str, path: str, body: dict[str, object] | None) -> None:
        print(f"  {method} {path} {json.dumps(body) if body else ''}".rstrip())
        with requests.Session() as session:
            session.trust_env = False  # The practice cloud is on this machine, whatever proxy there is.
            session.headers.update({"Accept": "application/json", "Authorization": f"Bearer {self.cloud['token']}"})
            session.request(method, self.cloud["api_url"] + path, json=body, timeout=10).raise_for_status()

    def show(self) -> None:
        self.heading("Preview the playbook in check mode, on an empty account")
        predicted = outcomes(self.run(*PLAYBOOK, "--check"))

        self.heading("Build the fleet: two groups, four servers and a data disc")
        if outcomes(self.run(*PLAYBOOK)) != predicted:
            raise DemoFailed("The run should have done what the check run predicted.")

        self.heading("Run the same playbook again: it is idempotent, so nothing changes")
        self.expect_no_changes(self.run(*PLAYBOOK))

        self.heading("Read the fleet back from the API with the inventory plugin")
        self.run(*INVENTORY, "--graph")
        self.run(*INVENTORY, "--host", HOST, excerpt=some_variables)

        self.heading("Change three things behind Ansible's back, directly through the API")
        for method, path, body, meaning in DRIFT:
            self.say(f"  # {meaning}", DIM)
            self.request(method, path, body)

        self.heading("Detect the drift with a check run, which changes nothing")
        report = self.run(*PLAYBOOK, "--check", "--diff", excerpt=hunks)
        if (found := differences(report)) != DRIFTED:
            raise DemoFailed(f"The check run should have reported {DRIFTED}, and reported {found}.")

        self.heading("Repair the drift: the playbook changes exactly what the check run reported")
        if outcomes(self.run(*PLAYBOOK)) != outcomes(report):
            raise DemoFailed("The run should have changed what the check run reported.")

        self.heading("Check again: no drift is left")
        self.expect_no_changes(self.run(*PLAYBOOK, "--check", "--diff"))

    def expect_no_changes(self, report: str) -> None:
        if not re.search(r"\bchanged=0\b", report):
            raise DemoFailed("This run should have changed nothing.")

    def keep(self) -> None:
        """Say how to use the practice cloud, and wait for Ctrl-C."""
        print(f"\nThe practice cloud keeps running at {self.cloud['api_url']}/ until you press Ctrl-C.")
        print("To use it, paste these lines into another terminal, in this folder:\n")
        for name, value in {**self.access, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}.items():
            print(f"export {name}={shlex.quote(value)}")
        print(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
        print("ansible-playbook playbooks/quickstart.yml --check")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


def tidied(lines: Iterable[str], output: list[str]) -> Iterator[str]:
    """Keep each line in the output without its colour, and leave out the blank lines and asterisks round headings."""
    for line in lines:
        output.append(COLOUR.sub("", line))
        if line.strip():
            yield re.sub(r" \*{3,}$", "", line.rstrip())


def hunks(lines: Iterable[str]) -> Iterator[str]:
    """Put an ellipsis where a diff leaves out lines."""
    is_cut = False
    for line in lines:
        text = COLOUR.sub("", line)
        hunk = re.match(r"@@ -(\d+)", text)
        if (hunk and int(hunk[1]) > 1) or (is_cut and text[0] not in " +-@"):
            yield "…"
        if not hunk:
            yield line
        is_cut = text.startswith("   ")


def some_variables(lines: Iterable[str]) -> list[str]:
    """Return some of a host's variables."""
    variables = json.loads("\n".join(lines))
    *kept, end = json.dumps({name: variables[name] for name in VARIABLES}, indent=4).splitlines()
    return [*kept, "    …", end]


def outcomes(report: str) -> list[str]:
    """Return the outcome of each task and item of a run, and its recap."""
    return re.findall(r"^(?:ok|changed|failed): .*|^localhost .*", report, re.MULTILINE)


def differences(report: str) -> list[tuple[str, set[str]]]:
    """Return the objects of which a run shows a diff, each with the attributes that differ."""
    found: list[tuple[str, set[str]]] = []
    for line in report.splitlines():
        if header := re.match(r"\+\+\+ after: (.*)", line):
            found.append((header[1], set()))
        elif attribute := re.match(r'[-+]\s*"(?!actions")(\w+)":', line):
            found[-1][1].add(attribute[1])
    return found


def demonstrate() -> None:
    sync()
    print("Starting a simulated Bytemark Cloud on a free port of this machine ...")
    with simulated_cloud() as cloud:
        print(f"Watch it at {cloud['api_url']}/ in a browser.")
        demo = Demo(cloud, in_colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
        demo.show()
        print("\nDone. Each run did exactly what the check run before it had reported.")
        if os.environ.get("KEEP"):
            demo.keep()
    print("The practice cloud has stopped.")


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    sys.stdout.reconfigure(line_buffering=True)
    try:
        demonstrate()
    except KeyboardInterrupt:
        sys.exit("\nStopped, and the practice cloud with it.")
    except BrokenPipeError:
        # Whoever read the output, such as head, has seen enough. Nothing is left to flush when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (DemoFailed, OSError, RuntimeError) as error:
        sys.exit(f"\nThe demo failed: {error}")


if __name__ == "__main__":
    main()
