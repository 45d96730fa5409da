# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The shapes of bodies and answers, for the OpenAPI document only: the model checks by its own rules.

Each attribute says how it is known: documented, observed or assumed. Sizes and memory are MiB.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import NotRequired, TypedDict


def _says(description: str, example: Any, **limits: Any) -> Any:
    return Field(description=description, examples=[example], **limits)


_NAME = "^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$"

Id = Annotated[int, _says("Given by the brain (documented).", 1234)]
Name = Annotated[str, _says("A component of a host name, so without dots (observed).", "web1", pattern=_NAME)]
Cores = Annotated[int, _says("Documented; the limits are assumed.", 2, ge=1, le=128)]
Memory = Annotated[int, _says("MiB (documented); the limits are assumed.", 2048, ge=1, le=4 * 1024 * 1024)]
AutorebootOn = Annotated[bool, _says("Whether the brain starts it again when it goes off (documented).", True)]
PowerOn = Annotated[bool, _says("Whether it runs (documented).", True)]
HardwareProfile = Annotated[str, _says("One of `hardware_profiles` in the definitions (documented).", "virtio2018")]
ProfileLocked = Annotated[bool, _says("Documented.", False)]
CdromUrl = Annotated[
    str | None,
    _says(
        "An image to have in the CD drive (documented); a URL that cannot be used is a 500 (observed).",
        "https://example.com/rescue.iso",
    ),
]
Keymap = Annotated[str | None, _says("One of `keymaps` in the definitions (documented).", "en-gb")]
ZoneName = Annotated[str, _says("One of `zone_names` in the definitions (documented).", "york")]
GroupId = Annotated[int, _says("The group that it is in (documented).", 101)]
Label = Annotated[
    str,
    _says(
        "Not the name of a Unix device such as `vda` (documented), although old discs have such "
        "labels (observed). Omitted, it is `disc-` and its position (observed).",
        "disc-1",
    ),
]
Size = Annotated[int, _says("MiB (documented), at least 50 (observed).", 25600, ge=50)]
Grade = Annotated[
    str, _says("One of `storage_grades` in the definitions (documented). Omitted, it is `sata` (observed).", "sata")
]
Rdns = Annotated[str | None, _says("The name that the address has in reverse DNS (documented).", "web1.example.com")]
Distribution = Annotated[str, _says("One of `distributions` in the definitions (documented).", "stretch")]
StartAt = Annotated[
    str, _says("`00:00`, an ISO moment, or as here (observed); midnight without (assumed).", "2026-11-24 00:00:00 UTC")
]
Interval = Annotated[int, _says("Missing or negative, it is a 400 (observed).", 604800, ge=1, le=10**9)]
Capacity = Annotated[int, _says("How many backups are kept (observed); 1 without (assumed).", 1, ge=1, le=10**9)]
AuthorizedKeys = Annotated[str, _says("All of the keys, one a line (documented).", "ssh-ed25519 AAAA… me\nssh-rsa …")]


class NewBackupSchedule(TypedDict):
    start_at: NotRequired[StartAt]
    interval_seconds: Interval
    capacity: NotRequired[Capacity]


class BackupSchedule(TypedDict):
    id: Id
    start_at: StartAt
    interval_seconds: Interval
    capacity: Capacity


class Disc(TypedDict):
    id: Id
    label: Label
    size: Size
    storage_grade: Grade
    storage_pool: Annotated[str | None, _says("Where its data is (documented).", "york-sata1")]
    virtual_machine_id: Annotated[int, _says("The VM that it belongs to (documented).", 1001)]
    backup_count: Annotated[int, _says("Observed; 0 here.", 0)]
    backup_schedules: Annotated[list[BackupSchedule], Field(description="Those that it was made with (observed).")]
    backups_enabled: Annotated[bool, _says("Observed; that it follows from the schedules is assumed.", False)]
    iops_limit: Annotated[int | None, _says("Set by administrators of the cluster only (observed).", None)]
    new_storage_grade: Annotated[str | None, _says("The grade that it is moving to (observed); null here.", None)]
    migration_progress: Annotated[float | None, _says("How far that move is (observed); null here.", None)]
    type: Annotated[str, _says("The kind of object (observed).", "application/vnd.bigv.disc")]


