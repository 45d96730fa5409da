# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The playbooks, run by their full names, and with them the role fleet."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

FLEET = {
    "groups": ["web"],
    "defaults": {
        "group": "web",
        "memory": "1GiB",
        "image": "stretch",
        "discs": [{"size": "25GiB"}],
        "state": "running",
    },
    "vms": [
        {"name": "web1", "rdns": "www.example.com"},
        {"name": "web2", "cores": 2, "discs": [{"size": "25GiB"}, {"label": "data", "size": "50GiB"}]},
        {"name": "db1.default.acme", "memory": "2GiB"},
    ],
}
SCHEDULES = [
    {"start_at": "12:30", "interval_seconds": 86400, "capacity": 7},
    {"start_at": "2026-11-24 00:00:00 UTC", "interval_seconds": 1209600},
    {"start_at": "2026-11-24T01:00:00+01:00", "interval_seconds": 5400},
]
VM_ALL = "/accounts/acme/groups/default/virtual_machines/all"
TREE = Path(__file__).resolve().parents[3]
PLAY = {"hosts": "localhost", "connection": "local", "gather_facts": False}


def test_the_role_passes_all_options_on():
    from ansible_collections.bytemark.cloud.plugins.modules.bigv_fleet import MODULE

    passed_on = yaml.safe_load((TREE / "roles/fleet/tasks/converge.yml").read_text())[0]["bytemark.cloud.bigv_fleet"]
    assert passed_on == {name: f"{{{{ fleet_wanted.{name} | default(omit) }}}}" for name in MODULE.argument_spec}


def test_a_fleet_whose_vms_were_all_skipped_is_not_shown_as_skipped(cloud, command, write):
    """Ansible takes a list called results for those of a loop, and skips the task if all of them say skipped."""
    cloud.faults({"method": "POST", "fault": "status", "status": 400})
    task = {
        "bytemark.cloud.bigv_fleet": {"groups": ["web"], "vms": [{"name": "web1"}], "on_error": "stop"},
        "register": "fleet",
        "failed_when": "fleet.vms | map(attribute='skipped') != [true]",
    }
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]

    run = command("ansible-playbook", write("play.yml", play))

    assert run.status == 0, run.output
    assert "skipping: [localhost]" not in run.output


def test_from_nothing_to_a_fleet_and_back(cloud, command, write, tmp_path):
    file = f"@{write('fleet.yml', {'bigv_fleet': FLEET})}"
    reports = ("-e", "fleet_report_json=drift.json", "-e", "fleet_report_junit=drift.xml")

    drift = command("ansible-playbook", "bytemark.cloud.drift", "-e", file, *reports)
    assert drift.status == 2, drift.output
    assert cloud.writes() == []
    report = json.loads((tmp_path / "drift.json").read_text())
    assert report["drift"] is True
    assert [item["name"] for item in report["resources"]] == [
        "web.acme", "web1.web.acme", "web2.web.acme", "db1.default.acme",
    ]  # fmt: skip
    suite = ElementTree.parse(tmp_path / "drift.xml").getroot()[0]
    assert suite.attrib == {"name": "fleet", "tests": "4", "failures": "4", "errors": "0"}

    check = command("ansible-playbook", "bytemark.cloud.provision", "-e", file, "--check")
    assert check.status == 0, check.output
    assert cloud.writes() == []

    provision = command("ansible-playbook", "bytemark.cloud.provision", "-e", file, "-v")
    assert provision.status == 0, provision.output
    assert provision.changed >= 1
    assert "'bigv_acme_web'" in provision.output or '"bigv_acme_web"' in provision.output
    assert set(cloud.vms("web")) == {"web1", "web2"}
    assert [disc["label"] for disc in cloud.vms("web")["web2"]["discs"]] == ["disc-1", "data"]
    cloud.clear()

    again = command("ansible-playbook", "bytemark.cloud.provision", "-e", file)
    assert (again.status, again.changed) == (0, 0), again.output
    assert cloud.writes() == []

    drift = command("ansible-playbook", "bytemark.cloud.drift", "-e", file, *reports)
    assert (drift.status, drift.changed) == (0, 0), drift.output
    assert json.loads((tmp_path / "drift.json").read_text())["drift"] is False

    down = command("ansible-playbook", "bytemark.cloud.teardown", "-e", file)
    assert down.status == 0, down.output
    assert [vm["deleted"] for group in ("web", "default") for vm in cloud.vms(group).values()] == [True] * 3

    down = command("ansible-playbook", "bytemark.cloud.teardown", "-e", file, "-e", "fleet_purge=true")
    assert down.status == 0, down.output
    assert set(cloud.groups()) == {"default", "staging"}
    assert cloud.vms() == {}
    cloud.clear()

    down = command("ansible-playbook", "bytemark.cloud.teardown", "-e", file, "-e", "fleet_purge=true")
    assert (down.status, down.changed) == (0, 0), down.output
    assert cloud.writes() == []


