# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Examples and cases of privileges."""

from __future__ import annotations

from typing import Any

from ansible_collections.bytemark.cloud.tests.unit.resources._types import DEFAULT, Case, Example

WEB1 = f"{DEFAULT}/virtual_machines/web1"
ON_VM: dict[str, Any] = {"user": "read-only", "level": "vm_admin", "vm": "web1"}
ON_GROUP: dict[str, Any] = {"user": "read-only", "level": "group_admin", "group": "default"}
LIST = "GET /users/read-only/privileges"
USER = "GET /users/read-only"
GRANTED = [{"username": "read-only", "level": "vm_admin", "virtual_machine": "web1.default.acme"}]
EXAMPLES = {"bigv_privilege": Example(ON_GROUP), "bigv_privilege_info": Example()}
CASES = {
    "grant a VM": Case(
        "bigv_privilege",
        {**ON_VM, "ip_restrictions": "198.51.100.1", "password_required": True},
        repeated=[f"GET {WEB1}", USER, LIST],
        actions=["grant vm_admin of VM web1.default.acme to user read-only"],
        writes=[
            (
                "POST",
                "/users/read-only/privileges",
                {
                    "level": "vm_admin",
                    "virtual_machine_id": None,
                    "ip_restrictions": "198.51.100.1",
                    "password_required": True,
                },
            )
        ],
        default=[{"name": "web1"}],
    ),
    "grant a group": Case("bigv_privilege", ON_GROUP, repeated=[f"GET {DEFAULT}", USER, LIST]),
    "change a privilege": Case(
        "bigv_privilege",
        {**ON_VM, "yubikey_required": True, "yubikey_otp_max_age": "15m"},
        repeated=[f"GET {WEB1}", USER, LIST],
        writes=[("PUT", "/privileges/*", {"yubikey_required": True, "yubikey_otp_max_age": 900})],
        default=[{"name": "web1"}],
        seed={"privileges": GRANTED},
    ),
    "revoke a privilege": Case(
        "bigv_privilege",
        {**ON_VM, "state": "absent"},
        repeated=[f"GET {WEB1}", USER, LIST],
        actions=["revoke vm_admin of VM web1.default.acme to user read-only"],
        writes=[("DELETE", "/privileges/*", None)],
        default=[{"name": "web1"}],
        seed={"privileges": GRANTED},
    ),
    "list the privileges": Case(
        "bigv_privilege_info",
        {},
        repeated=["GET /privileges"],
        default=[{"name": "web1"}],
        seed={"privileges": GRANTED},
    ),
    "list the privileges of a VM": Case(
        "bigv_privilege_info",
        {"vm": "web1", "level": "vm_admin"},
        repeated=[f"GET {WEB1}", "GET /privileges", f"GET {WEB1}/privileges"],
        default=[{"name": "web1"}],
        seed={"privileges": GRANTED},
    ),
}
