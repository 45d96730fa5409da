# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Waiting for a TCP port that answers. Private to bytemark.cloud."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from ipaddress import ip_address
from threading import Event

from .errors import BigvError, Interrupted, TimedOut, shown_name
from .plan import LONGER, Port

# A connection that is not accepted or refused within so many seconds is tried anew.
ATTEMPT = 5.0
PAUSE = 1.0
# How long an interruption may go unnoticed.
SLICE = 0.1
SHORTER = "increase ready_timeout"


def await_port(stopping: Event, port: Port, address: str, deadline: float) -> None:
    """Return once a connection to the port is accepted; ``deadline`` is when the whole task's patience ends."""
    waits_for = f"{port.owner} to answer on port {port.number} of"
    try:
        version = ip_address(address).version
    except ValueError:
        raise BigvError(f"Could not wait for {waits_for} {shown_name(address)}, which is not an address.") from None
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    started = time.monotonic()
    end = min(deadline, started + port.timeout)
    while True:
        problem = _connect(family, (address, port.number), max(end, time.monotonic() + SLICE), stopping)
        if problem == 0:
            return
        if stopping.wait(max(0, min(PAUSE, end - time.monotonic()))):
            raise Interrupted(f"Interrupted while waiting for {waits_for} {address}.")
        if time.monotonic() >= end:
            hint = LONGER if deadline <= end else SHORTER
            raise TimedOut(
                f"Waited {time.monotonic() - started:.0f} seconds for {waits_for} {address}; the last attempt: "
                f"{os.strerror(problem)}. To continue, {hint}."
            )


def _connect(family: int, address: tuple[str, int], end: float, stopping: Event) -> int:
    """Try to connect once; return 0, or the error number that says why not."""
    end = min(end, time.monotonic() + ATTEMPT)
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection, selectors.DefaultSelector() as selector:
            connection.setblocking(False)
            problem = connection.connect_ex(address)
            if problem != errno.EINPROGRESS:
                return problem
            selector.register(connection, selectors.EVENT_WRITE)
            while time.monotonic() < end and not stopping.is_set():
                if selector.select(SLICE):
                    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    except OSError as error:
        return error.errno or errno.EIO
    return errno.ETIMEDOUT
