# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""A fleet is a loop of bigv_vm, but for the time it takes: the same plans, and the same cloud in the end.

And where one VM cannot be as desired, nothing is written at all.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.modules.test_properties import EXAMPLES, vm_there, vm_wanted
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("web1", "web2", "web3")


def for_name(name: str) -> st.SearchStrategy[tuple[dict[str, Any] | None, dict[str, Any]]]:
    """A VM that may be there, and a task about it, which is now and then impossible."""
    wanted = vm_wanted.map(lambda options: options | {"name": name} | renamed(name, options))
    return st.tuples(st.none() | vm_there(name), st.one_of(*[wanted.map(possible)] * 9, wanted))


def renamed(name: str, options: dict[str, Any]) -> dict[str, Any]:
    return {"new_name": f"{name}-new"} if "new_name" in options else {}


def possible(options: dict[str, Any]) -> dict[str, Any]:
    """The task without what would be refused."""
    state = options["state"]
    pointless = {"absent": {"new_name", "new_group"}, "stopped": {"autoreboot"}}.get(state, set()) | {"zone"}
    if "image" not in options:
        pointless |= {"reimage"}
    kept = {option: value for option, value in options.items() if option not in pointless}
    discs = {"discs": [{"label": "data", "size": "4GiB"}]} if "discs" in kept or "image" in kept else {}
    image = {"image": "jessie"} if "image" in kept else {}
    restore = {"on_deleted": "restore"} if kept.get("on_deleted", "fail") == "fail" else {}
    return kept | discs | image | restore


def in_the_end(cloud: Any) -> list[Any]:
    """The cloud without what depends on the order in which VMs were created."""
    numbered = {"id", "head", "management_address", "network_interfaces", "virtual_machine_id"}

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in numbered}
        if isinstance(value, list):
            return sorted((strip(item) for item in value), key=str)
        return value

    return strip(list(cloud.groups().values()))


@EXAMPLES
@given(vms=st.tuples(*map(for_name, NAMES)), hardware_changes=st.sampled_from(["pending", "refused"]))
def test_bigv_fleet(cloud, bigv_vm, bigv_fleet, vms, hardware_changes):
    there = [vm for vm, _task in vms if vm]
    tasks = [task for _vm, task in vms]
    cloud.seed(*there, hardware_changes=hardware_changes)
    foretold_one_by_one = [bigv_vm(**task, check_mode=True) for task in tasks]
    foretold = bigv_fleet(vms=tasks, check_mode=True)
    assert cloud.writes() == []
    if any(result.get("failed") for result in foretold_one_by_one):
        assert foretold["failed"]
        done = bigv_fleet(vms=tasks)
        assert done["msg"] == foretold["msg"]
        assert cloud.writes() == []
        return
    assert [entry["actions"] for entry in foretold["plan"]] == [result["actions"] for result in foretold_one_by_one]

    one_by_one = [bigv_vm(**task) for task in tasks]
    after_the_loop = in_the_end(cloud)
    cloud.seed(*there, hardware_changes=hardware_changes)
    done = bigv_fleet(vms=tasks)
    assert in_the_end(cloud) == after_the_loop
    assert done["plan"] == foretold["plan"]
    for alone, together in zip(one_by_one, done["vms"], strict=True):
        assert together["actions"] == alone["actions"]
        assert together["changed"] == alone["changed"]
        assert bool(together["error"]) == bool(alone.get("failed"))
        if alone.get("failed"):
            assert together["error"]["msg"] == alone["msg"]
        else:
            assert together["restart_required"] == alone["restart_required"]
            assert (together["vm"] is None) == (alone["vm"] is None)
