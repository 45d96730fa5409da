# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""Waiting until servers answer to SSH, all at once. Private to bytemark.cloud."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection

INTERVAL = 1.0
# How long one connection may take, and its greeting. A port that drops packets is tried again after it.
PATIENCE = 10.0
GREETING = b"SSH-"


def silent(addresses: Collection[str], port: int, timeout: float) -> list[str]:
    """Return the addresses that have not greeted as SSH does within ``timeout`` seconds."""

    async def wait() -> list[bool]:
        return await asyncio.gather(*(_greets_in_time(address, port, timeout) for address in addresses))

    return [address for address, greets in zip(addresses, asyncio.run(wait()), strict=True) if not greets]


async def _greets_in_time(address: str, port: int, timeout: float) -> bool:
    async def until_greeted() -> None:
        while not await _greets(address, port):
            await asyncio.sleep(INTERVAL)

    try:
        await asyncio.wait_for(until_greeted(), timeout)
    except asyncio.TimeoutError:
        return False
    return True


async def _greets(address: str, port: int) -> bool:
    """Tell whether a line of what a server says first is SSH's greeting (RFC 4253 allows others before it)."""
    with contextlib.suppress(OSError, ValueError, asyncio.TimeoutError):
        reader, writer = await asyncio.wait_for(asyncio.open_connection(address, port), PATIENCE)
        try:
            return await asyncio.wait_for(_greeting_in(reader), PATIENCE)
        finally:
            writer.close()
    return False


async def _greeting_in(reader: asyncio.StreamReader) -> bool:
    while line := await reader.readline():
        if line.startswith(GREETING):
            return True
    return False
