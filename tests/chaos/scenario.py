# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What one run of the campaign is about, drawn from its seed: a cloud, tasks that converge it, and faults. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

SECRET = "m4rk3d-s3cr3t"
GIB = 1024
# A VM that has the id of another as its name.
NUMBER = 7001
PLACES = ("web1.web", "web2.web", "web3.web", f"{NUMBER}.web", "db1.db", "db2.db")
# Faults that leave the cloud otherwise than the same tasks without them.
ALTERING = ("vm_deleted", "build_fails")


# Faults that happen to few requests only.
RARE = ("build_fails", "shutdown_ignored", "stale_reads")


@dataclass(frozen=True)
class Scenario:
    """The seed of the cloud, the tasks in order (module and options), and the rules of the plan of faults.

    Under the faults the fleet ``waits``, or not. Where the run ``is_refused``, a name in the tasks differs in case only
    from one in the cloud.
    """

    number: int
    cloud: dict[str, Any]
    tasks: list[tuple[str, dict[str, Any]]]
    rules: list[dict[str, Any]]
    logs_in: bool
    waits: bool = True
    is_refused: bool = False

    @property
    def alters(self) -> bool:
        """Whether a fault changes the cloud, as somebody else would."""
        return any(rule["fault"] in ALTERING for rule in self.rules)


def scenario(number: int) -> Scenario:
    """Draw a scenario. The same number gives the same one."""
    dice = random.Random(number)
    groups: dict[str, list[dict[str, Any]]] = {"web": [], "db": [], "old": []}
    for place in PLACES:
        if dice.random() < 0.6:
            name, group = place.split(".")
            groups[group].append(_existing_vm(dice, name))
    if any(vm["name"] == str(NUMBER) for vm in groups["web"]):
        groups["db"] += [_existing_vm(dice, "db1")] if not groups["db"] else []
        groups["db"][0]["id"] = NUMBER
    groups["web"].append(_existing_vm(dice, "unlisted") | {"deleted": False})
    if dice.random() < 0.5:
        groups["old"].append(_existing_vm(dice, "old1"))
    settings = {
        "build_time": 0.05,
        "shutdown_time": 0.05,
        "boot_time": 0.02,
        "hardware_changes": dice.choice(["pending", "refused"]),
        "flat_overview": dice.random() < 0.7,
        "ids_win": dice.random() < 0.5,
    }
    tasks = _tasks(dice, groups)
    restarts = random.Random(f"restarts of {number}")
    settings["boot_time"] = restarts.choice([0.02, 0.3])
    if restarts.random() < 0.5:
        groups["app"] = [
            _existing_vm(restarts, f"app{position}") | {"power_on": True, "deleted": False, "memory": GIB}
            for position in range(restarts.randint(3, 9))
        ]
    _restart(restarts, tasks[0][1], groups.get("app", []))
    accounts = [{"name": "acme", "groups": [{"name": k, "virtual_machines": v} for k, v in groups.items()]}]
    drawn = Scenario(
        number,
        {"accounts": accounts, "settings": settings},
        tasks,
        [_rule(dice) for _number in range(dice.randint(1, 4))],
        logs_in=dice.random() < 0.5,
        waits=restarts.random() < 0.7,
    )
    _addresses(random.Random(f"addresses of {number}"), drawn, groups)
    if drawn.alters:
        # A VM that somebody has purged could not be created again under a number that the API takes for an id.
        settings["ids_win"] = False
        return drawn
    if dice.random() > 0.08:
        return drawn
    fleet = drawn.tasks[0][1]
    fleet["vms"].insert(dice.randint(0, len(fleet["vms"])), {"name": "Unlisted.web", "state": "present"})
    return replace(drawn, is_refused=True)


def _existing_vm(dice: random.Random, name: str) -> dict[str, Any]:
    on = dice.random() < 0.7
    discs = [{"label": "root", "size": 25 * GIB, "storage_grade": "sata"}]
    if dice.random() < 0.5:
        discs.append({"label": "data", "size": 10 * GIB, "storage_grade": "sata"})
    vm = {
        "name": name,
        "cores": dice.choice([1, 2]),
        "memory": dice.choice([1, 2]) * GIB,
        "power_on": on,
        "autoreboot_on": on if dice.random() < 0.8 else not on,
        "last_imaged_with": dice.choice([None, "jessie", "stretch"]),
        "discs": discs,
    }
    is_deleted = dice.random() < 0.1 and name != str(NUMBER)
    return vm | {"deleted": True, "power_on": False} if is_deleted else vm


