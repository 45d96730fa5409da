# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""The seed of a simulator that is given none, and the parts that a partial seed takes over."""

from __future__ import annotations

from typing import Any

ADMIN_TOKEN = "apikey.simulator-admin"
READ_ONLY_TOKEN = "apikey.simulator-read-only"

DEFINITIONS: dict[str, Any] = {
    "distributions": ["symbiosis", "stretch", "jessie", "xenial", "centos7", "none"],
    "distribution_descriptions": {
        "symbiosis": "Symbiosis, Bytemark's own hosting system on Debian",
        "stretch": "Debian 9 (stretch)",
        "jessie": "Debian 8 (jessie)",
        "xenial": "Ubuntu 16.04 LTS (xenial)",
        "centos7": "CentOS 7",
        "none": "No image: bring your own CD",
    },
    "storage_grades": ["sata", "ssd", "archive"],
    "storage_grade_descriptions": {
        "sata": "Standard storage on spinning discs",
        "ssd": "Fast storage on solid state drives",
        "archive": "Slow storage for backups and archives",
    },
    "zone_names": ["york", "manchester"],
    "hardware_profiles": ["virtio2018", "virtio2013", "compatibility2013"],
    "keymaps": ["en-gb", "en-us", "de", "fr"],
    "sendkeys": ["ctrl-alt-delete", "ctrl-alt-f1", "ctrl-alt-f2"],
}

ACCOUNTS: list[dict[str, Any]] = [
    {"name": "acme", "groups": [{"name": "default"}]},
    {"name": "globex", "groups": [{"name": "default"}]},
]


def users(accounts: list[str] | None) -> list[dict[str, Any]]:
    return [
        {"username": "admin", "password": "password", "email": "admin@acme.example", "accounts": accounts},
        {
            "username": "read-only",
            "password": "password",
            "email": "read-only@acme.example",
            "accounts": accounts,
            "read_only": True,
        },
        {"username": "staff", "password": "password", "email": "staff@bigv.example", "accounts": None, "staff": True},
    ]


def api_keys(accounts: list[str] | None) -> list[dict[str, Any]]:
    return [
        {"token": ADMIN_TOKEN, "label": "admin", "username": "admin", "accounts": accounts},
        {
            "token": READ_ONLY_TOKEN,
            "label": "read-only",
            "username": "read-only",
            "accounts": accounts,
            "read_only": True,
        },
    ]


def complete(seed: dict[str, Any]) -> dict[str, Any]:
    """The seed with the default for every part that it does not say.

    Who sees what cannot be guessed for accounts that a seed brings along: its identities see them all by default.
    """
    visible = None if "accounts" in seed else ["acme"]
    identities: dict[str, Any] = {"users": users(visible), "api_keys": api_keys(visible)}
    if "accounts" not in seed:
        identities["users"].append({"username": "globex", "password": "password", "accounts": ["globex"]})
        identities["api_keys"].append(
            {"token": "apikey.simulator-globex", "label": "globex", "username": "globex", "accounts": ["globex"]}
        )
    return {"accounts": ACCOUNTS, **identities, "private_vlans": [], "settings": {}, **seed}
