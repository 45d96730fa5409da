# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What the API calls things is written down as it is by adopt, and never evaluated by what reads that."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import Cloud, disc, encoded, machine
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, recording_server

ORDER = "lookup('ansible.builtin.pipe', 'touch hacked')"
# Each is what a disc is labelled, for want of a stricter rule.
TEXTS = [
    "{{ " + ORDER + " }}",
    "{% if " + ORDER + " %}{% endif %}",
    "{# {{ " + ORDER + " }} #}",
    "#jinja2: variable_start_string:'<<', variable_end_string:'>>'\n<< " + ORDER + " >>",
    "#jinja2:variable_start_string:'[%'\n[% " + ORDER + " }}",
    "{{ a }}\n{{ " + ORDER + " }}\n",
    "!unsafe x", "!vault |", "!!python/object/apply:os.system [touch hacked]", "&a", "*a", "= x", "=", "| x", "> x",
    "- x", "? x", "x: y", "x #y", "# x", "@x", "`x`", "%x", "'", '"', "'x'", '"x"', "\\", "\\n", "\\x41", "{", "}",
    "[", "]", "{}", "[]", "null", "~", "yes", "no", "on", "true", "False", "0x10", "0o7", "007", "1e3", "1_000",
    "12:30:45", "2026-01-02", ".inf", ".nan", "7", "-1", "", " ", " x ", "x\ty", "x\ny", "x\r\ny", "\n",
    "\x00\x07\x1b[31m", "\x7f", "\x85", "\xa0", "\u2028x\u2029", "\ufeff", "\u202egnp", "größe", "日本", "\U0001f600",
    "---", "...", "<<", "x" * 500, ("word " * 100).strip(), "{{", "}}", "{%", "{{ omit }}",
]  # fmt: skip
PLAIN = ["größe", "web1", "https://example.com/a.iso?a=1&b=2", "data disc (old)", "yes", "7"]


def cloud_of(texts):
    """Return a cloud in which each text is a VM's cdrom_url, a disc's label, and more."""
    vms = []
    for number, text in enumerate(texts, 10):
        discs = [disc(number * 10, text, number)]
        vms.append(machine(number, f"web{number}", "default", discs=discs, cdrom_url=text, keymap=text))
        vms[-1] |= {"zone_name": text, "hardware_profile": text}
        vms[-1]["discs"][0]["storage_grade"] = text
        schedule = {"id": number, "start_at": text, "interval_seconds": 5400, "capacity": 7}
        vms[-1]["discs"][0]["backup_schedules"] = [schedule]
    return Cloud(vms, True, [])


@pytest.fixture
def adopt(command, tmp_path):
    def run(answer, **more):
        with recording_server(answer) as server:
            done = command("ansible-playbook", "bytemark.cloud.adopt", BIGV_API_URL=server.url, **more)
        assert done.status == 0, done.output
        assert not (tmp_path / "hacked").exists()
        return (tmp_path / "fleet.yml").read_text(encoding="utf-8")

    return run


def read_back(command, write, tmp_path, **more):
    """Return the file's variable, as a play has it that reads it and passes it through a variable of its own."""
    tasks = [
        {"ansible.builtin.set_fact": {"passed_on": "{{ mine.vms }}"}},
        {"ansible.builtin.copy": {"content": "{{ mine | to_json }}", "dest": str(tmp_path / "read.json")}},
        {
            "ansible.builtin.debug": {"msg": "{{ item }}"},
            "loop": "{{ passed_on | map(attribute='keymap', default='') }}",
        },
    ]
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"mine": "{{ bigv_fleet }}"}, "tasks": tasks}
    run = command("ansible-playbook", write("read.yml", [play]), "-e", "@fleet.yml", **more)
    assert run.status == 0, run.output
    assert not (tmp_path / "hacked").exists()
    return json.loads((tmp_path / "read.json").read_text())


@pytest.mark.parametrize("native", ["false", "true"])
def test_text_is_read_back_as_the_api_said_it(adopt, command, write, tmp_path, native):
    adopt(cloud_of(TEXTS), ANSIBLE_JINJA2_NATIVE=native)
    fleet = read_back(command, write, tmp_path, ANSIBLE_JINJA2_NATIVE=native)
    assert [vm["discs"][0]["label"] for vm in fleet["vms"]] == TEXTS
    for option in ("cdrom_url", "keymap", "zone", "hardware_profile"):
        assert [vm.get(option, "") for vm in fleet["vms"]] == TEXTS
    assert [vm["discs"][0]["storage_grade"] for vm in fleet["vms"]] == TEXTS
    for vm, text in zip(fleet["vms"], TEXTS, strict=True):
        schedule = {"start_at": text, "interval": "90m", "capacity": 7}
        assert vm["discs"][0]["backup_schedules"] == [schedule]
        assert (vm["cores"], vm["memory"], vm["autoreboot"]) == (1, "1GiB", True)


