# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What is said of a task that is under way, where there is no terminal."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.progress import Redacted
from ansible_collections.bytemark.cloud.plugins.plugin_utils import _progress
from ansible_collections.bytemark.cloud.plugins.plugin_utils._progress import Lines, Terminal, progress_of


class Display:
    """Ansible's display."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.was_shown = threading.Event()

    def display(self, line: str, stderr: bool) -> None:
        assert stderr
        self.lines.append(line)
        self.was_shown.set()


@pytest.fixture
def display():
    return Display()


def test_a_status_is_shown_time_and_again_until_the_block_ends(display):
    lines = Lines(display, "[web] ")
    lines.interval = 0.01
    states = iter(range(1000000))
    with lines.showing(lambda: f"state {next(states)}"):
        while len(display.lines) < 3:
            assert display.was_shown.wait(60)
    shown = list(display.lines)
    assert shown[:3] == ["[web] state 0", "[web] state 1", "[web] state 2"]
    assert not display.lines[len(shown) :]


def test_what_ends_before_ten_seconds_are_over_shows_no_status(display):
    with Lines(display).showing(lambda: "a state"):
        pass
    assert display.lines == []


def test_a_failure_ends_it_as_well(display):
    lines = Lines(display)
    lines.interval = 0.01

    def fail():
        with lines.showing(lambda: "a state"):
            assert display.was_shown.wait(60)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert set(display.lines) == {"a state"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web1\x1b[2J\x07: FAILED", "web1 [2J : FAILED"),
        ("one\nTASK [two] ****", "one TASK [two] ****"),
        ("a\r\u202eb\u200bc", "a b c"),
        ("x" * 9000, "x" * 3999 + "…"),
    ],
)
def test_nothing_moves_the_cursor_whatever_the_api_calls_things(display, text, shown):
    lines = Lines(display)
    lines(text)
    assert display.lines == [shown]


def test_what_the_client_knows_to_be_secret_is_not_shown(display):
    lines = Lines(display)
    lines.interval = 0.01
    redacted = Redacted(lines, lambda text: text.replace("hunter2", "********"))
    redacted("password hunter2")
    display.was_shown.clear()
    with redacted.showing(lambda: "waiting for hunter2"):
        assert display.was_shown.wait(60)
    assert set(display.lines) == {"password ********", "waiting for ********"}


def test_a_line_moves_only_where_a_terminal_can_and_one_host_has_the_task(display, monkeypatch):
    monkeypatch.setattr(_progress.os, "isatty", lambda file: file == _progress.STDERR)
    able = {"TERM": "xterm"}
    assert isinstance(progress_of(display, able, "web1", 1), Terminal)
    for environment, hosts in (({}, 1), ({"TERM": "dumb"}, 1), (able | {"CI": "1"}, 1), (able, 2)):
        assert not isinstance(progress_of(display, environment, "web1", hosts), Terminal)
    monkeypatch.setattr(_progress.os, "isatty", lambda file: False)
    assert not isinstance(progress_of(display, able, "web1", 1), Terminal)
