# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The contracts of addresses as properties: whatever there is, and whatever is asked for, as in test_properties.

And what is not asked for stays: no address is lost, each has its reverse DNS still, and a VM that was on is on.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.contract.checks import check_and_do, check_repeat
from ansible_collections.bytemark.cloud.tests.unit.contract.test_properties import EXAMPLES, WAYS, all_vms, optional
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud
from hypothesis import given
from hypothesis import strategies as st

FIRST = {"web1": "203.0.113.1", "web2": "203.0.113.2"}
SIXTH = {"web1": "2001:db8:cafe::1", "web2": "2001:db8:cafe::2"}
EXTRA = {name: [f"203.0.113.{number}{digit}" for digit in range(4)] for name, number in (("web1", 1), ("web2", 2))}
SECOND = ["203.0.113.3"]
NAMES = st.sampled_from(["www.example.com", "WWW.Example.COM.", "shop.example.com", ""])
SETTINGS = st.sampled_from([{}, {"extra_ips_apart": True}, {"address_as_ip": True}, {"flat_overview": False}])


def nic(first: str, sixth: str | None, extra: list[str]) -> dict[str, Any]:
    return {"ips": [first, *([sixth] if sixth else [])], "extra_ips": dict.fromkeys(extra, first)}


def vm(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a VM with a NIC, or with two, and up to four additional addresses on the first one."""
    first = st.builds(
        nic,
        st.just(FIRST[name]),
        st.sampled_from([SIXTH[name], SIXTH[name], None]),
        st.integers(0, 4).map(lambda count: EXTRA[name][:count]),
    )
    more = st.sampled_from([[], [], [nic(SECOND[0], None, [])]]) if name == "web1" else st.just([])
    return st.builds(
        lambda nics, on, autoreboot, deleted: {
            "name": name,
            "power_on": on and not deleted,
            "autoreboot_on": autoreboot and not deleted,
            "deleted": deleted,
            "network_interfaces": nics,
        },
        st.builds(lambda one, others: [one, *others], first, more),
        st.booleans(),
        st.booleans(),
        st.sampled_from([False] * 7 + [True]),
    )


# Names that addresses have in reverse DNS before.
named = st.dictionaries(
    st.sampled_from([*FIRST.values(), *SIXTH.values(), EXTRA["web1"][0]]), st.just("www.example.com")
)


def seed(cloud: Cloud, vms: list[dict[str, Any]], names: dict[str, str], **settings: Any) -> None:
    cloud.seed(*vms, **settings)
    there = {
        address
        for vm in vms
        if not vm["deleted"]
        for nic in vm["network_interfaces"]
        for address in (*nic["ips"], *nic["extra_ips"])
    }
    for address in names.keys() & there:
        cloud.api("PUT", f"/ips/{address}", {"rdns": names[address]})
    cloud.clear()


def ips(cloud: Cloud) -> dict[str, tuple[int, str | None]]:
    """Return each address with the id of the VM that has it, and its reverse DNS."""
    rdns = cloud.control("GET", "state")["ips"]
    nics = [nic for vm in all_vms(cloud).values() for nic in vm["network_interfaces"]]
    return {
        address: (nic["virtual_machine_id"], rdns[address])
        for nic in nics
        for address in (*nic["ips"], *nic["extra_ips"])
    }


def machines(cloud: Cloud) -> dict[int, dict[str, Any]]:
    """Return all VMs without their NICs."""
    return {
        vm_id: {key: value for key, value in vm.items() if key != "network_interfaces"}
        for vm_id, vm in all_vms(cloud).items()
    }


def check_failure(predicted: dict[str, Any], done: dict[str, Any]) -> bool:
    """Tell whether a task failed, which check mode has to have said."""
    assert bool(done.get("failed")) == bool(predicted.get("failed")), done.get("msg")
    return bool(done.get("failed"))


spelled = st.sampled_from(
    [*FIRST.values(), *SIXTH.values(), "2001:DB8:CAFE:0::1", *EXTRA["web1"][:2], EXTRA["web2"][0], *SECOND, "192.0.2.1"]
)
CANONICAL = {"2001:DB8:CAFE:0::1": SIXTH["web1"]}


@EXAMPLES
@given(
    vms=st.tuples(vm("web1"), vm("web2")),
    names=named,
    address=spelled,
    options=optional(rdns=NAMES, state=st.sampled_from(["present", "present", "absent"]), purge=st.just(True)),
    settings=SETTINGS,
    way=WAYS,
)
def test_bigv_ip_of_an_address(cloud, vms, names, address, options, settings, way):
    bigv_ip = partial(way, "bigv_ip", **cloud.access, address=address)
    seed(cloud, list(vms), names, **settings)
    before, vms_before = ips(cloud), machines(cloud)
    predicted, done = check_and_do(cloud, bigv_ip, **options)
    assert machines(cloud) == vms_before
    if check_failure(predicted, done):
        assert ips(cloud) == before
        return
    canonical = CANONICAL.get(address, address)
    expected = dict(before)
    if options.get("state") == "absent":
        expected.pop(canonical, None)
    elif "rdns" in options and done["changed"]:
        expected[canonical] = (before[canonical][0], options["rdns"] or None)
    assert ips(cloud) == expected
    assert len(cloud.writes()) == done["changed"]
    again, requests = check_repeat(cloud, bigv_ip, **options)
    assert again["ip"] == done["ip"]
    assert len(requests) == (1 if options.get("state") == "absent" else 2)


@EXAMPLES
@given(
    vms=st.tuples(vm("web1"), vm("web2")),
    names=named,
    options=st.fixed_dictionaries(
        {"additional": st.integers(0, 6)},
        optional={"reason": st.sampled_from(["a shop", "a shop", " "]), "contiguous": st.booleans()},
    ),
    settings=SETTINGS,
    way=WAYS,
)
def test_bigv_ip_of_a_vm(cloud, vms, names, options, settings, way):
    bigv_ip = partial(way, "bigv_ip", **cloud.access, vm="web1")
    seed(cloud, list(vms), names, **settings)
    before, vms_before = ips(cloud), machines(cloud)
    had = len(vms[0]["network_interfaces"][0]["extra_ips"])
    predicted, done = check_and_do(cloud, bigv_ip, **options)
    assert machines(cloud) == vms_before
    if check_failure(predicted, done):
        assert ips(cloud) == before
        return
    after = ips(cloud)
    assert before.items() <= after.items()
    assert sorted(done["created"]) == sorted(after.keys() - before.keys())
    assert len(done["created"]) == len(predicted["created"]) == max(0, options["additional"] - had)
    assert len(cloud.writes()) == done["changed"]
    again, requests = check_repeat(cloud, bigv_ip, **options)
    assert (again["ips"], again["created"]) == (done["ips"], [])
    if "flat_overview" not in settings:
        assert len(requests) == 1


@EXAMPLES
@given(
    vms=st.tuples(vm("web1"), vm("web2")),
    names=named,
    address=spelled,
    options=optional(move_additional=st.booleans(), allow_restart=st.sampled_from([True, True, False])),
    settings=SETTINGS,
    hardware_changes=st.sampled_from(["pending", "refused"]),
    way=WAYS,
)
def test_bigv_ip_swap(cloud, vms, names, address, options, settings, hardware_changes, way):
    bigv_ip_swap = partial(way, "bigv_ip_swap", **cloud.access, vm="web2", with_vm="web1", address=address)
    seed(cloud, list(vms), names, hardware_changes=hardware_changes, **settings)
    before, vms_before = ips(cloud), machines(cloud)
    predicted, done = check_and_do(cloud, bigv_ip_swap, wait_timeout=10, **options)
    assert machines(cloud) == vms_before
    if check_failure(predicted, done):
        assert ips(cloud) == before
        return
    assert ips(cloud) == (swapped(before, vms, options) if done["changed"] else before)
    assert ips(cloud)[CANONICAL.get(address, address)][0] == done["vm"]["id"]
    again, requests = check_repeat(cloud, bigv_ip_swap, **options)
    assert (again["vm"], again["with_vm"]) == (done["vm"], done["with_vm"])
    assert len(requests) == 2


def swapped(
    before: dict[str, tuple[int, str | None]], vms: tuple[dict[str, Any], ...], options: dict[str, Any]
) -> dict[str, tuple[int, str | None]]:
    """Return the addresses after a swap of those of the first NICs."""
    one, other = (before[FIRST[name]][0] for name in ("web1", "web2"))
    moved = {
        address
        for vm in vms
        for key in ("ips", *(["extra_ips"] if options.get("move_additional") else []))
        for address in vm["network_interfaces"][0][key]
    }
    return {
        address: ({one: other, other: one}[vm_id] if address in moved else vm_id, rdns)
        for address, (vm_id, rdns) in before.items()
    }


rdns = st.one_of(NAMES, st.dictionaries(spelled, NAMES, max_size=3))


@EXAMPLES
@given(
    vms=st.tuples(vm("web1"), vm("web2")),
    names=named,
    options=optional(
        rdns=rdns,
        additional_ipv4=st.integers(0, 5),
        additional_ipv4_reason=st.just("a shop"),
        cores=st.integers(1, 2),
        state=st.sampled_from(["present", "running", "stopped"]),
        allow_restart=st.booleans(),
    ),
    module=st.sampled_from(["bigv_vm", "bigv_fleet"]),
    settings=SETTINGS,
    way=WAYS,
)
def test_addresses_of_bigv_vm(cloud, vms, names, options, module, settings, way):
    task = {"name": "web1", **options} if module == "bigv_vm" else {"vms": [{"name": "web1", **options}]}
    run = partial(way, module, **cloud.access, wait_timeout=10, **task)
    # What the API may refuse of a VM that is on, check mode cannot know.
    seed(cloud, list(vms), names, hardware_changes="pending", **settings)
    before, vms_before = ips(cloud), machines(cloud)
    had = len(vms[0]["network_interfaces"][0]["extra_ips"])
    predicted, done = check_and_do(cloud, run)
    if check_failure(predicted, done):
        assert (ips(cloud), machines(cloud)) == (before, vms_before)
        return
    after = ips(cloud)
    added = max(0, options.get("additional_ipv4", 0) - had)
    assert len(after.keys() - before.keys()) == added
    wanted = options.get("rdns", {})
    if isinstance(wanted, str):
        primary = [address for nic in vms[0]["network_interfaces"][:1] for address in nic["ips"]]
        wanted = dict.fromkeys(primary, wanted)
    wanted = {CANONICAL.get(address, address): name for address, name in wanted.items()}
    for address, (vm_id, name) in before.items():
        expected = wanted.get(address, name) or ""
        assert after[address][0] == vm_id
        assert (after[address][1] or "").lower().rstrip(".") == expected.lower().rstrip(".")
    web2 = next(vm_id for vm_id, found in vms_before.items() if found["name"] == "web2")
    assert machines(cloud)[web2] == vms_before[web2]
    _again, requests = check_repeat(cloud, run, connections=8)
    if module == "bigv_vm" and "flat_overview" not in settings:
        assert len(requests) == 1 + len(wanted)
