# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Section 8: additional addresses, reverse DNS, and swapping the addresses of two VMs."""

import http.client
import ipaddress
import itertools
from urllib.parse import quote

import pytest

DEFAULT = "/accounts/acme/groups/default/virtual_machines/"
SWAP = "/ips/swap_virtual_machine_ips"
ONE = {"addresses": 1, "family": "ipv4", "reason": "TLS", "contiguous": False}
V6 = "2001:db8:0:2329::"


def path_of(api, name="web1"):
    """Return the path of the NIC of a VM of the default group."""
    return f"{DEFAULT}{name}/nics/{api.read(f'{DEFAULT}{name}/nics')[0]['id']}"


@pytest.fixture
def nic(api):
    api.create()
    return path_of(api)


@pytest.fixture
def seed(api):
    """Seed acme's default group with VMs, those that say nothing of power being off, and globex's with one."""

    def seed(*machines, definitions=None):
        accounts = {"acme": machines, "globex": [{"name": "other", "id": 900}]}
        api.seed(
            {
                "definitions": definitions or {},
                "accounts": [
                    {"name": name, "groups": [{"name": "default", "virtual_machines": [OFF | vm for vm in vms]}]}
                    for name, vms in accounts.items()
                ],
                "api_keys": [
                    {"token": "apikey.simulator-admin"},
                    {"token": "apikey.simulator-globex", "accounts": ["globex"]},
                ],
            }
        )

    return seed


OFF = {"power_on": False, "autoreboot_on": False}


# --- Additional addresses


def test_ip_create(api, nic):
    before = api.read(nic)
    body = ONE | {"addresses": 2}
    answer = api.post(nic + "/ip_create", body)
    assert answer.status_code == 201
    ips = answer.json()["ips"]
    assert answer.json() == body | {"ips": ips}
    assert len(set(ips)) == 2
    assert api.read(nic) == before | {
        "ips": [*before["ips"], *ips],
        "extra_ips": dict.fromkeys(ips, before["ips"][0]),
    }
    assert [api.read(f"/ips/{ip}") for ip in ips] == [{"address": ip, "rdns": None} for ip in ips]


def test_additional_addresses_may_stand_apart(api, nic):
    api.settings(extra_ips_apart=True)
    before = api.read(nic)
    [ip] = api.post(nic + "/ip_create", ONE).json()["ips"]
    assert api.read(nic) == before | {"extra_ips": {ip: before["ips"][0]}}


def test_all_but_the_reason_may_be_left_out(api, nic):
    answer = api.post(nic + "/ip_create", {"reason": "TLS"}).json()
    assert answer == ONE | {"ips": answer["ips"]}


@pytest.mark.parametrize("reason", [{}, {"reason": None}, {"reason": ""}, {"reason": " \t\n"}])
def test_ip_create_needs_a_reason(api, nic, reason):
    body = {key: value for key, value in ONE.items() if key != "reason"} | reason
    answer = api.post(nic + "/ip_create", body)
    assert (answer.status_code, answer.json()) == (400, {"reason": ["can't be blank"]})
    assert api.read(nic)["extra_ips"] == {}


@pytest.mark.parametrize(
    "body",
    [
        {"addresses": 5},
        {"addresses": 0},
        {"addresses": True},
        {"addresses": "5"},
        {"addresses": None},
        {"family": "ipv6"},
        {"reason": 3},
        {"contiguous": "no"},
        {"family": None},
    ],
)
def test_bad_ip_create(api, nic, body):
    answer = api.post(nic + "/ip_create", ONE | body)
    assert (answer.status_code, list(answer.json())) == (400, list(body))
    assert api.read(nic)["extra_ips"] == {}


def test_at_most_four_extra_addresses(api, nic):
    assert api.post(nic + "/ip_create", ONE | {"addresses": 3}).status_code == 201
    before = api.read(nic)
    refused = api.post(nic + "/ip_create", ONE | {"addresses": 2})
    assert (refused.status_code, list(refused.json())) == (400, ["addresses"])
    assert api.read(nic) == before
    assert api.post(nic + "/ip_create", ONE).status_code == 201
    assert api.post(nic + "/ip_create", ONE).status_code == 400
    api.delete(f"/ips/{api.read(nic)['ips'][-1]}")
    assert api.post(nic + "/ip_create", ONE).status_code == 201


