# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Whatever the options are, and whatever answers: an inventory source gives hosts, or says one line why not.

EXAMPLES in the environment says how many cases to try.
"""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import CLOUDS, SESSION, Cloud
from ansible_collections.bytemark.cloud.tests.unit.fuzz.conftest import EXAMPLES, PYTHON
from ansible_collections.bytemark.cloud.tests.unit.fuzz.hostile import EVALUATED, TEXTS
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.lists(st.sampled_from(["acme", "default", "staging", "2", "3"]) | TEXTS, max_size=2)
# What an answer must not make of a host, besides what it is already spoilt by.
ODD = ["-oProxyCommand=x", "localhost", "all", "ungrouped", "bigv", "127.0.0.1", "::1", "a\u2066b", "fe80::1%-ox"]
HOSTNAMES = ["name", "hostname", "short", "id", "ipv4", "ipv6", "bigv_name | upper", "bigv_discs.0.label", "1 +", "7"]
ADDRESSES = [
    "hostname",
    "ipv4",
    "ipv6",
    "management_address",
    "bigv_ipv4[0]",
    "bigv_additional_ips[0]",
    "bigv_nothing",
    "1 +",
]
CONDITIONS = st.lists(
    st.sampled_from(
        ["bigv_power_on", "bigv_cores > 1", "bigv_name == 'web1'", "bigv_hostname is match('web')", "1 +", "bigv_name"]
    ),
    max_size=2,
)
BOOLEANS = st.booleans() | st.sampled_from(["{{ true }}", "no", "ture", None, "", 7, "none"])
KEYS = [
    "bigv_zone_name",
    "bigv_discs",
    "bigv_discs.0.storage_grade",
    "bigv_name",
    "bigv_account",
    "bigv_additional_ips",
    "nothing",
]
CONNECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "accounts": NAMES,
        "vm_groups": NAMES,
        "token": st.sampled_from(["", "apikey.fuzz", "{{ nothing }}", 7]),
        "username": TEXTS,
        "api_timeout": st.sampled_from([5, 0, "soon"]),
        "validate_certs": BOOLEANS,
        "nothing": TEXTS,
    },
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "accounts": NAMES,
        "vm_groups": NAMES,
        "include_deleted": BOOLEANS,
        "strict": BOOLEANS,
        "validate_certs": BOOLEANS,
        "states": st.lists(st.sampled_from(["running", "stopped"]), max_size=2),
        "include": CONDITIONS,
        "exclude": CONDITIONS,
        "hostnames": st.lists(st.sampled_from(HOSTNAMES), max_size=3),
        "connect_with": st.sampled_from(ADDRESSES),
        "hostvars_prefix": st.sampled_from(["bigv_", "", "x", "ansible_"]) | TEXTS,
        "auto_groups": st.booleans(),
        "compose": st.dictionaries(
            st.sampled_from(["one", "ansible_user", "not a name"]), st.sampled_from(KEYS), max_size=2
        ),
        "groups": st.dictionaries(
            st.sampled_from(["small", "a-b"]), st.sampled_from(["bigv_cores < 2", "1 +"]), max_size=1
        ),
        "keyed_groups": st.lists(
            st.fixed_dictionaries({"key": st.sampled_from(KEYS)}, optional={"prefix": TEXTS, "separator": TEXTS}),
            max_size=2,
        ),
        "token": st.sampled_from(["", "apikey.fuzz", "{{ nothing }}"]),
        "variables": st.lists(st.sampled_from(["*", "name", "ip*", "nothing", "[", "", 7, None]) | TEXTS, max_size=2),
        "min_hosts": st.sampled_from([0, 1, 3, -1, None, "two", "{{ 1 }}", True]),
        "connections": st.lists(CONNECTIONS, max_size=2) | st.sampled_from([None, {}, "x", [7]]),
    },
).filter(lambda options: "\\ud800" not in json.dumps(options))  # which YAML cannot say


def odd(cloud: Cloud, name: str) -> Cloud:
    """Return the cloud with odd names and addresses."""
    nics = [{"id": 1, "ips": [name], "extra_ips": {name: name}}]
    spoilt = {"name": name, "hostname": name, "management_address": name, "network_interfaces": nics}
    orders = {"ansible_connection": "local", f"ansible_{name}": name}
    return cloud._replace(vms=[{**vm, **spoilt, **orders} for vm in cloud.vms])


@EXAMPLES
@given(options=OPTIONS, cloud=CLOUDS | st.builds(odd, CLOUDS, st.sampled_from(ODD) | TEXTS))
def test_hosts_or_one_line(inventory: Any, server: Any, options: dict[str, Any], cloud: Any) -> None:
    server.answer = cloud
    server.requests.clear()
    login = {"username": "admin", "password": "geheim", "auth_url": server.url, "api_timeout": 5}
    taken = inventory(api_url=server.url, **login | options)
    text = json.dumps(taken)
    assert "failed" not in taken, taken
    assert EVALUATED not in text, text
    assert SESSION not in text
    for line in taken["said"]:
        assert not PYTHON.search(line), line
        assert "Failed to parse" not in line, line
        assert len(line.splitlines()) == 1, line
    errors = [line for line in taken["said"] if line.startswith("error: ")]
    assert len(errors) <= 1, errors
    assert not (errors and (taken["hosts"] or set(taken["groups"]) != {"all", "ungrouped"})), taken
    assert not taken["hosts"].keys() & {"all", "ungrouped", "localhost", "127.0.0.1", "::1"}
    addresses = [host["ansible_host"] for host in taken["hosts"].values() if "ansible_host" in host]
    for shown in (*taken["hosts"], *taken["groups"], *addresses):
        assert shown.isprintable(), shown
        assert " " not in shown
        assert not shown.startswith("-")
    chosen = {"ansible_host", *options.get("compose", {})}
    for host in taken["hosts"].values():
        assert {name for name in host if name.startswith("ansible_")} <= chosen
    assert all(call.startswith("GET ") or call == "POST /session" for call in server.calls)
