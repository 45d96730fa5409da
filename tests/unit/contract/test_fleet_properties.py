# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A fleet is a loop of bigv_vm, but for the time it takes: the same plans, and the same cloud in the end.

And where one VM cannot be as desired, nothing is written at all.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.contract.checks import essence
from ansible_collections.bytemark.cloud.tests.unit.contract.test_properties import (
    EXAMPLES,
    existing_vm,
    optional,
    vm_wanted,
)
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ("web1", "web2", "web3")
# The addresses of each VM that exists: the primary ones, and the additional ones that it may have.
PRIMARY = {name: [f"198.18.1.{number}", f"2001:db8::1:{number}"] for number, name in enumerate(NAMES)}
EXTRA = {name: [f"198.18.2.{number}", f"198.18.2.1{number}"] for number, name in enumerate(NAMES)}
RDNS = st.sampled_from(["www.example.com", "WWW.example.com.", ""])


def for_name(name: str) -> st.SearchStrategy[tuple[dict[str, Any] | None, dict[str, Any]]]:
    """Draw a VM that may exist, and a task about it, which is now and then impossible."""
    wanted = st.builds(dict.__or__, vm_wanted, addresses_wanted(name)).map(
        lambda options: options | {"name": name} | renamed(name, options)
    )
    existing = st.builds(dict.__or__, existing_vm(name), existing_nic(name))
    possible_pairs = st.tuples(st.none() | existing, wanted).map(lambda pair: (pair[0], possible(pair[1], pair[0])))
    return st.one_of(*[possible_pairs] * 9, st.tuples(st.none() | existing, wanted))


def existing_nic(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw the NIC of a VM, with none to two additional addresses."""
    nics = st.integers(0, 2).map(lambda count: dict.fromkeys(EXTRA[name][:count], PRIMARY[name][0]))
    return nics.map(lambda extra_ips: {"network_interfaces": [{"ips": PRIMARY[name], "extra_ips": extra_ips}]})


def addresses_wanted(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw what is asked for of a VM's addresses, which is now and then impossible."""
    addresses = st.sampled_from([*PRIMARY[name], *EXTRA[name]])
    return optional(
        additional_ipv4=st.integers(0, 3),
        additional_ipv4_reason=st.just("two shops"),
        rdns=RDNS | st.dictionaries(addresses, RDNS, max_size=3),
    )


def renamed(name: str, options: dict[str, Any]) -> dict[str, Any]:
    return {"new_name": f"{name}-new"} if "new_name" in options else {}


def possible(options: dict[str, Any], existing: dict[str, Any] | None) -> dict[str, Any]:
    """Return the task without what would be refused."""
    state = options["state"]
    pointless = {"absent": {"new_name", "new_group"}, "stopped": {"autoreboot"}}.get(state, set()) | {"zone"}
    if "image" not in options:
        pointless |= {"reimage"}
    if options.get("purge") or options.get("on_deleted") == "replace":
        pointless |= {"backup_before"}
    kept = {option: value for option, value in options.items() if option not in pointless}
    discs = {"discs": [{"label": "data", "size": "4GiB"}]} if "discs" in kept or "image" in kept else {}
    image = {"image": "jessie"} if "image" in kept else {}
    restore = {"on_deleted": "restore"} if kept.get("on_deleted", "fail") == "fail" else {}
    return kept | discs | image | restore | possible_addresses(kept | restore, existing)


def possible_addresses(options: dict[str, Any], existing: dict[str, Any] | None) -> dict[str, Any]:
    """Return the options of addresses that would not be refused: those of a VM that is created are not known yet."""
    found = {"additional_ipv4_reason": "two shops"} if "additional_ipv4" in options else {}
    if not isinstance(options.get("rdns"), dict):
        return found
    is_new = existing is None or (existing.get("deleted") and options["on_deleted"] == "replace")
    nic = {} if is_new else existing["network_interfaces"][0]
    theirs = {*nic.get("ips", ()), *nic.get("extra_ips", ())}
    return found | {"rdns": {ip: name for ip, name in options["rdns"].items() if ip in theirs} if theirs else ""}


def names_of_addresses(cloud: Cloud) -> dict[tuple[str, str], list[list[str]]]:
    """Return the names of each VM's primary and additional addresses, empty where there is none."""
    names = {address: name or "" for address, name in cloud.control("GET", "state")["ips"].items()}
    return {
        (vm["name"], group["name"]): [
            sorted(
                names[address] for address in {*nic["ips"], *nic["extra_ips"]} if (address in nic["extra_ips"]) is extra
            )
            for nic in vm["network_interfaces"]
            for extra in (False, True)
        ]
        for group in cloud.groups().values()
        for vm in group["virtual_machines"]
    }


# Each example takes as long as several of one VM.
@settings(EXAMPLES, max_examples=EXAMPLES.max_examples // 2)
@given(
    vms=st.tuples(*map(for_name, NAMES)),
    hardware_changes=st.sampled_from(["pending", "refused"]),
    max_unavailable=st.sampled_from([1, "50%", "100%"]),
)
def test_bigv_fleet(cloud, bigv_vm, bigv_fleet, vms, hardware_changes, max_unavailable):
    existing = [vm for vm, _task in vms if vm]
    tasks = [task for _vm, task in vms]
    cloud.seed(*existing, hardware_changes=hardware_changes)
    predicted_one_by_one = [bigv_vm(**task, check_mode=True) for task in tasks]
    predicted = bigv_fleet(vms=tasks, check_mode=True)
    assert cloud.writes() == []
    if any(result.get("failed") for result in predicted_one_by_one):
        assert predicted["failed"]
        done = bigv_fleet(vms=tasks)
        assert done["msg"] == predicted["msg"]
        assert cloud.writes() == []
        return
    assert [entry["actions"] for entry in predicted["plan"]] == [result["actions"] for result in predicted_one_by_one]

    one_by_one = [bigv_vm(**task) for task in tasks]
    after_the_loop = essence(cloud), names_of_addresses(cloud)
    cloud.seed(*existing, hardware_changes=hardware_changes)
    done = bigv_fleet(vms=tasks, max_unavailable=max_unavailable)
    assert (essence(cloud), names_of_addresses(cloud)) == after_the_loop
    assert done["plan"] == predicted["plan"]
    for alone, together in zip(one_by_one, done["vms"], strict=True):
        assert together["actions"] == alone["actions"]
        assert together["changed"] == alone["changed"]
        assert bool(together["error"]) == bool(alone.get("failed"))
        if alone.get("failed"):
            assert together["error"]["msg"] == alone["msg"]
        else:
            assert together["restart_required"] == alone["restart_required"]
            assert (together["vm"] is None) == (alone["vm"] is None)
