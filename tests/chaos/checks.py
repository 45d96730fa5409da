# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What has to hold after a run of the campaign, looked up in the simulated cloud itself. Pure.

This reads the tasks anew, with none of the collection's code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.bytemark.cloud.tests.chaos.scenario import target_of

SIZES = {"GiB": 1024}
DEFAULT_GROUPS = {"default"}
# Safe to send again, and sent again on purpose: a VM that is still on is asked again to shut down, and one that was
# off for a restart is started again whatever else fails.
KEEP_OFF = {"autoreboot_on": False, "power_on": False}
START = {"power_on": True, "autoreboot_on": True}
SAFE = (KEEP_OFF, START, {"signal": "powerdown"}, {"power_on": True}, {"autoreboot_on": True})


def mib(size: str) -> int:
    return int(size.removesuffix("GiB")) * SIZES["GiB"]


def vms_of(account: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the VMs by name and group, soft-deleted ones too."""
    return {(vm["name"], group["name"]): vm for group in account["groups"] for vm in group["virtual_machines"]}


def not_as_desired(
    tasks: Iterable[tuple[str, dict[str, Any]]], account: dict[str, Any], ips: dict[str, Any]
) -> list[str]:
    """Return what of the tasks' options does not hold."""
    wrong = []
    vms = vms_of(account)
    groups = {group["name"] for group in account["groups"]}
    for module, options in tasks:
        if module == "bigv_disc":
            wrong += _disc(vms, options)
            continue
        if module == "bigv_ip_swap":
            if options["address"] not in _primary(vms[tuple(options["vm"].split("."))]):
                wrong.append(f"address {options['address']} of {options['vm']}")
            continue
        for group in options["groups"]:
            name, absent = (group, False) if isinstance(group, str) else (group["name"], group["state"] == "absent")
            if (name in groups) == absent:
                wrong.append(f"group {name}")
        for item in options["vms"]:
            wrong += [f"{item['name']}: {what}" for what in _vm(vms, item, ips)]
    return wrong


def _disc(vms: dict[tuple[str, str], dict[str, Any]], options: dict[str, Any]) -> Iterator[str]:
    for option in ("vm", "new_vm"):
        if option not in options:
            continue
        labels = [disc["label"] for disc in vms[tuple(options[option].split("."))]["discs"]]
        wanted = options.get("state") != "absent" and (option == "new_vm") == ("new_vm" in options)
        if (options["label"] in labels) != wanted:
            yield f"disc {options['label']} of {options[option]}"


def _vm(vms: dict[tuple[str, str], dict[str, Any]], item: dict[str, Any], ips: dict[str, Any]) -> Iterator[str]:
    name, group = item["name"].split(".")
    vm = vms.get((item.get("new_name", name), item.get("new_group", group)))
    if item["state"] == "absent":
        if vm and (item["purge"] or not vm["deleted"]):
            yield "is there"
        return
    if vm is None or vm["deleted"]:
        yield "is not there"
        return
    wanted = {key: item[key] for key in ("cores", "keymap", "hardware_profile") if key in item}
    if "memory" in item:
        wanted["memory"] = mib(item["memory"])
    if "autoreboot" in item:
        wanted["autoreboot_on"] = item["autoreboot"]
    if item["state"] != "present":
        wanted["power_on"] = item["state"] == "running"
    if item["state"] == "stopped":
        wanted["autoreboot_on"] = False
    # An image that is not known is left alone.
    if item.get("reimage") == "changed" and vm["last_imaged_with"] is not None:
        wanted["last_imaged_with"] = item["image"]
    for key, value in wanted.items():
        if vm[key] != value:
            yield f"{key} is {vm[key]!r}, not {value!r}"
    if vm["power_on"] and vm["running_hardware"] and item["state"] == "running":
        for key in ("cores", "memory"):
            if key in wanted and vm["running_hardware"][key] != wanted[key]:
                yield f"runs with {key} {vm['running_hardware'][key]!r}, not {wanted[key]!r}"
    discs = {disc["label"]: disc for disc in vm["discs"]}
    for disc in item.get("discs", ()):
        existing = discs.get(disc["label"])
        if existing is None or existing["size"] != mib(disc["size"]):
            yield f"disc {disc['label']}"
        elif "storage_grade" in disc and existing["storage_grade"] != disc["storage_grade"]:
            yield f"grade of disc {disc['label']}"
    if count_additional(vm) < item.get("additional_ipv4", 0):
        yield "has too few additional addresses"
    names = item.get("rdns", {})
    names = names if isinstance(names, dict) else dict.fromkeys(_primary(vm), names)
    yield from (f"reverse DNS of {address}" for address, name in names.items() if ips[address] != (name or None))


def _primary(vm: dict[str, Any]) -> list[str]:
    return [ip for nic in vm["network_interfaces"] for ip in nic["ips"] if ip not in nic["extra_ips"]]


def count_additional(vm: dict[str, Any]) -> int:
    return sum(len(nic["extra_ips"]) for nic in vm["network_interfaces"])


def added_twice(
    before: dict[str, Any], after: dict[str, Any], tasks: Iterable[tuple[str, dict[str, Any]]]
) -> list[str]:
    """Return the VMs that have more additional addresses than they had, and more than they were to get."""
    fleet = next(options for module, options in tasks if module == "bigv_fleet")
    wanted = {target_of(item): item.get("additional_ipv4", 0) for item in fleet["vms"]}
    had = {vm["id"]: count_additional(vm) for vm in vms_of(before).values()}
    return [
        f"{name}.{group} has {count_additional(vm)} additional addresses"
        for (name, group), vm in vms_of(after).items()
        if count_additional(vm) > max(had.get(vm["id"], 0), wanted.get(f"{name}.{group}", 0))
    ]


# What only the server chooses, or what goes by the order of creation.
CHOSEN = {"id", "head", "management_address", "network_interfaces", "virtual_machine_id", "group_id", "storage_pool"}
# Compared with the tasks themselves, as it holds ids of discs.
CHOSEN |= {"running_hardware"}


def otherwise(reference: dict[str, Any], account: dict[str, Any]) -> list[str]:
    """In what the account differs from the reference: a VM or a disc, the attribute, and both values."""
    expected, found = _facts(reference), _facts(account)
    return [
        f"{where} {expected.get(where)!r} → {found.get(where)!r}"
        for where in sorted(expected.keys() | found.keys())
        if expected.get(where) != found.get(where)
    ]


def _facts(account: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {f"group {group['name']}": True for group in account["groups"]}
    for (name, group), vm in vms_of(account).items():
        place = f"{name}.{group}"
        facts |= {f"{place} {key}": value for key, value in vm.items() if key not in CHOSEN and key != "discs"}
        for disc in vm["discs"]:
            facts |= {f"{place} {disc['label']} {key}": value for key, value in disc.items() if key not in CHOSEN}
    return facts


def power_as_found(tasks: Iterable[tuple[str, dict[str, Any]]]) -> set[str]:
    """Return the facts about power that the tasks do not name.

    A restart that fails while the API is away leaves a VM off, or without autoreboot, and the next run takes that for
    what is wanted.
    """
    fleet = next(options for module, options in tasks if module == "bigv_fleet")
    facts = set()
    for item in fleet["vms"]:
        name, group = item["name"].split(".")
        place = f"{item.get('new_name', name)}.{item.get('new_group', group)}"
        facts |= {f"{place} power_on"} if item["state"] == "present" else set()
        facts |= {f"{place} autoreboot_on"} if "autoreboot" not in item else set()
    return facts


def duplicates(account: dict[str, Any]) -> list[str]:
    """Return what exists twice."""
    names: Counter[str] = Counter()
    for group in account["groups"]:
        names[f"group {group['name']}"] += 1
        for vm in group["virtual_machines"]:
            names[f"VM {vm['name']}.{group['name']}"] += 1
            names.update(f"disc {disc['label']} of {vm['name']}.{group['name']}" for disc in vm["discs"])
    return [name for name, count in names.items() if count > 1]


def lost(before: dict[str, Any], after: dict[str, Any], tasks: Iterable[tuple[str, dict[str, Any]]]) -> list[str]:
    """Return the VMs and discs that are gone for good unasked; what a fault purged is unknown."""
    fleet = next(options for module, options in tasks if module == "bigv_fleet")
    purged = {item["name"] for item in fleet["vms"] if item.get("purge")}
    if fleet["defaults"]["on_deleted"] == "replace":
        purged |= {f"{name}.{group}" for (name, group), vm in vms_of(before).items() if vm["deleted"]}
    removed = {group["name"] for group in fleet["groups"] if isinstance(group, dict)}
    listed = {item["name"] for item in fleet["vms"]}
    pruned = fleet["prune"] == "delete" and fleet.get("purge")
    scratch = {
        options["label"] for module, options in tasks if module == "bigv_disc" and options.get("state") == "absent"
    }
    left = {vm["id"]: vm for vm in vms_of(after).values()}
    discs = {disc["id"] for vm in left.values() for disc in vm["discs"]}
    gone = []
    for (name, group), vm in vms_of(before).items():
        place = f"{name}.{group}"
        if place in purged or group in removed or (pruned and place not in listed):
            continue
        if vm["id"] not in left:
            gone.append(f"VM {place}")
        else:
            gone += [
                f"disc {disc['label']} of {place}"
                for disc in vm["discs"]
                if disc["id"] not in discs and disc["label"] not in scratch
            ]
    return gone


def repeated(requests: Iterable[dict[str, Any]]) -> list[str]:
    """Return the writes of one run that were carried out twice, with nothing else between.

    A write is the same one if it has the same method, path and body; between two of them there is something else if
    another write was carried out at or below the same path.
    """
    writes = [
        r for r in requests if r["method"] != "GET" and 200 <= r["status"] < 300 and not r["path"].startswith("/auth")
    ]
    found = []
    for position, write in enumerate(writes):
        if write["body"] in SAFE:
            continue
        for later in writes[position + 1 :]:
            if all(later[key] == write[key] for key in ("method", "path", "query", "body")):
                found.append(f"{write['method']} {write['path']} {write['body']}")
            elif later["method"] != "POST" and (
                later["path"].startswith(write["path"]) or write["path"].startswith(later["path"])
            ):
                break
    return found


def down_at_once(
    fleet: dict[str, Any], before: dict[str, Any], after: dict[str, Any], history: Iterable[dict[str, Any]]
) -> tuple[int, int]:
    """Return how many VMs a task had down at once that were on, by the history of power, and how many it might have.

    Those that are meant to be down do not count, nor do those that a fault has deleted.
    """
    places = vms_of(before)
    listed = [
        (places.get(tuple(place.split("."))), item["state"])
        for item in fleet["vms"]
        for place in dict.fromkeys((item["name"], target_of(item)))
    ]
    on = [(vm, state) for vm, state in listed if vm and vm["power_on"] and not vm["deleted"]]
    counted = {vm["id"] for vm, state in on if state not in ("stopped", "absent")}
    counted &= {vm["id"] for vm in vms_of(after).values() if not vm["deleted"]}
    return most_off(history, counted), allowed(fleet.get("max_unavailable", "25%"), len(on))


def most_off(history: Iterable[dict[str, Any]], counted: set[int]) -> int:
    """Return how many of the VMs, all of which were on, were off at once."""
    off: set[int] = set()
    most = 0
    for change in history:
        if change["id"] in counted:
            (off.discard if change["power_on"] else off.add)(change["id"])
            most = max(most, len(off))
    return most


def allowed(limit: int | str, on: int) -> int:
    """Return how many of the VMs that are on a task may have down at once."""
    return max(int(limit.removesuffix("%")) * on // 100, 1) if isinstance(limit, str) else limit


def pruned_too_soon(fleet: dict[str, Any], result: dict[str, Any]) -> list[str]:
    """Return the VMs that were pruned although something that is listed had not succeeded."""
    listed = {f"{place}.acme" for item in fleet["vms"] for place in (item["name"], target_of(item))}
    items = [*result.get("vms", ()), *result.get("groups", ())]
    pruned = [item for item in result.get("vms", ()) if item["name"] not in listed]
    if any(item["error"] or item["skipped"] for item in items if item not in pruned):
        return [item["name"] for item in pruned if item["actions"]]
    return []
