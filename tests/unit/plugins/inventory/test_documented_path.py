# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The plugin's short cuts give what ansible-core's own methods give, whatever the options and the VMs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("EXAMPLES", "100"))

texts = st.one_of(
    st.sampled_from(
        ["", " ", "web", "True", "False", "none", "1024", "1.5", "[1, 2]", "{'a': 1}", "{{ 1 + 1 }}", "{% raw %}",
         "#jinja2: x", "#jinja2:trim_blocks:True\nx", "a b", "ü", "-x", "x\n", "\\", "'", '"', "1_000", "()", "null",
         "!unsafe", "{# c #}x", "@", "~", "yes"]
    ),
    st.text(max_size=6),
)  # fmt: skip
scalars = st.one_of(texts, st.none(), st.booleans(), st.integers(-5, 5000), st.floats(allow_nan=False, width=16))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "b", "items", "keys", "0", "size"]), inner, max_size=3),
    ),
    max_leaves=4,
)
discs = st.lists(
    st.fixed_dictionaries({"label": texts, "size": st.integers(1, 9999), "storage_grade": scalars}), max_size=2
)
virtual_machines = st.lists(
    st.fixed_dictionaries(
        {"cores": st.integers(1, 4), "power_on": st.booleans(), "zone_name": texts, "last_imaged_with": scalars},
        optional={"odd": values, "tags": st.lists(scalars, max_size=3), "labels": st.dictionaries(texts, scalars)},
    ).flatmap(lambda vm: discs.map(lambda found: vm | {"discs": found, "network_interfaces": []})),
    min_size=1,
    max_size=3,
)
names = st.sampled_from(
    ["bigv_zone_name", "bigv_last_imaged_with", "bigv_power_on", "bigv_cores", "bigv_odd", "bigv_tags", "bigv_labels",
     "bigv_discs", "bigv_ipv4", "bigv_discs.0.size", "bigv_discs.0.storage_grade", "bigv_discs.0.label",
     "bigv_discs.1.label", "bigv_odd.a", "bigv_odd.items", "bigv_odd.0", "bigv_odd.size", "bigv_odd.b.a",
     "bigv_labels.a", " bigv_zone_name ", "undefined_name", "bigv_odd.undefined_name", "inventory_hostname",
     "group_names", "true", "none", "range", "composed", "extra", "ansible_host", "bigv_odd[0]", "bigv_id",
     "bigv_additional_ips"]
)  # fmt: skip
expressions = st.one_of(
    names,
    names,
    st.sampled_from(
        ["bigv_zone_name | upper", "bigv_cores * 2", "bigv_cores ~ '-' ~ bigv_zone_name", "'constant'", "1 +",
         "bigv_discs | map(attribute='label') | list", "bigv_odd | default('x')", "bigv_tags + ['x']", "{}", "[]", "''",
         "bigv_power_on and bigv_cores > 1", "{'a': bigv_cores}", "bigv_odd is defined", "undefined_name | upper"]
    ),
)  # fmt: skip
keyed_group = st.fixed_dictionaries(
    {"key": expressions},
    optional={
        "prefix": st.sampled_from(["", "p", "a-b"]),
        "separator": st.sampled_from(["", "_", "-"]),
        "parent_group": st.sampled_from(["parent", "{{ bigv_zone_name }}", "{{ undefined_name }}", "bigv", "par-ent"]),
        "default_value": st.sampled_from(["", "none", "d-d"]),
        "trailing_separator": st.booleans(),
    },
)
options = st.fixed_dictionaries(
    {},
    optional={
        "keyed_groups": st.lists(keyed_group, max_size=3),
        "compose": st.dictionaries(
            st.sampled_from(["composed", "bigv_zone_name", "other", "bigv_odd"]), expressions, max_size=3
        ),
        "groups": st.dictionaries(st.sampled_from(["some", "bigv", "a-b"]), expressions, max_size=2),
        "include": st.lists(expressions, max_size=2),
        "exclude": st.lists(expressions, max_size=1),
        "hostnames": st.lists(st.one_of(st.sampled_from(["name", "short", "id", "ipv4"]), expressions), max_size=2),
        "connect_with": st.one_of(st.sampled_from(["ipv4", "management_address"]), expressions),
        "strict": st.booleans(),
        "leading_separator": st.booleans(),
        "use_extra_vars": st.booleans(),
        "auto_groups": st.booleans(),
    },
)


@pytest.fixture(scope="module")
def compare(driver: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path: Path = tmp_path_factory.mktemp("compare") / "test.bigv.yml"

    def both(chosen: dict[str, Any], vms: list[dict[str, Any]]) -> tuple[Any, Any]:
        path.write_text(yaml.safe_dump({"plugin": "bytemark.cloud.bigv"} | chosen), encoding="utf-8")
        job = {"sources": [str(path)], "vms": vms, "extra_vars": ["extra=e bigv_cores=7 bigv_zone_name={{bigv_cores}}"]}
        return tuple(without_tags(driver(**job, documented_path=way)) for way in (False, True))

    return both


def without_tags(taken: dict[str, Any]) -> dict[str, Any]:
    """ansible-core tags values with where they are from. Its errors name that, and its types for such values.

    This is the one thing that the short cuts leave out. Addresses in memory are no result either: before 2.19 a method
    such as ``items`` is shown as text.
    """
    taken = json.loads(re.sub("0x[0-9a-f]{6,}", "0x", json.dumps(taken)))
    origin = re.compile(""" at ('[^']*'|"[^"]*")""")
    kind = re.compile(r"ansible\.module_utils\.[\w.]*_AnsibleTagged(\w+)")
    return taken | {"said": [kind.sub(lambda m: m[1].lower(), origin.sub("", line)) for line in taken["said"]]}


def complete(vms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With what makes them VMs: an id, a name and a place."""
    return [
        vm | {"id": number, "name": f"vm{number}", "hostname": f"vm{number}.default.acme.uk0.bigv.io"}
        for number, vm in enumerate(vms, 1)
    ]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(chosen=options, vms=virtual_machines)
def test_any_options(compare: Any, chosen: dict[str, Any], vms: list[dict[str, Any]]) -> None:
    ours, documented = compare(chosen, complete(vms))
    assert ours == documented


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    keyed=keyed_group,
    vms=virtual_machines,
    compose=st.dictionaries(st.sampled_from(["composed", "other"]), names, max_size=2),
    strict=st.booleans(),
)
def test_one_keyed_group_and_variables(
    compare: Any, keyed: dict[str, Any], vms: list[dict[str, Any]], compose: dict[str, str], strict: bool
) -> None:
    ours, documented = compare({"keyed_groups": [keyed], "compose": compose, "strict": strict}, complete(vms))
    assert ours == documented


def test_the_comparison_sees_differences(compare: Any) -> None:
    """A short cut that is taken does not go through ansible-core, and the comparison would notice other results."""
    vms = complete([{"zone_name": "york", "network_interfaces": [], "discs": []}])
    ours, _documented = compare({"compose": {"composed": "bigv_zone_name"}}, vms)
    vms[0]["zone_name"] = "manchester"
    other, _documented = compare({"compose": {"composed": "bigv_zone_name"}}, vms)
    assert ours != other
    assert ours["hosts"]["vm1.default.acme.uk0.bigv.io"]["composed"] == "york"
