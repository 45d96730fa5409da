# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A terminal in which the commands of the guides are typed, one after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, Shell
from ansible_collections.bytemark.cloud.tests.unit.support import (
    COLLECTION,
    Cloud,
    Run,
    ansible_environment,
)

Terminal = Callable[..., Run]
# The demo and what it imports.
sys.path += [str(COLLECTION / "scripts"), str(COLLECTION / "tests")]


@pytest.fixture
def terminal(cloud: Cloud, tmp_path: Path) -> Terminal:
    """Run a line of shell in an empty folder. What it exports, later lines have."""
    return Shell(tmp_path, ansible_environment(cloud) | {"BIGV_ACCOUNT": "acme"}).run


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Yield a reader of a guide, in an empty directory."""
    folder = tmp_path / "practice"
    folder.mkdir()
    reader = Reader(folder)
    yield reader
    reader.leave()
