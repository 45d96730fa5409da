# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Section 7: power, and changing a running VM."""

import contextlib
import http.client

import pytest

NO_KEYS = ("", "-", "ctrl", "ctrl-alt", "delete", "CTRL-ALT-DELETE", "ctrl-alt-delete-", "-ctrl-alt-delete")


@pytest.fixture
def running(api, machine):
    api.create(autoreboot_on=True)
    assert api.read(machine)["power_on"] is True
    return machine


@pytest.fixture
def stopped(api, machine):
    api.create()
    return machine


def test_start(api, stopped):
    vm = api.put(stopped, {"autoreboot_on": True, "power_on": True}).json()
    assert (vm["autoreboot_on"], vm["power_on"]) == (True, True)


def test_start_takes_boot_time(api, stopped):
    api.settings(boot_time=5)
    api.put(stopped, {"power_on": True})
    assert api.read(stopped)["power_on"] is False
    api.advance(5)
    assert api.read(stopped)["power_on"] is True


def test_pull_the_plug(api, running):
    vm = api.put(running, {"autoreboot_on": False, "power_on": False}).json()
    assert (vm["autoreboot_on"], vm["power_on"]) == (False, False)
    api.advance(60)
    assert api.read(running)["power_on"] is False


def test_restart(api, running):
    api.settings(boot_time=5)
    assert api.put(running, {"autoreboot_on": True, "power_on": False}).json()["power_on"] is False
    api.advance(4)
    assert api.read(running)["power_on"] is False
    api.advance(1)
    assert api.read(running)["power_on"] is True


def test_the_brain_looks_at_autoreboot_on_when_it_restarts(api, running):
    api.settings(boot_time=5)
    api.put(running, {"autoreboot_on": True, "power_on": False})
    api.put(running, {"autoreboot_on": False})
    api.advance(60)
    assert api.read(running)["power_on"] is False


def test_autoreboot_on_alone_starts_nothing(api, stopped):
    api.put(stopped, {"autoreboot_on": True})
    api.advance(60)
    assert api.read(stopped)["power_on"] is False


def test_clean_shutdown(api, running):
    api.put(running, {"autoreboot_on": False})
    answer = api.post(running + "/signal", {"signal": "powerdown"})
    assert (answer.status_code, answer.json()) == (200, {"signal": "powerdown"})
    assert api.read(running)["power_on"] is True
    api.advance(1)
    assert api.read(running)["power_on"] is False
    api.advance(60)
    assert api.read(running)["power_on"] is False


def test_powerdown_comes_back_up_with_autoreboot_on(api, running):
    api.settings(boot_time=5)
    api.post(running + "/signal", {"signal": "powerdown"})
    api.advance(1)
    assert api.read(running)["power_on"] is False
    api.advance(5)
    assert api.read(running)["power_on"] is True


@pytest.mark.parametrize("boot_time", [0, 5])
def test_a_powerdown_that_nobody_watched_has_come_back_up(api, running, boot_time):
    api.settings(boot_time=boot_time)
    api.put(running, {"cores": 4})
    api.post(running + "/signal", {"signal": "powerdown"})
    api.advance(60)
    assert api.read(running)["power_on"] is True
    assert api.state("web1")["running_hardware"]["cores"] == 4


def test_a_build_that_nobody_watched_has_booted(api, machine):
    api.settings(boot_time=5)
    api.create(autoreboot_on=True)
    api.advance(5)
    assert api.read(machine)["power_on"] is True


@pytest.mark.parametrize(("ignoring", "on"), [(True, True), (["web1"], True), (["other"], False), (False, False)])
def test_a_guest_may_ignore_acpi(api, running, ignoring, on):
    api.settings(ignore_acpi=ignoring)
    api.put(running, {"autoreboot_on": False})
    assert api.post(running + "/signal", {"signal": "powerdown"}).status_code == 200
    api.advance(600)
    assert api.read(running)["power_on"] is on


