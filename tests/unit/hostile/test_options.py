# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Names and sizes that cannot be are refused by every option that takes one, before anything is sent."""

from __future__ import annotations

import json

import pytest
from ansible_collections.bytemark.cloud.tests.unit.examples import ONLY_LOGS_IN, example
from ansible_collections.bytemark.cloud.tests.unit.hostile.conftest import failure, source_failure
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer
from ansible_collections.bytemark.cloud.tests.unit.support import MODULES, load_module

NAMES = [
    "", ".", "..", "a/b", "../b", "a?purge=true", "a#b", "a%2fb", "a\\b", "a b", "a\nb", "a\x1b[31m",
    "a\u202eb", "a\u2028b", "x" * 10_000,
]  # fmt: skip
NAME_OPTIONS = ("name", "account", "group", "vm", "label", "new_name", "new_group", "new_vm", "new_label")
# What lists discs takes any label, as no disc has it, and so do API keys, which have no path by it. Users, their keys
# and definitions are those of no account, which there completes other names, if any.
ANY_WILL_DO = {
    "bigv_disc_info": ["label"],
    "bigv_definitions_info": ["account"],
    "bigv_user": ["account"],
    "bigv_user_info": ["account"],
    "bigv_api_key": ["account", "label"],
    "bigv_api_key_info": ["account", "label"],
    "bigv_privilege_info": ["account"],
}
TAKES_A_NAME = [
    (module_name, option)
    for module_name in sorted({*MODULES} - ONLY_LOGS_IN)
    for option in NAME_OPTIONS
    if option in load_module(module_name).MODULE.argument_spec and option not in ANY_WILL_DO.get(module_name, ())
]
SIZES = ["", "0", 0, "-1", -1, "1e9", "1e400", "0.5", "1.5MiB", "nan", "inf", "1.5GB", "0x10", "9" * 10_000, True]
TAKES_A_SIZE = [
    ("bigv_vm", "memory", lambda size: {"name": "web1", "memory": size}),
    ("bigv_vm", "discs[0].size", lambda size: {"name": "web1", "discs": [{"size": size}]}),
    ("bigv_disc", "size", lambda size: {"vm": "web1", "label": "data", "size": size}),
    ("bigv_fleet", "vms[0].memory", lambda size: {"vms": [{"name": "web1", "memory": size}]}),
    ("bigv_fleet", "vms[0].discs[0].size", lambda size: {"vms": [{"name": "web1", "discs": [{"size": size}]}]}),
]  # fmt: skip


@pytest.mark.parametrize(("module_name", "option"), TAKES_A_NAME)
def test_a_name_that_cannot_be(server, run, module_name, option):
    for name in NAMES:
        assert failure(run(module_name, **{**example(module_name).about, option: name})).startswith(f"{option}: "), name
    assert server.requests == []


@pytest.mark.parametrize(("module_name", "option"), TAKES_A_NAME)
def test_a_null_character_in_a_name(server, run, module_name, option):
    """ansible-core itself refuses it on Python 3.12 and newer, where the system's log would have to take it."""
    message = failure(run(module_name, **{**example(module_name).about, option: "a\0b"}))
    assert message.startswith(f"{option}: ") or "embedded null character" in message
    assert server.requests == []


@pytest.mark.parametrize(
    ("place", "fleet"),
    [
        ("groups[0].name", lambda name: {"groups": [name]}),
        ("vms[0].name", lambda name: {"vms": [{"name": name}]}),
        ("vms[0].discs[0].label", lambda name: {"vms": [{"name": "web1", "discs": [{"label": name}]}]}),
    ],
)
def test_a_name_that_cannot_be_in_a_fleet(server, run, place, fleet):
    for name in NAMES:
        assert f"{place}: " in failure(run("bigv_fleet", **fleet(name))), name
    assert server.requests == []


@pytest.mark.parametrize("option", ["accounts", "vm_groups"])
def test_a_name_that_cannot_be_in_an_inventory(server, inventory, option):
    for name in NAMES:
        said = source_failure(inventory(api_url=server.url, **{option: [name]}))
        assert said.startswith(f"error: {option}[0]: "), name
    assert server.requests == []


@pytest.mark.parametrize(
    ("name", "segment"), [("größe", "gr%C3%B6%C3%9Fe"), ("猫", "%E7%8C%AB"), ("a&b=c;d", "a%26b%3Dc%3Bd")]
)
def test_a_name_stays_one_segment_of_the_path(server, run, name, segment):
    path = f"/accounts/acme/groups/{segment}"
    server.answer = lambda request: Answer(body=json.dumps({"id": 3, "name": name}).encode())
    assert run("bigv_group", name=name)["changed"] is False
    assert server.calls == [f"GET {path}"]


def test_a_name_stays_one_value_of_the_query(server, inventory):
    server.answer = lambda request: Answer(body=b"[]")
    inventory(api_url=server.url, accounts=["a&include_deleted=true"])
    (target,) = [request.target for request in server.requests]
    assert target == "/virtual_machines?view=overview&account_name=a%26include_deleted%3Dtrue"


