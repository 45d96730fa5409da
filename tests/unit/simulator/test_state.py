# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""--state: the cloud outlives its process, however that ends."""

import itertools
import json
import random
import shutil
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

GROUP = "/accounts/acme/groups/default"
MACHINE = GROUP + "/virtual_machines/web1"
ROUNDS = 6


@pytest.fixture
def state(tmp_path):
    return tmp_path / "grün state.json"


@pytest.fixture
def start(start_simulator, connect, state):
    """Start a simulator that keeps its state in that file."""

    def start(*options):
        process, facts = start_simulator("--state", str(state), *options)
        return process, connect(facts["api_url"], facts["token"])

    return start


def kill(process):
    process.kill()
    process.wait(timeout=5)


def seen(api):
    return {key: value for key, value in api.read("/_simulator/state").items() if key != "now"}


def everything_that_counts(api):
    """Write something of each kind that a state has to keep, and leave things to come."""
    api.seed(
        {
            "accounts": [{"name": "acme", "suspended": True}, {"name": "globex"}],
            "users": [
                {"username": "admin", "password": "pw", "yubikey": "cc", "2fa": "12", "accounts": ["acme"]},
                {"username": "plain", "password": "pw", "authorized_keys": "ssh-rsa A", "email": "p@example.com"},
            ],
            "api_keys": [
                {"token": "apikey.simulator-admin", "username": "admin", "accounts": ["acme"]},
                {"token": "apikey.old", "expires_at": 1.5, "read_only": True},
            ],
            "private_vlans": [{"vlan_num": 1042, "account": "acme", "group": "private"}],
            "definitions": {"zone_names": ["moon", "mars"]},
            "settings": {"ignore_acpi": ["web1"], "boot_time": 3},
        }
    )
    api.post("/accounts/acme/groups", {"name": "private"})
    api.create("web1", 2, autoreboot_on=True)
    api.advance(10)
    api.put(MACHINE, {"memory": 4096, "cores": 3, "cdrom_url": "http://example.com/cd.iso", "keymap": "de"})
    api.put(MACHINE + "/discs/disc-1", {"label": "root", "size": 2048})
    nic = api.read(MACHINE + "/nics")[0]
    api.post(f"{MACHINE}/nics/{nic['id']}/ip_create", {"addresses": 2, "reason": "TLS"})
    api.put(f"/ips/{api.read(MACHINE + '/nics')[0]['ips'][-1]}", {"rdns": "extra.example.com"})
    api.put(f"/ips/{nic['ips'][1]}", {"rdns": "web1.example.com"})
    api.create("gone")
    api.delete(GROUP + "/virtual_machines/gone")
    api.create("purged")
    api.delete(GROUP + "/virtual_machines/purged", purge="true")
    api.create("inside", group="/accounts/acme/groups/private")
    api.settings(build_time=1000)
    image = {"distribution": "stretch", "root_password": "secret", "ssh_public_key": "ssh-rsa \ud800"}
    building = {"virtual_machine": {"name": "building"}, "discs": [{"size": 50}], "reimage": image}
    assert (
        requests.post(
            api.url + GROUP + "/vm_create",
            data=json.dumps(building),
            headers={**api.session.headers, "Content-Type": "application/json"},
        ).status_code
        == 202
    )


def test_everything_survives(start, connect, state):
    process, api = start()
    everything_that_counts(api)
    session = api.post("/auth/session", {"username": "plain", "password": "pw", "validity": "3600"}).text
    before, file = seen(api), state.read_bytes()
    kill(process)

    process, api = start()
    assert state.read_bytes() == file
    assert seen(api) == before
    assert api.read("/_simulator/settings")["ignore_acpi"] == ["web1"]
    assert api.state("web1")["running_hardware"]["memory"] == 1024
    assert api.state("building")["building"] is True
    api.advance(1010)
    assert api.state("building")["power_on"] is True
    assert connect(api.url, session).read("/accounts")[0]["suspended"] is True
    assert api.post("/auth/session", {"username": "admin", "password": "pw", "yubikey": "cc", "2fa": "12"}).ok
    assert requests.get(api.url + "/accounts", headers={"Authorization": "Bearer apikey.old"}).status_code == 401

    made = api.create("next")
    numbers = [
        vm["id"] for account in before["accounts"] for group in account["groups"] for vm in group["virtual_machines"]
    ]
    assert made["id"] == max(numbers) + 1 > 1000
    assert not {ip for nic in api.read(GROUP + "/virtual_machines/next/nics") for ip in nic["ips"]} & set(before["ips"])
    assert stat.S_IMODE(state.stat().st_mode) == 0o600


