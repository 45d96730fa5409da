# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Whatever would destroy what is protected is refused before the first write, in check mode too."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.protection import matches
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.names import GroupName, VmName

DB1 = VmName("db1", "live", "acme")


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        (DB1, "db1", True),
        (DB1, "DB1.Live", True),
        (DB1, "db1.live.acme", True),
        (DB1, "db?", True),
        (DB1, "*.live", True),
        (DB1, "db[1-3].*", True),
        (DB1, "*", True),
        (DB1, "live", False),
        (DB1, "db", False),
        (DB1, "db1.staging", False),
        (DB1, "b1", False),
        (VmName("DB1", "LIVE", "acme"), "db1.live", True),
        (GroupName("live", "acme"), "live", True),
        (GroupName("live", "acme"), "*.acme", True),
        (GroupName("live", "acme"), "acme", False),
    ],
)
def test_matching(name, pattern, expected):
    assert matches(name, pattern) is expected


VM = {"name": "db1", "last_imaged_with": "jessie", "power_on": False, "autoreboot_on": False,
      "discs": [{"label": "root", "size": 1024}, {"label": "data", "size": 1024}]}  # fmt: skip
NIC = {"ips": ["198.18.0.1"], "extra_ips": {"198.18.0.77": "198.18.0.1"}}
INSTALL = {"image": "stretch", "discs": [{"label": "root", "size": "1GiB"}]}
TASKS = {
    "delete": ("bigv_vm", {"name": "db1", "state": "absent"}),
    "purge": ("bigv_vm", {"name": "db1", "state": "absent", "purge": True}),
    "reimage": ("bigv_vm", {"name": "db1", "reimage": "always", **INSTALL}),
    "reimage changed": ("bigv_vm", {"name": "db1", "reimage": "changed", **INSTALL}),
    "replace": ("bigv_vm", {"name": "gone", "on_deleted": "replace"}),
    "purge a soft-deleted VM": ("bigv_vm", {"name": "gone", "state": "absent", "purge": True}),
    "delete a disc": ("bigv_disc", {"vm": "db1", "label": "data", "state": "absent", "purge": True}),
    "take a disc": ("bigv_disc", {"vm": "db1", "label": "data", "new_vm": "other"}),
    "delete an address": ("bigv_ip", {"address": "198.18.0.77", "state": "absent", "purge": True}),
    "delete a group's VMs": ("bigv_group", {"name": "staging", "state": "absent", "purge": True}),
    "fleet: delete": ("bigv_fleet", {"vms": [{"name": "new"}, {"name": "db1", "state": "absent"}]}),
    "fleet: reimage": ("bigv_fleet", {"vms": [{"name": "new"}, {"name": "db1", "reimage": "always", **INSTALL}]}),
    "fleet: prune": ("bigv_fleet", {"groups": ["default"], "vms": [{"name": "other"}], "prune": "delete"}),
    "fleet: group": ("bigv_fleet", {"groups": [{"name": "staging", "state": "absent"}], "purge": True}),
}  # fmt: skip


@pytest.fixture
def seeded(cloud):
    other = {**VM, "name": "other", "discs": [{"label": "root", "size": 1024}]}
    cloud.seed({**VM, "network_interfaces": [NIC]}, other, {**VM, "name": "gone", "deleted": True}, staging=[VM])
    return cloud


@pytest.mark.parametrize("source", ["option", "environment", "both"])
@pytest.mark.parametrize(("module_name", "options"), TASKS.values(), ids=TASKS)
def test_what_destroys_is_refused(request, seeded, monkeypatch, module_name, options, source):
    module = request.getfixturevalue(module_name)
    protect = {} if source == "environment" else {"protect": ["DB*", "gone.default.acme"]}
    if source != "option":
        # Neither lifts the other: an option that protects nothing here does not take the environment's away.
        monkeypatch.setenv("BIGV_PROTECT", " nothing ,db*, GONE.*")
        protect = {"protect": ["unrelated"]} if source == "both" else {}
    before = seeded.groups()
    for check_mode in (True, False):
        result = module(**options, **protect, check_mode=check_mode)
        assert result["failed"]
        assert result["msg"].startswith("protect: VM ")
        assert not result["changed"]
    assert seeded.writes() == []
    assert seeded.groups() == before


@pytest.mark.parametrize(("module_name", "options"), TASKS.values(), ids=TASKS)
def test_what_is_not_protected_is_destroyed(request, seeded, monkeypatch, module_name, options):
    monkeypatch.setenv("BIGV_PROTECT", "web*")
    assert request.getfixturevalue(module_name)(**options, protect=["other.staging", ""])["changed"]


@pytest.mark.parametrize("pattern", ["staging", "STAG*.acme", "staging.acme.uk0.bigv.io"])
def test_a_protected_group(seeded, bigv_group, bigv_fleet, pattern):
    seeded.seed(staging=[])
    for result in (
        bigv_group(name="staging", state="absent", protect=[pattern]),
        bigv_fleet(groups=[{"name": "staging", "state": "absent"}], protect=[pattern]),
    ):
        assert result["msg"].startswith("protect: group staging.acme is protected by the pattern")
    assert seeded.writes() == []


def test_what_destroys_nothing_is_done(seeded, bigv_vm, bigv_disc, bigv_group, bigv_ip, bigv_ip_swap, bigv_vm_action):
    protect = {"protect": ["*"]}
    assert bigv_ip(address="198.18.0.77", rdns="db.example.com", **protect)["changed"]
    assert bigv_ip(vm="db1", additional=2, reason="more", **protect)["changed"]
    assert bigv_ip_swap(vm="other", with_vm="db1", address="198.18.0.1", **protect)["changed"]
    assert bigv_vm_action(vm="other", action="rescue", **protect)["changed"]
    assert bigv_vm(name="db1", memory="2GiB", discs=[{"label": "data", "size": "2GiB"}], **protect)["changed"]
    assert bigv_vm(name="db1", state="running", new_name="db2", **protect)["changed"]
    assert bigv_vm(name="gone", on_deleted="restore", **protect)["changed"]
    assert bigv_disc(vm="db2", label="data", size="3GiB", new_label="logs", **protect)["changed"]
    assert bigv_group(name="staging", new_name="live", **protect)["changed"]
