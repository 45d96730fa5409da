# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The role ephemeral: an environment for a CI job, from its making to its end."""

from __future__ import annotations

import itertools
import json
import re
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import pytest
import requests
import yaml
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, recording_server

ROLE = Path(__file__).resolve().parents[3] / "roles/ephemeral"
VMS = [{"name": "web1"}, {"name": "db1", "memory": "2GiB"}]
STAMP = "%Y%m%dt%H%M"
PLAY = {"hosts": "localhost", "connection": "local", "gather_facts": False}
INVENTORY = "ephemeral.bigv.yml"


def stamp(now: datetime | None = None, **later: int) -> str:
    return ((now or datetime.now(timezone.utc)) + timedelta(**later)).strftime(STAMP)


def task(tasks_from="main", **variables):
    """Return a task that runs an entry point of the role."""
    include = {"name": "bytemark.cloud.ephemeral", "tasks_from": tasks_from}
    return {"name": "Go", "ansible.builtin.include_role": include, "vars": variables}


@pytest.fixture
def role(command, write):
    """Run an entry point of the role."""

    def run(tasks_from="main", *arguments, **variables):
        return command(
            "ansible-playbook", write("play.yml", [{**PLAY, "tasks": [task(tasks_from, **variables)]}]), *arguments
        )

    return run


@pytest.fixture
def api_date(cloud, environment):
    """Let the cloud's answers bear this date in place of their own, or none."""
    headers = {}

    def answer(request):
        kept = {name: request.headers[name] for name in ("authorization", "content-type")}
        url = cloud.api_url + request.target
        answered = requests.request(request.method, url, data=request.body, headers=kept, timeout=30)
        return Answer(answered.status_code, answered.content, answered.headers.get("Content-Type", ""), headers)

    def set_date(date):
        headers.clear()
        if date:
            headers["Date"] = date if isinstance(date, str) else format_datetime(date, usegmt=True)

    with recording_server(answer) as server:
        environment["BIGV_API_URL"] = server.url
        yield set_date


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
    found = re.fullmatch(r"ci-feature-gr-e-12-[0-9a-f]{12}-(\d{8}t\d{4})", group)
    assert found, group
    assert before <= found[1] <= stamp(hours=3)
    assert {name: vm["memory"] for name, vm in cloud.vms(group).items()} == {"web1": 1024, "db1": 2048}

    listed = command("ansible-inventory", "-i", INVENTORY, "--list")
    assert listed.status == 0, listed.output
    hosts = json.loads(listed.output)["_meta"]["hostvars"]
    assert sorted(hosts) == [f"{name}.{group}.acme.uk0.bigv.io" for name in ("db1", "web1")]

    cloud.clear()
    again = role(**options)
    assert again.status == 0, again.output
    assert cloud.writes() == []

    # Neither another job nor one whose name goes on differently is touched.
    others = [f"ci-feature-gr-e-12-x-{found[1]}", f"ci-feature-gr-e-12-{found[1]}", f"{group}-{found[1]}", f"{group}x"]
    for other in others:
        cloud.api("POST", "/accounts/acme/groups", {"name": other})
    cloud.clear()
    run = role("teardown", "--check", ephemeral_job="Feature/Größe #12")
    assert cloud.writes() == []
    run = role("teardown", ephemeral_job="Feature/Größe #12")
    assert run.status == 0, run.output
    assert f"Delete permanently, with all VMs in them: {group}]" in run.output
    assert environments(cloud) == sorted(others)
    assert not (tmp_path / INVENTORY).exists()

    cloud.clear()
    run = role("teardown", ephemeral_job="Feature/Größe #12")
    assert (run.status, run.changed) == (0, 0), run.output
    assert cloud.writes() == []


@pytest.mark.parametrize("by_option", [False, True])
def test_a_blank_account_does_not_hide_the_next(cloud, role, environment, tmp_path, by_option):
    environment |= {"BIGV_ACCOUNT": " ", "BM_ACCOUNT": "acme\n", "BIGV_ZONE": "", "BIGV_GROUP": ""}
    variables = {"ephemeral_account": " "} if by_option else {}
    run = role(ephemeral_job="1", ephemeral_vms=[{"name": "web1"}], **variables)
    assert run.status == 0, run.output
    accounts = yaml.safe_load((tmp_path / INVENTORY).read_text()).get("accounts")
    assert accounts == (None if by_option else ["acme"])
    assert len(environments(cloud)) == 1