def test_a_nic_goes_by_its_label_too(api, seed):
    nics = [{"id": 91}, {"id": 92, "label": "back"}]
    seed({"name": "web1", "network_interfaces": [nic | {"ips": [f"192.0.2.{nic['id']}"]} for nic in nics]})
    made = [api.post(f"{DEFAULT}web1/nics/{name}/ip_create", ONE).json()["ips"] for name in ("91", "back", "92")]
    shown = {nic["id"]: nic["extra_ips"] for nic in api.read(DEFAULT + "web1/nics")}
    assert shown == {91: {made[0][0]: "192.0.2.91"}, 92: dict.fromkeys((made[1][0], made[2][0]), "192.0.2.92")}
    assert api.post(DEFAULT + "web1/nics/front/ip_create", ONE).status_code == 404


def test_contiguous_addresses_follow_each_other(api, seed):
    taken = ["198.18.0.2", "198.18.0.5"]
    seed({"name": "old", "network_interfaces": [{"ips": taken}]}, {"name": "web1"})
    made = api.post(path_of(api) + "/ip_create", ONE | {"addresses": 3, "contiguous": True}).json()["ips"]
    numbers = [int(ipaddress.ip_address(ip)) for ip in made]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert not set(made) & set(taken)


def test_contiguous_addresses_may_not_be_there(api, seed):
    every_second = [str(ipaddress.ip_address("198.18.0.1") + number) for number in range(0, 2**17 - 2, 2)]
    seed({"name": "old", "network_interfaces": [{"ips": every_second}]}, {"name": "web1"})
    nic = path_of(api)
    refused = api.post(nic + "/ip_create", ONE | {"addresses": 2, "contiguous": True})
    assert (refused.status_code, list(refused.json())) == (400, ["contiguous"])
    assert api.read(nic)["extra_ips"] == {}
    assert len(api.post(nic + "/ip_create", ONE | {"addresses": 2}).json()["ips"]) == 2


@pytest.mark.parametrize("apart", [False, True])
def test_delete_an_extra_address_only(api, nic, apart):
    api.settings(extra_ips_apart=apart)
    before = api.read(nic)
    extra = api.post(nic + "/ip_create", ONE).json()["ips"][0]
    for primary in before["ips"]:
        assert api.delete(f"/ips/{primary}").status_code == 400
    answer = api.delete(f"/ips/{extra}")
    assert (answer.status_code, answer.content) == (204, b"")
    for gone in (api.get(f"/ips/{extra}"), api.delete(f"/ips/{extra}"), api.put(f"/ips/{extra}", {"rdns": None})):
        assert gone.status_code == 404
    assert api.read(nic) == before


def test_purging_frees_additional_addresses(api, nic):
    extra = api.post(nic + "/ip_create", ONE).json()["ips"][0]
    assert api.delete(DEFAULT + "web1", purge="true").status_code == 204
    assert api.get(f"/ips/{extra}").status_code == 404


def test_each_address_is_shown_once(api, nic):
    extra = api.post(nic + "/ip_create", ONE).json()["ips"][0]
    [account] = [account for account in api.read("/_simulator/status")["accounts"] if account["name"] == "acme"]
    [machine] = account["groups"][0]["virtual_machines"]
    assert machine["addresses"] == [*api.read(nic)["ips"]]
    assert list(api.read("/_simulator/state")["ips"]).count(extra) == 1


# --- One address


def test_reverse_dns(api, nic):
    api.post(nic + "/ip_create", ONE)
    for address in api.read(nic)["ips"]:
        changed = api.put(f"/ips/{address}", {"rdns": "www.acme.example"})
        assert (changed.status_code, changed.json()) == (200, {"address": address, "rdns": "www.acme.example"})
        assert api.read(f"/ips/{address}")["rdns"] == "www.acme.example"
        for bad in ("", "a b", 3, True, "x" * 300):
            assert list(api.put(f"/ips/{address}", {"rdns": bad}).json()) == ["rdns"]
        assert api.put(f"/ips/{address}", {}).json()["rdns"] == "www.acme.example"
        assert api.put(f"/ips/{address}", {"rdns": None}).json()["rdns"] is None


