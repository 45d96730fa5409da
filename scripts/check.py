# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Run the project's checks, all of those named, and fail when any fails.

Usage: check.py CHECK... [-- ARGUMENT...]    (the arguments go to the check's main tool)
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import yaml
from core_lines import PYTHONS, NoPython, make_environment
from simulated_cloud import simulated_cloud
from workspace import BUILD, CLONE, COLLECTIONS, PIP_CONFIGURATION, TREE, environment, prepare_ansible_test, sync

PYTHON_VERSION = "{}.{}".format(*sys.version_info)
ENVIRONMENT = environment()
# Where the tests find what they import.
WITH_THE_TESTS = ENVIRONMENT | {
    "PYTHONPATH": ":".join(map(str, [COLLECTIONS, TREE / "roles" / "simulator" / "files", TREE / "scripts"]))
}
# The unit tests whose outcome may depend on ansible-core: neither the simulator's nor those of the documentation.
BY_ANSIBLE_CORE = [f"tests/unit/{part}" for part in ("modules", "inventory", "playbooks", "hostile", "fuzz")]
# What depends most on the forms of answers. It is run once more, with the simulator's settings the other way round.
ON_OTHER_SETTINGS = [
    *(
        f"tests/unit/modules/test_{part}.py"
        for part in (
            "bigv_group",
            "bigv_vm",
            "bigv_disc",
            "bigv_fleet",
            "properties",
            "fleet_properties",
            "lost_answers",
            "in_controller",
            "numeric_names",
            "destruction",
        )
    ),
    "tests/unit/inventory/test_hosts.py",
]
TURNED_ROUND = "--turned-round"
# Every module but bigv_session, whose target tells by itself which way is meant.
EITHER_WAY = sorted({path.stem for path in (TREE / "plugins" / "modules").glob("*.py")} - {"bigv_session"})


class CheckFailed(Exception):
    """What went wrong, in a few words."""


def run(*command: str | Path, cwd: Path = TREE, forbidden: str = "", env: dict[str, str] = ENVIRONMENT) -> None:
    """Run a command and let its output through. Fail on its exit code, or when it says what is forbidden."""
    words = [str(word) for word in command]
    print(f"$ {shlex.join(words)}", flush=True)
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
            print(line, end="", flush=True)
            output.append(line)
    if process.returncode:
        raise CheckFailed(f"{words[0]} ended with exit code {process.returncode}")
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
    run("pytest", "--numprocesses=2", *arguments, env=WITH_THE_TESTS)


def unit_turned(arguments: list[str]) -> None:
    env = {"EXAMPLES": "10"} | WITH_THE_TESTS | {"SIMULATOR_OPTIONS": TURNED_ROUND}
    run("pytest", "--numprocesses=2", *(arguments or ON_OTHER_SETTINGS), env=env)


def chaos(arguments: list[str]) -> None:
    run("python", TREE / "tests" / "chaos" / "campaign.py", *arguments, env=WITH_THE_TESTS)


def settings_of(cloud: dict[str, str]) -> dict[str, object]:
    with build_opener(ProxyHandler({})).open(cloud["control_url"] + "/settings") as answer:
        return json.load(answer)


def run_targets(targets: list[str], in_controller: bool, *options: str) -> None:
    """Run these integration targets, or all, against a simulated cloud of their own."""
    configuration = TREE / "tests" / "integration" / "integration_config.yml"
    with simulated_cloud(*options) as cloud:
        variables = {
            "bigv_api_url": cloud["api_url"],
            "bigv_auth_url": cloud["auth_url"],
            "bigv_token": cloud["token"],
            "bigv_read_only_token": cloud["read_only_token"],
            "bigv_username": "admin",
            "bigv_password": "password",
            "bigv_simulator_control": cloud["control_url"],
            "bigv_simulator_settings": settings_of(cloud),
            "bigv_run_in_controller": in_controller,
        }
        configuration.write_text(yaml.safe_dump(variables))
        test = ["ansible-test", "integration", "--color", "no", "--python", PYTHON_VERSION]
        run(*test, *targets, forbidden="All targets skipped|WARNING: Excluding.*")


def integration(arguments: list[str]) -> None:
    run_targets(arguments, True)
    # Unless some were picked, the modules' targets run a second time, with every task as an ordinary module.
    if not arguments:
        run_targets(EITHER_WAY, False)


def integration_turned(arguments: list[str]) -> None:
    run_targets(arguments or EITHER_WAY, True, TURNED_ROUND)


def sanity(arguments: list[str]) -> None:
    run(
        "ansible-test", "sanity", "--color", "no", "--python", PYTHON_VERSION, *arguments,
        forbidden=r"WARNING: .*(?i:skip|shellcheck).*",
    )  # fmt: skip


def lint(arguments: list[str]) -> None:
    plugins = "ansible_collections/bytemark/cloud/plugins"
    mypy = ["mypy", "--config-file", TREE / "pyproject.toml", "--cache-dir", BUILD / "mypy"]
    each(
        lambda: run("python", "scripts/generate.py", "--check"),
        lambda: run("ruff", "check", "--no-cache", *arguments),
        lambda: run("ruff", "format", "--no-cache", "--check", "--diff"),
        lambda: run("yamllint", "--strict", "."),
        lambda: run("reuse", "lint", "--lines", cwd=CLONE),
        lambda: run(*mypy, "--strict", f"{plugins}/module_utils", cwd=COLLECTIONS),
        lambda: run(*mypy, plugins, cwd=COLLECTIONS),
        lambda: run(*mypy, "--strict", "roles/simulator/files/bigv_simulator"),
        lambda: run("ansible-lint", "--offline", "--nocolor", "--strict"),
    )


def docs_lint(arguments: list[str]) -> None:
    refs = ["--check-extra-docs-refs", "--validate-collection-refs=dependent", "--disallow-unknown-collection-refs"]
    each(
        lambda: run("antsibull-docs", "lint-collection-docs", "--plugin-docs", *refs, "."),
        lambda: run("antsibull-changelog", "lint"),
    )


def docs(arguments: list[str]) -> str:
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
    return "passed: read .build/docs/html/index.html"


def build_artifact() -> Path:
    output = BUILD / "artifact"
    run("ansible-galaxy", "collection", "build", "--force", "--output-path", output)
    return max(output.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)


def build(arguments: list[str]) -> None:
    artifact = build_artifact()
    with tarfile.open(artifact) as archive:
        stray = [name for name in archive.getnames() if name.startswith((".", "scripts", "tests/output", "Makefile"))]
        stray = [name for name in stray if str(Path(name).parent) not in stray]
    if stray:
        raise CheckFailed(f"the artifact holds {', '.join(stray)}")
    run("python", "-m", "galaxy_importer.main", artifact, cwd=BUILD, forbidden=r"(?m)^(ERROR|WARNING):.*")


def quickstart(arguments: list[str]) -> None:
    """Install the artifact as a user does who has nothing but ansible-core and requests, and follow the quickstart."""
    artifact = build_artifact()
    venv = BUILD / "user"
    core = f"ansible-core=={version('ansible-core')}"
    run(sys.executable, "-m", "venv", "--clear", venv)
    run(venv / "bin" / "python", "-m", "pip", "install", "--quiet", core, "--requirement", "requirements.txt")
    with tempfile.TemporaryDirectory(prefix="quickstart.") as home:
        shutil.copytree(TREE / "tests" / "quickstart", home, dirs_exist_ok=True)
        env = environment(venv) | {
            "ANSIBLE_COLLECTIONS_PATH": f"{home}/.ansible/collections",
            "HOME": home,
            "PIP_CONFIG_FILE": str(PIP_CONFIGURATION),
        }
        run("./quickstart.sh", artifact, cwd=Path(home), env=env)


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


def check_line(line: str) -> str:
    """Run the checks on another ansible-core, in a build folder of its own. What came of it, in a few words."""
    started = time.monotonic()
    try:
        python = make_environment(line)
    except NoPython as missing:
        return str(missing)
    except subprocess.CalledProcessError as failure:
        return f"{line} FAILED: {failure}"
    print(f"ansible-core {line}: unit, integration, sanity (several minutes; what they say comes then)", flush=True)
    failed = False
    for arguments in (["unit", "--", *BY_ANSIBLE_CORE], ["integration", "sanity"]):
        ran = subprocess.run(
            [python, CLONE / "scripts" / "check.py", *arguments], cwd=CLONE, env={"EXAMPLES": "20"} | ENVIRONMENT,
            check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        )  # fmt: skip
        print(f"\n==== ansible-core {line}: {' '.join(arguments)} ====\n{ran.stdout}", end="", flush=True)
        failed |= bool(ran.returncode)
    return f"{line} {'FAILED' if failed else 'passed'} in {time.monotonic() - started:.0f} s"


def versions(arguments: list[str]) -> str:
    """The other ansible-core lines, or those that are named: two at a time, as integration tests keep one core busy."""
    this = ".".join(version("ansible-core").split(".")[:2])
    lines = arguments or [line for line in PYTHONS if line != this]
    with ThreadPoolExecutor(2) as pool:
        outcome = "; ".join(pool.map(check_line, lines))
    if "FAILED" in outcome:
        raise CheckFailed(outcome)
    return outcome


CHECKS = {
    "unit": unit,
    "unit-turned": unit_turned,
    "chaos": chaos,
    "integration": integration,
    "integration-turned": integration_turned,
    "sanity": sanity,
    "lint": lint,
    "docs-lint": docs_lint,
    "docs": docs,
    "build": build,
    "quickstart": quickstart,
    "molecule": molecule,
    "environment": execution_environment,
    "versions": versions,
}


def main(names: Iterable[str], arguments: list[str]) -> int:
    began = time.monotonic()
    sync()
    prepare_ansible_test()
    results = {}
    for name in names:
        print(f"\n==== {name} ====", flush=True)
        started = time.monotonic()
        try:
            results[name] = CHECKS[name](arguments) or "passed"
        except CheckFailed as failure:
            results[name] = f"FAILED: {failure}"
        results[name] = f"{time.monotonic() - started:4.0f} s  {results[name]}"
    failed = sum("FAILED" in result for result in results.values())
    print("\n==== summary ====")
    for name, result in results.items():
        print(f"{name:18} {result}")
    outcome = f"{failed} of {len(results)} checks FAILED" if failed else "Every check passed"
    print(f"{outcome}, in {time.monotonic() - began:.0f} seconds.")
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    separator = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    try:
        sys.exit(main(sys.argv[1:separator], sys.argv[separator + 1 :]))
    except KeyboardInterrupt:
        sys.exit(130)
