# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
#
# /// script
# dependencies = ["nox==2026.10.20", "antsibull-nox==1.10.0"]
# ///
"""The checks of the collection as nox sessions. ``nox --list`` lists them; the Makefile runs them by the same names.

antsibull-nox.toml configures the sessions that collections have in common. All others run scripts/check.py in a virtual
environment that they share, .build/venv, or in one for each of the other ansible-core lines.
"""

from __future__ import annotations

import atexit
import sys
from pathlib import Path

import antsibull_nox
import nox
from nox.command import CommandFailed

sys.path.insert(0, str(Path(__file__).parent / "scripts"))
from core_lines import EVERYDAY_LINE, PRE_RELEASES, PYTHONS, NoPython, find_python

CHECKS = {
    "unit": "Run the unit tests with pytest.",
    "unit-turned": "Run the tests that depend on the form of answers again, with the simulator's settings reversed.",
    "chaos": "Converge fleets while everything goes wrong.",
    "integration": "Run integration targets in the controller, as modules on Python 3.10, and with reversed settings.",
    "sanity": "Run ansible-test sanity.",
    "static-analysis": "Check what is generated, and run ruff, mypy and ansible-lint.",
    "docs": "Lint the changelog, and build the documentation as HTML.",
    "build": "Build the artifact, and run Galaxy's importer on it.",
    "units": "Run some of the unit tests with ansible-test, in the installed artifact.",
    "install-test": "Install the artifact where only ansible-core and the oldest requests are, and run the quickstart.",
    "molecule": "Run the Molecule scenario.",
    "environment": "Create the build context of an execution environment.",
}
CHECKS_OF_EACH_LINE = ("unit", "integration", "sanity")
REPORTS = Path(".build", "reports")
failed: list[str] = []


def run_check(session: nox.Session, name: str, line: str = "") -> None:
    """Run one of the project's own checks, on another line of ansible-core if that is given."""
    command = ["scripts/setup.sh", "test", "scripts/check.py", *(["--core", line] if line else []), name]
    label = f"{name}-{line}" if line else name
    (REPORTS / f"{label}.txt").unlink(missing_ok=True)
    try:
        session.run(*command, "--", *session.posargs, external=True)
    except CommandFailed:
        failed.append(label)
        raise


def add_check(name: str, description: str) -> None:
    def check(session: nox.Session) -> None:
        run_check(session, name)

    check.__doc__ = description
    nox.session(name=name, venv_backend="none")(check)


def add_check_of_line(name: str, line: str) -> None:
    def check(session: nox.Session) -> None:
        try:
            find_python(line)
            run_check(session, name, line)
        except NoPython as missing:
            session.skip(str(missing))
        except CommandFailed:
            if line not in PRE_RELEASES:
                raise
            session.skip("it failed, as it may on a pre-release of ansible-core")

    check.__doc__ = f"Run {name} on ansible-core {line}{', which may fail' if line in PRE_RELEASES else ''}."
    nox.session(name=f"{name}-{line}", venv_backend="none", default=False)(check)


@atexit.register
def report_failures() -> None:
    """Print the reasons at the end, as the summary of nox names only the sessions that failed."""
    for name in failed:
        report = REPORTS / f"{name}.txt"
        if report.exists():
            print(f"{name}: {report.read_text(encoding='utf-8')}", file=sys.stderr)


for name, description in CHECKS.items():
    add_check(name, description)
for line in PYTHONS:
    for name in CHECKS_OF_EACH_LINE:
        add_check_of_line(name, line)


@nox.session(venv_backend="none", default=False)
def versions(session: nox.Session) -> None:
    """Run unit, integration and sanity on every line of ansible-core but the everyday one."""
    for line in PYTHONS:
        if line != EVERYDAY_LINE:
            for name in CHECKS_OF_EACH_LINE:
                session.notify(f"{name}-{line}", posargs=[])


nox.options.envdir = ".build/nox"
nox.options.reuse_venv = "yes"
antsibull_nox.load_antsibull_nox_toml()

if __name__ == "__main__":
    nox.main()
