# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The event source on the simulated cloud: what is told, what is asked for it, and what faults are not taken for."""

from __future__ import annotations

import ast
import itertools
import shutil
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import ansible
import pytest
import yaml
from ansible_collections.bytemark.cloud.plugins.plugin_utils._watch import SPEC
from ansible_collections.bytemark.cloud.tests.unit.events.conftest import SOURCE
from ansible_collections.bytemark.cloud.tests.unit.support import COLLECTION

GROUPS = "/accounts/acme/groups"
WEB1 = f"{GROUPS}/default/virtual_machines/web1"
VM = {"name": "web1", "memory": 1024, "power_on": True, "discs": [{"label": "vda", "size": 25600}]}
LIST = {"path": "/virtual_machines"}


def brief(events: list[dict[str, Any]]) -> list[Any]:
    """Return the events, each with no more than the name of its VM."""
    return [event | {"vm": event["vm"]["name"]} for event in events]


def test_the_life_of_a_vm(cloud, watch):
    cloud.seed()
    source = watch(account="acme")

    def after(method: str, path: str, body: Any = None) -> list[Any]:
        cloud.api(method, path, body)
        return brief(source.events())

    new = {"virtual_machine": {"name": "web1", "memory": 1024}, "discs": [{"size": 25600}], "power_on": False}
    created, *rest = after("POST", f"{GROUPS}/default/vm_create", new)
    assert created == {"type": "created", "vm": "web1", "restored": False}
    assert {event["type"] for event in rest} <= {"changed"}
    changed = {"type": "changed", "vm": "web1"}
    assert after("PUT", WEB1, {"memory": 2048}) == [changed | {"before": {"memory": 1024}, "after": {"memory": 2048}}]
    assert {"type": "on", "vm": "web1"} in after("PUT", WEB1, {"power_on": True})
    both = after("PUT", WEB1, {"power_on": False, "autoreboot_on": False, "memory": 4096})
    assert [event["type"] for event in both] == ["changed", "off"]
    assert after("DELETE", WEB1) == [{"type": "deleted", "vm": "web1", "purged": False}]
    assert after("PUT", WEB1, {"deleted": False}) == [{"type": "created", "vm": "web1", "restored": True}]
    assert after("DELETE", WEB1) == [{"type": "deleted", "vm": "web1", "purged": False}]
    assert after("DELETE", f"{WEB1}?purge=true") == [{"type": "deleted", "vm": "web1", "purged": True}]
    source.cancel()
    source.wait()
    assert source.error is None


@pytest.mark.parametrize("apart", [False, True])
def test_addresses(cloud, watch, apart):
    """Those that come and go, and those that two VMs swap, both of which lose some."""
    cloud.seed(VM | {"power_on": False}, {"name": "web2", "power_on": False}, extra_ips_apart=apart)
    vms = [f"{GROUPS}/default/virtual_machines/{name}" for name in ("web1", "web2")]
    nics = [cloud.api("GET", f"{vm}/nics")[0] for vm in vms]
    (v4, v6), (other4, other6) = (nic["ips"] for nic in nics)
    source = watch()

    def changes():
        return {event["vm"]["name"]: (event["before"], event["after"]) for event in source.events()}

    made = cloud.api("POST", f"{WEB1}/nics/{nics[0]['id']}/ip_create", {"addresses": 2, "reason": "TLS"})["ips"]
    assert changes() == {"web1": ({"ipv4": [v4]}, {"ipv4": [v4, *made]})}
    cloud.api("DELETE", f"/ips/{made[0]}")
    assert changes() == {"web1": ({"ipv4": [v4, *made]}, {"ipv4": [v4, made[1]]})}
    swap = {f"virtual_machine_{number}_id": nic["virtual_machine_id"] for number, nic in enumerate(nics, 1)}
    cloud.api("POST", "/ips/swap_virtual_machine_ips", swap)
    assert changes() == {
        "web1": ({"ipv4": [v4, made[1]], "ipv6": [v6]}, {"ipv4": [other4, made[1]], "ipv6": [other6]}),
        "web2": ({"ipv4": [other4], "ipv6": [other6]}, {"ipv4": [v4], "ipv6": [v6]}),
    }