@pytest.mark.parametrize("apart", [False, True])
def test_addresses_and_what_a_guest_runs_from_survive(start, apart):
    process, api = start("--setting", f"extra_ips_apart={json.dumps(apart)}", "--setting", "build_time=0")
    machines = [api.create(name)["id"] for name in ("web1", "web2")]
    nics = [nic["id"] for nic in api.read("/nics")]
    made = api.post(f"{MACHINE}/nics/{nics[0]}/ip_create", {"addresses": 3, "reason": "TLS"}).json()["ips"]
    api.put(f"/ips/{made[0]}", {"rdns": "extra.example.com"})
    api.delete(f"/ips/{made[1]}")
    swap = dict(zip(("virtual_machine_1_id", "virtual_machine_2_id"), machines, strict=True))
    assert api.post("/ips/swap_virtual_machine_ips", swap | {"move_additional_ips": True}).status_code == 200
    api.put(MACHINE, {"power_on": True, "appliance": {"name": "rescue"}})
    before = seen(api)
    kill(process)

    _process, api = start()
    assert seen(api) == before
    assert api.state("web1")["appliance"] == "rescue"
    assert api.read(f"/ips/{made[0]}")["rdns"] == "extra.example.com"
    assert api.get(f"/ips/{made[1]}").status_code == 404
    assert list(api.read("/nics", vm_id=machines[1])[0]["extra_ips"]) == [made[0], made[2]]
    api.put(MACHINE, {"power_on": False})
    assert api.post("/ips/swap_virtual_machine_ips", swap).status_code == 200
    [new] = api.post(f"{MACHINE}/nics/{nics[0]}/ip_create", {"reason": "TLS"}).json()["ips"]
    assert new not in before["ips"]
    assert new != made[1]


def test_people_and_their_access_survive(start, connect, state):
    """Of an API key that was made, the file has no more than what recognises it."""
    process, api = start()
    machine = api.create("web1")
    api.put("/users/carol", {"authorized_keys": "x"})
    body = {"label": "deploy", "expires_at": "2030-01-01T00:00:00.5Z"}
    made = [api.post("/api_keys", body).json() for _number in range(2)]
    grants = {"level": "vm_console", "virtual_machine_id": machine["id"], "ip_restrictions": "192.0.2.1"}
    assert api.post("/users/admin/privileges", grants | {"api_key_id": made[0]["id"]}).status_code == 201
    granted = api.post("/users/carol/privileges", grants | {"yubikey_required": True, "yubikey_otp_max_age": 9}).json()
    api.put(GROUP + "/virtual_machines/web1", {"name": "renamed"})
    api.delete(f"/api_keys/{made[1]['id']}")
    before, file = seen(api), state.read_bytes()
    assert not any(key["api_key"][7:].encode() in file for key in made)
    kill(process)

    _process, api = start()
    assert state.read_bytes() == file
    assert seen(api) == before
    assert api.read(f"/privileges/{granted['id']}") == granted
    key = connect(api.url, made[0]["api_key"])
    assert [vm["name"] for vm in key.read("/virtual_machines")] == ["renamed"]
    assert key.put(MACHINE.replace("web1", "renamed"), {"memory": 2048}).status_code == 403
    assert connect(api.url, made[1]["api_key"]).get("/accounts").status_code == 401
    assert connect(api.url, "apikey.simulator-bob").read(GROUP)["name"] == "default"
    assert api.post("/api_keys", {"label": "next"}).json()["id"] == made[1]["id"] + 1
    assert api.post("/users/carol/privileges", grants).status_code == 400
    api.advance(10 * 366 * 24 * 60 * 60)
    assert key.get("/accounts").status_code == 401


def test_backups_restores_and_schedules_go_on(start, state):
    process, api = start("--setting", "build_time=0", "--setting", "backup_time=1000", "--setting", "restore_time=1000")
    api.create("web1", 2)
    backups = MACHINE + "/discs/disc-1/backups"
    first = api.post(backups).json()
    api.advance(1000)
    api.put(f"{backups}/{first['id']}", {"restore": True})
    others = MACHINE + "/discs/disc-2/backups"
    api.post(others)
    api.put(MACHINE + "/discs/disc-2", {"storage_grade": "ssd"})
    begins = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(api.read("/_simulator/clock")["now"] + 600))
    schedule = {"start_at": begins, "interval_seconds": 600, "capacity": 1}
    api.post(MACHINE + "/discs", {"size": 50, "label": "data", "backup_schedules": [schedule]})
    api.advance(700)
    api.put(MACHINE + "/discs/data", {"storage_grade": "archive"})
    before, file = seen(api), state.read_bytes()
    kill(process)

    _process, api = start()
    assert state.read_bytes() == file
    assert without_progress(seen(api)) == without_progress(before)
    assert without_progress(api.read(others))[0]["storage_grade"] == "sata"
    assert without_progress(api.read(MACHINE + "/discs"))[0]["storage_grade"] == "iceberg"
    assert 70 <= api.read(others)[0]["migration_progress"] < 100
    [scheduled] = api.read(MACHINE + "/discs/data/backups")
    api.advance(300)
    assert [disc["storage_grade"] for disc in api.read(MACHINE + "/discs")] == ["sata", "ssd", "archive"]
    assert api.read(others)[0]["storage_grade"] == "iceberg"
    assert api.post(backups).status_code == 201
    assert [backup["id"] for backup in api.read(MACHINE + "/discs/data/backups")] == [scheduled["id"]]
    api.advance(300)
    [next_one] = api.read(MACHINE + "/discs/data/backups")
    assert next_one["id"] > scheduled["id"]


