# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The role ephemeral: an environment for a CI job, from its making to its end."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone

import pytest

VMS = [{"name": "web1"}, {"name": "db1", "memory": "2GiB"}]
STAMP = "%Y%m%dt%H%M"


def stamp(**later: int) -> str:
    return (datetime.now(timezone.utc) + timedelta(**later)).strftime(STAMP)


@pytest.fixture
def role(command, write):
    """Run an entry point of the role."""

    def run(tasks_from="main", *arguments, **variables):
        include = {"name": "bytemark.cloud.ephemeral", "tasks_from": tasks_from}
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False}
        play["tasks"] = [{"name": "Go", "ansible.builtin.include_role": include, "vars": variables}]
        return command("ansible-playbook", write("play.yml", [play]), *arguments)

    return run


def environments(cloud):
    return sorted(set(cloud.groups()) - {"default", "staging"})


def test_the_life_of_an_environment(cloud, role, command, tmp_path):
    options = {"ephemeral_job": "Feature/Größe #12", "ephemeral_hours": "3"}
    defaults = {"memory": "1GiB", "image": "stretch", "discs": [{"size": "25GiB"}], "state": "running"}
    options |= {"ephemeral_vms": VMS, "ephemeral_vm_defaults": defaults}
    before = stamp(hours=3)
    run = role(**options)
    assert run.status == 0, run.output
    (group,) = environments(cloud)
    found = re.fullmatch(r"ci-feature-gr-e-12-(\d{8}t\d{4})", group)
    assert found, group
    assert before <= found[1] <= stamp(hours=3)
    assert {name: vm["memory"] for name, vm in cloud.vms(group).items()} == {"web1": 1024, "db1": 2048}

    listed = command("ansible-inventory", "-i", "ephemeral.bigv.yml", "--list")
    assert listed.status == 0, listed.output
    hosts = json.loads(listed.output)["_meta"]["hostvars"]
    assert sorted(hosts) == [f"{name}.{group}.acme.uk0.bigv.io" for name in ("db1", "web1")]

    cloud.clear()
    again = role(**options)
    assert again.status == 0, again.output
    assert cloud.writes() == []

    # Neither another job nor one whose name goes on differently is touched.
    cloud.api("POST", "/accounts/acme/groups", {"name": f"ci-feature-gr-e-12-x-{found[1]}"})
    cloud.clear()
    role("teardown", "--check", ephemeral_job="Feature/Größe #12")
    assert cloud.writes() == []
    run = role("teardown", ephemeral_job="Feature/Größe #12")
    assert run.status == 0, run.output
    assert environments(cloud) == [f"ci-feature-gr-e-12-x-{found[1]}"]
    assert not (tmp_path / "ephemeral.bigv.yml").exists()

    cloud.clear()
    run = role("teardown", ephemeral_job="Feature/Größe #12")
    assert (run.status, run.changed) == (0, 0), run.output
    assert cloud.writes() == []


def test_what_could_not_be_made_can_be_removed(cloud, role):
    run = role(ephemeral_job="1", ephemeral_vms=[{"name": "web1"}, {"name": "web1"}])
    assert run.status == 2
    run = role("teardown", ephemeral_job="1")
    assert run.status == 0, run.output
    assert environments(cloud) == []


def test_only_what_has_expired_is_reaped(cloud, role):
    past, future = stamp(minutes=-1), stamp(minutes=5)
    kept = [
        f"ci-1-{future}",
        f"ci-{past}",
        f"other-1-{past}",
        "ci-web",
        f"ci-1-{past}x",
        f"xci-1-{past}",
        f"ci-1-{past[:-1]}",
    ]
    reaped = [f"ci-2-{past}", f"ci-a-b-{past}", f"ci-{future}-20200101t0000"]
    cloud.control(
        "POST",
        "seed",
        {
            "accounts": [
                {
                    "name": "acme",
                    "groups": [
                        {"name": name, "virtual_machines": [{"name": "web1"}, {"name": "gone", "deleted": True}]}
                        for name in (*kept, *reaped)
                    ],
                }
            ]
        },
    )
    run = role("reap")
    assert run.status == 0, run.output
    assert sorted(set(cloud.groups()) - {"default"}) == sorted(kept)
    cloud.clear()
    run = role("reap")
    assert (run.status, run.changed) == (0, 0), run.output
    assert cloud.writes() == []


def test_an_expired_environment_is_not_gone_on_with(cloud, role):
    cloud.api("POST", "/accounts/acme/groups", {"name": f"ci-{'j' * 21}-{stamp(hours=-1)}"})
    run = role(ephemeral_job="j" * 21)
    assert run.status == 0, run.output
    assert len(environments(cloud)) == 2


def test_a_long_name_stays_unique(cloud, role):
    for job in ("j" * 80, "j" * 81):
        run = role(ephemeral_job=job)
        assert run.status == 0, run.output
    first, second = environments(cloud)
    assert first != second
    assert len(first) <= 63


BAD_OPTIONS = [
    {"ephemeral_job": "#"},
    {"ephemeral_job": "1", "ephemeral_prefix": ""},
    {"ephemeral_job": "1", "ephemeral_hours": 0},
    {"ephemeral_job": "1", "ephemeral_inventory": "hosts.yml"},
    {"ephemeral_job": "1", "ephemeral_vms": [{"name": "web1.default"}]},
    {"ephemeral_job": "1", "ephemeral_vms": [{"name": "web1", "group": "default"}]},
    {},
]


def test_bad_options(cloud, command, write):
    note = {"ansible.builtin.debug": {"msg": "It was refused."}}
    tasks = [
        {
            "block": [{"ansible.builtin.include_role": {"name": "bytemark.cloud.ephemeral"}, "vars": options}],
            "rescue": [note],
        }
        for options in BAD_OPTIONS
    ]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    run = command("ansible-playbook", write("play.yml", [play]))
    assert run.status == 0, run.output
    assert run.output.count("It was refused.") == len(BAD_OPTIONS)
    assert cloud.writes() == []
