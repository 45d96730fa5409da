# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Run one of the project's checks. noxfile.py lists them, and runs them by this script.

Usage: check.py [--core LINE] CHECK [-- ARGUMENT...]

The arguments go to the check's main tool. LINE is another line of ansible-core, such as 2.21.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from urllib.request import ProxyHandler, build_opener

import yaml
from core_lines import find_installed, make_environment
from simulated_cloud import simulated_cloud
from workspace import (
    BUILD,
    CLONE,
    COLLECTIONS,
    PIP_CONFIGURATION,
    TREE,
    environment,
    make_repository,
    prepare_ansible_test,
    sync,
)

PYTHON_VERSION = "{}.{}".format(*sys.version_info)
ENVIRONMENT = environment()
WITH_THE_TESTS = ENVIRONMENT | {"PYTHONPATH": str(COLLECTIONS)}
# The unit tests whose outcome may depend on ansible-core: neither the simulator's nor those of the documentation.
BY_ANSIBLE_CORE = [
    f"tests/unit/{part}" for part in ("plugins", "contract", "events", "faults", "fuzz", "hostile", "playbooks")
]
# What depends most on the forms of answers. It is run once more, with the simulator's settings the other way round.
ON_OTHER_SETTINGS = [
    "tests/unit/contract/test_address_properties.py",
    "tests/unit/contract/test_contract.py",
    "tests/unit/contract/test_destruction.py",
    "tests/unit/contract/test_fleet_properties.py",
    "tests/unit/contract/test_properties.py",
    "tests/unit/plugins/inventory/test_hosts.py",
    "tests/unit/plugins/module_utils/_resources/test_locate.py",
    "tests/unit/plugins/modules",
    "tests/unit/plugins/plugin_utils/test_in_controller.py",
]
# Some of everything that unit tests need. ARGS=tests/unit/ runs them all.
UNDER_ANSIBLE_TEST = [
    "tests/unit/contract/test_every_module.py",
    "tests/unit/fuzz/test_inventory.py",
    "tests/unit/plugins/modules/",
    "tests/unit/simulator/test_settings.py",
]
TURNED_ROUND = "--turned-round"
# Tests wait for other processes most of the time, so that two cores have room for three of them.
PYTEST = ["pytest", "--numprocesses=3", "--dist=worksteal"]
# What modules run with on the oldest targets.
OLDEST_PYTHON = "3.10"
# Each module has an integration target of its name.
MODULES = sorted(path.stem for path in (CLONE / "plugins" / "modules").glob("*.py"))


class CheckFailed(Exception):
    """A check has failed; the message says why in a few words."""


