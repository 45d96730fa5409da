# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Writes whose answers are lost, where no retry or no read can help. The contract suite has those that succeed."""

from __future__ import annotations


def test_without_retries_a_lost_answer_is_verified_too(cloud, bigv_group):
    cloud.faults({"fault": "reset_after", "method": "POST"})
    assert bigv_group(name="new", api_retries=0)["actions"] == ["create group new.acme"]


def test_what_to_do_when_the_outcome_of_a_write_stays_unknown(cloud, bigv_group):
    cloud.faults(
        {"fault": "reset_after", "method": "POST"}, {"fault": "reset_before", "path": "*/groups/new", "skip": 1}
    )
    result = bigv_group(name="new", api_retries=0)
    assert result["msg"].startswith("Could not read the outcome of this step: create group new.acme: ")
    assert result["msg"].endswith("Then run the task again: it first checks what was already done.")
    cloud.faults()
    assert not bigv_group(name="new")["changed"]


def test_a_fault_that_stays_ends_the_task(cloud, bigv_group):
    cloud.faults({"fault": "status", "status": 503, "method": "POST"})
    result = bigv_group(name="new", api_retries=1)
    assert result["msg"].startswith("Could not create group new.acme: the API answered 503: ")
    assert cloud.happened() == ["status", "status"]
    assert not result["changed"]


def test_a_write_that_fails_on_the_server_is_not_repeated(cloud, bigv_group):
    cloud.faults({"fault": "status", "status": 500, "method": "POST"})
    result = bigv_group(name="new", api_retries=3)
    assert "the API answered 500" in result["msg"]
    assert cloud.happened() == ["status"]