def test_reset_and_sendkey(api, running):
    for body in ({"signal": "reset"}, {"signal": "sendkey", "data": "ctrl-alt-delete"}):
        answer = api.post(running + "/signal", body)
        assert (answer.status_code, answer.json()) == (200, body)
        assert api.read(running)["power_on"] is True


@pytest.mark.parametrize(
    ("body", "attribute"),
    [
        ({"signal": "explode"}, "signal"),
        ({"signal": None}, "signal"),
        ({"signal": ["reset"]}, "signal"),
        ({"signal": "sendkey"}, "data"),
        ({"signal": "sendkey", "data": "any"}, "data"),
        ({"signal": "sendkey", "data": 1}, "data"),
        ({"signal": "sendkey", "data": None}, "data"),
        ({"signal": "sendkey", "data": ["ctrl-alt-delete"]}, "data"),
        *(({"signal": "sendkey", "data": keys}, "data") for keys in NO_KEYS),
    ],
)
def test_bad_signals(api, running, body, attribute):
    answer = api.post(running + "/signal", body)
    assert (answer.status_code, list(answer.json())) == (400, [attribute])


KEYS = ["ctrl", "alt", "delete", "f1", "num-lock", "num"]


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        ("f1", 200),
        ("ctrl-alt-f1", 200),
        ("ctrl-alt-delete", 200),
        ("ctrl-ctrl", 200),
        ("num-lock-num-num-lock", 200),
        ("ctrl-alt-f2", 400),
        ("ctrlalt", 400),
        ("ctrl--alt", 400),
        ("lock", 400),
        ("ctrl alt", 400),
        ("num-" * 50_000 + "lock", 200),
        ("num-" * 50_000 + "x", 400),
    ],
    ids=lambda value: str(value)[:20],
)
def test_keys_are_names_joined_by_hyphens(api, machine, keys, status):
    api.seed({"definitions": {"sendkeys": KEYS}})
    api.create(autoreboot_on=True)
    answer = api.post(machine + "/signal", {"signal": "sendkey", "data": keys})
    assert (answer.status_code, list(answer.json())) == (status, ["signal", "data"] if status == 200 else ["data"])


def test_without_definitions_there_are_no_keys(api, machine):
    api.seed({"definitions": {"sendkeys": []}})
    api.create(autoreboot_on=True)
    for keys in ("ctrl-alt-delete", "", "-"):
        assert api.post(machine + "/signal", {"signal": "sendkey", "data": keys}).status_code == 400


@pytest.mark.parametrize("fault", [None, "reset_before", "reset_after", "truncate"])
@pytest.mark.parametrize("body", [{"signal": "reset"}, {"signal": "sendkey", "data": "ctrl-alt-delete"}])
def test_the_log_tells_what_reached_a_guest_and_left_no_state(api, plain, running, inject, fault, body):
    if fault:
        inject({"fault": fault})
        # What `truncate` cuts, http.client has the beginning of.
        with contextlib.suppress(OSError, http.client.HTTPException):
            plain.ask("POST", running + "/signal", body)
    else:
        assert api.post(running + "/signal", body).status_code == 200
    [entry] = [entry for entry in api.requests() if entry["path"].endswith("/signal")]
    assert (entry["body"], entry["status"], entry["fault"]) == (body, 0 if fault == "reset_before" else 200, fault)


@pytest.mark.parametrize(
    "body", [{"signal": "powerdown"}, {"signal": "reset"}, {"signal": "sendkey", "data": "ctrl-alt-delete"}]
)
def test_signals_need_a_vm_that_is_on(api, stopped, body):
    assert api.post(stopped + "/signal", body).status_code == 400


def test_reimage(api, stopped):
    answer = api.post(stopped + "/reimage", {"distribution": "xenial", "ssh_public_key": "ssh-rsa x"})
    assert answer.status_code == 200
    vm = api.read(stopped)
    assert (vm["power_on"], vm["autoreboot_on"], vm["last_imaged_with"]) == (True, False, "xenial")
    assert api.state("web1")["image"]["ssh_public_key"] == "ssh-rsa x"


