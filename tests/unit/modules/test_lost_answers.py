# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""A write whose answer is lost, or that comes at a bad moment: looked at before it is repeated, and never done twice.

Between the modules and the simulated cloud stands a proxy that loses answers and refuses requests as told.
"""

from __future__ import annotations

import http.client
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from ansible_collections.bytemark.cloud.tests.unit.modules.test_interruptions import VM_CASES, what_counts
from ansible_collections.bytemark.cloud.tests.unit.support import run_module


class Proxy(http.server.ThreadingHTTPServer):
    """Passes requests on. ``faults`` says for the writes, in order, what becomes of each: see Handler."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.target = urlsplit(target).netloc
        self.faults: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def log_message(self, *arguments: Any) -> None:
        pass

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.faults.pop(0) if self.command != "GET" and self.server.faults else None
        if fault == "503":
            self._answer(503, b"busy", {})
            return
        if fault == "reset before":
            self.close_connection = True
            return
        connection = http.client.HTTPConnection(self.server.target)
        connection.request(self.command, self.path, body, dict(self.headers.items()))
        answer = connection.getresponse()
        content, headers = answer.read(), {"Content-Type": answer.headers.get("Content-Type", "")}
        connection.close()
        if fault == "reset after":
            self.close_connection = True
        elif fault == "502 after":
            self._answer(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"})
        elif fault == "truncated":
            self._answer(answer.status, content[: len(content) // 2], headers)
        else:
            self._answer(answer.status, content, headers)

    do_GET = do_POST = do_PUT = do_DELETE = handle_request

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def proxy(cloud) -> Iterator[Proxy]:
    with Proxy(cloud.api_url) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def through(proxy, cloud):
    """Run a module through the proxy."""
    return partial(run_module, api_url=proxy.url, token=cloud.token, account="acme", api_retries=3)


@pytest.mark.parametrize("fault", ["reset before", "reset after", "502 after", "truncated", "503"])
@pytest.mark.parametrize(("there", "task"), VM_CASES.values(), ids=VM_CASES)
def test_vm(cloud, proxy, through, bigv_vm, there, task, fault):
    """Every write of a change is hit once: the change is made all the same, and none of its writes twice."""
    cloud.seed(*there)
    untroubled = bigv_vm(name="web1", **task)
    in_the_end, writes = what_counts(cloud), cloud.writes()
    cloud.seed(*there)
    proxy.faults = [fault, None] * len(writes) if fault in ("503", "reset before") else [fault] * len(writes)
    done = through("bigv_vm", name="web1", **task)
    assert not done.get("failed"), done["msg"]
    assert done["actions"] == untroubled["actions"]
    assert what_counts(cloud) == in_the_end
    assert [(write["method"], write["path"]) for write in cloud.writes()] == [
        (write["method"], write["path"]) for write in writes
    ]


@pytest.mark.parametrize("fault", ["reset before", "reset after", "503"])
@pytest.mark.parametrize(
    ("module", "task"),
    [
        ("bigv_group", {"name": "new"}),
        ("bigv_group", {"name": "staging", "new_name": "preview"}),
        ("bigv_group", {"name": "staging", "state": "absent"}),
        ("bigv_disc", {"vm": "web1", "label": "logs", "size": "1GiB"}),
        ("bigv_disc", {"vm": "web1", "label": "data", "size": "9GiB", "storage_grade": "ssd", "new_label": "logs"}),
        ("bigv_disc", {"vm": "web1", "label": "data", "new_vm": "web2"}),
        ("bigv_disc", {"vm": "web1", "label": "data", "state": "absent", "purge": True}),
        ("bigv_fleet", {"groups": ["new"], "vms": [{"name": "web3.new"}, {"name": "web2", "cores": 2}]}),
    ],
)
def test_others(cloud, proxy, through, module, task, fault):
    off = {"power_on": False, "autoreboot_on": False}
    there = [{"name": "web1", "discs": [{"label": "root", "size": 99}, {"label": "data", "size": 99}], **off}]
    there.append({"name": "web2", **off})
    cloud.seed(*there)
    untroubled = through(module, **task)
    in_the_end, writes = what_counts(cloud), len(cloud.writes())
    cloud.seed(*there)
    proxy.faults = [fault] * (1 if fault in ("503", "reset before") else writes)
    done = through(module, **task)
    assert not done.get("failed"), done["msg"]
    assert done["actions"] == untroubled["actions"]
    assert what_counts(cloud) == in_the_end
    assert len(cloud.writes()) == writes


def test_without_retries_the_failure_says_what_to_do(cloud, proxy, through):
    proxy.faults = ["reset after"]
    result = through("bigv_group", name="new", api_retries=0)
    assert result["failed"]
    assert "Then run the task again, which looks first at what was done." in result["msg"]
    assert not through("bigv_group", name="new")["changed"]


def test_a_fault_that_stays_ends_the_task(cloud, proxy, through):
    proxy.faults = ["503"] * 20
    result = through("bigv_group", name="new", api_retries=1)
    assert result["msg"].startswith("Could not create group new.acme: the API answered 503: busy.")
    assert len(proxy.faults) == 18
    assert not result["changed"]
