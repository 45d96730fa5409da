# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A VM that was started counts as up when its port answers."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

OFF = {"power_on": False, "autoreboot_on": False}
DISC = [{"label": "root", "size": 1024}]
STARTS = {
    "started": (OFF, {"state": "running"}),
    "restarted": ({}, {"state": "restarted"}),
    "changed": ({"memory": 1024}, {"memory": "2GiB", "allow_restart": True}),
    "reimaged": ({"discs": DISC}, {"image": "stretch", "reimage": "always"}),
    "reimaged while off": ({"discs": DISC, **OFF}, {"image": "stretch", "reimage": "always", "state": "running"}),
}


def at(*addresses: str, name: str = "web1", **more: Any) -> dict[str, Any]:
    return {"name": name, "network_interfaces": [{"ips": list(addresses)}], **more}


@contextmanager
def listening(address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with listening() as port:
        return port


@pytest.mark.parametrize("what", STARTS)
def test_a_vm_that_was_started_is_waited_for(cloud, bigv_vm, closed_port, what):
    vm, options = STARTS[what]
    cloud.seed(at("127.0.0.1", **vm))
    task = {"name": "web1", "ready_port": closed_port, **options}
    result = bigv_vm(**task, ready_timeout="1s")
    assert result["failed"]
    assert result["changed"]
    waited = (
        f"for VM web1.default.acme to answer on port {closed_port} of 127.0.0.1; the last attempt: Connection refused."
    )
    assert waited in result["msg"]
    assert result["msg"].endswith("To continue, increase ready_timeout.")
    assert cloud.vms()["web1"]["power_on"]

    cloud.seed(at("127.0.0.1", **vm))
    predicted = bigv_vm(**task, check_mode=True)
    with listening(port=closed_port):
        done = bigv_vm(**task)
    assert not done.get("failed"), done["msg"]
    assert done["actions"] == predicted["actions"]


def test_a_vm_that_was_created_is_waited_for(cloud, bigv_vm, closed_port):
    accounts = [{"name": "acme", "groups": [{"name": "default"}]}]
    cloud.control("POST", "seed", {"accounts": accounts, "private_vlans": [{"account": "acme", "vlan_num": 7}]})
    task = {"discs": [{"size": 1024}], "state": "running", "ready_port": closed_port, "ready_timeout": 0}
    assert "port" in bigv_vm(name="web1", ipv4="127.0.0.8", **task)["msg"]
    with listening("127.0.0.9", closed_port):
        result = bigv_vm(name="web2", ipv4="127.0.0.9", **task)
    assert not result.get("failed"), result["msg"]


def test_the_first_address_is_asked_whatever_its_family(cloud, bigv_vm):
    cloud.seed(at("::1", "127.0.0.8", **OFF))
    with listening("::1") as port:
        assert not bigv_vm(name="web1", state="running", ready_port=port).get("failed")


def test_a_port_that_opens_late(cloud, bigv_vm, closed_port):
    cloud.seed(at("127.0.0.1", **OFF))
    servers = []
    timer = threading.Timer(1.5, lambda: servers.append(socket.create_server(("127.0.0.1", closed_port))))
    timer.start()
    try:
        assert not bigv_vm(name="web1", state="running", ready_port=closed_port).get("failed")
        assert servers
    finally:
        timer.join()
        servers[0].close()


@pytest.mark.parametrize(
    ("vm", "options"),
    [
        ({}, {"state": "running"}),
        ({}, {"keymap": "de"}),
        (OFF, {"state": "present"}),
        ({}, {"state": "stopped"}),
        ({"discs": DISC}, {"state": "stopped", "image": "stretch", "reimage": "always"}),
        (OFF, {"state": "running", "wait": False}),
    ],
)
def test_a_vm_that_was_not_started_is_not_asked(cloud, bigv_vm, closed_port, vm, options):
    cloud.seed(at("127.0.0.1", **vm))
    result = bigv_vm(name="web1", ready_port=closed_port, ready_timeout=0, **options)
    assert not result.get("failed"), result["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("what", ["started", "changed"])
def test_a_vm_without_an_address_is_refused_before_anything_is_sent(cloud, bigv_vm, what, check_mode):
    vm, options = STARTS[what]
    cloud.seed(at(**vm))
    result = bigv_vm(name="web1", ready_port=22, check_mode=check_mode, **options)
    assert result["msg"].startswith("ready_port: VM web1.default.acme has no address")
    assert cloud.writes() == []


def test_the_end_of_the_whole_task_ends_this_wait_too(cloud, bigv_vm, closed_port):
    cloud.seed(at("127.0.0.1", **OFF))
    result = bigv_vm(name="web1", state="running", ready_port=closed_port, wait_timeout=1)
    assert result["msg"].endswith("To continue, increase wait_timeout.")


def test_an_interruption_ends_it_at_once(cloud, bigv_vm, closed_port):
    cloud.seed(at("127.0.0.1", **OFF))
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGTERM)).start()
    result = bigv_vm(name="web1", state="running", ready_port=closed_port, wait_timeout=600)
    assert "Interrupted by SIGTERM" in result["msg"]
    assert result["actions"] == ["start VM web1.default.acme"]


@pytest.mark.parametrize(
    "option", [{"ready_port": 0}, {"ready_port": 65536}, {"ready_port": -1}, {"ready_timeout": "5 minutes"}]
)
def test_bad_values(cloud, bigv_vm, bigv_fleet, option):
    (name,) = option
    assert bigv_vm(name="web1", **option)["msg"].startswith(f"{name}: ")
    assert f"vms[0].{name}: " in bigv_fleet(vms=[{"name": "web1", **option}])["msg"]
    assert cloud.requests() == []


def test_in_a_fleet_it_holds_the_place_until_the_port_answers(cloud, bigv_fleet, closed_port):
    vms = [at(f"127.0.0.{number}", name=f"web{number}", memory=1024) for number in (1, 2, 3)]
    cloud.seed(*vms)
    task = {
        "vms": [{"name": vm["name"], "memory": "2GiB"} for vm in vms],
        "defaults": {"allow_restart": True, "ready_port": closed_port, "ready_timeout": "1s"},
    }
    with listening(port=closed_port):
        result = bigv_fleet(**task)
    assert [(bool(entry["error"]), entry["skipped"]) for entry in result["vms"]] == [
        (False, False), (True, False), (False, True),
    ]  # fmt: skip
    assert "port" in result["vms"][1]["error"]["msg"]


def test_in_a_fleet_the_others_are_read_meanwhile(cloud, bigv_fleet, closed_port):
    asked = [at(f"127.0.0.{number}", name=f"web{number}", **OFF) for number in range(1, 9)]
    cloud.seed(*asked, {"name": "slow"}, shutdown_time=1)
    vms = [{"name": vm["name"], "state": "running", "ready_port": closed_port} for vm in asked]
    result = bigv_fleet(vms=[*vms, {"name": "slow", "state": "stopped"}], wait_timeout=5)
    *others, slow = (entry["error"] for entry in result["vms"])
    assert slow is None
    assert all("port" in error["msg"] for error in others)