def test_the_inventory_of_another_job_stays(cloud, role, tmp_path):
    assert role(ephemeral_job="5", ephemeral_vms=[]).status == 0
    (group,) = environments(cloud)
    run = role("teardown", ephemeral_job="55")
    assert (run.status, run.changed) == (0, 0), run.output
    assert group in (tmp_path / INVENTORY).read_text(encoding="utf-8")
    run = role("teardown", ephemeral_job="5")
    assert run.status == 0, run.output
    assert not (tmp_path / INVENTORY).exists()


def test_what_could_not_be_made_can_be_removed(cloud, role):
    run = role(ephemeral_job="1", ephemeral_vms=[{"name": "web1"}, {"name": "web1"}])
    assert run.status == 2
    run = role("teardown", ephemeral_job="1")
    assert run.status == 0, run.output
    assert environments(cloud) == []


def seed_groups(cloud, *names):
    vms = [{"name": "web1"}, {"name": "gone", "deleted": True}]
    groups = [{"name": name, "virtual_machines": vms} for name in names]
    cloud.control("POST", "seed", {"accounts": [{"name": "acme", "groups": groups}]})


def left(cloud):
    return sorted(set(cloud.groups()) - {"default"})


def test_only_what_has_expired_is_reaped(cloud, role):
    past, future = stamp(hours=-1, minutes=-1), stamp(minutes=-55)
    kept = [
        f"ci-1-{future}",
        f"ci-{past}",
        f"ci--{past}",
        f"other-1-{past}",
        "ci-web",
        f"ci-1-{past}x",
        f"xci-1-{past}",
        f"cis-1-{past}",
        f"ci-1-{past[:-1]}",
    ]
    reaped = [f"ci-2-{past}", f"ci-a-b-{past}", f"ci-{future}-20200101t0000"]
    seed_groups(cloud, *kept, *reaped)
    run = role("reap")
    assert run.status == 0, run.output
    assert re.search(f"Delete permanently, with all VMs in them: {', '.join(reaped)}]", run.output)
    assert left(cloud) == sorted(kept)
    cloud.clear()
    run = role("reap")
    assert (run.status, run.changed) == (0, 0), run.output
    assert cloud.writes() == []


@pytest.mark.parametrize(("hours", "reaped"), [(0, {"a", "b"}), (1, {"a"}), (2, set())])
def test_what_has_just_expired_is_left_for_a_while(cloud, role, hours, reaped):
    names = {"a": f"ci-a-{stamp(minutes=-90)}", "b": f"ci-b-{stamp(minutes=-5)}", "c": f"ci-c-{stamp(minutes=5)}"}
    seed_groups(cloud, *names.values())
    run = role("reap", ephemeral_grace_hours=hours)
    assert run.status == 0, run.output
    assert left(cloud) == sorted(name for key, name in names.items() if key not in reaped)


@pytest.mark.parametrize("hours", [-5, 5])
def test_the_apis_clock_decides(cloud, role, api_date, hours):
    """A controller whose clock is hours ahead (or behind) is, to the API, what an API that is behind is to it."""
    now = datetime.now(timezone.utc) + timedelta(hours=hours)
    api_date(now)
    groups = [f"ci-old-{stamp(now, minutes=-90)}", f"ci-new-{stamp(now, minutes=5)}"]
    seed_groups(cloud, *groups)
    run = role("reap")
    assert run.status == 0, run.output
    assert left(cloud) == groups[1:]
    run = role(ephemeral_job="new", ephemeral_hours=1)
    assert run.status == 0, run.output
    assert left(cloud) == groups[1:]
    run = role(ephemeral_job="other", ephemeral_hours=1)
    assert run.status == 0, run.output
    other = next(name for name in left(cloud) if name.startswith("ci-other-"))
    assert other in (f"ci-other-{stamp(now, hours=1)}", f"ci-other-{stamp(now, hours=1, minutes=1)}")


@pytest.mark.parametrize("date", [None, "soon"])
def test_without_a_date_nothing_is_reaped(cloud, role, api_date, date):
    api_date(date)
    seed_groups(cloud, f"ci-old-{stamp(hours=-9)}")
    cloud.clear()
    run = role("reap")
    assert run.status == 2
    assert "Nothing was deleted: the API's answer has no date" in run.output
    assert cloud.writes() == []
    run = role(ephemeral_job="new", ephemeral_hours=1)
    assert run.status == 0, run.output
    assert "the clock of this machine determines the expiry" in run.output
    run = role("teardown", ephemeral_job="new")
    assert run.status == 0, run.output
    assert len(left(cloud)) == 1


