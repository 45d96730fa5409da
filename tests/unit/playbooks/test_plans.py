# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Plans that are made, shown and applied, and the reports of drift, by the playbooks."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import Cloud, machine
from ansible_collections.bytemark.cloud.tests.unit.recording_server import recording_server
from markdown_it import MarkdownIt

REASON = {"additional_ipv4_reason": "two shops"}
FLEET = {
    "groups": ["staging"],
    "defaults": {"group": "staging", "discs": [{"size": "1GiB"}]},
    "vms": [
        {"name": "new1", "image": "stretch", "root_password": "hunter2hunter2"},
        {"name": "web1", "memory": "2GiB", "rdns": "www.example.com", "additional_ipv4": 2, **REASON},
        {"name": "old1", "state": "absent", "purge": True, "discs": []},
        {"name": "same1"},
    ],
}
PAGES = ("-e", "fleet_plan_markdown=plan.md", "-e", "fleet_plan_html=plan.html")
REPORTS = [
    word
    for kind, ending in {"json": "json", "junit": "xml", "markdown": "md", "html": "html"}.items()
    for word in ("-e", f"fleet_report_{kind}=drift.{ending}")
]
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "`a` ```b",
    "a | b",
    "@everyone #1 !2 :tada:",
    "**a** _b_ [c](http://example.com) ![d](http://example.com/e.png)",
    "</details></code></td><script>alert(1)</script>",
    "a\n\n# b\n- c",
    "```\n# out of the fence",
    "\u202eoi\x00\x1b[31m",
    "{{ lookup('ansible.builtin.pipe', 'touch hacked') }}",
    "{% autoescape false %}&amp;\"'",
    "http://example.com www.example.com me@example.com",
)
VOID = {"meta", "br"}


