# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The port that a VM has to answer at before it counts as up. Private to bytemark.cloud."""

from __future__ import annotations

from functools import partial

from ..._core.errors import BigvError
from ..._core.plan import Port, Reader, Resource
from ..ip.attributes import first_address
from ..names import VmName
from .read import with_nested


def port_of(location: VmName, number: int, timeout: float, has_no_address: bool) -> Port:
    """Return the port of a VM's first address. A VM that is known to have none is refused."""
    if has_no_address:
        raise _no_address(location)
    return Port(f"VM {location}", number, timeout, partial(_first_address, location))


def _first_address(location: VmName, reader: Reader, vm: Resource) -> str:
    address = first_address(with_nested(reader, location.path, f"VM {location}", vm))
    if address is None:
        raise _no_address(location)
    return address


def _no_address(location: VmName) -> BigvError:
    return BigvError(f"ready_port: VM {location} has no address to connect to; leave ready_port out")
