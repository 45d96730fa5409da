# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The simulated Bytemark Cloud as a context manager: it runs on a free loopback port for as long as the block does."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LEASH = Path(__file__).with_name("leash.py")
PACKAGE_FOLDER = Path(__file__).resolve().parent.parent / "roles" / "simulator" / "files"


@contextlib.contextmanager
def leashed(*command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a command, whose output is to be read, that ends with the block at the latest, even if this is killed."""
    process = subprocess.Popen(
        [sys.executable, str(LEASH), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        # A Ctrl-C in the terminal is for the caller, who then stops the command here.
        start_new_session=True,
        **options,
    )
    try:
        yield process
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()


@contextlib.contextmanager
def simulated_cloud(*options: str) -> Iterator[dict[str, str]]:
    """Start a simulator and yield its api_url, auth_url, token, read_only_token and control_url.

    The environment variable SIMULATOR_OPTIONS holds options for every simulator that is started here.
    """
    quick = ["--build-time", "0.3", "--shutdown-time", "0.3", *shlex.split(os.environ.get("SIMULATOR_OPTIONS", ""))]
    command = [sys.executable, "-m", "bigv_simulator", "--port", "0", *quick, *options]
    with leashed(*command, env=os.environ | {"PYTHONPATH": str(PACKAGE_FOLDER)}) as server:
        name, *facts = server.stdout.readline().split() or [""]
        if name != "bigv_simulator":
            raise RuntimeError("The simulated cloud did not start; it said why above.")
        cloud = dict(fact.split("=", 1) for fact in facts if "=" in fact)
        yield cloud | {"control_url": cloud["api_url"] + "/_simulator"}
