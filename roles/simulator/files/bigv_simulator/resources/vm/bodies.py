# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The bodies of requests about VMs, for the OpenAPI document only: the rules check them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import NotRequired, TypedDict

from ...core.attributes import Attribute, changes, creates
from ..disc import NewDisc
from ..disc_model import Disc
from .model import VirtualMachine


class Appliance(TypedDict):
    name: Annotated[Literal["rescue"], Attribute("Observed; that there is no other is assumed.", "rescue")]
    permanent: NotRequired[Annotated[Literal[False], Attribute("Observed; that it cannot be true is assumed.", False)]]


@changes(VirtualMachine)
class VirtualMachineChanges(TypedDict, total=False):
    """Only what is sent changes (documented)."""

    deleted: Annotated[Literal[False], Attribute("Undeletes it (documented).", False)]
    appliance: Annotated[
        Appliance,
        Attribute("Boots a VM that is off from this, once (observed). A 400 while the VM is on (assumed)."),
    ]


@creates(VirtualMachine)
class NewVirtualMachine(TypedDict):
    pass


class Reimage(TypedDict):
    distribution: Annotated[str, Attribute("One of `distributions` in the definitions (documented).", "stretch")]
    root_password: NotRequired[Annotated[str | None, Attribute("Documented.", "correct horse battery staple")]]
    ssh_public_key: NotRequired[
        Annotated[
            str | None,
            Attribute(
                "What `/root/.ssh/authorized_keys` becomes; Linux images only (documented).", "ssh-ed25519 AAAA… me"
            ),
        ]
    ]
    firstboot_script: NotRequired[
        Annotated[
            str | None,
            Attribute("Runs once, at the first boot; Linux images only (documented).", "#!/bin/sh\napt-get update\n"),
        ]
    ]


class ChosenAddresses(TypedDict, total=False):
    """Only valid in private VLANs (documented)."""

    ipv4: Annotated[str | None, Attribute("Documented.", "10.0.0.5")]
    ipv6: Annotated[str | None, Attribute("Documented.", "2001:db8::5")]


class VirtualMachineCreate(TypedDict):
    """Either all of it is made or nothing (documented)."""

    virtual_machine: NewVirtualMachine
    discs: Annotated[list[NewDisc], Attribute("A 400 without any (observed)."), Field(min_length=1)]
    reimage: NotRequired[Reimage]
    ips: NotRequired[ChosenAddresses]


class VirtualMachineCreated(TypedDict):
    """The VM has neither image nor addresses here (observed): the next GET has both."""

    virtual_machine: VirtualMachine
    discs: list[Disc]
    reimage: Annotated[
        Reimage | None, Attribute("As it was sent (observed), root password included; null without (assumed).")
    ]


class Signal(TypedDict):
    signal: Annotated[
        Literal["powerdown", "reset", "sendkey"],
        Attribute(
            "`powerdown` asks the guest to shut down, `reset` reboots in the same process (documented).", "powerdown"
        ),
    ]
    data: NotRequired[
        Annotated[
            str,
            Attribute(
                "For `sendkey`: names of `sendkeys` in the definitions, joined by `-` (documented).", "ctrl-alt-f1"
            ),
        ]
    ]
