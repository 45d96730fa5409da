# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Options for every module, from what it declares: likely ones, and some that are not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.examples import example
from ansible_collections.bytemark.cloud.tests.unit.fuzz.hostile import VALUES as HOSTILE
from ansible_collections.bytemark.cloud.tests.unit.support import load_module
from hypothesis import strategies as st

# Ansible's own way of handing options to a module does not take half a character.
VALUES = HOSTILE.filter(lambda value: value != "\ud800")
SIZES = st.sampled_from(["25GiB", "25600", "30GiB", "1", 51200, "1.5TiB"])
VM_NAMES = st.sampled_from(
    ["web1", "web1", "web1", "web2.staging", "old", "new", "7", "web1.default.acme.uk0.bigv.io", "web1.nowhere"]
)
GROUP_NAMES = st.sampled_from(["default", "staging", "new", "3", "staging.acme"])
LABELS = st.sampled_from(["data", "data", "disc-1", "new", "70", "vda"])
ADDRESSES = st.sampled_from(
    ["203.0.113.7", "203.0.113.7", "2001:DB8:0::7", "203.0.113.77", "203.0.113.8", "198.51.100.1", "192.0.2.1"]
)
REASONS = st.sampled_from(["a second site", "a second site", " "])
NAMES_OF_ADDRESSES = st.sampled_from(["www.example.com", "WWW.example.com.", ""])
# One name, or one for each address, which may be a dictionary as text.
BY_ADDRESS = st.dictionaries(ADDRESSES, NAMES_OF_ADDRESSES | st.none(), max_size=2)
RDNS = NAMES_OF_ADDRESSES | BY_ADDRESS | BY_ADDRESS.map(json.dumps)
USERS = st.sampled_from(["alice", "alice", "admin", "5", "nobody"])
MOMENTS = st.sampled_from(["2030-01-01", "2030-01-01T00:00:00-0700", "2001-01-01", "tomorrow"])
STARTS = st.sampled_from(["03:00", "03:00:00Z", "2026-11-24 00:00:00 UTC", "2026-11-24T01:00+0100", "noon"])
FOLDER = TemporaryDirectory(prefix="fuzz_")
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "name": VM_NAMES,
    "vm": VM_NAMES,
    "new_vm": VM_NAMES,
    "with_vm": VM_NAMES,
    "address": ADDRESSES,
    "additional": st.integers(0, 5),
    "additional_ipv4": st.integers(0, 5),
    "reason": REASONS,
    "additional_ipv4_reason": REASONS,
    "rdns": RDNS,
    "keys": st.sampled_from(["ctrl-alt-delete", "ret", "any"]),
    "new_name": st.sampled_from(["web2", "www"]),
    "new_group": st.sampled_from(["default", "staging", "4"]),
    "group": st.sampled_from(["default", "default", "staging", "4"]),
    "label": LABELS,
    "new_label": LABELS,
    "id": st.sampled_from([7, 8, 70, 81, 5]),
    "size": SIZES,
    "memory": st.sampled_from(["1GiB", 1024, "2GiB"]),
    "cores": st.integers(1, 2),
    "storage_grade": st.sampled_from(["sata", "ssd", "tape"]),
    "image": st.sampled_from(["stretch", "jessie", "beos"]),
    "keymap": st.sampled_from(["de", ""]),
    "zone": st.sampled_from(["york", "mars"]),
    "iops_limit": st.integers(0, 500),
    "wait_timeout": st.just(0),
    "shutdown_timeout": st.just(0),
    "concurrency": st.integers(1, 3),
    "save_plan": st.sampled_from([f"{FOLDER.name}/plan.json", f"{FOLDER.name}/nowhere/plan.json", FOLDER.name]),
    "require_plan": st.sampled_from([f"{FOLDER.name}/plan.json", f"{FOLDER.name}/nothing.json", FOLDER.name]),
    "user": USERS,
    "level": st.sampled_from(["vm_admin", "vm_console", "group_admin", "group_admin", "account_admin"]),
    "privilege": st.sampled_from([21, 23, 99]),
    "api_key": st.sampled_from(["ci", "31", "99"]),
    "account_target": st.sampled_from(["acme", "2", "nobody"]),
    "expires_at": MOMENTS,
    "valid_for": st.sampled_from(["90d", "1h", "soon"]),
    "renew_before": st.sampled_from(["14d", "1m", "9999d"]),
    "yubikey_otp_max_age": st.sampled_from(["15m", 90, "soon"]),
    "ip_restrictions": st.sampled_from(["198.51.100.1", ""]),
    "token_file": st.sampled_from([f"{FOLDER.name}/token", f"{FOLDER.name}/nowhere/token", FOLDER.name]),
    "start_at": STARTS,
    "interval": st.sampled_from(["1d", "24h", 604800, "0", "soon"]),
    "groups": st.lists(GROUP_NAMES | GROUP_NAMES.map(lambda name: {"name": name, "state": "absent"}), max_size=2),
}  # fmt: skip
# Without these a case takes long.
TIMEOUTS = ("wait_timeout", "shutdown_timeout")
SLOW = (*TIMEOUTS, "concurrency")


def likely(option: str, spec: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if option in LIKELY:
        return LIKELY[option]
    if "choices" in spec:
        return st.sampled_from(spec["choices"])
    if "options" in spec:
        always = ("name",) if "name" in spec["options"] else ()
        several = some_of(spec["options"], always, spec.get("mutually_exclusive", ()))
        return st.lists(several, max_size=2) if spec["type"] == "list" else several
    return {
        "bool": st.booleans(),
        "int": st.integers(0, 10),
        "list": st.lists(st.just("ssh-ed25519 AAAA me"), max_size=2),
    }.get(spec["type"], st.sampled_from(["www.example.com", "203.0.113.7"]))


def some_of(
    specs: Mapping[str, Any], always: tuple[str, ...] = (), exclusive: Sequence[Sequence[str]] = ()
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw some of the options, seldom one with a bad value, or one that does not exist."""
    known = {option: likely(option, spec) for option, spec in specs.items()}
    right = st.fixed_dictionaries(
        {option: known[option] for option in always},
        optional={option: strategy for option, strategy in known.items() if option not in always},
    )
    may_be_wrong = sorted({*specs, "nonsense"} - set(SLOW))
    wrong = st.dictionaries(st.sampled_from(may_be_wrong), VALUES, max_size=1)
    compatible = st.builds(_without_clashes, right, st.just(exclusive), st.booleans())
    return st.one_of(compatible, compatible, compatible, st.builds(lambda most, rest: most | rest, right, wrong))


def _without_clashes(
    options: dict[str, Any], exclusive: Sequence[Sequence[str]], the_later_stays: bool
) -> dict[str, Any]:
    """Return the options without those that exclude each other."""
    for pair in exclusive:
        given = [option for option in pair if options.get(option) is not None]
        for option in given[:-1] if the_later_stays else given[1:]:
            del options[option]
    return options


def options_of(module_name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw the options of a module. The account, and how to log in, are among them now and then."""
    kind = load_module(module_name).MODULE.kind
    always = tuple(option for option in (*example(module_name).about, *TIMEOUTS) if option in kind.options)
    shared = st.fixed_dictionaries(
        {"account": st.sampled_from(["acme", "acme", "2", "nobody"]) | VALUES},
        optional={"token": st.none(), "yubikey": VALUES},
    )
    usual = st.just({"account": "acme"})
    exclusive = kind.constraints.get("mutually_exclusive", ())
    return st.builds(
        lambda own, others: own | others,
        some_of(kind.options, always, exclusive),
        st.one_of(usual, usual, usual, shared),
    )
