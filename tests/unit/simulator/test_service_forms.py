# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The forms that public clients of the real service have met: of answers, of queries and of values."""

import json
from urllib.parse import quote

import pytest

WHOLE = {
    "virtual_machine": {"name": "web1", "autoreboot_on": True},
    "discs": [{"size": 1024}, {"size": 50}],
    "reimage": {"distribution": "stretch", "root_password": "Tr0ub4dor&3", "more": [1]},
}
DAY = 24 * 60 * 60


# --- vm_create


def test_a_creation_answers_its_parts_and_the_next_get_has_the_rest(api, group, machine):
    answer = api.post(group + "/vm_create", WHOLE)
    assert answer.status_code == 202
    created = answer.json()
    assert created["reimage"] == WHOLE["reimage"]
    assert created["discs"] == api.read(machine + "/discs")
    shown = api.read(machine)
    assert shown["last_imaged_with"] == "stretch"
    assert shown["management_address"] is not None
    assert created["virtual_machine"] == shown | {"last_imaged_with": None, "management_address": None}


def test_a_creation_without_an_image_has_the_key_nevertheless(api, group):
    assert api.post(group + "/vm_create", WHOLE | {"reimage": None}).json()["reimage"] is None


def test_the_bare_answer_of_a_creation_is_a_setting(api, group, machine):
    api.settings(bare_vm_create=True)
    answer = api.post(group + "/vm_create", WHOLE)
    assert answer.status_code == 202
    assert answer.json() == api.read(machine) | {"last_imaged_with": None, "management_address": None}


@pytest.mark.parametrize("discs", [{}, {"discs": None}, {"discs": []}])
@pytest.mark.parametrize("image", [{}, {"reimage": {"distribution": "stretch"}}])
def test_vm_create_needs_discs(api, group, discs, image):
    answer = api.post(group + "/vm_create", {"virtual_machine": {"name": "web1"}} | discs | image)
    assert (answer.status_code, answer.json()) == (400, {"discs": ["can't be blank"]})
    assert api.read("/virtual_machines") == []


@pytest.mark.parametrize("power_on", [True, False])
def test_power_on_counts_for_a_bare_machine_too(api, group, machine, power_on):
    assert api.post(group + "/virtual_machines", {"name": "web1", "power_on": power_on}).json()["power_on"] is False
    api.advance(2)
    assert api.read(machine)["power_on"] is power_on


def schedules(api, group, *wanted):
    return api.post(
        group + "/vm_create",
        {"virtual_machine": {"name": "web1"}, "discs": [{"size": 50, "backup_schedules": list(wanted)}, {"size": 50}]},
    )


@pytest.mark.parametrize(
    "start_at",
    [
        "00:00",
        "2026-11-24 00:00:00 UTC",
        "2019-03-21T00:24:45.031Z",
        "2026-11-24",
        "2019-03-21T00:24:45-07:00",
        "2019-03-21 00:24:45.0312-0700",
    ],
)
def test_backup_schedules_are_kept(api, group, machine, start_at):
    weekly = {"start_at": start_at, "interval_seconds": 604800, "capacity": 1}
    created = schedules(api, group, weekly | {"id": 99}, weekly | {"interval_seconds": "3600", "capacity": "7"})
    assert created.status_code == 202
    kept = [weekly | {"id": 1}, weekly | {"id": 2, "interval_seconds": 3600, "capacity": 7}]
    assert [disc["backup_schedules"] for disc in created.json()["discs"]] == [kept, []]
    assert [disc["backups_enabled"] for disc in created.json()["discs"]] == [True, False]
    shown = api.read(machine, view="overview")["discs"] + [api.read(machine + "/discs/disc-1")]
    assert [disc["backup_schedules"] for disc in shown] == [kept, [], kept]


def test_backup_schedules_have_defaults_and_fit_any_new_disc(api, machine):
    api.create()
    disc = api.post(machine + "/discs", {"size": 50, "backup_schedules": [{"interval_seconds": 60}]}).json()
    assert disc["backup_schedules"] == [{"id": 1, "start_at": "00:00", "interval_seconds": 60, "capacity": 1}]


