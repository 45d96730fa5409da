# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A real simulator process on a real socket, put back to its seed before each test."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

FILES = Path(__file__).resolve().parents[3] / "roles" / "simulator" / "files"
GROUP = "/accounts/acme/groups/default"
MACHINE = GROUP + "/virtual_machines/web1"
TIMES = {"build_time": 2, "shutdown_time": 1, "boot_time": 0}
BROWSER_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
]


class Api:
    """Talk to the simulator as one identity, on one connection, with the control interface beside it."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url
        self.session = requests.Session()
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.url + path, **options)

    def read(self, path: str, **query: Any) -> Any:
        answer = self.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self.session.post(self.url + path, json={} if body is None else body, **options)

    def put(self, path: str, body: Any, **options: Any) -> requests.Response:
        return self.session.put(self.url + path, json=body, **options)

    def delete(self, path: str, **query: Any) -> requests.Response:
        return self.session.delete(self.url + path, params=query)

    def advance(self, seconds: float) -> None:
        assert self.put("/_simulator/clock", {"advance": seconds}).status_code == 200

    def settings(self, **changes: Any) -> None:
        assert self.put("/_simulator/settings", changes).status_code == 200

    def seed(self, document: dict[str, Any]) -> None:
        answer = self.post("/_simulator/seed", document)
        assert answer.status_code == 204, answer.text

    def state(self, name: str) -> dict[str, Any]:
        """Return the VM of the control interface, whichever group it is in."""
        accounts = self.read("/_simulator/state")["accounts"]
        return next(
            machine
            for account in accounts
            for group in account["groups"]
            for machine in group["virtual_machines"]
            if machine["name"] == name
        )

    def requests(self) -> list[dict[str, Any]]:
        return self.read("/_simulator/requests")["requests"]

    def create(self, name: str = "web1", discs: int = 1, group: str = GROUP, **attributes: Any) -> dict[str, Any]:
        """Build a VM, off unless its attributes say otherwise, and return it as it was while it was being built."""
        answer = self.post(
            group + "/vm_create", {"virtual_machine": {"name": name, **attributes}, "discs": [{"size": 1024}] * discs}
        )
        assert answer.status_code == 202, answer.text
        machine = self.read(f"{group}/virtual_machines/{name}")
        self.advance(TIMES["build_time"])
        return machine


class PlainClient:
    """Use http.client on one connection, as the administrator: nothing is repeated, mended or hidden."""

    def __init__(self, url: str, token: str) -> None:
        address = urlsplit(url)
        self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[http.client.HTTPResponse, bytes]:
        self.connection.request(method, path, None if body is None else json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def status(self, method: str, path: str, body: Any = None) -> int:
        return self.ask(method, path, body)[0].status


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "bigv_simulator", *options]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(FILES)}


@pytest.fixture(scope="session")
def run_simulator() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line to its end."""

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*options), env=environment(), capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.fixture(scope="session")
def start_simulator() -> Iterator[Callable[..., tuple[subprocess.Popen[str], dict[str, str]]]]:
    """Start simulators, and give back each process with what its ready line said."""
    processes = []

    def start(*options: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
        process = subprocess.Popen(
            command("--port", "0", *options),
            env=environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        processes.append(process)
        name, ready, *facts = process.stdout.readline().split()
        assert (name, ready) == ("bigv_simulator", "ready")
        return process, dict(fact.split("=", 1) for fact in facts)

    yield start
    for process in processes:
        process.terminate()
        process.communicate(timeout=5)


@pytest.fixture(scope="session")
def server(start_simulator: Callable[..., tuple[Any, dict[str, str]]]) -> dict[str, str]:
    return start_simulator()[1]


@pytest.fixture(scope="session")
def connect() -> type[Api]:
    return Api


@pytest.fixture
def api(server: dict[str, str]) -> Iterator[Api]:
    """Connect as the administrator of the default seed."""
    administrator = Api(server["api_url"], server["token"])
    assert requests.post(server["api_url"] + "/_simulator/reset").status_code == 204
    administrator.settings(**TIMES)
    yield administrator
    administrator.session.close()


@pytest.fixture
def plain(api: Api, server: dict[str, str]) -> Iterator[PlainClient]:
    client = PlainClient(server["api_url"], server["token"])
    yield client
    client.connection.close()


@pytest.fixture
def inject(api: Api) -> Callable[..., None]:
    """Put a fault plan of these rules in place."""

    def put(*rules: dict[str, Any], seed: int = 0) -> None:
        answer = api.put("/_simulator/faults", {"seed": seed, "rules": list(rules)})
        assert answer.status_code == 204, answer.text

    return put


@pytest.fixture
def fault_record(api: Api) -> Callable[[], list[tuple[str, bool, int | None]]]:
    """Return the record: of each fault its kind, whether the request was carried out, and the cloud's status."""

    def read() -> list[tuple[str, bool, int | None]]:
        return [
            (entry["fault"], entry["carried_out"], entry["status"])
            for entry in api.read("/_simulator/faults")["record"]
        ]

    return read


@pytest.fixture
def reader(api: Api, server: dict[str, str]) -> Api:
    return Api(api.url, server["read_only_token"])


@pytest.fixture
def stranger(api: Api) -> Api:
    """Connect as who sees the account globex and nothing else."""
    return Api(api.url, "apikey.simulator-globex")


@pytest.fixture
def anybody(api: Api) -> Api:
    return Api(api.url, None)


@pytest.fixture
def group() -> str:
    return GROUP


@pytest.fixture
def machine() -> str:
    return MACHINE


@pytest.fixture
def login(api, connect):
    """Log somebody of the default seed in."""

    def login(username):
        body = {"username": username, "password": "password"}
        return connect(api.url, requests.post(api.url + "/auth/session", json=body).text)

    return login


@pytest.fixture(scope="session")
def browser():
    program = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if not program or not driver:
        pytest.fail("Chromium or its driver is missing (Debian: apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for option in BROWSER_OPTIONS:
        options.add_argument(option)
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as browser:
        yield browser


@pytest.fixture
def chromium(browser):
    """Open a tab of its own, which remembers nothing."""
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    # What was logged for earlier tabs.
    browser.get_log("browser")
    yield browser
    browser.close()
    browser.switch_to.window(first)


@pytest.fixture
def wait(chromium):
    """Wait until something is so; what it is comes back."""
    return lambda condition: WebDriverWait(chromium, 30).until(lambda _chromium: condition())


@pytest.fixture
def texts(chromium):
    """Return what the page shows in the elements that a selector finds."""
    return lambda selector: chromium.execute_script(
        "return Array.from(document.querySelectorAll(arguments[0]), (found) => found.innerText)", selector
    )
