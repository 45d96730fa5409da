# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The kind behind ``bigv_backup``. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..._core.client import Client
from ..._core.errors import BigvError, NotFound
from ..._core.plan import Plan, Prediction, Resource
from ..._core.resource import Outcome, ResourceKind
from ..disc.steps import find_disc, label_of
from ..names import NAME_VARIABLES
from ..vm.reference import find_present_vm, find_vm_by_name_or_id, is_assumed
from .attributes import BACKUP, is_new, is_restoring
from .desired import BACKUP_OPTIONS, DesiredBackup, desired_backup
from .plan import (
    ObservedBackups,
    missing_backup,
    named,
    new_backup,
    plan_backups,
    predicted_backup,
    restorable,
    with_more_backups,
)
from .read import DiscPlace, list_backups, place_of
from .restoration import restored
from .steps import find_backup

# A disc, or a backup, that an earlier task may be about to create.
ASSUMED: Resource = {"id": 0}


class BackupKind(ResourceKind):
    """Backups of a disc: made, where there is none of the age that is asked for, restored and deleted."""

    noun = "backup"
    schema = BACKUP
    sample_action = "back up disc root of VM db1.live.acme"
    options = BACKUP_OPTIONS
    name_variables = NAME_VARIABLES

    def desired(self, params: dict[str, Any]) -> DesiredBackup:
        """Return what the options ask for."""
        return desired_backup(params)

    def observe(self, client: Client, desired: DesiredBackup) -> ObservedBackups:
        """Read the VM and the backups of the disc, with one GET each."""
        vm, place = _find_disc(client, desired)
        backups = _list(client, place, desired) if place and not _is_assumed(place) else []
        return ObservedBackups(vm, place, backups, _find_named(client, place, backups, desired), client.api_time)

    def plan(self, observed: ObservedBackups, desired: DesiredBackup) -> Plan:
        """Return the plan. Pure."""
        return plan_backups(observed, desired)

    def _apply(
        self, client: Client, params: dict[str, Any], observed: ObservedBackups, desired: DesiredBackup, plan: Plan
    ) -> Outcome:
        place = observed.place
        if place and desired.state == "restored" and is_restoring(place.disc):
            # A run that was killed may have begun it.
            from ..._core.executor import wait_for

            wait_for(client, restored(place), params["wait_timeout"])
        return super()._apply(client, params, observed, desired, plan)

    def title(self, observed: ObservedBackups, desired: DesiredBackup, plan: Plan) -> str:
        """Return what the backup is of."""
        return f"of {observed.place or f'disc {desired.disc}'}"

    def predictions(self, observed: ObservedBackups, desired: DesiredBackup, plan: Plan) -> Iterable[Prediction]:
        """Return what becomes of the backups."""
        place = observed.place
        if place is None or _is_assumed(place):
            return
        if plan.before is None and plan.after is not None:
            yield predicted_backup(place, plan.after, observed.now)
        elif plan.before is not None and plan.after not in (None, plan.before):
            path = place.backup_path(plan.before)
            yield Prediction(path, path, plan.before, plan.after)
        deleted = _deleted(observed, plan, plan.actions)
        for backup in deleted:
            path = place.backup_path(backup)
            yield Prediction(path, path, backup, None)
        created = plan.before is None and plan.after is not None
        after = with_more_backups(place.disc, created - len(deleted))
        discs = [after if disc is place.disc else disc for disc in observed.vm["discs"]]
        yield Prediction(place.vm.path, place.vm.path, observed.vm, {**observed.vm, "discs": discs})

    def read_back(
        self, client: Client, observed: ObservedBackups, desired: DesiredBackup, plan: Plan, answers: Sequence[Any]
    ) -> Resource | None:
        """Read the backups again. The new one is the one of the answer or, where that tells none, what has appeared."""
        place, known = observed.place, plan.before or plan.after
        if place is None or known is None:
            return None
        answer = next(iter(answers), None) if plan.before is None else known
        backup_id = answer.get("id") if isinstance(answer, dict) else None
        found = find_backup(place, backup_id, client, f"the backups of {place}")
        if found is None and plan.before is None and plan.steps[0].verify:
            found = plan.steps[0].verify(client, f"the new backup of {place}")
        return found

    def is_current(self, plan: Plan, seen: Resource | None) -> bool:
        """Tell whether the backup is there, or gone."""
        return (plan.after is None) == (seen is None)

    def returned(self, resource: Resource | None) -> Resource | None:
        """Return the backup. What does not exist yet has no id, and in a check run no label, which holds the time."""
        if resource is None:
            return None
        unknown = [key for key in ("id", "parent_disc_id") if (resource.get(key) or 0) <= 0]
        return resource | dict.fromkeys([*unknown, *(["label"] if is_new(resource) else [])])

    def diffable(self, resource: Resource | None) -> Resource | None:
        """Return what the backup is of, and whether it is done."""
        return resource and {name: resource[name] for name in ("vm", "disc", "done")}

    def report(
        self, desired: DesiredBackup, observed: ObservedBackups, plan: Plan, outcome: Outcome, check_mode: bool
    ) -> dict[str, Any]:
        """Return the backup, and which ones were deleted."""
        result = super().report(desired, observed, plan, outcome, check_mode)
        deleted = _deleted(observed, plan, outcome.actions)
        return {**result, "deleted": [None if is_new(backup) else label_of(backup) for backup in deleted]}