def test_schedules_that_are_not_told_in_full_are_not_said_to_be_all(adopt):
    whole = {"id": 1, "start_at": "03:00", "interval_seconds": 60, "capacity": 1}
    vms = [machine(number, f"web{number}", "default", discs=[disc(number, "data", number)]) for number in range(10, 18)]
    bad = [None, [], [7], *([whole, {**whole, key: None}] for key in ("start_at", "interval_seconds", "capacity"))]
    bad += [[whole, {"id": 2}], [whole]]
    for vm, schedules in zip(vms, bad, strict=True):
        vm["discs"][0]["backup_schedules"] = schedules
    fleet = yaml.safe_load(adopt(Cloud(vms, True, [])))["bigv_fleet"]
    written = [vm["discs"][0].get("backup_schedules") for vm in fleet["vms"]]
    assert written == [None] * 7 + [[{"start_at": "03:00", "interval": "1m", "capacity": 1}]]


def test_names_too(adopt, command, write, tmp_path):
    names = {3: "{{ " + ORDER + " }}", 4: "#jinja2: variable_start_string:'<<'\n<< " + ORDER + " }}", 5: "plain"}
    vms = [machine(number, name, "default", group_id=number) for number, name in names.items()]
    cloud = Cloud([{**vm, "hostname": f"web{vm['id']}.web.acme.uk0.bigv.io"} for vm in vms], True, [])

    def answer(request):
        if request.path.endswith("/groups"):
            return Answer(
                body=encoded([{"id": number, "account_id": 2, "name": name} for number, name in names.items()])
            )
        return cloud(request)

    text = adopt(answer, BIGV_ACCOUNT="acme")
    fleet = read_back(command, write, tmp_path)
    assert sorted(fleet["groups"]) == sorted(names.values())
    assert [(vm["name"], vm["group"]) for vm in fleet["vms"]] == [(name, name) for name in names.values()]
    assert '"plain"' in text
    assert '!unsafe "plain"' not in text


@pytest.mark.parametrize("native", ["false", "true"])
def test_reverse_dns_too(adopt, command, write, tmp_path, native):
    """Whether a server has one name, or each address its own."""
    vms = [machine(number, f"web{number}", "default") for number in range(10, 10 + len(TEXTS))]
    cloud = Cloud(vms, True, [])
    names = {address: TEXTS[vm["id"] - 10] for vm in vms for address in vm["network_interfaces"][0]["ips"]}

    def answer(request):
        address = request.path.removeprefix("/ips/")
        if address == request.path or (has_two_names and ":" in address):
            return cloud(request)
        return Answer(body=encoded({"address": address, "rdns": names[address]}))

    for has_two_names in (False, True):
        adopt(answer, ANSIBLE_JINJA2_NATIVE=native)
        fleet = read_back(command, write, tmp_path, ANSIBLE_JINJA2_NATIVE=native)
        for vm, text in zip(fleet["vms"], TEXTS, strict=True):
            rdns = vm.get("rdns", "")
            assert isinstance(rdns, dict) == bool(text and (has_two_names or text.lstrip().startswith("{")))
            assert {rdns} == {text} if isinstance(rdns, str) else set(rdns.values()) == {text}


def test_what_is_plain_is_not_tagged(adopt):
    text = adopt(cloud_of(PLAIN))
    assert "!unsafe" not in text
    assert [vm["keymap"] for vm in yaml.safe_load(text)["bigv_fleet"]["vms"]] == PLAIN


@pytest.mark.parametrize("native", ["false", "true"])
@pytest.mark.parametrize("playbook", ["provision", "drift", "teardown"])
def test_nothing_is_evaluated_by_the_playbooks(adopt, command, tmp_path, playbook, native):
    """Whatever becomes of it: the modules see the text, and say it where they refuse it."""
    texts = [text for text in TEXTS if "touch" in text]
    adopt(cloud_of(texts))
    with recording_server(cloud_of(texts)) as server:
        environment = {"BIGV_API_URL": server.url, "ANSIBLE_JINJA2_NATIVE": native}
        run = command(
            "ansible-playbook", f"bytemark.cloud.{playbook}", "-e", "@fleet.yml", "--check", "-vvv", **environment
        )
    assert not (tmp_path / "hacked").exists()
    assert "touch hacked" in run.output
    assert run.status in (0, 2), run.output


def test_a_file_that_is_replaced_is_kept_and_named(command, tmp_path):
    (tmp_path / "fleet.yml").write_text("mine: true\n", encoding="utf-8")
    with recording_server(Cloud([], True, [])) as server:
        done = command("ansible-playbook", "bytemark.cloud.adopt", BIGV_API_URL=server.url)
    assert done.status == 0, done.output
    (backup,) = tmp_path.glob("fleet.yml.*")
    assert backup.read_text(encoding="utf-8") == "mine: true\n"
    assert f"{tmp_path}/fleet.yml describes the account. The file that it replaced is now {backup}" in done.output