def test_reimage_sets_autoreboot_on_false(api, stopped):
    api.put(stopped, {"autoreboot_on": True})
    api.post(stopped + "/reimage", {"distribution": "xenial"})
    assert api.read(stopped)["autoreboot_on"] is False


def test_reimage_needs_a_vm_that_is_off(api, running):
    assert api.post(running + "/reimage", {"distribution": "xenial"}).status_code == 400
    assert api.read(running)["last_imaged_with"] is None


def test_reimage_needs_a_disc_and_an_image(api, stopped):
    assert list(api.post(stopped + "/reimage", {"distribution": "beos"}).json()) == ["distribution"]
    api.delete(stopped + "/discs/disc-1", purge="true")
    assert api.post(stopped + "/reimage", {"distribution": "xenial"}).status_code == 400


def test_a_vm_that_is_being_built(api, group, machine):
    body = {"virtual_machine": {"name": "web1", "autoreboot_on": True}, "discs": [{"size": 50}]}
    api.post(group + "/vm_create", body)
    assert api.post(machine + "/reimage", {"distribution": "xenial"}).status_code == 400
    assert api.put(machine, {"autoreboot_on": False, "power_on": False}).status_code == 200
    api.advance(60)
    assert api.read(machine)["power_on"] is False


@pytest.mark.parametrize("change", [{"cores": 8}, {"memory": 8192}, {"hardware_profile": "virtio2013"}])
def test_pending_hardware_changes(api, running, change):
    attribute, new = next(iter(change.items()))
    old = api.read(running)[attribute]
    assert api.put(running, change).json()[attribute] == new
    assert api.read(running)[attribute] == new
    assert api.state("web1")["running_hardware"][attribute] == old
    api.post(running + "/signal", {"signal": "reset"})
    assert api.state("web1")["running_hardware"][attribute] == old
    api.put(running, {"autoreboot_on": True, "power_on": False})
    assert api.state("web1")["running_hardware"][attribute] == new


@pytest.mark.parametrize(
    "change", [{"cores": 8}, {"memory": 8192}, {"hardware_profile": "virtio2013"}, {"cores": 8, "memory": 8192}]
)
def test_refused_hardware_changes(api, running, change):
    api.settings(hardware_changes="refused")
    before = api.read(running)
    answer = api.put(running, change | {"keymap": "de"})
    assert (answer.status_code, set(answer.json())) == (400, set(change))
    assert api.read(running) == before
    assert api.put(running, {"cores": before["cores"], "keymap": "de"}).status_code == 200
    api.put(running, {"autoreboot_on": False, "power_on": False})
    assert api.put(running, change).status_code == 200


def test_disc_changes_show_in_the_guest_after_a_restart(api, running):
    assert api.put(running + "/discs/disc-1", {"size": 4096}).status_code == 200
    api.post(running + "/discs", {"size": 50})
    assert [disc["size"] for disc in api.state("web1")["running_hardware"]["discs"]] == [1024]
    api.put(running, {"autoreboot_on": True, "power_on": False})
    assert [disc["size"] for disc in api.state("web1")["running_hardware"]["discs"]] == [4096, 50]


def test_the_history_tells_when_vms_went_on_and_off(api, running):
    api.settings(shutdown_time=10, boot_time=5)
    before = api.read("/_simulator/clock")["now"]
    api.post(f"{running}/signal", {"signal": "powerdown"})
    api.put("/_simulator/clock", {"advance": 100})
    off, on = api.read("/_simulator/history")["virtual_machines"][-2:]
    assert (off["name"], off["power_on"], on["power_on"]) == ("web1", False, True)
    # As of when it happened, and not of when somebody looked.
    assert 10 <= off["at"] - before < 60
    assert on["at"] - off["at"] == pytest.approx(5)
