# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The JSON schema of ``fleet.yml``: it takes what the documentation shows, and points at what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible_collections.bytemark.cloud.plugins.module_utils._core.durations import parse_duration
from ansible_collections.bytemark.cloud.plugins.module_utils._core.errors import BigvError
from ansible_collections.bytemark.cloud.plugins.module_utils._core.names import parse_size
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.fleet.limits import share_of
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE, blocks_of, documents
from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

SCHEMA = json.loads((TREE / "roles/fleet/files/fleet.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft7Validator(SCHEMA)


def shown_fleets() -> dict[str, Any]:
    """Return every variable file with a fleet that is shown or comes along, by where it is."""
    found = {
        f"{block.document}:{block.line}": content
        for document in documents()
        for block in blocks_of(document)
        if block.kind == "yaml"
        for content in yaml.safe_load_all(block.text)
        if isinstance(content, dict) and "bigv_fleet" in content
    }
    return found | {"examples": yaml.safe_load((TREE / "examples/ci/fleet.yml").read_text(encoding="utf-8"))}


FLEETS = shown_fleets()


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("content", FLEETS.values(), ids=FLEETS)
def test_what_is_shown_fits(content: dict[str, Any]) -> None:
    VALIDATOR.validate(content)


def test_the_guides_show_fleets() -> None:
    assert len(FLEETS) > 5
    assert {name.partition(":")[0] for name in FLEETS} >= {"roles/fleet/README.md", "docs/docsite/rst/guide_plans.rst"}


@pytest.mark.parametrize(
    "fleet",
    [
        {},
        "{{ fleets[stage] }}",
        {"vms": "{{ servers }}", "groups": "{{ groups_of_mine }}", "defaults": "{{ defaults_of_mine }}"},
        {"vms": ["{{ web1 }}", {"name": "{{ name }}", "cores": "{{ cores }}", "state": "{{ state }}"}]},
        {"vms": [{"name": 7, "memory": 2048, "discs": [{"size": "1.5 TiB"}, {"label": "data", "size": "50G"}]}]},
        {"vms": [{"id": 7001, "purge": True, "state": "absent", "rdns": {"192.0.2.1": "www.example.com"}}]},
        {"groups": ["web", 7, {"name": "old", "state": "absent"}], "max_deletions": 3, "max_unavailable": "10%"},
        {"groups": "web,db", "protect": "web*"},
    ],
)
def test_what_the_module_takes_fits(fleet: Any) -> None:
    VALIDATOR.validate({"bigv_fleet": fleet, "anything": ["else"]})


@pytest.mark.parametrize(
    ("content", "path", "complaint"),
    [
        ({"bigv_flet": {}}, "", "'bigv_fleet' is a required property"),
        ({"bigv_fleet": []}, "bigv_fleet", "is not of type 'object', 'string'"),
        ({"bigv_fleet": "web"}, "bigv_fleet", "does not match"),
        ({"bigv_fleet": {"vm": []}}, "bigv_fleet", "'vm' was unexpected"),
        ({"bigv_fleet": {"vms": {"name": "web1"}}}, "bigv_fleet.vms", "is not of type 'array', 'string'"),
        ({"bigv_fleet": {"vms": [{"cores": 1}]}}, "bigv_fleet.vms.0", "is not valid under any"),
        ({"bigv_fleet": {"vms": [{"name": "web1", "id": 7}]}}, "bigv_fleet.vms.0", "should not be valid"),
        ({"bigv_fleet": {"vms": [{"id": 7, "group": "web"}]}}, "bigv_fleet.vms.0", "should not be valid"),
        ({"bigv_fleet": {"vms": [{"name": "web1", "memmory": 1}]}}, "bigv_fleet.vms.0", "'memmory' was unexpected"),
        ({"bigv_fleet": {"vms": [{"name": "web1", "memory": "2 GB"}]}}, "bigv_fleet.vms.0.memory", "does not match"),
        ({"bigv_fleet": {"vms": [{"name": "web1", "cores": "two"}]}}, "bigv_fleet.vms.0.cores", "does not match"),
        ({"bigv_fleet": {"vms": [{"name": "web1", "state": "on"}]}}, "bigv_fleet.vms.0.state", "'on' does not"),
        ({"bigv_fleet": {"vms": [{"name": "web1", "root_password": 1}]}}, "bigv_fleet.vms.0.root_password", "'string'"),
        ({"bigv_fleet": {"vms": [{"name": "a", "discs": [{"sise": 1}]}]}}, "bigv_fleet.vms.0.discs.0", "'sise' was"),
        ({"bigv_fleet": {"defaults": {"name": "web1"}}}, "bigv_fleet.defaults", "'name' was unexpected"),
        ({"bigv_fleet": {"groups": [{"nam": "web"}]}}, "bigv_fleet.groups.0", "'nam' was unexpected"),
        ({"bigv_fleet": {"groups": [{"name": "a", "state": "gone"}]}}, "bigv_fleet.groups.0.state", "'gone' does not"),
        ({"bigv_fleet": {"max_unavailable": "half"}}, "bigv_fleet.max_unavailable", "does not match"),
        (
            {"bigv_fleet": {"defaults": {"discs": [{"backup_schedules": [{"start_at": "03:00"}]}]}}},
            "bigv_fleet.defaults.discs.0.backup_schedules.0",
            "'interval' is a required property",
        ),
    ],
)
def test_what_is_wrong_is_pointed_at(content: Any, path: str, complaint: str) -> None:
    error = best_match(VALIDATOR.iter_errors(content))
    assert (".".join(map(str, error.absolute_path)), complaint in error.message) == (path, True), error.message


def is_taken(check: Any, *arguments: Any) -> bool:
    try:
        check(*arguments)
    except BigvError:
        return False
    return True


@pytest.mark.parametrize(
    "text", ["2048", "2GiB", "2 G", "1.5TiB", "512m", "2gib", "2GB", "2 GB", "GiB", "-1", "2GiBs", "2  GiB", "1,5GiB"]
)
def test_a_size_is_one_where_the_module_says_so(text: str) -> None:
    fits = VALIDATOR.is_valid({"bigv_fleet": {"defaults": {"memory": text, "discs": [{"size": text}]}}})
    assert fits is is_taken(parse_size, "memory", text)


@pytest.mark.parametrize("text", ["90", "90s", "15 m", "24h", "7d", "12w", "1.5h", "15min", "m", "-5s"])
def test_a_duration_is_one_where_the_module_says_so(text: str) -> None:
    fits = VALIDATOR.is_valid({"bigv_fleet": {"defaults": {"ready_timeout": text}}})
    assert fits is is_taken(parse_duration, "ready_timeout", text)


@pytest.mark.parametrize("text", ["3", "25%", "0%", "25 %", "a quarter", "2.5%", "-1"])
def test_a_share_is_one_where_the_module_says_so(text: str) -> None:
    fits = VALIDATOR.is_valid({"bigv_fleet": {"max_deletions": text}})
    assert fits is is_taken(share_of, "max_deletions", text, 50)


def test_options_are_documented_and_have_their_defaults() -> None:
    fleet = SCHEMA["properties"]["bigv_fleet"]["properties"]
    assert fleet["max_unavailable"]["default"] == "25%"
    assert fleet["prune"]["anyOf"][0]["enum"] == ["none", "report", "delete"]
    vm = fleet["vms"]["items"]["properties"]
    assert "`2GiB`" in vm["memory"]["description"]
    assert all(option["description"] and "(`" not in option["description"][:2] for option in (fleet | vm).values())