def test_teardown_spares_what_is_not_listed(cloud, command, write):
    cloud.seed(staging=[{"name": "mine"}, {"name": "theirs"}])
    fleet = {"groups": [{"name": "staging"}], "vms": [{"name": "mine", "group": "staging"}]}
    file = write("fleet.yml", {"bigv_fleet": fleet})
    run = command("ansible-playbook", "bytemark.cloud.teardown", "-e", f"@{file}", "-e", "fleet_purge=true")
    assert run.status == 2
    assert "theirs" in run.output
    assert cloud.writes() == []
    fleet["vms"] = [{"name": "mine.staging", "new_name": "other"}]
    file = write("fleet.yml", {"bigv_fleet": fleet})
    run = command("ansible-playbook", "bytemark.cloud.teardown", "-e", f"@{file}")
    assert run.status == 2
    assert "mine.staging have a new_name" in run.output
    assert cloud.writes() == []


NOTHING = {
    "a typo": {"vms": "{{ servers_of_mine | default([]) }}", "groups": ["staging"]},
    "null": {"vms": None, "groups": None, "defaults": None},
    "none": {"groups": ["staging"], "defaults": {"group": "staging"}},
}


@pytest.mark.parametrize("fleet", NOTHING.values(), ids=NOTHING)
def test_taking_nothing_down_is_no_success(cloud, command, write, fleet):
    file = write("fleet.yml", {"bigv_fleet": fleet})
    run = command("ansible-playbook", "bytemark.cloud.teardown", "-e", f"@{file}")
    assert run.status == 2
    assert "bigv_fleet: there is nothing to delete, because vms lists no VM" in run.output
    assert cloud.calls() == []


def test_teardown_says_what_it_deletes(cloud, command, write):
    cloud.seed({"name": "web1"}, staging=[{"name": "web2"}])
    fleet = {"groups": ["default", "staging"], "vms": [{"name": "web1"}, {"name": "web2.staging"}]}
    file = write("fleet.yml", {"bigv_fleet": fleet})
    said = command("ansible-playbook", "bytemark.cloud.teardown", "-e", f"@{file}").output
    assert "To be deleted, if they exist (recoverable for a while): VMs web1, web2.staging; groups none" in said
    said = command("ansible-playbook", "bytemark.cloud.teardown", "-e", f"@{file}", "-e", "fleet_purge=true").output
    assert "To be deleted, if they exist (permanently): VMs web1, web2.staging; groups staging" in said
    assert set(cloud.groups()) == {"default"}


def test_teardown_heeds_what_the_fleet_protects_and_allows(cloud, command, write):
    cloud.seed(staging=[{"name": name} for name in ("web1", "web2", "web3")])
    fleet = {"groups": ["staging"], "vms": [{"name": f"{name}.staging"} for name in ("web1", "web2", "web3")]}
    for held in ({"protect": ["WEB2"]}, {"max_deletions": 2}, {"max_deletions": "50%"}):
        file = write("fleet.yml", {"bigv_fleet": fleet | held})
        run = command("ansible-playbook", "bytemark.cloud.teardown", "-e", f"@{file}", "-e", "fleet_purge=true")
        assert run.status == 2
        assert next(iter(held)) in run.output
        assert cloud.writes() == []
    file = write("fleet.yml", {"bigv_fleet": fleet | {"protect": ["db*"]}})
    run = command("ansible-playbook", "bytemark.cloud.teardown", "-e", f"@{file}", "-e", "fleet_purge=true")
    assert run.status == 0, run.output
    assert set(cloud.groups()) == {"default"}


