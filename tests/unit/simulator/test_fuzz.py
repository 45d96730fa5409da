# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Junk thrown at every write route: only documented statuses come back."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GROUP = "/accounts/acme/groups/default"
MACHINE = GROUP + "/virtual_machines/web1"
ROUTES = {
    ("POST", "/accounts/acme/groups"): ["name"],
    ("PUT", GROUP): ["name"],
    ("POST", GROUP + "/virtual_machines"): ["name", "cores", "memory", "cdrom_url", "keymap", "zone_name"],
    ("POST", GROUP + "/vm_create"): ["virtual_machine", "discs", "reimage", "ips"],
    ("PUT", MACHINE): ["name", "cores", "memory", "power_on", "cdrom_url", "group_id", "deleted", "zone_name"],
    ("POST", MACHINE + "/signal"): ["signal", "data"],
    ("POST", MACHINE + "/reimage"): ["distribution", "root_password", "ssh_public_key", "firstboot_script"],
    ("POST", MACHINE + "/discs"): ["label", "size", "storage_grade"],
    ("PUT", MACHINE + "/discs/disc-1"): ["label", "size", "storage_grade", "virtual_machine_id", "iops_limit"],
    ("POST", MACHINE + "/discs/disc-1/backups"): ["label", "size", "manual"],
    ("PUT", MACHINE + "/discs/disc-1/backups/8001"): ["restore", "label", "storage_grade"],
    ("POST", MACHINE + "/nics/9001/ip_create"): ["addresses", "family", "reason", "contiguous"],
    ("PUT", "/ips/198.18.0.1"): ["rdns"],
    ("POST", "/ips/swap_virtual_machine_ips"): ["virtual_machine_1_id", "virtual_machine_2_id", "move_additional_ips"],
    ("PUT", "/users/read-only"): ["authorized_keys", "username"],
    ("POST", "/users/read-only/privileges"): [
        *("level", "virtual_machine_id", "group_id", "account_id", "api_key_id"),
        *("password_required", "yubikey_required", "yubikey_otp_max_age", "ip_restrictions"),
    ],
    ("PUT", "/privileges/2"): ["yubikey_required", "yubikey_otp_max_age", "ip_restrictions"],
    ("POST", "/api_keys"): ["user_id", "label", "expires_at"],
    ("PUT", "/api_keys/4"): ["expires_at"],
    ("POST", "/auth/session"): ["username", "password", "yubikey", "2fa", "validity"],
}
LIKELY = st.sampled_from(
    [
        "web1",
        "stretch",
        "sata",
        "vda",
        "york",
        "powerdown",
        "ipv4",
        "vm_admin",
        "2030-01-01",
        1,
        50,
        1024,
        1001,
        10**40,
        -1,
    ]
)
KEYS = st.sampled_from(["name", "label", "size", "distribution", "ipv4", "memory"])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | LIKELY,
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(("method", "path"), list(ROUTES))
@settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_junk(api, method, path, data):
    if not api.read("/virtual_machines"):
        api.post("/_simulator/reset")
        api.create()
        api.post(MACHINE + "/discs/disc-1/backups")
        api.advance(10)
    body = data.draw(st.dictionaries(st.sampled_from(ROUTES[method, path]), JUNK, max_size=5) | JUNK)
    answer = api.session.request(method, api.url + path, json=body)
    allowed = {200, 201, 202, 400, 401, 403, 404}
    if isinstance(body, dict) and isinstance(body.get("cdrom_url"), str):
        allowed.add(500)
    assert answer.status_code in allowed
    assert answer.text != "Internal Server Error"
    assert api.get("/_simulator/state").status_code == 200
