# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Run the real modules in this process, and look at the simulated cloud from outside."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from unittest import mock

import requests
from ansible.module_utils import basic
from ansible.module_utils.common.parameters import PASS_VARS
from ansible_collections.bytemark.cloud.plugins.module_utils._core.progress import Progress
from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core before 2.19

    @contextlib.contextmanager
    def patch_module_args(args: dict[str, Any]) -> Iterator[None]:
        before = basic._ANSIBLE_ARGS
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        try:
            yield
        finally:
            basic._ANSIBLE_ARGS = before


COLLECTION = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in COLLECTION.glob("plugins/modules/*.py"))


class Cloud:
    """A simulated cloud and its control interface."""

    def __init__(self, facts: dict[str, str]) -> None:
        self.api_url = facts["api_url"]
        self.auth_url = facts["auth_url"]
        self.token = facts["token"]
        self.read_only_token = facts["read_only_token"]
        self.control_url = facts["control_url"]
        self._http = requests.Session()
        self._http.trust_env = False

    @property
    def access(self) -> dict[str, Any]:
        """The shared options of a module that works on acme and repeats nothing."""
        urls = {"api_url": self.api_url, "auth_url": self.auth_url}
        return {**urls, "token": self.token, "account": "acme", "api_retries": 0}

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, f"{self.control_url}/{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request behind Ansible's back."""
        answer = self._http.request(
            method,
            self.api_url + path,
            json=body,
            timeout=30,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def seed(
        self,
        *virtual_machines: dict[str, Any],
        staging: Sequence[dict[str, Any]] = (),
        account: Mapping[str, Any] = MappingProxyType({}),
        document: Mapping[str, Any] = MappingProxyType({}),
        **settings: Any,
    ) -> None:
        """Start over with an account acme, these VMs in its group default, others in staging, and what else it has."""
        instantly = {"build_time": 0, "shutdown_time": 0, "boot_time": 0, "backup_time": 0}
        groups = [
            {"name": "default", "virtual_machines": list(virtual_machines)},
            {"name": "staging", "virtual_machines": list(staging)},
        ]
        self.control(
            "POST",
            "seed",
            {"accounts": [{"name": "acme", "groups": groups, **account}], "settings": instantly | settings, **document},
        )
        self.clear()

    def settings(self, **settings: Any) -> None:
        self.control("PUT", "settings", settings)

    def faults(self, *rules: dict[str, Any]) -> None:
        """Replace the plan of faults."""
        self.control("PUT", "faults", {"seed": 1, "rules": list(rules)})

    def happened(self) -> list[str]:
        """Return the faults that happened, in order."""
        return [fault["fault"] for fault in self.control("GET", "faults")["record"]]

    def clear(self) -> None:
        self.control("DELETE", "requests")

    def requests(self) -> list[dict[str, Any]]:
        return self.control("GET", "requests")["requests"]

    def connections(self) -> int:
        return self.control("GET", "requests")["counters"]["connections"]

    def calls(self) -> list[str]:
        """Return the requests since the last clear, as method and path."""
        return [f"{request['method']} {request['path']}" for request in self.requests()]

    def writes(self) -> list[dict[str, Any]]:
        return [request for request in self.requests() if request["method"] != "GET"]

    def done(self) -> list[dict[str, Any]]:
        """Return the writes that were carried out, whatever was answered."""
        return [write for write in self.writes() if 200 <= write["status"] < 300]

    def account(self) -> dict[str, Any]:
        """Return acme with all that is in it."""
        return next(account for account in self.control("GET", "state")["accounts"] if account["name"] == "acme")

    def groups(self) -> dict[str, dict[str, Any]]:
        """Return the groups of acme by name, VMs and all but backups, which the API nests nowhere."""
        groups = {group["name"]: group for group in self.account()["groups"]}
        for group in groups.values():
            for vm in group["virtual_machines"]:
                for disc in vm["discs"]:
                    del disc["backups"]
        return groups

    def vms(self, group: str = "default") -> dict[str, dict[str, Any]]:
        """Return the VMs of a group by name, soft-deleted ones too."""
        return {vm["name"]: vm for vm in self.groups()[group]["virtual_machines"]}


class Run(NamedTuple):
    """The outcome of a command."""

    status: int
    output: str

    @property
    def changed(self) -> int:
        """Return how many tasks changed something, by the recap."""
        return sum(map(int, re.findall(r"changed=(\d+)", self.output)))


def run_command(*command: str | Path, env: dict[str, str], cwd: Path) -> Run:
    """Run a command to its end, without input. What it says to either stream is its output."""
    process = subprocess.run(
        command,
        env=env,
        cwd=cwd,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    return Run(process.returncode, process.stdout)


def ansible_environment(cloud: Cloud) -> dict[str, str]:
    """Return the environment of Ansible's commands: where the cloud is, its token, and nothing that clutters output."""
    return os.environ | {
        "ANSIBLE_DEPRECATION_WARNINGS": "false",
        "ANSIBLE_HOST_KEY_CHECKING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "true",
        "BIGV_API_RETRIES": "0",
        "BIGV_API_URL": cloud.api_url,
        "BIGV_AUTH_URL": cloud.auth_url,
        "BIGV_TOKEN": cloud.token,
        "PYTHONUTF8": "1",
    }


def is_as_predicted(predicted: Any, real: Any) -> bool:
    """Return True if a value is what check mode said; where that said None, only the server could choose."""
    if isinstance(predicted, dict) and isinstance(real, dict):
        return all(is_as_predicted(value, real.get(key)) for key, value in predicted.items())
    if isinstance(predicted, list) and isinstance(real, list) and len(predicted) == len(real):
        return all(map(is_as_predicted, predicted, real))
    return predicted is None or predicted == real


def load_module(name: str) -> Any:
    """Import a module of the collection."""
    return importlib.import_module(f"ansible_collections.bytemark.cloud.plugins.modules.{name}")


def run_module(module_name: str, /, *, check_mode: bool = False, **params: Any) -> dict[str, Any]:
    """Return a module's result: its real main(), its real arguments, its printed JSON, and its warnings as text."""
    module = load_module(module_name)
    printed, warnings = io.StringIO(), []
    arguments = params | {
        "_ansible_check_mode": check_mode,
        "_ansible_diff": True,
        "_ansible_module_name": f"bytemark.cloud.{module_name}",
    }
    if "inject_invocation" in PASS_VARS:  # ansible-core 2.21 and newer
        arguments["_ansible_inject_invocation"] = True
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with (
            patch_module_args(arguments),
            # In the process of a controller, as this one is, ansible-core shows warnings instead of returning them.
            mock.patch.object(basic.AnsibleModule, "warn", lambda self, text: warnings.append(text)),
            contextlib.redirect_stdout(printed),
            contextlib.suppress(SystemExit),
        ):
            module.main()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    result = json.loads(printed.getvalue()) | ({"warnings": warnings} if warnings else {})
    result.pop("_ansible_new_secrets", None)  # Since ansible-core 2.22: what the controller is to mask.
    return result


def run_in_controller(module_name: str, /, *, check_mode: bool = False, **params: Any) -> dict[str, Any]:
    """Return a module's result when the action plugin runs it in the controller's process.

    In check mode that is a check run which remembers nothing, as with an ordinary module.
    """
    return _in_controller.run(module_name, params, {}, check_mode, Progress(), True, assumes_missing=check_mode)
