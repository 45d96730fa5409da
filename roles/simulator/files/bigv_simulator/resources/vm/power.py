# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Power: what the brain and the guest do by themselves, and the ways to ask for it.

The VM's `due` holds the one event that comes next; the cloud fires it when the clock is there.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

from ...core import rules
from ...core.attributes import at_next_start
from ...core.cloud import Cloud
from ...core.problem import Errors, Problem, read_attributes
from ..disc_model import Disc, is_restoring
from ..nic import Network
from .model import Action, Due, Image, VirtualMachine, refuse_deleted

NEVER = 1e12
"""Seconds since the epoch: some 30,000 years ahead."""
_CHANGES_KEPT = 100_000


class PowerHistory:
    """Keep when VMs went on and off, the latest last, for as long as the process runs."""

    def __init__(self) -> None:
        self.changes: deque[dict[str, Any]] = deque(maxlen=_CHANGES_KEPT)


def schedule(cloud: Cloud, machine: VirtualMachine) -> None:
    """Have what is due fired once its time has come."""
    if machine.due is not None:
        cloud.schedule(machine.due.at, partial(_fire, cloud, machine))


def _fire(cloud: Cloud, machine: VirtualMachine, at: float) -> None:
    """Carry out what is due at this time, as of then: what follows from it does not wait for the next request."""
    due = machine.due
    if due is None or due.at != at:
        return
    machine.due = None
    if due.action == "built":
        if machine.start_when_built:
            start(cloud, machine, due.at)
    elif due.action == "build_failed":
        machine.image = machine.last_imaged_with = None
    elif due.action == "start":
        _switch_on(cloud, machine, due.at)
    elif due.action == "vanish":
        remove(cloud, machine)
    elif due.action == "restart":
        if machine.autoreboot_on:
            _switch_on(cloud, machine, due.at)
    else:
        _switch_off(cloud, machine, due.at)
        restart_if_wanted(cloud, machine, due.at)


def plan(cloud: Cloud, machine: VirtualMachine, action: Action, delay: float, since: float | None = None) -> None:
    machine.due = Due((cloud.clock.now() if since is None else since) + delay, action)
    schedule(cloud, machine)


def never_finish_build(machine: VirtualMachine) -> None:
    """Keep the build due, but no longer when it is due now."""
    machine.due = Due(NEVER, "built")


def fail_build(machine: VirtualMachine) -> None:
    """Let the VM end off, without its image, when it would have been built (assumed)."""
    if machine.due is not None:
        machine.due.action = "build_failed"


def start(cloud: Cloud, machine: VirtualMachine, since: float | None = None) -> None:
    """Start the guest, which gets the hardware that was asked for meanwhile."""
    if cloud.settings.boot_time == 0:
        machine.due = None
        _switch_on(cloud, machine, cloud.clock.now() if since is None else since)
    else:
        plan(cloud, machine, "start", cloud.settings.boot_time, since)


def restart_if_wanted(cloud: Cloud, machine: VirtualMachine, since: float | None = None) -> None:
    """Have a VM with autoreboot_on turned back on by the brain (documented)."""
    if machine.autoreboot_on:
        plan(cloud, machine, "restart", cloud.settings.boot_time, since)


def pull_plug(cloud: Cloud, machine: VirtualMachine) -> None:
    machine.due = None
    _switch_off(cloud, machine, cloud.clock.now())


def _switch_on(cloud: Cloud, machine: VirtualMachine, at: float) -> None:
    machine.power_on = True
    _note(cloud, machine, at, True)
    machine.running_hardware = hardware(machine)


def _switch_off(cloud: Cloud, machine: VirtualMachine, at: float) -> None:
    """Switch off, which ends an appliance: it is booted once."""
    if machine.power_on:
        machine.appliance = None
        _note(cloud, machine, at, False)
    machine.power_on = False
    machine.running_hardware = None


def _note(cloud: Cloud, machine: VirtualMachine, at: float, power_on: bool) -> None:
    cloud.part(PowerHistory).changes.append({"at": at, "id": machine.id, "name": machine.name, "power_on": power_on})


