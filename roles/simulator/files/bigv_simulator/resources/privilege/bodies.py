# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The bodies of privileges, and what each of them can be for."""

from __future__ import annotations

from typing import Annotated, Any

from typing_extensions import NotRequired, TypedDict

from ...core.attributes import Attribute, changes, creates, shows, view
from ...core.cloud import Cloud
from ...core.objects import Object
from ...core.people import Privilege
from ..account import Account
from ..group import Group
from ..vm.model import VirtualMachine

TARGETS: dict[str, type[Object]] = {"virtual_machine": VirtualMachine, "group": Group, "account": Account}
_FITTING = {
    "virtual_machine": ("vm_admin", "vm_console"),
    "group": ("group_admin",),
    "account": ("account_admin",),
}


def kind_for(level: str) -> str:
    """Return the kind of target that a level fits (observed)."""
    return next(kind for kind, levels in _FITTING.items() if level in levels)


class Target(TypedDict, total=False):
    """Exactly one of them (observed)."""

    virtual_machine_id: Annotated[int, Attribute("For `vm_admin` and `vm_console` (observed).", 1001)]
    group_id: Annotated[int, Attribute("For `group_admin` (observed).", 101)]
    account_id: Annotated[int, Attribute("For `account_admin` (observed).", 1)]


@shows(Privilege)
class PrivilegeRead(Target):
    """To one VM, group or account (observed)."""

    virtual_machine_name: NotRequired[Annotated[str, Attribute("A setting has it said (observed).", "web1")]]
    group_name: NotRequired[Annotated[str, Attribute("A setting has it said (observed).", "default")]]
    account_name: NotRequired[Annotated[str, Attribute("A setting has it said (observed).", "acme")]]


@creates(Privilege)
class NewPrivilege(Target):
    api_key_id: NotRequired[
        Annotated[int | None, Attribute("An API key of that user, to grant it to (observed).", None)]
    ]


@changes(Privilege)
class PrivilegeChanges(TypedDict, total=False):
    """Nothing else changes (documented)."""


def show(cloud: Cloud, privilege: Privilege) -> dict[str, Any]:
    """Return a privilege as the API shows it; a setting has it say the name of its target (observed)."""
    kind, target = kind_for(privilege.level), privilege.target
    shown = view(privilege) | {f"{kind}_id": target.id}
    if cloud.settings.privilege_names and isinstance(target, (VirtualMachine, Group, Account)):
        shown[f"{kind}_name"] = target.name
    return shown
