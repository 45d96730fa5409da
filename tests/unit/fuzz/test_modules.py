# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Whatever the options are, and whatever answers: a module ends well, as documented, or with one clear failure.

EXAMPLES in the environment says how many cases to try for each module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from ipaddress import ip_address
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core import executor as _apply
from ansible_collections.bytemark.cloud.plugins.module_utils._core.progress import Progress
from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import CLOUDS, NEW_KEY, SESSION
from ansible_collections.bytemark.cloud.tests.unit.fuzz.conftest import EXAMPLES, PYTHON
from ansible_collections.bytemark.cloud.tests.unit.fuzz.documented import departures, documented
from ansible_collections.bytemark.cloud.tests.unit.fuzz.hostile import EVALUATED
from ansible_collections.bytemark.cloud.tests.unit.fuzz.options import options_of
from ansible_collections.bytemark.cloud.tests.unit.support import MODULES, run_in_controller, run_module
from hypothesis import given
from hypothesis import strategies as st

MAX_MESSAGE = 2000
VM = "/accounts/[^/?]+/groups/[^/?]+/virtual_machines/[^/?]+"
# Every write that there is; what stands for an address is looked at apart.
WRITES = re.compile(
    "POST /accounts/[^/?]+/groups|(PUT|DELETE) /accounts/[^/?]+/groups/[^/?]+"
    "|POST /accounts/[^/?]+/groups/[^/?]+/(vm_create|virtual_machines)"
    rf"|(PUT|DELETE) {VM}|DELETE {VM}\?purge=true|POST {VM}/(signal|reimage|discs)"
    rf"|PUT {VM}/discs/[^/?]+|DELETE {VM}/discs/[^/?]+\?purge=true"
    r"|PUT /users/[^/?]+|POST /users/[^/?]+/privileges|(PUT|DELETE) /privileges/\d+|POST /api_keys|DELETE /api_keys/\d+"
    rf"|POST {VM}/nics/\d+/ip_create|(PUT|DELETE) /ips/(?P<address>[^/?]+)|POST /ips/swap_virtual_machine_ips"
)


@pytest.fixture(scope="module", autouse=True)
def no_time_for_stale_reads() -> Iterator[None]:
    """Verify no write for long, as reads stay as they were before it for good."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(_apply, "READS_LAG", 0)
        yield


def check_failure(result: dict[str, Any]) -> None:
    """One clear line. What ansible-core says of options is left to it."""
    message = result["msg"]
    assert message
    if "error" in result:
        assert not PYTHON.search(message), message
        assert message.isprintable(), message
        assert len(message) <= MAX_MESSAGE, message


def check_result(module_name: str, result: dict[str, Any]) -> None:
    text = json.dumps({key: value for key, value in result.items() if key != "invocation"}, allow_nan=False)
    assert EVALUATED not in text, text
    assert SESSION not in text or module_name == "bigv_session", text
    assert NEW_KEY not in json.dumps({key: value for key, value in result.items() if key != "token"}), result
    departed = list(departures(result, documented(module_name)))
    assert not departed, departed
    if result.get("failed"):
        check_failure(result)
    else:
        assert isinstance(result["changed"], bool)


def check_runs(module_name: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of two check runs, of which the second sees what the first would have done."""
    with TemporaryDirectory(prefix="fuzz_") as folder:
        memory = f"{folder}/memory"
        return [
            _in_controller.run(module_name, options, {}, True, Progress(), True, memory_path=memory)
            for _run in range(2)
        ]


def check_writes(writes: list[str], options: dict[str, Any]) -> None:
    """See that each write goes to a path that was meant, and to no other address than the one that is named."""
    for write in writes:
        match = WRITES.fullmatch(write)
        assert match, write
        if address := match["address"]:
            assert str(ip_address(address)) == address, write
            assert ip_address(options.get("address", address).strip()) == ip_address(address), write


@pytest.mark.parametrize("module_name", MODULES)
@EXAMPLES
@given(data=st.data(), cloud=CLOUDS, way=st.sampled_from([run_in_controller, run_in_controller, run_module]))
def test_a_clean_exit_or_a_clean_failure(server, module_name, data, cloud, way):
    options = data.draw(options_of(module_name), label="options")
    shared = {
        "api_url": server.url, "auth_url": server.url, "token": "apikey.fuzz", "username": "admin",
        "password": "geheim", "api_retries": 0, "api_timeout": 5,
    }  # fmt: skip
    server.answer = cloud
    _in_controller._clients.clear()
    results, writes = [], []
    for check_mode in (True, False):
        server.requests.clear()
        results.append(way(module_name, check_mode=check_mode, **shared | options))
        sent = [f"{request.method} {request.target}" for request in server.requests if request.method != "GET"]
        writes.append([write for write in sent if write != "POST /session"])
    predicted, done = results
    server.requests.clear()
    remembered = check_runs(module_name, shared | options) if way is run_in_controller else []
    assert {request.method for request in server.requests if request.path != "/session"} <= {"GET"}
    for result in (*results, *remembered):
        check_result(module_name, result)
    assert writes[0] == [], writes
    check_writes(writes[1], options)
    if predicted.get("failed"):
        # In check mode, an earlier task may be about to create what is missing, so that another reason comes first.
        is_missing = re.search("there is no (VM|group|account)|has no group", done["msg"])
        assert (predicted["msg"] if is_missing else done["msg"], writes[1]) == (predicted["msg"], []), (predicted, done)
    elif not done.get("failed"):
        was = (done["changed"], len(done.get("actions", ())))
        assert was == (predicted["changed"], len(writes[1])), (predicted, done, writes)
        assert done["changed"] == bool(writes[1]), (done, writes)
