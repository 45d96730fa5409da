# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Names, paths and sizes."""

from __future__ import annotations

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core import names
from ansible_collections.bytemark.cloud.plugins.module_utils._core.errors import BigvError
from ansible_collections.bytemark.cloud.plugins.module_utils._resources import names as locations
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "mib"),
    [
        (2048, 2048),
        ("2048", 2048),
        ("512M", 512),
        ("512 MiB", 512),
        ("2G", 2048),
        ("2GiB", 2048),
        ("2 gib", 2048),
        ("1.5TiB", 1572864),
        ("1.5G", 1536),
        ("0.5GiB", 512),
        (" 1T ", 1048576),
    ],
)
def test_size(text, mib):
    assert names.parse_size("size", text) == mib


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "1e9", "nan", "inf", "1.5", "0.1G", "2GB", "2 GiB B", "G", "٣G", "1" * 50, "True", "None", "1,5G",
     "0x10", "99999999999999999999"],
)  # fmt: skip
def test_what_is_not_a_size(text):
    with pytest.raises(BigvError, match=r"^size: (must be .*, got )?'"):
        names.parse_size("size", text)


@given(st.integers(1, 2**40))
def test_a_shown_size_is_the_same_size(mib):
    assert names.parse_size("size", names.show_size(mib)) == mib


@pytest.mark.parametrize(
    ("name", "group", "account", "expected"),
    [
        ("web1", None, "acme", ("web1", "default", "acme")),
        ("web1", "staging", "acme", ("web1", "staging", "acme")),
        ("web1.staging", None, "acme", ("web1", "staging", "acme")),
        ("web1.staging.acme", None, None, ("web1", "staging", "acme")),
        ("web1.staging.acme.uk0.bigv.io", "staging", "acme", ("web1", "staging", "acme")),
    ],
)
def test_vm_name(name, group, account, expected):
    assert locations.vm_name(name, group, account) == expected


def test_account_of_the_environment_is_only_a_default():
    assert locations.vm_name("web1.staging.acme", None, None, "other").account == "acme"
    assert locations.vm_name("web1", None, None, "other").account == "other"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "name: must not be empty"),
        (".staging.acme", "name: must not be empty"),
        ("web1..acme", "name: must not be empty"),
        ("web1.staging.", "name: must not be empty"),
        ("we b1", "name: 'we b1' is not a valid name"),
        ("web1/..", "name: 'web1/' is not a valid name"),
        ("web1%2f", "name: 'web1%2f' is not a valid name"),
        ("web1\n", "name: 'web1\\\\n' is not a valid name"),
        ("a" * 10000, "has 10000 characters"),
    ],
)
def test_what_is_not_a_name(name, message):
    with pytest.raises(BigvError, match=message):
        locations.vm_name(name, None, "acme")


@given(st.text(min_size=1, max_size=30))
def test_a_name_stays_one_segment_of_a_path(name):
    try:
        path = locations.vm_name(name, None, "acme").path
    except BigvError:
        return
    assert path.count("/") == 6
    assert not {"?", "#", " "} & set(path)
