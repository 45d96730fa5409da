# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Names that the API spells otherwise than they were written: in small letters, or without the dot at their end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, Request, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import run_in_controller, run_module


@pytest.fixture(params=[run_module, run_in_controller])
def way(request):
    return request.param


class SmallLetters:
    """An API that writes names in small letters and, if it ``finds`` them so, reads them in any."""

    def __init__(self, finds: bool) -> None:
        self.finds = finds
        self.groups: list[dict[str, Any]] = [{"id": 1, "account_id": 9, "name": "default", "virtual_machines": []}]

    def __call__(self, request: Request) -> Answer:
        path = request.path.strip("/").split("/")
        if request.method in ("POST", "PUT"):
            return self._written(path, json.loads(request.body))
        found = self._read(path)
        return Answer(404) if found is None else Answer(200, json.dumps(found).encode())

    def _written(self, path: list[str], body: dict[str, Any]) -> Answer:
        if path[-1] == "groups":
            self.groups.append({"id": 7, "account_id": 9, "name": body["name"].lower(), "virtual_machines": []})
            return Answer(201, json.dumps(self.groups[-1]).encode())
        if path[-1] == "virtual_machines":
            group = self._named(self.groups, path[3])
            nic = {"id": 5, "ips": ["203.0.113.1"], "extra_ips": {}}
            vm_id = 8 + len(group["virtual_machines"])
            vm = {"id": vm_id, "group_id": group["id"], "hostname": "", "deleted": False, "power_on": False}
            nested = {"discs": [], "network_interfaces": [nic], "autoreboot_on": False}
            vm = {**vm, **nested, **body, "name": body["name"].lower()}
            group["virtual_machines"].append(vm)
            return Answer(201, json.dumps(vm).encode())
        found = self._read(path)
        found.update({key: value.lower() if key == "name" else value for key, value in body.items()})
        return Answer(200, json.dumps(found).encode())

    def _named(self, resources: list[dict[str, Any]], name: str) -> Any:
        name = name.lower() if self.finds else name
        return next((resource for resource in resources if resource["name"] == name), None)

    def _read(self, path: list[str]) -> Any:
        match path:
            case ["accounts", "acme"]:
                return {"id": 9, "name": "acme", "groups": self.groups}
            case ["accounts", "acme", "groups"]:
                return self.groups
            case ["virtual_machines"]:
                return [vm for group in self.groups for vm in group["virtual_machines"]]
            case ["accounts", "acme", "groups", name]:
                return self._named(self.groups, name)
            case ["accounts", "acme", "groups", group, "virtual_machines", name]:
                return self._named(self._named(self.groups, group)["virtual_machines"], name)
        return None


@pytest.mark.parametrize("finds", [True, False])
@pytest.mark.parametrize(
    ("module_name", "options"), [("bigv_group", {"name": "Web"}), ("bigv_fleet", {"groups": ["Web"]})]
)
def test_a_group_that_the_api_spells_otherwise(way, finds, module_name, options):
    with recording_server(SmallLetters(finds)) as server:
        task = {"api_url": server.url, "token": "apikey.t", "account": "acme", "api_retries": 0, **options}
        first, second = way(module_name, **task), way(module_name, **task)
    assert (first.get("msg"), first["changed"], first["actions"]) == (None, True, ["create group Web.acme"])
    assert first["warnings"] == [
        "The API calls the group 'Web' 'web'. Use that spelling from now on: the next run refuses 'Web'."
    ]
    assert "use the existing spelling" in second["msg"]
    assert server.calls.count("POST /accounts/acme/groups") == 1
    assert len(server.calls) < 10


def test_a_group_renamed_to_what_the_api_spells_otherwise(way):
    with recording_server(SmallLetters(finds=True)) as server:
        task = {"api_url": server.url, "token": "apikey.t", "account": "acme", "api_retries": 0}
        result = way("bigv_group", name="default", new_name="Web", **task)
    assert result["group"]["name"] == "web"
    assert result["warnings"] == [
        "The API calls the group 'Web' 'web'. Use that spelling from now on: the next run refuses 'Web'."
    ]


def test_a_vm_that_the_api_spells_otherwise(way):
    for module_name, options in (
        ("bigv_vm", {"name": "Web1", "state": "stopped"}),
        ("bigv_fleet", {"vms": [{"name": "Web1", "state": "stopped"}]}),
        ("bigv_fleet", {"groups": ["Web"], "vms": [{"name": "Web1", "group": "Web", "state": "stopped"}]}),
        ("bigv_fleet", {"vms": [{"name": name, "state": "stopped"} for name in ("Web1", "Web2")]}),
    ):
        with recording_server(SmallLetters(finds=True)) as server:
            task = {"api_url": server.url, "token": "apikey.t", "account": "acme", "api_retries": 0, **options}
            first = way(module_name, **task)
        assert (first.get("msg"), first["changed"]) == (None, True)
        entries = first.get("vms") or [first]
        assert [entry["vm"]["name"] for entry in entries] == ["web1", "web2"][: len(entries)]
        name = entries[-1]["vm"]["name"]
        assert first["warnings"][-1].startswith(f"The API calls the VM '{name.capitalize()}' '{name}'. ")
        assert not any("does not show" in warning for warning in first["warnings"])