class NetworkInterface(TypedDict):
    id: Id
    label: Annotated[str | None, _says("Null, as far as is known (documented).", None)]
    mac: Annotated[str, _says("Documented.", "fe:ff:00:00:23:29")]
    vlan_num: Annotated[int, _says("Documented.", 100)]
    ips: Annotated[
        list[str],
        _says(
            "The first IPv4 and IPv6 addresses are the primary ones (documented).", ["198.18.0.1", "2001:db8:0:2329::"]
        ),
    ]
    extra_ips: Annotated[
        dict[str, str],
        _says("Each additional address → what it is routed to (documented).", {"198.18.0.2": "198.18.0.1"}),
    ]
    virtual_machine_id: Annotated[int, _says("The VM that it belongs to (documented).", 1001)]
    type: Annotated[str, _says("The kind of object (observed).", "application/vnd.bigv.network-interface")]


class VirtualMachine(TypedDict):
    id: Id
    name: Name
    group_id: GroupId
    hostname: Annotated[str, _says("`<vm>.<group>.<account>.<cluster>` (documented).", "web1.default.acme.uk0.bigv.io")]
    cores: Cores
    memory: Memory
    power_on: PowerOn
    autoreboot_on: AutorebootOn
    hardware_profile: HardwareProfile
    hardware_profile_locked: ProfileLocked
    cdrom_url: CdromUrl
    keymap: Keymap
    zone_name: ZoneName
    head: Annotated[str | None, _says("The host that it runs on (documented).", "head2")]
    management_address: Annotated[str | None, _says("Where its console is reached (documented).", "172.16.3.233")]
    last_imaged_with: Annotated[
        str | None,
        _says(
            "The image that was installed last (documented); null or empty where that is not known (observed).",
            "stretch",
        ),
    ]
    deleted: Annotated[bool, _says("Whether it waits to be purged (documented).", False)]
    type: Annotated[str, _says("The kind of object (observed).", "application/vnd.bigv.virtual-machine")]
    discs: NotRequired[Annotated[list[Disc], Field(description="With `view=overview` only (documented).")]]
    network_interfaces: NotRequired[
        Annotated[list[NetworkInterface], Field(description="With `view=overview` only (documented).")]
    ]


class Group(TypedDict):
    id: Id
    account_id: Annotated[int, _says("The account that it is in (documented).", 1)]
    name: Annotated[str, _says("A component of a host name, so without dots (observed).", "default")]
    type: Annotated[str, _says("The kind of object (observed).", "application/vnd.bigv.group")]
    virtual_machines: NotRequired[
        Annotated[list[VirtualMachine], Field(description="With `view=overview` only (documented).")]
    ]


class Account(TypedDict):
    id: Id
    name: Annotated[str, _says("Documented.", "acme")]
    suspended: Annotated[bool, _says("Documented.", False)]
    groups: NotRequired[Annotated[list[Group], Field(description="With `view=overview` only (documented).")]]


class Address(TypedDict):
    address: Annotated[str, _says("IPv4 or IPv6 (documented).", "198.18.0.1")]
    rdns: Rdns


class Definition(TypedDict):
    id: Annotated[str, _says("What is defined (documented).", "zone_names")]
    data: Annotated[
        list[str] | dict[str, Any],
        _says("An array of the values, or a hash with a text for each (documented).", ["york", "manchester"]),
    ]


class SessionRead(TypedDict):
    username: Annotated[str, _says("Who has logged in (documented).", "admin")]
    factors: Annotated[list[str], _says("What the login was proved with (documented).", ["password"])]
    group_memberships: Annotated[list[str], _says("Documented; none here.", [])]


class GroupBody(TypedDict):
    name: Annotated[str, _says("A component of a host name, so without dots (observed).", "staging", pattern=_NAME)]


class Appliance(TypedDict):
    name: Annotated[Literal["rescue"], _says("Observed; that there is no other is assumed.", "rescue")]
    permanent: NotRequired[Annotated[Literal[False], _says("Observed; that it cannot be true is assumed.", False)]]


class VirtualMachineChanges(TypedDict, total=False):
    """Only what is sent changes (documented)."""

    name: Name
    cores: Cores
    memory: Memory
    autoreboot_on: AutorebootOn
    power_on: PowerOn
    hardware_profile: HardwareProfile
    hardware_profile_locked: ProfileLocked
    cdrom_url: CdromUrl
    keymap: Keymap
    group_id: GroupId
    deleted: Annotated[Literal[False], _says("Undeletes it (documented).", False)]
    appliance: Annotated[
        Appliance,
        Field(description="Boots a VM that is off from this, once (observed). A 400 while the VM is on (assumed)."),
    ]


class NewVirtualMachine(TypedDict):
    name: Name
    cores: NotRequired[Cores]
    memory: NotRequired[Memory]
    autoreboot_on: NotRequired[AutorebootOn]
    power_on: NotRequired[
        Annotated[
            bool,
            _says(
                "Whether it boots, unless `autoreboot_on` is true (documented). "
                "Omitted, it boots if it has an image (observed).",
                True,
            ),
        ]
    ]
    hardware_profile: NotRequired[HardwareProfile]
    hardware_profile_locked: NotRequired[ProfileLocked]
    cdrom_url: NotRequired[CdromUrl]
    keymap: NotRequired[Keymap]
    zone_name: NotRequired[ZoneName]


