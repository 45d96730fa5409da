# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The check run of a play says, task by task, what the real run then does, whatever the tasks are.

The plays are of several modules, on names that are few, so that tasks come to depend on each other. A task that fails
is passed over, as with ``ignore_errors``. EXAMPLES in the environment says how many plays to try.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller
from ansible_collections.bytemark.cloud.tests.unit.contract.test_properties import existing_vm
from ansible_collections.bytemark.cloud.tests.unit.support import is_as_predicted
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

PLAYS = settings(
    max_examples=int(os.environ.get("EXAMPLES", "500")),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
# Some names are numbers, which could be ids as well.
GROUPS, VMS, DISCS = ["default", "staging", "live", "2024"], ["web1", "web2", "42"], ["disc-1", "data", "logs"]
ID = 700
ACCOUNTS = ["acme", "acme", "globex"]
ADDRESS = re.compile(r"\b(?:\d+\.){3}\d+\b|\b[0-9a-f]*:[0-9a-f:]+\b")
# Parts that differ by their nature: what of them is the same is said elsewhere.
APART = {"invocation", "summary", "warnings", "api_date"}
ISO = "https://example.com/rescue.iso"


def task(module: str, options: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return options.map(lambda drawn: (module, drawn))


def drawn(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Draw options from the choices for each: those that are required, and some of the others."""
    fixed = {name: st.sampled_from(choices) for name, choices in required.items()}
    return st.fixed_dictionaries(fixed, optional={name: st.sampled_from(choices) for name, choices in optional.items()})


# Whether the group of every account can be renamed or deleted, only the API knows.
OTHER_GROUPS = GROUPS[1:]
group = task(
    "bigv_group",
    drawn({"name": ["default"], "account": ACCOUNTS})
    | drawn(
        {"name": OTHER_GROUPS, "account": ACCOUNTS},
        new_name=OTHER_GROUPS,
        state=["present", "present", "absent"],
        purge=[True],
    ),
)
vm_options = drawn(
    {"name": VMS},
    cores=[1, 2],
    memory=["1GiB", "2GiB"],
    group=GROUPS,
    state=["present", "present", "running", "stopped", "absent"],
    autoreboot=[True, False],
    hardware_profile=["virtio2018"],
    cdrom=[ISO, ""],
    discs=[[{"size": "4GiB"}], [{"label": "data", "size": "8GiB"}, {"label": "logs", "size": "1GiB"}]],
    image=["stretch", "jessie"],
    reimage=["changed"],
    rdns=["www.example.com", ""],
    new_name=VMS,
    new_group=GROUPS,
    on_deleted=["restore", "replace"],
    allow_restart=[True],
    purge=[True, False],
)
disc = task(
    "bigv_disc",
    drawn(
        {"vm": [f"{vm}.{group}" for vm in VMS for group in GROUPS], "label": DISCS},
        size=["4GiB", "8GiB"],
        storage_grade=["sata", "ssd"],
        new_label=DISCS,
        new_vm=VMS,
        state=["present", "present", "absent"],
        purge=[True],
    ),
)
fleet = task(
    "bigv_fleet",
    st.fixed_dictionaries(
        {
            "vms": st.lists(vm_options, max_size=2, unique_by=lambda vm: (vm["name"], vm.get("group"))),
            "groups": st.lists(st.sampled_from(GROUPS), max_size=2, unique=True),
            "prune": st.sampled_from(["none", "none", "report", "delete"]),
            "max_deletions": st.just("100%"),
        }
    ),
)
info = st.one_of(
    task("bigv_group_info", drawn({}, name=GROUPS)),
    task("bigv_vm_info", drawn({"account": ACCOUNTS}, name=VMS, group=GROUPS, include_deleted=[True, False])),
    task("bigv_disc_info", drawn({"account": ACCOUNTS}, vm=VMS, group=GROUPS, label=DISCS)),
    task("bigv_account_info", drawn({}, overview=[True, False])),
)
vm_in_account = st.builds(lambda vm, account: {**vm, "account": account}, vm_options, st.sampled_from(ACCOUNTS))
by_id = vm_options.map(lambda vm: {"id": ID, **{key: vm[key] for key in vm.keys() - {"name", "group"}}})
vm = st.one_of(task("bigv_vm", vm_in_account), task("bigv_vm", vm_in_account), task("bigv_vm", by_id))
tasks = st.lists(
    st.one_of(group, vm, vm, disc, fleet, info),
    min_size=2,
    max_size=6,
)


def run(cloud: Any, module: str, options: dict[str, Any], memory_path: str | None = None) -> dict[str, Any]:
    waits = {"wait_timeout": 10} if module in ("bigv_vm", "bigv_fleet") else {}
    given = cloud.access | waits | options
    return _in_controller.run(module, given, {}, memory_path is not None, lambda line: None, False, memory_path)


def without_addresses(value: Any) -> Any:
    """Return a result without the addresses that only the server chooses."""
    if isinstance(value, dict):
        return {ADDRESS.sub("address", key): without_addresses(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_addresses(item) for item in value]
    return ADDRESS.sub("address", value) if isinstance(value, str) else value


def check_play(cloud: Any, play: list[tuple[str, dict[str, Any]]]) -> None:
    """Run a play in check mode and for real, and hold the one to the other, task by task."""
    note("\n".join(f"{module}: {options}" for module, options in play))
    with TemporaryDirectory() as folder:
        predicted = [run(cloud, module, options, str(Path(folder, "memory"))) for module, options in play]
    assert cloud.writes() == []
    for (module, options), said in zip(play, predicted, strict=True):
        done = run(cloud, module, options)
        what = f"{module} {options}\npredicted: {said}\ndone: {done}"
        assert bool(said.get("failed")) == bool(done.get("failed")), what
        said, done = without_addresses(said), without_addresses(done)
        for key in said.keys() - APART:
            assert is_as_predicted(said[key], done[key]), f"{key} of {what}"


@PLAYS
@given(
    here=st.none() | existing_vm("web1"),
    staging=st.none() | existing_vm("web2"),
    play=tasks,
    settings=st.sampled_from([{}, {}, {"flat_overview": False}, {"ids_win": True}]),
)
def test_plays(cloud, here, staging, play, settings):
    groups = [
        {"name": "default", "virtual_machines": [here | {"id": ID}] if here else []},
        {"name": "staging", "virtual_machines": [staging] if staging else []},
    ]
    instantly = {"build_time": 0, "shutdown_time": 0, "boot_time": 0}
    accounts = [{"name": "acme", "groups": groups}, {"name": "globex", "groups": []}]
    cloud.control("POST", "seed", {"accounts": accounts, "settings": instantly | settings})
    cloud.clear()
    check_play(cloud, play)
