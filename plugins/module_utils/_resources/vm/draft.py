# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""A plan for a VM in the making: the steps so far, and the VM as they leave it. Private to bytemark.cloud.

What the API does with each write is predicted here, once, so that check mode says what the steps do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..._core.attributes import NEXT_START as AT_NEXT_START
from ..._core.plan import Port, Resource, Step, Test, WaitCondition, describe_changes, object_at
from ..._core.validation import Unsettled, once_settled
from ..disc.steps import DesiredDisc, disc_steps
from ..ip.attributes import addresses
from ..names import VmName
from .attributes import VM
from .conditions import is_gone, is_kept_off, is_off, is_stopped, shows_address, vm_condition

if TYPE_CHECKING:
    from ..ip.steps import Additional

# What may be refused while the VM is on (observed).
NEXT_START = tuple(name for name, attribute in VM.attributes.items() if attribute.takes_effect == AT_NEXT_START)

# What boots the rescue system, once (observed).
RESCUE = {"autoreboot_on": True, "power_on": True, "appliance": {"name": "rescue", "permanent": False}}

DELETE_AS_IT_IS = ", or shutdown_before_deletion: false to delete it without a shutdown"


class VmDraft:
    """The steps so far, the VM as they leave it (empty: there is none), and where it then is.

    ``wait_for`` is what the steps so far lead to; ``is_started`` tells that they have the VM started;
    ``pending_restart`` are the attributes that the VM gets at its next start only.
    """

    def __init__(self, location: VmName, vm: Resource | None) -> None:
        self.location = location
        self.vm: Resource = dict(vm or {})
        self.steps: list[Step] = []
        self.wait_for: WaitCondition | None = None
        self.is_started = False
        self.pending_restart: list[str] = []
        self.warnings: list[str] = []

    @property
    def is_on(self) -> bool:
        """Tell whether the VM is on after the steps so far."""
        return bool(self.vm.get("power_on"))

    def add(
        self,
        summary: str,
        method: str,
        path: Any,
        body: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Add a step, which does not change the VM as it is predicted."""
        more = {"schema": VM, "body": body, **more}
        self.append(Step(summary, method, path, **more))

    def append(self, step: Step) -> None:
        """Add a step. Before another step is sent, what the steps so far lead to has to be so."""
        if self.wait_for:
            self.steps[-1] = self.steps[-1]._replace(wait_for=self.wait_for)
            self.wait_for = None
        self.steps.append(step)

    def create(self, attributes: Resource, parts: Resource, vm: Resource, needs_address: bool) -> None:
        """Create the VM, with its ``parts``, if it has any: answers before it is built, and boots by itself, or not.

        ``vm_create`` takes no VM without discs (observed). A VM that stays off ``needs_address`` for what follows.
        """
        self.vm = vm
        image = parts.get("reimage", {}).get("distribution")
        asked = {key: value for key, value in attributes.items() if key in ("name", *NEXT_START)}
        transactional = {"virtual_machine": attributes, **parts}
        call, body = ("vm_create", transactional) if parts else ("virtual_machines", attributes)

        def is_there(seen: Resource | None) -> bool:
            return seen is not None and not seen.get("deleted") and VM.shows(seen, asked)

        self.add(
            f"create VM {self.location}" + (f" from {image}" if image else ""),
            "POST",
            f"{self.location.in_group.path}/{call}",
            body,
            verify=object_at(self.location.path, VM),
            is_done=is_there,
            effect="create",
            # Creations at the same time have deadlocked the service (observed).
            takes_turns=True,
        )
        if self.is_on:
            self._is_starting()
        elif needs_address:
            self.wait_for = self._with_an_address("to exist")
        else:
            self.wait_for = self._condition("to exist", lambda seen: seen is not None)

    def delete(self, purge: bool) -> None:
        """Delete the VM softly, which keeps the name taken, or purge it, which is permanent."""
        # Only here: a task that destroys nothing does without.
        from .steps import deletion

        self.append(deletion(self.location, self.vm, purge))
        self.wait_for = self._condition("to be gone", (lambda seen: seen is None) if purge else is_gone)
        self.vm = {}

    def restore(self) -> None:
        """Undo a soft delete. The VM is taken to be off then, whatever the API said: what has to be on is started."""
        self.add(f"restore the soft-deleted VM {self.location}", "PUT", self.location.path, {"deleted": False})
        self.vm.update(deleted=False, power_on=False)

    def put(self, changes: Resource, target: VmName | None = None) -> None:
        """Send a partial PUT of what differs; it may rename and move the VM, to ``target``."""
        if not changes:
            return
        next_start = [key for key in NEXT_START if key in changes]
        if self.is_on:
            self.pending_restart = next_start
        state = None
        if next_start and not self.is_on and self.vm.get("autoreboot_on") and not self.steps:
            # It may be starting by itself: one that is on by now needs another plan, or would keep its old hardware.
            from .steps import off_target

            state = off_target(self.location, self.vm)
        self.add(
            f"change VM {self.location}: {describe_changes(*self._shown(changes, target))}",
            "PUT",
            "" if state else self.location.path,
            changes,
            hint="If it cannot be changed while the VM is on, set allow_restart: true."
            if self.pending_restart
            else None,
            verify=object_at((target or self.location).path, VM),
            resource_id=self.vm.get("id"),
            target=state,
        )
        self.vm.update(changes)
        if target and target != self.location:
            self._move(target)

    def _shown(self, changes: Resource, target: VmName | None) -> tuple[Resource, Resource]:
        """Return the VM and the changes to it as people are shown them: groups by their names."""
        if target is None or "group_id" not in changes:
            return self.vm, changes
        named = {"group" if key == "group_id" else key: value for key, value in changes.items()}
        return {**self.vm, "group": self.location.group}, {**named, "group": target.group}

    def _move(self, target: VmName) -> None:
        """Have the VM at another location: its host name follows."""
        hostname = str(self.vm.get("hostname") or "").split(".")
        if len(hostname) > 3:
            self.vm["hostname"] = ".".join((target.vm, target.group, *hostname[2:]))
        self.location = target

    def shut_down(
        self,
        timeout: int,
        force: bool,
        *on_failure: Step,
        restarts: bool = False,
        before_deletion: bool = False,
        is_foreseen: bool = True,
    ) -> None:
        """Shut the VM down cleanly: with autoreboot on, it would come straight back up (documented).

        ``on_failure`` defaults to putting autoreboot back. ``restarts`` says that the VM is started again afterwards.
        ``before_deletion``, one that somebody else has deleted meanwhile will do. One that is not foreseen is for a VM
        that should be off, and is left out if it is.
        """
        path = f"{self.location.path}/signal"
        if self.vm.get("autoreboot_on"):
            put_back = Step(
                f"put autoreboot of VM {self.location} back", "PUT", self.location.path, VM, {"autoreboot_on": True}
            )
            on_failure = on_failure or (put_back,)
            self.put({"autoreboot_on": False})
            if before_deletion:
                self.steps[-1] = self.steps[-1]._replace(is_done=lambda seen: is_gone(seen) or is_kept_off(seen))
        plug = Step(
            f"forcibly power off VM {self.location}",
            "PUT",
            self.location.path,
            VM,
            {"power_on": False},
            wait_for=self._powered_off(),
        )
        self.add(
            f"shut VM {self.location} down",
            "POST",
            path if is_foreseen else lambda _client, seen: path if seen.get("power_on") else None,
            {"signal": "powerdown"},
            verify=object_at(self.location.path, VM),
            is_done=is_off,
            wait_for=self._powered_off(timeout, DELETE_AS_IT_IS if before_deletion else ""),
            on_timeout=plug if force else None,
            on_failure=on_failure,
            effect="restart" if restarts else "change",
            note="restarts it" if restarts else "",
            is_foreseen=is_foreseen,
        )
        self.vm["power_on"] = False
        self.is_started = False

    def keep_off(self) -> None:
        """Make sure that a VM that is off stays off: it may be starting, or be being built."""
        self.add(
            f"stop VM {self.location} from starting",
            "PUT",
            self.location.path,
            {"autoreboot_on": False, "power_on": False},
            resource_id=self.vm.get("id"),
        )
        self.vm.update(autoreboot_on=False, power_on=False)
        self.wait_for = self._condition("to be stopped", is_stopped)

    def start(self, changes: Resource) -> None:
        """Power on, with what else changes at that moment."""
        body = {**changes, "power_on": True}
        self.add(f"start VM {self.location}", "PUT", self.location.path, body)
        self.vm.update(body)
        self._is_starting()

    def boot_rescue(self, *on_failure: Step) -> None:
        """Boot a VM that is off from the rescue system, once. Afterwards nothing but its power tells (assumed)."""
        self.add(
            f"boot VM {self.location} from the rescue system",
            "PUT",
            self.location.path,
            RESCUE,
            is_done=lambda seen: seen is not None and bool(seen.get("power_on")),
            resource_id=self.vm.get("id"),
            on_failure=on_failure,
        )
        self.vm.update(power_on=True, autoreboot_on=True)
        self._is_starting()

    def reimage(self, install: Mapping[str, Any]) -> None:
        """Install an image on the first disc; afterwards the VM is on, with autoreboot off (documented)."""
        from .steps import vm_target

        image, before = install["distribution"], self.vm.get("last_imaged_with")

        def is_installed(seen: Resource | None) -> bool:
            if seen is None:
                return False
            is_at_work = isinstance(seen, Unsettled) or seen.get("power_on")
            return bool(is_at_work or before != seen.get("last_imaged_with") == image)

        self.add(
            f"reimage VM {self.location} with {image}, which wipes its first disc",
            "POST",
            "/reimage",
            install,
            verify=object_at(self.location.path, VM),
            is_done=is_installed,
            effect="wipe",
            note="permanently",
            target=vm_target(self.location, self.vm),
        )
        self.vm.update(power_on=True, autoreboot_on=False, last_imaged_with=image)
        self._is_starting()

    def set_disc(self, current: Resource | None, desired: DesiredDisc, body: Resource) -> None:
        """Change a disc, or add it if there is no ``current`` one. ``body`` is what is sent of it."""
        steps, new = disc_steps(self.location, self.vm.get("id"), current, desired, body)
        for step in steps:
            self.append(step)
        discs = self.vm.get("discs", ())
        self.vm["discs"] = [*discs, new] if current is None else [new if disc is current else disc for disc in discs]

    def add_addresses(self, wanted: Additional) -> None:
        """Add the additional addresses that the VM lacks."""
        from ..ip.steps import addition

        added = addition(self.location, self.vm, wanted)
        if added:
            step, self.vm = added
            self.append(step)

    def _is_starting(self) -> None:
        self.is_started = True
        self.wait_for = self.powered_on()

    def powered_on(self, port: Port | None = None) -> WaitCondition:
        """Return what to wait for in a VM that is starting."""
        condition = self._with_an_address("to be powered on", lambda seen: bool(seen.get("power_on")))
        return condition._replace(port=port)

    @property
    def has_no_address(self) -> bool:
        """Tell whether the VM is known to have no address."""
        return self.vm.get("network_interfaces") is not None and not any(addresses(self.vm))

    def _with_an_address(self, state: str, test: Callable[[Resource], bool] = bool) -> WaitCondition:
        """Return what to wait for in a VM that has an address, too, unless it is known to have none."""
        has_none = self.has_no_address

        def is_so(seen: Resource | None) -> bool:
            return seen is not None and test(seen) and (has_none or shows_address(seen))

        return self._condition(f"{state} with an address", is_so)

    def _powered_off(self, timeout: int | None = None, way_out: str = "") -> WaitCondition:
        more: dict[str, Any] = {}
        if timeout is not None:
            hint = (
                f"increase shutdown_timeout, or set force_stop: true to power the VM off forcibly after that{way_out}"
            )
            more = {"timeout": timeout, "hint": hint}
        return self._condition("to be powered off", is_off, **more)

    def _condition(self, state: str, test: Test, **more: Any) -> WaitCondition:
        return vm_condition(self.location.path, f"VM {self.location} {state}", once_settled(test), **more)