def hardware(machine: VirtualMachine) -> dict[str, Any]:
    """Return what a guest that starts now would find."""
    names = ("id", *at_next_start(Disc))
    return {
        **{name: getattr(machine, name) for name in at_next_start(VirtualMachine)},
        "discs": [{name: getattr(disc, name) for name in names} for disc in machine.children(Disc)],
    }


def change(cloud: Cloud, machine: VirtualMachine, power_on: bool) -> None:
    """Carry out a PUT's power_on, after its autoreboot_on has been set (documented for the three combinations).

    Pulling the plug on a VM with autoreboot_on makes the brain start it again with its new hardware.
    """
    if machine.building:
        machine.start_when_built = power_on or machine.autoreboot_on
    elif power_on:
        if machine.due is not None and machine.due.action == "restart":
            machine.due.action = "start"
        elif not machine.power_on and machine.due is None:
            start(cloud, machine)
    else:
        pull_plug(cloud, machine)
        restart_if_wanted(cloud, machine)


def signal(cloud: Cloud, machine: VirtualMachine, body: dict[str, Any]) -> None:
    """Send a signal to a guest; the VM must be on (documented)."""
    errors = Errors()
    if "signal" not in body:
        errors["signal"] = "Missing signal parameter"
    values = read_attributes(body, {"signal": rules.one_of(["powerdown", "reset", "sendkey"])}, errors)
    if values.get("signal") == "sendkey":
        if "data" not in body:
            errors["data"] = "Missing data parameter"
        read_attributes(body, {"data": rules.joined(cloud.definitions["sendkeys"])}, errors)
    errors.raise_any()
    refuse_deleted(machine)
    if not machine.power_on:
        raise Problem(400, "The virtual machine must be powered on")
    if values["signal"] == "powerdown":
        if not _ignores_acpi(cloud, machine):
            plan(cloud, machine, "shutdown", cloud.settings.shutdown_time)
    elif values["signal"] == "reset":
        machine.due = machine.appliance = None


def _ignores_acpi(cloud: Cloud, machine: VirtualMachine) -> bool:
    ignoring = cloud.settings.ignore_acpi
    return ignoring if isinstance(ignoring, bool) else machine.name in ignoring or machine.id in ignoring


def read_image(cloud: Cloud, body: dict[str, Any], errors: Errors) -> Image | None:
    """Return the image that a reimage asks for, by itself or inside vm_create; None with errors."""
    if "distribution" not in body:
        errors["distribution"] = "Missing distribution parameter"
    values = read_attributes(
        body,
        {
            "distribution": rules.one_of(cloud.definitions["distributions"]),
            "root_password": rules.nullable(rules.text),
            "ssh_public_key": rules.nullable(rules.text),
            "firstboot_script": rules.nullable(rules.text),
        },
        errors,
    )
    if "distribution" not in values:
        return None
    return Image(
        values["distribution"],
        bool(values.get("root_password")),
        values.get("ssh_public_key"),
        bool(values.get("firstboot_script")),
    )


def reimage(cloud: Cloud, machine: VirtualMachine, body: dict[str, Any]) -> None:
    """Install an image: the VM must be off; afterwards it is on, with autoreboot_on false (documented)."""
    errors = Errors()
    image = read_image(cloud, body, errors)
    errors.raise_any()
    refuse_deleted(machine)
    if machine.power_on or machine.due is not None:
        raise Problem(400, "The virtual machine must be powered off")
    if not machine.children(Disc):
        raise Problem(400, "The virtual machine has no disc to install on")
    if is_restoring(machine):
        raise Problem(400, "A backup is being restored to a disc: wait until that is done")
    if image is not None:
        install(machine, image)
    machine.autoreboot_on = False
    start(cloud, machine)


def install(machine: VirtualMachine, image: Image) -> None:
    machine.image = image
    machine.last_imaged_with = image.distribution


def remove(cloud: Cloud, machine: VirtualMachine) -> None:
    """Forget a VM for good, its discs, NICs and addresses with it."""
    machine.due = None
    cloud.part(Network).release(machine)
    cloud.remove(machine, machine.group)
