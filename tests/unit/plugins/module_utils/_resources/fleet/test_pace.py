# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""How a fleet paces its requests: one read for all that wait, and one creation at a time."""

from __future__ import annotations

import itertools
import json
import threading
import time
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, Request, recording_server

IMAGED = {"image": "stretch", "discs": [{"size": "25GiB"}], "state": "running"}


def fleet_of(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"name": f"web{number}", **more} for number in range(count)]


@pytest.mark.parametrize("settings", [{}, {"flat_overview": False}], ids=["nested", "flat"])
def test_waiting_costs_a_read_a_second_however_many_vms(cloud, bigv_fleet, settings):
    """A VM that is built in 3 seconds used to be asked for 8 times by itself."""
    count = 30
    cloud.seed(build_time=3, **settings)
    started = time.monotonic()

    result = bigv_fleet(vms=fleet_of(count, **IMAGED), account="acme")

    assert result["summary"]["changed"] == count, result
    ticks = int(time.monotonic() - started) + 1
    assert len(cloud.writes()) == count
    assert len(cloud.requests()) <= count + 3 * ticks + 10


def test_shutdowns_are_waited_for_together(cloud, bigv_fleet):
    count = 20
    cloud.seed(*({"name": f"web{number}", "power_on": True} for number in range(count)), shutdown_time=2)
    started = time.monotonic()

    result = bigv_fleet(vms=fleet_of(count, state="stopped"), account="acme")

    assert not any(entry["vm"]["power_on"] for entry in result["vms"])
    ticks = int(time.monotonic() - started) + 1
    assert len(cloud.requests()) <= len(cloud.writes()) + 3 * ticks + 10


def test_a_group_that_somebody_else_creates_does_not_keep_others_from_waiting(cloud, bigv_fleet):
    cloud.seed(build_time=1.5)

    def create_elsewhere() -> None:
        cloud.api("POST", "/accounts/acme/groups", {"name": "new"})
        cloud.api("POST", "/accounts/acme/groups/new/virtual_machines", {"name": "other", "cores": 1, "memory": 1024})

    timer = threading.Timer(0.3, create_elsewhere)
    timer.start()
    result = bigv_fleet(vms=fleet_of(3, **IMAGED), account="acme")
    timer.join()
    assert result["summary"]["failed"] == 0, result["msg"]


def test_one_vm_alone_is_read_by_itself(cloud, bigv_fleet):
    cloud.seed(build_time=1.2)
    assert bigv_fleet(vms=fleet_of(1, **IMAGED), account="acme")["changed"]
    polled = [request for request in cloud.requests() if request["path"].endswith("/virtual_machines/web0")]
    assert 2 <= len(polled) <= 4


def test_a_vm_with_the_number_of_another_as_its_name_is_waited_for(cloud, bigv_fleet):
    cloud.seed({"name": "web1", "id": 7, "power_on": True}, {"name": "9", "power_on": True}, shutdown_time=0.5)
    vms = [{"name": "9", "state": "stopped"}, {"name": "12345", **IMAGED}, {"name": "web1", "state": "stopped"}]
    result = bigv_fleet(vms=vms, account="acme")
    assert [entry["vm"]["power_on"] for entry in result["vms"]] == [False, True, False], result


def test_each_that_does_not_come_says_so_with_what_was_seen_last(cloud, bigv_fleet):
    cloud.seed(build_time=60)
    started = time.monotonic()
    result = bigv_fleet(vms=fleet_of(12, **IMAGED), account="acme", wait_timeout=2)
    assert time.monotonic() - started < 10
    assert result["summary"]["failed"] == 12
    for entry in result["vms"]:
        assert entry["error"]["msg"].startswith("Waited 2 seconds for VM web"), entry["error"]["msg"]
        assert "last seen: power_on false, autoreboot_on true" in entry["error"]["msg"]
    assert len(cloud.requests()) <= 12 + 3 * 4 + 10


