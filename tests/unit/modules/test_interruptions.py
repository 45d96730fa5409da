# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""A module that is killed or told to end at any step of a change: the next run converges all the same."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.client import Client

OFF = {"power_on": False, "autoreboot_on": False}
OLD = {
    "name": "web1", "cores": 1, "memory": 1024, "last_imaged_with": "jessie",
    "discs": [{"label": "root", "size": 25600}],
}  # fmt: skip
INSTALL = {"image": "stretch", "discs": [{"label": "root", "size": "25GiB"}, {"label": "data", "size": "1GiB"}]}
CHANGE = {"cores": 2, "memory": "2GiB", "autoreboot": True, "allow_restart": True, "keymap": "de", **INSTALL}

VM_CASES = {
    "create stopped with an image": ([], {"state": "stopped", **INSTALL}),
    "create without discs": ([], {"state": "running", "cores": 2}),
    "create running with reverse DNS": ([], {"state": "running", "rdns": "www.example.com", **INSTALL}),
    "stop and change": ([OLD], {"state": "stopped", **CHANGE, "autoreboot": None}),
    "change with a restart": ([OLD], {"state": "running", **CHANGE}),
    "change and start": ([OLD | OFF], {"state": "running", **CHANGE}),
    "reimage": ([OLD], {"state": "running", "reimage": "changed", **CHANGE}),
    "reimage and leave off": ([OLD | OFF], {"state": "stopped", "reimage": "changed", "image": "stretch"}),
    "replace": ([OLD | {"deleted": True}], {"state": "running", "on_deleted": "replace", **INSTALL}),
    "restore, rename and move": (
        [OLD | {"deleted": True}],
        {"state": "running", "on_deleted": "restore", "new_name": "www", "new_group": "staging", **CHANGE},
    ),
    "purge": ([OLD], {"state": "absent", "purge": True}),
}


class Killed(BaseException):
    """The process is gone: nothing that it had in mind for a failure is sent either."""


def kill_after(monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    send, sent = Client.send, []

    def send_until_killed(self: Client, method: str, path: str, *arguments: Any, **more: Any) -> Any:
        if len(sent) >= writes:
            raise Killed
        answer = send(self, method, path, *arguments, **more)
        if method != "GET":
            sent.append(path)
        return answer

    monkeypatch.setattr(Client, "send", send_until_killed)


def what_counts(cloud: Any) -> list[Any]:
    """The cloud without what only the server chooses."""
    chosen = {"id", "head", "management_address", "network_interfaces", "storage_pool", "virtual_machine_id"}

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in chosen}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return strip(list(cloud.groups().values()))


@pytest.mark.parametrize("hardware_changes", ["pending", "refused"])
@pytest.mark.parametrize(("there", "task"), VM_CASES.values(), ids=VM_CASES)
def test_killed_at_every_step(cloud, bigv_vm, there, task, hardware_changes):
    cloud.seed(*there, hardware_changes=hardware_changes)
    assert bigv_vm(name="web1", **task)["changed"]
    uninterrupted, writes = what_counts(cloud), len(cloud.writes())
    for step in range(writes):
        cloud.seed(*there, hardware_changes=hardware_changes)
        with pytest.MonkeyPatch.context() as monkeypatch:
            kill_after(monkeypatch, step)
            with pytest.raises(Killed):
                bigv_vm(name="web1", **task)
        assert len(cloud.writes()) == step
        done = bigv_vm(name="web1", **task)
        assert not done.get("failed"), (step, done["msg"])
        assert what_counts(cloud) == uninterrupted, step
        assert not bigv_vm(name="web1", **task)["changed"]


def test_group_killed_at_every_step(cloud, bigv_group):
    vms = [{"name": "web1"}, {"name": "web2", "deleted": True}, {"name": "web3"}]
    for step in range(4):
        cloud.seed(staging=vms)
        with pytest.MonkeyPatch.context() as monkeypatch:
            kill_after(monkeypatch, step)
            with pytest.raises(Killed):
                bigv_group(name="staging", state="absent", purge=True)
        assert len(cloud.writes()) == step
        assert bigv_group(name="staging", state="absent", purge=True)["changed"]
        assert set(cloud.groups()) == {"default"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_a_restart_leaves_the_vm_on(cloud, bigv_vm, number):
    cloud.seed(OLD, shutdown_time=1, hardware_changes="refused")
    threading.Timer(0.3, os.kill, (os.getpid(), number)).start()
    result = bigv_vm(name="web1", memory="2GiB", allow_restart=True)
    assert result["failed"]
    assert f"Interrupted by {number.name}" in result["msg"]
    assert cloud.writes()[-1]["body"] == {"power_on": True, "autoreboot_on": True}
    vm = cloud.vms()["web1"]
    assert (vm["autoreboot_on"], vm["memory"]) == (True, 1024)


@pytest.mark.parametrize("force_stop", [False, True])
def test_a_guest_that_ignores_the_shutdown(cloud, bigv_vm, force_stop):
    cloud.seed(OLD, ignore_acpi=True)
    result = bigv_vm(name="web1", state="stopped", shutdown_timeout=0, force_stop=force_stop)
    vm = cloud.vms()["web1"]
    if force_stop:
        assert result["changed"]
        assert result["actions"][-1] == "pull the plug of VM web1.default.acme"
        assert (vm["power_on"], vm["autoreboot_on"]) == (False, False)
    else:
        assert result["failed"]
        assert "for VM web1.default.acme to be powered off; last seen: power_on true" in result["msg"]
        assert "shutdown_timeout" in result["msg"]
        assert "force_stop: true" in result["msg"]
        assert (vm["power_on"], vm["autoreboot_on"]) == (True, True)


def test_a_refused_change_after_the_shutdown_starts_the_vm_again(cloud, bigv_vm):
    cloud.seed(OLD)
    result = bigv_vm(name="web1", cores=100000, allow_restart=True)
    assert result["failed"]
    assert result["changed"]
    assert result["error"]["problems"]["cores"]
    vm = cloud.vms()["web1"]
    assert (vm["power_on"], vm["autoreboot_on"], vm["cores"]) == (True, True, 1)
