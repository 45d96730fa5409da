# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The build folder: a copy of the collection where Ansible's tools accept it, and the environment they run in.

The build folder is where the virtual environment of this Python lies: .build, or that of another ansible-core in it.
"""

from __future__ import annotations

import ast
import configparser
import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
BUILD = Path(sys.prefix).resolve().parent
COLLECTIONS = BUILD / "collections"
TREE = COLLECTIONS / "ansible_collections" / "bytemark" / "cloud"
HOME = BUILD / "home"
PIP_CONFIGURATION = HOME / ".config" / "pip" / "pip.conf"


def environment(venv: Path = Path(sys.prefix)) -> dict[str, str]:
    """Return the caller's environment, less what would change the tools' behaviour, with this build's own paths."""
    unwanted = ("ANSIBLE_", "BIGV_", "BM_", "BYTEMARK_", "GIT_", "PYTEST_", "PYTHONHOME", "PYTHONPATH")
    env = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    # The system's own folders only: ansible-test trips over the wrapper scripts of Python version managers.
    git = Path(shutil.which("git") or "/usr/bin/git")
    path = [venv / "bin", git.parent, "/usr/local/bin", "/usr/bin", "/bin"]
    # The simulated cloud is on this machine, whatever proxy there is.
    others = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    direct = ",".join(filter(None, [others, "127.0.0.1", "localhost"]))
    return env | {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "true",
        # Its default lies in the home folder that the user database says, whatever HOME is.
        "ANSIBLE_REMOTE_TEMP": str(HOME / ".ansible" / "tmp"),
        "HOME": str(HOME),
        "LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8",
        "NO_PROXY": direct,
        "PATH": os.pathsep.join(map(str, path)),
        "no_proxy": direct,
    }


def _git_files(folder: Path) -> set[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE).stdout
    return {name for name in os.fsdecode(names).split("\0") if name and os.path.lexists(folder / name)}


def make_repository(tree: Path) -> None:
    """Give a copy a git repository of its own, or ansible-test takes it to be ignored by git, and skips every test."""
    subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True)


def sync() -> None:
    """Bring the copy up to date. What git ignores is neither copied nor removed, so test results and caches stay."""
    TREE.mkdir(parents=True, exist_ok=True)
    HOME.mkdir(exist_ok=True)
    make_repository(TREE)
    wanted = _git_files(CLONE)
    for name in _git_files(TREE) - wanted:
        (TREE / name).unlink()
        with contextlib.suppress(OSError):
            os.removedirs((TREE / name).parent)
    for name in wanted:
        (TREE / name).parent.mkdir(parents=True, exist_ok=True)
        if (CLONE / name).is_symlink() or (TREE / name).is_symlink():
            (TREE / name).unlink(missing_ok=True)
        shutil.copy2(CLONE / name, TREE / name, follow_symlinks=False)


def prepare_ansible_test() -> None:
    """Let ansible-test install what it needs from the caller's package index, and from nowhere else.

    It keeps HOME but no PIP_ variable, so pip's configuration goes there, and so does the get-pip script that it would
    download.
    """
    settings = configparser.RawConfigParser()
    command = [sys.executable, "-m", "pip", "config", "list"]
    for line in subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines():
        name, value = line.split("=", 1)
        section, option = name.rsplit(".", 1)
        section = section.replace(":env:", "global")
        if not settings.has_section(section):
            settings.add_section(section)
        settings.set(section, option, ast.literal_eval(value))
    if not settings.has_section("global"):
        settings.add_section("global")
    settings.set("global", "quiet", "2")
    PIP_CONFIGURATION.parent.mkdir(parents=True, exist_ok=True)
    PIP_CONFIGURATION.touch(mode=0o600)
    with PIP_CONFIGURATION.open("w", encoding="utf-8") as stream:
        settings.write(stream)

    package = Path(importlib.util.find_spec("ansible_test").submodule_search_locations[0])
    source = package / "_internal" / "python_requirements.py"
    version = re.search(r"pip='([\d.]+)'", source.read_text(encoding="utf-8"))[1]
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(CLONE / "scripts" / "get_pip.py", cache / f"get_pip_{version.replace('.', '_')}.py")

    # Since ansible-core 2.22 pylint's dependency dill is pinned to an archive on another host.
    requirements = package / "_data" / "requirements" / "sanity.pylint.txt"
    pinned = requirements.read_text(encoding="utf-8")
    requirements.write_text(re.sub(r"(?m)^(\w+) @ \S+$", r"\1", pinned), encoding="utf-8")