class Page(HTMLParser):
    """The elements of a page, each closed in its turn, their attributes, and the text in them."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.texts.append(data)


@pytest.fixture
def fleet(cloud, write):
    """Return the file of a fleet, for an account that is not so yet."""
    disc = {"label": "disc-1", "size": 1024}
    names = ("web1", "old1", "same1", "stray1", "stray2")
    cloud.seed(staging=[{"name": name, "memory": 1024, "discs": [disc]} for name in names])
    return f"@{write('fleet.yml', {'bigv_fleet': FLEET})}"


def test_a_plan_is_shown_and_applied(cloud, command, fleet, tmp_path):
    planned = command("ansible-playbook", "bytemark.cloud.plan", "-e", fleet, *PAGES)
    assert planned.status == 0, planned.output
    assert cloud.writes() == []
    said = planned.output.partition("Print a summary")[2]
    assert said.index("1 to create, 1 to change, 1 to delete (1 permanently)") < said.index(
        "purge VM old1.staging.acme"
    )
    assert "web1" not in said
    markdown, html = ((tmp_path / name).read_text(encoding="utf-8") for name in ("plan.md", "plan.html"))
    for text in (markdown, html):
        lines = ("purge VM old1", "create VM new1.staging.acme", "memory 1024 → 2048", "same1.staging.acme")
        assert [text.index(line) for line in lines] == sorted(text.index(line) for line in lines)
        assert "hunter2" not in text
        assert "add 2 additional IPv4 addresses to VM web1.staging.acme" in text
        assert text.count("of VM web1.staging.acme to www.example.com") == 2
    assert "```mermaid\nflowchart LR\n" in markdown
    assert "plus root_password (not shown)" in html

    applied = command("ansible-playbook", "bytemark.cloud.apply", "-e", fleet)
    assert (applied.status, applied.changed) == (0, 1), applied.output
    assert set(cloud.vms("staging")) == {"new1", "web1", "same1", "stray1", "stray2"}
    cloud.clear()
    assert len(cloud.vms("staging")["web1"]["network_interfaces"][0]["extra_ips"]) == 2
    again = command("ansible-playbook", "bytemark.cloud.apply", "-e", fleet)
    assert (again.status, again.changed) == (0, 0), again.output
    nothing = command("ansible-playbook", "bytemark.cloud.plan", "-e", fleet, "-e", "fleet_plan=other.json", *PAGES)
    assert nothing.status == 0, nothing.output
    assert "Plan: nothing to change" in nothing.output
    assert cloud.writes() == []
    assert "mermaid" not in (tmp_path / "plan.md").read_text(encoding="utf-8")


def test_a_plan_is_refused_once_the_account_is_another(cloud, command, fleet):
    missing = command("ansible-playbook", "bytemark.cloud.apply", "-e", fleet)
    assert missing.status == 2
    assert "fleet.plan.json" in missing.output
    assert "it does not exist" in missing.output
    assert command("ansible-playbook", "bytemark.cloud.plan", "-e", fleet).status == 0
    cloud.api("PUT", "/accounts/acme/groups/staging/virtual_machines/same1", {"cores": 3})
    cloud.clear()
    moved = command("ansible-playbook", "bytemark.cloud.apply", "-e", fleet)
    assert moved.status == 2
    assert "VM same1.staging.acme has changed since: cores 1 → 3" in moved.output
    assert cloud.writes() == []


@pytest.mark.parametrize("fails", [False, True])
def test_all_reports_of_drift_have_the_same_numbers(cloud, command, fleet, tmp_path, fails):
    arguments = ("-e", fleet, *REPORTS, "-e", f"fleet_fail_on_unmanaged={fails}")
    drift = command("ansible-playbook", "bytemark.cloud.drift", *arguments)
    assert drift.status == 2, drift.output
    assert cloud.writes() == []
    assert "unmanaged: stray1.staging.acme, stray2.staging.acme" in drift.output
    assert ("2 VMs are unmanaged" in drift.output) == fails
    report = json.loads((tmp_path / "drift.json").read_text())
    summary = {**report["summary"]}
    text = summary.pop("text")
    assert summary == {"total": 7, "changed": 3, "destroyed": 1, "unchanged": 2, "unmanaged": 2, "failed": 0}
    assert report["unmanaged"] == ["stray1.staging.acme", "stray2.staging.acme"]
    suite = ElementTree.parse(tmp_path / "drift.xml").getroot()[0]
    skipped = {} if fails else {"skipped": "2"}
    counts = {"tests": "7", "failures": "5" if fails else "3", "errors": "0"}
    assert suite.attrib == {"name": "fleet", **counts, **skipped}
    for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
        assert len(list(suite.iter(tag))) == int(suite.get(attribute, 0))
    for name in ("drift.md", "drift.html"):
        page = (tmp_path / name).read_text(encoding="utf-8")
        assert text in page
        for heading in ("Destructive changes (1)", "Other changes (2)", "(2)", "Unchanged (2)"):
            assert heading in page


@pytest.mark.parametrize("fails", [False, True])
def test_vms_that_nobody_lists_are_drift_only_where_they_are_to_be(cloud, command, write, tmp_path, fails):
    cloud.seed(staging=[{"name": "web1"}, {"name": "stray1"}])
    for prune in ({}, {"prune": "none"}):
        file = write("fleet.yml", {"bigv_fleet": {"groups": ["staging"], "vms": [{"name": "web1.staging"}], **prune}})
        arguments = ("-e", f"@{file}", *REPORTS, "-e", f"fleet_fail_on_unmanaged={fails}")
        drift = command("ansible-playbook", "bytemark.cloud.drift", *arguments)
        assert drift.status == (2 if fails else 0), drift.output
        report = json.loads((tmp_path / "drift.json").read_text())
        assert report["drift"] is fails
        assert bool(report["unmanaged"]) == (fails or not prune)


def test_what_is_pruned_is_counted_once(command, fleet, write, tmp_path):
    wanted = {**FLEET, "prune": "delete", "max_deletions": "100%"}
    file = write("pruning.yml", {"bigv_fleet": wanted, "fleet_fail_on_unmanaged": True})
    assert command("ansible-playbook", "bytemark.cloud.drift", "-e", f"@{file}", *REPORTS).status == 2
    summary = json.loads((tmp_path / "drift.json").read_text())["summary"]
    assert (summary["total"], summary["changed"], summary["unmanaged"]) == (7, 5, 2)
    suite = ElementTree.parse(tmp_path / "drift.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("7", "5")


@pytest.mark.parametrize("playbook", ["plan", "drift"])
def test_an_api_that_does_not_answer_is_reported(command, fleet, tmp_path, playbook):
    arguments = ("-e", fleet, *(REPORTS if playbook == "drift" else PAGES))
    run = command("ansible-playbook", f"bytemark.cloud.{playbook}", *arguments, BIGV_API_URL="http://127.0.0.1:1")
    assert run.status == 2
    for ending in ("md", "html"):
        page = (tmp_path / f"{playbook}.{ending}").read_text(encoding="utf-8")
        assert "No plan could be made, so the differences are unknown" in page
        assert "127.0.0.1:1" in page
    if playbook == "drift":
        report = json.loads((tmp_path / "drift.json").read_text())
        assert "127.0.0.1:1" in report["error"]
        assert (report["summary"]["failed"], report["summary"]["total"]) == (1, 0)
        suite = ElementTree.parse(tmp_path / "drift.xml").getroot()[0]
        assert (suite.get("tests"), suite.get("errors")) == ("1", "1")
        assert "127.0.0.1:1" in suite.find("testcase/error").get("message")


def test_nothing_that_the_api_says_is_markup(command, write, tmp_path):
    strays = [machine(100 + number, text, "default") for number, text in enumerate(HOSTILE)]
    changed = [machine(10 + number, f"web{number}", "default", keymap=text) for number, text in enumerate(HOSTILE)]
    with recording_server(Cloud([*strays, *changed], True, [])) as server:
        access = {"api_url": server.url, "token": "apikey.t", "account": "acme"}
        vms = [{"name": vm["name"], "keymap": "de"} for vm in changed]
        file = write("fleet.yml", {"bigv_fleet": {**access, "groups": ["default"], "vms": vms}})
        run = command("ansible-playbook", "bytemark.cloud.drift", "-e", f"@{file}", *REPORTS, COLUMNS="4000")
    assert "actions are needed" in run.output
    assert not (tmp_path / "hacked").exists()
    printable = ["".join(letter if letter.isprintable() else "\ufffd" for letter in text) for text in HOSTILE]

    page = Page((tmp_path / "drift.html").read_text(encoding="utf-8"))
    assert not {*page.tags} & {"a", "b", "base", "iframe", "img", "link", "object", "script"}
    assert not [name for name in page.attributes if name in ("href", "src", "style") or name.startswith("on")]
    for text in printable:
        assert f"{text}.default.acme" in page.texts
        assert any(f"keymap {text} → de" in said for said in page.texts)

    tokens = MarkdownIt("commonmark").parse((tmp_path / "drift.md").read_text(encoding="utf-8"))
    inline = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inline} <= {"code_inline", "softbreak", "strong_close", "strong_open", "text"}
    blocks = "".join(token.content for token in tokens if token.type == "html_block")
    assert blocks == "<details><summary>Unchanged (1)</summary>\n</details>\n"
    said = [child.content for child in inline if child.type == "code_inline"]
    for text in printable:
        assert f"{text}.default.acme" in said
        assert any(f"keymap {text} → de" in line for line in said)
    assert "hacked" not in "".join(child.content for child in inline if child.type == "text")

    suite = ElementTree.parse(tmp_path / "drift.xml").getroot()[0]
    assert {f"{text}.default.acme" for text in printable} <= {case.get("name") for case in suite}
