# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The status page, in a headless Chromium."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

HOSTILE = "<img src=x onerror=\"document.title='taken'\">"
GROUPS = "/accounts/acme/groups"
FIRST_DISC = {"label": "root", "size": 25600, "storage_grade": "ssd"}


def account(name, **groups):
    """Return an account of a seed: its groups, with the names of their VMs."""
    return {
        "name": name,
        "groups": [
            {"name": group, "virtual_machines": [{"name": machine} for machine in machines]}
            for group, machines in groups.items()
        ],
    }


@pytest.fixture
def cells(chromium, wait):
    """Return the row of a VM, once it is in sight and as expected."""
    row = """const row = Array.from(document.querySelectorAll(".machine")).find(
        (row) => row.cells[0].textContent === arguments[0]);
        row?.scrollIntoView();
        return row && Object.fromEntries(Array.from(row.cells, (cell) => [cell.className, cell.innerText.trim()]))"""

    def cells(name, **expected):
        def found():
            shown = chromium.execute_script(row, name)
            return shown if shown and expected.items() <= shown.items() else None

        return wait(found)

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
    cells("web1", size="2 cores, 4 GiB\npending restart")
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


def test_two_thousand_machines_are_made_once(chromium, api, wait, texts, cells):
    """A change touches the row of its VM; all others stay the same elements."""
    groups = {f"g{group}": [f"vm{group}-{number}" for number in range(100)] for group in range(20)}
    api.seed({"accounts": [account("acme", **groups)]})
    chromium.get(api.url)
    wait(lambda: len(texts(".machine .name")) == 2000)
    chromium.execute_script("for (const row of document.querySelectorAll('.machine')) row.before_the_change = true")
    api.put("/accounts/acme/groups/g7/virtual_machines/vm7-42", {"cores": 7})
    api.delete("/accounts/acme/groups/g7/virtual_machines/vm7-41", purge="true")
    api.create("last", group="/accounts/acme/groups/g0")
    cells("vm7-42", size="7 cores, 1 GiB\npending restart")
    cells("last", power="off")
    kept = "return Array.from(document.querySelectorAll('.machine')).filter((row) => row.before_the_change).length"
    assert (len(texts(".machine .name")), chromium.execute_script(kept)) == (2000, 1999)


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


def test_the_order_is_natural(chromium, api, wait, texts):
    api.seed({"accounts": [account("acme10"), account("acme9", web10=["vm10", "vm9", "VM1"], web9=[])]})
    chromium.get(api.url)
    wait(lambda: texts(".account h2") == ["acme9", "acme10"])
    assert texts("summary .name") == ["default", "web9", "web10", "default"]
    assert texts(".machine .name") == ["VM1", "vm9", "vm10"]
    api.post("/accounts/acme9/groups", {"name": "web9a"})
    wait(lambda: texts("summary .name") == ["default", "web9", "web9a", "web10", "default"])


@pytest.fixture
def search(chromium, api, wait, texts):
    """Open the page of two accounts, and return what searches in it."""
    api.seed(
        {
            "accounts": [
                account("acme", default=["web1", "web2", "db1"], empty=[]),
                account("globex", default=["web1"], constructor=["valueOf"]),
            ]
        }
    )
    chromium.get(api.url)
    wait(lambda: texts(".account"))
    field = chromium.find_element(By.ID, "search")

    def search(text):
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(Keys.BACKSPACE, text)
        return texts(".account h2"), texts(".group summary .name"), texts(".machine .name")

    search.field = field
    return search


@pytest.mark.parametrize(
    ("text", "accounts", "groups", "machines"),
    [
        ("web1", ["acme", "globex"], ["default", "default"], ["web1", "web1"]),
        ("WEB2", ["acme"], ["default"], ["web2"]),
        ("empty", ["acme"], ["empty"], []),
        ("globex", ["globex"], ["constructor", "default"], ["valueOf", "web1"]),
        ("db1.default.acme", ["acme"], ["default"], ["db1"]),
        ("acme web1", ["acme"], ["default"], ["web1"]),
        ("constructor", ["globex"], ["constructor"], ["valueOf"]),
        ("w.b1", [], [], []),
        (HOSTILE, [], [], []),
    ],
)
def test_a_search_finds_names_of_machines_groups_and_accounts(search, texts, text, accounts, groups, machines):
    assert search(text) == (accounts, groups, machines)
    assert texts("#found") == [f"{len(machines)} virtual machine{'' if len(machines) == 1 else 's'} found"]


