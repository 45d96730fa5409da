# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Two reads in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.plugin_utils._changes import (
    ORDERS,
    changes,
    completed,
    has_lost,
    portrait,
    portraits,
)
from ansible_collections.bytemark.cloud.tests.unit.fuzz.hostile import TEXTS
from hypothesis import given
from hypothesis import strategies as st

WEB1 = {
    "id": 7,
    "name": "web1",
    "hostname": "web1.default.acme.uk0.bigv.io",
    "group_id": 3,
    "power_on": True,
    "autoreboot_on": True,
    "cores": 1,
    "memory": 1024,
    "keymap": None,
    "last_imaged_with": "stretch",
    "management_address": "192.0.2.200",
    "head": "head1",
    "deleted": False,
    "discs": [{"id": 5, "label": "vda", "size": 25600, "storage_grade": "sata", "storage_pool": "tail1"}],
    "network_interfaces": [{"id": 6, "ips": ["192.0.2.7", "2001:db8::7"], "extra_ips": {"192.0.2.8": "192.0.2.7"}}],
}
RENAMED = {"name": "web2", "hostname": "web2.default.acme.uk0.bigv.io"}
MOVED = {"group_id": 4, "hostname": "web1.staging.acme.uk0.bigv.io"}
VDA = WEB1["discs"][0]
NIC = WEB1["network_interfaces"][0]


