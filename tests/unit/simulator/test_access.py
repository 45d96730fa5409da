# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What each level of privilege allows, everywhere in the cloud; what may not be seen is a 404."""

import pytest
import requests

ACME = "/accounts/acme"
WEB, DB = ACME + "/groups/web", ACME + "/groups/db"
WEB1, WEB2, DB1 = WEB + "/virtual_machines/web1", WEB + "/virtual_machines/web2", DB + "/virtual_machines/db1"
TARGETS = {
    "vm_console": {"virtual_machine": "web1.web.acme"},
    "vm_admin": {"virtual_machine": "web1.web.acme"},
    "group_admin": {"group": "web.acme"},
    "account_admin": {"account": "acme"},
}
LEVELS = list(TARGETS)


@pytest.fixture
def cloud(api):
    """Seed two accounts, and for each level a person and a key that have it, both called after it."""
    machines = [{"name": "web1", "power_on": False, "autoreboot_on": False}, {"name": "web2"}]
    groups = [{"name": "web", "virtual_machines": machines}, {"name": "db", "virtual_machines": [{"name": "db1"}]}]
    people = [{"username": level, "password": "password", "accounts": []} for level in LEVELS]
    keys = [
        {"id": number, "token": f"apikey.{level}", "username": level, "accounts": []}
        for number, level in enumerate(LEVELS, 10)
    ]
    api.seed(
        {
            "accounts": [{"name": "acme", "groups": groups}, {"name": "globex"}],
            "users": [*people, {"username": "staff", "password": "password", "staff": True}],
            "api_keys": [*keys, {"token": "apikey.simulator-admin", "username": "staff"}],
            "privileges": [
                privilege
                for number, level in enumerate(LEVELS, 10)
                for own in [{"username": level, "level": level, **TARGETS[level]}]
                for privilege in (own, own | {"api_key_id": number})
            ],
        }
    )
    return api


@pytest.fixture(params=["key", "session"])
def who(request, cloud, connect):
    """Connect as who has a level, by key or by login."""

    def who(level):
        if request.param == "key":
            return connect(cloud.url, f"apikey.{level}")
        body = {"username": level, "password": "password"}
        return connect(cloud.url, requests.post(cloud.url + "/auth/session", json=body).text)

    return who


def seen(someone):
    return {
        kind: {item.get("name") or item["id"] for item in someone.read(f"/{kind}")}
        for kind in ("accounts", "groups", "virtual_machines")
    } | {kind: len(someone.read(f"/{kind}")) for kind in ("discs", "nics")}


@pytest.mark.parametrize("level", ["vm_console", "vm_admin"])
def test_who_has_a_vm_sees_it_and_the_way_to_it_alone(who, level):
    someone = who(level)
    assert seen(someone) == {
        "accounts": {"acme"},
        "groups": {"web"},
        "virtual_machines": {"web1"},
        "discs": 1,
        "nics": 1,
    }
    [account] = someone.read("/accounts", view="overview")
    [group] = account["groups"]
    [machine] = group["virtual_machines"]
    assert (group["name"], machine["name"], len(machine["discs"])) == ("web", "web1", 1)
    assert [vm["name"] for vm in someone.read(WEB + "/virtual_machines")] == ["web1"]
    assert [group["name"] for group in someone.read(ACME + "/groups")] == ["web"]
    assert someone.read("/groups", vm_name="web2") == []


def test_who_sees_a_disc_sees_its_backups(cloud, who):
    cloud.post(WEB1 + "/discs/disc-1/backups")
    cloud.post(DB1 + "/discs/disc-1/backups")
    for level in LEVELS:
        assert [backup["id"] for backup in who(level).read(WEB1 + "/discs/disc-1/backups")] == [8001]


def test_who_has_a_group_sees_all_of_it_and_none_beside(who):
    assert seen(who("group_admin")) == {
        "accounts": {"acme"},
        "groups": {"web"},
        "virtual_machines": {"web1", "web2"},
        "discs": 2,
        "nics": 2,
    }


def test_who_has_an_account_sees_all_of_it_and_none_beside(who):
    assert seen(who("account_admin")) == {
        "accounts": {"acme"},
        "groups": {"default", "web", "db"},
        "virtual_machines": {"web1", "web2", "db1"},
        "discs": 3,
        "nics": 3,
    }