@pytest.mark.parametrize("value", ["ture", "", 2, "{{ 'ture' }}"])
def test_what_is_no_boolean_is_refused(cloud, command, write, value):
    cloud.seed(staging=[{"name": "web1"}])
    fleet = {"bigv_fleet": {"groups": ["staging"], "vms": [{"name": "web1.staging"}]}, "fleet_purge": value}
    run = command("ansible-playbook", "bytemark.cloud.teardown", "-e", f"@{write('fleet.yml', fleet)}")
    assert run.status == 2
    assert "fleet_purge" in run.output
    for option in ("purge", "validate_certs"):
        wrong = {"bigv_fleet": {**fleet["bigv_fleet"], option: value}}
        run = command("ansible-playbook", "bytemark.cloud.provision", "-e", f"@{write('fleet.yml', wrong)}")
        assert run.status == 2
        assert f"bigv_fleet.{option}: " in run.output
        assert "must be true or false, got" in run.output
    assert cloud.calls() == []


def test_defaults_that_rename_are_refused_too(cloud, command, write):
    cloud.seed({"name": "web1"})
    fleet = {"vms": [{"name": "web1"}], "defaults": {"new_group": "staging"}}
    run = command("ansible-playbook", "bytemark.cloud.teardown", "-e", f"@{write('fleet.yml', {'bigv_fleet': fleet})}")
    assert run.status == 2
    assert "defaults have a new_name or a new_group" in run.output
    assert cloud.calls() == []


@pytest.mark.parametrize(
    ("fleet", "message"),
    [
        ({"vm": []}, "bigv_fleet.vm: is not an option; did you mean vms?"),
        ({"vms": [{"name": "web1", "colour": "red"}]}, "colour"),
        ({"account": "nobody"}, "there is no account"),
    ],
)
def test_a_comparison_that_fails_is_reported(cloud, command, write, tmp_path, fleet, message):
    file = write("fleet.yml", {"bigv_fleet": fleet})
    run = command("ansible-playbook", "bytemark.cloud.drift", "-e", f"@{file}", "-e", "fleet_report_junit=drift.xml")
    assert run.status == 2
    assert message in run.output
    suite = ElementTree.parse(tmp_path / "drift.xml").getroot()[0]
    assert suite.attrib["errors"] == "1"
    assert message in suite[0][0].attrib["message"]


@pytest.mark.parametrize("entry_point", ["main", "drift", "teardown"])
def test_what_does_not_fit_is_one_line(cloud, command, write, entry_point):
    """A play of one role for each case, so that only the line of the case can be in its output."""
    cases = {
        "conurrency": ({"conurrency": 3}, "bigv_fleet.conurrency: is not an option; did you mean concurrency?"),
        "misplaced": ({"discs": []}, "bigv_fleet.discs: is not an option; the options are account, "),
        "in a VM": ({"vms": [{"name": "a", "memmory": 1}]}, "bigv_fleet.vms[0].memmory: is not an option; did"),
        "a disc": (
            {"vms": [{"name": "a", "discs": [5]}]},
            "bigv_fleet.vms[0].discs[0]: must be a dictionary of options, got a number",
        ),
        "choice": ({"prune": False}, "bigv_fleet.prune: must be one of none, report, delete"),
        "account": ({"account": False}, "bigv_fleet.account: must be text, got False (a boolean); put it in quotes"),
        "password": (
            {"vms": [{"name": "a", "root_password": 42798}]},
            "bigv_fleet.vms[0].root_password: must be text, got",
        ),
        "a list": ([{"name": "a"}], "bigv_fleet: must be a dictionary of options, got a list"),
        "text": ("web1", "bigv_fleet: must be a dictionary of options, got text"),
        "nothing": (None, "bigv_fleet: is required; specify a dictionary of options"),
    }
    tasks = []
    for name, (fleet, _message) in cases.items():
        include = {"name": "bytemark.cloud.fleet", "tasks_from": entry_point}
        tasks.append(
            {
                "name": name,
                "block": [{"ansible.builtin.include_role": include, "vars": {"bigv_fleet": fleet}}],
                "rescue": [{"ansible.builtin.debug": {"msg": f"{name} rescued"}}],
            }
        )
    run = command("ansible-playbook", write("play.yml", [{**PLAY, "tasks": tasks}]))
    assert run.status == 0, run.output
    for name, (_fleet, message) in cases.items():
        assert message in run.output, run.output
        assert f"{name} rescued" in run.output
    for wall in ("argument_spec_data", "Supported parameters", "42798"):
        assert wall not in run.output
    assert cloud.calls() == []


