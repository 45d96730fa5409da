# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The OpenAPI document: valid, complete, and true of what the simulator answers."""

import os

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi import checks

G = "/accounts/{account}/groups/{group}"
V = G + "/virtual_machines/{virtual_machine}"
D = V + "/discs/{disc}"
CALLS = {
    "/accounts": "GET",
    "/accounts/{account}": "GET",
    "/accounts/{account}/groups": "GET POST",
    G: "GET PUT DELETE",
    G + "/virtual_machines": "GET POST",
    G + "/vm_create": "POST",
    V: "GET PUT DELETE",
    V + "/signal": "POST",
    V + "/reimage": "POST",
    V + "/discs": "GET POST",
    D: "GET PUT DELETE",
    D + "/backups": "GET POST",
    D + "/backups/{backup}": "PUT DELETE",
    D + "/backup_schedules": "POST",
    D + "/backup_schedules/{schedule}": "DELETE",
    V + "/nics": "GET",
    V + "/nics/{nic}": "GET",
    V + "/nics/{nic}/ip_create": "POST",
    "/groups": "GET",
    "/groups/{group}": "GET",
    "/virtual_machines": "GET",
    "/virtual_machines/{virtual_machine}": "GET",
    "/discs": "GET",
    "/discs/{disc}": "GET DELETE",
    "/nics": "GET",
    "/nics/{nic}": "GET",
    "/ips/{address}": "GET PUT DELETE",
    "/ips/swap_virtual_machine_ips": "POST",
    "/definitions": "GET",
    "/users": "GET",
    "/users/{user}": "GET PUT",
    "/users/{user}/privileges": "GET POST",
    "/privileges": "GET",
    "/privileges/{privilege}": "GET PUT DELETE",
    "/accounts/{account}/privileges": "GET",
    G + "/privileges": "GET",
    V + "/privileges": "GET",
    "/api_keys": "GET POST",
    "/api_keys/{api_key}": "GET PUT DELETE",
    "/auth/session": "POST",
    "/auth/session/{session_id}": "GET POST",
}
THERE = {"account": "acme", "group": "default", "disc": "disc-1", "backup": "8001", "schedule": "1"}
PEOPLE = {"user": "read-only", "privilege": "2", "api_key": "7"}
ON = THERE | PEOPLE | {"virtual_machine": "web1", "nic": "9001", "address": "198.18.0.1"}
OFF = THERE | PEOPLE | {"virtual_machine": "web2", "nic": "9002", "address": "198.18.0.2", "backup": "8002"}


@pytest.fixture(scope="module")
def document(server):
    return requests.get(server["api_url"] + "/docs/openapi.json").json()


def test_it_is_valid_and_has_every_call_that_is_known_and_no_other(document):
    validate(document)
    said = {path: {method.upper() for method in methods} for path, methods in document["paths"].items()}
    assert said == {path: set(methods.split()) for path, methods in CALLS.items()}


def test_every_call_says_how_surely_it_is_known(document):
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            assert any(word in call["description"].lower() for word in ("documented", "observed")), (method, path)


def example(schema):
    if "properties" in schema:
        return {name: example(part) for name, part in schema["properties"].items()}
    return [example(schema["items"])] if "items" in schema and "examples" not in schema else schema["examples"][0]


def body_schema(call):
    return call["requestBody"]["content"]["application/json"]["schema"]


def test_every_body_has_a_good_example(document):
    bodies = [
        body_schema(call)
        for methods in document["paths"].values()
        for call in methods.values()
        if "requestBody" in call and "Not simulated" not in call["tags"]
    ]
    writes = [(path, method) for path, methods in CALLS.items() for method in methods.split() if method != "GET"]
    without_body = {(path, "DELETE") for path, _method in writes} | {(D + "/backups", "POST")}
    assert len(bodies) == len(set(writes) - without_body)
    for body in bodies:
        OAS31Validator(body).validate(example(body))


def test_it_has_every_attribute_of_a_vm(api, document):
    api.create("web1")
    shown = set(api.read("/accounts/acme/groups/default/virtual_machines/web1"))
    told = {"id", "hostname", "head", "management_address", "last_imaged_with", "type"}
    described = set(document["components"]["schemas"]["VirtualMachine"]["properties"])
    assert described == shown | {"discs", "network_interfaces"}
    assert set(body_schema(document["paths"][V]["put"])["properties"]) == shown - told - {"zone_name"} | {"appliance"}
    new = document["paths"][G + "/virtual_machines"]["post"]
    assert set(body_schema(new)["properties"]) == shown - told - {"group_id", "deleted"}