def test_an_expired_environment_is_not_gone_on_with(cloud, role):
    cloud.api("POST", "/accounts/acme/groups", {"name": f"ci-{'j' * 21}-{stamp(hours=-1)}"})
    run = role(ephemeral_job="j" * 21)
    assert run.status == 0, run.output
    assert len(environments(cloud)) == 2


def test_no_two_jobs_share_a_group(cloud, command, write, role):
    jobs = ["feature/x", "feature_x", "Feature-X", "feature-x", "x", "x-20301231t2359"]
    made = command(
        "ansible-playbook", write("play.yml", [{**PLAY, "tasks": [task(ephemeral_job=job) for job in jobs]}])
    )
    assert made.status == 0, made.output
    groups = environments(cloud)
    assert len(groups) == len(jobs)
    for job, plain in (("feature_x", False), ("x", True), ("feature-x", True)):
        run = role("teardown", ephemeral_job=job)
        assert run.status == 0, run.output
        (gone,) = set(groups) - set(environments(cloud))
        groups.remove(gone)
        assert bool(re.fullmatch(rf"ci-{job}-\d{{8}}t\d{{4}}", gone)) is plain


@pytest.fixture
def names_of(command, tmp_path):
    """Return the role's name for each job, without the time of its end."""

    def names(jobs, prefix="ci", **environment):
        tasks = [
            {
                "ansible.builtin.set_fact": {"names": "{{ names | default([]) + [ephemeral_name] }}"},
                "loop": jobs,
                "loop_control": {"loop_var": "ephemeral_job"},
            },
            {"ansible.builtin.copy": {"content": "{{ names | to_json }}", "dest": str(tmp_path / "names.json")}},
        ]
        play = {
            **PLAY,
            "vars_files": [str(ROLE / "vars/main.yml")],
            "vars": {"ephemeral_prefix": prefix},
            "tasks": tasks,
        }
        path = tmp_path / "names.yml"
        path.write_text(yaml.safe_dump([play], allow_unicode=True), encoding="utf-8")
        run = command("ansible-playbook", path, **environment)
        assert run.status == 0, run.output
        return json.loads((tmp_path / "names.json").read_text())

    return names


JOBS = [
    *("feature/x", "feature_x", "Feature-X", "feature-x", "feature--x", "feature x", "fea/ture-x", "FEATURE-X"),
    *("7", "007", "7.0", "0x7", "1e5", "100000.0", "1_0", "10", "True", "true", "None", "null", "[1]", "{}x"),
    *("größe", "grösse", "GRÖSSE", "gro\u0308ße", "gr-e", "日本", "日本語", "\u00b2", "2", "K", "\u212a", "k"),
    *("x", "x-20301231t2359", "x-20301231t2359-20301231t2359", "20301231t2359", "x-", ".*", "x.*", "x|y", "x$"),
    *("x^", "(x)", "[x]"),
    *("j" * length for length in (30, 31, 32, 33, 64, 300)),
    *("a-" * 16 + "b", "a-" * 16 + "c", "a" * 18 + "-" + "b" * 20, "a" * 18 + "-" + "c" * 20, "a" * 18, "a" * 19),
]  # fmt: skip


@pytest.mark.parametrize("native", ["false", "true"])
def test_no_two_jobs_share_a_name(names_of, native):
    names = names_of(JOBS, ANSIBLE_JINJA2_NATIVE=native)
    # A job may look like the whole name of another, too.
    alike = [name.removeprefix("ci-") for name in names]
    both = list(dict.fromkeys([*JOBS, *alike]))
    named = dict(zip(both, names_of(both, ANSIBLE_JINJA2_NATIVE=native), strict=True))
    assert len(set(named.values())) == len(both)
    for name in named.values():
        assert re.fullmatch("ci-[a-z0-9]+(-[a-z0-9]+)*", name), name
    for job in ("7", "007", "10", "x", "x-20301231t2359", "k", "j" * 32, "feature-x"):
        assert named[job] == f"ci-{job}"


def test_every_name_fits_into_a_label(names_of):
    names = names_of(JOBS, prefix="p" * 16)
    assert max(len(f"{name}-{stamp()}") for name in names) <= 63


def run_refused(command, write, entries):
    """Run entry points in one play, of which each has to refuse; the output."""
    note = {"ansible.builtin.debug": {"msg": "It was refused."}}
    tasks = [{"block": [task(entry, **options)], "rescue": [note]} for entry, options in entries]
    run = command("ansible-playbook", write("play.yml", [{**PLAY, "tasks": tasks}]))
    assert run.status == 0, run.output
    assert run.output.count("It was refused.") == len(entries)
    return run.output


