# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Whatever goes wrong on the way to the API, or in it: the right result, or one clear error.

What becomes of writes is in test_lost_answers; a guest that ignores a shutdown is in test_interruptions too.
"""

from __future__ import annotations

import threading
import time
from email.utils import formatdate
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.retries import seconds_to_wait

WEB1 = {"name": "web1", "cores": 1, "memory": 1024, "discs": [{"label": "root", "size": 25600}]}
INSTALL = {"image": "stretch", "discs": [{"label": "root", "size": "25GiB"}]}
WRITES = ["POST", "PUT", "DELETE"]
LOGIN = {"token": None, "username": "admin", "password": "password"}

RETRYABLE_STATUSES = {
    "429": {"fault": "status", "status": 429},
    "429 with Retry-After": {"fault": "status", "status": 429, "retry_after": 0},
    "500": {"fault": "status", "status": 500},
    "502": {"fault": "status", "status": 502},
    "503": {"fault": "status", "status": 503},
    "504": {"fault": "status", "status": 504},
    "refused": {"fault": "refuse", "seconds": 0.2},
    "reset before": {"fault": "reset_before"},
    "reset after": {"fault": "reset_after"},
    "truncated": {"fault": "truncate"},
    "not JSON": {"fault": "not_json"},
    "a web page": {"fault": "html"},
    "a web page that says 502": {"fault": "html", "status": 502},
    "empty": {"fault": "empty"},
    "hung": {"fault": "hang"},
    "drip, too slow": {"fault": "drip", "seconds": 2},
}


@pytest.mark.parametrize("fault", RETRYABLE_STATUSES.values(), ids=RETRYABLE_STATUSES)
def test_a_read_is_made_again(cloud, bigv_vm, fault):
    cloud.seed(WEB1)
    cloud.faults(fault | {"method": "GET", "count": 2})
    result = bigv_vm(name="web1", cores=1, api_timeout=1, api_retries=5)
    assert (result.get("msg"), result["changed"]) == (None, False)
    assert cloud.happened() == [fault["fault"]] * 2


@pytest.mark.parametrize("fault", RETRYABLE_STATUSES.values(), ids=RETRYABLE_STATUSES)
def test_a_login_is_made_again(cloud, bigv_group_info, fault):
    cloud.faults(fault | {"path": "/auth/*", "count": 1})
    result = bigv_group_info(**LOGIN, api_timeout=1, api_retries=5)
    if fault == RETRYABLE_STATUSES["500"]:
        assert "the service answered 500" in result["msg"]
    else:
        assert [group["name"] for group in result["groups"]] == ["default", "staging"]
    assert cloud.happened() == [fault["fault"]]


SAID = {
    "429": "the API answered 429: Too Many Requests. Too many requests: try again later.",
    "500": "the API answered 500: Internal Server Error. This is a problem on the server's side",
    "502": "the API answered 502 with a web page, as a proxy does. This is a problem on the server's side",
    "503": "the API answered 503: Service Unavailable. The API is temporarily unavailable: try again later.",
    "504": "the API answered 504: Gateway Timeout. This is a problem on the server's side",
    "reset before": "the connection was lost before the answer was complete at http://127.0.0.1",
    "truncated": "the connection was lost before the answer was complete at http://127.0.0.1",
    "not JSON": "is not JSON. Check that api_url is the Bytemark Cloud API and that no proxy answers in its place.",
    "empty": "is not JSON. Check that api_url is the Bytemark Cloud API and that no proxy answers in its place.",
    "hung": "no answer within 1 seconds (api_timeout) at http://127.0.0.1",
    "drip, too slow": "no answer within 1 seconds (api_timeout) at http://127.0.0.1",
}


@pytest.mark.parametrize(("name", "said"), SAID.items(), ids=SAID)
def test_a_fault_that_stays_is_one_clear_error(cloud, bigv_vm, name, said):
    cloud.seed(WEB1)
    cloud.faults(RETRYABLE_STATUSES[name])
    result = bigv_vm(name="web1", cores=2, api_timeout=1, api_retries=0)
    assert result["msg"].startswith("Could not read VM web1.default.acme: ")
    assert said in result["msg"]
    assert "Traceback" not in result["msg"]
    assert (result["changed"], cloud.done()) == (False, [])


def test_an_answer_that_comes_byte_by_byte_is_given_up(cloud, bigv_vm):
    cloud.seed(WEB1)
    cloud.faults({"fault": "drip", "seconds": 0.1})
    result = bigv_vm(name="web1", cores=2, api_timeout=1, api_retries=0)
    assert "the answer was not complete in time (api_timeout, api_retries) at http://127.0.0.1" in result["msg"]


def test_an_api_that_is_slow_is_waited_for(cloud, bigv_vm):
    cloud.seed(WEB1)
    cloud.faults({"fault": "latency", "seconds": 0.3})
    assert bigv_vm(name="web1", cores=1)["changed"] is False
    assert cloud.happened() == ["latency"]


def test_a_web_page_does_not_say_that_something_is_missing(cloud, bigv_vm):
    cloud.seed(WEB1)
    cloud.faults({"fault": "html", "status": 404})
    result = bigv_vm(name="web1", state="absent")
    assert "the API answered 404 with a web page, as a proxy does. Check api_url" in result["msg"]


def test_a_web_page_that_passes_does_not_say_that_something_is_missing(cloud, bigv_vm):
    cloud.seed(WEB1)
    cloud.faults({"fault": "html", "status": 404, "count": 1})
    assert bigv_vm(name="web1", state="absent")["changed"]
    assert cloud.vms()["web1"]["deleted"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_api_says_when_to_come_back(cloud, bigv_group, method):
    cloud.faults({"fault": "status", "status": 503, "retry_after": 1, "method": method, "count": 1})
    started = time.monotonic()
    assert bigv_group(name="new", api_retries=1)["changed"]
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_api_asks_for_more_patience_than_there_is(cloud, bigv_group, method):
    cloud.faults({"fault": "status", "status": 429, "retry_after": 3600, "method": method})
    result = bigv_group(name="new", api_retries=3)
    assert "Wait 3600 seconds." in result["msg"]
    assert cloud.happened() == ["status"]


def test_when_to_come_back():
    assert seconds_to_wait(formatdate(time.time() + 100, usegmt=True)) == pytest.approx(100, abs=5)
    assert seconds_to_wait(formatdate(0, usegmt=True)) == 0
    assert [seconds_to_wait(text) for text in ("7", "soon", "-1", None)] == [7, None, None, None]


def test_a_session_that_expires_is_begun_anew(cloud, bigv_vm):
    cloud.seed(WEB1)
    cloud.faults({"fault": "expire_session", "path": "*/web1", "skip": 2, "count": 1})
    assert bigv_vm(name="web1", autoreboot=False, keymap="de", **LOGIN)["changed"]
    assert cloud.calls().count("POST /auth/session") == 2
    assert len(cloud.done()) == 3


@pytest.mark.parametrize("yubikey", [None, "cccccc"])
def test_a_session_that_cannot_be_begun_anew_is_said_to_have_expired(cloud, bigv_vm, bigv_session, yubikey):
    """A one-time password is good for once, and a token that was given is all that there is."""
    cloud.seed(WEB1)
    access = LOGIN | {"yubikey": yubikey}
    if yubikey is None:
        access = {"token": bigv_session(**LOGIN)["token"]}
    cloud.clear()
    cloud.faults({"fault": "expire_session", "method": "PUT"})
    result = bigv_vm(name="web1", keymap="de", **access)
    assert "the API answered 401" in result["msg"]
    assert "The token was valid until now, so it has expired or was revoked." in result["msg"]
    assert cloud.calls().count("POST /auth/session") == (1 if yubikey else 0)


STALE = [
    ("bigv_group", {"name": "new"}, lambda result: result["group"]["name"] == "new"),
    ("bigv_group", {"name": "staging", "new_name": "new"}, lambda result: result["group"]["name"] == "new"),
    ("bigv_vm", {"name": "web2", **INSTALL}, lambda result: result["vm"]["power_on"] and result["vm"]["ipv4"]),
    ("bigv_vm", {"name": "web1", "keymap": "de"}, lambda result: result["vm"]["keymap"] == "de"),
    ("bigv_vm", {"name": "web1", "state": "stopped"}, lambda result: not result["vm"]["power_on"]),
    ("bigv_vm", {"name": "web1", "new_group": "staging"}, lambda result: ".staging." in result["vm"]["hostname"]),
    ("bigv_vm", {"name": "web1", "state": "absent", "purge": True}, lambda result: result["vm"] is None),
    ("bigv_disc", {"vm": "web1", "label": "data", "size": "1GiB"}, lambda result: result["disc"]["size"] == 1024),
    ("bigv_disc", {"vm": "web1", "label": "root", "size": "30GiB"}, lambda result: result["disc"]["size"] == 30720),
    ("bigv_fleet", {"vms": [{"name": "web1", "keymap": "de"}]}, lambda result: result["vms"][0]["vm"]["keymap"]),
]


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
@pytest.mark.parametrize(("module", "task", "is_so"), STALE, ids=[f"{module} {task}" for module, task, _is_so in STALE])
def test_reads_that_lag_behind_writes(cloud, request, module, task, is_so, lost):
    cloud.seed(WEB1)
    run = request.getfixturevalue(module)
    expected = run(**task, check_mode=True)["actions"]
    cloud.clear()
    if lost:
        # What is looked at after the lost answer is still from before an earlier write.
        cloud.faults({"fault": "stale_reads", "seconds": 1.2, "count": 1}, {"fault": "reset_after", "method": WRITES})
        cloud.api("POST", "/accounts/acme/groups", {"name": "other"})
        cloud.clear()
    else:
        cloud.faults({"fault": "stale_reads", "seconds": 0.6})
    result = run(**task, api_retries=3)
    assert result.get("msg") is None
    assert result["actions"] == expected
    assert is_so(result)
    assert len(cloud.done()) == len(expected)


def test_a_build_that_never_ends(cloud, bigv_vm):
    cloud.faults({"fault": "build_never_finishes"})
    result = bigv_vm(name="web1", wait_timeout=1, **INSTALL)
    assert (
        "seconds for VM web1.default.acme to be powered on with an address; last seen: power_on false" in result["msg"]
    )
    assert "increase wait_timeout" in result["msg"]
    assert result["actions"] == ["create VM web1.default.acme from stretch"]


def test_a_build_that_fails_leaves_an_unknown_image(cloud, bigv_vm):
    """Such a VM is started, and is not reimaged unless the task says so in as many words."""
    cloud.faults({"fault": "build_fails"})
    task = {"name": "web1", "state": "running", "reimage": "changed", **INSTALL}
    assert "last seen: power_on false" in bigv_vm(wait_timeout=1, **task)["msg"]
    again = bigv_vm(**task)
    assert again["actions"] == ["start VM web1.default.acme"]
    assert "reimage: always" in again["warnings"][0]
    assert bigv_vm(**task | {"reimage": "always"})["vm"]["last_imaged_with"] == "stretch"
    assert not bigv_vm(**task)["changed"]


def test_somebody_else_purges_the_vm_before_a_write(cloud, bigv_vm):
    cloud.seed(WEB1)
    cloud.faults({"fault": "vm_deleted", "purge": True, "method": "PUT"})
    result = bigv_vm(name="web1", keymap="de")
    assert "It existed a moment ago, so somebody else has removed, renamed or moved it." in result["msg"]
    assert not result["changed"]


@pytest.mark.parametrize("purge", [False, True])
def test_somebody_else_deletes_the_vm_while_it_is_waited_for(cloud, bigv_vm, purge):
    cloud.seed(build_time=60)
    cloud.faults({"fault": "vm_deleted", "purge": purge, "method": "GET", "path": "*/web1", "skip": 3})
    result = bigv_vm(name="web1", wait_timeout=60, **INSTALL)
    assert result["msg"].endswith("but it has been removed.")


@pytest.mark.parametrize("purge", [False, True])
def test_somebody_else_has_deleted_what_is_to_be_absent(cloud, bigv_vm, purge):
    for write, actions in (("PUT", 0), ("POST", 1), ("DELETE", 2)):
        cloud.seed(WEB1)
        cloud.faults({"fault": "vm_deleted", "purge": True, "method": write, "path": "*/virtual_machines/*"})
        result = bigv_vm(name="web1", state="absent", purge=purge)
        assert (result.get("msg"), len(result["actions"])) == (None, actions), write
        assert cloud.vms() == {}


def test_a_shutdown_that_is_ignored(cloud, bigv_vm):
    cloud.seed(WEB1)
    cloud.faults({"fault": "shutdown_ignored"})
    result = bigv_vm(name="web1", state="stopped", shutdown_timeout=0)
    assert "last seen: power_on true" in result["msg"]
    assert cloud.vms()["web1"]["autoreboot_on"]


def test_a_vm_that_is_started_again_after_a_failure_is_waited_for(cloud, bigv_vm):
    """Or the next run would take it for one that is off, and change its hardware behind the back of that start."""
    cloud.seed(WEB1, boot_time=0.5)
    cloud.faults({"fault": "status", "status": 500, "method": "PUT", "skip": 1, "count": 1})
    task = {"name": "web1", "memory": "2GiB", "allow_restart": True, "state": "running"}
    assert "the API answered 500" in bigv_vm(**task)["msg"]
    assert cloud.vms()["web1"]["power_on"]
    assert bigv_vm(**task)["changed"]
    vm = cloud.vms()["web1"]
    assert (vm["running_hardware"] or vm)["memory"] == 2048


def meanwhile(cloud: Any, method: str, path: str, body: dict[str, Any] | None = None) -> threading.Timer:
    """Somebody else does this while the module's own write is on its way."""
    cloud.faults({"fault": "latency", "seconds": 1.5, "method": method, "path": path, "count": 1})
    timer = threading.Timer(0.7, cloud.api, (method, path, body))
    timer.start()
    return timer


