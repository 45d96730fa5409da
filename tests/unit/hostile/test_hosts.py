# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Whatever an API calls its servers: no host's name or address is an option of ssh, or deceives who reads it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.plugin_utils._addresses import is_address, is_dns_name
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import machine
from ansible_collections.bytemark.cloud.tests.unit.hostile.conftest import source_failure
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer

OPTION = "-oProxyCommand=touch hacked"
FULL = "web1.default.acme.uk0.bigv.io"
NO_NAMES = [
    OPTION, "-oProxyCommand=x", "-v", "a b", "a\nb", "web1\n", " web1", "a\tb", "a\x1b[31mb", "a\u202eb", "a\u200bb",
    "a\xa0b", "a\u2028b", "", ".", "..", ".a", "a..b", "a/b", "a;b", "$(id)", "`id`", "user@host", "a:22", "[::1",
    "größe", "a" * 64, "a.-b.c", ".".join(["a" * 60] * 5), "{{ 7 * 7 }}", "%h", "localhost",
]  # fmt: skip
NO_ADDRESSES = [
    OPTION, "-v", "192.0.2.1 ", "192.0.2", "192.0.2.256", "192.0.2.01", "192.0.2.1\n", "fe80::1%eth0", "fe80::1%-oX=y",
    "2001:db8::1::2", "web1", "localhost", "", "1", "::ffff:1.2.3.4.5", "٣.0.2.1", "2001:db8:::1", "12345::",
]  # fmt: skip
ADDRESSES = [
    "192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "2001:DB8::1", "::", "::1", "1::", "::ffff:192.0.2.1",
    "1:2:3:4:5:6:7:8", "2001:db8:1:2::3", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "2001:db8:0:0:0:0:0:1",
]  # fmt: skip
# No value but an address or a DNS name, or one made of an id.
GOOD = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:-]*", re.ASCII)


@pytest.fixture
def take_in(inventory: Any, server: Any) -> Any:
    """Return the inventory that these options make of these VMs."""

    def take_in(*vms: dict[str, Any], **options: Any) -> Any:
        server.answer = lambda request: Answer(body=json.dumps(vms).encode())
        return inventory(api_url=server.url, **options)

    return take_in


def vm(**other: Any) -> dict[str, Any]:
    return machine(7, "web1", "default") | other


def nic(*ips: str, **extra_ips: str) -> list[dict[str, Any]]:
    return [{"id": 1, "ips": list(ips), "extra_ips": extra_ips}]


def test_addresses_are_addresses() -> None:
    assert [text for text in ADDRESSES if not is_address(text)] == []
    assert [text for text in NO_ADDRESSES if is_address(text)] == []


def test_names_are_dns_names() -> None:
    assert [text for text in [FULL, "a", "_x", "a_b-c.d1", "xn--gre-6ka8i", "1.2.3"] if not is_dns_name(text)] == []
    assert [text for text in NO_NAMES if is_dns_name(text)] == ["localhost"]


@pytest.mark.parametrize("hostname", NO_NAMES)
def test_a_host_name_that_is_none(take_in: Any, hostname: str) -> None:
    taken = take_in(vm(hostname=hostname), machine(8, "web2", "default"))
    assert list(taken["hosts"]) == ["bigv_7", "web2.default.acme.uk0.bigv.io"]
    host = taken["hosts"]["bigv_7"]
    assert "ansible_host" not in host
    assert not host.get("bigv_hostname")
    if hostname:
        assert taken["said"][-1].startswith(
            "warning: Values that cannot be the name or the address of a host are left out: "
        )
        assert taken["said"][-1].endswith(" of bigv_7")
    assert all(line.isprintable() for line in taken["said"])


@pytest.mark.parametrize("name", [*NO_NAMES[:-1], "x" * 300])
def test_a_name_that_is_none(take_in: Any, name: str) -> None:
    taken = take_in(vm(name=name), hostnames=["name"])
    assert list(taken["hosts"]) == [FULL]
    assert len(taken["said"]) == (1 if name else 0)
    assert all(line.isprintable() and len(line) < 1000 for line in taken["said"])