def test_names_of_another_type_are_one_line(cloud, command, write):
    neither = "must be a name, or a dictionary of addresses and their names"
    no_name = "198.18.0.1 has a value that is not a name; specify a name or an empty string"
    cases = [(["www.example.com"], neither), (5, neither), (True, neither), ({"198.18.0.1": {"name": "x"}}, no_name)]
    tasks = []
    for entry_point in ("main", "drift"):
        for here in (True, False):
            for number, (rdns, message) in enumerate(cases):
                fleet = {"vms": [{"name": "web1"}, {"name": f"web{number}", "rdns": rdns}], "run_in_controller": here}
                include = {"name": "bytemark.cloud.fleet", "tasks_from": entry_point}
                said = (
                    f"Nothing was changed, because not everything is possible: vms[1].rdns: {message} (VM "
                    f"'web{number}')"
                )
                check = {"that": "ansible_failed_result.msg == said", "fail_msg": "{{ ansible_failed_result.msg }}"}
                tasks.append(
                    {
                        "block": [{"ansible.builtin.include_role": include, "vars": {"bigv_fleet": fleet}}],
                        "rescue": [{"ansible.builtin.assert": check, "vars": {"said": said}}],
                    }
                )
    run = command("ansible-playbook", write("play.yml", [{**PLAY, "tasks": tasks}]))
    assert run.status == 0, run.output
    assert run.output.count("All assertions passed") == len(tasks)
    assert cloud.calls() == []


def test_no_fleet_at_all_is_one_line(cloud, command, write):
    run = command("ansible-playbook", write("play.yml", [{**PLAY, "roles": ["bytemark.cloud.fleet"]}]))
    assert run.status == 2
    assert "bigv_fleet: is required; specify a dictionary of options" in run.output
    assert "argument_spec_data" not in run.output


def test_a_teardown_takes_no_list_apart_that_is_text(cloud, command, write):
    cloud.seed({"name": "w"}, staging=[])
    for fleet in ({"groups": '["w"]', "vms": [{"name": "w"}]}, {"vms": '[{"name": "w"}]'}):
        file = write("fleet.yml", {"bigv_fleet": fleet, "fleet_purge": True})
        run = command("ansible-playbook", "bytemark.cloud.teardown", "-e", f"@{file}")
        assert run.status == 2
        assert "vms and groups must be lists, not the text of lists" in run.output
    assert cloud.calls() == []


def test_a_teardown_takes_numbers_for_names_of_groups(cloud, command, write):
    cloud.seed()
    fleet = {"groups": [555, {"name": 556}], "vms": []}
    file = write("fleet.yml", {"bigv_fleet": fleet, "fleet_purge": True})
    assert command("ansible-playbook", "bytemark.cloud.provision", "-e", f"@{file}").changed
    assert {"555", "556"} < set(cloud.groups())
    run = command("ansible-playbook", "bytemark.cloud.teardown", "-e", f"@{file}")
    assert run.status == 0, run.output
    assert set(cloud.groups()) == {"default", "staging"}