@pytest.mark.parametrize("changed", [False, True])
def test_the_settings_keep_answers_as_described(api, document, changed):
    names = ("bare_vm_create", "empty_group_put", "created_is_200", "building_is_202", "address_as_ip", "empty_swap")
    names += ("revoked_is_200", "privilege_names", "expiry_with_offset", "keys_end_blank")
    names += ("backups_answer_disc", "backup_deleted_is_200")
    api.settings(**dict.fromkeys(names, changed))
    reimage = {"distribution": "stretch"}
    statuses = []
    for method, path, body in (
        ("POST", "/accounts/{account}/groups", {"name": "staging"}),
        ("PUT", G, {"name": "default"}),
        ("POST", G + "/vm_create", {"virtual_machine": {"name": "web1"}, "discs": [{"size": 50}], "reimage": reimage}),
        ("GET", V, None),
        ("GET", "/virtual_machines/{virtual_machine}", None),
        ("POST", D + "/backup_schedules", {"interval_seconds": 60}),
        ("DELETE", D + "/backup_schedules/{schedule}", None),
        ("POST", V + "/discs", {"size": 50, "backup_schedules": [{"interval_seconds": 60}]}),
        ("POST", D + "/backups", None),
        ("GET", D + "/backups", None),
        ("PUT", D + "/backups/{backup}", {}),
        ("DELETE", D + "/backups/{backup}?purge=true", None),
        ("POST", V + "/nics/{nic}/ip_create", {"reason": "TLS"}),
        ("GET", "/ips/{address}", None),
        ("PUT", "/ips/{address}", {"rdns": "www.example.com"}),
        ("POST", "/users/{user}/privileges", {"level": "vm_admin", "virtual_machine_id": 1001}),
        ("GET", V + "/privileges", None),
        ("PUT", "/users/{user}", {"authorized_keys": "ssh-rsa A"}),
        ("POST", "/api_keys", {"label": "deploy", "expires_at": "2030-01-01"}),
        ("GET", "/api_keys?view=overview", None),
        ("DELETE", "/privileges/{privilege}", None),
    ):
        answer = api.session.request(method, api.url + path.format(**ON), json=body)
        described = document["paths"][path.partition("?")[0]][method.lower()]["responses"][str(answer.status_code)]
        if answer.content:
            schema = described["content"]["application/json"]["schema"]
            OAS31Validator(schema | {"components": document["components"]}).validate(answer.json())
        statuses.append(answer.status_code)
    assert statuses == (
        [200, 200, 202, 202, 202, 200, 204, *[200] * 11, 201, 200, 200]
        if changed
        else [201, 200, 202, 200, 200, 201, 204, 201, 201, 200, 200, 204, 201, 200, 200, 201, 200, 200, 201, 200, 204]
    )


def test_the_page_needs_no_network(anybody):
    page = anybody.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "://" not in page.text.replace(anybody.url, "")
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "openapi.json"):
        assert f"/docs/{name}" in page.text
        assert anybody.get(f"/docs/{name}").status_code == 200


def begin(api):
    """Create a VM that runs, with a backup schedule, one that does not, a backup of each, and an API key."""
    api.post("/_simulator/reset")
    api.create("web1", autoreboot_on=True)
    api.create("web2")
    for off_or_on in (ON, OFF):
        api.post((D + "/backups").format(**off_or_on))
    api.advance(10)
    api.post(D.format(**ON) + "/backup_schedules", {"interval_seconds": 60})
    api.post("/api_keys", {"label": "deploy"})


@st.composite
def cases(draw, operation):
    """Draw what the document allows: most paths lead to something that exists, and most bodies hold good examples."""
    case = draw(operation.as_strategy())
    there = draw(st.sampled_from([ON, OFF, ON, OFF, {}]))
    case.path_parameters = {name: there.get(name, value) for name, value in (case.path_parameters or {}).items()}
    if isinstance(case.body, dict) and draw(st.integers(0, 2)):
        good = example(body_schema(operation.definition.raw))
        replaced = draw(st.lists(st.sampled_from(list(good)), max_size=2))
        case.body = good | {name: case.body[name] for name in replaced if name in case.body}
    return case


def check(case, answer):
    """Check an answer against the document, and a 500 only where the API is known to have one, in its own words."""
    case.validate_response(
        answer,
        checks=[checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance],
    )
    if answer.status_code == 500:
        assert answer.text in ("Discs can only be purged", "Backups can only be purged", "Could not read the cdrom_url")


def test_it_answers_as_described(api, document, subtests):
    load_all_checks()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=api.url)
    succeeded = set()

    @settings(
        max_examples=int(os.environ.get("EXAMPLES", "15")),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def answers(operation, data):
        machines = api.get("/virtual_machines")
        # An example may have deleted a VM, or the very API key that it was sent with.
        if machines.status_code != 200 or len(machines.json()) < 2:
            begin(api)
        case = data.draw(cases(operation))
        answer = case.call(session=api.session, headers=dict(api.session.headers))
        check(case, answer)
        if answer.status_code < 400:
            succeeded.add(operation.label)

    for found in schema.exclude(tag="Not simulated").get_all_operations():
        operation = found.ok()
        begin(api)
        with subtests.test(operation.label):
            answers(operation)

    assert len(succeeded) > 40