def test_the_first_poll_is_told_only_where_it_is_asked_for(cloud, watch):
    cloud.seed(VM, {"name": "old1", "deleted": True})
    source = watch()
    cloud.api("PUT", WEB1, {"name": "web2"})
    assert brief(source.events()) == [
        {"type": "changed", "vm": "web2", "before": {"name": "web1"}, "after": {"name": "web2"}}
    ]


def test_what_is_there(cloud, start):
    cloud.seed(VM, {"name": "old1", "deleted": True})
    source = start(lambda: cloud.calls().count("GET /virtual_machines"), **cloud.access, events=["existing"])
    [existing] = source.events()
    assert existing["type"] == "existing"
    assert existing["vm"].items() >= {"name": "web1", "group": "default", "account": "acme", "memory": 1024}.items()
    cloud.api("PUT", WEB1, {"name": "web2"})
    assert source.events() == []


@pytest.mark.parametrize(("flat_overview", "calls"), [(True, 1), (False, 3)])
def test_requests(cloud, watch, flat_overview, calls):
    cloud.seed(*({"name": f"web{number}"} for number in range(5)), flat_overview=flat_overview)
    source = watch()
    cloud.clear()
    source.events()
    asked = cloud.calls()
    begun = [number for number, call in enumerate(asked) if call == "GET /virtual_machines"]
    assert {after - before for before, after in itertools.pairwise(begun)} == {calls}


def test_a_purge_costs_one_request_more_however_many_are_gone(cloud, watch):
    cloud.seed(*({"name": f"web{number}"} for number in range(5)))
    source = watch()
    for number in range(5):
        cloud.api("DELETE", f"{GROUPS}/default/virtual_machines/web{number}?purge=true")
    assert {event["vm"]["name"] for event in source.events()} == {f"web{number}" for number in range(5)}
    assert 1 <= cloud.calls().count("GET /accounts/acme") <= 5


def test_events(cloud, watch):
    cloud.seed(VM)
    # To YAML, on and off are true and false.
    source = watch(events=[True, "deleted"])
    cloud.api("PUT", WEB1, {"power_on": False, "autoreboot_on": False, "memory": 2048})
    assert source.events() == []
    cloud.api("PUT", WEB1, {"power_on": True})
    assert brief(source.events()) == [{"type": "on", "vm": "web1"}]


@pytest.mark.parametrize("by_id", [False, True])
def test_groups(cloud, watch, by_id):
    cloud.seed(VM)
    staging = cloud.groups()["staging"]["id"]
    source = watch(groups=[staging if by_id else "staging"])
    cloud.api("PUT", WEB1, {"name": "web2"})
    assert source.events() == []
    cloud.api("PUT", f"{GROUPS}/default/virtual_machines/web2", {"group_id": staging})
    [moved] = source.events()
    assert (moved["type"], moved["before"]["group"], moved["after"]["group"]) == ("changed", "default", "staging")
    cloud.api("PUT", f"{GROUPS}/staging/virtual_machines/web2", {"group_id": cloud.groups()["default"]["id"]})
    assert [event["type"] for event in source.events()] == ["changed"]
    cloud.api("DELETE", f"{GROUPS}/default/virtual_machines/web2")
    assert source.events() == []


def test_a_group_without_vms_may_be_a_mistake(cloud, watch, caplog):
    cloud.seed(VM)
    watch(groups=["default", "stagin"])
    [said] = [record.getMessage() for record in caplog.records]
    assert said == "groups: there is no VM in ['stagin'] so far, or these credentials cannot see it."


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "status": 500},
        {"fault": "status", "status": 403},
        {"fault": "status", "status": 429, "retry_after": 1},
        {"fault": "html", "status": 200},
        {"fault": "truncate"},
        {"fault": "not_json"},
        {"fault": "empty"},
        {"fault": "reset_before"},
        {"fault": "reset_after"},
    ],
    ids=lambda fault: " ".join(map(str, fault.values())),
)  # fmt: skip
def test_an_answer_that_cannot_be_read_is_none(cloud, watch, caplog, fault):
    cloud.seed(VM)
    source = watch()
    cloud.faults(LIST | fault)
    cloud.api("PUT", WEB1, {"memory": 2048})
    assert source.events() == []
    assert caplog.records
    cloud.faults()
    [event] = source.events()
    assert (event["type"], event["after"]) == ("changed", {"memory": 2048})
    assert caplog.records[-1].getMessage() == "The API answers again."


