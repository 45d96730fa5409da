# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The status page and the page of the API's documentation, in a headless Chromium."""

import functools
import http.server
import shutil
import threading
import time
from urllib.parse import quote

import pytest
import requests
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

OPTIONS = [
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
HOSTILE = "<img src=x onerror=\"document.title='taken'\">"
FIRST_DISC = {"label": "root", "size": 25600, "storage_grade": "ssd"}


@pytest.fixture(scope="module")
def chromium():
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if not browser or not driver:
        pytest.fail("Chromium or its driver is missing (Debian: apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for option in OPTIONS:
        options.add_argument(option)
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as chromium:
        yield chromium


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


@pytest.fixture
def cells(chromium, wait):
    """Return the row of a VM, once it is as expected."""
    rows = """return Array.from(document.querySelectorAll(".machine"), (row) => Object.fromEntries(
        Array.from(row.cells, (cell) => [cell.className, cell.innerText.trim()])))"""

    def cells(name, **expected):
        return wait(
            lambda: next(
                (
                    row
                    for row in chromium.execute_script(rows)
                    if row["name"] == name and expected.items() <= row.items()
                ),
                None,
            )
        )

    return cells


def test_it_follows_what_is_done(chromium, api, machine, cells, wait, texts):
    chromium.get(api.url)
    wait(lambda: texts(".account h2") == ["acme", "globex"])
    assert texts("#summary") == ["0 virtual machines, 0 on · 0 requests"]
    api.post("/accounts/acme/groups", {"name": "staging"})
    api.settings(build_time=1000)
    body = {
        "virtual_machine": {"name": "web1", "cores": 2, "memory": 1536, "autoreboot_on": True},
        "discs": [FIRST_DISC, {"label": "data", "size": 100}],
    }
    assert api.post("/accounts/acme/groups/default/vm_create", body).status_code == 202
    nic = api.read(machine + "/nics")[0]
    row = cells("web1", power="building")
    assert row["size"] == "2 cores, 1.5 GiB"
    assert row["addresses"].split() == nic["ips"]
    assert row["discs"].split("\n") == ["root25 GiB ssd", "data100 MiB sata"]
    assert texts(".group summary .name") == ["default", "staging", "default"]
    api.advance(1000)
    cells("web1", power="on", size="2 cores, 1.5 GiB")
    api.put(machine, {"memory": 4096})
    cells("web1", size="2 cores, 4 GiB\nwaits for a restart")
    api.post(machine + "/signal", {"signal": "powerdown"})
    cells("web1", power="shutting down")
    api.put(machine, {"autoreboot_on": False, "power_on": False})
    cells("web1", power="off", size="2 cores, 4 GiB")
    api.delete(machine + "/discs/root")
    wait(lambda: texts(".request .status")[:1] == ["500"])
    assert texts(".request .method")[:2] == ["DELETE", "PUT"]
    assert texts(".request .path")[0] == machine + "/discs/root"
    assert texts(".request .body")[1] == '{"autoreboot_on": false, "power_on": false}'
    api.delete(machine)
    cells("web1", power="deleted")
    api.delete(machine, purge="true")
    wait(lambda: texts(".machine") == [])
    assert [entry for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_what_it_shows_is_text(chromium, api, wait, texts):
    api.seed(
        {
            "accounts": [
                {
                    "name": "acme",
                    "groups": [
                        {"name": "default", "virtual_machines": [{"name": "web1", "last_imaged_with": HOSTILE}]}
                    ],
                }
            ]
        }
    )
    api.get("/accounts/" + HOSTILE)
    api.post("/accounts/acme/groups", {"name": HOSTILE, "root_password": "sesame"})
    chromium.get(api.url)
    wait(lambda: texts(".request"))
    assert texts(".image")[0].startswith(HOSTILE)
    assert HOSTILE in texts(".request .path")[1]
    assert HOSTILE.replace('"', '\\"') in texts(".request .body")[0]
    assert "sesame" not in chromium.page_source
    assert chromium.find_elements(By.TAG_NAME, "img") == []
    assert chromium.title == "Simulated Bytemark Cloud"


def test_a_thousand_machines_are_made_once(chromium, api, wait, texts, cells):
    """A change touches the row of its VM; all others stay the same elements."""
    api.seed(
        {
            "accounts": [
                {
                    "name": "acme",
                    "groups": [
                        {
                            "name": f"g{group}",
                            "virtual_machines": [{"name": f"vm{group}-{number}"} for number in range(100)],
                        }
                        for group in range(10)
                    ],
                }
            ]
        }
    )
    chromium.get(api.url)
    wait(lambda: len(texts(".machine .name")) == 1000)
    chromium.execute_script("for (const row of document.querySelectorAll('.machine')) row.before_the_change = true")
    api.put("/accounts/acme/groups/g7/virtual_machines/vm7-42", {"cores": 7})
    api.delete("/accounts/acme/groups/g7/virtual_machines/vm7-41", purge="true")
    api.create("last", group="/accounts/acme/groups/g0")
    cells("vm7-42", size="7 cores, 1 GiB\nwaits for a restart")
    cells("last", power="off")
    kept = "return Array.from(document.querySelectorAll('.machine')).filter((row) => row.before_the_change).length"
    assert (len(texts(".machine .name")), chromium.execute_script(kept)) == (1000, 999)


def test_it_is_light_or_dark(chromium, api, wait, texts):
    chromium.get(api.url)
    wait(lambda: texts(".account"))
    lightness = {}
    for scheme in ("light", "dark"):
        chromium.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        colour = chromium.execute_script("return getComputedStyle(document.body).backgroundColor")
        lightness[scheme] = sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))
    assert lightness["light"] > 600 > 150 > lightness["dark"]


def test_it_says_when_the_simulator_is_gone(chromium, start_simulator, wait, texts):
    process, facts = start_simulator()
    chromium.get(facts["api_url"])
    wait(lambda: texts(".account"))
    trouble = chromium.find_element(By.ID, "trouble")
    assert not trouble.is_displayed()
    process.kill()
    wait(trouble.is_displayed)
    assert texts(".account h2") == ["acme", "globex"]


def test_clients_of_the_api_get_no_page(api):
    for accept in ("application/json", "*/*", "text/plain"):
        answer = api.get("/", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    assert [entry["path"] for entry in api.requests()] == ["/", "/", "/"]
    page = requests.get(api.url, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    assert len(api.requests()) == 3


def test_the_documentation_needs_no_network(chromium, api, wait, texts):
    chromium.get_log("browser")
    chromium.get(api.url + "/docs")
    wait(lambda: len(texts(".opblock")) > 50)
    assert "Bytemark Cloud simulator" in texts("h1, h2")[0]
    loaded = chromium.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert loaded
    assert [url for url in loaded if not url.startswith((api.url, "data:"))] == []
    assert api.requests() == []
    assert [entry for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"] == []


HOSTILE_PAGE = """<!DOCTYPE html><title>Hostile</title>
<iframe name="frame" src="{url}/docs"></iframe><iframe name="second"></iframe>
<form id="reset" method="post" target="frame" action="{url}/_simulator/reset"></form>
<form id="seed" method="post" target="second" enctype="text/plain" action="{url}/_simulator/seed">
<input name='{{"accounts": [], "x' value='": 1}}'></form>
<img src="{url}/_simulator/requests"><script src="{url}/_simulator/state"></script><script>
const json = {{"Content-Type": "application/json"}};
const attempts = [
  ["POST", "/_simulator/reset", {{mode: "no-cors"}}], ["POST", "/_simulator/reset", {{}}],
  ["POST", "/_simulator/seed", {{headers: json, body: "{{}}"}}], ["DELETE", "/_simulator/requests", {{}}],
  ["PUT", "/_simulator/settings", {{headers: json, body: '{{"latency": 9}}'}}], ["GET", "/_simulator/state", {{}}],
  ["GET", "/accounts", {{mode: "no-cors"}}],
].map(([method, path, options]) => fetch("{url}" + path, {{method, ...options}}).then(
  (answer) => answer.text()).catch(() => ""));
for (const form of document.forms) form.submit();
navigator.sendBeacon("{url}/_simulator/reset");
Promise.all(attempts).then((texts) => {{ document.title = "Read: " + texts.join(""); }});
</script>"""


@pytest.mark.parametrize("from_data", [True, False])
def test_a_page_of_another_site_reads_and_does_nothing(chromium, api, wait, tmp_path, from_data):
    api.post("/accounts/acme/groups", {"name": "mark"})
    before = api.requests()
    page = HOSTILE_PAGE.format(url=api.url)
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        chromium.get("data:text/html," + quote(page) if from_data else f"http://localhost:{site.server_port}/page.html")
        wait(lambda: chromium.title.startswith("Read:"))
        assert chromium.title == "Read:"
        time.sleep(0.5)
        site.shutdown()
    assert api.requests() == before
    assert api.read("/accounts/acme/groups/mark")["name"] == "mark"
    assert api.read("/_simulator/settings")["latency"] == 0
    chromium.get(api.url)
    wait(lambda: "mark" in chromium.page_source)