def test_a_search_is_kept_while_the_cloud_changes(search, api, chromium, wait, texts):
    assert (search.field.aria_role, search.field.accessible_name) == ("searchbox", "Search")
    assert chromium.find_element(By.ID, "found").aria_role == "status"
    search("web1")
    assert texts(".group summary .note") == ["1 of 3 virtual machines, 1 on", "1 virtual machine, 1 on"]
    api.post("/accounts/globex/groups", {"name": "web10"})
    api.delete("/accounts/acme/groups/default/virtual_machines/web1", purge="true")
    wait(lambda: texts(".group summary .name") == ["default", "web10"])
    assert chromium.switch_to.active_element == search.field
    _accounts, groups, machines = search("")
    assert groups == ["default", "empty", "constructor", "default", "web10"]
    assert machines == ["db1", "web2", "valueOf", "web1"]
    assert texts("#found") == [""]


def test_groups_stay_folded(search, api, chromium, wait, texts):
    folded = "return Array.from(document.querySelectorAll('.group'), (group) => !group.open)"
    summary = chromium.find_element(By.CSS_SELECTOR, ".group summary")
    summary.send_keys(Keys.ENTER)
    assert chromium.execute_script(folded) == [True, False, False, False]
    api.post(GROUPS, {"name": "another"})
    api.delete(GROUPS + "/empty")
    api.create("web3")
    wait(lambda: texts(".group summary .note")[1:2] == ["4 virtual machines, 3 on"])
    assert chromium.execute_script(folded) == [False, True, False, False]
    assert chromium.switch_to.active_element == summary
    chromium.refresh()
    wait(lambda: texts(".account"))
    assert chromium.execute_script(folded) == [False, True, False, False]
    search.field = chromium.find_element(By.ID, "search")
    search.field.send_keys("web1")
    assert chromium.execute_script(folded) == [False, False]
    search.field.send_keys(Keys.ESCAPE)
    wait(lambda: chromium.execute_script(folded) == [False, True, False, False])


def log_lines(texts):
    return list(zip(*(texts(f".request .{part}") for part in ("method", "status", "count", "path")), strict=True))


def test_equal_reads_are_one_line(chromium, api, wait, texts):
    for path in (GROUPS, GROUPS, GROUPS, GROUPS + "?view=overview", "/accounts/none", GROUPS, GROUPS):
        api.get(path)
    for _again in range(2):
        api.put(GROUPS + "/default", {"name": "default"})
    chromium.get(api.url)
    wait(lambda: texts(".request"))
    assert log_lines(texts) == [
        ("PUT", "200", "", GROUPS + "/default"),
        ("PUT", "200", "", GROUPS + "/default"),
        ("GET", "200", "2 times", GROUPS),
        ("GET", "404", "", "/accounts/none"),
        ("GET", "200", "", GROUPS + "?view=overview"),
        ("GET", "200", "3 times", GROUPS),
    ]
    api.get(GROUPS)
    wait(lambda: log_lines(texts)[0] == ("GET", "200", "", GROUPS))
    api.get(GROUPS)
    wait(lambda: log_lines(texts)[0] == ("GET", "200", "2 times", GROUPS))
    assert len(texts(".request")) == 7
    assert texts("#summary")[0].endswith("11 requests")


