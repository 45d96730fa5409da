# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The model of a virtual machine: its attributes, each declared once, and what it is about to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from ...core import rules
from ...core.attributes import Attribute
from ...core.objects import Object
from ...core.problem import Invalid, Problem
from ..group import Group

CLUSTER = "uk0.bigv.io"
_TYPE = "application/vnd.bigv.virtual-machine"
Action = Literal["built", "build_failed", "start", "restart", "shutdown", "vanish"]


@dataclass(slots=True)
class Due:
    """Hold the one thing that a VM will do by itself next."""

    at: float
    action: Action


@dataclass(slots=True)
class Image:
    """Hold what reimage put on the first disc. Of secrets only their presence is kept."""

    distribution: str
    has_root_password: bool
    ssh_public_key: str | None
    has_firstboot_script: bool


def _cdrom_url(value: Any) -> str | None:
    """Take an URL; a bad one is a 500 (observed); that "" takes the CD out like null does is assumed."""
    if value is None or value == "":
        return None
    try:
        parts = urlsplit(rules.text(value))
        good = parts.scheme in ("http", "https", "ftp") and bool(parts.hostname) and not re.search(r"\s", value)
    except Invalid:
        raise
    except ValueError:
        good = False
    if not good:
        raise Problem(500, "Could not read the cdrom_url")
    return str(value)


@dataclass(slots=True, eq=False, kw_only=True)
class VirtualMachine(Object):
    group: Group
    name: Annotated[
        str,
        Attribute(
            "A component of a host name, so without dots (observed).",
            "web1",
            rule=rules.name,
            pattern=rules.NAME_PATTERN,
            required=True,
        ),
    ]
    cores: Annotated[
        int,
        Attribute(
            "Documented; the limits are assumed.", 2, minimum=1, maximum=128, next_start=True, fixed_while_on=True
        ),
    ] = 1
    memory: Annotated[
        int,
        Attribute(
            "MiB (documented); the limits are assumed.",
            2048,
            minimum=1,
            maximum=4 * 1024 * 1024,
            next_start=True,
            fixed_while_on=True,
        ),
    ] = 1024
    power_on: Annotated[
        bool,
        Attribute(
            "Whether it runs (documented).",
            True,
            at_creation="Whether it boots, unless `autoreboot_on` is true (documented). "
            "Omitted, it boots if it has an image (observed).",
        ),
    ] = False
    autoreboot_on: Annotated[
        bool, Attribute("Whether the brain starts it again when it goes off (documented).", True)
    ] = False
    hardware_profile: Annotated[
        str,
        Attribute(
            "One of `hardware_profiles` in the definitions (documented).",
            "virtio2018",
            listed="hardware_profiles",
            next_start=True,
            fixed_while_on=True,
        ),
    ]
    hardware_profile_locked: Annotated[bool, Attribute("Documented.", False)] = False
    cdrom_url: Annotated[
        str | None,
        Attribute(
            "An image to have in the CD drive (documented); a URL that cannot be used is a 500 (observed).",
            "https://example.com/rescue.iso",
            rule=_cdrom_url,
            next_start=True,
        ),
    ] = None
    keymap: Annotated[
        str | None, Attribute("One of `keymaps` in the definitions (documented).", "en-gb", listed="keymaps")
    ] = None
    zone_name: Annotated[
        str,
        Attribute(
            "One of `zone_names` in the definitions (documented).", "york", listed="zone_names", write="at creation"
        ),
    ]
    head: Annotated[
        str | None, Attribute("The host that it runs on (documented).", "head2", write="never", rule=rules.text)
    ]
    management_address: Annotated[
        str | None,
        Attribute("Where its console is reached (documented).", "172.16.3.233", write="never", rule=rules.address(4)),
    ]
    last_imaged_with: Annotated[
        str | None,
        Attribute(
            "The image that was installed last (documented); null or empty where that is not known (observed).",
            "stretch",
            write="never",
        ),
    ] = None
    deleted: Annotated[bool, Attribute("Whether it waits to be purged (documented).", False, write="never")] = False
    type: ClassVar[Annotated[str, Attribute("The kind of object (observed).", _TYPE)]] = _TYPE

    image: Image | None = None
    due: Due | None = None
    start_when_built: bool = False
    appliance: str | None = None
    running_hardware: dict[str, Any] | None = None
    """What the guest that runs was started with."""

    @property
    def container(self) -> Group:
        return self.group

    @property
    def group_id(self) -> Annotated[int, Attribute("The group that it is in (documented).", 101, write="by change")]:
        return self.group.id

    @property
    def hostname(
        self,
    ) -> Annotated[str, Attribute("`<vm>.<group>.<account>.<cluster>` (documented).", "web1.default.acme.uk0.bigv.io")]:
        return f"{self.name}.{self.group.name}.{self.group.account.name}.{CLUSTER}"

    def pool(self, grade: str) -> str:
        """Return the storage pool that its discs of a grade are in."""
        return f"{self.zone_name}-{grade}1"

    @property
    def building(self) -> bool:
        return self.due is not None and self.due.action in ("built", "build_failed")


def refuse_deleted(machine: VirtualMachine) -> None:
    """Refuse to change discs and NICs of a soft-deleted VM (documented)."""
    if machine.deleted:
        raise Problem(400, "The virtual machine is deleted: undelete it first")
