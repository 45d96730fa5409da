# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The pictures are those that their sources describe, say in words what they show, and stand in a page."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pictures
import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE, documents

SVG = f"{{{pictures.SVG}}}"
SOURCES = pictures.sources()


@pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])
def test_a_picture_is_made_from_its_source_and_the_style_as_they_are_now(source: Path) -> None:
    assert pictures.is_current(source), (
        f"run scripts/pictures.py, and commit the new {pictures.picture_of(source).name}"
    )


@pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])
def test_a_picture_has_a_title_and_a_description(source: Path) -> None:
    root = ElementTree.parse(pictures.picture_of(source)).getroot()
    assert root.get("role") == "img"
    for name in root.get("aria-labelledby").split():
        element = root.find(f"{SVG}{name}")
        assert element.get("id") == name
        assert len(element.text) > 10


def test_every_picture_has_a_source_and_a_page() -> None:
    made = {pictures.picture_of(source) for source in SOURCES}
    assert {picture for folder in {path.parent for path in made} for picture in folder.glob("*.svg")} == made
    pages = "".join((TREE / page).read_text(encoding="utf-8") for page in documents() if not page.endswith(".py"))
    for picture in made:
        assert f"/{picture.name}" in pages, picture.name
