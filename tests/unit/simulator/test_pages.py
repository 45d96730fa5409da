# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The page of the API's documentation, who gets pages, and pages of other sites, in a headless Chromium."""

import functools
import http.server
import threading
import time
from urllib.parse import quote

import pytest
import requests


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