def run(
    *command: str | Path, cwd: Path = TREE, forbidden: str = "", env: dict[str, str] = ENVIRONMENT, prefix: str = ""
) -> None:
    """Run a command and let its output through, each line after the prefix.

    Fail on its exit code, or when it says what is forbidden.
    """
    words = [str(word) for word in command]
    print(f"{prefix}$ {shlex.join(words)}", flush=True)
    with subprocess.Popen(
        words,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        output = []
        for line in process.stdout:
            print(f"{prefix}{line}", end="", flush=True)
            output.append(line)
    if process.returncode:
        tests = [f"\n    {line.rstrip()}" for line in output if line.startswith(("FAILED ", "ERROR "))]
        raise CheckFailed(f"{words[0]} ended with exit code {process.returncode}" + "".join(tests))
    if forbidden and (found := re.search(forbidden, "".join(output))):
        raise CheckFailed(f"{words[0]} ended well, yet said {found[0]!r}")


def each(*steps: Callable[[], object]) -> None:
    """Take every step, then fail if any has failed."""
    failures = []
    for step in steps:
        try:
            step()
        except CheckFailed as failure:
            failures.append(str(failure))
    if failures:
        raise CheckFailed("; ".join(failures))


def unit(arguments: list[str]) -> None:
    run(*PYTEST, *arguments, env=WITH_THE_TESTS)


def unit_turned(arguments: list[str]) -> None:
    env = {"EXAMPLES": "10"} | WITH_THE_TESTS | {"SIMULATOR_OPTIONS": TURNED_ROUND}
    run(*PYTEST, *(arguments or ON_OTHER_SETTINGS), env=env)


def chaos(arguments: list[str]) -> None:
    run("python", TREE / "tests" / "chaos" / "campaign.py", *arguments, env=WITH_THE_TESTS)


def settings_of(cloud: dict[str, str]) -> dict[str, object]:
    with build_opener(ProxyHandler({})).open(cloud["control_url"] + "/settings") as answer:
        return json.load(answer)


class Pass(NamedTuple):
    """A run of integration targets, against a simulated cloud of its own."""

    name: str
    arguments: list[str]
    # The Python of the targets, where it is another than the controller's, which can then not run the modules itself.
    python: Path | None = None
    simulator_options: Sequence[str] = ()


def run_pass(one: Pass) -> None:
    """Run the targets, or all where none are named, in a copy of the collection and a home of the pass's own."""
    home = BUILD / "integration" / one.name
    tree = home.joinpath(*TREE.parts[-3:])
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(TREE, tree, symlinks=True, ignore=shutil.ignore_patterns(".git", "output"))
    make_repository(tree)
    with simulated_cloud(*one.simulator_options) as cloud:
        variables = {
            "bigv_api_url": cloud["api_url"],
            "bigv_auth_url": cloud["auth_url"],
            "bigv_token": cloud["token"],
            "bigv_read_only_token": cloud["read_only_token"],
            "bigv_username": "admin",
            "bigv_password": "password",
            "bigv_simulator_control": cloud["control_url"],
            "bigv_simulator_settings": settings_of(cloud),
            "bigv_run_in_controller": one.python is None,
        }
        if one.python:
            variables["ansible_python_interpreter"] = str(one.python)
        (tree / "tests" / "integration" / "integration_config.yml").write_text(yaml.safe_dump(variables))
        test = ["ansible-test", "integration", "--color", "no", "--python", PYTHON_VERSION, *one.arguments]
        env = ENVIRONMENT | {"HOME": str(home)}
        run(*test, cwd=tree, env=env, forbidden="All targets skipped|WARNING: Excluding.*", prefix=f"[{one.name}] ")


def oldest_requirements() -> list[str]:
    """Return the oldest versions of what the plugins need besides ansible-core."""
    requirements = (TREE / "meta" / "ee-requirements.txt").read_text(encoding="utf-8")
    return re.findall(r"(?m)^[^#\n]+", requirements.replace(">=", "=="))


def make_venv(name: str, original: str | Path, *packages: str) -> Path:
    """Create a virtual environment of this Python with these packages, and nothing left of an earlier one."""
    venv = BUILD / name
    run(original, "-m", "venv", "--clear", venv)
    run(venv / "bin" / "python", "-m", "pip", "install", "--quiet", *packages)
    return venv


def make_oldest_environment() -> Path:
    """Return the Python of a virtual environment with the oldest requests that modules need, and the oldest Python."""
    original = find_installed([OLDEST_PYTHON])
    if original is None:
        print(f"Python {OLDEST_PYTHON} is not installed, so Python {PYTHON_VERSION} takes its place.")
    return make_venv("oldest", original or sys.executable, *oldest_requirements()) / "bin" / "python"


def integration(arguments: list[str]) -> None:
    """Run every target, and the modules' in two more ways: two passes at a time, as each keeps one core busy."""
    options = [argument for argument in arguments if argument.startswith("-")]
    targets = [argument for argument in arguments if argument not in options]
    passes = [Pass("in-controller", arguments)]
    if modules := [target for target in targets or MODULES if target in MODULES]:
        passes.append(Pass("as-modules", options + modules, python=make_oldest_environment()))
        passes.append(Pass("turned-round", options + modules, simulator_options=[TURNED_ROUND]))
    with ThreadPoolExecutor(2) as pool:
        each(*(pool.submit(run_pass, one).result for one in passes))


def sanity(arguments: list[str]) -> None:
    run(
        "ansible-test", "sanity", "--color", "no", "--python", PYTHON_VERSION, *arguments,
        forbidden=r"WARNING: .*(?i:skip|shellcheck).*",
    )  # fmt: skip


def static_analysis(arguments: list[str]) -> None:
    plugins = "ansible_collections/bytemark/cloud/plugins"
    mypy = ["mypy", "--config-file", TREE / "pyproject.toml", "--cache-dir", BUILD / "mypy"]
    each(
        lambda: run("python", "scripts/generate.py", "--check"),
        lambda: run("ruff", "check", "--no-cache", *arguments),
        lambda: run("ruff", "format", "--no-cache", "--check", "--diff"),
        lambda: run(*mypy, "--strict", f"{plugins}/module_utils", cwd=COLLECTIONS),
        lambda: run(*mypy, plugins, cwd=COLLECTIONS),
        lambda: run(*mypy, "--strict", "extensions/eda/plugins/event_source"),
        lambda: run(*mypy, "--strict", "roles/simulator/files/bigv_simulator"),
        lambda: run("ansible-lint", "--offline", "--nocolor", "--strict"),
    )


def docs(arguments: list[str]) -> None:
    run("antsibull-changelog", "lint")
    site = BUILD / "docs"
    pages, html = site / "rst", site / "html"
    shutil.rmtree(site, ignore_errors=True)
    pages.mkdir(parents=True)
    generate = ["antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error"]
    run(*generate, "--no-indexes", "--dest-dir", pages, "bytemark.cloud")
    configuration = TREE / "docs" / "docsite"
    shutil.copy(configuration / "index.rst", pages)
    shutil.copytree(configuration / "rst" / "images", pages / "docsite" / "images")
    run("sphinx-build", "--fail-on-warning", "--keep-going", "--conf-dir", configuration, *arguments, pages, html)
    print("Read .build/docs/html/index.html.")


def build_artifact() -> Path:
    output = BUILD / "artifact"
    run("ansible-galaxy", "collection", "build", "--force", "--output-path", output)
    return max(output.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)


def build(arguments: list[str]) -> None:
    artifact = build_artifact()
    with tarfile.open(artifact) as archive:
        stray = [
            name
            for name in archive.getnames()
            if name.startswith((".", "scripts", "tests/output", "Makefile", "noxfile"))
        ]
        stray = [name for name in stray if str(Path(name).parent) not in stray]
    if stray:
        raise CheckFailed(f"the artifact holds {', '.join(stray)}")
    run("python", "-m", "galaxy_importer.main", artifact, cwd=BUILD, forbidden=r"(?m)^(ERROR|WARNING):.*")


def units(arguments: list[str]) -> None:
    """Install the artifact, and let ansible-test run unit tests in it, with what their requirements say and no more."""
    folder = BUILD / "installed"
    shutil.rmtree(folder, ignore_errors=True)
    env = ENVIRONMENT | {"ANSIBLE_COLLECTIONS_PATH": str(folder)}
    run("ansible-galaxy", "collection", "install", build_artifact(), env=env)
    collection = folder.joinpath(*TREE.parts[-3:])
    make_repository(collection)
    test = ["ansible-test", "units", "--color", "no", "--venv", "--python", PYTHON_VERSION, "--num-workers", "2"]
    run(*test, *(arguments or UNDER_ANSIBLE_TEST), cwd=collection, env=env)


def install_test(arguments: list[str]) -> None:
    """Install the artifact for a user who has only ansible-core and the oldest requests, and follow the quickstart."""
    artifact = build_artifact()
    venv = make_venv("user", sys.executable, f"ansible-core=={version('ansible-core')}", *oldest_requirements())
    with tempfile.TemporaryDirectory(prefix="install-test.") as home:
        shutil.copytree(TREE / "tests" / "install", home, dirs_exist_ok=True)
        env = environment(venv) | {
            "ANSIBLE_COLLECTIONS_PATH": f"{home}/.ansible/collections",
            "HOME": home,
            "PIP_CONFIG_FILE": str(PIP_CONFIGURATION),
        }
        run("./install.sh", artifact, cwd=Path(home), env=env)


def molecule(arguments: list[str]) -> None:
    run("molecule", "test", *arguments)


def execution_environment(arguments: list[str]) -> None:
    context = BUILD / "execution-environment"
    definition = TREE / "examples" / "execution-environment.yml"
    found = BUILD / "pip.txt"
    run("ansible-builder", "introspect", "--write-pip", found, COLLECTIONS)
    if "requests" not in found.read_text(encoding="utf-8"):
        raise CheckFailed("ansible-builder did not find out that the collection needs requests")
    run("ansible-builder", "create", "--file", definition, "--context", context, *arguments)


CHECKS = {
    "unit": unit,
    "unit-turned": unit_turned,
    "chaos": chaos,
    "integration": integration,
    "sanity": sanity,
    "static-analysis": static_analysis,
    "docs": docs,
    "build": build,
    "units": units,
    "install-test": install_test,
    "molecule": molecule,
    "environment": execution_environment,
}


def run_on_line(line: str, name: str, arguments: list[str]) -> None:
    """Become the same check in the virtual environment of another line of ansible-core, less thorough by default."""
    python = make_environment(line)
    if name == "unit":
        arguments = arguments or BY_ANSIBLE_CORE
    env = {"EXAMPLES": "20", "PYTHONPATH": os.environ["PYTHONPATH"]} | ENVIRONMENT
    os.execve(python, [python, __file__, name, "--", *arguments], env)


def report(name: str, failure: str) -> None:
    """Keep what a failed check says, for the end of a run of many."""
    line = BUILD.name.removeprefix("ansible-core-")
    path = CLONE / ".build" / "reports" / (f"{name}.txt" if line == BUILD.name else f"{name}-{line}.txt")
    path.parent.mkdir(exist_ok=True)
    path.write_text(failure, encoding="utf-8")


def main(name: str, arguments: list[str]) -> None:
    sync()
    prepare_ansible_test()
    try:
        CHECKS[name](arguments)
    except CheckFailed as failure:
        report(name, str(failure))
        sys.exit(f"{name} FAILED: {failure}")


if __name__ == "__main__":
    # A shell's background job ignores Ctrl-C, and would hand that on to what is run here.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    parser = argparse.ArgumentParser()
    parser.add_argument("--core", metavar="LINE")
    parser.add_argument("check", choices=CHECKS)
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    try:
        if options.core:
            run_on_line(options.core, options.check, options.arguments)
        main(options.check, options.arguments)
    except KeyboardInterrupt:
        sys.exit(130)