def without_progress(value):
    """Leave out what goes on by itself."""
    if isinstance(value, dict):
        return {key: without_progress(item) for key, item in value.items() if key != "migration_progress"}
    return [without_progress(item) for item in value] if isinstance(value, list) else value


def test_the_state_of_an_older_simulator_is_taken(start, state):
    """It has neither the attributes nor the ids of what came later."""
    process, api = start()
    api.create("web1", autoreboot_on=True)
    api.put(MACHINE, {"cores": 3, "memory": 4096})
    kill(process)
    document = json.loads(state.read_text())
    [kept] = document["moment"]["virtual_machines"]
    del kept["running_hardware"]["memory"]
    for added in ("backup_schedules", "backups", "privileges"):
        del document["moment"]["last_ids"][added]
    for added in ("backup_schedules", "backups", "restores"):
        del document["moment"][added]
    for disc in document["cloud"]["accounts"][0]["groups"][0]["virtual_machines"][0]["discs"]:
        del disc["backups"]
    del document["cloud"]["privileges"]
    state.write_text(json.dumps(document))
    _process, api = start()
    running = api.state("web1")["running_hardware"]
    assert (running["cores"], running["memory"]) == (1, 4096)


def test_purged_ids_and_addresses_are_not_given_again(start):
    process, api = start()
    first = api.create("web1")
    ips = api.read(MACHINE + "/nics")[0]["ips"]
    api.delete(MACHINE, purge="true")
    kill(process)
    _process, api = start()
    assert api.create("web1")["id"] == first["id"] + 1
    assert not set(ips) & set(api.read(MACHINE + "/nics")[0]["ips"])


def test_killed_under_writes_it_loses_no_acknowledged_one(start, connect):
    """Each round goes on from what the one before has left, on four connections at once."""
    chance = random.Random(7)
    numbers = itertools.count()
    made, unmaking, unmade = set(), set(), set()

    def write(api):
        while True:
            name = f"g{next(numbers)}"
            group = f"/accounts/acme/groups/{name}"
            try:
                assert api.post("/accounts/acme/groups", {"name": name}).status_code == 201
                made.add(name)
                if chance.random() < 0.5:
                    assert (
                        api.post(
                            group + "/vm_create", {"virtual_machine": {"name": "a"}, "discs": [{"size": 50}]}
                        ).status_code
                        == 202
                    )
                else:
                    unmaking.add(name)
                    assert api.delete(group).status_code == 204
                    unmade.add(name)
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                # Killed before the answer, or in the middle of it.
                return

    def check(api):
        there = {group["name"] for group in api.read("/accounts/acme/groups")}
        assert made - unmaking <= there
        assert not unmade & there

    for _round in range(ROUNDS):
        process, api = start("--build-time", "0.1")
        check(api)
        before = len(made)
        with ThreadPoolExecutor(4) as pool:
            writers = [pool.submit(write, connect(api.url, "apikey.simulator-admin")) for _writer in range(4)]
            while len(made) == before:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.5))
            kill(process)
        for writer in writers:
            writer.result()
    check(start()[1])


def test_the_command_line_wins_and_reset_begins_again(start, tmp_path):
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"accounts": [{"name": "fabrikam"}], "settings": {"shutdown_time": 4}}))
    process, api = start("--seed", str(seed))
    api.settings(build_time=9, shutdown_time=5)
    api.advance(100)
    api.post("/accounts/fabrikam/groups", {"name": "kept"})
    kill(process)
    process, api = start("--seed", str(seed), "--build-time", "3")
    assert {"build_time": 3, "shutdown_time": 5}.items() <= api.read("/_simulator/settings").items()
    assert api.read("/_simulator/clock")["advanced"] == 100
    assert "kept" in [group["name"] for group in api.read("/accounts/fabrikam/groups")]
    api.post("/_simulator/reset")
    kill(process)
    _process, api = start("--seed", str(seed))
    assert [group["name"] for group in api.read("/accounts/fabrikam/groups")] == ["default"]
    assert api.read("/_simulator/settings")["shutdown_time"] == 4


