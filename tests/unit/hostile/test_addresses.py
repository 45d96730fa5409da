# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What is no address, in options and in answers: it is said to be none, or does no harm, and is in no path."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core import executor as _apply
from ansible_collections.bytemark.cloud.plugins.module_utils._core.progress import Progress
from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import Cloud, machine, nic
from ansible_collections.bytemark.cloud.tests.unit.hostile.conftest import failure
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, Request

FIRST, EXTRA = "203.0.113.7", "203.0.113.77"
VM = "/accounts/acme/groups/default/virtual_machines/web1"
OFF = {"power_on": False, "autoreboot_on": False}
NO_ADDRESSES = [
    "", " ", "1", "203.0.113.256", "203.0.113.0/24", "2001:db8::/64", "fe80::1%eth0", "010.0.0.1", "203.0.113.7.",
    "\u0662\u0660\u0663.0.113.7", "203.0.113.7?purge=true", "../203.0.113.7", "203.0.113.7/", "a\nb", "\x1b[31m",
    "web1", "x" * 10_000, "9" * 10_000, 7, 1.5, True, [FIRST], {FIRST: "a"},
]  # fmt: skip


@pytest.fixture(autouse=True)
def no_time_for_stale_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify no write for long, as reads stay as they were before it for good."""
    monkeypatch.setattr(_apply, "READS_LAG", 0)


def cloud(*nics: dict[str, Any], **other: Any) -> Cloud:
    """Return a cloud with web1, which has these NICs, and web2."""
    vms = [machine(7, "web1", "default", **other), machine(8, "web2", "default", **other)]
    if nics:
        vms[0]["network_interfaces"] = list(nics)
    return Cloud(vms, True, [])


def ip(address: Any) -> Answer:
    return Answer(body=json.dumps({"address": address, "rdns": None}).encode())


def written(server: Any) -> list[str]:
    return [f"{request.method} {request.target}" for request in server.requests if request.method != "GET"]


# Options.


@pytest.mark.parametrize(
    ("module_name", "options"),
    [
        ("bigv_ip", {"rdns": "www.example.com"}),
        ("bigv_ip", {"state": "absent", "purge": True}),
        ("bigv_ip_info", {}),
        ("bigv_ip_swap", {"vm": "web1", "with_vm": "web2"}),
    ],
)
def test_an_option_that_is_no_address(server, run, module_name, options):
    for address in NO_ADDRESSES:
        assert failure(run(module_name, **options, address=address)).startswith("address: "), address
    assert server.requests == []


NO_NAMES: list[Any] = [
    {"web1": "a.example.com"}, {"203.0.113.0/24": "a"}, {"fe80::1%eth0": "a"}, {"010.0.0.1": "a"}, {"": "a"},
    {7: "a"}, {None: "a"}, {True: "a"}, {1.5: "a"}, {"x" * 10_000: "a"}, {"a\nb\x1b[31m": "a"}, {FIRST: 7},
    {FIRST: ["a"]}, {FIRST: {"a": "b"}}, {FIRST: False}, {"2001:db8::7": "a", "2001:DB8:0::7": "b"},
    {f"198.51.{number // 256}.{number % 256}": 5 for number in range(10_000)}, "{203.0.113.7=a", '{"a": "b"}', '{"a": ',
    "{'web1': 'a'}", '{"203.0.113.7": ["a"]}', [FIRST], [[]], 7, 1.5, True, False,
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(NO_NAMES)))
def test_reverse_dns_that_is_neither_a_name_nor_names_by_address(server, run, number):
    server.answer = cloud()
    assert failure(run("bigv_vm", name="web1", rdns=NO_NAMES[number])).startswith("rdns: ")
    fleet = failure(run("bigv_fleet", vms=[{"name": "web1", "rdns": NO_NAMES[number]}]))
    assert "vms[0].rdns: " in fleet
    assert written(server) == []


@pytest.mark.parametrize("is_text", [False, True])
def test_reverse_dns_of_ten_thousand_addresses_that_are_not_the_vms(server, run, is_text):
    server.answer = cloud()
    names: Any = {f"198.51.{number // 256}.{number % 256}": "a.example.com" for number in range(10_000)}
    message = failure(run("bigv_vm", name="web1", rdns=json.dumps(names) if is_text else names))
    assert message.startswith(
        "rdns: 198.51.0.0 is not an address of VM web1.default.acme, whose addresses are: 203.0.113.7"
    )
    assert written(server) == []


@pytest.mark.parametrize(
    ("module_name", "options", "message"),
    [
        ("bigv_ip", {"vm": "web1", "additional": True}, "additional: must be a whole number, got True"),
        ("bigv_ip", {"vm": "web1", "additional": -1}, "additional: must be at least 0, got -1"),
        ("bigv_ip", {"vm": "web1", "additional": "two"}, "additional: must be a whole number, got 'two'"),
        ("bigv_ip", {"vm": "web1", "additional": 2.5}, "additional: must be a whole number, got 2.5"),
        ("bigv_ip", {"vm": "web1", "additional": 10**40}, "additional: must be at most "),
        ("bigv_ip", {"vm": "web1", "additional": float("inf")}, "additional: must be a whole number, got inf"),
        ("bigv_ip", {"vm": "web1", "additional": 1, "reason": ["a"]}, "reason: must be text, got a list"),
        ("bigv_ip", {"vm": "web1", "additional": 1, "reason": " \n"}, "reason: is required to add addresses to VM"),
        ("bigv_ip", {"vm": "web1", "additional": 1, "contiguous": "maybe"}, "contiguous: must be true or false"),
        ("bigv_ip", {"address": FIRST, "rdns": {FIRST: "a"}}, "rdns: must be text, got a dictionary"),
        ("bigv_ip", {"address": FIRST, "rdns": False}, "rdns: must be text, got False (a boolean)"),
        ("bigv_ip", {"address": None}, "address: is missing; set address or vm"),
        ("bigv_vm", {"name": "web1", "additional_ipv4": True}, "additional_ipv4: must be a whole number, got True"),
        ("bigv_vm", {"name": "web1", "additional_ipv4": 10**40}, "additional_ipv4: must be at most "),
        ("bigv_vm", {"name": "web1", "additional_ipv4": 1}, "additional_ipv4_reason: is required to add addresses"),
        ("bigv_fleet", {"vms": [{"name": "web1", "additional_ipv4": 5}]}, "additional_ipv4: VM web1.default.acme"),
        ("bigv_ip_swap", {"vm": "web1", "with_vm": 7, "address": FIRST}, "with_vm: is the same VM as vm, web1"),
        ("bigv_ip_swap", {"vm": "web1", "with_vm": "web1", "address": FIRST}, "with_vm: is the same VM as vm, web1"),
        ("bigv_vm_action", {"vm": "web1", "action": "sendkey", "keys": ["ret"]}, "keys: must be text, got a list"),
        ("bigv_vm_action", {"vm": "web1", "action": "sendkey", "keys": 7}, "keys: '7' is not one of the API's"),
        ("bigv_vm_action", {"vm": "web1", "action": "sendkey", "keys": "a/../b\n"}, "keys: 'a/../b' is not one of the"),
        ("bigv_vm_action", {"vm": "web1", "action": "sendkey", "keys": "x" * 10_000}, "keys: 'xxx"),
        ("bigv_vm_action", {"vm": None, "action": "reset"}, "vm: is missing; set vm or id"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for(server, run, module_name, options, message):
    server.answer = cloud()
    assert message in failure(run(module_name, **options))
    assert written(server) == []


# Answers.


@pytest.mark.parametrize(
    "bad", ["", "..", "a/b", "203.0.113.7?purge=true", "203.0.113.0/24", "fe80::1%eth0", "x" * 5000]
)
@pytest.mark.parametrize("key", ["ips", "extra_ips"])
def test_an_address_of_a_vm_that_is_none(server, run, bad, key):
    """It is asked for, and written to, by no path."""
    server.answer = cloud(nic(7, **{"ips": [], key: [bad]}))
    assert "which is not valid and cannot be requested" in failure(run("bigv_ip_info", vm="web1"))
    for name, options in (("bigv_vm", {"name": "web1"}), ("bigv_fleet", {"vms": [{"name": "web1"}]})):
        named = {**options, "rdns": "a"} if name == "bigv_vm" else {"vms": [{"name": "web1", "rdns": "a"}]}
        result = run(name, **named)
        assert (result.get("failed", False), result["changed"]) == (key == "ips", False)
        assert run(name, **options)["changed"] is False
    swap = {"vm": "web2", "with_vm": "web1", "address": "198.51.100.1", "allow_restart": True}
    assert "198.51.100.1 is an address of neither VM" in failure(run("bigv_ip_swap", **swap))
    assert not [call for call in server.calls if "/ips/" in call]
    assert written(server) == []


@pytest.mark.parametrize(
    ("special", "message"),
    [
        ({"virtual_machine_id": "web1"}, "not a number at [0].virtual_machine_id"),
        ({"virtual_machine_id": []}, "not a number at [0].virtual_machine_id"),
        ({"id": None}, "not an object with the attribute 'id'"),
        ({"ips": 7}, "not a list of addresses at [0].ips"),
        ({"extra_ips": [EXTRA, None]}, "not a list of addresses at [0].extra_ips"),
        ({"extra_ips": [{"address": EXTRA}]}, "not a list of addresses at [0].extra_ips"),
    ],
)
def test_a_nic_that_is_none(server, run, special, message):
    nics = cloud(nic(7, **{"extra_ips": {EXTRA: FIRST}, **special}))
    server.answer = lambda request: ip(EXTRA) if "/ips/" in request.path else nics(request)
    for options in ({"address": EXTRA, "rdns": "a.example.com"}, {"address": EXTRA, "state": "absent", "purge": True}):
        assert message in failure(run("bigv_ip", **options))
    assert message in failure(run("bigv_ip_info", address=EXTRA))
    assert written(server) == []


@pytest.mark.parametrize("is_missing", [True, False])
@pytest.mark.parametrize("is_nested", [True, False])
def test_a_nic_that_does_not_say_which_vm_has_it(server, run, is_nested, is_missing):
    """What is nested says it, if anything is."""
    interface = nic(7, extra_ips={EXTRA: FIRST}, virtual_machine_id=None)
    if is_missing:
        del interface["virtual_machine_id"]
    server.answer = cloud(interface)._replace(is_nested=is_nested)
    result = run("bigv_ip", address=EXTRA, state="absent", purge=True)
    if is_nested:
        assert result["actions"] == [f"delete the additional address {EXTRA} of VM web1.default.acme"]
        assert run("bigv_ip_info", address=EXTRA)["ips"][0]["vm"] == "web1.default.acme"
    else:
        assert failure(result) == f"The API does not say which VM has the address {EXTRA}."
        assert written(server) == []


FORMS: list[dict[str, Any]] = [
    {"extra_ips": [EXTRA]},
    {"extra_ips": {EXTRA: None}},
    {"extra_ips": {EXTRA: [{}]}},
    {"extra_ips": {EXTRA: FIRST, "a/b": 7}},
    {"extra_ips": {EXTRA: FIRST}, "ips": None},
    {"extra_ips": [EXTRA] * 1000, "ips": [FIRST, EXTRA] * 1000},
    {"extra_ips": [EXTRA], "id": "107", "virtual_machine_id": "7"},
]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("special", FORMS)
def test_an_additional_address_in_any_form(server, run, special, check_mode):
    server.answer = cloud(nic(7, **special))
    result = run("bigv_ip", address=EXTRA, state="absent", purge=True, check_mode=check_mode)
    assert (result.get("msg"), result["changed"]) == (None, True)
    assert written(server) == ([] if check_mode else [f"DELETE /ips/{EXTRA}"])


@pytest.mark.parametrize("special", FORMS)
def test_a_check_run_goes_on_without_an_address_that_it_would_have_deleted(server, tmp_path, special):
    server.answer = cloud(nic(7, **special))
    shared = {"api_url": server.url, "token": "apikey.t", "account": "acme", "api_retries": 0}

    def check(module_name: str, **options: Any) -> dict[str, Any]:
        memory = str(tmp_path / "memory")
        return _in_controller.run(module_name, shared | options, {}, True, Progress(), False, memory_path=memory)

    _in_controller._clients.clear()
    assert check("bigv_ip", address=EXTRA, state="absent", purge=True)["changed"] is True
    assert EXTRA not in [one["address"] for one in check("bigv_ip", vm="web1", additional=0)["ips"]]
    again = check("bigv_ip", address=EXTRA, state="absent", purge=True)
    assert (again.get("msg"), again["changed"]) == (None, False)
    assert written(server) == []


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("extra", [None, [], {}, [EXTRA], {EXTRA: None}, "missing"])
def test_additions_beside_additional_addresses_in_any_form(server, run, extra, check_mode):
    interface = nic(7, extra_ips=extra)
    if extra == "missing":
        del interface["extra_ips"]
    server.answer = cloud(interface)
    result = run("bigv_ip", vm="web1", additional=1, reason="more", check_mode=check_mode)
    has_one = bool(extra) and extra != "missing"
    assert (result.get("msg"), result["changed"]) == (None, not has_one)
    assert written(server) == ([] if has_one or check_mode else [f"POST {VM}/nics/107/ip_create"])


@pytest.mark.parametrize("answered", [{"address": "203.0.113.8"}, {"ip": "198.51.100.1"}, {"address": "a/b"}])
def test_another_address_than_the_one_asked_for(server, run, answered):
    right = cloud(nic(7, extra_ips={EXTRA: FIRST}))

    def answer(request: Request) -> Answer:
        return Answer(body=json.dumps(answered).encode()) if "/ips/" in request.path else right(request)

    server.answer = answer
    for options in ({"rdns": "a.example.com"}, {"state": "absent", "purge": True}):
        assert "The API returned a different address for" in failure(run("bigv_ip", address=EXTRA, **options))
    for options in ({"address": EXTRA}, {"vm": "web1"}):
        assert "The API returned a different address for" in failure(run("bigv_ip_info", **options))
    assert "The API returned a different address for" in failure(run("bigv_vm", name="web1", rdns="a.example.com"))
    assert written(server) == []


@pytest.mark.parametrize(
    "answered", [[], 7, "203.0.113.77", {}, {"rdns": "a"}, {"address": None}, {"address": [EXTRA]}]
)
def test_an_answer_that_is_no_address(server, run, answered):
    right = cloud(nic(7, extra_ips={EXTRA: FIRST}))

    def answer(request: Request) -> Answer:
        return Answer(body=json.dumps(answered).encode()) if "/ips/" in request.path else right(request)

    server.answer = answer
    for module_name, options in (
        ("bigv_ip", {"address": EXTRA, "rdns": "a.example.com"}),
        ("bigv_ip", {"address": EXTRA, "state": "absent", "purge": True}),
        ("bigv_ip_info", {"address": EXTRA}),
        ("bigv_ip_info", {"vm": "web1"}),
        ("bigv_vm", {"name": "web1", "rdns": "a.example.com"}),
    ):
        assert f"the answer from {server.url} is not" in failure(run(module_name, **options))
    assert written(server) == []


ODD_IPS = [
    None, [], {}, 7, "203.0.113.200", [None], [7], [["203.0.113.200"]], [""], ["a/b"], ["fe80::1%eth0"], [{"ip": 7}],
    ["203.0.113.200", None],
]  # fmt: skip


@pytest.mark.parametrize("ips", [*ODD_IPS, "no object"])
def test_what_was_added_is_not_taken_from_an_answer_that_cannot_be(server, run, ips):
    """It is what the VM did not have before."""
    before, after = cloud(nic(7)), cloud(nic(7, extra_ips={"203.0.113.201": FIRST}))

    def answer(request: Request) -> Answer:
        if request.method == "POST":
            return Answer(body=json.dumps([[]] if ips == "no object" else {"ips": ips}).encode())
        return (after if written(server) else before)(request)

    server.answer = answer
    result = run("bigv_ip", vm="web1", additional=1, reason="more")
    assert (result.get("msg"), result["created"]) == (None, ["203.0.113.201"])
    assert len(written(server)) == 1


@pytest.mark.parametrize("number", [1, 50_000])
def test_any_number_of_addresses(server, run, number):
    """An address is found, and added to, in as many requests as among few; and no answer is worked on for minutes."""
    many = [f"10.{one // 65536}.{one // 256 % 256}.{one % 256}" for one in range(number)]
    server.answer = cloud(nic(7, ips=[FIRST, *many]))
    assert run("bigv_ip", address=FIRST, rdns="")["changed"] is False
    assert server.calls == [f"GET /ips/{FIRST}", "GET /nics"]
    server.requests.clear()
    assert run("bigv_ip", vm="web1", additional=1, reason="more", check_mode=True)["created"] == [None]
    assert len(server.requests) == 1
    result = run("bigv_ip_swap", vm="web2", with_vm="web1", address=FIRST, allow_restart=True, check_mode=True)
    assert len(result["with_vm"]["ipv4"]) == 1
    assert "whose addresses are: 203.0.113.7, 10.0.0.0" in failure(run("bigv_vm", name="web1", rdns={"192.0.2.1": "a"}))


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"7", b'"ok"', b'{"virtual_machine_1_id": 8}', b"<html>"])
def test_whatever_a_swap_is_answered(server, run, body):
    """What became of it is read from the VMs."""
    before = cloud(**OFF)
    after = cloud(nic(7, ips=["203.0.113.8", "2001:db8::8"]), **OFF)
    after.vms[1]["network_interfaces"] = [nic(8, ips=[FIRST, "2001:db8::7"])]

    def answer(request: Request) -> Answer:
        if request.method == "POST":
            return Answer(body=body, kind="text/html" if body.startswith(b"<") else "application/json")
        return (after if written(server) else before)(request)

    server.answer = answer
    result = run("bigv_ip_swap", vm="web2", with_vm="web1", address=FIRST)
    assert (result.get("msg"), result["changed"], result.get("warnings")) == (None, True, None)
    assert result["vm"]["ipv4"] == [FIRST]
    assert written(server) == ["POST /ips/swap_virtual_machine_ips"]


@pytest.mark.parametrize(("action", "keys"), [("reset", None), ("sendkey", "ret")])
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"OK", b'{"signal": "powerdown"}'])
def test_whatever_a_signal_is_answered(server, run, action, keys, body):
    right = cloud()
    server.answer = lambda request: Answer(body=body, kind="text/plain") if request.method == "POST" else right(request)
    result = run("bigv_vm_action", vm="web1", action=action, **({"keys": keys} if keys else {}))
    assert (result.get("msg"), result["changed"]) == (None, True)
    assert written(server) == [f"POST {VM}/signal"]
