# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Privileges. The calls about them are not simulated."""

from __future__ import annotations

from typing import Literal

from typing_extensions import NotRequired, TypedDict

from ..core.attributes import Id
from ..core.openapi import ID
from ..core.resource import Resource
from ..core.unimplemented import unimplemented, unimplemented_routes
from .account import ACCOUNT
from .group import GROUP
from .user import USER
from .vm.paths import MACHINE

router = unimplemented_routes()


class Privilege(TypedDict):
    """To one VM, group or account (observed)."""

    level: Literal["account_admin", "group_admin", "vm_admin", "vm_console"]
    virtual_machine_id: NotRequired[int]
    group_id: NotRequired[int]
    account_id: NotRequired[int]
    password_required: NotRequired[bool]
    yubikey_required: NotRequired[bool]
    api_key_id: NotRequired[int]


class PrivilegeRead(Privilege):
    id: Id


class Privileges(Resource):
    path_parameters = (("privilege", ID, "1"),)
    routers = (router,)


for _path in ("", USER, ACCOUNT, GROUP, MACHINE):
    unimplemented(router, "GET", _path + "/privileges", "Who may do what there (observed).", answer=list[PrivilegeRead])
unimplemented(router, "POST", USER + "/privileges", "Observed.", answer=PrivilegeRead, status=201, takes=Privilege)
unimplemented(router, "DELETE", "/privileges/{privilege}", "Observed.", status=204)
