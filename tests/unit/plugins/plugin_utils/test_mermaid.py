# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Diagrams: whatever things are called, a line draws a node, and nothing else."""

from __future__ import annotations

import re

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.bytemark.cloud.plugins.filter.mermaid import diagram
from hypothesis import given
from hypothesis import strategies as st

TEXT = r'"(?:[A-Za-z0-9_ .-]|#\d+;)*(?:<br>[A-Za-z]+)?"'
NODE = rf"n[0-9a-f]{{12}}(?:\(\[{TEXT}\]\)|\[\[{TEXT}\]\]|\[{TEXT}\]|\[\({TEXT}\)\])(?::::[a-z]+)?"
LINE = re.compile(rf"  (?:n[0-9a-f]{{12}} --> )?{NODE}|  classDef [a-z]+ [a-z0-9#,: -]+")
names = st.text(max_size=50) | st.sampled_from(['a"]', "`a`", "#quot;", "end", "<b>", "a\nb", "%%{init}%%", "{{ a }}"])


def write(effect):
    return {"summary": "", "method": "PUT", "path": "/", "body": None, "effect": effect}


def resource(name, *effects, kind="VM", before=None, after=None, **other):
    writes = [write(effect) for effect in effects]
    return {"kind": kind, "name": name, "before": before, "after": after, "writes": writes, **other}


def plan(*resources):
    return {"account": "acme", "resources": list(resources)}


def labels(text):
    return re.findall(r'"([^"]*)"', text)


def test_what_becomes_of_each():
    there, data = {"discs": {"root": {"size": 1024}}}, {"discs": {"root": {"size": 2048}, "data": {"size": 1000}}}
    drawn = diagram(
        plan(
            resource("web.acme", "create", kind="group", after={}),
            resource("new.web.acme", "create", after=there),
            resource("wiped.web.acme", "restart", "wipe", before=there, after=there),
            resource("grown.web.acme", "change", before=there, after=data),
            resource("old.web.acme", "delete", before=there),
            resource("again.web.acme", "purge", "create", after=there),
            resource("same.web.acme", before=there, after=there),
            resource("a.web.acme", "change", before=there, after=there, renamed_to="b.web.acme"),
        )
    )
    assert labels(drawn) == [
        "acme", "web<br>create", "new<br>create", "root 1 GiB", "wiped<br>WIPE", "root 1 GiB", "grown<br>change",
        "root 2 GiB<br>change", "data 1000 MiB<br>create", "old<br>DELETE", "root 1 GiB", "again<br>REPLACE",
        "root 1 GiB", "same", "root 1 GiB", "a #8594; b.web.acme<br>change", "root 1 GiB",
    ]  # fmt: skip
    assert set(re.findall(r":::(\w+)", drawn)) == set(re.findall(r"classDef (\w+)", drawn)) == {
        "create", "wipe", "change", "delete", "replace",
    }  # fmt: skip


def test_a_fleet():
    defaults = {"group": "web", "discs": [{"size": "25GiB"}]}
    vms = [{"name": "web1"}, {"name": "db1.db"}, {"id": 7}, {"name": 42, "state": "absent", "discs": []}]
    drawn = diagram({"groups": ["web", {"name": "old", "state": "absent"}], "defaults": defaults, "vms": vms})
    assert labels(drawn) == [
        "account", "web", "web1", "disc-1 25GiB", "id 7", "disc-1 25GiB", "42<br>DELETE", "old<br>DELETE", "db", "db1",
        "disc-1 25GiB",
    ]  # fmt: skip
    assert labels(diagram({})) == ["account"]


def test_what_is_destroyed_is_drawn_before_all_else():
    vms = [resource(f"same{number}.web.acme", before={}, after={}) for number in range(300)]
    vms += [resource("zz.web.acme", "purge", before={}), resource("yy.web.acme", "change", before={}, after={})]
    drawn = labels(diagram(plan(*vms), max_vms=3))
    assert drawn == ["acme", "web", "same0", "zz<br>DELETE", "yy<br>change", "299 more"]


def test_many_groups_are_counted():
    drawn = labels(diagram({"groups": [f"group{number}" for number in range(100)]}, max_vms=2))
    assert drawn == ["account", "group0", "group1", "98 more groups"]


def test_ids_stay_and_tell_apart():
    one = diagram({"vms": [{"name": "a_b"}, {"name": "a-b"}, {"name": "web"}], "groups": ["web"]})
    other = diagram({"vms": [{"name": "first"}, {"name": "web"}, {"name": "a-b"}, {"name": "a_b"}], "groups": ["web"]})
    nodes = {line.split(" --> ")[1] for line in one.splitlines() if " --> " in line}
    assert len({node[:13] for node in nodes}) == len(nodes) == 5
    assert nodes <= {line.split(" --> ")[-1] for line in other.splitlines()}


@given(st.lists(names, max_size=5), names, names)
def test_whatever_things_are_called(groups, name, label):
    drawn = diagram({"account": name, "groups": groups, "vms": [{"name": name, "discs": [{"label": label}]}]})
    first, *lines = drawn.split("\n")
    assert first == "flowchart LR"
    for line in lines:
        assert LINE.fullmatch(line), line


@pytest.mark.parametrize("value", [None, "text", [1], {"vms": "text"}, {"vms": [1]}, {"resources": [{}]}])
def test_what_is_neither_is_refused(value):
    with pytest.raises(AnsibleFilterError, match="specify the options of bigv_fleet, or a plan"):
        diagram(value)
