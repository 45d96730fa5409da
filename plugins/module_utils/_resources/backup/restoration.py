# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The restore of a backup, during which the VM has to stay off. Private to bytemark.cloud."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ..._core.errors import BigvError
from ..._core.plan import Reader, Resource, Step, WaitCondition
from ..disc.attributes import DISC
from ..disc.steps import disc_target, label_of
from ..vm.read import read_vm
from ..vm.steps import start_again
from .attributes import is_restoring
from .read import DiscPlace
from .steps import backup_name, find_backup

INTERVAL = 0.2


class Restoration:
    """The restore of a disc from a backup, and the start of the VM after it."""

    def __init__(self, place: DiscPlace, vm: Resource, backup: Resource) -> None:
        self._place = place
        self._vm = vm
        self._backup = backup
        self._is_sent = self._is_accepted = False

    def step(self) -> Step:
        """Return the write that puts the backup back, which ends when the disc is restored."""
        place, name = self._place, backup_name(self._backup)
        return Step(
            f"restore {name} to {place}",
            "PUT",
            self._path,
            DISC,
            {"restore": True},
            verify=lambda reader, what: reader.find(place.path, what, DISC),
            is_done=lambda seen: seen is not None and is_restoring(seen),
            # Of another restore, nothing tells which backup it is of.
            only_ours=True,
            wait_for=restored(place)._replace(test=self._is_over, was_so=True),
            effect="wipe",
            note="overwrites the disc",
            target=disc_target(place.vm, place.disc)._replace(sent_to=place.backup_path(self._backup)),
        )

    def start_again(self, autoreboot: bool | None) -> Step:
        """Return what starts the VM afterwards, but not while another of its discs is being restored."""

        def restoring(reader: Reader) -> Resource | None:
            return next(iter(self._restoring_discs(reader)), None)

        return self._start_unless(restoring, autoreboot)

    def compensation(self, autoreboot: bool | None) -> Step:
        """Return what starts the VM again after a failure, unless the restore may be under way."""

        def restoring(reader: Reader) -> Resource | None:
            return self._place.disc if self._is_accepted or self._shows_up(reader) else None

        return self._start_unless(restoring, autoreboot)

    def _start_unless(self, restoring: Callable[[Reader], Resource | None], autoreboot: bool | None) -> Step:
        def path(reader: Reader, _seen: Resource) -> str:
            disc = restoring(reader)
            if disc is not None:
                raise BigvError(
                    f"VM {self._place.vm} was left off because the restore of disc {label_of(disc)} is, or may be, in "
                    "progress. When it has ended, start the VM with bigv_vm and state: running."
                )
            return self._place.vm.path

        return start_again(self._place.vm, autoreboot)._replace(path=path, verify=self._read_vm)

    def _path(self, reader: Reader, _seen: Resource) -> str:
        """Look at everything that matters once more, right before the write."""
        doing = f"restore {backup_name(self._backup)} to {self._place}"
        now = find_backup(self._place, self._backup["id"], reader, f"the backup before it is restored to {self._place}")
        if now is None or now.get("label") != self._backup.get("label"):
            raise BigvError(f"Could not {doing}: the backup no longer exists. Run the task again.")
        vm = self._read_vm(reader, f"VM {self._place.vm} before a backup is restored") or {}
        if vm.get("id") == self._vm["id"] and vm.get("power_on"):
            raise BigvError(f"Could not {doing}: the VM is now on. Run the task again.")
        if any(disc["id"] == self._place.disc["id"] for disc in _restoring(vm)):
            raise BigvError(
                f"Could not {doing}: somebody else is restoring it. Run the task again; it waits for that restore."
            )
        self._is_sent = True
        return ""

    def _is_over(self, seen: Resource | None) -> bool:
        # It is waited for only once the API has accepted it.
        self._is_accepted = True
        return seen is not None and not is_restoring(seen)

    def _shows_up(self, reader: Reader) -> bool:
        """Tell whether a restore is under way, as far as reads tell, which may lag where one has been sent."""
        from ..._core.executor import READS_LAG  # Only here: few tasks fail.

        end = time.monotonic() + (READS_LAG if self._is_sent else 0)
        while not self._restoring_discs(reader):
            if time.monotonic() >= end:
                return False
            time.sleep(INTERVAL)
        return True

    def _restoring_discs(self, reader: Reader) -> Sequence[Resource]:
        return _restoring(self._read_vm(reader, f"the discs of VM {self._place.vm}") or {})

    def _read_vm(self, reader: Reader, what: str) -> Resource | None:
        return read_vm(reader, self._place.vm, what)


def _restoring(vm: Resource) -> list[Resource]:
    return [disc for disc in vm.get("discs") or () if is_restoring(disc)]


def restored(place: DiscPlace) -> WaitCondition:
    """Return the condition that no backup is being written over a disc."""
    return WaitCondition(
        place.path,
        f"the restore of {place} to end",
        DISC,
        lambda seen: seen is not None and not is_restoring(seen),
        state=lambda seen: "it is in progress" if is_restoring(seen) else "it has ended",
    )
