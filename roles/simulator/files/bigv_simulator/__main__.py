# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The command line: python -m bigv_simulator."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any, NoReturn, get_args

from .core import rules
from .core.document import DocumentError
from .core.faults.plan import Plan
from .core.faults.reading import read_plan
from .core.problem import Invalid, Problem
from .core.server import open_socket, serve
from .core.settings import HardwareChanges, Settings, change_settings, duration, turned_round
from .core.simulator import Simulator
from .core.state_file import StateFile, document_of
from .resources import RESOURCES

if TYPE_CHECKING:
    from .core.tls import Certificate


def main() -> None:
    arguments = _parser().parse_args()
    settings = turned_round() if arguments.turned_round else {}
    settings |= {
        name: value
        for name in ("build_time", "shutdown_time", "hardware_changes", "latency", "flat_overview")
        if (value := getattr(arguments, name)) is not None
    } | dict(arguments.settings)
    try:
        seed = {} if arguments.seed is None else _read_json("seed", arguments.seed)
        simulator = Simulator(RESOURCES, seed, settings)
    except (DocumentError, Problem) as error:
        _fail(f"the seed {arguments.seed} is not valid: {error}")
    if arguments.faults is not None:
        simulator.replace_faults(_read_faults(simulator, arguments.faults))
    simulator.log.echo = arguments.log_requests
    state_file = _restore(simulator, arguments.state, settings) if arguments.state else None
    try:
        listener = open_socket(arguments.host, arguments.port)
    except (OSError, OverflowError) as error:
        _fail(f"cannot listen on {arguments.host} port {arguments.port}: {error}")
    with contextlib.ExitStack() as stack:
        tls = _certificate(stack, [arguments.host, *arguments.allowed_hosts]) if arguments.tls else None
        serve(simulator, listener, arguments.host, arguments.allowed_hosts, state_file, tls)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bigv_simulator", description="A simulated Bytemark Cloud (BigV) to practise on."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0, the default, selects a free one")
    parser.add_argument(
        "--allow-host",
        dest="allowed_hosts",
        action="append",
        default=[],
        type=_host,
        metavar="NAME",
        help="additional host name that clients can use; can be repeated",
    )
    parser.add_argument(
        "--tls",
        action="store_true",
        help="serve HTTPS only; the ready line contains the path of the certificate to trust",
    )
    parser.add_argument("--seed", metavar="FILE", help="JSON file with the initial content of the cloud")
    parser.add_argument("--state", metavar="FILE", help="file that keeps the cloud across restarts")
    parser.add_argument(
        "--build-time", type=_duration, metavar="S", help="seconds that building a VM takes (default: 2)"
    )
    parser.add_argument(
        "--shutdown-time", type=_duration, metavar="S", help="seconds that a guest takes to shut down (default: 1)"
    )
    parser.add_argument(
        "--hardware-changes",
        choices=get_args(HardwareChanges),
        help="what happens to hardware changes of a running VM (default: pending)",
    )
    parser.add_argument(
        "--turned-round",
        action="store_true",
        help="invert the default of each setting that has two choices",
    )
    parser.add_argument(
        "--no-flat-overview",
        dest="flat_overview",
        action="store_const",
        const=False,
        help="make the flat lists ignore view=overview",
    )
    parser.add_argument("--latency", type=_duration, metavar="S", help="seconds added to each API request (default: 0)")
    parser.add_argument(
        "--setting",
        dest="settings",
        action="append",
        default=[],
        type=_setting,
        metavar="NAME=VALUE",
        help="any setting of the control interface, with its value as JSON; can be repeated",
    )
    parser.add_argument("--faults", metavar="FILE", help="JSON file with a fault plan")
    parser.add_argument("--log-requests", action="store_true", help="print a line to stderr for each API request")
    return parser


def _duration(given: str) -> float:
    try:
        return duration(float(given))
    except Invalid as error:
        raise argparse.ArgumentTypeError(f"{given} {error}") from None


def _setting(given: str) -> tuple[str, Any]:
    """Return the name and the value of a setting, which is checked before the simulator is made."""
    name, _equals, value = given.partition("=")
    try:
        setting = {name: json.loads(value)}
        change_settings(Settings(), setting)
    except (ValueError, RecursionError):
        raise argparse.ArgumentTypeError(f"{given} is not NAME=VALUE with a JSON value") from None
    except Problem as problem:
        raise argparse.ArgumentTypeError(f"{given}: {problem.body}") from None
    return name, setting[name]


def _host(given: str) -> str:
    try:
        return str(rules.host_name(given))
    except Invalid:
        raise argparse.ArgumentTypeError(f"{given} is not a host name without scheme and port") from None


def _read_faults(simulator: Simulator, path: str) -> Plan:
    document = _read_json("fault plan", path)
    try:
        return read_plan(document, simulator.fault_kinds)
    except Problem as error:
        _fail(f"the fault plan {path} is not valid: {error}")


def _read_json(what: str, path: str) -> Any:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError as error:
        _fail(f"cannot read the {what} {path}: {error.strerror}")
    except (ValueError, RecursionError) as error:
        _fail(f"the {what} {path} is not JSON: {error}")


def _restore(simulator: Simulator, path: str, settings: dict[str, Any]) -> StateFile:
    """Go on from the file, or begin it with the seed."""
    try:
        file = StateFile(path)
        document = file.read()
        if document is not None:
            simulator.restore(document, settings)
        file.write(document_of(simulator))
    except OSError as error:
        _fail(f"cannot keep the state in {path}: {error.strerror}")
    except DocumentError as error:
        _fail(f"the state {path} is not valid: {error}")
    except (ValueError, RecursionError) as error:
        _fail(f"the state {path} is not JSON: {error}")
    return file


def _certificate(stack: contextlib.ExitStack, hosts: list[str]) -> Certificate:
    """Make a certificate for these hosts, which is there until the stack is left."""
    try:
        from .core.tls import certificate

        return stack.enter_context(certificate(hosts))
    except ImportError as error:
        _fail(f"--tls requires the packages in requirements.txt: {error}")
    except ValueError as error:
        _fail(f"cannot create a certificate for {', '.join(hosts)}: {error}")
    except OSError as error:
        _fail(f"cannot write the certificate: {error}")


def _fail(message: str) -> NoReturn:
    print(f"bigv_simulator: {message}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
