# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A restart that is interrupted, refused or ignored: the VM is started again. The contract suite kills modules."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

OLD = {
    "name": "web1", "cores": 1, "memory": 1024, "last_imaged_with": "jessie",
    "discs": [{"label": "root", "size": 25600}],
}  # fmt: skip


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


def test_a_signal_that_another_thread_takes_is_told_with_what_was_done(cloud, bigv_fleet):
    """The main thread, which waits, comes to know of it only when it goes on by itself."""
    cloud.seed(OLD, shutdown_time=3, hardware_changes="refused")

    def interrupt() -> None:
        while not any(call.endswith("/signal") for call in cloud.calls()):
            time.sleep(0.05)
        time.sleep(0.3)
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    result = bigv_fleet(vms=[{"name": "web1", "memory": "2GiB", "allow_restart": True}])
    assert result["failed"]
    assert "Interrupted by SIGINT" in result["msg"]
    assert result["actions"][0] == "change VM web1.default.acme: autoreboot_on true → false"
    assert "0 of 1 groups and VMs were finished." in result["msg"]
    assert cloud.writes()[-1]["body"] == {"power_on": True, "autoreboot_on": True}


@pytest.mark.parametrize("force_stop", [False, True])
def test_a_guest_that_ignores_the_shutdown(cloud, bigv_vm, force_stop):
    cloud.seed(OLD, ignore_acpi=True)
    result = bigv_vm(name="web1", state="stopped", shutdown_timeout=0, force_stop=force_stop)
    vm = cloud.vms()["web1"]
    if force_stop:
        assert result["changed"]
        assert result["actions"][-1] == "forcibly power off VM web1.default.acme"
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
