# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Section 1: transport, statuses and the shapes of a 400."""

import json

import pytest


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_content_type_may_have_parameters(api, group, content_type):
    answer = api.session.put(api.url + group, data="{}", headers={"Content-Type": content_type})
    assert answer.status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/accounts/acme/groups/default"), ("POST", "/accounts/acme/groups")]
)
def test_writes_with_a_wrong_content_type_do_not_work(api, method, path, content_type):
    answer = api.session.request(method, api.url + path, data='{"name": "x"}', headers={"Content-Type": content_type})
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert [group["name"] for group in api.read("/groups")] == ["default"]


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", "3", '"x"', "NaN", '{"a": NaN}', "[" * 100_000, b"\xff\xfe", '{"a": ' + "9" * 5000 + "}"],
)
def test_a_body_that_is_no_json_object_is_refused(api, group, body):
    answer = api.session.put(api.url + group, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nothing",
        "/accounts//",
        "/accounts/nobody",
        "/accounts/acme/groups/none",
        "/accounts/acme/groups/default/virtual_machines/none",
        "/groups/999",
        "/discs/x",
        "/virtual_machines/999",
        "/nics/999",
        "/ips/192.0.2.1",
        "/ips/junk",
        "/virtual_machines/" + "9" * 5000,
        "/groups/²",
    ],
)
def test_unknown_is_a_404_in_text(api, path):
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_method_that_a_path_lacks_is_a_404(api, group):
    assert api.put("/groups/101", {"name": "x"}).status_code == 404
    assert api.delete("/virtual_machines/1").status_code == 404
    assert api.session.patch(api.url + group, json={}).status_code == 404


@pytest.mark.parametrize("path", ["/accounts", "/definitions", "/accounts/acme/groups/default", "/groups/999"])
def test_head_is_get_without_the_body(api, anybody, path):
    get, head = api.get(path), api.session.head(api.url + path)
    assert (head.status_code, head.headers["content-length"]) == (get.status_code, get.headers["content-length"])
    assert head.content == b""
    assert anybody.session.head(api.url + "/accounts").status_code == 401


def test_unknown_attributes_and_parameters_are_ignored(api, machine):
    before = api.create()
    assert api.put(machine, {"id": 1, "hostname": "x", "junk": [{}], "cores": 2}).json() == before | {"cores": 2}
    assert api.read(machine, junk="1", view="junk") == before | {"cores": 2}


def test_put_is_partial(api, machine):
    before = api.create()
    assert api.put(machine, {"memory": 2048}).json() == before | {"memory": 2048}
    assert api.put(machine, {}).json() == before | {"memory": 2048}


def test_attribute_messages(api, group):
    answer = api.post(group + "/virtual_machines", {"memory": "1GiB"})
    assert answer.status_code == 400
    assert answer.json() == {"name": ["can't be blank"], "memory": ["is not a number"]}


def test_a_message_without_array(api, machine):
    api.create(autoreboot_on=True)
    assert api.post(machine + "/signal").json() == {"signal": "Missing signal parameter"}
    assert api.post(machine + "/reimage").json() == {"distribution": "Missing distribution parameter"}


def test_errors_of_discs_come_in_order(api, group):
    answer = api.post(
        group + "/vm_create",
        {
            "virtual_machine": {"name": "web1"},
            "discs": [{"size": 25600}, {"size": 49}, {"label": "vda", "size": None}, {"size": 50}, 3],
        },
    )
    assert answer.status_code == 400
    good, small, bad, _good, junk = answer.json()["discs"]
    assert good == _good == {}
    assert small == {"size": ["must be greater than or equal to 50"]}
    assert set(bad) == {"label", "size"}
    assert junk
    assert api.read(group + "/virtual_machines") == []


def test_answers_are_json_objects_with_their_type(api, machine):
    api.create()
    kinds = {
        machine: "virtual-machine",
        machine + "/discs/disc-1": "disc",
        "/accounts/acme/groups/default": "group",
        "/nics/" + str(api.read(machine + "/nics")[0]["id"]): "network-interface",
    }
    for path, kind in kinds.items():
        answer = api.get(path)
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["type"] == "application/vnd.bigv." + kind


def test_one_connection_serves_many_requests(api, group):
    for _count in range(5):
        api.get(group)
        api.post(group + "/vm_create", {})
        api.post("/nowhere", {"a": "b" * 10_000})
    counters = api.read("/_simulator/requests")["counters"]
    assert (counters["total"], counters["connections"]) == (15, 1)


def test_strings_that_are_no_text_survive(api, machine, group):
    api.create()
    body = json.dumps(
        {
            "virtual_machine": {"name": "web2"},
            "discs": [{"size": 50}],
            "reimage": {"distribution": "stretch", "ssh_public_key": "\ud800"},
        }
    )
    headers = {"Content-Type": "application/json"}
    assert api.session.post(api.url + group + "/vm_create", data=body, headers=headers).status_code == 202
    assert api.get("/_simulator/state").status_code == 200