class NewDisc(TypedDict):
    label: NotRequired[Label]
    size: Size
    storage_grade: NotRequired[Grade]
    backup_schedules: NotRequired[Annotated[list[NewBackupSchedule], Field(description="Observed.")]]


class Reimage(TypedDict):
    distribution: Distribution
    root_password: NotRequired[Annotated[str | None, _says("Documented.", "correct horse battery staple")]]
    ssh_public_key: NotRequired[
        Annotated[
            str | None,
            _says("What `/root/.ssh/authorized_keys` becomes; Linux images only (documented).", "ssh-ed25519 AAAA… me"),
        ]
    ]
    firstboot_script: NotRequired[
        Annotated[
            str | None,
            _says("Runs once, at the first boot; Linux images only (documented).", "#!/bin/sh\napt-get update\n"),
        ]
    ]


class ChosenAddresses(TypedDict, total=False):
    """Only valid in private VLANs (documented)."""

    ipv4: Annotated[str | None, _says("Documented.", "10.0.0.5")]
    ipv6: Annotated[str | None, _says("Documented.", "2001:db8::5")]


class VirtualMachineCreate(TypedDict):
    """Either all of it is made or nothing (documented)."""

    virtual_machine: NewVirtualMachine
    discs: Annotated[list[NewDisc], Field(description="A 400 without any (observed).", min_length=1)]
    reimage: NotRequired[Reimage]
    ips: NotRequired[ChosenAddresses]


class VirtualMachineCreated(TypedDict):
    """The VM has neither image nor addresses here (observed): the next GET has both."""

    virtual_machine: VirtualMachine
    discs: list[Disc]
    reimage: Annotated[
        Reimage | None, Field(description="As it was sent (observed), root password included; null without (assumed).")
    ]


class Signal(TypedDict):
    signal: Annotated[
        Literal["powerdown", "reset", "sendkey"],
        _says(
            "`powerdown` asks the guest to shut down, `reset` reboots in the same process (documented).", "powerdown"
        ),
    ]
    data: NotRequired[
        Annotated[str, _says("For `sendkey`: one of `sendkeys` in the definitions (documented).", "ctrl-alt-delete")]
    ]


class DiscChanges(TypedDict, total=False):
    """Only what is sent changes (documented)."""

    label: Label
    size: Annotated[int, _says("MiB; a disc can only grow (that shrinking is a 400 is assumed).", 51200)]
    storage_grade: Grade
    virtual_machine_id: Annotated[
        int, _says("Moves the disc: both VMs have to be off, and the root disc stays (observed).", 1002)
    ]
    iops_limit: Annotated[int | None, _says("For administrators of the cluster only (observed).", None)]


class NewAddresses(TypedDict, total=False):
    addresses: Annotated[int, _says("How many; a NIC has at most 4 additional ones (documented).", 1, ge=1, le=4)]
    family: Annotated[Literal["ipv4"], _says("There is no other (documented).", "ipv4")]
    reason: Annotated[str | None, _says("Documented; that it may be missing is assumed.", "a second site")]
    contiguous: Annotated[bool, _says("Whether they have to follow each other (documented).", False)]


class AddressesMade(NewAddresses):
    ips: Annotated[list[str], _says("Documented.", ["198.18.0.2"])]


class AddressChanges(TypedDict):
    rdns: Rdns


class AddressSwap(TypedDict):
    """Both VMs have to be off (observed)."""

    virtual_machine_1_id: Annotated[int, _says("Observed.", 1001)]
    virtual_machine_2_id: Annotated[int, _says("Observed.", 1002)]
    move_additional_ips: NotRequired[Annotated[bool, _says("Whether additional addresses move too (observed).", True)]]


Login = TypedDict(
    "Login",
    {
        "username": Annotated[str, _says("Documented.", "admin")],
        "password": Annotated[str, _says("Documented.", "password")],
        "yubikey": NotRequired[Annotated[str, _says("What the Yubikey types (documented).", "cccc")]],
        "2fa": NotRequired[Annotated[str, _says("A one-time password (documented).", "123456")]],
        "validity": NotRequired[
            Annotated[str | int, _says("Seconds (documented); more than 3600 are cut to it (observed).", "1800")]
        ],
    },
)


class Impersonation(TypedDict):
    username: Annotated[str, _says("Who to act as (observed).", "admin")]
