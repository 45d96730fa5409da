# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""Threads beside the main one. Private to bytemark.cloud."""

from __future__ import annotations

import signal
import threading

INTERRUPTIONS = (signal.SIGTERM, signal.SIGINT)


def start_in_background(thread: threading.Thread) -> None:
    """Start a thread that neither keeps the process nor takes its signals, which have to wake up the main one."""
    thread.daemon = True
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTIONS)
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