@pytest.mark.parametrize("ids_win", [False, True])
@pytest.mark.parametrize("level", ["vm_console", "vm_admin", "group_admin"])
def test_what_may_not_be_seen_is_a_404_for_reads_and_writes(cloud, who, level, ids_win):
    cloud.settings(ids_win=ids_win)
    someone = who(level)
    backup = cloud.post(DB1 + "/discs/disc-1/backups").json()["id"]
    hidden = cloud.read(DB1, view="overview")
    disc, nic = hidden["discs"][0]["id"], hidden["network_interfaces"][0]
    for path in (
        "/accounts/globex",
        DB,
        DB1,
        f"{WEB}/virtual_machines/{hidden['id']}",
        DB1 + "/discs",
        f"{DB1}/discs/{disc}",
        f"{DB1}/discs/{disc}/backups",
        f"{DB1}/nics/{nic['id']}",
        f"/groups/{hidden['group_id']}",
        f"/virtual_machines/{hidden['id']}",
        f"/discs/{disc}",
        f"/nics/{nic['id']}",
        f"/ips/{nic['ips'][0]}",
        DB + "/privileges",
        DB1 + "/privileges",
        *([] if level == "group_admin" else [WEB2]),
    ):
        assert someone.get(path).status_code == 404, path
    for answer in (
        someone.put(DB, {"name": "x"}),
        someone.delete(DB),
        someone.put(DB1, {"memory": 2048}),
        someone.delete(DB1, purge="true"),
        someone.post(DB + "/vm_create", {}),
        someone.post(DB1 + "/discs", {"size": 50}),
        someone.delete(f"/discs/{disc}", purge="true"),
        someone.post(f"{DB1}/discs/{disc}/backups"),
        someone.put(f"{DB1}/discs/{disc}/backups/{backup}", {"restore": True}),
        someone.delete(f"{DB1}/discs/{disc}/backups/{backup}", purge="true"),
        someone.put(f"/ips/{nic['ips'][0]}", {"rdns": "a.example"}),
    ):
        assert answer.status_code == 404, answer.url
    assert cloud.read(DB1, view="overview") == hidden


def writes(cloud, someone):
    """Try each write there is, those that are allowed too, and return which of them were."""
    machine = cloud.read(WEB1, view="overview")
    nic = machine["network_interfaces"][0]
    backup = cloud.post(WEB1 + "/discs/disc-1/backups").json()["id"]
    web, db = cloud.read(WEB)["id"], cloud.read(DB)["id"]
    swap = {"virtual_machine_1_id": machine["id"], "virtual_machine_2_id": cloud.read(WEB2)["id"]}
    calls = {
        "memory": lambda: someone.put(WEB1, {"memory": 2048}),
        "power": lambda: someone.put(WEB1, {"power_on": True, "autoreboot_on": True}),
        "signal": lambda: someone.post(WEB1 + "/signal", {"signal": "reset"}),
        "disc": lambda: someone.post(WEB1 + "/discs", {"size": 50, "label": "new"}),
        "grow": lambda: someone.put(WEB1 + "/discs/new", {"size": 100}),
        "backup": lambda: someone.post(WEB1 + "/discs/new/backups"),
        "no restore": lambda: someone.put(f"{WEB1}/discs/disc-1/backups/{backup}", {"restore": False}),
        "no backup": lambda: someone.delete(f"{WEB1}/discs/disc-1/backups/{backup}", purge="true"),
        "schedule": lambda: someone.post(WEB1 + "/discs/new/backup_schedules", {"interval_seconds": 60}),
        "no schedule": lambda: someone.delete(WEB1 + "/discs/new/backup_schedules/1"),
        "no disc": lambda: someone.delete(WEB1 + "/discs/new", purge="true"),
        "rdns": lambda: someone.put(f"/ips/{nic['ips'][0]}", {"rdns": "a.example"}),
        "ip_create": lambda: someone.post(f"{WEB1}/nics/{nic['id']}/ip_create", {"reason": "TLS"}),
        "off": lambda: someone.put(WEB1, {"power_on": False, "autoreboot_on": False}),
        "reimage": lambda: someone.post(WEB1 + "/reimage", {"distribution": "stretch"}),
        "off again": lambda: someone.put(WEB1, {"power_on": False, "autoreboot_on": False}),
        "swap": lambda: someone.post("/ips/swap_virtual_machine_ips", swap),
        "other vm": lambda: someone.put(WEB2, {"memory": 2048}),
        "create": lambda: someone.post(WEB + "/virtual_machines", {"name": "new1"}),
        "vm_create": lambda: someone.post(
            WEB + "/vm_create", {"virtual_machine": {"name": "new2"}, "discs": [{"size": 50}]}
        ),
        "move": lambda: someone.put(WEB1, {"group_id": db}),
        "move back": lambda: someone.put(DB + "/virtual_machines/web1", {"group_id": web}),
        "delete": lambda: someone.delete(WEB1),
        "undelete": lambda: someone.put(WEB1, {"deleted": False}),
        "rename": lambda: someone.put(WEB, {"name": "www"}),
        "rename back": lambda: someone.put(ACME + "/groups/www", {"name": "web"}),
        "create group": lambda: someone.post(ACME + "/groups", {"name": "new"}),
        "delete group": lambda: someone.delete(ACME + "/groups/new"),
    }
    return {name: call().status_code for name, call in calls.items()}


