# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Faults in the cloud itself: sessions that end, reads that are old, builds, guests, and other people."""

import pytest

GROUPS = "/accounts/acme/groups"
ANY = {"count": 1}


@pytest.fixture
def session(api, server):
    """Connect as the administrator, signed in with a password."""
    given = api.post("/auth/session", {"username": "admin", "password": "password"}).text
    return type(api)(server["api_url"], given)


def sign_in_again(session):
    answer = session.post("/auth/session", {"username": "admin", "password": "password"})
    session.session.headers["Authorization"] = f"Bearer {answer.text}"


def test_expire_session(api, session, inject, fault_record):
    inject({"fault": "expire_session", "path": "/accounts*", "count": 1})
    assert [session.get("/accounts").status_code for _number in range(2)] == [401, 401]
    assert fault_record() == [("expire_session", False, 401)]
    assert api.get("/accounts").status_code == 200
    sign_in_again(session)
    assert session.get("/accounts").status_code == 200


def test_expire_session_with_keys(api, session, inject):
    inject({"fault": "expire_session", "keys": True, "count": 1})
    assert [who.get("/accounts").status_code for who in (api, session, api)] == [401] * 3
    sign_in_again(session)
    assert (session.get("/accounts").status_code, api.get("/accounts").status_code) == (200, 401)


def test_stale_reads(api, inject, fault_record, machine):
    api.create(cores=1)
    inject({"fault": "stale_reads", "seconds": 60, "method": "PUT"})
    assert api.put(machine, {"cores": 2}).json()["cores"] == 2
    assert fault_record() == [("stale_reads", True, 200)]
    assert api.read(machine)["cores"] == 1
    assert api.read("/virtual_machines")[0]["cores"] == 1
    assert api.read("/accounts", view="overview")[0]["groups"][0]["virtual_machines"][0]["cores"] == 1
    # Control requests are never old.
    assert api.state("web1")["cores"] == 2
    api.advance(60)
    assert api.read(machine)["cores"] == 2


def test_stale_reads_lack_what_was_made_and_keep_what_was_deleted(api, inject, machine):
    inject({"fault": "stale_reads", "seconds": 60, "path": "*/vm_create"})
    body = {"virtual_machine": {"name": "web1"}, "discs": [{"size": 50}]}
    assert api.post(GROUPS + "/default/vm_create", body).status_code == 202
    assert api.get(machine).status_code == 404
    # Writes see what is there.
    assert api.post(GROUPS + "/default/vm_create", body).json() == {"name": ["has already been taken"]}
    api.advance(60)
    assert api.get(machine).status_code == 200
    inject({"fault": "stale_reads", "seconds": 60, "method": "DELETE"})
    api.delete(machine, purge="true")
    assert api.get(machine).status_code == 200


def test_stale_reads_after_several_writes(api, inject, machine):
    """The oldest window that is open counts, so reads never go back in time."""
    api.create(cores=1)
    inject({"fault": "stale_reads", "seconds": 60, "method": "PUT"})
    seen = []
    for cores in (2, 3):
        api.put(machine, {"cores": cores})
        seen.append(api.read(machine)["cores"])
        api.advance(40)
    seen.append(api.read(machine)["cores"])
    api.advance(40)
    assert [*seen, api.read(machine)["cores"]] == [1, 1, 2, 3]


def test_a_write_that_fails_makes_no_read_stale(api, inject, fault_record, machine):
    api.create(cores=1)
    inject({"fault": "stale_reads", "seconds": 60, "method": "PUT", "count": 1})
    assert api.put(machine, {"cores": 0}).status_code == 400
    api.put(machine, {"cores": 2})
    assert (api.read(machine)["cores"], fault_record()) == (2, [("stale_reads", False, 400)])


def test_reads_and_sign_ins_do_not_use_up_stale_reads(api, inject, fault_record, machine, session):
    inject({"fault": "stale_reads", "seconds": 60} | ANY)
    api.get(machine)
    sign_in_again(session)
    assert fault_record() == []


def test_stale_reads_end_with_the_plan_and_the_cloud(api, inject, machine):
    api.create(cores=1)
    inject({"fault": "stale_reads", "seconds": 60})
    api.put(machine, {"cores": 2})
    inject()
    assert api.read(machine)["cores"] == 2
    inject({"fault": "stale_reads", "seconds": 60})
    api.put(machine, {"cores": 3})
    api.seed({})
    assert api.get(machine).status_code == 404


