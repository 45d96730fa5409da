# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What a task says is going on: in one line that moves on a terminal, in lines elsewhere."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.plan import Plan, Step, WaitCondition
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.fleet.queue import Item
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.fleet.summary import status_text
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.vm.attributes import VM as VM_SCHEMA
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import blocks_of
from ansible_collections.bytemark.cloud.tests.unit.playbooks.terminal import Shown, run_in_terminal

IMAGE = {"image": "stretch", "discs": [{"size": "25GiB"}], "state": "running"}
FLEET = {"bytemark.cloud.bigv_fleet": {"defaults": IMAGE, "vms": [{"name": f"web{number}"} for number in (1, 2, 3)]}}
VM = {"bytemark.cloud.bigv_vm": {"name": "web1", **IMAGE}}
WAITING = "waiting for VM web1.default.acme to be powered on with an address ("
# What a line that moves sends, and what neither Ansible nor anything else here does.
MOVES = "\x1b["
BUILD_TIME = 2


@pytest.fixture(params=["by rich", "in plain text"])
def line(request, tmp_path) -> dict[str, str]:
    """Return an environment with the library that moves lines, or without."""
    if request.param == "by rich":
        return {}
    folder = tmp_path / "without"
    folder.mkdir()
    (folder / "rich.py").write_text("raise ImportError\n", encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


@pytest.fixture
def play(cloud, environment, write, tmp_path):
    """Run tasks on a terminal, of a cloud where building takes a while."""

    def run(
        *tasks: dict[str, Any], env: dict[str, str] | None = None, build_time: float = BUILD_TIME, **more: Any
    ) -> Shown:
        cloud.seed(build_time=build_time)
        file = write("play.yml", [{"hosts": "all", "connection": "local", "gather_facts": False, "tasks": [*tasks]}])
        terminal = {"TERM": "xterm-256color"}
        return run_in_terminal(
            "ansible-playbook", "-i", "localhost,", file,
            env={key: value for key, value in environment.items() if key != "CI"} | terminal | (env or {}),
            cwd=tmp_path,
            **more,
        )  # fmt: skip

    return run


def statuses(shown: Shown) -> list[str]:
    """Return what the line that moves was, each once."""
    found = (re.findall(r"^\d+ s · .*|^waiting .*", screen, re.M) for screen in shown.screens)
    return list(dict.fromkeys(line for lines in found for line in lines))


def check_is_clean(shown: Shown) -> None:
    """See that nothing of the line is left, and that what callbacks say is as they said it."""
    assert not re.search(r"\d+ s · |waiting for", shown.last)
    assert not shown.hides_cursor
    for screen in shown.screens:
        assert len(re.findall(r"\d+ s · |waiting for", screen)) <= 1
        for line in screen.splitlines():
            assert not re.search(r"(TASK|PLAY|ok:|changed:|fatal:).*( · |waiting for)", line), screen


def test_a_fleet_moves_one_line(play, line):
    shown = play(FLEET, {"ansible.builtin.debug": {"msg": "after it"}}, env=line)
    assert shown.status == 0, shown.last
    seen = statuses(shown)
    assert len(seen) > 1
    assert all(re.fullmatch(r"\d s · \d accepted · \d built · 0 failed", status) for status in seen)
    assert any(" · 3 accepted · 0 built · " in status for status in seen)
    check_is_clean(shown)
    assert "\n3 created\nchanged: [localhost]\n\nTASK [ansible.builtin.debug]" in shown.last


def test_what_is_restarted_is_counted(cloud, play):
    task = {
        "bytemark.cloud.bigv_fleet": {"vms": [{"name": "web1", "memory": "2GiB"}], "defaults": {"allow_restart": True}}
    }
    prepared = {"bytemark.cloud.bigv_fleet": {"vms": [{"name": "web1"}], "defaults": IMAGE | {"image": "stretch"}}}
    slow = {"ansible.builtin.uri": {"url": f"{cloud.control_url}/settings", "method": "PUT", "body_format": "json",
                                    "body": {"shutdown_time": BUILD_TIME}}}  # fmt: skip
    shown = play(prepared, slow, task)
    assert shown.status == 0, shown.last
    assert any(
        re.fullmatch(r"\d s · 1 accepted · 0 built · 0 failed · 1 restarting \(max 1\) · 0 changed", seen)
        for seen in statuses(shown)
    )
    check_is_clean(shown)


def test_the_guide_shows_what_is_shown():
    """As the tests here see it, numbers and names aside."""
    texts = [block.text for block in blocks_of("docs/docsite/rst/guide_large_fleets.rst") if block.kind == "text"]
    shown = [text for text in texts if re.match(r"\d+ s · |waiting for ", text)]
    step = Step("x", "PUT", "/", VM_SCHEMA)
    vms = [Item(effect, Plan(None, None, (step._replace(effect=effect),))) for effect in ("create", "restart")]
    vms[1].plan = vms[1].plan._replace(back=WaitCondition("/", "x", VM_SCHEMA, bool))
    line, wait = (re.sub(r"\d+", "N", text).strip() for text in shown)
    assert line == re.sub(r"\d+", "N", status_text([], vms, 12, 50))
    assert wait == WAITING.replace("web1.default", "webN.staging").replace("web1", "webN") + "N s of N s)"


def test_a_vm_says_what_it_waits_for(play, line):
    shown = play(VM, env=line)
    assert shown.status == 0, shown.last
    assert len(statuses(shown)) > 1
    assert all(re.fullmatch(re.escape(WAITING) + r"\d s of 600 s\)", status) for status in statuses(shown))
    check_is_clean(shown)


def test_other_modules_say_what_they_wait_for(play):
    wait = {"bytemark.cloud.bigv_vm_info": {"name": "web1", "wait_for": "running", "wait_timeout": 2}}
    shown = play(wait | {"ignore_errors": True})
    assert shown.showed("waiting for VM web1.default.acme to be running (1 s of 2 s)")
    check_is_clean(shown)


def test_a_narrow_terminal_cuts_the_line_off(play, line):
    shown = play(FLEET, env=line, columns=30)
    assert shown.status == 0, shown.last
    assert shown.showed("1 s · 3 accepted · 0 built")
    assert not any("0 failed" in screen for screen in shown.screens)
    check_is_clean(shown)


def test_failures_are_said_above_as_they_happen(play, line):
    vms = [{"name": "web1"}, *({"name": name, "memory": 7, "cores": 9999} for name in ("bad1", "bad2"))]
    shown = play({"bytemark.cloud.bigv_fleet": {"defaults": IMAGE, "vms": vms, "wait_timeout": 60}}, env=line)
    assert shown.status == 2
    said = (
        r"^(bad[12])\.default\.acme: FAILED: Could not create VM \1\.default\.acme from stretch: the API answered 400: "
    )
    assert len(re.findall(said, shown.last, re.M)) == 1
    before = next(screen for screen in shown.screens if re.search(said, screen, re.M))
    assert "fatal:" not in before
    assert any(" · 1 accepted · 0 built · 2 failed" in status for status in statuses(shown))
    check_is_clean(shown)


@pytest.mark.parametrize("task", [FLEET, VM], ids=["bigv_fleet", "bigv_vm"])
def test_ctrl_c_leaves_the_terminal_clean(play, line, task):
    shown = play(task, env=line, build_time=600, is_to_end=lambda screen: re.search(r"^1 s ·|\(1 s of", screen, re.M))
    assert shown.status != 0
    check_is_clean(shown)
    assert "Interrupted by SIGINT" in shown.last
    assert "User interrupted execution" in shown.last


@pytest.mark.parametrize(
    "env",
    [{"TERM": "dumb"}, {"TERM": ""}, {"CI": "true"}, {"AWX_ISOLATED_DATA_DIR": "/x"}],
    ids=lambda env: next(iter(env)),
)
def test_what_cannot_move_a_line_gets_none(play, env):
    shown = play(FLEET, env=env)
    assert shown.status == 0, shown.last
    assert MOVES not in shown.sent
    assert "\n3 created\nchanged: [localhost]" in shown.last


def test_colours_are_ansibles(play):
    vms = [{"name": "web1"}, {"name": "bad", "memory": 7, "cores": 9999}]
    task = {"bytemark.cloud.bigv_fleet": {"defaults": IMAGE, "vms": vms}}
    assert "\x1b[31m1 failed" in play(task, env={"ANSIBLE_NOCOLOR": "false"}).sent
    for colourless in ("ANSIBLE_NOCOLOR", "NO_COLOR"):
        shown = play(task, env={"ANSIBLE_NOCOLOR": "", colourless: "1"})
        assert any(" · 1 failed" in status for status in statuses(shown))
        assert not re.search(r"\x1b\[[0-9;]*m", shown.sent)


def test_without_utf_8_the_line_is_ascii(play):
    shown = play(FLEET, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert shown.status == 0, shown.last
    assert shown.showed("1 s, 3 accepted, 0 built, 0 failed")
    assert shown.sent.isascii()


def test_standard_error_in_a_file_gets_lines(cloud, play, environment, write, tmp_path):
    cloud.seed(build_time=BUILD_TIME)
    file = write("play.yml", [{"hosts": "localhost", "gather_facts": False, "tasks": [FLEET]}])
    with (tmp_path / "errors").open("w", encoding="utf-8") as errors:
        subprocess.run(["ansible-playbook", file], env=environment, check=True, stdout=subprocess.PIPE, stderr=errors)
    assert (tmp_path / "errors").read_text(encoding="utf-8") == "3 created\n"


def test_hosts_at_once_say_whose_the_lines_are_every_ten_seconds(cloud, environment, write, tmp_path):
    """Ansible may say what became of one at any time, so that none has a line that moves."""
    cloud.seed(build_time=11)
    task = {"bytemark.cloud.bigv_fleet": {"defaults": IMAGE, "vms": [{"name": "web{{ inventory_hostname }}"}]}}
    file = write("play.yml", [{"hosts": "all", "connection": "local", "gather_facts": False, "tasks": [task]}])
    shown = run_in_terminal("ansible-playbook", "-i", "a,b", file, env=environment | {"TERM": "xterm"}, cwd=tmp_path)
    assert shown.status == 0, shown.last
    assert MOVES not in shown.sent
    for host in "ab":
        assert shown.last.count(f"[{host}] 10 s · 1 accepted · 0 built · 0 failed\n") == 1
        assert shown.last.count(f"[{host}] 1 created\n") == 1


def test_the_log_has_what_stays_and_nothing_that_moved(play, tmp_path):
    vms = [{"name": "web1"}, {"name": "bad", "memory": 7, "cores": 9999}]
    play(
        {"bytemark.cloud.bigv_fleet": {"defaults": IMAGE, "vms": vms}}, env={"ANSIBLE_LOG_PATH": str(tmp_path / "log")}
    )
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert "1 created, 1 failed" in log
    assert "accepted" not in log
    assert MOVES not in log
