# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""A plan for a VM in the making: the steps so far, and the VM as they leave it. Private to bytemark.cloud.

What the API does with each write is foretold here, once, so that check mode says what the steps do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..._core.names import VmName
from ..._core.plan import (
    Resource,
    Step,
    WaitCondition,
    describe_changes,
    shows,
)
from ..._core.validation import Unsettled, once_settled
from ..disc.steps import (
    change_step,
    changed_disc,
    create_step,
    created_disc,
)
from .read import addresses

# These take effect at the next start, and may be refused while the VM is on (observed).
NEXT_START = ("cores", "memory", "hardware_profile")


class VmDraft:
    """The steps so far, the VM as they leave it (empty: there is none), and where it then is.

    ``pending`` are the attributes that it gets at its next start only.
    """

    def __init__(self, place: VmName, vm: Resource | None) -> None:
        self.place = place
        self.vm: Resource = dict(vm or {})
        self.steps: list[Step] = []
        self.settled: WaitCondition | None = None
        self.pending: list[str] = []
        self.warnings: list[str] = []

    @property
    def is_on(self) -> bool:
        return bool(self.vm.get("power_on"))

    def add(
        self,
        summary: str,
        method: str,
        path: Any,
        body: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        self._append(Step(summary, method, path, body, **more))

    def _append(self, step: Step) -> None:
        """Before another step is sent, what the steps so far lead to has to be so."""
        if self.settled:
            self.steps[-1] = replace(self.steps[-1], until=self.settled)
            self.settled = None
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
            return seen is not None and not seen.get("deleted") and shows(seen, asked)

        self.add(
            f"create VM {self.place}" + (f" from {image}" if image else ""),
            "POST",
            f"{self.place.in_group.path}/{call}",
            body,
            result_at=self.place.path,
            carried_out=is_there,
            effect="create",
            # Creations at the same time have deadlocked the service (observed).
            takes_turns=True,
        )
        if self.is_on:
            self.settled = self._powered_on()
        elif needs_address:
            self.settled = self._with_an_address("to exist")
        else:
            self.settled = self._until("to exist", lambda seen: seen is not None)

    def delete(self, purge: bool) -> None:
        """A soft delete, which keeps the name taken, or a purge, which is for good."""
        # Only here: a task that destroys nothing does without.
        from .steps import deletion

        self._append(deletion(self.place, self.vm, purge))
        self.settled = self._until("to be gone", lambda seen: seen is None or bool(seen.get("deleted") and not purge))
        self.vm = {}

    def restore(self) -> None:
        """Undo a soft delete. The VM is taken to be off then, whatever the API said: what has to be on is started."""
        self.add(f"restore the soft-deleted VM {self.place}", "PUT", self.place.path, {"deleted": False})
        self.vm.update(deleted=False, power_on=False)

    def put(self, changes: Resource, target: VmName | None = None) -> None:
        """A partial PUT of what differs; it may rename and move the VM, to ``target``."""
        if not changes:
            return
        next_start = [key for key in NEXT_START if key in changes]
        if self.is_on:
            self.pending = next_start
        state = None
        if next_start and not self.is_on and self.vm.get("autoreboot_on") and not self.steps:
            # It may be starting by itself: one that is on by now needs another plan, or would keep its old hardware.
            from .steps import off_target

            state = off_target(self.place, self.vm)
        self.add(
            f"change VM {self.place}: {describe_changes(self.vm, changes)}",
            "PUT",
            "" if state else self.place.path,
            changes,
            hint="If it cannot be changed while the VM is on, say allow_restart: true." if self.pending else None,
            result_at=(target or self.place).path,
            resource_id=self.vm.get("id"),
            target=state,
        )
        self.vm.update(changes)
        if target and target != self.place:
            self._move(target)

    def _move(self, target: VmName) -> None:
        """The VM is at another place now: its host name follows."""
        hostname = str(self.vm.get("hostname") or "").split(".")
        if len(hostname) > 3:
            self.vm["hostname"] = ".".join((target.vm, target.group, *hostname[2:]))
        self.place = target

    def shut_down(
        self,
        timeout: int,
        force: bool,
        on_failure: Step | None = None,
        *,
        restarts: bool = False,
        is_foreseen: bool = True,
    ) -> None:
        """A clean shutdown: with autoreboot on, the VM would come straight back up (documented).

        ``on_failure`` defaults to putting autoreboot back. ``restarts`` says that the VM is started again afterwards.
        One that is not foreseen is for a VM that should be off, and is left out if it is.
        """
        path = f"{self.place.path}/signal"
        if self.vm.get("autoreboot_on"):
            on_failure = on_failure or Step(
                f"put autoreboot of VM {self.place} back", "PUT", self.place.path, {"autoreboot_on": True}
            )
            self.put({"autoreboot_on": False})
        plug = Step(
            f"pull the plug of VM {self.place}",
            "PUT",
            self.place.path,
            {"power_on": False},
            until=self._powered_off(),
        )
        self.add(
            f"shut VM {self.place} down",
            "POST",
            path if is_foreseen else lambda seen: path if seen.get("power_on") else None,
            {"signal": "powerdown"},
            result_at=self.place.path,
            carried_out=_is_off,
            until=self._powered_off(timeout),
            otherwise=plug if force else None,
            on_failure=on_failure,
            effect="restart" if restarts else "change",
            is_foreseen=is_foreseen,
        )
        self.vm["power_on"] = False

    def keep_off(self) -> None:
        """Make sure that a VM that is off stays off: it may be starting, or be being built."""
        self.add(
            f"stop VM {self.place} from starting",
            "PUT",
            self.place.path,
            {"autoreboot_on": False, "power_on": False},
            resource_id=self.vm.get("id"),
        )
        self.vm.update(autoreboot_on=False, power_on=False)
        self.settled = self._until("to be stopped", is_stopped)

    def start(self, changes: Resource) -> None:
        """Power on, with what else changes at that moment."""
        body = {**changes, "power_on": True}
        self.add(f"start VM {self.place}", "PUT", self.place.path, body)
        self.vm.update(body)
        self.settled = self._powered_on()

    def reimage(self, install: Resource) -> None:
        """Install an image on the first disc; afterwards the VM is on, with autoreboot off (documented)."""
        from .steps import vm_target

        image, before = install["distribution"], self.vm.get("last_imaged_with")

        def is_installed(seen: Resource | None) -> bool:
            if seen is None:
                return False
            is_at_work = isinstance(seen, Unsettled) or seen.get("power_on")
            return bool(is_at_work or before != seen.get("last_imaged_with") == image)

        self.add(
            f"reimage VM {self.place} with {image}, which wipes its first disc",
            "POST",
            "/reimage",
            install,
            result_at=self.place.path,
            carried_out=is_installed,
            effect="wipe",
            target=vm_target(self.place, self.vm),
        )
        self.settled = self._powered_on()
        self.vm.update(power_on=True, autoreboot_on=False, last_imaged_with=image)

    def add_disc(self, body: Resource) -> None:
        self._append(create_step(self.place, body))
        self.vm["discs"] = [*self.vm.get("discs", ()), created_disc(body, self.vm.get("id"))]

    def change_disc(self, current: Resource, changes: Resource) -> None:
        self._append(change_step(self.place, current, changes))
        self.vm["discs"] = [
            changed_disc(disc, changes) if disc is current else disc for disc in self.vm.get("discs", ())
        ]

    def _powered_on(self) -> WaitCondition:
        return self._with_an_address("to be powered on", lambda seen: bool(seen.get("power_on")))

    def _with_an_address(self, state: str, test: Callable[[Resource], bool] = bool) -> WaitCondition:
        """Return what to wait for in a VM that has an address, too, unless it is known to have none."""
        has_none = self.vm.get("network_interfaces") is not None and not any(addresses(self.vm))

        def is_so(seen: Resource | None) -> bool:
            return seen is not None and test(seen) and (has_none or shows_address(seen))

        return self._until(f"{state} with an address", is_so)

    def _powered_off(self, timeout: int | None = None) -> WaitCondition:
        hint = "give it longer with shutdown_timeout, or say force_stop: true to pull the plug then"
        return WaitCondition(
            self.place.path,
            f"VM {self.place} to be powered off",
            once_settled(_is_off),
            timeout,
            *(() if timeout is None else (hint,)),
        )

    def _until(self, state: str, test: Any) -> WaitCondition:
        return WaitCondition(self.place.path, f"VM {self.place} {state}", once_settled(test))


def is_stopped(seen: Resource | None) -> bool:
    """Return whether the VM is off for good: with autoreboot on it starts as soon as it is built or comes to itself."""
    return seen is not None and not seen.get("power_on") and not seen.get("autoreboot_on")


def shows_address(seen: Resource) -> bool:
    """Return whether the VM has an address, as far as the answer tells."""
    return "network_interfaces" not in seen or any(addresses(seen))


def _is_off(seen: Resource | None) -> bool:
    return seen is None or not seen.get("power_on")