def test_an_address_may_be_called_ip(api, nic):
    address = api.read(nic)["ips"][0]
    api.settings(address_as_ip=True)
    assert api.put(f"/ips/{address}", {"rdns": "a.example"}).json() == {"ip": address, "rdns": "a.example"}
    assert api.read(f"/ips/{address}") == {"ip": address, "rdns": "a.example"}


@pytest.mark.parametrize(
    "spelling",
    [V6, "2001:DB8:0:2329::", "2001:0db8:0000:2329:0000:0000:0000:0000", "2001:db8::2329:0:0:0.0.0.0", V6 + "0"],
)
@pytest.mark.parametrize("encode", [str, lambda text: quote(text, safe=""), lambda text: quote(text, safe="").lower()])
def test_ipv6_is_known_in_every_spelling(api, seed, spelling, encode):
    seed({"name": "web1", "network_interfaces": [{"ips": ["192.0.2.1", "2001:db8:0:2329::"]}]})
    path = f"/ips/{encode(spelling)}"
    assert api.read(path) == api.read(path + "/") == {"address": V6, "rdns": None}
    assert api.put(path, {"rdns": "a.example"}).json() == {"address": V6, "rdns": "a.example"}
    assert api.delete(path).status_code == 400


@pytest.mark.parametrize(
    "address", ["2001:db8::1", "192.0.2.250", "192.0.2.001", "192.0.2.1%2F32", "[2001:db8:0:2329::]", "web1", "%00"]
)
def test_what_is_no_address_of_a_vm(api, seed, address):
    seed({"name": "web1", "network_interfaces": [{"ips": ["192.0.2.1", V6]}]})
    for answer in (api.get(f"/ips/{address}"), api.put(f"/ips/{address}", {}), api.delete(f"/ips/{address}")):
        assert answer.status_code == 404


def test_addresses_of_others_are_not_there(api, reader, stranger, nic):
    extra = api.post(nic + "/ip_create", ONE).json()["ips"][0]
    for who, status in ((reader, 403), (stranger, 404)):
        assert who.post(nic + "/ip_create", ONE).status_code == status
        assert who.put(f"/ips/{extra}", {"rdns": "a.example"}).status_code == status
        assert who.delete(f"/ips/{extra}").status_code == status
    assert (reader.get(f"/ips/{extra}").status_code, stranger.get(f"/ips/{extra}").status_code) == (200, 404)
    assert api.read(f"/ips/{extra}")["rdns"] is None


def test_addresses_of_a_deleted_vm_stay_as_they_are(api, nic):
    extra = api.post(nic + "/ip_create", ONE).json()["ips"][0]
    api.delete(DEFAULT + "web1")
    for answer in (
        api.post(nic + "/ip_create", ONE),
        api.put(f"/ips/{extra}", {"rdns": "a.example"}),
        api.delete(f"/ips/{extra}"),
    ):
        assert answer.status_code == 400
    assert api.get(f"/ips/{extra}").status_code == 404
    assert api.read(f"/ips/{extra}", include_deleted="true") == {"address": extra, "rdns": None}
    api.put(DEFAULT + "web1", {"deleted": False})
    assert list(api.read(nic)["extra_ips"]) == [extra]


# --- Swapping


def swap(api, first, second, **more):
    return api.post(SWAP, {"virtual_machine_1_id": first, "virtual_machine_2_id": second} | more)


@pytest.fixture
def two(api):
    """Make two VMs that are off, the first one with an additional address; return their ids."""
    machines = [api.create(name)["id"] for name in ("one", "two")]
    api.post(path_of(api, "one") + "/ip_create", ONE)
    return machines


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("additional", [None, False, True])
def test_swap(api, additional, apart):
    api.settings(extra_ips_apart=apart)
    machines = [api.create(name)["id"] for name in ("one", "two")]
    nics = [path_of(api, name) for name in ("one", "two")]
    primary = [api.read(nic)["ips"] for nic in nics]
    extra = [api.post(nic + "/ip_create", ONE | {"addresses": 2}).json()["ips"] for nic in nics]
    names = {ip: f"ip{number}.example" for number, ip in enumerate(itertools.chain(*primary, *extra))}
    for ip, name in names.items():
        api.put(f"/ips/{ip}", {"rdns": name})
    before = [api.read(nic) for nic in nics]

    moving = {} if additional is None else {"move_additional_ips": additional}
    assert swap(api, *machines, **moving).status_code == 200

    primary.reverse()
    if additional:
        extra.reverse()
    for nic, old, ips, extras in zip(nics, before, primary, extra, strict=True):
        listed = ips if apart else ips + extras
        assert api.read(nic) == old | {"ips": listed, "extra_ips": dict.fromkeys(extras, ips[0])}
    assert {ip: api.read(f"/ips/{ip}")["rdns"] for ip in names} == names
    # An address belongs to the VM that has it now.
    api.delete(DEFAULT + "one", purge="true")
    gone = {ip for ip in names if api.get(f"/ips/{ip}").status_code == 404}
    assert gone == {*primary[0], *extra[0]}


