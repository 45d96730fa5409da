# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The lines of ansible-core that the collection supports, and a virtual environment for each."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from workspace import BUILD, CLONE

# The Pythons that each runs on, the one to test it with first. Together they are all the Pythons there are for it.
PYTHONS = {
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.13", "3.14", "3.12"),
    "2.22": ("3.13", "3.14"),
}
# The line that requirements-demo.txt installs, and that all checks are run on.
EVERYDAY_LINE = "2.19"
# Lines without a release, with the first candidate to take. What fails on them is reported, and fails nothing else.
PRE_RELEASES = {"2.22": "2.22.0rc1"}
REQUIREMENTS = [
    "meta/ee-requirements.txt",
    "roles/simulator/files/requirements.txt",
    "scripts/requirements-versions.txt",
]


class NoPython(Exception):
    """There is no Python on this machine for a line of ansible-core."""


def find_installed(versions: Iterable[str]) -> Path | None:
    """Return the first of these Pythons that is on this machine, in PATH or where pyenv keeps them."""
    for version in versions:
        name = f"python{version}"
        kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/{name}"))
        # pyenv puts a wrapper into PATH for each Python that it keeps, which fails unless that one is switched on.
        for python in filter(None, [shutil.which(name), *kept]):
            tried = subprocess.run([python, "-c", "import ensurepip, venv"], check=False, stderr=subprocess.DEVNULL)
            if tried.returncode == 0:
                return Path(python)
    return None


def find_python(line: str) -> Path:
    """Return the first Python on this machine that the line runs on."""
    if python := find_installed(PYTHONS[line]):
        return python
    raise NoPython(f"ansible-core {line} needs Python {' or '.join(PYTHONS[line])}, which is not installed")


def make_environment(line: str) -> Path:
    """Return the Python of a virtual environment with the newest ansible-core of the line and what the tests need."""
    core = f"ansible-core~={PRE_RELEASES.get(line, f'{line}.0')}"
    original = find_python(line)
    build = BUILD / f"ansible-core-{line}"
    build.mkdir(exist_ok=True)
    python = build / "venv" / "bin" / "python"
    made_for = build / "made-for"
    wanted = "\n".join([str(original), core, *((CLONE / name).read_text(encoding="utf-8") for name in REQUIREMENTS)])
    if not made_for.exists() or made_for.read_text(encoding="utf-8") != wanted:
        pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([original, "-m", "venv", "--clear", build / "venv"], check=True)
        subprocess.run([*pip, "-r", CLONE / REQUIREMENTS[-1], core], check=True)
        made_for.write_text(wanted, encoding="utf-8")
    return python
