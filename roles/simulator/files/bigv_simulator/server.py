# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Running the application on a socket with uvicorn."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from .app import create_app
from .default_seed import ADMIN_TOKEN, READ_ONLY_TOKEN
from .simulator import Simulator

_KEEP_ALIVE_SECONDS = 300
_connections = itertools.count(1)


class NumberedProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Numbers the connections, so that the log can tell which requests shared one."""

    app_state: dict[str, object]

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.app_state = {**self.app_state, "connection": next(_connections)}
        super().connection_made(transport)


class AnnouncingServer(uvicorn.Server):
    """Prints the ready line once it accepts connections."""

    def __init__(self, config: uvicorn.Config, ready_line: str) -> None:
        super().__init__(config)
        self._ready_line = ready_line

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self._ready_line, flush=True)


def open_socket(host: str, port: int) -> socket.socket:
    """asyncio sends at once (TCP_NODELAY) only on sockets that say IPPROTO_TCP; otherwise each answer waits 40 ms."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1024)
    return listener


def serve(simulator: Simulator, listener: socket.socket, host: str) -> None:
    """Serve until SIGTERM or SIGINT, then leave with exit code 0.

    The collector is kept from walking a large cloud again and again while an overview of it is put together.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    gc.freeze()
    gc.set_threshold(100_000)
    url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    config = uvicorn.Config(create_app(simulator), http=NumberedProtocol, lifespan="off", ws="none", access_log=False,
                            log_config=None, timeout_keep_alive=_KEEP_ALIVE_SECONDS, timeout_graceful_shutdown=1)
    AnnouncingServer(config, f"bigv_simulator ready api_url={url} auth_url={url}/auth "
                             f"token={_token(simulator, ADMIN_TOKEN, False)} "
                             f"read_only_token={_token(simulator, READ_ONLY_TOKEN, True)} "
                             f"pid={os.getpid()}").run(sockets=[listener])


def _token(simulator: Simulator, default: str, read_only: bool) -> str:
    """The default token, or the first such API key of a seed that has others; `none` without one."""
    keys = simulator.cloud.identities.api_keys
    fitting = [token for token, key in keys.items() if key.identity.read_only is read_only]
    return default if default in fitting else next(iter(fitting), "none")


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