def test_reverse_dns_is_compared_as_dns_does(cloud, way, bigv_vm, bigv_fleet):
    cloud.seed({"name": "web1"})
    assert len(bigv_vm(name="web1", rdns="www.example.com")["actions"]) == 2
    for spelling in ("www.example.com.", "WWW.Example.COM", "www.example.com"):
        assert not bigv_vm(name="web1", rdns=spelling)["changed"]
        assert not bigv_fleet(vms=[{"name": "web1", "rdns": spelling}])["changed"]
    assert len(bigv_vm(name="web1", rdns="www.example.org")["actions"]) == 2


def test_empty_reverse_dns_is_none(cloud, way, bigv_vm, bigv_fleet):
    for module, options in ((bigv_vm, {"name": "web1"}), (bigv_fleet, {"vms": [{"name": "web1"}]})):
        cloud.seed({"name": "web1"})
        addresses = [*bigv_vm(name="web1", rdns="www.example.com")["vm"]["ipv4"]]
        options = {**options, "rdns": ""} if "name" in options else {"vms": [{"name": "web1", "rdns": ""}]}
        predicted, done, again = module(**options, check_mode=True), module(**options), module(**options)
        assert predicted["actions"] == done["actions"]
        assert done["actions"][0] == f"remove the reverse DNS of {addresses[0]} of VM web1.default.acme"
        assert predicted["diff"] == done["diff"]
        assert not again["changed"]
        assert cloud.api("GET", f"/ips/{addresses[0]}")["rdns"] is None
    assert bigv_vm(name="new", rdns="", discs=[{"size": 1024}])["changed"]
    assert not bigv_vm(name="new", rdns="")["changed"]


@pytest.mark.parametrize("answered", ["www.example.com", "www.example.com."])
def test_what_the_api_makes_of_a_dot_is_no_change(way, answered):
    address = {"address": "203.0.113.1", "rdns": None}
    nic = {"id": 5, "ips": ["203.0.113.1"], "extra_ips": {}}
    vm = {"id": 8, "name": "web1", "group_id": 1, "hostname": "web1.default.acme.uk0", "deleted": False, "discs": []}

    def answer(request: Request) -> Answer:
        if request.method == "PUT":
            address["rdns"] = answered
        seen = address if "/ips/" in request.path else {**vm, "network_interfaces": [nic]}
        return Answer(200, json.dumps(seen).encode())

    with recording_server(answer) as server:
        task = {"api_url": server.url, "token": "apikey.t", "account": "acme", "api_retries": 0, "name": "web1"}
        first, second = (way("bigv_vm", rdns="WWW.example.com.", **task) for _run in range(2))
    assert (first["changed"], first.get("warnings"), second["changed"]) == (True, None, False)


@pytest.mark.parametrize("shown", ["2001:DB8::1", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8:0:0::1"])
def test_an_ipv6_address_that_the_api_spells_otherwise(way, shown):
    address = {"address": shown, "rdns": None}
    nic = {"id": 5, "ips": ["203.0.113.1", shown], "extra_ips": {}, "virtual_machine_id": 8}
    one = {"id": 8, "name": "web1", "group_id": 1, "hostname": "web1.default.acme.uk0", "deleted": False, "discs": []}
    other = {**one, "id": 9, "name": "web2", "hostname": "web2.default.acme.uk0", "network_interfaces": []}

    def answer(request: Request) -> Answer:
        if request.method == "PUT":
            address["rdns"] = json.loads(request.body)["rdns"]
        found: Any = {**one, "network_interfaces": [nic]}
        if request.path == "/ips/2001:db8::1":
            found = address
        elif request.path == "/nics":
            found = [nic]
        elif request.path.endswith("web2"):
            found = other
        elif "/ips/" in request.path:
            return Answer(404)
        return Answer(200, json.dumps(found).encode())

    with recording_server(answer) as server:
        task = {"api_url": server.url, "token": "apikey.t", "account": "acme", "api_retries": 0}
        first, second = (
            way("bigv_ip", address="2001:db8:0::0:1", rdns=name, **task)
            for name in ("www.example.com", "WWW.example.com.")
        )
        assert (first.get("msg"), first["changed"], second["changed"]) == (None, True, False)
        assert first["ip"]["virtual_machine_id"] == 8
        by_address = {"2001:DB8:0::0:1": "www.example.com"}
        assert way("bigv_vm", name="web1", rdns=by_address, **task)["changed"] is False
        swap = {"vm": "web1", "with_vm": "web2", "address": "2001:db8:0::1"}
        assert way("bigv_ip_swap", **swap, **task)["changed"] is False
        assert len(way("bigv_ip_info", address="2001:DB8::0:1", **task)["ips"]) == 1
    assert [call for call in server.calls if not call.startswith("GET")] == ["PUT /ips/2001:db8::1"]
