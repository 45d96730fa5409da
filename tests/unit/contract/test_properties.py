# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The contracts as properties: whatever is there, and whatever is asked for, each module keeps them.

(a) Check mode sends no write. (b) Its ``changed`` is the real run's. (c) So are its ``diff``, ``actions`` and returned
object, but for what only the server can choose. (d) A second run sends no write, and costs one GET (one more where
something is renamed or moved). (e) What was omitted is untouched. (f) A PUT carries only what differs. And what is
refused is refused in check mode as well, before anything is written.

EXAMPLES in the environment says how many examples to try for each module.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import Any

from ansible_collections.bytemark.cloud.plugins.module_utils._core.attributes import Attribute
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.vm.attributes import VM
from ansible_collections.bytemark.cloud.tests.unit.contract.checks import check_and_do, check_repeat
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, run_in_controller, run_module
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

EXAMPLES = settings(
    max_examples=int(os.environ.get("EXAMPLES", "500")),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


# The contract holds either way.
WAYS = st.sampled_from([run_module, run_in_controller])
BASE = "/accounts/acme/groups"
SIZES = st.sampled_from([1000, 2048, 3000])
GRADES = st.sampled_from(["sata", "ssd"])
LABELS = st.sampled_from(["disc-1", "disc-2", "data", "vda"])
ISO = "https://example.com/rescue.iso"


def optional(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw some of the options: each is given or omitted."""
    return st.fixed_dictionaries({}, optional=strategies)


schedules = st.lists(
    st.fixed_dictionaries(
        {
            "start_at": st.sampled_from(["03:00", "2026-11-24 03:00:00 UTC", "2026-11-25T00:00:00+01:00"]),
            "interval_seconds": st.sampled_from([86400, 604800]),
            "capacity": st.sampled_from([1, 7]),
        }
    ),
    max_size=3,
)
existing_discs = st.lists(
    st.fixed_dictionaries(
        {"label": LABELS, "size": SIZES, "storage_grade": GRADES, "backup_schedules": st.just([]) | schedules}
    ),
    max_size=3,
    unique_by=lambda disc: disc["label"],
)
# Values that are good for an attribute of a VM: of its definition, or else of its kind.
GOOD: dict[str, Sequence[Any]] = {
    "zone_names": ["york", "manchester"],
    "hardware_profiles": ["virtio2018", "virtio2013"],
    "keymaps": ["de"],
    "bool": [False, True],
    "int": [1, 2],
    "size": [1024, 2048],
    "optional text": [ISO],
}


def values(attribute: Attribute, unset: Any) -> st.SearchStrategy[Any]:
    """Draw the values of an attribute, or of its option; ``unset`` is how either says that it has none."""
    return st.sampled_from([*[unset] * attribute.nullable, *GOOD[attribute.definition or attribute.kind]])


def existing_vm(name: str) -> st.SearchStrategy[dict[str, Any]]:
    alive = st.fixed_dictionaries(
        {
            "name": st.just(name),
            "power_on": st.booleans(),
            "autoreboot_on": st.booleans(),
            "last_imaged_with": st.sampled_from([None, "stretch", "jessie"]),
            "discs": existing_discs,
            **{attribute.name: values(attribute, None) for attribute in VM.options.values()},
        }
    )
    return st.one_of(alive, alive, alive.map(lambda vm: vm | {"power_on": False, "deleted": True}))


vm_wanted = st.fixed_dictionaries(
    {"state": st.sampled_from(["present", "present", "running", "stopped", "restarted", "absent"])},
    optional={
        **{option: values(attribute, "") for option, attribute in VM.options.items()},
        "autoreboot": st.booleans(),
        "zone": st.sampled_from(["york", "york", "manchester", "mars"]),
        "discs": st.lists(
            optional(label=LABELS, size=SIZES.map(str) | st.just("4GiB"), storage_grade=GRADES), max_size=3
        ),
        "image": st.sampled_from(["stretch", "stretch", "jessie", "beos"]),
        "reimage": st.sampled_from(["never", "changed", "changed", "always"]),
        "on_deleted": st.sampled_from(["fail", "restore", "replace"]),
        "allow_restart": st.booleans(),
        "purge": st.booleans(),
        "backup_before": st.booleans(),
        "shutdown_before_deletion": st.booleans(),
        "rdns": st.sampled_from(["www.example.com", "web1.default.acme.uk0.bigv.io"]),
        "new_name": st.sampled_from(["web1", "web2"]),
        "new_group": st.sampled_from(["default", "staging"]),
    },
)

# What an option is called in the API, and what may change without being named.
ATTRIBUTES = {"new_name": "name", "new_group": "group_id", "autoreboot": "autoreboot_on"}
ATTRIBUTES |= {option: attribute.name for option, attribute in VM.options.items()}
SETTABLE = {name for name, attribute in VM.attributes.items() if attribute.compared} - {"deleted"}


def all_vms(cloud: Cloud) -> dict[int, dict[str, Any]]:
    return {vm["id"]: vm for group in cloud.groups().values() for vm in group["virtual_machines"]}


@EXAMPLES
@given(
    here=st.none() | existing_vm("web1"),
    other=st.none() | existing_vm("web2"),
    moved=st.none() | existing_vm("web1"),
    options=vm_wanted,
    hardware_changes=st.sampled_from(["pending", "refused"]),
    way=WAYS,
)
def test_bigv_vm(cloud, here, other, moved, options, hardware_changes, way):
    bigv_vm = partial(way, "bigv_vm", **cloud.access, wait_timeout=10)
    if {"new_name", "new_group"}.isdisjoint(options):
        other = moved = None
    cloud.seed(
        *(vm for vm in (here, other) if vm),
        staging=[moved] if moved else [],
        hardware_changes=hardware_changes,
    )
    before = all_vms(cloud)
    predicted, done = check_and_do(cloud, bigv_vm, name="web1", **options)
    if done.get("failed"):
        if not predicted.get("failed"):
            assert hardware_changes == "refused"
            assert "allow_restart: true" in done["msg"]
        return
    after = all_vms(cloud)
    if done["vm"] is not None:
        check_vm(before, after[done["vm"]["id"]], options)
    check_others(before, after, done)
    check_partial_puts(cloud, before, done)
    if options["state"] != "restarted" and options.get("reimage") != "always":
        again, requests = check_repeat(cloud, bigv_vm, name="web1", **options)
        assert len(requests) == cost_of_repeat(options, done)
        assert again["vm"] == done["vm"]


def cost_of_repeat(options: dict[str, Any], done: dict[str, Any]) -> int:
    renamed = options.get("new_name", "web1") != "web1" or options.get("new_group", "default") != "default"
    addresses = 2 if "rdns" in options and done["vm"] else 0
    return 1 + renamed + addresses


def check_vm(before: dict[int, Any], vm: dict[str, Any], options: dict[str, Any]) -> None:
    """Check that what was asked for is so, and that everything else is as it was."""
    for option, attribute in VM.options.items():
        if option in options:
            assert vm[attribute.name] == (None if options[option] == "" else options[option])
    if options["state"] != "present":
        assert vm["power_on"] == (options["state"] != "stopped")
    if "autoreboot" in options:
        assert vm["autoreboot_on"] == options["autoreboot"]
    assert not vm["deleted"]
    existing = before.get(vm["id"])
    if existing is None:
        return
    named = {ATTRIBUTES.get(option, option) for option in options}
    if options["state"] != "present":
        named |= {"power_on", "autoreboot_on"}
    if options.get("reimage", "never") != "never":
        named |= {"last_imaged_with"}
    for attribute in SETTABLE:
        if attribute not in named:
            assert vm[attribute] == existing[attribute], attribute
    wanted = options.get("discs", [])
    labels = [disc["label"] for disc in existing["discs"]]
    assert [disc["label"] for disc in vm["discs"]][: len(labels)] == labels
    assert len(vm["discs"]) <= len(labels) + len(wanted)
    if not wanted:
        assert list(map(without_backups, vm["discs"])) == list(map(without_backups, existing["discs"]))


def without_backups(disc: dict[str, Any]) -> dict[str, Any]:
    """Return a disc without what a backup changes."""
    return {name: value for name, value in disc.items() if name not in ("backups", "backup_count")}


def check_others(before: dict[int, Any], after: dict[int, Any], done: dict[str, Any]) -> None:
    """No VM but one was touched."""
    touched = {vm_id for vm_id in before.keys() | after.keys() if before.get(vm_id) != after.get(vm_id)}
    replaced = 1 if done["actions"] and done["actions"][0].startswith("purge") else 0
    assert len(touched) <= 1 + replaced
    if done["vm"] is not None and touched and not replaced:
        assert touched == {done["vm"]["id"]}


KEEP_OFF = {"autoreboot_on": False, "power_on": False}


def check_partial_puts(cloud: Cloud, before: dict[int, Any], done: dict[str, Any]) -> None:
    """Replay the writes on what was there: no PUT carries what is so already."""
    vm = dict(next((vm for vm in before.values() if done["vm"] and vm["id"] == done["vm"]["id"]), {}))
    discs = {disc["label"]: dict(disc) for disc in vm.get("discs", ())}
    for write in cloud.writes():
        body, path = write["body"] or {}, write["path"]
        if path.endswith("/signal"):
            vm["power_on"] = False
        elif path.endswith("/reimage"):
            vm |= {"power_on": True, "autoreboot_on": False}
        elif write["method"] == "PUT" and not path.startswith("/ips/"):
            current = discs[path.rsplit("/", 1)[1]] if "/discs/" in path else vm
            assert body
            if body == KEEP_OFF:
                # Both are sent to stop a VM (documented), though one of them may be so already.
                assert vm["autoreboot_on"]
                vm |= body
                continue
            for attribute, value in body.items():
                assert attribute not in current or current[attribute] != value
            current |= body


@EXAMPLES
@given(
    discs=existing_discs,
    new_discs=st.none() | existing_discs,
    options=st.fixed_dictionaries(
        {"label": LABELS},
        optional={
            "size": SIZES.map(str) | st.just("4GiB"),
            "storage_grade": st.sampled_from(["sata", "ssd", "sad"]),
            "new_label": st.sampled_from(["data", "logs", "sdb"]),
            "new_vm": st.sampled_from(["db1", "db2", "db3"]),
            "state": st.sampled_from(["present", "present", "absent"]),
            "purge": st.booleans(),
            "backup_before": st.booleans(),
        },
    ),
    power_on=st.booleans(),
    new_power_on=st.booleans(),
    way=WAYS,
)
def test_bigv_disc(cloud, discs, new_discs, options, power_on, new_power_on, way):
    bigv_disc = partial(way, "bigv_disc", **cloud.access)
    vms = [{"name": "db1", "discs": discs, "power_on": power_on}]
    if new_discs is not None:
        vms.append({"name": "db2", "discs": new_discs, "power_on": new_power_on})
    cloud.seed(*vms)
    before = {disc["id"]: disc for vm in all_vms(cloud).values() for disc in vm["discs"]}
    if (
        options.get("state") != "absent"
        and options.get("new_vm") in ("db2", "db3")
        and options["new_vm"] not in cloud.vms()
    ):
        # In check mode, an earlier task may be about to create the VM, so that another reason comes first, or none.
        predicted, done = (bigv_disc(vm="db1", **options, check_mode=check_mode) for check_mode in (True, False))
        assert done["failed"]
        assert predicted.get("failed") or "new_vm: there is no VM" in predicted["warnings"][0]
        assert cloud.writes() == []
        return
    predicted, done = check_and_do(cloud, bigv_disc, vm="db1", **options)
    if done.get("failed"):
        assert predicted.get("failed"), done["msg"]
        return
    after = {disc["id"]: disc for vm in all_vms(cloud).values() for disc in vm["discs"]}
    touched = {disc_id for disc_id in before.keys() | after.keys() if before.get(disc_id) != after.get(disc_id)}
    assert len(touched) == bool(done["changed"])
    if done["disc"] is not None:
        disc = after[done["disc"]["id"]]
        assert without_backups(disc) == without_backups(done["disc"])
        assert disc["label"] == options.get("new_label", options["label"])
        existing = before.get(disc["id"])
        if existing is not None:
            for option, attribute in (("size", "size"), ("storage_grade", "storage_grade")):
                if option not in options:
                    assert disc[attribute] == existing[attribute]
            for write in cloud.writes():
                for attribute, value in write["body"].items():
                    assert existing[attribute] != value
    _again, requests = check_repeat(cloud, bigv_disc, vm="db1", **options)
    assert len(requests) == 1 + ("new_vm" in options)


@EXAMPLES
@given(
    groups=st.sets(st.sampled_from(["one", "two"])),
    vms=st.lists(existing_vm("web1"), max_size=1),
    options=optional(
        new_name=st.sampled_from(["one", "two"]),
        state=st.sampled_from(["present", "present", "absent"]),
        purge=st.booleans(),
    ),
    way=WAYS,
)
def test_bigv_group(cloud, groups, vms, options, way):
    bigv_group = partial(way, "bigv_group", **cloud.access)
    assume(not vms or groups)
    cloud.seed()
    cloud.control(
        "POST",
        "seed",
        {
            "accounts": [
                {"name": "acme", "groups": [{"name": name, "virtual_machines": vms} for name in sorted(groups)]}
            ]
        },
    )
    cloud.clear()
    before = cloud.groups()
    predicted, done = check_and_do(cloud, bigv_group, name="one", **options)
    if done.get("failed"):
        assert predicted.get("failed"), done["msg"]
        return
    assert done["diff"]["after"] == predicted["diff"]["after"]
    after = cloud.groups()
    if options.get("state") == "absent":
        assert "one" not in after
    else:
        assert options.get("new_name", "one") in after
    if "two" in before and options.get("new_name") != "two":
        assert after["two"] == before["two"]
    _again, requests = check_repeat(cloud, bigv_group, name="one", **options)
    assert len(requests) == 1 + (options.get("new_name", "one") != "one")
