# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide "Plan, review, apply", followed from nothing."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import GUIDES
from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader

DIFFERENCE = "VM web2.web.acme has changed since: memory 2048 → 4096"


def test_plans(reader: Reader) -> None:
    runs = reader.follow("guide_plans")
    applied = runs["ansible-playbook bytemark.cloud.apply -e @fleet.yml"]
    # As planned, and again; refused; as planned anew.
    assert [(run.status, run.changed) for run in applied] == [(0, 1), (0, 0), (2, 0), (0, 1)]
    assert DIFFERENCE in applied[2].output
    assert f"``{DIFFERENCE}``" in (GUIDES / "guide_plans.rst").read_text(encoding="utf-8")
    vms = {name: vm["memory"] for name, vm in reader.cloud.vms("web").items() if not vm["deleted"]}
    assert vms == {"web1": 2048, "web2": 2048}
    # What a check run creates is not there.
    assert "mail" not in reader.cloud.groups()
    assert "DELETE" in (reader.folder / "plan.mmd").read_text(encoding="utf-8")
    assert all((reader.folder / f"plan.{ending}").exists() for ending in ("md", "html"))
    assert all((reader.folder / f"drift.{ending}").exists() for ending in ("json", "xml", "md", "html"))