def _tasks(dice: random.Random, groups: dict[str, list[dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    vms = [_vm_wanted(dice, place) for place in (*PLACES, "new1.new") if dice.random() < 0.85]
    for vm in vms:
        # In one group, a number that is a name and an id would be refused.
        if any(existing.get("id") == NUMBER and vm["name"] == f"{existing['name']}.db" for existing in groups["db"]):
            vm.pop("new_group", None)
    fleet: dict[str, Any] = {
        "groups": ["web", "db", "new"],
        "vms": vms,
        "defaults": {"on_deleted": dice.choice(["restore", "replace"]), "allow_restart": True, "shutdown_timeout": 2},
        "concurrency": dice.choice([1, 4, 8]),
        "prune": dice.choice(["none", "none", "delete"]),
        "purge": dice.random() < 0.4,
        "wait_timeout": 6,
    }
    if fleet["purge"] and dice.random() < 0.7:
        fleet["groups"].append({"name": "old", "state": "absent"})
    listed = {vm["name"] for vm in vms}
    unlisted = [vm for group in ("web", "db") for vm in groups[group] if f"{vm['name']}.{group}" not in listed]
    if sum(not vm.get("deleted") for vm in unlisted) > 1 or dice.random() < 0.3:
        fleet["max_deletions"] = "100%"
    discs = []
    staying = [vm for vm in vms if vm["state"] != "absent"]
    if staying and dice.random() < 0.4:
        discs.append({"vm": target_of(dice.choice(staying)), "label": "logs", "size": "1GiB"})
    if staying and dice.random() < 0.3:
        discs.append({"vm": target_of(dice.choice(staying)), "label": "scratch", "state": "absent", "purge": True})
    stopped = [vm for vm in staying if vm["state"] == "stopped"]
    if len(stopped) > 1 and dice.random() < 0.7:
        one, other = map(target_of, dice.sample(stopped, 2))
        discs.append({"vm": one, "label": "mobile", "size": "1GiB", "new_vm": other})
    return [("bigv_fleet", fleet), *(("bigv_disc", disc) for disc in discs)]


def _restart(dice: random.Random, fleet: dict[str, Any], vms: list[dict[str, Any]]) -> None:
    """Have the fleet restart these VMs, and say how many may be down at once."""
    if limit := dice.choice([None, 1, 2, "30%", "50%", "100%"]):
        fleet["max_unavailable"] = limit
    if vms:
        fleet["groups"].append("app")
    for vm in vms:
        options = {"name": f"{vm['name']}.app", "state": dice.choice(["present", "running"]), "memory": "2GiB"}
        fleet["vms"].insert(dice.randint(0, len(fleet["vms"])), options)


def _addresses(dice: random.Random, drawn: Scenario, groups: dict[str, list[dict[str, Any]]]) -> None:
    """Give VMs known addresses, have the fleet ask for more and for names, and a task swap those of two VMs.

    The answers to additions, of which there are few, are lost more often than others.
    """
    fleet = drawn.tasks[0][1]
    fleet["defaults"]["additional_ipv4_reason"] = "chaos"
    known: dict[str, dict[str, Any]] = {}
    for position, (group, vm) in enumerate((group, vm) for group, vms in groups.items() for vm in vms):
        extra = [f"198.18.2.{position}", f"198.18.3.{position}"][: dice.choice([0, 0, 1, 2])]
        ips = [f"198.18.1.{position}", f"2001:db8::1:{position}"]
        nic = {"ips": ips, "extra_ips": dict.fromkeys(extra, ips[0])}
        vm["network_interfaces"] = [nic]
        if not (vm.get("deleted") or drawn.alters):
            known[f"{vm['name']}.{group}"] = nic
    if dice.random() < 0.5:
        lost = dice.choice(["reset_after", "truncate", "not_json", "empty"])
        drawn.rules.append({"fault": lost, "method": "POST", "path": "*/ip_create", "count": dice.randint(1, 3)})
    plain = []
    for item in fleet["vms"]:
        nic = known.get(item["name"])
        if item["state"] == "absent":
            continue
        if dice.random() < 0.4:
            item["additional_ipv4"] = dice.randint(0, 3)
        if nic and dice.random() < 0.3:
            item["rdns"] = {ip: dice.choice(["a.example.com", ""]) for ip in (*nic["ips"], *nic["extra_ips"])}
        elif nic:
            plain.append((target_of(item), nic["ips"]))
    if len(plain) > 1 and dice.random() < 0.3:
        (vm, _ips), (other, ips) = dice.sample(plain, 2)
        swap = {"vm": vm, "with_vm": other, "address": dice.choice(ips), "allow_restart": True}
        drawn.tasks.append(("bigv_ip_swap", swap | {"shutdown_timeout": 2, "wait_timeout": 6}))


def target_of(vm: dict[str, Any]) -> str:
    """Where a VM of the fleet is in the end."""
    name, group = vm["name"].split(".")
    return f"{vm.get('new_name', name)}.{vm.get('new_group', group)}"


def _vm_wanted(dice: random.Random, place: str) -> dict[str, Any]:
    if dice.random() < 0.12:
        return {"name": place, "state": "absent", "purge": dice.random() < 0.5}
    options: dict[str, Any] = {"name": place, "state": dice.choice(["present", "running", "running", "stopped"])}
    if place.startswith(str(NUMBER)):
        # A new one of this name would be refused where the API takes it for the id of another.
        options["on_deleted"] = "restore"
    for chance, option, values in (
        (0.6, "cores", [1, 2, 3]),
        (0.6, "memory", ["1GiB", "2GiB", "4GiB"]),
        (0.2, "keymap", ["de", "fr"]),
        (0.2, "hardware_profile", ["virtio2018", "virtio2013"]),
        (0.2, "rdns", ["www.example.com"]),
        (0.15, "new_group", ["web", "db", "new"]),
        (0.1, "new_name", [place.split(".")[0] + "-renamed"]),
    ):
        if dice.random() < chance and not (option == "new_group" and place in (f"{NUMBER}.web", "db1.db")):
            options[option] = dice.choice(values)
    if options["state"] != "stopped" and dice.random() < 0.2:
        options["autoreboot"] = dice.random() < 0.5
    if dice.random() < 0.7:
        options["discs"] = [{"label": "root", "size": dice.choice(["25GiB", "30GiB"])}]
        if dice.random() < 0.5:
            grade = {"storage_grade": dice.choice(["sata", "ssd"])} if dice.random() < 0.5 else {}
            options["discs"].append({"label": "data", "size": dice.choice(["10GiB", "20GiB"]), **grade})
        if dice.random() < 0.6:
            options |= {
                "image": dice.choice(["stretch", "jessie"]),
                "reimage": dice.choice(["never", "changed"]),
                "root_password": f"{SECRET}-root",
                "firstboot_script": f"#!/bin/sh\necho {SECRET}-script\n",
            }
    return options


def _rule(dice: random.Random) -> dict[str, Any]:
    seconds = round(dice.uniform(0.1, 1.0), 2)
    fault = dice.choice(
        [
            {"fault": "latency", "seconds": seconds / 4},
            {"fault": "status", "status": dice.choice([429, 503]), **dice.choice([{}, {"retry_after": 1}])},
            {"fault": "status", "status": dice.choice([500, 502, 504]), "after": dice.random() < 0.5},
            {"fault": "refuse", "seconds": seconds},
            {"fault": "reset_before"},
            {"fault": "reset_after"},
            {"fault": "truncate"},
            {"fault": "not_json"},
            {"fault": "html", "status": dice.choice([200, 404, 502]), "after": dice.random() < 0.5},
            {"fault": "empty"},
            {"fault": "hang", "seconds": 5, "after": dice.random() < 0.5},
            {"fault": "drip", "seconds": 0.01},
            {"fault": "expire_session"},
            {"fault": "stale_reads", "seconds": seconds},
            {"fault": "build_fails"},
            {"fault": "vm_deleted", **dice.choice([{}, {"purge": True}])},
            {"fault": "shutdown_ignored"},
        ]
    )
    rule = fault | {"count": dice.randint(1, 5), "skip": dice.randint(0, 2 if fault["fault"] in RARE else 10)}
    if dice.random() < 0.4:
        rule["method"] = dice.choice(["GET", ["POST", "PUT", "DELETE"]])
    if dice.random() < 0.5:
        rule["probability"] = round(dice.uniform(0.1, 0.9), 2)
    return rule