def test_requests_are_repeated_as_those_of_modules_are(cloud, watch, caplog):
    cloud.seed(VM)
    source = watch(api_retries=3)
    cloud.faults(LIST | {"fault": "status", "status": 503, "count": 2})
    cloud.api("PUT", WEB1, {"memory": 2048})
    # The first of these polls is three requests.
    assert [event["type"] for event in source.events() + source.events()] == ["changed"]
    assert not caplog.records


@pytest.mark.parametrize("fault", [{"fault": "status"}, {"fault": "html"}])
def test_a_list_that_is_not_found_is_looked_for_in_the_account(cloud, watch, fault):
    cloud.seed(VM, {"name": "web2"})
    source = watch()
    cloud.faults(LIST | fault | {"status": 404})
    cloud.api("PUT", WEB1, {"memory": 2048})
    # A page makes the request be made again.
    [event] = source.events() + source.events()
    assert (event["type"], event["after"]) == ("changed", {"memory": 2048})


def test_an_account_that_can_be_seen_no_longer_is_not_deleted(cloud, watch, caplog):
    cloud.seed(VM)
    # With and without the account, whose VMs are in the same list as others.
    sources = [watch(), watch(account=None)]
    cloud.control("POST", "seed", {"accounts": [{"name": "globex"}]})
    for source in sources:
        assert source.events() == []
    assert "there is no account 'acme', or these credentials cannot see it" in caplog.text


def test_a_first_poll_that_is_refused_is_an_error(cloud, start):
    source = start(lambda: 0, **cloud.access | {"account": "acm"})
    source.wait()
    assert str(source.error).startswith("account: there is no account 'acm', or these credentials cannot see it.")


def test_a_first_poll_that_fails_is_no_baseline(cloud, watch):
    cloud.seed(VM)
    cloud.faults(LIST | {"fault": "status", "status": 503, "count": 2})
    source = watch()
    source.events()
    cloud.api("DELETE", WEB1)
    assert [event["type"] for event in source.events()] == ["deleted"]


def test_a_token_that_is_refused_is_an_error(cloud, watch):
    cloud.seed(VM)
    source = watch()
    cloud.faults(LIST | {"fault": "expire_session", "keys": True})
    source.wait()
    assert "401" in str(source.error)
    assert cloud.token not in str(source.error)
    # ansible-rulebook logs each line of code that an error has come through.
    files = {Path(frame.filename).name for frame in traceback.extract_tb(source.error.__traceback__)}
    assert files == {"conftest.py", "bigv_changes.py"}


def test_a_session_that_ends_is_followed_by_another(cloud, watch, caplog):
    cloud.seed(VM)
    source = watch(token=None, username="admin", password="password")
    cloud.faults({"fault": "expire_session", "count": 1})
    assert source.events() == []
    assert "expire_session" in cloud.happened()
    cloud.api("PUT", WEB1, {"memory": 2048})
    assert [event["type"] for event in source.events()] == ["changed"]
    assert not caplog.records