@pytest.mark.parametrize("entry", ["hostname", "name", "short", "id", "ipv4", "ipv6", "bigv_name", "bigv_hostname"])
def test_whatever_hosts_are_named_by(take_in: Any, entry: str) -> None:
    for bad in NO_NAMES:
        spoilt = vm(hostname=bad, name=bad, network_interfaces=nic(bad, **{bad: bad}), management_address=bad)
        (host,) = take_in(spoilt, hostnames=[entry])["hosts"]
        assert host == "bigv_7" or (entry, host) == ("id", "7") or (host == bad and entry.startswith("bigv_")), bad
        assert host.isprintable()
        assert " " not in host
        assert not host.startswith("-")


@pytest.mark.parametrize("connect_with", ["hostname", "ipv4", "ipv6", "management_address", "bigv_ipv4 | first"])
@pytest.mark.parametrize("bad", NO_ADDRESSES)
def test_whatever_hosts_are_connected_to_by(take_in: Any, connect_with: str, bad: str) -> None:
    spoilt = vm(network_interfaces=nic(bad, **{bad: bad}), management_address=bad)
    taken = take_in(spoilt, connect_with=connect_with)
    host = taken["hosts"][FULL]
    address = host.get("ansible_host")
    is_name = connect_with == "management_address" and is_dns_name(bad) and bad != "localhost"
    assert address == (FULL if connect_with == "hostname" else bad if is_name else None)
    assert host["bigv_ipv4"] == host["bigv_ipv6"] == host["bigv_additional_ips"] == []
    assert host["bigv_network_interfaces"] == nic()
    assert OPTION not in json.dumps(host)


def test_the_good_addresses_stay(take_in: Any) -> None:
    spoilt = nic(OPTION, "192.0.2.1", "2001:db8::1", **{OPTION: "x", "192.0.2.9": "192.0.2.1"})
    taken = take_in(vm(network_interfaces=spoilt + nic("192.0.2.2")), hostnames=["ipv4"], connect_with="ipv6")
    host = taken["hosts"]["192.0.2.1"]
    assert host["ansible_host"] == "2001:db8::1"
    assert host["bigv_ipv4"] == ["192.0.2.1", "192.0.2.2", "192.0.2.9"]
    assert host["bigv_network_interfaces"] == [
        *nic("192.0.2.1", "2001:db8::1", **{"192.0.2.9": "192.0.2.1"}), *nic("192.0.2.2")
    ]  # fmt: skip
    (line,) = taken["said"]
    assert "ips '-oProxyCommand=touch hacked' of 192.0.2.1" in line


@pytest.mark.parametrize(
    "extra", [[OPTION, "192.0.2.9"], {OPTION: "x", "192.0.2.9": {"a": 1}}, {"192.0.2.9": None}, None]
)
def test_additional_addresses_in_any_form(take_in: Any, extra: Any) -> None:
    taken = take_in(vm(network_interfaces=[{"id": 1, "ips": ["192.0.2.1"], "extra_ips": extra}]))
    host = taken["hosts"][FULL]
    assert host["bigv_additional_ips"] == (["192.0.2.9"] if extra else [])
    assert OPTION not in json.dumps(host)


def test_a_vm_whose_id_is_no_number(take_in: Any) -> None:
    """There is data, too, as definitions have it, whose ids are words."""
    taken = take_in(vm(id=OPTION, data=[]), machine(8, "web2", "default"))
    assert taken["hosts"] == {}
    (line,) = taken["said"]
    assert "not a number at [0].id" in line


@pytest.mark.parametrize("bad", [OPTION, "-v", "a b", "a\nb", "a\tb", "a\x1b[31m", "a\u202eb", "a\u2066b", "a\xa0b"])
@pytest.mark.parametrize("strict", [True, False])
def test_what_expressions_yield(take_in: Any, bad: str, strict: bool) -> None:
    hostnames = ["bigv_name", "bigv_name | string"]
    taken = take_in(vm(name=bad), hostnames=hostnames, connect_with="bigv_name", strict=strict)
    assert list(taken["hosts"]) == [FULL]
    assert "ansible_host" not in taken["hosts"][FULL]
    assert any("hostnames " in line for line in taken["said"])
    assert not any(line.startswith("error") for line in taken["said"])
    for variable in ("ansible_host", "ansible_ssh_host", "ansible_winrm_host"):
        taken = take_in(vm(name=bad), compose={variable: "bigv_name"}, strict=strict)
        assert taken["hosts"][FULL].get(variable) == (FULL if variable == "ansible_host" else None)
        (line,) = taken["said"]
        assert line.startswith(
            f"warning: Values that cannot be the name or the address of a host are left out: {variable} "
        )
        assert line.isprintable()


