# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The resources of the API. A new one is added to the list; a seed is read in its order."""

from ..core.resource import Resource
from .account import Accounts
from .api_key import ApiKeys
from .backup import Backups
from .backup_schedule_routes import BackupSchedules
from .definitions import Definitions
from .disc import Discs
from .group import Groups
from .ip import Addresses
from .nic import NetworkInterfaces, PrivateVlans
from .privilege.resource import Privileges
from .session import Sessions
from .user import Users
from .vm.resource import VirtualMachines

RESOURCES: tuple[Resource, ...] = (
    Definitions(),
    PrivateVlans(),
    Accounts(),
    Groups(),
    VirtualMachines(),
    Discs(),
    NetworkInterfaces(),
    Addresses(),
    Users(),
    ApiKeys(),
    Privileges(),
    Sessions(),
    Backups(),
    BackupSchedules(),
)