def test_swapping_back(api, two):
    before = [api.read(path_of(api, name)) for name in ("one", "two")]
    for pair in (two, reversed(two)):
        assert swap(api, *pair, move_additional_ips=True).status_code == 200
    assert [api.read(path_of(api, name)) for name in ("one", "two")] == before


def test_what_a_swap_answers(api, two):
    def machines():
        return [api.read(DEFAULT + name, view="overview") for name in ("one", "two")]

    assert swap(api, *two).json() == machines()
    api.settings(empty_swap=True)
    before = machines()
    answer = swap(api, *two)
    assert (answer.status_code, answer.content) == (200, b"")
    assert machines() != before


def refused(answer):
    assert answer.status_code == 400
    assert all(isinstance(message, str) for messages in answer.json().values() for message in messages)
    return set(answer.json())


@pytest.mark.parametrize("obstacle", ["on", "building", "restarting", "starting", "shutting down", "deleted"])
def test_a_swap_needs_both_off(api, two, obstacle):
    api.settings(boot_time=60, shutdown_time=60, build_time=60)
    if obstacle == "building":
        api.post(
            DEFAULT.replace("virtual_machines/", "vm_create"),
            {"virtual_machine": {"name": "x"}, "discs": [{"size": 50}]},
        )
        other = api.read(DEFAULT + "x")["id"]
    else:
        other = two[1]
        if obstacle == "deleted":
            api.delete(DEFAULT + "two")
        else:
            api.put(DEFAULT + "two", {"power_on": True})
        if obstacle not in ("starting", "deleted"):
            api.advance(60)
        if obstacle == "restarting":
            api.put(DEFAULT + "two", {"power_on": False, "autoreboot_on": True})
            assert api.read(DEFAULT + "two")["power_on"] is False
        elif obstacle == "shutting down":
            api.post(DEFAULT + "two/signal", {"signal": "powerdown"})
    before = api.read("/nics", include_deleted="true")
    assert refused(swap(api, two[0], other)) == {"virtual_machine_2_id"}
    assert refused(swap(api, other, two[0])) == {"virtual_machine_1_id"}
    assert api.read("/nics", include_deleted="true") == before


def test_a_vm_that_the_brain_would_restart_is_off_nevertheless(api, two):
    api.put(DEFAULT + "two", {"autoreboot_on": True})
    assert swap(api, *two).status_code == 200


@pytest.mark.parametrize("other", [999, "two", True, None, [], 10**30, -1, 1.5])
def test_a_swap_with_what_is_no_vm(api, two, other):
    assert refused(swap(api, two[0], other)) == {"virtual_machine_2_id"}


def test_a_swap_is_for_two(api, two):
    assert refused(swap(api, two[0], two[0])) == {"virtual_machine_2_id"}
    assert refused(api.post(SWAP)) == {"virtual_machine_1_id", "virtual_machine_2_id"}
    assert refused(swap(api, *two, move_additional_ips="yes")) == {"move_additional_ips"}
    assert refused(swap(api, *two, move_additional_ips=None)) == {"move_additional_ips"}


def test_a_swap_needs_network_interfaces(api, seed):
    seed({"name": "one", "id": 1}, {"name": "bare", "id": 2, "network_interfaces": []})
    before = api.read("/nics")
    assert refused(swap(api, 1, 2)) == {"virtual_machine_2_id"}
    assert refused(swap(api, 2, 1)) == {"virtual_machine_1_id"}
    assert api.read("/nics") == before