def test_adopting_an_account_and_provisioning_it(cloud, command, tmp_path):
    cloud.seed(
        {"name": "bare", "discs": []},
        {
            "name": "all", "cores": 4, "memory": 1536, "power_on": True, "autoreboot_on": False, "keymap": "en-gb",
            "cdrom_url": "https://example.com/rescue.iso?a=1&b=2", "hardware_profile": "virtio2013",
            "hardware_profile_locked": True, "zone_name": "manchester",
            "discs": [
                {"label": "vda", "size": 25600, "storage_grade": "ssd"},
                {"label": "old.data", "size": 1000, "backup_schedules": SCHEDULES},
            ],
        },
        {"name": "gone", "deleted": True},
        {"name": "off", "power_on": False, "autoreboot_on": True},
        staging=[{"name": "stopped", "power_on": False, "autoreboot_on": False}, {"name": "42x", "power_on": True}],
    )  # fmt: skip
    cloud.clear()
    run = command("ansible-playbook", "bytemark.cloud.adopt", "-e", "fleet_file=adopted.yml")
    assert (run.status, run.changed) == (0, 1), run.output
    assert len(cloud.requests()) == 3 + 2 * 5
    adopted = yaml.safe_load((tmp_path / "adopted.yml").read_text())["bigv_fleet"]
    assert adopted["groups"] == ["default", "staging"]
    assert [vm["name"] for vm in adopted["vms"]] == ["bare", "all", "off", "stopped", "42x"]
    assert adopted["vms"][1]["discs"][0] == {"label": "vda", "size": "25GiB", "storage_grade": "ssd"}
    assert adopted["vms"][1]["discs"][1]["backup_schedules"] == [
        {"start_at": "12:30", "interval": "1d", "capacity": 7},
        {"start_at": "2026-11-24 00:00:00 UTC", "interval": "2w", "capacity": 1},
        {"start_at": "2026-11-24T01:00:00+01:00", "interval": "90m", "capacity": 1},
    ]
    cloud.clear()
    run = command("ansible-playbook", "bytemark.cloud.provision", "-e", "@adopted.yml")
    assert (run.status, run.changed) == (0, 0), run.output
    assert cloud.writes() == []
    run = command("ansible-playbook", "bytemark.cloud.adopt", "-e", "fleet_file=adopted.yml")
    assert (run.status, run.changed) == (0, 0), run.output
    cloud.api("DELETE", f"{VM_ALL}/discs/old.data/backup_schedules/2")
    cloud.clear()
    run = command("ansible-playbook", "bytemark.cloud.drift", "-e", "@adopted.yml")
    assert run.status == 2, run.output
    assert (
        "add backup schedule 2026-11-24T00:00:00Z every 2w, keeps 1, to disc old.data of VM all.default" in run.output
    )
    assert cloud.writes() == []


@pytest.fixture
def ssh_port():
    """Listen on a port, and greet as SSH does."""
    with socket.create_server(("", 0)) as server:

        def greet():
            while True:
                try:
                    connection, _address = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"SSH-2.0-test\r\n")

        threading.Thread(target=greet, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_waiting_for_ssh(cloud, command, write, ssh_port):
    cloud.seed(
        {"name": "web1", "power_on": True, "network_interfaces": [{"ips": ["127.0.0.1"]}]},
        {"name": "off", "power_on": False, "autoreboot_on": False, "network_interfaces": [{"ips": ["127.0.0.2"]}]},
    )
    fleet = write("fleet.yml", {"bigv_fleet": {"vms": [{"name": "web1"}, {"name": "off"}]}})
    arguments = ("bytemark.cloud.provision", "-e", f"@{fleet}", "-e", "fleet_wait_for_ssh=true")
    run = command("ansible-playbook", *arguments, "-e", f"fleet_ssh_port={ssh_port}")
    assert run.status == 0, run.output
    run = command("ansible-playbook", *arguments, "-e", "fleet_ssh_port=1", "-e", "fleet_ssh_timeout=1")
    assert run.status == 2
    assert "web1.default.acme did not answer on port 1 within 1 seconds" in run.output
    assert "off.default.acme" not in run.output


@pytest.mark.parametrize("waits", [False, True])
def test_a_fleet_that_is_as_desired_takes_few_lines(cloud, command, write, ssh_port, waits):
    names = [f"web{number}" for number in range(200)]
    nics = [[{"ips": [f"127.0.1.{number}"]}] for number in range(200)]
    cloud.seed(
        *({"name": name, "power_on": True, "network_interfaces": nic} for name, nic in zip(names, nics, strict=True))
    )
    fleet = write("fleet.yml", {"bigv_fleet": {"vms": [{"name": name} for name in names]}, "fleet_wait_for_ssh": waits})
    show = {"ansible.builtin.debug": {"msg": "{{ groups.fleet | length }} servers"}}
    after = write("after.yml", [{**PLAY, "tasks": [show]}])
    port = ("-e", f"fleet_ssh_port={ssh_port}")
    run = command("ansible-playbook", "bytemark.cloud.provision", after, "-e", f"@{fleet}", *port)
    assert (run.status, run.changed) == (0, 0), run.output
    provisioning, shown = run.output.split("\nPLAY [localhost]")
    assert "200 servers" in shown
    assert len(provisioning.splitlines()) < 20, run.output