def test_writes_only(chromium, api, wait, texts):
    """Writes are found behind any number of reads."""
    api.post(GROUPS, {"name": "written"})
    for number in range(60):
        api.get(f"{GROUPS}/{number}")
    chromium.get(api.url)
    wait(lambda: len(texts(".request")) == 50)
    assert set(texts(".request .method")) == {"GET"}
    switch = chromium.find_element(By.ID, "writes-only")
    assert (switch.aria_role, switch.accessible_name) == ("switch", "Writes only")
    switch.send_keys(Keys.SPACE)
    assert log_lines(texts) == [("POST", "201", "", GROUPS)]
    api.delete(GROUPS + "/written")
    wait(lambda: texts(".request .method") == ["DELETE", "POST"])
    switch.send_keys(Keys.SPACE)
    assert texts(".request .method")[:2] == ["DELETE", "GET"]


def test_the_plots(chromium, api, machine, wait, texts):
    points = (
        "return Array.from(document.querySelectorAll('polyline'), (line) => line.getAttribute('points').split(' '))"
    )
    api.settings(build_time=1000)
    chromium.get(api.url)
    wait(lambda: texts(".plot figcaption") == ["VMs on 0 peak 0", "VMs building 0 peak 0", "Requests/s 0 peak 0"])
    for name in ("web1", "web2"):
        body = {"virtual_machine": {"name": name, "autoreboot_on": True}, "discs": [FIRST_DISC]}
        assert api.post("/accounts/acme/groups/default/vm_create", body).status_code == 202
    wait(lambda: texts(".plot.building figcaption") == ["VMs building 2 peak 2"])
    wait(lambda: not texts(".plot.rate figcaption")[0].endswith("peak 0"))
    api.advance(1000)
    api.put(machine, {"autoreboot_on": False, "power_on": False})
    wait(lambda: texts(".plot figcaption")[:2] == ["VMs on 1 peak 1", "VMs building 0 peak 2"])
    on, building, rate = chromium.execute_script(points)
    assert on[-1] == building[-1].replace("32.0", "0.0") == "300.0,0.0"
    assert any(point.endswith(",0.0") for point in building)
    assert any(point.endswith(",0.0") for point in rate)
    chromium.refresh()
    wait(lambda: texts(".plot figcaption")[:2] == ["VMs on 1 peak 1", "VMs building 0 peak 2"])
    assert all(len(after) > len(on) for after in chromium.execute_script(points))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it(chromium, api, wait, texts, scheme):
    """Nothing lies beside the page, and a row of a table still is one to who does not see it."""
    api.seed({"accounts": [account("a" * 60, **{"g" * 60: ["m" * 60, "web1"]})]})
    api.get("/" + "p" * 200)
    chromium.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    )
    chromium.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    chromium.get(api.url)
    wait(lambda: len(texts(".machine")) == 2)
    beside = """return Array.from(document.querySelectorAll('body *')).filter((found) => {
        const box = found.getBoundingClientRect();
        return found.checkVisibility() && !found.closest("thead")
            && (box.left < 0 || box.right > 390 || found.scrollWidth > 390);
    }).map((found) => found.outerHTML)"""
    assert chromium.execute_script(beside) == []
    assert chromium.execute_script("return [innerWidth, document.documentElement.scrollWidth]") == [390, 390]
    row = chromium.find_element(By.CSS_SELECTOR, ".machine:last-child")
    assert row.aria_role == "row"
    assert [cell.aria_role for cell in row.find_elements(By.CSS_SELECTOR, "td")] == ["cell"] * 6
    chromium.find_element(By.LINK_TEXT, "Recent requests").click()
    assert 0 <= chromium.find_element(By.ID, "log").rect["y"] - chromium.execute_script("return scrollY") < 800


def test_it_needs_nothing_from_elsewhere(chromium, api, wait, texts):
    chromium.get_log("browser")
    chromium.get(api.url)
    wait(lambda: texts(".account") and texts(".plot"))
    loaded = chromium.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert api.url + "/_simulator/page/accounts.js" in loaded
    assert [url for url in loaded if not url.startswith((api.url, "data:"))] == []
    assert [entry for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"] == []
    assert api.get("/_simulator/page/status.js").headers["cache-control"] == "no-cache"
