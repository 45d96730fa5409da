# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The pure functions of the status page, called in a headless Chromium; and the lines of the log that it shows."""

import pytest
from bigv_simulator.core.redaction import Redactor
from bigv_simulator.core.request_log import Entry, RequestLog


@pytest.fixture
def call(chromium, api):
    """Call an exported function of one of the page's files."""
    chromium.get(api.url)

    def call(file, function, *args):
        return chromium.execute_async_script(
            """const [file, name, args, done] = arguments;
            import(`/_simulator/page/${file}.js`).then((module) => done(module[name](...args)));""",
            file,
            function,
            args,
        )

    return call


def group(name, *machines, **others):
    return {"name": name, "virtual_machines": [{"name": machine} for machine in machines], **others}


def sample(at, total, on=0, building=0):
    return {"at": at, "on": on, "building": building, "total": total}


def test_numbers_in_names_are_sorted_as_numbers(call):
    accounts = [
        {"name": "b", "groups": []},
        {"name": "a", "groups": [group("g10"), group("g9", "web-2-10", "web-10-1", "web-2-9", "Web-1", "api")]},
    ]
    assert call("arrangement", "sorted", accounts) == [
        {"name": "a", "groups": [group("g9", "api", "Web-1", "web-2-9", "web-2-10", "web-10-1"), group("g10")]},
        {"name": "b", "groups": []},
    ]


@pytest.mark.parametrize("text", ["", "  "])
def test_no_words_find_everything(call, text):
    accounts = [{"name": "a", "groups": [group("g", "web1")]}, {"name": "b", "groups": []}]
    assert call("arrangement", "found", accounts, text) == [
        {"name": "a", "groups": [group("g", "web1", total=1)]},
        {"name": "b", "groups": []},
    ]


def test_all_words_have_to_be_in_a_dotted_name(call):
    accounts = [{"name": "acme", "groups": [group("live", "web1", "db1"), group("test", "web1")]}]
    for text in ("live web", " WEB  .LIVE. "):
        assert call("arrangement", "found", accounts, text) == [
            {"name": "acme", "groups": [group("live", "web1", total=2)]}
        ]
    assert call("arrangement", "found", accounts, "live test") == []


@pytest.mark.parametrize(
    ("total", "powers", "text"),
    [
        (0, [], "0 virtual machines"),
        (1, ["off"], "1 virtual machine"),
        (1234, ["on"] * 1200 + ["building"] * 34, "1,234 virtual machines, 1,200 on, 34 building"),
        (1234, ["on", "deleted"], "2 of 1,234 virtual machines, 1 on"),
    ],
)
def test_a_group_in_a_few_words(call, total, powers, text):
    machines = [{"power": power} for power in powers]
    assert call("arrangement", "described", {"total": total, "virtual_machines": machines}) == text


def test_samples_count_requests_per_second_of_the_last_five_minutes(call):
    samples = []
    rates = []
    for each in (sample(0, 50), sample(1000, 60), sample(3000, 64), sample(4000, 64), sample(5000, 3)):
        samples = call("activity", "sampled", samples, each)
        rates.append(samples[-1]["rate"])
    assert rates == [0, 10, 2, 0, 3]
    samples = call("activity", "sampled", samples, sample(303_000, 3))
    assert [each["at"] for each in samples] == [4000, 5000, 303_000]


def test_a_plot_goes_up_to_its_peak(call):
    samples = [sample(0, 0, on=1), sample(75_000, 0, on=4), sample(150_000, 0, on=0)]
    assert call("activity", "peak", samples, "on") == 4
    assert call("activity", "points", samples, "on", 300, 32) == "150.0,24.0 225.0,0.0 300.0,32.0"
    assert call("activity", "points", samples, "building", 300, 32) == "150.0,32.0 225.0,32.0 300.0,32.0"
    assert call("activity", "points", [], "on", 300, 32) == ""


def test_a_full_log_is_shown_in_few_lines():
    """What is folded is counted as it comes, so however much there is, nothing has to be searched."""
    log = RequestLog(Redactor())
    for method, count in (("PUT", 1), ("GET", 150_000), ("HEAD", 2), ("POST", 60), ("GET", 1)):
        for _again in range(count):
            log.add(Entry(1.0, method, "/accounts", "", 1, b"", status=200))
    lines = log.last_lines()
    assert [(line["method"], line["count"]) for line in lines] == [("GET", 1)] + [("POST", 1)] * 49
    assert [(line["method"], line["number"]) for line in log.last_writes()[:2]] == [
        ("POST", 150_063),
        ("POST", 150_062),
    ]
    log.add(Entry(2.0, "GET", "/accounts", "", 1, b"", status=200))
    assert [log.last_lines()[0][name] for name in ("count", "number", "time")] == [2, 150_064, 2.0]
    log.clear()
    assert log.last_lines() == log.last_writes() == []