def told(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return the events between two reads of one VM, less the VM itself."""
    old, new = (portraits([vm] if vm else []) for vm in (before, after))
    events = list(changes(old, completed(old, new)))
    assert {event["vm"]["id"] for event in events} <= {7}
    return [{key: value for key, value in event.items() if key != "vm"} for event in events]


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {"type": "changed", "before": before, "after": after}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {}, [{"type": "created", "restored": False}]),
        ({}, None, [{"type": "deleted", "purged": True}]),
        ({}, {"deleted": True}, [{"type": "deleted", "purged": False}]),
        ({"deleted": True}, None, [{"type": "deleted", "purged": True}]),
        ({"deleted": True}, {}, [{"type": "created", "restored": True}]),
        (None, {"deleted": True}, [{"type": "created", "restored": False}, {"type": "deleted", "purged": False}]),
        ({"deleted": True}, {"deleted": True, "cores": 2}, []),
        ({}, {"deleted": True, "power_on": False, "cores": 2}, [{"type": "deleted", "purged": False}]),
        ({}, {"power_on": False}, [{"type": "off"}]),
        ({"power_on": False}, {}, [{"type": "on"}]),
        ({"power_on": False}, {"cores": 2}, [changed({"cores": 1}, {"cores": 2}), {"type": "on"}]),
        ({}, RENAMED, [changed({"name": "web1"}, {"name": "web2"})]),
        ({}, MOVED, [changed({"group": "default", "group_id": 3}, {"group": "staging", "group_id": 4})]),
        ({}, {"keymap": "en-gb"}, [changed({"keymap": None}, {"keymap": "en-gb"})]),
        ({"keymap": "en-gb"}, {}, [changed({"keymap": "en-gb"}, {"keymap": None})]),
        ({}, {"autoreboot_on": False}, [changed({"autoreboot_on": True}, {"autoreboot_on": False})]),
        ({}, {"head": "head2", "management_address": "192.0.2.201"}, []),
        ({}, {"discs": [VDA | {"storage_pool": "tail2"}]}, []),
        ({}, {"hostname": "web1.default.acme.uk1.bigv.io"}, []),
    ],
)  # fmt: skip
def test_what_becomes_of_a_vm(before, after, expected):
    assert told(*(None if vm is None else WEB1 | vm for vm in (before, after))) == expected


def test_discs():
    vdb = {"id": 8, "label": "vdb", "size": 1024, "storage_grade": "ssd"}
    shown = [
        {"label": label, "size": size, "storage_grade": grade}
        for label, size, grade in (("vda", 25600, "sata"), ("vdb", 1024, "ssd"))
    ]
    assert told(WEB1, WEB1 | {"discs": [vdb, VDA]}) == [changed({"discs": shown[:1]}, {"discs": shown})]
    assert told(WEB1 | {"discs": [vdb, VDA]}, WEB1 | {"discs": [VDA, vdb]}) == []
    grown = told(WEB1, WEB1 | {"discs": [VDA | {"size": 51200}]})
    assert grown == [changed({"discs": shown[:1]}, {"discs": [shown[0] | {"size": 51200}]})]
    migrating = told(WEB1, WEB1 | {"discs": [VDA | {"new_storage_grade": "ssd"}]})
    assert migrating == [changed({"discs": shown[:1]}, {"discs": [shown[0] | {"storage_grade": "ssd"}]})]
    schedule = {"id": 7, "start_at": "03:00:00", "interval_seconds": 86400, "capacity": 7}
    backed_up = VDA | {"backup_schedules": [schedule]}
    lines = {"backup_schedules": ["03:00 every 1d, keeps 7"]}
    assert told(WEB1, WEB1 | {"discs": [backed_up]}) == [changed({"discs": shown[:1]}, {"discs": [shown[0] | lines]})]
    remade = VDA | {"backup_schedules": [{**schedule, "id": 8, "start_at": "03:00"}]}
    assert told(WEB1 | {"discs": [backed_up]}, WEB1 | {"discs": [remade]}) == []


def test_addresses():
    more = WEB1 | {"network_interfaces": [NIC | {"extra_ips": {"192.0.2.9": "192.0.2.7", "192.0.2.8": "192.0.2.7"}}]}
    assert told(WEB1, more) == [
        changed({"ipv4": ["192.0.2.7", "192.0.2.8"]}, {"ipv4": ["192.0.2.7", "192.0.2.8", "192.0.2.9"]})
    ]
    # Additional addresses may stand in `ips` as well.
    both = WEB1 | {"network_interfaces": [NIC | {"ips": [*NIC["ips"], "192.0.2.8"]}]}
    assert told(WEB1, both) == []
    # Which of them is the primary one matters, and the order of the others does not.
    other = WEB1 | {"network_interfaces": [NIC | {"extra_ips": {"192.0.2.8": "192.0.2.7", "192.0.2.9": "192.0.2.7"}}]}
    assert told(more, other) == []
    swapped = WEB1 | {"network_interfaces": [NIC | {"ips": ["192.0.2.8"], "extra_ips": {"192.0.2.7": "192.0.2.8"}}]}
    assert told(WEB1 | {"network_interfaces": [NIC | {"ips": ["192.0.2.7"]}]}, swapped) == [
        changed({"ipv4": ["192.0.2.7", "192.0.2.8"]}, {"ipv4": ["192.0.2.8", "192.0.2.7"]})
    ]


@pytest.mark.parametrize(
    "attribute", ["cores", "memory", "power_on", "autoreboot_on", "keymap", "hostname", "group_id"]
)
def test_what_the_api_leaves_out_has_not_changed(attribute):
    without = {name: value for name, value in WEB1.items() if name != attribute}
    assert told(WEB1, without) == []
    assert told(without, WEB1) == []
    # What was known before it was left out still counts.
    known = portraits([WEB1])
    meanwhile = completed(known, portraits([without]))
    assert list(changes(known, meanwhile)) == list(changes(meanwhile, known)) == []


def test_what_is_missing_from_an_answer():
    whole = portrait(WEB1)
    assert has_lost(whole, None)
    assert has_lost(whole, portrait(WEB1 | {"discs": []}))
    assert has_lost(whole, portrait(WEB1 | {"network_interfaces": []}))
    assert not has_lost(whole, portrait(WEB1 | {"discs": [VDA | {"size": 1}]}))
    assert not has_lost(whole, portrait(WEB1 | {"deleted": True, "discs": [], "network_interfaces": []}))


VMS = st.fixed_dictionaries(
    {"cores": st.integers(1, 2), "power_on": st.booleans(), "deleted": st.booleans()},
    optional={"memory": st.integers(1, 2), "keymap": st.sampled_from([None, "us"]), "name": st.sampled_from("ab")},
)
READS = st.dictionaries(st.integers(1, 3), VMS, max_size=3)


@given(READS, READS)
def test_whoever_follows_the_events_knows_the_vms(before, after):
    old, new = (portraits(WEB1 | vm | {"id": number} for number, vm in vms.items()) for vms in (before, after))
    new = completed(old, new)
    followed = {number: dict(vm) for number, vm in old.items() if not vm["deleted"]}
    for event in changes(old, new):
        number = event["vm"]["id"]
        if event["type"] == "created":
            assert number not in followed
            followed[number] = dict(event["vm"])
        elif event["type"] == "deleted":
            assert (number in new) is not event["purged"]
            followed.pop(number, None)
        elif event["type"] == "changed":
            assert event["before"].items() <= followed[number].items()
            assert event["before"].keys() == event["after"].keys()
            followed[number].update(event["after"])
        else:
            assert followed[number]["power_on"] is (event["type"] == "off")
            followed[number]["power_on"] = event["type"] == "on"
    assert followed == {number: vm for number, vm in new.items() if not vm["deleted"]}


@given(st.fixed_dictionaries(dict.fromkeys(("name", "hostname", "keymap", "cdrom_url", "zone_name"), TEXTS)), TEXTS)
def test_texts_of_the_api_are_harmless(texts, label):
    shown = portrait(WEB1 | texts | {"discs": [VDA | {"label": label}]})
    for text in [value for value in shown.values() if isinstance(value, str)] + [shown["discs"][0]["label"]]:
        assert text.isprintable()
        assert len(text) <= 2000
        assert not any(opening in text for opening in ("{{", "{%", "{#"))
        assert not text.startswith(ORDERS)
    json.dumps(shown).encode()


def test_orders_to_ansible_are_harmless():
    for text in ("#jinja2: variable_start_string: '[%'", "$ANSIBLE_VAULT;1.1;AES256\n6161"):
        assert portrait(WEB1 | {"keymap": text})["keymap"].startswith(" ")


def test_numbers_that_no_rule_engine_has_are_left_out():
    shown = portrait(WEB1 | {"memory": 10**400, "cores": -(2**63), "discs": [VDA | {"size": 2**63}]})
    assert "memory" not in shown
    assert "cores" not in shown
    assert shown["discs"][0]["size"] is None
    assert told(WEB1, WEB1 | {"memory": 10**400}) == []