def test_a_read_that_fails_for_good_fails_each_that_waits_once(cloud, bigv_fleet):
    cloud.seed(build_time=60)
    rule = {"method": "GET", "path": "/virtual_machines", "fault": "status", "status": 403}
    cloud.faults(rule)
    result = bigv_fleet(vms=fleet_of(5, **IMAGED), account="acme")
    assert result["summary"]["failed"] == 5
    actions = [[f"create VM web{number}.default.acme from stretch"] for number in range(5)]
    assert [entry["actions"] for entry in result["vms"]] == actions
    messages = [entry["error"]["msg"] for entry in result["vms"]]
    assert all(message.startswith("Could not read the virtual machines: the API answered 403") for message in messages)
    assert len(set(messages)) == 1
    assert len([request for request in cloud.requests() if request["path"] == "/virtual_machines"]) <= 2


class Creations:
    """A service of which a VM's creation takes a while; it counts how many are under way at once."""

    def __init__(self, seconds: float = 0.05, refused: str = "") -> None:
        self.seconds, self.refused = seconds, refused
        self.under_way = self.most = self.after_refusal = 0
        self.has_refused = False
        self.vms: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._ids = itertools.count(1)

    def __call__(self, request: Request) -> Answer:
        if request.method == "GET":
            return Answer(200, json.dumps(self._read(request.path)).encode())
        with self._lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        time.sleep(self.seconds)
        wanted = json.loads(request.body)
        name = wanted.get("virtual_machine", wanted)["name"]
        with self._lock:
            self.under_way -= 1
            self.after_refusal += self.has_refused
            if name == self.refused:
                self.has_refused = True
                return Answer(400, b'{"name": ["is invalid"]}')
            self.vms[name] = {
                "id": next(self._ids), "name": name, "group_id": 1, "power_on": False, "autoreboot_on": False,
                "cores": 1, "memory": 1024, "deleted": False, "discs": [], "network_interfaces": [],
                "hostname": f"{name}.default.acme.uk0.bigv.io",
            }  # fmt: skip
            return Answer(202, json.dumps(self.vms[name]).encode())

    def _read(self, path: str) -> Any:
        vms = list(self.vms.values())
        if path == "/accounts/acme":
            return {"id": 1, "name": "acme", "groups": [{"id": 1, "name": "default", "virtual_machines": vms}]}
        return vms if path == "/virtual_machines" else self.vms[path.rpartition("/")[2]]


@pytest.mark.parametrize(("option", "most"), [({}, 1), ({"concurrent_creations": 3}, 3)])
def test_so_many_creations_at_once_as_the_task_allows(bigv_fleet, option, most):
    service = Creations()
    with recording_server(service) as server:
        result = bigv_fleet(api_url=server.url, account="acme", vms=fleet_of(9), **option)
    assert result["summary"]["changed"] == 9, result
    assert service.most == most


def test_with_on_error_stop_no_vm_is_created_after_a_failure(bigv_fleet):
    service = Creations(refused="web1")
    with recording_server(service) as server:
        result = bigv_fleet(api_url=server.url, account="acme", vms=fleet_of(12), on_error="stop", concurrency=4)
    assert service.has_refused
    assert service.after_refusal == 0
    created = sorted(f"{vm}.default.acme" for vm in service.vms)
    assert sorted(entry["name"] for entry in result["vms"] if entry["changed"]) == created
    assert result["summary"]["skipped"] == 11 - len(created)


def test_the_turn_to_create_does_not_count_as_waiting(bigv_fleet):
    service = Creations(seconds=0.3)
    with recording_server(service) as server:
        result = bigv_fleet(api_url=server.url, account="acme", vms=fleet_of(8), wait_timeout=1)
    assert result["summary"]["failed"] == 0, result["msg"]


def test_fewer_than_one_creation_at_once_is_refused(cloud, bigv_fleet):
    result = bigv_fleet(vms=fleet_of(1), account="acme", concurrent_creations=0)
    assert result["msg"] == "concurrent_creations: must be at least 1, got 0"
    assert cloud.requests() == []
