# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What the role fleet takes into a play, of what a hostile or a wrong server calls names and addresses."""

from __future__ import annotations

import json

import pytest
from ansible_collections.bytemark.cloud.plugins.plugin_utils._addresses import is_address, is_dns_name
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import Cloud, machine
from ansible_collections.bytemark.cloud.tests.unit.recording_server import recording_server

ORDER = "-oProxyCommand=touch ${PWD}/hacked"
FULL = "web1.default.acme.uk0.bigv.io"
MISSING = object()
PLAY = {"connection": "local", "gather_facts": False}


@pytest.fixture
def taken_in(command, write, tmp_path):
    """Converge the VMs that a server tells of; answers with the output, and each host's address and groups."""

    def run(*vms, fleet_wait_for_ssh=False, **variables):
        (tmp_path / "hosts.json").unlink(missing_ok=True)
        names = [{"id": vm["id"]} for vm in vms]
        include = {"name": "bytemark.cloud.fleet"}
        with recording_server(Cloud(vms, True, [])) as server:
            fleet = {"api_url": server.url, "token": "apikey.t", "account": "acme", "vms": names}
            variables |= {"bigv_fleet": fleet, "fleet_wait_for_ssh": fleet_wait_for_ssh}
            host = "{{ [item, hostvars[item].ansible_host | default(none), hostvars[item].group_names] }}"
            play = [
                {**PLAY, "hosts": "localhost", "tasks": [{"ansible.builtin.include_role": include, "vars": variables}]},
                {
                    **PLAY,
                    "hosts": "localhost",
                    "tasks": [
                        {
                            "ansible.builtin.set_fact": {"told": "{{ told | default([]) + [host] }}"},
                            "vars": {"host": host},
                            "loop": "{{ groups.all }}",
                        },
                        {
                            "ansible.builtin.copy": {
                                "content": "{{ told | default([]) | to_json }}",
                                "dest": str(tmp_path / "hosts.json"),
                            }
                        },
                    ],
                },
                {
                    "hosts": "all",
                    "gather_facts": False,
                    "tasks": [{"ansible.builtin.raw": "true", "ignore_unreachable": True}],
                },
            ]
            done = command("ansible-playbook", write("play.yml", play), ANSIBLE_TIMEOUT="1", ANSIBLE_SSH_RETRIES="0")
        assert done.status == 0, done.output
        assert not (tmp_path / "hacked").exists()
        told = json.loads((tmp_path / "hosts.json").read_text())
        return done.output, {name: [address, groups] for name, address, groups in told}

    return run


def vm(hostname=FULL, ips=("127.0.0.1",), **other):
    nic = {"id": 1, "ips": list(ips), "extra_ips": {}, "virtual_machine_id": 7}
    existing = machine(7, "web1", "default", hostname=hostname, network_interfaces=[nic], **other)
    return {key: value for key, value in existing.items() if value is not MISSING}


GROUPS = ["bigv_acme_default", "fleet"]
# What cannot be given to a command as the name or the address of a server.
UNFIT = [
    ORDER,
    "-x",
    "a b",
    "a\nb",
    "a;b",
    "$(touch hacked)",
    "{{ 1 }}",
    "web1,web2",
    "web[1:3]",
    "web1:22",
    "x" * 254,
    "\u202eoi",
]


@pytest.mark.parametrize(
    ("hostname", "ips", "expected"),
    [
        (FULL, ["127.0.0.1"], {FULL: ["127.0.0.1", GROUPS]}),
        ("web_1", ["::1"], {"web_1": ["::1", GROUPS]}),
        (FULL, [ORDER], {FULL: [None, GROUPS]}),
        (FULL, [ORDER, "127.0.0.2"], {FULL: ["127.0.0.2", GROUPS]}),
        (FULL, ["fe80::1%-oProxyCommand=x", "999.1.1.1", "localhost", "::1"], {FULL: ["::1", GROUPS]}),
        (ORDER, ["127.0.0.1"], {"bigv_7": ["127.0.0.1", GROUPS]}),
        (None, ["127.0.0.1"], {"bigv_7": ["127.0.0.1", GROUPS]}),
        ("", ["127.0.0.1"], {"bigv_7": ["127.0.0.1", GROUPS]}),
        (MISSING, ["127.0.0.1"], {"bigv_7": ["127.0.0.1", GROUPS]}),
        ("127.0.0.1", ["127.0.0.9"], {"bigv_7": ["127.0.0.9", GROUPS]}),
        ("all.example.com", ["127.0.0.9"], {"all.example.com": ["127.0.0.9", GROUPS]}),
        ("LocalHost", ["127.0.0.9"], {"bigv_7": ["127.0.0.9", GROUPS]}),
        ("all", ["127.0.0.9"], {"bigv_7": ["127.0.0.9", GROUPS]}),
        (ORDER, [ORDER], {}),
        (None, [], {}),
    ],
)
def test_only_names_and_addresses_are_taken_in(taken_in, hostname, ips, expected):
    output, hosts = taken_in(vm(hostname, ips))
    assert hosts == expected
    left_out = [value for value in (hostname, *ips) if value and value is not MISSING and value not in str(expected)]
    for value in left_out:
        assert "web1.default.acme cannot be named or reached by [" in output
        assert value in output


def test_nobody_is_waited_for_at_what_is_no_address(taken_in):
    output, hosts = taken_in(vm(ORDER, [ORDER]), fleet_wait_for_ssh=True)
    assert hosts == {}
    assert "did not answer" not in output


@pytest.mark.parametrize("value", UNFIT)
def test_what_is_neither(value):
    assert not is_dns_name(value)
    assert not is_address(value)


def test_the_plugins(command, write):
    checks = {
        "dns_name": ["web1.default.acme.uk0.bigv.io", "web_1"],
        "ip_address": ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"],
    }
    bad = [*(value for value in UNFIT if "{" not in value), "", None, 7, ["web1"], "fe80::1%eth0"]
    tasks = []
    for name, good in checks.items():
        tasks.append(
            {
                "ansible.builtin.assert": {"that": f"good | reject('bytemark.cloud.{name}') == []"},
                "vars": {"good": good},
            }
        )
        tasks.append(
            {"ansible.builtin.assert": {"that": f"bad | select('bytemark.cloud.{name}') == []"}, "vars": {"bad": bad}}
        )
    run = command("ansible-playbook", write("play.yml", [{**PLAY, "hosts": "localhost", "tasks": tasks}]))
    assert run.status == 0, run.output
    for name in checks:
        shown = command("ansible-doc", "-t", "test", f"bytemark.cloud.{name}")
        assert shown.status == 0, shown.output
        assert "Whether a value is" in shown.output or "True for" in shown.output