@pytest.mark.parametrize("memory", [1024, 2048])
def test_somebody_else_creates_the_vm_first(cloud, bigv_vm, memory):
    vm = {"name": "web1", "memory": memory, "autoreboot_on": True}
    other = meanwhile(cloud, "POST", "/accounts/acme/groups/default/virtual_machines", vm)
    result = bigv_vm(name="web1", memory=1024, state="running")
    other.join()
    assert list(cloud.vms()) == ["web1"]
    if memory == 1024:
        assert (result.get("msg"), result["changed"], result["vm"]["name"]) == (None, False, "web1")
    else:
        assert result["error"]["problems"]["name"]
        assert not result["changed"]


def test_somebody_else_creates_the_group_first(cloud, bigv_group):
    other = meanwhile(cloud, "POST", "/accounts/acme/groups", {"name": "new"})
    result = bigv_group(name="new")
    other.join()
    assert (result.get("msg"), result["changed"], result["group"]["name"]) == (None, False, "new")


def test_somebody_else_renames_the_vm_first(cloud, bigv_vm):
    cloud.seed(WEB1)
    other = meanwhile(cloud, "PUT", "/accounts/acme/groups/default/virtual_machines/web1", {"name": "www"})
    result = bigv_vm(name="web1", new_name="www")
    other.join()
    assert (result.get("msg"), result["changed"], result["vm"]["name"]) == (None, False, "www")


def test_another_vm_that_has_taken_the_new_name_is_not_taken_for_it(cloud, bigv_vm):
    cloud.seed(WEB1)
    path = "/accounts/acme/groups/default/virtual_machines"
    cloud.faults({"fault": "latency", "seconds": 1.5, "method": "PUT", "count": 1})
    other = threading.Timer(0.7, cloud.api, ("POST", path, {"name": "www", "cores": 1, "memory": 1024}))
    other.start()
    result = bigv_vm(name="web1", new_name="www")
    other.join()
    assert result["error"]["problems"]["name"]
    assert set(cloud.vms()) == {"web1", "www"}
