# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""A fleet is a loop of bigv_vm, but for the time it takes: the same plans, and the same cloud in the end.

And where one VM cannot be as desired, nothing is written at all.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.contract.checks import essence
from ansible_collections.bytemark.cloud.tests.unit.contract.test_properties import EXAMPLES, existing_vm, vm_wanted
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ("web1", "web2", "web3")


def for_name(name: str) -> st.SearchStrategy[tuple[dict[str, Any] | None, dict[str, Any]]]:
    """Draw a VM that may exist, and a task about it, which is now and then impossible."""
    wanted = vm_wanted.map(lambda options: options | {"name": name} | renamed(name, options))
    return st.tuples(st.none() | existing_vm(name), st.one_of(*[wanted.map(possible)] * 9, wanted))


def renamed(name: str, options: dict[str, Any]) -> dict[str, Any]:
    return {"new_name": f"{name}-new"} if "new_name" in options else {}


def possible(options: dict[str, Any]) -> dict[str, Any]:
    """Return the task without what would be refused."""
    state = options["state"]
    pointless = {"absent": {"new_name", "new_group"}, "stopped": {"autoreboot"}}.get(state, set()) | {"zone"}
    if "image" not in options:
        pointless |= {"reimage"}
    kept = {option: value for option, value in options.items() if option not in pointless}
    discs = {"discs": [{"label": "data", "size": "4GiB"}]} if "discs" in kept or "image" in kept else {}
    image = {"image": "jessie"} if "image" in kept else {}
    restore = {"on_deleted": "restore"} if kept.get("on_deleted", "fail") == "fail" else {}
    return kept | discs | image | restore


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
    after_the_loop = essence(cloud)
    cloud.seed(*existing, hardware_changes=hardware_changes)
    done = bigv_fleet(vms=tasks, max_unavailable=max_unavailable)
    assert essence(cloud) == after_the_loop
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