@pytest.mark.parametrize(("module_name", "option", "options"), TAKES_A_SIZE)
def test_a_size_that_cannot_be(server, run, module_name, option, options):
    for size in SIZES:
        assert f"{option}: " in failure(run(module_name, **options(size))), size
    assert server.requests == []


@pytest.mark.parametrize(
    ("module_name", "options", "message"),
    [
        ("bigv_vm", {"name": None}, "name: is missing; set name or id"),
        ("bigv_disc", {"vm": None, "label": "data"}, "vm: is missing; set vm or id"),
        ("bigv_vm_info", {"name": None, "wait_for": "running"}, "name: is missing; set name or id"),
        ("bigv_fleet", {"vms": [{"name": None}]}, "vms[0].name: is missing; set name or id"),
    ],
)
def test_nothing_where_something_has_to_be(server, run, module_name, options, message):
    assert message in failure(run(module_name, **options))
    assert server.requests == []


@pytest.mark.parametrize(
    ("module_name", "options", "message"),
    [
        ("bigv_fleet", {"defaults": True}, "defaults: must be a dictionary of options, got a boolean"),
        ("bigv_vm", {"id": float("inf")}, "id: must be a whole number, got inf"),
        ("bigv_vm_info", {"id": "9" * 5000}, "id: must be a whole number, got '9999"),
        ("bigv_vm", {"name": "web1", "cores": True}, "cores: must be a whole number, got True"),
        ("bigv_vm", {"name": "web1", "cores": 0}, "cores: must be at least 1, got 0"),
        ("bigv_disc", {"vm": "web1", "label": "data", "iops_limit": -1}, "iops_limit: must be at least 0, got -1"),
        ("bigv_fleet", {"vms": [{"name": "web1", "cores": True}]}, "vms[0].cores: must be a whole number, got True"),
    ],
)
def test_what_is_no_value_of_its_kind(server, run, module_name, options, message):
    assert message in failure(run(module_name, **options))
    assert server.requests == []


NO_SCHEDULES = {
    "[0].start_at": [
        {"start_at": start, "interval": "1d"}
        for start in (
            "", "noon", "24:00", "3:00", "03:00:60", 750, "2026-11-24T24:00", "2026-02-30", "\x1b[31m", True, [],
        )
    ],
    "[0].interval": [
        {"start_at": "03:00", "interval": interval}
        for interval in ("", "0", 0, "0w", -1, "-1d", "daily", "1.5h", "9" * 10_000, "1001w", False, {})
    ],
    "[0].capacity": [
        {"start_at": "03:00", "interval": "1d", "capacity": capacity} for capacity in (0, -1, 10**30, "many", 1.5, True)
    ],
    "[0].intervall": [{"start_at": "03:00", "intervall": "1d"}],
    "[0]": ["03:00", 7, [], None],
    "": ["daily", 7, {"start_at": "03:00", "interval": "1d"}, True],
}  # fmt: skip
WITH_SCHEDULES = [
    ("bigv_disc", "", lambda schedules: {"vm": "web1", "label": "data", "backup_schedules": schedules}),
    ("bigv_vm", "discs[0].", lambda schedules: {"name": "web1", "discs": [{"backup_schedules": schedules}]}),
    (
        "bigv_fleet",
        "vms[0].discs[0].",
        lambda schedules: {"vms": [{"name": "web1", "discs": [{"backup_schedules": schedules}]}]},
    ),
    (
        "bigv_fleet",
        "discs[0].",
        lambda schedules: {"vms": [{"name": "web1"}], "defaults": {"discs": [{"backup_schedules": schedules}]}},
    ),
]


@pytest.mark.parametrize("place", NO_SCHEDULES)
@pytest.mark.parametrize(("module_name", "prefix", "options"), WITH_SCHEDULES)
def test_a_backup_schedule_that_cannot_be(server, run, module_name, prefix, options, place):
    for given in NO_SCHEDULES[place]:
        said = failure(run(module_name, **options([given] if place else given)))
        assert f"{prefix}backup_schedules{place}: " in said, (given, said)
    assert server.requests == []


@pytest.mark.parametrize(("module_name", "prefix", "options"), WITH_SCHEDULES)
@pytest.mark.parametrize("missing", ["start_at", "interval"])
@pytest.mark.parametrize("nothing", [{}, None])
def test_a_backup_schedule_that_lacks_something(server, run, module_name, prefix, options, missing, nothing):
    good = {"start_at": "03:00", "interval": "1d"}
    given = {**{key: good[key] for key in good if key != missing}, **({missing: None} if nothing is None else {})}
    said = failure(run(module_name, **options([good, given])))
    assert f"{prefix}backup_schedules[1].{missing}: " in said, said
    assert server.requests == []
