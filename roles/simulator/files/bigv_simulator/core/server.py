# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Running the application on a socket with uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterable
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from .app import create_app
from .gate import Gate, Hosts
from .identities import ADMIN_TOKEN, READ_ONLY_TOKEN
from .simulator import Simulator
from .state_file import StateFile

if TYPE_CHECKING:
    from .tls import Certificate

_KEEP_ALIVE_SECONDS = 300
_BACKLOG = 1024
_connections = itertools.count(1)


class NumberedProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Number the connections, so that the log can tell which requests shared one, and show them to the faults."""

    app_state: dict[str, object]

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.app_state = {**self.app_state, "connection": next(_connections), "transport": transport}
        super().connection_made(transport)


class AnnouncingServer(uvicorn.Server):
    """Print the ready line once connections are accepted, and refuse them for a while when a fault asks."""

    def __init__(self, config: uvicorn.Config, simulator: Simulator, ready_line: str) -> None:
        super().__init__(config)
        self._simulator = simulator
        self._ready_line = ready_line
        self._refusals = 0
        self._deaf: socket.socket | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.lifespan.state["server"] = self
        print(self._ready_line, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, whatever a fault holds up."""
        self._simulator.replace_faults(None)
        await super().shutdown(sockets)

    @contextlib.asynccontextmanager
    async def refusing(self) -> AsyncIterator[None]:
        """Refuse connections inside the block: the port's socket is replaced by one that does not listen."""
        self._refusals += 1
        if self._refusals == 1:
            await self._finish_accepting()
            self._replace_socket()
        try:
            yield
        finally:
            self._refusals -= 1
            if self._refusals == 0 and self._deaf is not None and not self.should_exit:
                bound, self._deaf = self._deaf, None
                await super().startup([bound])

    def queue_connections(self) -> None:
        """Refuse no more of them from now on; they are answered once the block is left."""
        if self._deaf is not None:
            self._deaf.listen(_BACKLOG)

    async def _finish_accepting(self) -> None:
        """Accept no more, and let asyncio hand over what it has accepted: its server loses that when it is closed."""
        loop = asyncio.get_running_loop()
        for server in self.servers:
            for listener in server.sockets:
                loop.remove_reader(listener.fileno())
        for _step in ("its transport is made", "its protocol is told", "its request is read"):
            await asyncio.sleep(0)

    def _replace_socket(self) -> None:
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        for server in self.servers:
            server.close()
        self._deaf = bind_socket(host, port)


def open_socket(host: str, port: int) -> socket.socket:
    listener = bind_socket(host, port)
    listener.listen(_BACKLOG)
    return listener


def bind_socket(host: str, port: int) -> socket.socket:
    """Bind a socket; without IPPROTO_TCP asyncio would not send at once (TCP_NODELAY), and each answer wait 40 ms."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


def serve(
    simulator: Simulator,
    listener: socket.socket,
    host: str,
    allowed_hosts: Iterable[str] = (),
    state_file: StateFile | None = None,
    certificate: Certificate | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then leave with exit code 0.

    The collector is kept from walking a large cloud again and again while an overview of it is put together.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    gc.freeze()
    gc.set_threshold(100_000)
    address, port = listener.getsockname()[:2]
    url = f"{'https' if certificate else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
    hosts = Hosts(frozenset({host.lower(), address}), frozenset(map(str.lower, allowed_hosts)))
    config = uvicorn.Config(
        Gate(create_app(simulator, state_file), simulator, hosts),
        http=NumberedProtocol,
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
    )
    config.load()
    config.ssl = certificate.context if certificate else None
    trusted = f" ca_path={certificate.ca_path}" if certificate else ""
    ready_line = (
        f"bigv_simulator ready api_url={url} auth_url={url}/auth "
        f"token={_token(simulator, ADMIN_TOKEN, False)} "
        f"read_only_token={_token(simulator, READ_ONLY_TOKEN, True)} pid={os.getpid()}{trusted}"
    )
    AnnouncingServer(config, simulator, ready_line).run(sockets=[listener])


def _token(simulator: Simulator, default: str, read_only: bool) -> str:
    """Return the default token, or the first such API key of a seed that has others; `none` without one."""
    keys = simulator.cloud.identities.api_keys.values()
    fitting = [key.token for key in keys if key.token is not None and key.standing.read_only is read_only]
    return default if default in fitting else next(iter(fitting), "none")


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