@pytest.mark.parametrize(
    ("schedule", "error"),
    [
        *(
            ({"start_at": "00:00"} | interval, {"interval_seconds": "Missing interval_seconds parameter"})
            for interval in (
                {},
                {"interval_seconds": None},
                {"interval_seconds": -60},
                {"interval_seconds": 0},
                {"interval_seconds": "-1"},
            )
        ),
        ({"interval_seconds": "weekly"}, {"interval_seconds": ["is not a number"]}),
        ({"interval_seconds": 60, "start_at": "noon"}, {"start_at": ["is not a time"]}),
        ({"interval_seconds": 60, "start_at": "24:00"}, {"start_at": ["is not a time"]}),
        ({"interval_seconds": 60, "start_at": ""}, {"start_at": ["is not a time"]}),
        ({"interval_seconds": 60, "start_at": 0}, {"start_at": ["is not a string"]}),
        ({"interval_seconds": 60, "capacity": 0}, {"capacity": ["must be greater than or equal to 1"]}),
        (7, {"backup_schedule": ["is not a hash"]}),
    ],
)
def test_bad_backup_schedules(api, group, schedule, error):
    answer = schedules(api, group, {"interval_seconds": 60}, schedule)
    assert (answer.status_code, answer.json()) == (400, {"discs": [{"backup_schedules": [{}, error]}, {}]})
    answer = schedules(api, group)
    assert answer.status_code == 202


# --- Echoes


def test_a_reimage_answers_its_body_and_nobody_else_has_its_password(api, machine):
    api.create()
    body = WHOLE["reimage"] | {"ssh_public_key": "ssh-rsa x"}
    answer = api.post(machine + "/reimage", body)
    assert (answer.status_code, answer.json()) == (200, body)
    for path in ("/_simulator/requests", "/_simulator/status", "/_simulator/state", "/_simulator/faults"):
        assert WHOLE["reimage"]["root_password"] not in api.get(path).text


def test_the_root_password_is_in_no_file_and_no_log(start_simulator, connect, group, machine, tmp_path):
    state = tmp_path / "state.json"
    process, facts = start_simulator("--state", str(state), "--log-requests", "--setting", "build_time=0")
    api = connect(facts["api_url"], facts["token"])
    assert api.post(group + "/vm_create", WHOLE).json()["reimage"] == WHOLE["reimage"]
    api.put(machine, {"power_on": False, "autoreboot_on": False})
    assert api.post(machine + "/reimage", WHOLE["reimage"]).json() == WHOLE["reimage"]
    process.terminate()
    said = process.communicate(timeout=10)
    assert "Tr0ub4dor" not in state.read_text() + "".join(said)
    assert "/reimage" in said[1]


# --- Settings


def test_the_put_of_a_group_may_answer_nothing(api, group):
    api.post("/accounts/acme/groups", {"name": "staging"})
    api.settings(empty_group_put=True)
    answer = api.put("/accounts/acme/groups/staging", {"name": "live"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert api.read("/accounts/acme/groups/live")["name"] == "live"
    assert api.put(group, {"name": "other"}).status_code == 400


@pytest.mark.parametrize(("setting", "expected"), [(False, 201), (True, 200)])
def test_what_was_made_may_be_a_200(api, machine, setting, expected):
    api.settings(created_is_200=setting)
    api.create()
    nic = api.read(machine + "/nics")[0]["id"]
    for path, body in (
        ("/accounts/acme/groups", {"name": "staging"}),
        (machine + "/discs", {"size": 50}),
        (f"{machine}/nics/{nic}/ip_create", {"reason": "TLS"}),
    ):
        assert api.post(path, body).status_code == expected


def test_a_vm_that_is_being_built_may_be_a_202(api, group, machine):
    api.settings(building_is_202=True)
    made = api.post(group + "/vm_create", WHOLE).json()["virtual_machine"]["id"]
    for path in (machine, machine + "?view=overview", "/virtual_machines/web1", f"/virtual_machines/{made}"):
        answer = api.get(path)
        assert (answer.status_code, answer.json()["id"]) == (202, made)
        assert api.session.head(api.url + path).status_code == 202
    for path in ("/virtual_machines", group + "/virtual_machines", group + "?view=overview", machine + "/discs"):
        assert api.get(path).status_code == 200
    api.advance(2)
    assert api.get(machine).status_code == 200


def test_without_the_setting_a_vm_that_is_being_built_is_a_200(api, group, machine):
    api.post(group + "/vm_create", WHOLE)
    assert api.get(machine).status_code == 200


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        ("23", ["is invalid", "is too short (minimum is 3 characters)"]),
        ("a", ["is invalid", "is too short (minimum is 3 characters)"]),
        ("", ["can't be blank"]),
        ("abc", None),
    ],
)
def test_short_names_may_be_refused(api, group, name, messages):
    api.create("x1")
    api.settings(refuse_short_names=True)
    answers = [
        api.post(group + "/virtual_machines", {"name": name}),
        api.put(group + "/virtual_machines/x1", {"name": name + "d" if name == "abc" else name}),
    ]
    if messages is not None:
        answers.append(api.post(group + "/vm_create", WHOLE | {"virtual_machine": {"name": name}}))
        assert [answer.json() for answer in answers] == [{"name": messages}] * 3
    else:
        assert [answer.status_code for answer in answers] == [202, 200]