def test_what_users_choose_may_be_almost_anything(take_in: Any) -> None:
    options = {"hostnames": ["'größe/' ~ bigv_name"], "connect_with": "'user@[::1%eth0]:22'"}
    taken = take_in(vm(), **options, compose={"ansible_ssh_common_args": "'-o ProxyJump=bastion'"})
    host = taken["hosts"]["größe/web1"]
    assert host["ansible_host"] == "user@[::1%eth0]:22"
    assert host["ansible_ssh_common_args"] == "-o ProxyJump=bastion"
    assert taken["said"] == []


ORDERS = {
    "ansible_host": "evil.example", "ansible_connection": "local", "ansible_ssh_common_args": OPTION,
    "ansible_python_interpreter": "/bin/evil", "_ansible_no_log": True, "ansible": 1, "ansible host": "evil.example",
    "ansible-host": "evil.example",
}  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "bigv_", "x"])
def test_no_orders_to_ansible_come_from_the_api(take_in: Any, prefix: str) -> None:
    (host,) = take_in(vm(**ORDERS), hostvars_prefix=prefix)["hosts"].values()
    orders = {name: value for name, value in host.items() if "ansible_" in name and not name.startswith(("bigv_", "x"))}
    assert orders == {"ansible_host": FULL}


def test_orders_are_not_put_together_from_a_prefix(take_in: Any) -> None:
    (host,) = take_in(vm(ible_connection="local", ible_become=True), hostvars_prefix="ans")["hosts"].values()
    assert {name for name in host if name.startswith("ansible_")} == {"ansible_host"}
    assert "hostvars_prefix: 'ansible_'" in source_failure(take_in(vm(), hostvars_prefix="ansible_"))


def test_groups_have_names_that_can_be_shown(take_in: Any) -> None:
    """Of accounts and groups, and of what keyed groups are made of."""
    spoilt = [
        machine(number, "web1", "default") | {"hostname": f"a.{bad}.{bad}.uk0.bigv.io", "zone_name": bad}
        for number, bad in enumerate(NO_NAMES, 7)
    ]
    taken = take_in(*spoilt, keyed_groups=[{"key": "bigv_zone_name"}, {"key": "bigv_zone_name", "separator": ""}])
    assert len(taken["hosts"]) == len(NO_NAMES)
    for name in (*taken["groups"], *taken["hosts"]):
        assert name.isprintable()
        assert " " not in name
        assert not name.startswith("-")


@pytest.mark.parametrize(
    "change",
    [{"hostname": OPTION}, {"network_interfaces": nic(OPTION)}, {"network_interfaces": [{"ips": 7}]}, {"id": OPTION},
     {"id": None}, {"name": [1]}, {"discs": "x"}, {"hostname": {"a": 1}}],
)  # fmt: skip
def test_a_cache_that_was_tampered_with(take_in: Any, server: Any, tmp_path: Path, change: dict[str, Any]) -> None:
    """It goes through the same checks, and where it cannot be an answer, the API is asked again."""
    options = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    take_in(vm(), **options)
    (file,) = (tmp_path / "cache").iterdir()
    entry = json.loads(file.read_text())
    inner = json.loads(entry["__payload__"]) if "__payload__" in entry else entry
    inner["vms"] = json.dumps([vm(**change)])
    file.write_text(json.dumps({**entry, "__payload__": json.dumps(inner)} if "__payload__" in entry else inner))
    server.requests.clear()
    taken = take_in(vm(cores=9), **options, connect_with="ipv4", compose={"address": "bigv_ipv4 | first"})
    ((name, host),) = taken["hosts"].items()
    assert GOOD.fullmatch(name)
    assert GOOD.fullmatch(host.get("ansible_host", "unset"))
    assert OPTION not in json.dumps(host)
    assert len(server.requests) == (0 if host["bigv_cores"] == 1 else 1)
    assert not any(line.startswith("error") for line in taken["said"])


def test_ten_thousand_odd_vms_are_two_warnings(take_in: Any) -> None:
    spoilt = [vm(id=number, hostname=f"-o{number}", network_interfaces=nic(f"-{number}")) for number in range(10_000)]
    taken = take_in(*spoilt, connect_with="ipv4")
    assert len(taken["hosts"]) == 10_000
    assert len(taken["said"]) == 2
    assert all(len(line) < 1000 for line in taken["said"])
