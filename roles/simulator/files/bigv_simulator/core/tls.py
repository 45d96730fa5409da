# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""HTTPS with a certificate that is made at start, by an authority of its own."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import trustme

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificate:
    """Hold what a server needs to speak TLS, and what its clients need to trust it."""

    context: ssl.SSLContext
    ca_path: str


@contextlib.contextmanager
def certificate(hosts: Iterable[str]) -> Iterator[Certificate]:
    """Make a certificate for these hosts and for loopback; ValueError when a host cannot stand in one.

    The file at `ca_path` exists inside the block. The private keys stay in memory.
    """
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*dict.fromkeys((*_LOOPBACK, *hosts))).configure_cert(context)
    with tempfile.TemporaryDirectory(prefix="bigv_simulator.", dir=_folder()) as folder:
        ca_path = os.path.join(folder, "ca.pem")
        authority.cert_pem.write_to_path(ca_path)
        yield Certificate(context, ca_path)


def _folder() -> str:
    """Return where temporary files go, unless a blank in that would cut the ready line."""
    folder = tempfile.gettempdir()
    return folder if folder.split() == [folder] else "/tmp"  # noqa: S108 - the folder that is made in it is private