def test_a_swap_sees_what_the_token_sees(api, reader, stranger, seed, two):
    assert reader.post(SWAP, {}).status_code == 403
    assert refused(swap(stranger, *two)) == {"virtual_machine_1_id", "virtual_machine_2_id"}
    seed({"name": "one", "id": 1})
    ours, theirs = (api.read("/nics", vm_id=number)[0] for number in (1, 900))
    assert refused(swap(stranger, 900, 1)) == {"virtual_machine_2_id"}
    assert swap(api, 1, 900).status_code == 200
    assert api.read("/nics", vm_id=1)[0]["ips"] == theirs["ips"]
    assert stranger.read(f"/ips/{ours['ips'][0]}")["address"] == ours["ips"][0]
    assert stranger.get(f"/ips/{theirs['ips'][0]}").status_code == 404


def test_the_first_nics_are_swapped(api, seed):
    nics = [{"ips": ["192.0.2.1", V6], "extra_ips": {"192.0.2.2": "192.0.2.1"}}, {"ips": ["192.0.2.3"]}]
    seed({"name": "one", "id": 1, "network_interfaces": nics}, {"name": "two", "id": 2})
    second = api.read("/nics", vm_id=2)[0]["ips"]
    assert swap(api, 1, 2).status_code == 200
    assert [nic["ips"] for nic in api.read("/nics", account_name="acme")] == [
        second,
        ["192.0.2.3"],
        ["192.0.2.1", V6],
    ]
    assert api.read("/nics")[0]["extra_ips"] == {"192.0.2.2": second[0]}


# --- Answers that are lost

LOST = [{"fault": "reset_after"}, {"fault": "truncate"}, {"fault": "status", "status": 500, "after": True}]


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_to_ip_create_made_addresses(api, plain, inject, fault_record, nic, fault):
    inject(fault | {"path": "*/ip_create", "count": 1})
    lost(plain, "POST", nic + "/ip_create", ONE)
    assert fault_record() == [(fault["fault"], True, 201)]
    assert len(api.read(nic)["extra_ips"]) == 1


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_to_a_swap_swapped(api, plain, inject, fault_record, two, fault):
    before = [nic["ips"][:2] for nic in api.read("/nics")]
    inject(fault | {"path": SWAP, "count": 1})
    lost(plain, "POST", SWAP, {"virtual_machine_1_id": two[0], "virtual_machine_2_id": two[1]})
    assert fault_record() == [(fault["fault"], True, 200)]
    assert [nic["ips"][:2] for nic in api.read("/nics")] == before[::-1]


@pytest.mark.parametrize("fault", LOST[::2])
def test_a_lost_answer_to_a_deletion_deleted(api, plain, inject, fault_record, nic, fault):
    extra = api.post(nic + "/ip_create", ONE).json()["ips"][0]
    inject(fault | {"path": "/ips/*", "method": "DELETE"})
    lost(plain, "DELETE", f"/ips/{extra}")
    assert fault_record() == [(fault["fault"], True, 204)]
    assert api.get(f"/ips/{extra}").status_code == 404


@pytest.mark.parametrize("fault", [{"fault": "reset_before"}, {"fault": "status", "status": 500}])
def test_what_was_not_carried_out_left_nothing(api, plain, inject, fault_record, nic, fault):
    before = api.read(nic)
    inject(fault)
    lost(plain, "POST", nic + "/ip_create", ONE)
    lost(plain, "PUT", f"/ips/{before['ips'][0]}", {"rdns": "a.example"})
    lost(plain, "POST", SWAP, {})
    inject()
    assert api.read(nic) == before
    assert api.read(f"/ips/{before['ips'][0]}")["rdns"] is None


def test_reads_may_be_older_than_new_addresses(api, inject, nic):
    inject({"fault": "stale_reads", "seconds": 60})
    extra = api.post(nic + "/ip_create", ONE).json()["ips"][0]
    assert (api.read(nic)["extra_ips"], api.get(f"/ips/{extra}").status_code) == ({}, 404)
    api.advance(60)
    assert api.read(f"/ips/{extra}")["address"] == extra


def lost(plain, method, path, body=None):
    """Send a request whose answer is lost, or is a 500."""
    try:
        answer, _body = plain.ask(method, path, body)
    except OSError:
        answer = None
    except http.client.HTTPException:
        answer = None
    plain.connection.close()
    assert answer is None or answer.status == 500
