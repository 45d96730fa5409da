# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The definitions: what there is to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from typing_extensions import TypedDict

from ..core.attributes import Attribute
from ..core.cloud import Cloud
from ..core.document import DocumentError, object_of
from ..core.flat_lists import TAG
from ..core.http import answer, simulator_of
from ..core.objects import Parent
from ..core.openapi import described
from ..core.resource import Resource

router = APIRouter(tags=[TAG])
_DEFAULT: dict[str, Any] = {
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
_NEVER_EMPTY = ("zone_names", "hardware_profiles", "storage_grades")


class Definition(TypedDict):
    id: Annotated[str, Attribute("What is defined (documented).", "zone_names")]
    data: Annotated[
        list[str] | dict[str, Any],
        Attribute("An array of the values, or a hash with a text for each (documented).", ["york", "manchester"]),
    ]


class Definitions(Resource):
    collection = "definitions"
    routers = (router,)

    def default(self, given: Mapping[str, Any]) -> Any:
        return {}

    def load_all(self, cloud: Cloud, parent: Parent, path: str, item: Mapping[str, Any]) -> None:
        """Take each definition that the seed does not have from the default."""
        cloud.definitions = _DEFAULT | object_of(item["definitions"], "definitions")
        for key, default in _DEFAULT.items():
            value = cloud.definitions[key]
            if isinstance(default, dict):
                object_of(value, f"definitions.{key}")
            elif not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
                raise DocumentError(f"definitions.{key}: is not an array of strings")
        for key in _NEVER_EMPTY:
            if not cloud.definitions[key]:
                raise DocumentError(f"definitions.{key}: must not be empty")

    def dump_all(self, parent: Cloud) -> Any:
        return parent.definitions


@router.get("/definitions")
@described(list[Definition])
async def list_definitions(request: Request) -> Response:
    """Needs no token (documented)."""
    definitions = simulator_of(request).cloud.definitions
    return answer([{"id": key, "data": value} for key, value in definitions.items()])
