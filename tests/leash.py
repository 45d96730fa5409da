# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Run a command, and terminate it once standard input closes, which it does however the process at its other end ends.

Usage, as the leader of a process group: leash.py COMMAND [ARGUMENT...]
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def wait_for_release() -> None:
    os.read(0, 1)
    os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    # The signal is for the command alone; this process stays to report its exit code.
    signal.signal(signal.SIGTERM, lambda *_: None)
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=wait_for_release, daemon=True).start()
    sys.exit(command.wait())