@pytest.mark.parametrize("how", ["/vm_create", "/virtual_machines"])
def test_build_never_finishes(api, inject, fault_record, group, machine, how):
    inject({"fault": "build_never_finishes"} | ANY)
    wanted = {"name": "web1", "autoreboot_on": True}
    if how == "/vm_create":
        wanted = {"virtual_machine": wanted, "discs": [{"size": 50}]}
    assert api.post(group + how, wanted).status_code == 202
    assert fault_record() == [("build_never_finishes", True, 202)]
    api.advance(10**9)
    assert api.read(machine)["power_on"] is False
    assert api.state("web1")["building"] is True
    assert api.delete(machine, purge="true").status_code == 204


def test_a_refused_build_stays_refused(api, inject, fault_record, group):
    inject({"fault": "build_fails"} | ANY)
    assert api.post(group + "/vm_create", {"virtual_machine": {}}).status_code == 400
    assert fault_record() == [("build_fails", False, 400)]


def test_build_fails(api, inject, fault_record, group, machine):
    inject({"fault": "build_fails"} | ANY)
    body = {
        "virtual_machine": {"name": "web1", "autoreboot_on": True},
        "discs": [{"size": 1024}],
        "reimage": {"distribution": "stretch"},
    }
    assert api.post(group + "/vm_create", body).status_code == 202
    assert fault_record() == [("build_fails", True, 202)]
    before = api.state("web1")
    assert (before["building"], before["last_imaged_with"]) == (True, "stretch")
    api.advance(2)
    after = api.state("web1")
    assert (after["building"], after["power_on"], after["image"], after["last_imaged_with"]) == (
        False,
        False,
        None,
        None,
    )
    assert api.post(machine + "/reimage", {"distribution": "stretch"}).status_code == 200
    assert api.read(machine)["power_on"] is True


@pytest.mark.parametrize(
    "path",
    [
        GROUPS + "/default/virtual_machines/web1",
        GROUPS + "/default/virtual_machines/web1/discs",
        "/virtual_machines/web1",
        "/virtual_machines/{id}",
    ],
)
def test_vm_deleted(api, inject, fault_record, path):
    path = path.format(id=api.create()["id"])
    inject({"fault": "vm_deleted"})
    assert api.get(path).status_code == 404
    assert api.get(path, params={"include_deleted": "true"}).status_code == 200
    assert api.state("web1")["deleted"] is True
    assert fault_record() == [("vm_deleted", False, 404)]


def test_vm_purged(api, inject, fault_record, machine):
    made = api.create()
    inject({"fault": "vm_deleted", "purge": True, "method": "PUT"})
    assert api.put(machine, {"cores": 2}).status_code == 404
    assert api.get(f"/virtual_machines/{made['id']}", params={"include_deleted": "true"}).status_code == 404
    assert fault_record() == [("vm_deleted", False, 404)]


def test_there_must_be_a_vm_to_delete(api, inject, fault_record, group, machine):
    inject({"fault": "vm_deleted"} | ANY)
    for path in (machine, group, group + "/virtual_machines", "/virtual_machines/99"):
        api.get(path)
    assert fault_record() == []
    api.post(group + "/virtual_machines", {"name": "web1"})
    assert api.delete(machine).status_code == 204
    assert fault_record() == [("vm_deleted", True, 204)]


def test_shutdown_ignored(api, inject, fault_record, machine):
    api.create(autoreboot_on=True)
    api.put(machine, {"autoreboot_on": False})
    inject({"fault": "shutdown_ignored"} | ANY)
    assert api.post(machine + "/signal", {"signal": "reset"}).status_code == 200
    assert api.post(machine + "/signal", {"signal": "powerdown"}).status_code == 200
    assert fault_record() == [("shutdown_ignored", True, 200)]
    api.advance(60)
    assert api.read(machine)["power_on"] is True
    assert api.post(machine + "/signal", {"signal": "powerdown"}).status_code == 200
    api.advance(60)
    assert api.read(machine)["power_on"] is False


def test_a_shutdown_that_had_begun_goes_on(api, inject, machine):
    api.create(autoreboot_on=True)
    api.put(machine, {"autoreboot_on": False})
    inject({"fault": "shutdown_ignored", "skip": 1})
    for _number in range(2):
        assert api.post(machine + "/signal", {"signal": "powerdown"}).status_code == 200
    api.advance(60)
    assert api.read(machine)["power_on"] is False
