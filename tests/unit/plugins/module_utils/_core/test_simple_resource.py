# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The kinds that resources are made of, driven through the discs of a VM, which have both paths and a list."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core import executor
from ansible_collections.bytemark.cloud.plugins.module_utils._core.client import Client
from ansible_collections.bytemark.cloud.plugins.module_utils._core.errors import BigvError
from ansible_collections.bytemark.cloud.plugins.module_utils._core.simple_resource import (
    Desired,
    ListedResource,
    SimpleResource,
)
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.disc.attributes import DISC
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.names import VmName
from ansible_collections.bytemark.cloud.tests.unit.support import is_as_predicted

WEB1 = VmName("web1", "default", "acme")
LIST = f"{WEB1.path}/discs"
DATA = {"label": "data", "size": 1000, "storage_grade": "sata"}
PURGE = {"purge": "true"}
PARAMS = {"label": "data", "size": None, "storage_grade": None, "state": "present", "protect": None}


def asked(params: dict[str, Any], path: str) -> Desired:
    """Return what a task asks of a disc of web1."""
    return Desired(
        params["label"],
        path,
        params["state"],
        DISC.given(params),
        parent=params.get("parent", LIST),
        identity={"label": params["label"]},
        owner=WEB1,
    )


class DiscAtItsPath(SimpleResource):
    noun = "disc"
    schema = DISC
    delete_query = PURGE

    def desired(self, params):
        return asked(params, f"{LIST}/{params['label']}")


class DiscInItsList(ListedResource):
    noun = "disc"
    schema = DISC
    delete_query = PURGE

    def desired(self, params):
        return asked(params, LIST)


@pytest.fixture(params=[DiscAtItsPath, DiscInItsList])
def kind(request):
    return request.param()


@pytest.fixture
def run(cloud, kind):
    def run(check_mode=False, **options):
        client = Client(api_url=cloud.api_url, token=cloud.token, api_retries=2)
        return kind.run(client, PARAMS | options, check_mode)

    return run


def discs(cloud):
    return {disc["label"]: disc for disc in cloud.vms()["web1"]["discs"]}


def predicted(cloud, run, **options):
    """Run in check mode, for real and again, and hold the three against each other."""
    before = cloud.vms()
    predicted = run(check_mode=True, **options)
    assert cloud.vms() == before
    cloud.clear()
    done = run(**options)
    assert (done["changed"], done["actions"]) == (predicted["changed"], predicted["actions"])
    assert is_as_predicted(predicted["disc"], done["disc"])
    assert done["diff"]["before"] == predicted["diff"]["before"]
    assert "warnings" not in done
    cloud.clear()
    assert not run(**options)["changed"]
    assert [request["method"] for request in cloud.requests()] == ["GET"]
    return done


def test_it_is_created(cloud, run):
    cloud.seed({"name": "web1"})
    done = predicted(cloud, run, size="1000")
    assert done["actions"] == ["create disc data"]
    assert done["disc"] == discs(cloud)["data"]
    assert done["disc"]["storage_grade"] == "sata"


def test_only_what_differs_is_changed(cloud, run):
    cloud.seed({"name": "web1", "discs": [DATA]})
    assert not run(size="1000")["changed"]
    cloud.clear()
    done = run(size="2000", storage_grade="sata")
    assert done["actions"] == ["change disc data: size 1000 → 2000"]
    assert [write["body"] for write in cloud.writes()] == [{"size": 2000}]
    assert discs(cloud)["data"]["size"] == 2000


def test_it_is_deleted(cloud, run):
    cloud.seed({"name": "web1", "discs": [{**DATA, "label": "root"}, DATA]})
    done = predicted(cloud, run, state="absent")
    assert done["actions"] == ["delete disc data"]
    assert done["disc"] is None
    assert list(discs(cloud)) == ["root"]


@pytest.mark.parametrize(
    "options", [{"size": "2000"}, {"label": "logs", "size": "1000"}, {"state": "absent"}], ids=["PUT", "POST", "DELETE"]
)
@pytest.mark.parametrize(
    "fault", [{"fault": "reset_after"}, {"fault": "status", "status": 502, "after": True}], ids=["lost", "502 after"]
)
def test_a_write_whose_answer_is_lost_is_not_repeated(cloud, run, monkeypatch, options, fault):
    monkeypatch.setattr(executor, "READS_LAG", 0.0)
    cloud.seed({"name": "web1", "discs": [{**DATA, "label": "root"}, DATA]})
    cloud.faults({"method": ["POST", "PUT", "DELETE"]} | fault)
    assert run(**options)["changed"]
    assert len(cloud.done()) == len(cloud.happened()) == 1
    cloud.control("DELETE", "faults")
    assert not run(**options)["changed"]


def test_what_is_protected_is_not_deleted(cloud, run):
    cloud.seed({"name": "web1", "discs": [{**DATA, "label": "root"}, DATA]})
    for check_mode in (True, False):
        with pytest.raises(BigvError, match="is protected by the pattern 'web1'"):
            run(check_mode, state="absent", protect=["web1"])
    assert run(size="2000", protect=["web1"])["changed"]
    assert "data" in discs(cloud)


def test_another_one_in_its_place_is_not_deleted(cloud, kind, monkeypatch):
    """The deletion is of what the plan was made for."""
    monkeypatch.setattr(executor, "READS_LAG", 0.0)
    cloud.seed({"name": "web1", "discs": [{**DATA, "label": "root"}, DATA]})
    client = Client(api_url=cloud.api_url, token=cloud.token)
    desired = kind.desired(PARAMS | {"state": "absent"})
    plan = kind.plan(kind.observe(client, desired), desired)
    cloud.api("PUT", f"{LIST}/data", {"label": "logs"})
    cloud.api("PUT", f"{LIST}/root", {"label": "data"})
    with pytest.raises(BigvError, match="is no longer the one that the plan was made for"):
        executor.apply(client, plan)
    assert set(discs(cloud)) == {"logs", "data"}


def test_a_value_that_the_api_does_not_list_is_refused(cloud, run):
    cloud.seed({"name": "web1", "discs": [DATA]})
    for check_mode in (True, False):
        for options in ({"storage_grade": "sad"}, {"label": "logs", "size": "1000", "storage_grade": "sad"}):
            with pytest.raises(BigvError, match="storage_grade: 'sad' is not one of the API's storage_grades"):
                run(check_mode, **options)
    assert cloud.writes() == []


def test_nothing_is_created_where_there_is_no_parent(cloud, run):
    cloud.seed()
    for check_mode in (True, False):
        with pytest.raises(BigvError, match=r"Could not read the list .*disc data.*: the API answered 404"):
            run(check_mode, size="1000")
    assert cloud.writes() == []


def test_what_only_the_server_creates_is_not_created(cloud, run):
    cloud.seed({"name": "web1"})
    with pytest.raises(BigvError, match="There is no disc data, or these credentials cannot see it"):
        run(size="1000", parent=None)
    assert cloud.writes() == []


def test_a_number_is_not_taken_for_an_id(cloud):
    cloud.seed({"name": "web1", "discs": [DATA]})
    disc_id = discs(cloud)["data"]["id"]
    client = Client(api_url=cloud.api_url, token=cloud.token)
    with pytest.raises(BigvError, match=f"returned a different disc for disc {disc_id}, with the id {disc_id}"):
        DiscAtItsPath().run(client, PARAMS | {"label": str(disc_id), "state": "absent"}, False)
    assert not DiscInItsList().run(client, PARAMS | {"label": str(disc_id), "state": "absent"}, False)["changed"]
    assert list(discs(cloud)) == ["data"]
