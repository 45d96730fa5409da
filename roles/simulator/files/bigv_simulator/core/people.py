# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The models of people and of what they come with: users, API keys, sessions, privileges."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Literal, get_args

from . import rules
from .attributes import Attribute, Id
from .objects import Object

LevelName = Literal["account_admin", "group_admin", "vm_admin", "vm_console"]
AuthorizedKeys = Annotated[
    str | None,
    Attribute(
        "All of the keys, one a line (documented): they open the console, not the guest (observed).",
        "ssh-ed25519 AAAA… me\nssh-rsa AAAA… me",
    ),
]


class Level(IntEnum):
    """Order the levels; each may do what those before it may."""

    NONE = 0
    VM_CONSOLE = 1
    VM_ADMIN = 2
    GROUP_ADMIN = 3
    ACCOUNT_ADMIN = 4
    CLUSTER_ADMIN = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """What a seed lets somebody do without privileges: in some accounts, or with None in all of them."""

    accounts: tuple[Object, ...] | None = ()
    level: Level = Level.ACCOUNT_ADMIN
    """One that may only look has the lowest."""

    @property
    def read_only(self) -> bool:
        return self.level is Level.VM_CONSOLE


@dataclass(slots=True, eq=False, kw_only=True)
class User:
    id: Id
    username: Annotated[str, Attribute("Documented.", "alice", write="never", rule=rules.present, required=True)]
    email: Annotated[str | None, Attribute("Documented.", "alice@acme.example", write="never")] = None
    authorized_keys: AuthorizedKeys = None
    password: str
    standing: Standing
    yubikey: str | None = None
    two_factor: str | None = None
    staff: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class ApiKey:
    """Hold an API key, known by its digest; only of those that a seed says is the key itself kept."""

    id: int
    digest: str
    standing: Standing
    token: str | None = None
    username: str | None = None
    user: User | None = None
    """None when there is no user of that name."""
    label: str | None = None
    expires_at: float | None = None

    @property
    def user_id(self) -> int | None:
        return self.user.id if self.user is not None else None


@dataclass(slots=True, eq=False)
class Session:
    id: str
    user: User
    factors: list[str]
    expires_at: float


@dataclass(slots=True, eq=False, kw_only=True)
class Privilege:
    id: Id
    user: User
    target: Object
    level: Annotated[
        LevelName,
        Attribute(
            "What it allows, each what those before it do: `vm_console` the console, `vm_admin` to change the VM, "
            "`group_admin` to create and delete VMs (observed), `account_admin` everything in the account.",
            "group_admin",
            write="at creation",
            required=True,
            rule=rules.one_of(get_args(LevelName)),
        ),
    ]
    password_required: Annotated[
        bool,
        Attribute(
            "False for an API key (observed), which has no password; true if omitted for others (assumed).",
            False,
            write="at creation",
        ),
    ] = True
    yubikey_required: Annotated[bool, Attribute("Documented; not enforced here.", False)] = False
    yubikey_otp_max_age: Annotated[
        int | None, Attribute("Seconds (documented); not enforced here.", 300, minimum=0)
    ] = None
    ip_restrictions: Annotated[str | None, Attribute("Documented; not enforced here.", "192.0.2.0/24")] = None
    api_key: ApiKey | None = None
    creating_username: Annotated[str | None, Attribute("Who has granted it (observed).", "admin", write="never")] = None

    @property
    def username(self) -> Annotated[str, Attribute("Documented.", "alice")]:
        return self.user.username

    @property
    def user_id(self) -> Annotated[int, Attribute("Documented.", 1)]:
        return self.user.id

    @property
    def api_key_id(self) -> Annotated[int | None, Attribute("Null for the user's own (observed).", None)]:
        return self.api_key.id if self.api_key is not None else None

    @property
    def rank(self) -> Level:
        return Level[self.level.upper()]


def digest_of(token: str) -> str:
    """Return what an API key is recognised by; it is long and random, so that nobody finds the key from it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