VM_WRITES = {"memory", "power", "signal", "disc", "grow", "schedule", "no schedule", "no disc", "rdns", "ip_create"}
VM_WRITES |= {"backup", "no restore", "no backup", "off", "reimage", "off again"}
GROUP_WRITES = VM_WRITES | {"swap", "other vm", "create", "vm_create", "delete", "undelete"}
NOT_MADE = {"rename back": 404, "move back": 404, "delete group": 404}
OF_A_NEW_DISC = ["grow", "backup", "schedule", "no schedule", "no disc"]
REFUSED_OTHERWISE = {
    "vm_console": NOT_MADE | dict.fromkeys([*OF_A_NEW_DISC, "other vm"], 404),
    "vm_admin": NOT_MADE | {"other vm": 404, "swap": 400, "move": 400},
    "group_admin": NOT_MADE | {"move": 400},
}


@pytest.mark.parametrize(
    ("level", "allowed"), [("vm_console", set()), ("vm_admin", VM_WRITES | {"undelete"}), ("group_admin", GROUP_WRITES)]
)
def test_a_level_allows_what_it_does_and_nothing_else(cloud, who, level, allowed):
    cloud.put(WEB2, {"power_on": False, "autoreboot_on": False})
    someone = who(level)
    done = writes(cloud, someone)
    assert {name for name, status in done.items() if status < 300} == allowed
    assert {done[name] for name in ("rename", "create group")} == {403}
    # What cannot be seen is a 404, or a bad value, and so is what there is not because it was refused before.
    others = {name: status for name, status in done.items() if name not in allowed and status != 403}
    assert others == REFUSED_OTHERWISE[level]


def test_only_who_has_the_group_undeletes(cloud, who):
    for level, status in (("vm_console", 403), ("vm_admin", 403), ("group_admin", 200)):
        cloud.delete(WEB1)
        assert who(level).put(WEB1, {"deleted": False}).status_code == status
    assert cloud.get(WEB1).status_code == 200


def test_an_account_admin_may_do_everything_there(cloud, who):
    cloud.put(WEB2, {"power_on": False, "autoreboot_on": False})
    done = writes(cloud, who("account_admin"))
    assert {name: status for name, status in done.items() if status >= 300} == {}