def test_whoever_cancels_it_waits_for_no_answer(cloud, watch):
    cloud.seed(VM)
    source = watch(api_timeout=600)
    cloud.faults(LIST | {"fault": "hang", "seconds": 600})
    while "hang" not in cloud.happened():
        pass
    source.cancel()
    source.wait()
    assert source.error is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"grups": ["a"]}, "grups: is not an option; did you mean groups?"),
        ({"interval": "soon"}, "interval: must be a number, got 'soon'"),
        ({"interval": 0}, "interval: must be 0.1 to 2000000 seconds, got 0.0"),
        ({"interval": float("nan")}, "interval: must be 0.1 to 2000000 seconds, got nan"),
        ({"interval": True}, "interval: must be a number, got True"),
        ({"events": ["gone"]}, "events[0]: must be one of created, deleted, changed, on, off, existing"),
        ({"events": []}, "events: must not be empty; specify some of created, deleted, changed, on, off, existing"),
        ({"groups": {"a": 1}}, "groups: must be a list, got a dictionary"),
        ({"groups": ["a/b"]}, "groups: 'a/b' is not a valid name"),
        ({"account": ["acme"]}, "account: must be text, got a list"),
        ({"account": ""}, "account: is required"),
        ({"api_retries": -1}, "api_retries: must be at least 0, got -1"),
        ({"api_url": "ftp://example.com"}, "api_url: "),
        ({"token": None}, "No credentials: set token (BIGV_TOKEN)"),
        ({"token": {"a": "hunter2hunter2"}}, "token: must be text, got a dictionary"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit(cloud, start, monkeypatch, options, said):
    monkeypatch.setenv("BM_CONFIG_DIR", "/nonexistent")
    source = start(lambda: 0, **cloud.access | options)
    source.wait()
    assert str(source.error).startswith(said)
    assert "hunter2" not in str(source.error)


def test_the_environment_says_what_is_not_given(cloud, start, monkeypatch):
    cloud.seed(VM)
    for variable, value in (("API_URL", cloud.api_url), ("TOKEN", cloud.token), ("ACCOUNT", "acme")):
        monkeypatch.setenv(f"BIGV_{variable}", value)
    source = start(lambda: cloud.calls().count("GET /virtual_machines"), events="existing,changed", groups="default")
    assert [event["vm"]["name"] for event in source.events()] == ["web1"]


def test_no_secret_is_told(cloud, watch, caplog):
    secret = "hunter2-hunter2"
    cloud.seed(VM)
    source = watch(password=secret)
    cloud.api("PUT", WEB1, {"cdrom_url": f"http://{cloud.token}/{secret}"})
    [event] = source.events()
    assert event["after"] == {"cdrom_url": "http://********/********"}
    cloud.faults(LIST | {"fault": "status", "status": 500})
    source.events()
    assert caplog.records
    assert cloud.token not in caplog.text


def documentation() -> dict[str, Any]:
    assignments = {
        node.targets[0].id: node.value.value
        for node in ast.parse(SOURCE.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    return {name: yaml.safe_load(assignments[name]) for name in ("DOCUMENTATION", "EXAMPLES")}


def test_the_documentation_says_which_options_there_are():
    documented = documentation()["DOCUMENTATION"]["options"]
    assert documented.keys() == SPEC.keys()
    for name, option in documented.items():
        for key in ("type", "elements", "choices", "default"):
            assert option.get(key) == SPEC[name].get(key), f"{name}: {key}"
    for example in documentation()["EXAMPLES"]:
        assert example["bytemark.cloud.bigv_changes"].keys() <= SPEC.keys()


ALONE = """
import asyncio, runpy, sys
sys.path.append(sys.argv[3])
if sys.argv[2] == "without ansible-core":
    sys.modules["ansible"] = None
try:
    asyncio.run(runpy.run_path(sys.argv[1])["main"](None, {"interval": "soon"}))
except Exception as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("as it is", "interval: must be a number, got 'soon'"),
        ("without ansible-core", "bytemark.cloud.bigv_changes requires ansible-core in the Python of ansible-rulebook"),
    ],
)
def test_a_process_without_the_loader_of_collections(tmp_path: Path, how: str, said: str):
    """As in ansible-rulebook, wherever the collection is installed."""
    collection = tmp_path / "some where" / "else"
    for part in ("extensions", "plugins"):
        shutil.copytree(COLLECTION / part, collection / part)
    source = collection / SOURCE.relative_to(COLLECTION)
    command = [sys.executable, "-I", "-c", ALONE, str(source), how, str(Path(ansible.__file__).parents[1])]
    output = subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert output.startswith(said)
