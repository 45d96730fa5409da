# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The check run of a play says, task by task, what the real run then does, whatever the tasks are.

The plays are of several modules, on names that are few, so that tasks come to depend on each other. A task that fails
is passed over, as with ``ignore_errors``. EXAMPLES in the environment says how many plays to try.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller
from ansible_collections.bytemark.cloud.tests.unit.contract.test_properties import existing_vm
from ansible_collections.bytemark.cloud.tests.unit.support import is_as_predicted
from hypothesis import HealthCheck, example, given, note, settings
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
ADDRESS = re.compile(r"\b(?:\d+\.){3}\d+\b|\b[0-9a-f]*:[0-9a-f:]+(?![0-9a-z])")
# What the VMs that are there have: a primary address of each family, and perhaps an additional one.
PRIMARY = [["203.0.113.1", "2001:db8:cafe::1"], ["203.0.113.2", "2001:db8:cafe::2"]]
EXTRA = ["203.0.113.11", "203.0.113.12"]
KNOWN = [*PRIMARY[0], *PRIMARY[1], *EXTRA]
RDNS = ["www.example.com", "", {KNOWN[0]: "a.example.com"}, {EXTRA[0]: "shop.example.com", KNOWN[1].upper(): ""}]
NIGHTLY, WEEKLY = {"start_at": "03:00", "interval": "1d"}, {"start_at": "2026-11-24 00:00:00 UTC", "interval": "1w"}
SCHEDULES = [[], [NIGHTLY], [WEEKLY, NIGHTLY], [{**WEEKLY, "capacity": 3}]]
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
    discs=[
        [{"size": "4GiB"}],
        [{"label": "data", "size": "8GiB"}, {"label": "logs", "size": "1GiB"}],
        *([{"size": "4GiB", "backup_schedules": schedules}] for schedules in SCHEDULES),
    ],
    image=["stretch", "jessie"],
    reimage=["changed"],
    rdns=RDNS,
    additional_ipv4=[0, 1, 2],
    additional_ipv4_reason=["two shops"],
    new_name=VMS,
    new_group=GROUPS,
    on_deleted=["restore", "replace"],
    allow_restart=[True],
    purge=[True, False],
    backup_before=[True, False],
)
disc = task(
    "bigv_disc",
    drawn(
        {"vm": [f"{vm}.{group}" for vm in VMS for group in GROUPS], "label": DISCS},
        size=["4GiB", "8GiB"],
        storage_grade=["sata", "ssd"],
        backup_schedules=SCHEDULES,
        new_label=DISCS,
        new_vm=VMS,
        state=["present", "present", "absent"],
        purge=[True],
        backup_before=[True, False],
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
            # Lists are in the order of creation.
            "concurrency": st.just(1),
        }
    ),
)
info = st.one_of(
    task("bigv_group_info", drawn({}, name=GROUPS)),
    task("bigv_vm_info", drawn({"account": ACCOUNTS}, name=VMS, group=GROUPS, include_deleted=[True, False])),
    task("bigv_disc_info", drawn({"account": ACCOUNTS}, vm=VMS, group=GROUPS, label=DISCS)),
    task("bigv_account_info", drawn({}, overview=[True, False])),
)
ip_info = st.one_of(
    task("bigv_ip_info", drawn({"account": ACCOUNTS, "address": KNOWN})),
    task("bigv_ip_info", drawn({"account": ACCOUNTS}, vm=VMS, group=GROUPS)),
)
vm_about_addresses = drawn(
    {"name": VMS, "group": ["default", "default", "staging"]},
    state=["present", "running", "stopped", "absent"],
    rdns=RDNS,
    additional_ipv4=[0, 1, 2],
    additional_ipv4_reason=["two shops"],
    new_name=VMS,
    on_deleted=["restore", "replace"],
    purge=[True],
)
ANYWHERE = [f"{vm}.{group}" for vm in VMS for group in ("default", "staging")]
ip = st.one_of(
    task(
        "bigv_ip",
        drawn(
            {"address": [*KNOWN, "203.0.113.99"]},
            rdns=["www.example.com", "WWW.Example.com.", ""],
            state=["present", "present", "absent"],
            purge=[True],
        ),
    ),
    task("bigv_ip", drawn({"vm": ANYWHERE, "additional": [0, 1, 2, 3]}, reason=["shops"], contiguous=[True])),
)
swap = task(
    "bigv_ip_swap",
    drawn(
        {"vm": ANYWHERE, "with_vm": ANYWHERE, "address": KNOWN, "allow_restart": [True, True, False]},
        move_additional=[True],
    ),
)
action = task(
    "bigv_vm_action",
    drawn({"vm": ANYWHERE, "action": ["reset", "rescue"]}, allow_restart=[True])
    | drawn({"vm": ANYWHERE, "action": ["sendkey"], "keys": ["ctrl-alt-delete", "any"]}),
)
vm_in_account = st.builds(lambda vm, account: {**vm, "account": account}, vm_options, st.sampled_from(ACCOUNTS))
by_id = vm_options.map(lambda vm: {"id": ID, **{key: vm[key] for key in vm.keys() - {"name", "group"}}})
vm = st.one_of(task("bigv_vm", vm_in_account), task("bigv_vm", vm_in_account), task("bigv_vm", by_id))
tasks = st.lists(
    st.one_of(group, vm, vm, disc, fleet, info, ip_info, ip, swap, action),
    min_size=2,
    max_size=6,
)