def test_moving_needs_both_places(cloud, connect):
    """Who has both groups may move a VM, and both VMs may swap and move; who may only look at one may not."""
    mover = connect(cloud.url, "apikey.group_admin")
    db, web = cloud.read(DB)["id"], cloud.read(WEB)["id"]
    cloud.post("/users/group_admin/privileges", _grant("vm_admin", virtual_machine_id=cloud.read(DB1)["id"]))
    assert mover.put(DB1, {"group_id": web}).status_code == 404
    cloud.post("/users/group_admin/privileges", _grant("vm_console", 12, virtual_machine_id=cloud.read(DB1)["id"]))
    assert mover.put(WEB1, {"group_id": db}).status_code == 403
    cloud.put(DB1, {"power_on": False, "autoreboot_on": False})
    ids = {"virtual_machine_1_id": cloud.read(WEB1)["id"], "virtual_machine_2_id": cloud.read(DB1)["id"]}
    assert mover.post("/ips/swap_virtual_machine_ips", ids).status_code == 403
    mover.post(WEB1 + "/discs", {"label": "data", "size": 50})
    move = {"virtual_machine_id": ids["virtual_machine_2_id"]}
    assert mover.put(WEB1 + "/discs/data", move).status_code == 403
    cloud.post("/users/group_admin/privileges", _grant("vm_admin", 12, virtual_machine_id=ids["virtual_machine_2_id"]))
    assert mover.put(WEB1 + "/discs/data", move).status_code == 200
    assert mover.post("/ips/swap_virtual_machine_ips", ids).status_code == 200
    assert mover.put(DB1, {"group_id": web}).status_code == 403
    cloud.post("/users/group_admin/privileges", _grant("group_admin", 12, group_id=db))
    assert mover.put(DB1, {"group_id": web}).status_code == 200


def _grant(level, api_key_id=None, **target):
    return {"level": level, "api_key_id": api_key_id, "password_required": api_key_id is None, **target}


def test_a_key_has_its_own_privileges_and_a_session_the_users(cloud, connect):
    session = requests.post(cloud.url + "/auth/session", json={"username": "vm_console", "password": "password"}).text
    own, key = connect(cloud.url, session), connect(cloud.url, "apikey.vm_console")
    db1 = cloud.read(DB1)["id"]
    cloud.post("/users/vm_console/privileges", _grant("vm_console", 10, virtual_machine_id=db1))
    assert (own.get(DB1).status_code, key.get(DB1).status_code) == (404, 200)
    cloud.post("/users/vm_console/privileges", _grant("vm_admin", virtual_machine_id=cloud.read(WEB1)["id"]))
    assert own.put(WEB1, {"memory": 2048}).status_code == 200
    assert key.put(WEB1, {"memory": 1024}).status_code == 403


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"user_name": "vm_admin"}, {"web1"}),
        ({"user_name": "group_admin"}, {"web1", "web2"}),
        ({"user_id": "3"}, {"web1", "web2"}),
        ({"user_id": "3", "user_name": "vm_admin"}, set()),
        ({"user_name": "account_admin"}, {"web1", "web2", "db1"}),
        ({"user_name": "account_admin", "vm_name": "db1"}, {"db1"}),
        ({"privilege_id": "5"}, {"web1", "web2"}),
        ({"privilege_id": "5", "user_name": "group_admin"}, {"web1", "web2"}),
        ({"privilege_id": "5", "user_name": "vm_admin"}, set()),
        ({"user_name": "nobody"}, set()),
        ({"user_id": "x"}, set()),
        ({"privilege_id": "99"}, set()),
        ({"user_name": "staff"}, {"web1", "web2", "db1"}),
    ],
)
def test_flat_lists_by_whom_they_reach(cloud, query, names):
    assert {vm["name"] for vm in cloud.read("/virtual_machines", **query)} == names
    for kind in ("discs", "nics"):
        assert len(cloud.read(f"/{kind}", **query)) == len(names)


def test_groups_by_whom_they_reach(cloud):
    assert cloud.read("/groups", user_name="vm_admin") == []
    assert [group["name"] for group in cloud.read("/groups", user_name="group_admin")] == ["web"]


def test_filters_tell_nobody_of_privileges_that_may_not_be_seen(cloud, who):
    someone = who("vm_admin")
    assert [vm["name"] for vm in someone.read("/virtual_machines", user_name="vm_admin")] == ["web1"]
    assert someone.read("/virtual_machines", user_name="account_admin") == []
    assert someone.read("/virtual_machines", privilege_id="7") == []


def test_who_reads_only_may_not_do_anything(reader, api):
    api.create()
    for answer in (
        reader.put("/users/read-only", {"authorized_keys": "ssh-rsa A"}),
        reader.post("/api_keys", {"label": "mine"}),
        reader.delete("/api_keys/2"),
        reader.put("/api_keys/2", {"expires_at": None}),
        reader.post("/users/read-only/privileges", {"level": "vm_console", "virtual_machine_id": 1001}),
    ):
        assert answer.status_code == 403