def test_what_cannot_be_kept_is_not_acknowledged(start, state):
    _process, api = start()
    shutil.rmtree(state.parent)
    refused = api.post("/accounts/acme/groups", {"name": "lost"})
    assert (refused.status_code, refused.text) == (500, "The state cannot be written: No such file or directory")
    state.parent.mkdir()
    assert api.post("/accounts/acme/groups", {"name": "kept"}).status_code == 201
    assert "kept" in state.read_text()


def test_only_the_owner_can_read_what_it_keeps(start, state):
    process, api = start()
    kill(process)
    files = [state, state.parent / (state.name + ".lock")]
    for file in files:
        file.chmod(0o666)
    process, api = start()
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert api.post("/accounts/acme/groups", {"name": "new"}).status_code == 201
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    kill(process)
    files[1].unlink()
    files[1].symlink_to(elsewhere := state.parent / "elsewhere")
    with pytest.raises(ValueError, match="not enough values"):
        start()
    assert not elsewhere.exists()


MOMENT = {
    "advanced": 0,
    "next_addresses": {"public": 0, "private": 0},
    "last_ids": dict.fromkeys(
        ("accounts", "groups", "virtual_machines", "discs", "network_interfaces", "users", "api_keys"), 0
    ),
}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is not JSON"),
        ('{"version": 1', "is not JSON"),
        ("[]", "state: is not an object"),
        ({}, "version: None is not 1"),
        ({"version": 2}, "version: 2 is not 1"),
        ({"version": 1, "cloud": {}, "moment": MOMENT, "more": 1}, "unknown key 'more'"),
        ({"version": 1, "moment": MOMENT}, "seed: is not an object"),
        ({"version": 1, "cloud": {"accounts": [{}]}, "moment": MOMENT}, "accounts[0].name: can't be blank"),
        ({"version": 1, "cloud": {}, "moment": {}}, "moment.advanced: can't be blank"),
        ({"version": 1, "cloud": {}, "moment": MOMENT | {"advanced": "x"}}, "moment.advanced: is not a number"),
        (
            {"version": 1, "cloud": {}, "moment": MOMENT | {"last_ids": {}}},
            "moment.last_ids: is not a hash of accounts",
        ),
        ({"version": 1, "cloud": {}, "moment": MOMENT | {"rdns": {"192.0.2.1": "a.example"}}}, "192.0.2.1"),
        ({"version": 1, "cloud": {}, "moment": MOMENT | {"virtual_machines": [{"id": 5}]}}, "no virtual machine 5"),
        ({"version": 1, "cloud": {}, "moment": MOMENT | {"sessions": [{"id": "x"}]}}, "moment.sessions[0].username"),
        (
            {"version": 1, "cloud": {}, "moment": MOMENT | {"restores": [{"id": 5, "since": 1, "until": 2}]}},
            "moment.restores[0].id: nothing has the id 5",
        ),
        (
            {"version": 1, "cloud": {}, "moment": MOMENT | {"backups": [{"id": 5, "since": 1, "until": 2}]}},
            "moment.backups[0].storage_grade: can't be blank",
        ),
        (
            {"version": 1, "cloud": {}, "moment": MOMENT | {"backup_schedules": [{"id": 5, "next_at": "now"}]}},
            "moment.backup_schedules[0].next_at: is not a number",
        ),
        (
            {
                "version": 1,
                "cloud": {
                    "accounts": [{"name": "a", "groups": [{"name": "b", "virtual_machines": [{"id": 5, "name": "c"}]}]}]
                },
                "moment": MOMENT | {"virtual_machines": [{"id": 5, "due": {"at": 1}}]},
            },
            "moment.virtual_machines[0].due.action: can't be blank",
        ),
    ],
)
def test_a_bad_state_ends_it_and_is_left_alone(run_simulator, state, content, says):
    state.write_text(before := content if isinstance(content, str) else json.dumps(content))
    ended = run_simulator("--state", str(state))
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert str(state) in ended.stderr
    assert says in ended.stderr
    assert state.read_text() == before


def test_a_place_that_cannot_be_used_ends_it(run_simulator, start, state):
    start()
    for path, says in [
        (state, "another simulator is using this file"),
        (state.parent / "missing" / "state", "No such file or directory"),
        (state.parent, "Is a directory"),
    ]:
        ended = run_simulator("--state", str(path))
        assert (ended.returncode, ended.stdout, ended.stderr) == (
            2,
            "",
            f"bigv_simulator: cannot keep the state in {path}: {says}\n",
        )
