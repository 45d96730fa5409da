# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The attributes of a VM, and the options that set them. Memory is MiB. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from ..._core.attributes import AT_CREATION, NEXT_START, Attribute, Schema, identifier, name
from ..disc.attributes import DISC
from ..ip.attributes import NIC

VM = Schema(
    "VM",
    identifier("VM", 1234),
    name("VM", "web1"),
    Attribute(
        "hostname",
        "text",
        "The full DNS name, C(<vm>.<group>.<account>.<cluster>).",
        "web1.default.acme.uk0.bigv.io",
    ),
    Attribute("group_id", "int", "The id of the group that the VM is in.", 123, compared=True),
    Attribute("power_on", "bool", "Whether the VM is on.", True, compared=True),
    Attribute("autoreboot_on", "bool", "Whether the VM starts again after it powers off.", True, compared=True),
    Attribute("cores", "int", "The number of cores.", 1, option="cores", takes_effect=NEXT_START),
    Attribute("memory", "size", "The memory, in MiB.", 1024, option="memory", takes_effect=NEXT_START),
    Attribute(
        "zone_name",
        "optional text",
        "The zone.",
        "york",
        option="zone",
        takes_effect=AT_CREATION,
        definition="zone_names",
    ),
    Attribute(
        "hardware_profile",
        "optional text",
        "The hardware profile.",
        "virtio2018",
        option="hardware_profile",
        takes_effect=NEXT_START,
        definition="hardware_profiles",
    ),
    Attribute(
        "hardware_profile_locked",
        "bool",
        "Whether the VM keeps its hardware profile when the provider has a newer one.",
        False,
        option="hardware_profile_locked",
    ),
    Attribute(
        "cdrom_url",
        "optional text",
        "The URL of the image in the CD drive, if any.",
        "https://example.com/rescue.iso",
        option="cdrom_url",
        nullable=True,
    ),
    Attribute(
        "keymap",
        "optional text",
        "The keyboard layout of the console, if one is set.",
        "en-gb",
        option="keymap",
        nullable=True,
        definition="keymaps",
    ),
    Attribute("last_imaged_with", "optional text", "The image that was last installed.", "stretch", compared=True),
    Attribute("management_address", "optional text", "The address of the console.", "213.123.123.123"),
    Attribute("head", "optional text", "The machine that the VM runs on.", "head212"),
    Attribute("deleted", "bool", "Whether the VM is soft-deleted.", False, compared=True),
    nested={"discs": DISC, "network_interfaces": NIC},
    computed=(
        Attribute(
            "discs",
            "list of dict",
            "The discs, sizes in MiB.",
            [{"id": 4321, "label": "disc-1", "size": 25600, "storage_grade": "sata", "virtual_machine_id": 1234}],
        ),
        Attribute(
            "network_interfaces",
            "list of dict",
            "The NICs. The first of the C(ips) of a family is the primary one.",
            [{"id": 5678, "mac": "fe:ff:00:00:12:34", "ips": ["203.0.113.10", "2001:db8::10"], "extra_ips": {}}],
        ),
        Attribute("ipv4", "list of str", "The IPv4 addresses, the primary one first.", ["203.0.113.10"]),
        Attribute("ipv6", "list of str", "The IPv6 addresses, the primary one first.", ["2001:db8::10"]),
    ),
)