def _is_assumed(place: DiscPlace) -> bool:
    """Tell whether a disc does not exist yet, but what an earlier task may be about to create."""
    return bool(place.disc["id"] == ASSUMED["id"])


def _deleted(observed: ObservedBackups, plan: Plan, actions: Sequence[str]) -> list[Resource]:
    """Return the backups that the actions delete."""
    backups = {backup["id"]: backup for backup in (*observed.backups, *filter(None, [observed.named]))}
    return [backups[step.resource_id] for step in plan.steps if step.deletes and step.summary in actions]


def _find_disc(client: Client, desired: DesiredBackup) -> tuple[Resource, DiscPlace | None]:
    """Return the VM and the disc that the options name; no disc where there is none, and backups are to be absent."""
    params = desired.params
    if desired.state == "absent":
        found, location = find_vm_by_name_or_id(client, "vm", params["vm"], params)
        vm = found if found and not found.get("deleted") else {}
    else:
        vm, location = find_present_vm(client, "vm", params)
    disc = find_disc(vm.get("discs") or (), desired.disc, "disc")
    if disc is None and desired.state != "absent":
        if not is_assumed(vm):
            client.report_missing(BigvError(f"disc: VM {location} has no disc {desired.disc!r}", status=404))
        disc = {**ASSUMED, "label": desired.disc}
    return vm, place_of(location, disc, vm.get("discs") or ()) if disc else None


def _list(client: Client, place: DiscPlace, desired: DesiredBackup) -> list[Resource]:
    try:
        return list_backups(client, place)
    except NotFound:
        # The disc, or the VM, has been deleted meanwhile.
        if desired.state == "absent":
            return []
        raise


def _find_named(
    client: Client, place: DiscPlace | None, backups: Sequence[Resource], desired: DesiredBackup
) -> Resource | None:
    """Return the backup that the options name. Only one that is to be deleted need not be there.

    In a check run, one that an earlier task would create has no label that a task could name.
    """
    if place is None or desired.state == "present":
        return None
    if desired.backup is None:
        new = next(filter(is_new, backups), None)
        if new is None:
            client.report_missing(
                BigvError(f"backup: is required; state: {desired.state} needs the label or the id of a backup")
            )
        return new or {**new_backup(place, is_awaited=True), "id": -1}
    if desired.state == "absent":
        return named(backups, desired.backup)
    backup = restorable(place, backups, desired.backup)
    if backup is None:
        client.report_missing(missing_backup(place, desired.backup))
        backup = {**new_backup(place, is_awaited=True), "id": ASSUMED["id"], "label": desired.backup}
    return backup
