# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Names of groups and VMs as users give them: dotted, short, or completed from the environment. Pure.

Private to bytemark.cloud.
"""

from __future__ import annotations

from typing import NamedTuple

from .._core.names import api_path, check_name, component

# Names that the environment gives where a task leaves them out, and their variables, of which the first counts.
NAME_VARIABLES = {"group": ("BIGV_GROUP", "BM_GROUP"), "zone": ("BIGV_ZONE",)}


class GroupName(NamedTuple):
    """The location of a group."""

    group: str
    account: str

    @property
    def kind(self) -> str:
        """Return what messages call it."""
        return "group"

    @property
    def path(self) -> str:
        """Return the path of the group."""
        return api_path("accounts", self.account, "groups", self.group)

    def __str__(self) -> str:
        return f"{self.group}.{self.account}"


class VmName(NamedTuple):
    """The location of a VM."""

    vm: str
    group: str
    account: str

    @property
    def kind(self) -> str:
        """Return what messages call it."""
        return "VM"

    @property
    def path(self) -> str:
        """Return the path of the VM."""
        return api_path("accounts", self.account, "groups", self.group, "virtual_machines", self.vm)

    @property
    def in_group(self) -> GroupName:
        """Return where the VM's group is."""
        return GroupName(self.group, self.account)

    def __str__(self) -> str:
        return f"{self.vm}.{self.group}.{self.account}"


def group_name(
    name: str | None, account: str | None, default_account: str | None = None, option: str = "name"
) -> GroupName:
    """Return where a group is, from ``group[.account[.ignored…]]`` and the ``account`` option."""
    parts = (name or "").split(".")
    return GroupName(
        check_name(option, parts[0]),
        component("account", option, name, parts, 1, account or None, default_account),
    )


def vm_name(
    name: str | None,
    group: str | None,
    account: str | None,
    default_account: str | None = None,
    default_group: str | None = None,
    option: str = "name",
) -> VmName:
    """Return where a VM is, from ``vm[.group[.account[.ignored…]]]`` and the ``group`` and ``account`` options."""
    parts = (name or "").split(".")
    return VmName(
        check_name(option, parts[0]),
        component("group", option, name, parts, 1, group, default_group or "default"),
        component("account", option, name, parts, 2, account or None, default_account),
    )


def anywhere_in(group: str | None, account: str | None, default_account: str | None) -> VmName:
    """Return where VMs are looked for: in the group and in the account, as far as these are given.

    An account that is empty is not given, but does not stand for all accounts either.
    """
    return VmName(
        "",
        "" if group is None else check_name("group", group),
        "" if account is None and not default_account else account_name(account, default_account),
    )


def account_name(account: str | None, default_account: str | None) -> str:
    """Return the account, from the option or the environment."""
    return component("account", "", None, [], 0, account or None, default_account)