def vm_with_addresses(name: str, number: int) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a VM that has addresses that are known before it is seeded."""
    primary = PRIMARY[number]
    extra = st.sampled_from([{}, {EXTRA[number]: primary[0]}])
    return st.builds(
        lambda vm, extra_ips: vm | {"network_interfaces": [{"ips": primary, "extra_ips": extra_ips}]},
        existing_vm(name),
        extra,
    )


tasks_about_addresses = st.lists(
    st.one_of(
        ip,
        ip,
        swap,
        swap,
        action,
        ip_info,
        ip_info,
        task("bigv_vm", vm_about_addresses),
        task("bigv_fleet", vm_about_addresses.map(lambda vm: {"vms": [vm]})),
        task("bigv_vm_info", drawn({}, name=VMS)),
        task("bigv_group", drawn({"name": ["staging"], "state": ["absent"], "purge": [True]})),
    ),
    min_size=2,
    max_size=6,
)


def run(cloud: Any, module: str, options: dict[str, Any], memory_path: str | None = None) -> dict[str, Any]:
    waits = {"wait_timeout": 10} if module in ("bigv_vm", "bigv_fleet", "bigv_ip_swap", "bigv_vm_action") else {}
    given = cloud.access | waits | options
    return _in_controller.run(module, given, {}, memory_path is not None, lambda line: None, False, memory_path)


def without_addresses(value: Any) -> Any:
    """Return a result without the addresses that only the server chooses."""
    if isinstance(value, dict):
        return {_without_addresses(key): without_addresses(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_addresses(item) for item in value]
    return _without_addresses(value) if isinstance(value, str) else value


def _without_addresses(text: str) -> str:
    return ADDRESS.sub(lambda found: found[0] if found[0] in KNOWN else "address", text)


def check_play(
    cloud: Any, play: list[tuple[str, dict[str, Any]]], spelled: Callable[[Any], Any] = lambda result: result
) -> None:
    """Run a play in check mode and for real, and hold the one to the other, task by task.

    ``spelled`` spells a result as a check run does.
    """
    note("\n".join(f"{module}: {options}" for module, options in play))
    with TemporaryDirectory() as folder:
        predicted = [run(cloud, module, options, str(Path(folder, "memory"))) for module, options in play]
    assert cloud.writes() == []
    for (module, options), said in zip(play, predicted, strict=True):
        done = run(cloud, module, options)
        what = f"{module} {options}\npredicted: {said}\ndone: {done}"
        assert bool(said.get("failed")) == bool(done.get("failed")), what
        said, done = without_addresses(said), spelled(without_addresses(done))
        for key in said.keys() - APART:
            assert is_as_predicted(said[key], done[key]), f"{key} of {what}"


def seed(cloud: Any, default: Any, staging: Any, **settings: Any) -> None:
    groups = [
        {"name": "default", "virtual_machines": [vm for vm in (default,) if vm]},
        {"name": "staging", "virtual_machines": [vm for vm in (staging,) if vm]},
    ]
    instantly = {"build_time": 0, "shutdown_time": 0, "boot_time": 0, "backup_time": 0}
    accounts = [{"name": "acme", "groups": groups}, {"name": "globex", "groups": []}]
    cloud.control("POST", "seed", {"accounts": accounts, "settings": instantly | settings})
    cloud.clear()


@PLAYS
@given(
    here=st.none() | existing_vm("web1").map(lambda vm: vm | {"id": ID}),
    staging=st.none() | existing_vm("web2"),
    play=tasks,
    settings=st.sampled_from([{}, {}, {"flat_overview": False}, {"ids_win": True}]),
)
def test_plays(cloud, here, staging, play, settings):
    seed(cloud, here, staging, **settings)
    check_play(cloud, play)


NAMED = {"name": "web1", "group": "default", "rdns": "www.example.com"}


@PLAYS
@example(
    web1={"name": "web1", "deleted": True},
    web2=None,
    play=[("bigv_vm", NAMED | {"on_deleted": "replace"}), ("bigv_vm", NAMED)],
    settings={},
)
@given(
    web1=vm_with_addresses("web1", 0),
    web2=vm_with_addresses("web2", 1),
    play=tasks_about_addresses,
    settings=st.sampled_from([{}, {"flat_overview": False}, {"extra_ips_apart": True}, {"address_as_ip": True}]),
)
def test_plays_about_addresses(cloud, web1, web2, play, settings):
    seed(cloud, web1, web2, **settings)
    check_play(cloud, play)