EMPTY = ["", " ", "//", "#", "-", "--", "_", None, "-molecule", "77-", "/x", "x_", " x"]


def test_a_job_without_a_name_is_refused(cloud, command, write, tmp_path):
    """Which is what an unset variable makes of it. The inventory of another job stays, too."""
    (tmp_path / INVENTORY).write_text("plugin: bytemark.cloud.bigv\n")
    # What the names of old were like.
    seed_groups(cloud, f"ci--{stamp(hours=1)}", f"ci-molecule-{stamp(hours=1)}", f"ci-{stamp(hours=1)}")
    cloud.clear()
    entries = [(entry, {"ephemeral_job": job}) for entry, job in itertools.product(("main", "teardown"), EMPTY)]
    said = run_refused(command, write, [*entries, ("teardown", {})])
    assert 'ephemeral_job: \\"//\\" does not identify a job; specify what' in said
    assert cloud.calls() == []
    assert (tmp_path / INVENTORY).exists()


BAD_OPTIONS = [
    *(("main", {"ephemeral_prefix": prefix}) for prefix in ("", "ci-nightly", "CI", "1", "c" * 17, "ci.*", "ci\n")),
    ("teardown", {"ephemeral_prefix": "ci-nightly"}),
    ("reap", {"ephemeral_prefix": "ci-nightly"}),
    ("reap", {"ephemeral_prefix": ".*"}),
    ("reap", {"ephemeral_prefix": ""}),
    *(("reap", {"ephemeral_grace_hours": hours}) for hours in (-1, 8761, "many", "ture")),
    *(("main", {"ephemeral_hours": hours}) for hours in (0, -1, 8761, "many")),
    *(("main", {"ephemeral_inventory": path}) for path in ("hosts.yml", "", ".bigv.yml", "x.bigv.yml\n")),
    *(("teardown", {"ephemeral_inventory": path}) for path in ("hosts.yml", "", ".", ".bigv.yml")),
    ("main", {"ephemeral_vms": [{"name": "web1.default"}]}),
    ("main", {"ephemeral_vms": [{"name": "web1", "group": "default"}]}),
    ("main", {"ephemeral_vms": [{"name": "web1", "new_group": "default"}]}),
    ("main", {"ephemeral_vms": [{"id": 1}]}),
    ("main", {"ephemeral_wait_for_ssh": "ture"}),
]


def test_bad_options(cloud, command, write, tmp_path):
    cloud.clear()
    run_refused(command, write, [(entry, {"ephemeral_job": "1", **options}) for entry, options in BAD_OPTIONS])
    assert cloud.calls() == []
    assert (tmp_path / "play.yml").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "ephemeral_job: null does not identify a job"),
        ({"ephemeral_job": False}, "ephemeral_job: false does not identify a job"),
        ({"ephemeral_job": 1.5}, "ephemeral_job: 1.5 does not identify a job"),
        ({"ephemeral_job": ["a"]}, "does not identify a job"),
        ({"ephemeral_vms": 5}, "ephemeral_vms: must be a list of dictionaries, got a number"),
        ({"ephemeral_vms": {"name": "web1"}}, "ephemeral_vms: must be a list of dictionaries, got a dictionary"),
        ({"ephemeral_vms": '[{"name": "web1"}]'}, "ephemeral_vms: must be a list of dictionaries, got text"),
        ({"ephemeral_vms": [{"name": "web1", "memmory": 1}]}, "ephemeral_vms[0].memmory: is not an option; did"),
        ({"ephemeral_vms": [{"name": False}]}, "ephemeral_vms[0].name: must be text, got False (a boolean)"),
        ({"ephemeral_vm_defaults": [5]}, "ephemeral_vm_defaults: must be a dictionary of options, got a list"),
        ({"ephemeral_vm_defaults": {"imag": "x"}}, "ephemeral_vm_defaults.imag: is not an option; did you mean image?"),
        ({"ephemeral_account": False}, "account: must be text, got False (a boolean); put it in quotes"),
    ],
)
def test_what_does_not_fit_is_one_line(cloud, role, options, message):
    job = {} if "does not identify a job" in message else {"ephemeral_job": "1"}
    run = role(**job, **options)
    assert run.status == 2, run.output
    assert message in run.output
    assert "argument_spec_data" not in run.output
    assert cloud.calls() == []