def test_old_and_other_names_may_be_short(api, group):
    api.create("x1")
    api.settings(refuse_short_names=True)
    assert api.put(group + "/virtual_machines/x1", {"name": "x1", "cores": 2}).status_code == 200
    staging = api.post("/accounts/acme/groups", {"name": "s"})
    assert staging.status_code == 201
    assert api.put(group + "/virtual_machines/x1", {"group_id": staging.json()["id"]}).status_code == 200


def numbers(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [value] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


def test_numbers_may_come_as_strings(api, group, machine):
    made = api.create()
    api.settings(numbers_as_strings=True)
    paths = (
        "/accounts?view=overview",
        group,
        machine,
        machine + "/discs",
        machine + "/nics",
        "/virtual_machines",
        f"/virtual_machines/{made['id']}",
        "/groups?view=overview",
        "/discs",
        "/nics",
    )
    for path in paths:
        assert numbers(api.read(path)) == []
    shown = api.read(machine)
    assert (shown["id"], shown["cores"], shown["power_on"]) == (str(made["id"]), "1", False)
    assert numbers(api.post(group + "/vm_create", WHOLE | {"virtual_machine": {"name": "web2"}}).json()) == []
    assert numbers(api.post(machine + "/discs", {"size": 50}).json()) == []
    assert api.put(machine, {key: shown[key] for key in ("group_id", "cores", "memory")}).json() == shown


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("strings", [True, False])
def test_faults_find_the_vm_in_any_form_of_answer(api, inject, group, bare, strings):
    api.settings(bare_vm_create=bare, numbers_as_strings=strings)
    inject({"fault": "build_never_finishes"})
    assert api.post(group + "/vm_create/", WHOLE).status_code == 202
    api.advance(DAY)
    assert api.state("web1")["building"] is True


# --- Paths and queries


def test_the_flat_deletion_of_a_disc(api, reader, stranger, machine):
    api.create(discs=2)
    disc = api.read(machine + "/discs/disc-2")["id"]
    path = f"/discs/{disc}"
    assert (api.delete(path).status_code, api.delete(path).text) == (500, "Discs can only be purged")
    assert api.delete(path, purge="false").status_code == 500
    assert api.delete(path, purge="yes").status_code == 400
    assert reader.delete(path, purge="true").status_code == 403
    assert stranger.delete(path, purge="true").status_code == 404
    assert api.delete("/discs/disc-2", purge="true").status_code == 404
    answer = api.delete(path, purge="true")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.delete(path, purge="true").status_code == 404
    assert [disc["label"] for disc in api.read(machine + "/discs")] == ["disc-1"]


def test_the_disc_of_a_deleted_vm_stays(api, machine):
    api.create()
    disc = api.read(machine + "/discs")[0]["id"]
    api.delete(machine)
    assert api.delete(f"/discs/{disc}", purge="true").status_code == 400


def test_trailing_slashes_are_taken_like_none(api, anybody, group, machine):
    assert api.post(group + "/vm_create/", WHOLE).status_code == 202
    for path in (
        "/accounts",
        group,
        group + "/virtual_machines",
        machine,
        machine + "/discs",
        machine + "/discs/disc-1",
        machine + "/nics",
        "/groups",
        "/virtual_machines",
        "/discs",
        "/nics",
        "/_simulator/settings",
        "/docs",
    ):
        assert (api.get(path + "/").status_code, api.get(path + "/").content) == (200, api.get(path).content)
    assert api.read(machine + "/", view="overview")["discs"]
    assert anybody.get("/definitions/").status_code == 200
    session = anybody.post("/auth/session/", {"username": "admin", "password": "password"})
    assert anybody.get(f"/auth/session/{session.text}/").json()["username"] == "admin"
    assert api.put(machine + "/", {"cores": 2}).json()["cores"] == 2
    assert api.delete(machine + "/", purge="true").status_code == 204
    assert api.get(machine + "/").status_code == 404
    assert api.get("/accounts//").status_code == 404


def test_a_slash_in_a_name_is_no_trailing_one(api, machine):
    api.create()
    assert api.get(machine + quote("/", safe="")).status_code == 404
    assert api.get("/accounts/acme%2F").status_code == 404


@pytest.mark.parametrize("true", ["true", "True", "1"])
@pytest.mark.parametrize("false", ["false", "False", "0"])
def test_booleans_in_queries(api, machine, true, false):
    made = api.create()
    assert api.delete(machine, purge=false).status_code == 204
    for path in (machine, f"/virtual_machines/{made['id']}"):
        assert api.get(path, params={"include_deleted": false}).status_code == 404
        assert api.get(path, params={"include_deleted": true}).json()["deleted"] is True
    assert api.read("/discs", include_deleted=false) == []
    assert len(api.read("/discs", include_deleted=true)) == 1
    assert api.delete(machine, purge=true).status_code == 204
    assert api.get(machine, params={"include_deleted": true}).status_code == 404


@pytest.mark.parametrize("given", ["yes", "TRUE", "tru", "", "2", "on", "null", " true"])
def test_what_is_no_boolean_is_refused(api, group, machine, given):
    made = api.create()
    nic = api.read(machine + "/nics")[0]
    reads = [
        "/accounts",
        "/accounts/acme",
        "/accounts/acme/groups",
        group,
        group + "/virtual_machines",
        machine,
        machine + "/discs",
        machine + "/discs/disc-1",
        machine + "/nics",
        f"{machine}/nics/{nic['id']}",
        "/groups",
        "/groups/default",
        "/virtual_machines",
        f"/virtual_machines/{made['id']}",
        "/discs",
        "/discs/5001",
        "/nics",
        f"/nics/{nic['id']}",
        f"/ips/{nic['ips'][0]}",
    ]
    for path in reads:
        answer = api.get(path, params={"include_deleted": given})
        assert (path, answer.status_code, answer.json()) == (path, 400, {"include_deleted": ["must be true or false"]})
    for path in (machine, machine + "/discs/disc-1", "/discs/5001"):
        answer = api.delete(path, purge=given)
        assert (answer.status_code, answer.json()) == (400, {"purge": ["must be true or false"]})
    assert api.read(machine) == made


def test_an_empty_group_refuses_what_is_no_boolean(api, group):
    assert api.get(group + "/virtual_machines", params={"include_deleted": "yes"}).status_code == 400


# --- Values


def test_numbers_may_be_sent_as_strings(api, group, machine):
    body = {"virtual_machine": {"name": "web1", "cores": "2", "memory": "2048"}, "discs": [{"size": "1024"}] * 2}
    assert api.post(group + "/vm_create", body).status_code == 202
    api.advance(2)
    vm = api.read(machine, view="overview")
    assert (vm["cores"], vm["memory"], [disc["size"] for disc in vm["discs"]]) == (2, 2048, [1024, 1024])
    assert api.put(machine, {"cores": "4", "group_id": str(vm["group_id"])}).json()["cores"] == 4
    assert api.put(machine + "/discs/disc-1", {"size": "2048"}).json()["size"] == 2048
    assert api.post(machine + "/discs", {"size": "50"}).json()["size"] == 50
    nic = vm["network_interfaces"][0]["id"]
    assert api.post(f"{machine}/nics/{nic}/ip_create", {"addresses": "2", "reason": "TLS"}).json()["addresses"] == 2
    other = api.create("web2")["id"]
    moved = api.put(machine + "/discs/disc-2", {"virtual_machine_id": str(other)})
    assert (moved.status_code, moved.json()["virtual_machine_id"]) == (200, other)
    swap = {"virtual_machine_1_id": str(vm["id"]), "virtual_machine_2_id": str(other)}
    assert api.post("/ips/swap_virtual_machine_ips", swap).status_code == 200


def test_a_hardware_profile_of_null_is_not_given(api, group, machine):
    bare = api.post(group + "/virtual_machines", {"name": "web2", "hardware_profile": None})
    assert (bare.status_code, bare.json()["hardware_profile"]) == (202, "virtio2018")
    wanted = WHOLE | {"virtual_machine": {"name": "web1", "hardware_profile": None}}
    assert api.post(group + "/vm_create", wanted).json()["virtual_machine"]["hardware_profile"] == "virtio2018"
    api.put(machine, {"hardware_profile": "virtio2013"})
    assert api.put(machine, {"hardware_profile": None, "cores": 2}).json()["hardware_profile"] == "virtio2013"


# --- Deleted VMs


def test_a_deleted_vm_vanishes_after_21_days(api, machine):
    staging = "/accounts/acme/groups/staging"
    api.post("/accounts/acme/groups", {"name": "staging"})
    made = api.create(group=staging, discs=2)
    address = api.read(staging + "/virtual_machines/web1/nics")[0]["ips"][0]
    api.delete(staging + "/virtual_machines/web1")
    api.advance(21 * DAY - 60)
    assert api.read(f"/virtual_machines/{made['id']}", include_deleted="true")["deleted"] is True
    assert api.delete(staging).status_code == 400
    assert api.delete(staging + "/virtual_machines/web1").status_code == 204
    api.advance(60)
    assert api.get(f"/virtual_machines/{made['id']}", params={"include_deleted": "true"}).status_code == 404
    for path in ("/virtual_machines", "/discs", "/nics"):
        assert api.read(path, include_deleted="true") == []
    assert api.get(f"/ips/{address}", params={"include_deleted": "true"}).status_code == 404
    assert api.create(group=staging)["id"] != made["id"]
    api.delete(staging + "/virtual_machines/web1", purge="true")
    assert api.delete(staging).status_code == 204


def test_an_undeleted_vm_does_not_vanish(api, machine):
    made = api.create()
    api.delete(machine)
    api.advance(20 * DAY)
    assert api.put(machine, {"deleted": False}).status_code == 200
    api.advance(20 * DAY)
    assert api.read(machine)["id"] == made["id"]
    api.delete(machine)
    api.advance(20 * DAY)
    assert api.read(machine, include_deleted="true")["id"] == made["id"]
    assert api.put(machine, {"deleted": False, "power_on": True}).json()["power_on"] is True
    api.advance(20 * DAY)
    assert api.read(machine)["power_on"] is True


def test_a_purged_vm_does_not_vanish_again(api, machine):
    api.create()
    api.delete(machine)
    api.delete(machine, purge="true")
    made = api.create()
    api.advance(22 * DAY)
    assert api.read(machine)["id"] == made["id"]


def test_a_vm_that_a_seed_has_deleted_vanishes_too(api, group):
    api.seed(
        {
            "accounts": [
                {
                    "name": "acme",
                    "groups": [{"name": "default", "virtual_machines": [{"name": "web1", "deleted": True}]}],
                }
            ]
        }
    )
    api.advance(21 * DAY - 60)
    assert len(api.read(group + "/virtual_machines", include_deleted="true")) == 1
    api.advance(60)
    assert api.read(group + "/virtual_machines", include_deleted="true") == []


def test_what_has_begun_outlives_the_process(start_simulator, connect, group, machine, tmp_path):
    """The 21 days go on, the backup schedules are there, and a VM that runs an appliance still does."""
    state = tmp_path / "state.json"
    process, facts = start_simulator("--state", str(state), "--setting", "build_time=0")
    api = connect(facts["api_url"], facts["token"])
    assert schedules(api, group, {"interval_seconds": 60, "capacity": 3}).status_code == 202
    assert api.put(machine, {"power_on": True, "appliance": {"name": "rescue"}}).status_code == 200
    api.post(group + "/virtual_machines", {"name": "gone"})
    api.delete(group + "/virtual_machines/gone")
    api.advance(20 * DAY)
    api.put(machine, {})
    disc = api.read(machine + "/discs/disc-1")
    process.terminate()
    process.communicate(timeout=10)

    _process, facts = start_simulator("--state", str(state))
    api = connect(facts["api_url"], facts["token"])
    assert api.read(machine + "/discs/disc-1") == disc
    assert (
        api.post(machine + "/discs", {"size": 50, "backup_schedules": [{"interval_seconds": 60}]}).json()[
            "backup_schedules"
        ][0]["id"]
        == disc["backup_schedules"][0]["id"] + 1
    )
    assert api.state("web1")["appliance"] == "rescue"
    assert api.state("gone")["deleted"] is True
    api.advance(DAY)
    assert api.get(group + "/virtual_machines/gone", params={"include_deleted": "true"}).status_code == 404


def test_a_seed_may_have_backup_schedules(api, machine):
    def document(**schedule):
        disc = {"size": 50, "backup_schedules": [{"interval_seconds": 60} | schedule]}
        return {
            "accounts": [
                {
                    "name": "acme",
                    "groups": [{"name": "default", "virtual_machines": [{"name": "web1", "discs": [disc]}]}],
                }
            ]
        }

    api.seed(document(id=7, start_at="03:00"))
    assert api.read(machine + "/discs/disc-1")["backup_schedules"] == [
        {"id": 7, "start_at": "03:00", "interval_seconds": 60, "capacity": 1}
    ]
    where = "accounts[0].groups[0].virtual_machines[0].discs[0].backup_schedules[0]"
    assert api.post("/_simulator/seed", document(interval_seconds=-1)).text == (
        where + ".interval_seconds: Missing interval_seconds parameter"
    )
    assert api.post("/_simulator/seed", document(size=1)).text.startswith(where + ": unknown key 'size'")


# --- The rescue appliance

RESCUE = {"autoreboot_on": True, "power_on": True, "appliance": {"name": "rescue", "permanent": False}}


@pytest.mark.parametrize("boot_time", [0, 5])
def test_the_appliance_is_booted_once(api, machine, boot_time):
    before = api.create()
    api.settings(boot_time=boot_time)
    answer = api.put(machine, RESCUE)
    assert answer.status_code == 200
    api.advance(boot_time)
    assert api.read(machine) == before | {"autoreboot_on": True, "power_on": True}
    assert api.state("web1")["appliance"] == "rescue"
    api.put(machine, {"autoreboot_on": True, "power_on": False})
    api.advance(boot_time)
    assert api.read(machine)["power_on"] is True
    assert api.state("web1")["appliance"] is None


@pytest.mark.parametrize("ending", ["powerdown", "reset"])
def test_the_appliance_ends_with_the_guest(api, machine, ending):
    api.create()
    api.put(machine, RESCUE)
    api.post(machine + "/signal", {"signal": ending})
    api.advance(5)
    assert api.read(machine)["power_on"] is True
    assert api.state("web1")["appliance"] is None


@pytest.mark.parametrize("change", [{}, {"power_on": False}])
def test_an_appliance_waits_for_the_next_start(api, machine, change):
    api.create()
    assert api.put(machine, {"appliance": RESCUE["appliance"]} | change).json()["power_on"] is False
    api.put(machine, {"power_on": True})
    assert api.state("web1")["appliance"] == "rescue"


def test_a_vm_that_is_on_boots_no_appliance(api, machine):
    api.create(autoreboot_on=True)
    answer = api.put(machine, RESCUE | {"cores": 3})
    assert (answer.status_code, list(answer.json())) == (400, ["appliance"])
    assert api.read(machine)["cores"] == 1
    assert api.put(machine, {"appliance": None, "cores": 3}).status_code == 200


@pytest.mark.parametrize(
    "appliance",
    [
        "rescue",
        {},
        {"name": "other"},
        {"name": None},
        {"name": ["rescue"]},
        [],
        True,
        {"name": "rescue", "permanent": True},
        {"name": "rescue", "permanent": 0},
    ],
)
def test_bad_appliances(api, machine, appliance):
    api.create()
    answer = api.put(machine, RESCUE | {"appliance": appliance})
    assert (answer.status_code, list(answer.json())) == (400, ["appliance"])
    assert all(isinstance(message, str) for message in json.loads(answer.text)["appliance"])
    assert api.read(machine)["power_on"] is False
